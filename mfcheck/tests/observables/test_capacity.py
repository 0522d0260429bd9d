"""Fisher–Rao norms are those of gradients written out one by one, with the moments of docs/theory.md#capacity."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import FORMS, fisher_rao
from mfcheck.tests.support.agreement import disagreements, ordered
from mfcheck.tests.support.objectives import by_hand, data, drawn, specs, written
from mfcheck.verdict import NotCovered

pytestmark = pytest.mark.usefixtures("one_thread_each")

ROUNDING = 1e-9
SIGMAS = 6
DRAWS = 2**14
seeds = st.integers(0, 2**32)


def of_gradients(network: Network, x: Tensor) -> dict[str, Tensor]:
    """Every form `[R]`, from ∂f_k/∂W of every input and output by autograd of a network written down by hand."""
    weights = [written(matrix).clone().requires_grad_() for matrix in network.weights]
    total = {form: torch.zeros(network.replicates, dtype=torch.float64) for form in FORMS}
    for one in x:
        at = one.expand(network.replicates, 1, -1)
        for k in range(network.spec.output_dim):
            f = by_hand(network, weights, network.biases, at)[:, 0, k]
            gradients = torch.autograd.grad(f.sum(), weights)
            products = [w.detach() * g for w, g in zip(weights, gradients, strict=True)]
            total["diagonal"] += sum(each.square().sum((1, 2)) for each in products)
            total["rows"] += sum(each.sum(2).square().sum(1) for each in products)
            total["layers"] += sum(each.sum((1, 2)).square() for each in products)
            total["full"] += torch.stack([each.sum((1, 2)) for each in products]).sum(0).square()
    return {form: value / len(x) for form, value in total.items()}


@given(specs, seeds, st.permutations(FORMS), st.integers(1, 4))
def test_every_form_is_that_of_gradients_written_out(
    spec: NetworkSpec, seed: int, order: list[str], count: int
) -> None:
    network, (x, _) = drawn(spec, "dense", seed), data(spec, seed)
    expected, forms = of_gradients(network, x), tuple(order[:count])
    found = fisher_rao(network, x, forms)
    assert found.shape == (network.replicates, count)
    assert found.dtype == torch.float64
    for place, form in enumerate(forms):
        torch.testing.assert_close(found[:, place], expected[form], rtol=ROUNDING, atol=ROUNDING)
    each = torch.stack([fisher_rao(network, one[None], forms) for one in x])
    torch.testing.assert_close(found, each.mean(0), rtol=ROUNDING, atol=ROUNDING)
    single = Network(spec, Stream(seed), replicates=3)  # in single precision too the sums are double
    assert fisher_rao(single, x.float(), forms).dtype == torch.float64


@given(specs, seeds)
def test_lazy_matrices_have_the_forms_of_their_entries(spec: NetworkSpec, seed: int) -> None:
    network, (x, _) = drawn(spec, "lazy", seed), data(spec, seed)
    found, expected = fisher_rao(network, x, FORMS[1:]), of_gradients(network, x)
    for place, form in enumerate(FORMS[1:]):
        torch.testing.assert_close(found[:, place], expected[form], rtol=1e-7, atol=ROUNDING)


def drawn_forms(spec: NetworkSpec, engine: str = "dense", seed: int = 5, draws: int = DRAWS) -> dict[str, Tensor]:
    """Forms `[R]` at one input of length √d."""
    x = Stream(70).normal(1, spec.input_dim, dtype=torch.float32)
    x = x * (spec.input_dim**0.5 / x.norm())
    forms = FORMS if engine == "dense" else FORMS[1:]
    found = fisher_rao(Network(spec, Stream(seed), engine=engine, replicates=draws), x, forms)
    return dict(zip(forms, found.unbind(1), strict=True))


AT_START = [
    NetworkSpec("vanilla", 4, 3, 16, 3, 2.0),
    NetworkSpec("vanilla", 3, 2, 10, 2, 1.6, 0.0, ReLULike(1, 0.3)),
    NetworkSpec("residual", 4, 3, 16, 3, 0.7),
    NetworkSpec("residual", 3, 2, 10, 2, 1.0, 0.0, ReLULike(1, -0.5)),
]
at_start = pytest.mark.parametrize("spec", AT_START, ids=lambda spec: spec.label)


def start_means(spec: NetworkSpec) -> dict[str, float]:
    """E of every form at initialisation, at every width (docs/theory.md#capacity)."""
    layers, outputs, y = spec.depth, spec.output_dim, spec.activation.alpha * spec.weight_variance
    if spec.architecture == "vanilla":
        omega, full = y, layers**2 * outputs * y**layers
    else:
        omega = 1 + y
        full = layers * outputs * y * omega ** (layers - 2) * (1 + layers * y)
    return dict.fromkeys(FORMS[:3], layers * outputs * y * omega ** (layers - 1)) | {"full": full}


@at_start
def test_means_at_initialisation_are_exact_at_small_width(spec: NetworkSpec) -> None:
    forms = drawn_forms(spec)
    for form, mean in start_means(spec).items():
        spread = float(forms[form].std()) / DRAWS**0.5
        assert abs(float(forms[form].mean()) - mean) <= SIGMAS * spread
        assert abs(float(forms[form].mean()) - 1.25 * mean) > SIGMAS * spread


@at_start
def test_coarser_blocks_spread_the_norm_more(spec: NetworkSpec) -> None:
    """A finer form is a conditional mean of a coarser one, so that E of its square is smaller (Jensen)."""
    forms = drawn_forms(spec)
    for finer, coarser in (("diagonal", "rows"), ("rows", "layers")):
        excess = forms[coarser].square() - forms[finer].square()
        assert float(excess.mean()) > SIGMAS * float(excess.std()) / DRAWS**0.5


@pytest.mark.parametrize("spec", [AT_START[0], AT_START[3]], ids=lambda spec: spec.label)
def test_lazy_networks_have_the_law_of_stored_ones(spec: NetworkSpec) -> None:
    def functionals(engine: str, seed: int, scale: float = 1.0) -> dict[str, NDArray[np.float64]]:
        forms = drawn_forms(spec, engine, seed, 2**12)
        forms = {form: scale * forms[form] for form in FORMS[1:]}
        share = forms["rows"] / (forms["rows"] + forms["full"] + 1e-30)
        return ordered(forms | {"spread": forms["rows"] - forms["layers"], "share": share})

    stored = functionals("dense", 1)
    assert not disagreements(stored, functionals("lazy", 2))
    assert {"rows", "layers", "full"} <= disagreements(stored, functionals("lazy", 2, 1.5)).keys()


def test_the_diagonal_of_matrices_that_are_not_stored_is_not_covered() -> None:
    network = drawn(AT_START[0], "lazy", 1)
    with pytest.raises(NotCovered, match="the diagonal form needs stored matrices; engine lazy has rows, layers"):
        fisher_rao(network, torch.ones(2, 4, dtype=torch.float64))


def test_a_form_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="form 'block' of the Fisher–Rao norm is unknown; allowed are diagonal, rows,"):
        fisher_rao(drawn(AT_START[0], "dense", 1), torch.ones(2, 4, dtype=torch.float64), ("rows", "block"))


def rescaled(network: Network, place: int, unit: int, c: float) -> Network:
    """One coordinate of x^(place) made c times as large, and all that reads it made as much smaller."""
    found = copy.deepcopy(network)

    def scale(matrix: object, factor: float, *, rows: bool) -> None:
        assert isinstance(matrix, DenseMatrix)
        (matrix.values[:, unit] if rows else matrix.values[:, :, unit]).mul_(factor)

    shortcuts, depth = bool(found.shortcuts), found.spec.depth
    if place == 0:
        scale(found.input_projection, c, rows=True)
    else:
        scale(found.weights[place - 1], c, rows=True)
        if shortcuts:
            scale(found.shortcuts[place - 1], c, rows=True)
        if found.biases:
            found.biases[place - 1][:, unit] *= c
    if place == depth:
        scale(found.output_projection, 1 / c, rows=False)
    else:
        scale(found.weights[place], 1 / c, rows=False)
        if shortcuts:
            scale(found.shortcuts[place], 1 / c, rows=False)
    return found


@given(specs, seeds, st.floats(0.05, 20).filter(lambda c: abs(math.log(c)) > 0.1), st.data())
def test_rescaling_a_node_changes_no_form_but_the_spectral_norm(
    spec: NetworkSpec, seed: int, c: float, choice: st.DataObject
) -> None:
    """In, out, bias, and shortcuts as weights; what a node's scale does not change, f least of all."""
    network, (x, _) = drawn(spec, "dense", seed), data(spec, seed)
    place, unit = choice.draw(st.integers(0, spec.depth)), choice.draw(st.integers(0, spec.width - 1))
    other = rescaled(network, place, unit, c)
    torch.testing.assert_close(other(x), network(x), rtol=ROUNDING, atol=ROUNDING)
    torch.testing.assert_close(fisher_rao(other, x), fisher_rao(network, x), rtol=ROUNDING, atol=ROUNDING)
    changed = [
        float((torch.linalg.matrix_norm(written(one), 2) / torch.linalg.matrix_norm(written(two), 2)).log().abs().max())
        for one, two in zip(other.weights, network.weights, strict=True)
    ]
    assert max(changed) > 1e-9
