"""Whether what training sends through the weights is free of them, and how far they have moved, along minibatches.

At images that are not trained on, for L_std and for L_adv apart: whatever is free of W is carried by it with the gain
‖W‖²/N, and what depends on W is not.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import divisor, full_precision
from mfcheck.observables.slopes import inputs
from mfcheck.spec import NetworkSpec
from mfcheck.training.attacked import attack
from mfcheck.training.losses import residual
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

DISTANCE, BACKWARD, FORWARD, FAILED = range(4)
"""Columns at every time, meaned over layers: ‖W − W(0)‖/‖W(0)‖; N‖Wᵀδ‖²/(‖W‖²‖δ‖²) for the signals δ that L_std sends
back; N‖MΔ‖²/(‖M‖²‖Δ‖²) for what an attack adds to the states, M being W, and a shortcut's matrix below it; and whether
training diverged."""
COLUMNS = 4


@family(maxsize=64)
def carried(objective: Objective, rule: SGD, times: tuple[float, ...]) -> Source:
    """`[n, 1 + T, 4]`: the columns above at the start and at each of `times`, all of them times of steps of `rule`."""
    due = {round(time / rule.lr): row for row, time in enumerate((0.0, *times))}
    steps = max(due)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        (x, labels), taught = inputs(probe, stream), probe.train
        begun = [matrix.values for matrix in network.weights if isinstance(matrix, DenseMatrix)]
        result = torch.zeros(draws, len(due), COLUMNS, dtype=torch.float64, device=stream.device)
        path = train(
            network, objective, x[:taught], labels[:taught], optimiser=rule, steps=steps, generator=stream.torch
        )
        for now in path:
            progress.report(now.index, steps)
            if (row := due.get(now.index)) is not None:
                apart = replace(objective, name="adversarial")
                eta = attack(network, apart, x[taught:], labels[taught:], stream.torch).perturbation
                result[:, row, :FAILED] = gains(network, x[taught:], labels[taught:], eta, begun)
                result[:, row, FAILED] = (now.diverged >= 0).double()
        return result

    name = f"what W carries under {objective} by {rule} at {', '.join(map(repr, times))}"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK // 2, passes=steps * objective.passes)


@full_precision()
def gains(network: Network, x: Tensor, labels: Tensor, eta: Tensor, begun: list[Tensor]) -> Tensor:
    """DISTANCE, BACKWARD and FORWARD at images x `[B, d]` with labels `[B]`, attacked by eta `[R, B, d]`: `[R, 3]`.

    0 where there is nothing to carry, as in networks that have diverged.
    """
    clean, attacked = network.passed(x), network.passed(x + eta)
    signals = network.signals(clean, residual(clean.output, labels)[..., None])
    rows = []
    weights, shortcuts = (
        [one for one in matrices if isinstance(one, DenseMatrix)] for matrices in (network.weights, network.shortcuts)
    )
    for layer, matrix in enumerate(weights):
        below = [matrix, *shortcuts[layer : layer + 1]]
        signal, added = signals[layer][..., 0].mT, (attacked.states[layer] - clean.states[layer]).mT
        moved, size = matrix.moved(begun[layer]), _square(begun[layer])
        backward = network.spec.width * _square(matrix.T @ signal) / divisor(matrix.squared_norm() * _square(signal))
        sent = torch.stack([_square(one @ added) for one in below]).sum(dim=0)
        held = torch.stack([one.squared_norm() for one in below]).sum(dim=0)
        forward = network.spec.width * sent / divisor(held * _square(added))
        rows.append(torch.stack([(moved / size).sqrt(), backward, forward], dim=1))
    return torch.stack(rows).mean(dim=0)


def _square(values: Tensor) -> Tensor:
    return values.double().square().sum(dim=(1, 2))
