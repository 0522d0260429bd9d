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
    """One difference, in a sentence that goes on from its claim and cell; both are empty where it has none."""

    kind: str
    weight: str
    claim: str
    cell: str
    says: str


@dataclass(frozen=True)
class Comparison:
    """All differences of a run from an older one, the old run's file and seed, and how much was compared.

    `chance` bounds the probability that any two intervals moved apart although nothing changed.
    """

    old: str
    old_seed: int
    new_seed: int
    narrowed: bool
    findings: int
    left_out: int
    chance: float
    changes: tuple[Change, ...]

    @property
    def regressions(self) -> list[Change]:
        """The changes that fail the gate."""
        return [change for change in self.changes if change.weight == Weight.REGRESSION]


def as_comparison(plain: Mapping[str, Any]) -> Comparison:
    """The comparison that `dataclasses.asdict` made these values of."""
    return Comparison(**{**plain, "changes": tuple(Change(**change) for change in plain["changes"])})
