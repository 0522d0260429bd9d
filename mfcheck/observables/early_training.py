"""Early training on a data set in minibatches: how far σ_w² falls, beside what each network's own slope foretells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.arrays import Floats
from mfcheck.ensembles.families import family
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.initial_decay import BESIDE, LOSS, OFF, PULL, STANDARD, STANDARD_PULL, shared
from mfcheck.observables.slopes import parted
from mfcheck.spec import NetworkSpec
from mfcheck.training.attacked import attacked_loss, steepest
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

ENOUGH = 512
"""Images that slopes at t = 0 are meaned over, at most: the mean of so many differs from that of all by about 1 %."""
CONSTANTS = 5
"""−dσ_w²/dt at t = 0 over what is trained on; L_adv, and how fast it begins to fall by its own gradient and by that of
cross-entropy beside it, or at attacked inputs in its place; whether it diverged."""
STRONGER = 4
"""How many times the steps of training's attack the stronger one has, which asks how much is the attack's doing."""


@dataclass(frozen=True)
class Schedule:
    """Steps of SGD on minibatches, and the steps before which held-out inputs are attacked from anew.

    >>> Schedule(lr=0.25, steps=4, looks=(0, 4)).times.tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    lr: float
    steps: int
    looks: tuple[int, ...]
    batch: int = 32

    @property
    def times(self) -> Floats:
        """The time of the flow before every step, and after the last."""
        return np.asarray(np.arange(self.steps + 1) * self.lr, dtype=np.float64)


@family(maxsize=64)
def early(objective: Objective, schedule: Schedule, most: int = STACK, *, beside: bool = True) -> Source:
    """What `Course` reads: networks trained on the probe's first `train` inputs, and looked at on the rest.

    With `beside` the same networks are trained by cross-entropy alone too, from the same start. `most` of them train at
    once.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        taught, fresh = parted(probe, stream)
        first = (taught[0][:ENOUGH], taught[1][:ENOUGH])
        common = shared(network, objective.attack, objective.steps, *first, stream.torch, _beside(objective))
        begun = [_own_slope(objective, common), common[:, LOSS], *_taken(objective, common)]
        alone = []
        if beside:
            twin = network.twin()
            alone.append(_trained(twin, STANDARD, schedule, taught, None, stream.torch).fallen)
        path = _trained(network, objective, schedule, taught, fresh, stream.torch)
        constants = torch.stack([*begun, path.diverged.double()], dim=1)
        return torch.cat([constants, path.fallen, path.paid, path.moved, path.held, path.stronger, *alone], dim=1)

    name = f"early training on {objective} by {schedule}" + ("" if beside else ", not beside L_std alone")
    return Source(name, {"dense": dense}, {"dense": True}, most=most, passes=schedule.steps * (objective.passes + 1))


@dataclass(frozen=True, eq=False)
class _Path:
    """`fallen`, `paid`, `moved` `[R, S + 1]`, `held`, `stronger` `[R, looks]` and `diverged [R]` of one training."""

    fallen: Tensor
    paid: Tensor
    held: Tensor
    stronger: Tensor
    moved: Tensor
    diverged: Tensor


def _trained(
    network: Network,
    objective: Objective,
    schedule: Schedule,
    taught: tuple[Tensor, Tensor],
    fresh: tuple[Tensor, Tensor] | None,
    generator: torch.Generator,
) -> _Path:
    """Train, and look at fresh inputs where there are any."""
    fallen, paid, moved = [], [], []
    held: list[Tensor] = []
    stronger: list[Tensor] = []
    trained = [matrix for matrix in network.weights if isinstance(matrix, DenseMatrix)]
    start = [matrix.values for matrix in trained]
    scratch = torch.empty_like(start[0])
    total = torch.zeros(network.replicates, dtype=torch.float64, device=network.device)
    rule = SGD(schedule.lr, batch=schedule.batch)
    for step in train(network, objective, *taught, optimiser=rule, steps=schedule.steps, generator=generator):
        progress.report(step.index, schedule.steps)
        fallen.append(-step.change.mean(dim=1))
        paid.append(total)
        found = step.slope
        pull = found.adversarial + found.standard_pull - found.shortcut_pull
        apart = [matrix.moved(values, scratch) for matrix, values in zip(trained, start, strict=True)]
        moved.append(torch.stack(apart).mean(dim=0) / network.spec.width)
        total = total + schedule.lr * 2 / network.spec.width * pull
        if fresh is not None and step.index in schedule.looks:
            begun = steepest(network, objective.attack, fresh[0])
            for times, losses in ((1, held), (STRONGER, stronger)):
                steps = times * objective.steps
                losses.append(attacked_loss(network, objective.attack, steps, fresh[0], generator, begun))
    nothing = torch.zeros(network.replicates, 0, dtype=torch.float64, device=network.device)
    return _Path(
        torch.stack(fallen, dim=1),
        torch.stack(paid, dim=1),
        torch.stack(held, dim=1) if held else nothing,
        torch.stack(stronger, dim=1) if stronger else nothing,
        torch.stack(moved, dim=1),
        step.diverged >= 0,
    )


def _beside(objective: Objective) -> Objective:
    """The objective of cross-entropy: what is trained on in the place of L_adv, else L_std, beside it or not."""
    return objective if objective.name == "attacked" else STANDARD


def _own_slope(objective: Objective, common: Tensor) -> Tensor:
    """−dσ_w²/dt at the start of what is trained on, meaned over layers: `[R]`."""
    adversarial, other = common[:, PULL], common[:, STANDARD_PULL]
    return {"adversarial": adversarial, "theory": adversarial + other, "attacked": other}[objective.name]


def _taken(objective: Objective, common: Tensor) -> tuple[Tensor, Tensor]:
    """How fast L_adv begins to fall by the gradient of its own, and by that of cross-entropy: `[R]` each."""
    own, other = common[:, OFF], common[:, BESIDE]
    return (torch.zeros_like(own), other) if objective.name == "attacked" else (own, other)


@dataclass(frozen=True, eq=False)
class Course:
    """Draws of `early`, by what they are; losses are L_adv of held-out inputs."""

    draws: Floats
    schedule: Schedule

    @property
    def own_slope(self) -> Floats:
        """−dσ_w²/dt at t = 0 of each network, over what it is trained on: `[n]`."""
        return self.draws[:, 0]

    @property
    def lost(self) -> Floats:
        """1 for a network that diverged: `[n]`."""
        return self.draws[:, 4]

    def decay(self, *, standard: bool) -> Floats:
        """r, the rate at which L_adv begins to fall, with cross-entropy trained on beside it or not: `[n]`."""
        found: Floats = (self.draws[:, 2] + standard * self.draws[:, 3]) / self.draws[:, 1]
        return found

    @property
    def fallen(self) -> Floats:
        """How far σ_w² has fallen at every time of the schedule, exact from the steps: `[n, S + 1]`."""
        return self._path(0)

    @property
    def paid(self) -> Floats:
        """What Euler's identity has σ_w² fall by, to every time, on the batches trained on: `[n, S + 1]`.

        (2/N)∫(L_adv + ⟨f, softmax f − y⟩ − ⟨P, ∂L/∂P⟩)dt, the last in residual networks alone
        (docs/theory.md#euler-identities).
        """
        return self._path(1)

    @property
    def alone(self) -> Floats:
        """`fallen` under cross-entropy alone, from the same start: `[n, S + 1]`; `[n, 0]` if that was not trained."""
        return self.draws[:, CONSTANTS + 3 * (self.schedule.steps + 1) + 2 * len(self.schedule.looks) :]

    @property
    def held(self) -> Floats:
        """L_adv at the looks by training's attack, begun anew: `[n, looks]`."""
        return self._looked(0)

    @property
    def stronger(self) -> Floats:
        """L_adv at the looks by an attack of four times the steps: `[n, looks]`."""
        return self._looked(1)

    @property
    def moved(self) -> Floats:
        """‖W − W(0)‖²/N, meaned over layers: `[n, S + 1]`."""
        return self._path(2)

    def linear(self) -> Floats:
        """fallen/(t · own slope) at every time but the first: 1 while σ_w² falls as it began to; `[n, S]`."""
        found: Floats = self.fallen[:, 1:] / self.foreseen[:, 1:]
        return found

    @property
    def foreseen(self) -> Floats:
        """t times each network's own slope at t = 0: `[n, S + 1]`."""
        found: Floats = self.schedule.times * self.own_slope[:, None]
        return found

    def at(self, path: Floats, times: Floats) -> Floats:
        """A path `[n, S + 1]` at a time of each network's own `[n]`, linear between steps, as bounds `[n, 2]`.

        Nothing is known beyond the last step, and of networks that diverged.
        """
        every = self.schedule.times
        found = np.array([np.interp(t, every, one) for t, one in zip(times, path, strict=True)])
        known = (times <= every[-1]) & (self.lost == 0)
        return np.stack([np.where(known, found, -np.inf), np.where(known, found, np.inf)], axis=1)

    def lasting(self, share: float) -> Floats:
        """t*, the time at which fallen/(t · own slope) first falls to `share`, as bounds `[n, 2]`.

        With a share of 0 that is when σ_w² is back at its start.
        """
        every, gone = self.schedule.times, self.lost > 0
        found = np.array([_crossing(every[1:], one, share) for one in self.linear()])
        last = np.where(gone, 0.0, np.minimum(found, every[-1]))
        return np.stack([last, np.where(gone, np.inf, found)], axis=1)

    def _path(self, which: int) -> Floats:
        size, begin = self.schedule.steps + 1, CONSTANTS
        return self.draws[:, begin + which * size : begin + (which + 1) * size]

    def _looked(self, which: int) -> Floats:
        begin, looks = CONSTANTS + 3 * (self.schedule.steps + 1), len(self.schedule.looks)
        return self.draws[:, begin + which * looks : begin + (which + 1) * looks]


def _crossing(times: Floats, ratios: Floats, share: float) -> float:
    """Where ratios first fall to a share, linear between times; at the first time at the earliest, ∞ if never."""
    below = np.flatnonzero(ratios <= share)
    if not len(below):
        return float("inf")
    if (first := int(below[0])) == 0:
        return float(times[0])
    near, far = first - 1, first
    part = (ratios[near] - share) / (ratios[near] - ratios[far])
    return float(times[near] + part * (times[far] - times[near]))
