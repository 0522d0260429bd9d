"""The Wishart chains and dense networks draw one law: jointly, at small width, bias and rank deficiency included.

Two samples agree when sup|F̂₁ − F̂₂| stays under the two-sample DKW bound for every functional (Wei and Dudley 2012:
Massart's constant holds for equal sizes from 458 on; ties only make it conservative). Each comparison errs with
probability at most 1e-6, and each kind must reject chains that are wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.tests.support.effort import mostly_slow
from mfcheck.tests.support.wishart_draws import (
    DRAWS,
    LEAKY,
    NARROW,
    SPECS,
    affine,
    affine_draws,
    dense_affine,
    dense_draws,
    disagreements,
    forward,
    forward_draws,
    mirrored_draws,
    of_affine,
    of_dense,
    of_dense_entries,
    of_entry,
    of_matrix,
    point,
    whole,
)

pytestmark = pytest.mark.usefixtures("one_thread_each")


@pytest.mark.parametrize("spec", mostly_slow(SPECS.values(), 6), ids=SPECS.keys())
def test_every_chain_has_the_law_of_dense_networks(spec: NetworkSpec) -> None:
    dense = of_dense(spec)
    assert not disagreements(dense, whole(spec, 1))
    assert not disagreements(dense, forward(spec, 2))
    assert not disagreements(of_dense_entries(spec), of_entry(spec, 3))
    if spec.bias_variance:
        assert not disagreements(of_affine(*dense_affine(spec)), affine(spec, 4))


@pytest.mark.parametrize("spec", NARROW.values(), ids=NARROW.keys())
def test_rank_deficient_networks_agree(spec: NetworkSpec) -> None:
    """With fewer units than rows or columns the rank itself is random, and 0 and small must not be confused."""
    dense = of_dense(spec)
    for drawn in (mirrored_draws(spec, 11), forward_draws(spec, 12)):
        found = of_matrix(drawn)
        assert found["rank"].max() <= min(spec.width, spec.output_dim, spec.input_dim)
        assert not disagreements(dense, found)
    assert not disagreements(of_dense_entries(spec), of_entry(spec, 13))
    if spec.bias_variance:
        assert not disagreements(of_affine(*dense_affine(spec)), affine(spec, 14))


def test_the_door_draws_the_same_law_over_either_side() -> None:
    """`jacobian` runs forward for fewer columns than outputs and mirrored otherwise; the columns are the same."""
    for spec in (SPECS["vanilla-N24-L4-d4-K4-w1.5-b0.5-relu"], SPECS["residual-N20-L2-d12-K4-w0.7-abs"]):
        dense = of_matrix(dense_draws(spec)[0][:, :, :3])
        few = wishart.jacobian(spec, DRAWS, 3, Stream(21))
        many = wishart.jacobian(spec, DRAWS, 4, Stream(22))
        assert few.shape == (DRAWS, 4, 3)
        assert many.shape == (DRAWS, 4, 4)
        assert few.dtype == many.dtype == torch.float32
        assert not disagreements(dense, of_matrix(few.double()))
        assert not disagreements(dense, of_matrix(many[:, :, :3].double()))
        assert disagreements(dense, of_matrix(many[:, :, :3].double() * 1.05))


@pytest.mark.parametrize("shape", [(2, 2, 5), (3, 6, 2), (4, 5, 5), (30, 2, 4)], ids=str)
@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_mirrored_and_forward_chains_agree(architecture: str, shape: tuple[int, int, int]) -> None:
    width, outputs, inputs = shape
    spec = NetworkSpec(architecture, inputs, outputs, width, 3, 1.4, 0.2, LEAKY)
    mirrored = whole(spec, 31)
    assert not disagreements(mirrored, forward(spec, 32))
    assert disagreements(mirrored, forward(replace(spec, weight_variance=2.0), 32))


def same_gain(spec: NetworkSpec, **changes: object) -> NetworkSpec:
    """Another network with the same ω^L, so that no second moment of J can tell them apart."""

    def mean_gain(one: NetworkSpec) -> float:
        return (one.architecture == "residual") + one.activation.alpha * one.weight_variance

    other = replace(spec, **changes)  # type: ignore[arg-type]
    gain = mean_gain(spec) ** (spec.depth / other.depth) - (other.architecture == "residual")
    return replace(other, weight_variance=gain / other.activation.alpha)


WRONG_SPECS: dict[str, tuple[str, Callable[[NetworkSpec], NetworkSpec]]] = {
    "weights 3 %, depth 8": (
        "vanilla-N20-L8-d5-K3-w2-relu",
        lambda spec: replace(spec, weight_variance=1.03 * spec.weight_variance),
    ),
    "weights 5 %, residual": (
        "residual-N20-L8-d5-K3-w0.9-relu",
        lambda spec: replace(spec, weight_variance=1.05 * spec.weight_variance),
    ),
    "weights 10 %, shallow": (
        "residual-N20-L2-d12-K4-w0.7-abs",
        lambda spec: replace(spec, weight_variance=1.1 * spec.weight_variance),
    ),
    "slope v": ("vanilla-N24-L3-d8-K2-w2-u1v0.2", lambda spec: replace(spec, activation=ReLULike(1, 0.35))),
    "slope v in the residual": (
        "residual-N20-L3-d2-K3-w2-u1v0.2",
        lambda spec: replace(spec, activation=ReLULike(1, 0.35)),
    ),
    "gates left out": (
        "vanilla-N20-L8-d5-K3-w2-relu",
        lambda spec: same_gain(spec, activation=ReLULike(1, 1)),
    ),
    "gates put in": ("vanilla-N20-L4-d6-K3-w1.2-abs", lambda spec: same_gain(spec, activation=ReLULike(1, 0))),
    "shortcut folded into the weights": (
        "residual-N24-L4-d4-K4-w1.5-b0.6-relu",
        lambda spec: same_gain(spec, architecture="vanilla"),
    ),
    "shortcut dropped": (
        "residual-N20-L3-d2-K3-w2-u1v0.2",
        lambda spec: replace(spec, architecture="vanilla"),
    ),
    "a layer short": ("vanilla-N24-L4-d4-K4-w1.5-b0.5-relu", lambda spec: same_gain(spec, depth=3)),
    "twice the width": ("residual-N20-L8-d5-K3-w0.9-relu", lambda spec: replace(spec, width=2 * spec.width)),
}


@pytest.mark.parametrize(("label", "wrong"), WRONG_SPECS.values(), ids=WRONG_SPECS.keys())
def test_a_chain_of_another_network_is_told_apart(label: str, wrong: Callable[[NetworkSpec], NetworkSpec]) -> None:
    spec = SPECS[label]
    dense = of_dense(spec)
    assert disagreements(dense, whole(wrong(spec), 1))
    assert disagreements(dense, forward(wrong(spec), 2))


@pytest.mark.parametrize("label", ["vanilla-N20-L8-d5-K3-w2-relu", "residual-N24-L4-d4-K4-w1.5-b0.6-relu"])
def test_unfair_gates_are_told_apart(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPECS[label]

    def unfair(stream: Stream, trials: int, draws: int) -> Tensor:
        assert stream.numpy is not None
        return torch.from_numpy(stream.numpy.binomial(trials, 0.47, draws).astype(np.float64))

    monkeypatch.setattr(Stream, "fair_binomial", unfair)
    dense = of_dense(spec)
    assert disagreements(dense, whole(spec, 1))
    assert disagreements(dense, forward(spec, 2))
    if spec.architecture == "vanilla":  # a single entry of the residual network hardly feels it
        assert disagreements(of_dense_entries(spec), of_entry(spec, 3))


def test_a_fixed_number_of_open_gates_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean gain is right; only the spread of the gain, of order 1/N, is not."""
    spec = SPECS["vanilla-N20-L8-d5-K3-w2-relu"]
    monkeypatch.setattr(
        Stream, "fair_binomial", lambda _, trials, draws: torch.full((draws,), trials / 2, dtype=torch.float64)
    )
    assert disagreements(of_dense(spec), whole(spec, 1))
    assert disagreements(of_dense(spec), forward(spec, 2))


def test_the_entry_law_at_infinite_width_is_told_apart() -> None:
    spec = SPECS["vanilla-N20-L8-d5-K3-w2-relu"]
    limit = {"entry": np.sort(Stream(3).normal(DRAWS, scale=spec.input_dim**-0.5).numpy())}
    assert disagreements(of_dense_entries(spec), limit)
    slower = replace(spec, weight_variance=1.05 * spec.weight_variance)
    assert disagreements(of_dense_entries(spec), of_entry(slower, 3))


@pytest.mark.parametrize("label", ["vanilla-N24-L3-d8-K2-w2-u1v0.2", "residual-N24-L4-d4-K4-w1.5-b0.6-relu"])
def test_columns_with_gates_of_their_own_are_told_apart(label: str) -> None:
    """Each column alone then has the right law: only joint functionals can object."""
    j = forward_draws(SPECS[label], 2)
    apart = torch.stack([j[:, :, c].roll(c, dims=0) for c in range(j.shape[2])], dim=2)
    found = disagreements(of_dense(SPECS[label]), of_matrix(apart))
    assert found
    assert not found.keys() & {"entry", "column norm"}


BIASED = [
    "vanilla-N24-L4-d4-K4-w1.5-b0.5-relu",
    "vanilla-N20-L5-d2-K3-w1.7-b0.8-u1v0.2",
    "residual-N24-L4-d4-K4-w1.5-b0.6-relu",
]
WRONG_OFFSETS: dict[str, Callable[[NetworkSpec], tuple[Tensor, ...]]] = {
    "no bias": lambda spec: affine_draws(replace(spec, bias_variance=0.0), 4),
    "a third more bias": lambda spec: affine_draws(replace(spec, bias_variance=4 / 3 * spec.bias_variance), 4),
    "bias in every column": lambda spec: affine_draws(spec, 4, (1, 1, 1, 1)),
    "offset of another network": lambda spec: apart(affine_draws(spec, 4)),
}


def apart(columns: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """J and the offset each have their law but not together: their squares are not independent at finite width."""
    f, jx, first, second = columns
    offset = (f - jx).roll(1, dims=0)
    return jx + offset, jx, first, second


@pytest.mark.parametrize("wrong", WRONG_OFFSETS.values(), ids=WRONG_OFFSETS.keys())
@pytest.mark.parametrize("label", BIASED)
def test_wrong_offsets_are_told_apart(label: str, wrong: Callable[[NetworkSpec], tuple[Tensor, ...]]) -> None:
    spec = SPECS[label]
    assert disagreements(of_affine(*dense_affine(spec)), of_affine(*wrong(spec)))


def test_without_bias_marking_the_point_changes_nothing() -> None:
    spec = SPECS["residual-N20-L3-d2-K3-w2-u1v0.2"]
    directions = torch.stack([point(spec), torch.tensor([1.0, 0.0])], dim=1)
    marked = wishart.forward_columns(spec, directions, 50, Stream(1), affine=torch.tensor([1.0, 0.0]))
    assert torch.equal(marked, wishart.forward_columns(spec, directions, 50, Stream(1)))
