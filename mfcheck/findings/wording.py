"""Small helpers for texts: counts with their nouns, and texts cut to a length."""

from __future__ import annotations


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
