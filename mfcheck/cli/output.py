"""What the command `mfcheck` prints: on any terminal, and quietly to its end where nobody reads on."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

COLOURS = ("auto", "yes", "no")
CODES = {"bold": 1, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
"""Styles of lines, by the numbers that terminals know them by."""


def speak_any_encoding() -> None:
    """Have characters that a terminal cannot show, in ASCII say, replaced instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not str(stream.encoding).lower().startswith("utf"):
            reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")


def in_colour(stream: TextIO | None, asked: str, environ: Mapping[str, str]) -> bool:
    """Whether a stream gets colours: as asked, else by NO_COLOR and FORCE_COLOR, else on a terminal that has any.

    pytest goes by the same rules, so that a command and the run that it starts look alike.
    """
    if asked != "auto":
        return asked == "yes"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and bool(stream and not stream.closed and stream.isatty())


def painted(lines: Iterable[tuple[str, str]], asked: str) -> str:
    """Lines with their styles as one text for standard output, in colour where that gets any."""
    colour = in_colour(sys.stdout, asked, os.environ)
    return "\n".join(f"\x1b[{CODES[style]}m{line}\x1b[0m" if colour and style else line for line, style in lines)


def say(text: str, stream: TextIO | None = None, *, end: str = "\n") -> bool:
    """Print at once; False if the reader, `head` perhaps, has seen enough: what is printed later goes nowhere."""
    stream = stream or sys.stdout
    if stream is None:  # closed before this process began
        return False
    try:
        print(text, end=end, file=stream, flush=True)
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        return False
    except UnicodeEncodeError:  # a stream that cannot be told to replace
        return say(text.encode("ascii", "backslashreplace").decode("ascii"), stream, end=end)
    return True
