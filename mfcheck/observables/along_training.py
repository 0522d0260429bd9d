"""What is measured along training, at given times, for every network of a stack."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import inputs
from mfcheck.spec import NetworkSpec
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

SIZE, LOSS, PAID, ERROR, FAILED = range(5)
"""Columns at every time: ‖W(t)‖²/‖W(0)‖²; L_adv, or an objective that has none; 2∫ objective dt/‖W(0)‖²; the estimated
error of the first column; and whether training diverged, or did not come so far. Means over layers."""
COLUMNS = 5


@family(maxsize=64)
def recorded(objective: Objective, rule: SGD | Flow, times: tuple[float, ...], steps: int, most: int = STACK) -> Source:
    """`[n, 1 + T, 5]`: the columns above at the start and at each of `times`, trained on all of the probe's inputs.

    Every time must be that of a step of SGD, or a mark of the flow. `most` networks train at once: as many as
    are looked at first, since a small network costs what its calls cost, however many they serve.
    """

    def found(engine: str, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, engine=engine, replicates=draws)
        x, labels = inputs(probe, stream)
        squares = torch.stack([_start_square(matrix, spec, draws) for matrix in network.weights], dim=1)
        result = torch.zeros(draws, 1 + len(times), COLUMNS, dtype=torch.float64, device=stream.device)
        due = torch.zeros(draws, dtype=torch.long, device=stream.device)  # the next row of every replicate
        marks = torch.tensor((0.0, *times), dtype=torch.float64, device=stream.device)
        for step in train(network, objective, x, labels, optimiser=rule, steps=steps, generator=stream.torch):
            progress.report(step.index, steps)
            while bool((reached := _reached(due, marks, step.time)).any()):
                at = reached.nonzero()[:, 0]
                result[at, due[at]] = _row(step, spec.width, squares)[at]
                due[at] += 1
        # Those that diverged stand still from there on; whatever has not come so far has failed.
        left = torch.arange(len(marks), device=stream.device) >= due[:, None]
        if not bool(left.any()):
            return result
        last = _row(step, spec.width, squares)
        last[:, FAILED] = 1.0
        return torch.where(left[..., None], last[:, None], result)

    def lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("lazy", spec, probe, stream, draws)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("dense", spec, probe, stream, draws)

    name = f"path of {objective} by {rule} in {steps} at {', '.join(map(repr, times))}, {most} at once"
    return Source(
        name, {"lazy": lazy, "dense": dense}, {"lazy": True, "dense": True}, most, passes=steps * objective.passes
    )


def _start_square(matrix: DenseMatrix | LazyMatrix, spec: NetworkSpec, draws: int) -> Tensor:
    """‖W(0)‖²; of a lazy matrix its mean, since what it is must not be asked before it is used."""
    if isinstance(matrix, DenseMatrix):
        return matrix.squared_norm()
    return torch.full((draws,), spec.width * spec.weight_variance, dtype=torch.float64, device=matrix.device)


def _reached(due: Tensor, marks: Tensor, time: Tensor) -> Tensor:
    """Which replicates have come to the mark that is due."""
    return (due < len(marks)) & (time >= marks[due.clamp_max(len(marks) - 1)] * (1 - 1e-9))


def _row(step: Step, width: int, squares: Tensor) -> Tensor:
    """The columns of every network, `[R, 5]`, with ‖W(0)‖² of its layers, `[R, L]`."""
    found = step.slope
    columns = [
        1 + (step.change * width / squares).mean(dim=1),
        found.adversarial if bool(found.adversarial.any()) else found.loss,
        (2 * step.paid[:, None] / squares).mean(dim=1),
        (step.error[:, None] * width / squares).mean(dim=1),
        (step.diverged >= 0).double(),
    ]
    return torch.stack(columns, dim=1)
