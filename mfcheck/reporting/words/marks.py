"""Helpers for writing Markdown: tables, code, and text escaped so that it shows as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of cells that are markdown already."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def plain(value: object) -> str:
    r"""Text that markdown shows as it is, on one line.

    >>> plain("a_b <i>")
    'a\\_b \\<i\\>'
    """
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", " ".join(str(value).split()))


def code(text: str) -> str:
    """Text in a code span that survives in a table."""
    return f"`{' '.join(text.split()).replace('`', 'ˋ').replace('|', '∣')}`"


def fence(text: str) -> str:
    """Text as a block of shell code."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}sh\n{text}\n{ticks}"
