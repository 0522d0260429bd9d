"""The files and commands that the documentation shows for formulas and statements of one's own."""

from __future__ import annotations

import re

from mfcheck.tests.support.places import ROOT


def blocks(kind: str, page: str = "own_formula.md") -> list[str]:
    """The blocks of code of one kind on a page of the documentation."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
