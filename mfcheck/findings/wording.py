"""Small helpers for texts: counts with their nouns, and texts cut to a length."""

from __future__ import annotations

import sys


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "error"), plural(3, "error")
    ('1 error', '3 errors')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def clip(text: str, width: int) -> str:
    """Text on one line of at most so many columns, without control characters, which a terminal would obey."""
    shown = text if len(text) <= width else text[: width - 1] + "…"
    return "".join(character if character.isprintable() else " " for character in shown)


def cut(text: str, length: int) -> str:
    """Text of at most so many printable characters, cut in the middle, where names of one kind differ least."""
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= length else text[: length // 2] + "…" + text[-(length - length // 2 - 1) :]


def is_endless(value: float) -> bool:
    """Whether a number is infinite, or the largest that there is, where an interval without an end must end."""
    return abs(value) >= sys.float_info.max


def within(low: float, high: float) -> str:
    """An interval in plain characters, six digits of each end.

    >>> within(0.25, 4 / 3), within(-1.7976931348623157e308, 0)
    ('[0.25, 1.33333]', '[-∞, 0]')
    """
    ends = (f"{'-' * (end < 0)}∞" if is_endless(end) else f"{end:.6g}" for end in (low, high))
    return f"[{', '.join(ends)}]"
