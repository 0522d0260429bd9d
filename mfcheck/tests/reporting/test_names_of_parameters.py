"""What pages read of findings by name is what claims bring: a name changed in one place alone loses its page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mfcheck import reporting
from mfcheck.decisions.suite import suite_claims
from mfcheck.findings.cell import Cell
from mfcheck.reporting import answers
from mfcheck.reporting.curves import falls, trajectories
from mfcheck.reporting.figures import tightness
from mfcheck.settings import LEVELS, level_named
from mfcheck.spec import NetworkSpec
from mfcheck.tests.support.settings import make_settings

OF_ALL = {one.name for one in fields(NetworkSpec)} | {"spec", "device"}
FILES = sorted(Path(reporting.__path__[0]).rglob("*.py"))
ID = re.compile(r"(assumption|thm[\dA-G.]+|break|open|audit)/[a-z-]+")


@cache
def cells() -> tuple[Cell, ...]:
    """Those of every claim at every level."""
    settings = [replace(make_settings(), level=level_named(name)) for name in LEVELS]
    return tuple(cell for one in settings for claim, _ in suite_claims().values() for cell in claim.cells(one))


def brought(name: str) -> set[Any]:
    """What claims say under a name."""
    return {cell.details[name] for cell in cells() if name in cell.details}


def read_by_name(tree: ast.AST) -> Iterator[str]:
    """The names under which a module looks into a finding's parameters."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=held, slice=ast.Constant(value=str(name))):
                pass
            case ast.Call(func=ast.Attribute(value=held, attr="get"), args=[ast.Constant(value=str(name)), *_]):
                pass
            case _:
                continue
        if ast.unparse(held).split(".")[-1] == "parameters":
            yield name


def test_every_name_that_a_page_looks_for_is_brought_by_a_claim() -> None:
    read = {name for file in FILES for name in read_by_name(ast.parse(file.read_text(encoding="utf-8")))}
    assert {"statement", "constant", "regime", "pair"} <= read
    assert read - OF_ALL <= {name for cell in cells() for name in cell.details}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("regime", {*trajectories.REGIMES}),
        ("statement", {answers.MECHANISM, "median"}),
        ("sizes", {*tightness.SIZES}),
        ("objective", {*falls.LOSSES}),
        ("constant", {"chevet"}),
        ("pixels", {"raw"}),
    ],
)
def test_every_value_that_a_page_tells_apart_is_brought_by_a_claim(name: str, known: set[str]) -> None:
    assert known <= brought(name)


def test_every_claim_that_a_page_speaks_of_is_in_the_suite() -> None:
    said = {
        node.value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value)
    }
    assert len(said) > 5
    assert said <= set(suite_claims())
