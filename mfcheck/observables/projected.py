"""The projected flow: weights that keep their directions, while their size follows the gradient's pull on it.

W(t) = s(t) W(0) with d log s/dt = −r(s), r = Σ_l ⟨W_l, ∂L⟩ / Σ_l ‖W_l‖² measured on the network with weights s W(0).
It is the dynamic that Section 5 reasons about: networks as they are drawn, of another weight variance. What gradient
flow does beside it, across W, is left out.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfcheck.arrays import Floats
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Columns, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.slopes import PULL, by_homogeneity, inputs
from mfcheck.spec import NetworkSpec
from mfcheck.training.objectives import Objective, slope

CAPACITY = "rows"
"""The form of the Fisher–Rao norm that both engines have."""


@family(maxsize=256)
def projected(objective: Objective, scales: tuple[float, ...], *, capacity: bool = False) -> Source:
    """`[n, S]`: r at every scale s of the weights, from 1 down; with `capacity` `[n, 2S]`, ‖w‖_FR at each besides.

    The latter up to a factor of the draw.
    """

    columns = Columns(2 * len(scales), len(scales) * (2 * objective.steps + 6))

    def found(engine: str, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, engine=engine, replicates=draws, dtype=torch.float64)
        x, labels = inputs(probe, stream, torch.float64)
        network.reserve(len(x) * columns.of(spec))
        rates, norms, now = [], [], 1.0
        squares = torch.zeros(draws, dtype=torch.float64, device=stream.device)
        for scale in scales:
            for matrix in network.weights:
                matrix.scale(scale / now)
            now = scale
            rates.append(slope(network, objective, x, labels, stream.torch).projection.sum(dim=1) / scale**2)
            if capacity:
                norms.append(fisher_rao(network, x, (CAPACITY,))[:, 0])
        for matrix in network.weights:
            squares += matrix.squared_norm() / scales[-1] ** 2
        return torch.stack([*(rate / squares for rate in rates), *norms], dim=1)

    def lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("lazy", spec, probe, stream, draws)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("dense", spec, probe, stream, draws)

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        """Homogeneous networks (vanilla, no biases): of sW, L_adv has s^L, ‖sW‖² has s² and ‖sw‖_FR has s^{2L}."""
        pull = by_homogeneity(objective).engines["wishart"](spec, probe, stream, draws)[:, PULL]
        rates = [pull * scale ** (spec.depth - 2) for scale in scales]
        norms = [torch.full_like(pull, scale ** (2 * spec.depth)) for scale in scales]
        return torch.stack([*rates, *(norms if capacity else [])], dim=1)

    name = f"projected flow of {objective} at {', '.join(map(repr, scales))}{' with capacity' if capacity else ''}"
    engines = {"wishart": chain, "lazy": lazy, "dense": dense}
    uses_input = {"wishart": False, "lazy": True, "dense": True}
    return Source(name, engines, uses_input, 256, len(scales) * objective.passes, columns)


def times(rates: Floats, scales: tuple[float, ...]) -> Floats:
    """When the projected flow reaches every scale, `[n, S]` from rates `[n, S]`; they are taken as powers between.

    t = ∫ d log s/r(s), so with r = r_j e^{−kv}, v = log(s_j/s), a piece takes (e^{kv} − 1)/(k r_j). A network whose
    pull is not positive stands still: its times are all but endless.
    """
    rates = _positive(rates)
    steps = -np.diff(np.log(scales))
    growth = np.log(rates[:, :-1] / rates[:, 1:])
    pieces = steps * _mean_growth(growth) / rates[:, :-1]
    return np.concatenate([np.zeros((len(rates), 1)), np.cumsum(pieces, axis=1)], axis=1)


def scale_at(rates: Floats, scales: tuple[float, ...], t: float) -> Floats:
    """s(t) of the projected flow, `[n]`; beyond the last scale its last piece goes on."""
    rates = _positive(rates)
    reached, log_scale = times(rates, scales), np.log(scales)
    piece = np.clip((reached <= t).sum(axis=1) - 1, 0, len(scales) - 2)
    row = np.arange(len(rates))
    slopes = np.log(rates[row, piece] / rates[row, piece + 1]) / (log_scale[piece] - log_scale[piece + 1])
    advance = rates[row, piece] * (t - reached[row, piece])
    grown = np.maximum(slopes * advance, -1 + 1e-12)
    moved = np.where(np.abs(slopes) > 1e-9, np.log1p(grown) / np.where(slopes == 0, 1.0, slopes), advance)
    found: Floats = np.exp(log_scale[piece] - moved)
    return found


def capacity_slope(draws: Floats, scales: tuple[float, ...]) -> Floats:
    """−d log‖w‖_FR/dt at the start, `[n]`, between the first two scales of draws with capacities `[n, 2S]`."""
    rates, norms = draws[:, : len(scales)], draws[:, len(scales) :]
    found: Floats = np.log(norms[:, 0] / norms[:, 1]) / times(rates, scales)[:, 1]
    return found


def _positive(rates: Floats) -> Floats:
    """Rates no smaller than a billionth of their size."""
    found: Floats = np.maximum(rates, 1e-9 * np.abs(rates).max(initial=1e-200))
    return found


def _mean_growth(growth: Floats) -> Floats:
    """(e^g − 1)/g, 1 at 0."""
    small = np.abs(growth) < 1e-9
    found: Floats = np.where(small, 1.0, np.expm1(growth) / np.where(small, 1.0, growth))
    return found
