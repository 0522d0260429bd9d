"""Claims that modules know by their names are claims of the suite, so that no sentence goes silent by a new name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mfcheck
from mfcheck.findings.sections import SECTIONS
from mfcheck.session.selection import ids_of_suite

HOME = Path(mfcheck.__file__).parent
ID = re.compile(rf"({'|'.join(map(re.escape, SECTIONS))})/[a-z0-9-]+")
ROOMS = ("reporting", "theorems", "decisions", "findings", "session", "cli")


def named() -> dict[str, str]:
    """Every id of a claim that a module of these rooms writes out as a text by itself, with the module."""
    found = {}
    for room in ROOMS:
        for file in sorted((HOME / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value):
                    found[node.value] = file.relative_to(HOME).as_posix()
    return found


def test_every_claim_that_is_known_by_its_name_is_a_claim_of_the_suite() -> None:
    found = named()
    assert len(found) > 10, "some are known by their names"
    strangers = {id: file for id, file in found.items() if id not in ids_of_suite()}
    assert not strangers
