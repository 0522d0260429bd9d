"""What a projected flow shows at once: the pull at the start, σ_w² at a time, a time down to a size, and the capacity's
early slope, all of the same draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Source
from mfcheck.observables import projected
from mfcheck.training.objectives import Objective


@dataclass(frozen=True)
class Shrinking:
    """Networks whose weights shrink through these scales, from 1 down, by the pull on them alone.

    The second scale is near 1: the capacity's slope is taken between the two.
    """

    objective: Objective
    scales: tuple[float, ...]

    @property
    def source(self) -> Source:
        """The rates at every scale, then the capacities."""
        return projected.projected(self.objective, self.scales, capacity=True)

    def pull(self, draws: Floats) -> Floats:
        """⟨W, ∂L⟩/‖W‖² at the start."""
        return draws[:, 0]

    def left(self, draws: Floats, t: float) -> Floats:
        """σ_w²(t)/σ_w²(0)."""
        found: Floats = np.square(projected.scale_at(self._rates(draws), self.scales, t))
        return found

    def duration(self, draws: Floats) -> Floats:
        """The time down to the last scale."""
        return projected.times(self._rates(draws), self.scales)[:, -1]

    def capacity_slope(self, draws: Floats) -> Floats:
        """−d log‖w‖_FR/dt at the start."""
        return projected.capacity_slope(draws, self.scales)

    def _rates(self, draws: Floats) -> Floats:
        return draws[:, : len(self.scales)]
