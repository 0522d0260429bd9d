"""The files and commands that the documentation shows for a formula of one's own."""

from __future__ import annotations

import re

from mfcheck.tests.support.places import ROOT


def blocks(kind: str) -> list[str]:
    """The page's blocks of code of one kind."""
    page = ROOT / "docs" / "own_formula.md"
    return re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
