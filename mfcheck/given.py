"""What a user gives, read strictly: numbers, paths, words for on and off, and files of a bounded size.

Whatever cannot be used is a ValueError in one sentence with the value and what is allowed.
"""

from __future__ import annotations

import difflib
import math
import operator
import os
import re
import stat
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from pathlib import Path

ON, OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
MOST_DIGITS = 400
"""More digits than any number that is used has."""
LONGEST_NAME = 255
"""Bytes that a file's or folder's name may have on any file system that is common."""


def whole_number(name: str, text: str) -> int:
    """A whole number in the decimal digits 0…9, with a sign perhaps, and nothing else.

    >>> whole_number("seed", "12")
    12
    """
    if not re.fullmatch(r"-?[0-9]+", text) or len(text) > MOST_DIGITS:
        raise ValueError(f"{name} must be an integer in decimal digits, got {shown(text)}")
    return int(text)


def number(name: str, text: str) -> float:
    """A number as 0.001 or 1e-3, "nan" and "inf" included: whoever asks says what lies in its range.

    >>> number("alpha", "1e-3")
    0.001
    """
    plain = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf)"
    if not re.fullmatch(plain, text) or len(text) > MOST_DIGITS:
        raise ValueError(f"{name} must be a number such as 0.001 or 1e-3, got {shown(text)}")
    value = float(text)
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        raise ValueError(f"{name} must be a number that can be told from 0, got {shown(text)}")
    return value


def switch(name: str, text: str) -> bool:
    """Whether a word means on or off, in whatever case; empty is off.

    >>> switch("MFCHECK_DOWNLOAD", "Yes"), switch("MFCHECK_DOWNLOAD", "0"), switch("MFCHECK_DOWNLOAD", "")
    (True, False, False)
    """
    word = text.strip().lower()
    if word in ON:
        return True
    if word in OFF or not word:
        return False
    allowed = f"{', '.join(ON)} and {', '.join(OFF)}"
    raise ValueError(f"{name} is {shown(text)}, which is neither on nor off; allowed are {allowed}")


def path_at(text: str) -> Path:
    """A path in which ~ and ~name stand for home folders; ValueError where nobody's is known."""
    found = os.path.expanduser(text)
    if found.startswith("~"):
        home = found.split("/")[0]
        raise ValueError(f"path {shown(text)} begins with {home}, but no such home folder is known; write ./{home}")
    if not text or "\0" in text:
        raise ValueError(f"path {shown(text)} names no file or folder")
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in Path(found).parts):
        raise ValueError(f"path {shown(text)} holds a name of more than {LONGEST_NAME} bytes, which no file can have")
    return Path(found)


def names_in(name: str, text: str) -> tuple[str, ...]:
    """Names separated by commas, of which there must be one.

    >>> names_in("claim", "a/b, a/c")
    ('a/b', 'a/c')
    """
    if not (names := tuple(one.strip() for one in text.split(",") if one.strip())):
        raise ValueError(
            f"{name} {shown(text)} names nothing; leave it out, or name one or several with commas between"
        )
    return names


def check_text(name: str, text: str) -> None:
    """Raise ValueError for text that UTF-8 cannot hold: bytes of a command line that were no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} must be text in UTF-8, got {shown(text)}") from None


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a regular file; OSError if it cannot be read, or is none, or holds more than `most` bytes.

    A pipe or device is never waited for, and no more than `most` + 1 bytes are ever read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as file:  # which refuses a folder by itself
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        if status.st_size > most:
            raise OSError(f"it holds {status.st_size:,} bytes, of which {most:,} are allowed")
        content = file.read(most + 1)  # a file of /proc does not know its size
    if len(content) > most:
        raise OSError(f"it holds more than the {most:,} bytes that are allowed")
    return content


def reason(error: BaseException) -> str:
    """Why something failed, on one line and not too long."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    line = " ".join(str(said).split())
    return line if len(line) <= 300 else f"{line[:200]} … {line[-99:]}"


def shown(text: object) -> str:
    """A value as it was written, on one line and not too long."""
    found = repr(text[:201]) if isinstance(text, str) and len(text) > 200 else repr(text)
    return found if len(found) <= 200 else f"{found[:199]}…"


def meant(word: object, there: Iterable[str]) -> str:
    """What was probably meant by a word that names nothing, in brackets to stand behind it; empty if nothing is near.

    >>> meant("Standart", ("quick", "standard")), meant("zebra", ("quick", "standard"))
    (' (did you mean standard?)', '')
    """
    known = {one.lower(): one for one in there}
    near = difflib.get_close_matches(str(word).lower(), known, n=1)
    return f" (did you mean {known[near[0]]}?)" if near else ""


def real(value: object) -> float:
    """The value of any real number as a float, infinity beyond its range; NaN for booleans and whatever is no number.

    >>> from fractions import Fraction
    >>> real(Fraction(1, 10)), real(True), real("1")
    (0.1, nan, nan)
    """
    if type(value) is float:  # nearly always, and asked a million times in a run
        return value + 0.0
    value = _unwrapped(value)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return math.nan
    try:
        return float(value) + 0.0  # −0.0 and 0.0 are one number and must print, and so seed, alike
    except OverflowError:
        return -math.inf if str(value).startswith("-") else math.inf
    except ValueError:  # a signalling NaN
        return math.nan


def is_import_path(text: object) -> bool:
    """Whether a text reads as package.module:name.

    >>> is_import_path("mfcheck.theory:PaperTheory"), is_import_path("vanilla")
    (True, False)
    """
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*", text) is not None


def whole(value: object) -> int | None:
    """The value of any integer; None for booleans and whatever is no integer, 3.0 too."""
    value = _unwrapped(value)
    if isinstance(value, bool) or getattr(value, "ndim", 0) != 0:
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what it is asked
    except TypeError:
        return None


def finite(name: str, value: object) -> float:
    """The value of a real number; ValueError naming it unless it is finite."""
    if not math.isfinite(number := real(value)):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def positive(name: str, value: object) -> float:
    """The value of a real number; ValueError naming it unless it is positive and finite.

    >>> positive("eps", 0)
    Traceback (most recent call last):
    ValueError: eps must be positive and finite, got 0
    """
    if not 0 < (number := real(value)) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return number


def integer(name: str, value: object) -> int:
    """The value of any integer; ValueError naming it otherwise."""
    if (number := whole(value)) is None:
        raise ValueError(f"{name} must be an integer, got {value!r}")
    return number


def _unwrapped(value: object) -> object:
    """What an array or tensor without axes, or a scalar of numpy's, holds; anything else as it is."""
    if getattr(value, "ndim", None) == 0 and callable(item := getattr(value, "item", None)):
        try:
            return item()
        except (RuntimeError, ValueError):  # a tensor without values
            return None
    return value


def plain(value: object) -> object:
    """Python's own int or float for a number of another kind; whatever else it is as it is, to be refused by name."""
    if type(value) in (int, float):
        return value
    number = whole(value)
    return number if number is not None else real(value) if not math.isnan(real(value)) else value
