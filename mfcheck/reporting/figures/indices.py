"""Indices and exponents in the text of a figure, set low and high as they are in the text of a page."""

from __future__ import annotations

import html
import re

from mfcheck.reporting.words.statements import typeset

TEXT = re.compile(r">([^<>]*[_^][^<>]*)</text>")
SIZE = 0.72
DROP = {"sub": 0.22, "sup": -0.36}
"""How far below the line, in sizes of the text around; browsers do not agree on baseline-shift."""


def with_indices(svg: str) -> str:
    """The same drawing, every text of which has its indices set.

    >>> with_indices("<text>σ_w² of N</text>")
    '<text>σ<tspan dy="0.31em" font-size="72%">w</tspan><tspan dy="-0.22em">² of N</tspan></text>'
    """
    return TEXT.sub(lambda found: f">{_set(html.unescape(found[1]))}</text>", svg)


def _set(text: str) -> str:
    """A text with each index in an element of its own, after which the line goes on where it was."""
    start, *parts = re.split(r"<(su[bp])>(.*?)</su[bp]>", str(typeset(text)))
    told, back = [start], 0.0
    for kind, index, after in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        told.append(f'<tspan dy="{(DROP[kind] + back) / SIZE:.2g}em" font-size="{SIZE:.0%}">{index}</tspan>')
        back = -DROP[kind]
        if after:
            told.append(f'<tspan dy="{back:g}em">{after}</tspan>')
            back = 0.0
    return "".join(told)
