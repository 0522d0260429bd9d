"""What the command `mfcheck` prints: on any terminal, and quietly to its end where nobody reads on."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO


def speak_any_encoding() -> None:
    """Have characters that a terminal cannot show, in ASCII say, replaced instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not str(stream.encoding).lower().startswith("utf"):
            reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")


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
