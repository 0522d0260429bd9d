"""Bookkeeping of training, for every network of a stack: time, exact change of ‖W‖², and divergence."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from mfcheck import numerics
from mfcheck.ensembles.matrices.lazy import Overflow
from mfcheck.ensembles.networks import Network
from mfcheck.training.objectives import Layers, Objective, Slope, slope
from mfcheck.training.replay import Replayed

BLOWN = 1e6
"""A loss beyond this counts as diverged: the next product would overflow."""


@dataclass(frozen=True, eq=False)
class Step:
    """What is measured before step `index`, for every replicate, in float64.

    `time [R]` in units of the flow (a step of SGD takes lr); the `slope` there, whose factors stay as long as a step is
    kept; `change` (‖W(t)‖² − ‖W(0)‖²)/N `[R, L]`; `paid [R]`, the integral of the loss over the time of the steps taken
    so far; `error [R]`, of a flow, the estimated error of `change` from those; and `diverged [R]`, from which step on a
    replicate stands still since its loss was NaN, infinite or beyond 10⁶ (−1: never): what trained is then 0, and so is
    its slope.
    """

    index: int
    time: Tensor
    slope: Slope
    change: Tensor
    paid: Tensor
    error: Tensor
    diverged: Tensor


class Ledger:
    """Time, exact change of ‖W‖² and divergence of every replicate, on an objective, which a generator attacks by."""

    def __init__(self, network: Network, objective: Objective, generator: torch.Generator) -> None:
        replicates, device = network.replicates, network.device
        self._network, self._width = network, network.spec.width
        self._generator = generator
        self.time = torch.zeros(replicates, dtype=torch.float64, device=device)
        self.error, self.paid = torch.zeros_like(self.time), torch.zeros_like(self.time)
        self.change = torch.zeros(replicates, network.spec.depth, dtype=torch.float64, device=device)
        self.diverged = torch.full((replicates,), -1, device=device)

        def found(random: torch.Generator, x: Tensor, labels: Tensor, start: Tensor | None) -> Slope:
            return slope(network, objective, x, labels, random, start)

        stored = numerics.is_far(self.time) and network.engine == "dense"
        self._slope = Replayed(found, generator, lambda: network.stored) if stored else partial(found, generator)

    def slope(self, index: int, x: Tensor, labels: Tensor, start: Tensor | None = None) -> Slope:
        """The slope, 0 in every replicate that has diverged; those that now do are marked and erased.

        The others see the random numbers that they would have seen without them. Those on a GPU, which is not waited
        for, keep what they hold until the next `erase`.
        """
        if numerics.is_far(self.diverged):
            found = self._slope(x, labels, start)
            self.diverged = torch.where(_sound(found) | (self.diverged >= 0), self.diverged, index)
            return _without(found, self.diverged >= 0)  # copies, whatever is replayed
        random = self._generator.get_state()
        while True:
            self._generator.set_state(random)
            try:
                found = self._slope(x, labels, start)
            except Overflow as overflow:
                if not bool((overflow.where & (self.diverged < 0)).any()):
                    raise
                self._erase(index, overflow.where)
            else:
                break
        self._erase(index, ~_sound(found))
        gone = self.diverged >= 0
        return _without(found, gone) if bool(gone.any()) else found

    def erase(self) -> None:
        """Of networks on a GPU, those that have diverged by now: W ← 0."""
        if numerics.is_far(self.diverged):
            self._network.erase(self.diverged >= 0)

    def _erase(self, index: int, which: Tensor) -> None:
        which = which & (self.diverged < 0)
        if bool(which.any()):
            self.diverged[which] = index
            self._network.erase(which)

    def measured(self, index: int, found: Slope) -> Step:
        kept = [one.clone() for one in (self.change, self.paid, self.error, self.diverged)]
        return Step(index, self.time.clone(), found, *kept)

    def moved(self, h: Tensor, along: Tensor, length: Tensor) -> None:
        self.time = self.time + h
        self.change = self.change + (h[:, None] ** 2 * length - 2 * h[:, None] * along) / self._width


def _sound(found: Slope) -> Tensor:
    """Which replicates do not diverge there: `[R]`."""
    finite = found.projection.sum(dim=1).abs() < math.inf
    return finite & (found.loss < BLOWN)


def _without(found: Slope, gone: Tensor) -> Slope:
    """The slope with zeros in the replicates `gone [R]`."""

    def zeroed(values: Tensor) -> Tensor:
        return values.masked_fill(gone.view(-1, *[1] * (values.ndim - 1)), 0.0)

    def each(layers: Layers) -> Layers:
        if isinstance(layers, Tensor):
            return layers.masked_fill(gone[:, None, None], 0.0)
        return [zeroed(one) for one in layers]

    return replace(
        found,
        loss=zeroed(found.loss),
        adversarial=zeroed(found.adversarial),
        standard=zeroed(found.standard),
        standard_pull=zeroed(found.standard_pull),
        shortcut_pull=zeroed(found.shortcut_pull),
        left=each(found.left),
        right=each(found.right),
        bias=[zeroed(one) for one in found.bias],
        projection=zeroed(found.projection),
        perturbation=None if found.perturbation is None else zeroed(found.perturbation),
    )
