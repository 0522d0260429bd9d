"""What a comparison of two runs comes to, as plain data: its changes, and which of them are regressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a change is a change of."""

    VERDICT = "verdict changed"
    MOVED = "interval moved apart"
    ERROR = "new error"
    LOST = "lost"
    NEW = "new"
    STATEMENT = "statement changed"
    TWIN = "wrong twin"
    ENVIRONMENT = "circumstances changed"


class Weight(StrEnum):
    """What a change means for the gate; only a regression fails it."""

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    NOTE = "note"


@dataclass(frozen=True)
class Change:
    """One difference, in a sentence that goes on from its claim and cell; both are empty where it has none.

    `allowed` is where the theory has the statistic, and `reproduce` the command of the new run's finding.
    """

    kind: str
    weight: str
    claim: str
    cell: str
    says: str
    allowed: str = ""
    reproduce: str = ""


@dataclass(frozen=True)
class Theorem:
    """The verdict of a theorem by the older run and by the new one; empty where one of them had none."""

    id: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """All differences of a run from an older one, the old run's file and seed, and how much was compared.

    `intervals` of the findings are for the same quantity in both; `chance` bounds the probability that any two of these
    moved apart although nothing changed. `theorems` are all verdicts of both runs.
    """

    old: str
    old_seed: int
    new_seed: int
    narrowed: bool
    findings: int
    left_out: int
    chance: float
    changes: tuple[Change, ...]
    intervals: int = 0
    theorems: tuple[Theorem, ...] = ()

    @property
    def regressions(self) -> list[Change]:
        """The changes that fail the gate."""
        return [change for change in self.changes if change.weight == Weight.REGRESSION]


def as_comparison(plain: Mapping[str, Any]) -> Comparison:
    """The comparison that `dataclasses.asdict` made these values of."""
    changes = tuple(Change(**change) for change in plain["changes"])
    theorems = tuple(Theorem(**theorem) for theorem in plain.get("theorems", ()))
    return Comparison(**{**plain, "changes": changes, "theorems": theorems})
