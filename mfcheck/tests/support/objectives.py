"""Networks and inputs to train on, objectives worked out by hand, and gradients written out."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import Matrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.training.objectives import Objective

REPLICATES, INPUTS = 3, 4
specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.integers(1, 5),
    output_dim=st.integers(1, 4),
    width=st.integers(1, 9),
    depth=st.integers(1, 4),
    weight_variance=st.sampled_from([0.3, 2.0]),
    bias_variance=st.sampled_from([0.0, 0.7]),
    activation=st.sampled_from([ReLULike(1, 0), ReLULike(1, 0.2), ReLULike(1, -1), ReLULike(-0.5, 2)]),
)


def drawn(spec: NetworkSpec, engine: str, seed: int, replicates: int = REPLICATES) -> Network:
    """A network in double precision."""
    return Network(spec, Stream(seed), engine=engine, replicates=replicates, dtype=torch.float64)


def data(spec: NetworkSpec, seed: int, count: int = INPUTS) -> tuple[Tensor, Tensor]:
    """Inputs `[B, d]` and a label for each."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, spec.input_dim, generator=generator, dtype=torch.float64)
    return x, torch.randint(spec.output_dim, (count,), generator=generator)


def written(matrix: Matrix) -> Tensor:
    """All entries, which reveals what was not known: `[R, rows, columns]`."""
    return (
        matrix.values if isinstance(matrix, DenseMatrix) else matrix.columns(range(matrix._asked.inputs.rows.shape[2]))
    )


def losses(objective: Objective, f: Any, x: Tensor, labels: Tensor, eta: Tensor | None) -> tuple[Tensor, Tensor]:
    """L_adv and the cross-entropy as THEORY has them, `[R]` each, 0 where no part of the objective."""
    clean = f(x) if eta is None or objective.name != "attacked" else f(x + eta)
    of_labels = functional.cross_entropy(clean.movedim(2, 1), labels.expand(clean.shape[:2]), reduction="none").mean(1)
    if eta is None or objective.name == "attacked":
        return torch.zeros_like(of_labels), of_labels
    moved = torch.linalg.vector_norm(f(x + eta) - clean, objective.q, dim=2).mean(1)
    return moved, torch.zeros_like(of_labels) if objective.name == "adversarial" else of_labels


def by_hand(network: Network, weights: list[Tensor], biases: list[Tensor], x: Tensor) -> Tensor:
    """f(x) `[R, B, K]` of these weights and the network's fixed matrices, by their definition."""
    act = network.spec.activation
    state = torch.einsum("rnd,rbd->rbn", written(network.input_projection), x)
    for layer, weight in enumerate(weights):
        h = torch.einsum("rmn,rbn->rbm", weight, state)
        if biases:
            h = h + biases[layer][:, None]
        following = torch.where(h >= 0, act.u * h, act.v * h)
        if network.shortcuts:
            following = following + torch.einsum("rmn,rbn->rbm", written(network.shortcuts[layer]), state)
        state = following
    return torch.einsum("rkn,rbn->rbk", written(network.output_projection), state)
