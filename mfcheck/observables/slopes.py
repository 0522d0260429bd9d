"""The gradient at initialisation and its projection ⟨W, ∂L⟩ on the weights, layer by layer; no step is taken."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.attacks.operator_norm import largest_found
from mfcheck.ensembles import wishart
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Columns, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import divisor
from mfcheck.spec import NetworkSpec
from mfcheck.training.objectives import Objective, Slope, slope
from mfcheck.verdict import NotCovered

LOSS, PULL, DRIFT, LAYERS = 0, 1, 2, 3
"""Columns of `at_start`: the objective; ⟨W_l, ∂L⟩/‖W_l‖² and 2⟨W_l, ∂L⟩/N, meaned over layers; the first of the
layers' own columns, L of ⟨W_l, ∂L⟩/‖W_l‖² and L of the cosine between W_l and ∂L."""

TINY = 1e-3


@family(maxsize=256)
def at_start(objective: Objective) -> Source:
    """`[n, 3 + 2L]`: the columns above, of the objective's mean over the probe's inputs.

    −DRIFT is dσ_w²/dt of gradient flow, whatever ‖W‖² happens to be at the start.
    """

    columns = Columns(1, 2 * objective.steps + 6)

    def found(engine: str, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        # Where ε is tiny, f(x + η) − f(x) would drown in the roundings of float32.
        dtype = torch.float64 if objective.attacks and objective.eps < TINY else torch.float32
        network = Network(spec, stream, engine=engine, replicates=draws, dtype=dtype)
        x, labels = inputs(probe, stream, dtype)
        network.reserve(len(x) * columns.of(spec))
        return on_weights(network, slope(network, objective, x, labels, stream.torch))

    def lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("lazy", spec, probe, stream, draws)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("dense", spec, probe, stream, draws)

    engines, uses_input = {"lazy": lazy, "dense": dense}, {"lazy": True, "dense": True}
    return Source(f"slope of {objective}", engines, uses_input, 1024, objective.passes, columns)


def on_weights(network: Network, here: Slope) -> Tensor:
    """`[n, 3 + 2L]`: the columns of `at_start`, of a slope found at a network."""
    squares = torch.stack([matrix.squared_norm() for matrix in network.weights], dim=1)
    pull, lengths = here.projection / squares, (squares * here.square).sqrt()
    cosine = here.projection / divisor(lengths)
    means = [here.loss, pull.mean(dim=1), 2 / network.spec.width * here.projection.mean(dim=1)]
    return torch.cat([torch.stack(means, dim=1), pull, cosine], dim=1)


@family(maxsize=256)
def by_homogeneity(objective: Objective) -> Source:
    """`[n, 3]`: LOSS, PULL and DRIFT of L_adv as ε → 0 on the exact chain, for vanilla networks without biases.

    There L_adv = ε‖J‖_{p,q}, and ⟨W_l, ∂L_adv⟩ = L_adv in every layer since f is homogeneous in W_l
    (docs/theory.md#euler-identities); ‖W_l‖² is taken as its mean, which it is to √2/N.
    """

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        _check_homogeneous(spec)
        jacobian = wishart.jacobian(spec, draws, spec.input_dim, stream)
        loss = objective.eps * largest_found(jacobian, objective.p, objective.q).double()
        return torch.stack([loss, loss / (spec.width * spec.weight_variance), 2 * loss / spec.width], dim=1)

    return Source(f"slope by homogeneity of {objective}", {"wishart": chain}, {"wishart": False}, most=1024)


def _standard_chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    _check_homogeneous(spec)
    x = torch.zeros(spec.input_dim, 1, dtype=torch.float64, device=stream.device)
    x[0] = spec.input_dim**0.5
    output = wishart.forward_columns(spec, x, draws, stream)[:, :, 0]
    return 2 / spec.width * (output * _off_uniform(output)).sum(dim=1, keepdim=True)


def _standard_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws, dtype=torch.float64)
    passed = network.passed(inputs(probe, stream, torch.float64)[0])
    signals = network.signals(passed, _off_uniform(passed.output)[..., None])
    pairs = zip(signals, passed.products, strict=True)
    pulls = [(signal[..., 0] * h).sum(dim=2).mean(dim=1) for signal, h in pairs]
    return 2 / spec.width * torch.stack(pulls).mean(dim=0)[:, None]


def _off_uniform(output: Tensor) -> Tensor:
    """The gradient of the cross-entropy in f, meaned over all labels: softmax(f) − 1/K."""
    return output.softmax(dim=-1) - 1 / output.shape[-1]


standard = Source(
    "slope of cross-entropy meaned over labels",
    {"wishart": _standard_chain, "dense": _standard_dense},
    {"wishart": False, "dense": True},
)
"""`[n, 1]`: DRIFT of cross-entropy at inputs of ‖x‖² = d, its mean over labels: a random network's outputs are
exchangeable, so any labels give the same mean. On the chain, by homogeneity, for vanilla networks without biases."""


def _check_homogeneous(spec: NetworkSpec) -> None:
    if spec.architecture != "vanilla" or spec.bias_variance:
        raise NotCovered("only vanilla networks without biases are homogeneous in the weights of a layer")


def parted(probe: Probe, stream: Stream) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """A probe's inputs and labels that are trained on (all of them, unless it says how many), and those held out."""
    x, labels = inputs(probe, stream)
    count = len(x) if probe.train is None else probe.train
    return (x[:count], labels[:count]), (x[count:], labels[count:])


def inputs(probe: Probe, stream: Stream, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """A probe's inputs `[B, d]` and labels `[B]` (0 where it has none) as tensors."""
    x = torch.as_tensor(probe.x, dtype=dtype, device=stream.device)
    labels = torch.zeros(len(x), dtype=torch.long) if probe.labels is None else torch.as_tensor(probe.labels)
    return x, labels.to(stream.device)
