"""How much a run of the tests may spend on replaying decisions."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """At most so many replays of one decision: what may go wrong in them is bounded exactly, whatever their number."""

    most: int

    def replays(self, full: int) -> int:
        """How many to make where a full study makes `full`."""
        return min(full, self.most)


EFFORTS = {"cheap": Effort(500), "full": Effort(sys.maxsize)}
