"""A claim: one statement of the theory, marked on the test that decides it."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mfcheck.settings import Settings
from mfcheck.findings.cell import Cell
from mfcheck.findings.sections import section_of
from mfcheck.given import meant


@dataclass(frozen=True)
class Claim:
    """One statement of the theory, by its stable id, with the cells a run tries it in."""

    id: str
    says: str
    cells: Callable[[Settings], Iterable[Cell]]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9.]+/[A-Za-z0-9-]+", self.id):
            raise ValueError(f"claim id {self.id!r} does not read as section/name-of-the-claim")

    @property
    def gates(self) -> bool:
        """Whether its verdict counts: open questions are explored, never held against a run."""
        return section_of(self.id).gates

    @property
    def theorem(self) -> str:
        """The part of the id before the stroke: what the report groups by."""
        return self.id.split("/")[0]


def is_asked_for(id: str, patterns: Collection[str]) -> bool:
    """Whether a claim's id is, or matches, one of the patterns; without any, every claim is asked for.

    >>> is_asked_for("thm4.1/entries-gaussian", ["thm4.1/*"]), is_asked_for("thm4.1/entries-gaussian", [])
    (True, True)
    """
    return not patterns or any(fnmatchcase(id, pattern) for pattern in patterns)


def check_claims(patterns: Iterable[str], known: Collection[str]) -> None:
    """Raise ValueError for a pattern that no known claim id matches, naming what is nearest to it and what there is."""
    for pattern in patterns:
        if not any(is_asked_for(id, [pattern]) for id in known):
            there = ", ".join(sorted(known)) or "none in the given files"
            raise ValueError(f"claim id {pattern!r} matches no claim{_near(pattern, known)}; there are {there}")


def _near(pattern: str, known: Collection[str]) -> str:
    """The id or section that was probably meant, also where one half of an id was left out."""
    names = {id.partition("/")[2]: id for id in sorted(known)}
    if pattern in names:
        return f" (did you mean {names[pattern]}?)"
    sections = {f"{id.partition('/')[0]}/*" for id in known}
    if "/" in pattern:
        section, _, name = pattern.partition("/")
        candidates = sections if name == "*" else {*known} | sections
        return meant(pattern, candidates) or meant(f"{section}/*", sections)
    return meant(f"{pattern}/*", sections) or meant(pattern, known)


def _written_docstring(test: Callable[..., object]) -> str:
    """A docstring as it stands in the source: python -OO strips it from what it runs."""
    if sys.flags.optimize < 2:
        return ""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(test)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return ""
    found = tree.body[0] if tree.body else None
    return (ast.get_docstring(found) or "") if isinstance(found, ast.FunctionDef) else ""


Test = TypeVar("Test", bound=Callable[..., object])


def claim(id: str, *, cells: Callable[[Settings], Iterable[Cell]]) -> Callable[[Test], Test]:
    """Mark a test function as a claim; its docstring is what the report says it says.

    The test takes the fixtures `cell` and `decide` and is run once for every cell. Raises ValueError on a
    malformed id or a missing docstring.
    """

    def mark(test: Test) -> Test:
        says = " ".join((test.__doc__ or _written_docstring(test)).split())
        if not says:
            raise ValueError(f"claim {id!r} has no docstring to say what it says")
        test.mfcheck_claim = Claim(id, says, cells)  # type: ignore[attr-defined]
        return test

    return mark
