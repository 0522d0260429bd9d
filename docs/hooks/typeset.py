"""Formulas of the documentation as MathML and as sub- and superscripts, made when the site is built.

So nothing is loaded to show them. Between dollars stands LaTeX, which GitHub shows too. What the pages write in plain
text, `ω^{L/2}` or `σ_w²`, is set with raised and lowered letters. Code is left alone.
"""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert

FENCED = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)\s*?$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\w\\$])\$(?!\s)([^$\n]+?)(?<!\s)\$(?![\w$])")
LEFT_ALONE = re.compile(r"(<(pre|code|script|style|math|a class=\"headerlink\")\b.*?</\2>|<[^>]+>)", re.DOTALL)
RAISED = re.compile(r"\^(?:\{([^{}]+)\}|(\([^()\s]*\))|(−?[\w∞]))")
LOWERED = re.compile(r"(?<=[\w‖⟩)\]])_(?:\{([^{}]+)\}|((?:adv|std|in|out|FR|theory)\b|\w(?![A-Za-z_])))")
BEHIND_A_SIGN = re.compile(r"(?<=[‖⟩)²])_")
WORD_BEFORE = re.compile(r"[A-Za-z]{2,}$")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """LaTeX between dollars as MathML; an underscore behind a bracket or a norm begins no emphasis."""
    return "".join(
        part if place % 2 else INLINE.sub(_inline, DISPLAYED.sub(_displayed, BEHIND_A_SIGN.sub(r"\\_", part)))
        for place, part in enumerate(FENCED.split(markdown))
    )


def on_page_content(html: str, **_: Any) -> str:
    """Plain formulas outside code with raised and lowered letters."""
    parts = LEFT_ALONE.split(html)
    # Three parts each: text, what is left alone, and the name of its tag.
    return "".join(
        raised_and_lowered(part) if place % 3 == 0 else part for place, part in enumerate(parts) if place % 3 != 2
    )


def raised_and_lowered(text: str) -> str:
    """A text with the sub- and superscripts of its formulas.

    >>> raised_and_lowered("ω^{L/2}, σ_w² and x^(l) of my_name")
    'ω<sup>L/2</sup>, σ<sub>w</sub>² and x<sup>(l)</sup> of my_name'
    """

    def lower(found: re.Match[str]) -> str:
        if WORD_BEFORE.search(text[: found.start()]):  # a name, and no symbol
            return found[0]
        return f"<sub>{found[1] or found[2]}</sub>"

    lowered = LOWERED.sub(lower, text)
    return RAISED.sub(lambda found: f"<sup>{found[1] or found[2] or found[3]}</sup>", lowered)


def _inline(found: re.Match[str]) -> str:
    return convert(found[1].strip())


def _displayed(found: re.Match[str]) -> str:
    return f'<div class="formula">{convert(found[1].strip(), display="block")}</div>'
