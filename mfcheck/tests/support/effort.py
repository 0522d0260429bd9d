"""How much a run of the tests may spend on replaying decisions."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Effort:
    """At most so many replays of one decision: what may go wrong in them is bounded exactly, whatever their number."""

    most: int

    def replays(self, full: int) -> int:
        """How many to make where a full study makes `full`."""
        return min(full, self.most)


EFFORTS = {"cheap": Effort(500), "full": Effort(sys.maxsize)}


def mostly_slow(values: Iterable[Any], cheap: int = 1) -> list[Any]:
    """Values as parameters of a test, all after the first few for slow runs alone."""
    return [pytest.param(value, marks=() if at < cheap else pytest.mark.slow) for at, value in enumerate(values)]
