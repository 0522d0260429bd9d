"""What is seen to before a cell's test runs: it is the only one of its cell, and its networks are sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from mfcheck.ensembles.facts import kept
from mfcheck.findings.sections import SECTIONS
from mfcheck.session.outcome import cell_of, claim_of
from mfcheck.spec import ARCHITECTURES

if TYPE_CHECKING:
    from mfcheck.findings.cell import Cell
    from mfcheck.findings.claim import Claim
    from mfcheck.settings import Settings
    from mfcheck.spec import NetworkSpec

DOUBLED = pytest.StashKey[dict[tuple[str, str], str]]()
"""Why the cells that have several tests cannot be decided, by claim and cell."""
PREFLIGHT = "preflight"


def doubled(items: Iterable[pytest.Item]) -> dict[tuple[str, str], str]:
    """Why cells with several tests cannot be decided: the findings of one would stand in place of the other's.

    A test that is given twice, or that a plugin repeats as it is, is one.
    """
    tests: dict[tuple[str, str], dict[str, str]] = {}
    for item in items:
        if (claim := claim_of(item)) and (cell := cell_of(item)):
            tests.setdefault((claim.id, cell.id), {})[_told_apart_by(item)] = item.nodeid.rpartition("/")[2]
    return {place: _replaced(place, list(names.values())) for place, names in tests.items() if len(names) > 1}


def _replaced(place: tuple[str, str], names: Sequence[str]) -> str:
    claim, cell = place
    return (
        f"claim {claim} has {len(names)} tests for cell {cell}, {' and '.join(names)}, of which one would replace the "
        "other in the report; give each a claim id, or a cell id, of its own"
    )


def _told_apart_by(item: pytest.Item) -> str:
    """A test's function, and what it is given but for the number of a repeat."""
    given = vars(item)["callspec"].params
    told = {name: id(value) for name, value in given.items() if name != "cell" and not name.startswith("__")}
    return f"{item.nodeid.partition('[')[0]} {told}"


def check(config: pytest.Config, claim: Claim, cell: Cell, settings: Settings | None) -> None:
    """Raise ValueError where a claim cannot be decided in a cell; without settings, networks are not looked at.

    Of a claim of the suite, networks of one's own must be sound, as an audit's pre-flight says before all else, and
    plain pytest does not.
    """
    if problem := config.stash[DOUBLED].get((claim.id, cell.id)):
        raise ValueError(problem)
    section = claim.id.split("/")[0]
    if settings is None or cell.inapplicable or section == PREFLIGHT or section not in SECTIONS:
        return
    if cell.spec.architecture not in ARCHITECTURES:
        _check_sound(cell.spec, settings)


@kept(256)
def _check_sound(spec: NetworkSpec, settings: Settings) -> None:
    """Looked at once where all is well; what raises, short of memory perhaps, is looked at anew."""
    from mfcheck.session.sizes import unsound

    if problems := unsound([spec], settings):
        raise ValueError(f"nothing can be said of these networks: {'; '.join(problems)}")
