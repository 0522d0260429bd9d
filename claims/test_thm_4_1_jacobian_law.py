"""Theorem 4.1: f(x) = J(x) x + a(x), and the law of J(x)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.datasets import inputs, scaled
from mfcheck.decider import Decider
from mfcheck.ensembles.chunks import Probe
from mfcheck.observables import jacobian
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import entry_law, finite_width

LEAKY, ABSOLUTE = ReLULike(1, 0.2), ReLULike(1, -1)

# The paper's first experiment, an ω below 1 and one above it, and the activations at widths where a wrong
# finite-width law would show. (width, depth, weight variance, activation); ω_v = α σ_w², ω_r = 1 + α σ_w².
WISHART_GRID = {
    "vanilla": (
        (500, 10, 1.8, ReLULike()),
        (1000, 10, 2.2, ReLULike()),
        (1000, 6, 1.0, LEAKY),
        (200, 8, 1.1, ABSOLUTE),
    ),
    "residual": ((500, 10, 0.2, ReLULike()), (1000, 5, 2.0, LEAKY)),
}
WIDER = {"quick": 1, "standard": 4, "paper": 10}


def known(settings: Settings) -> list[str]:
    return [name for name in settings.architectures if name in ARCHITECTURES]


def foreign(settings: Settings) -> list[str]:
    return [name for name in settings.architectures if name not in ARCHITECTURES]


def jacobian_cells(settings: Settings) -> Iterator[Cell]:
    """Wishart cells at the level's widths, and dense ones at a width where dense is cheap."""
    if "vanilla" in settings.architectures:
        paper = NetworkSpec("vanilla", 1000, 1, width=5000, depth=10, weight_variance=2)
        yield Cell(
            paper, "wishart", figure="The paper's first experiment: vanilla ReLU, N = 5000, L = 10, d = 1000, K = 1"
        )
    for architecture in known(settings):
        for width, depth, variance, activation in WISHART_GRID[architecture]:
            size = width * WIDER[settings.level.name]
            yield Cell(NetworkSpec(architecture, 784, 10, size, depth, variance, 0.1, activation), "wishart")
        yield Cell(NetworkSpec(architecture, 49, 1, 32, 4, 2.2, 0.0, LEAKY), "dense", {"dataset": settings.dataset})
    for architecture in foreign(settings):
        yield Cell(NetworkSpec(architecture, 49, 1, 32, 4, 2.0), "dense", {"dataset": settings.dataset})


def input_cells(settings: Settings) -> Iterator[Cell]:
    """Narrow networks, where a dependence on the input could hide least: the claim is exact at every width."""
    details = {"dataset": settings.dataset}
    for architecture in known(settings):
        yield Cell(NetworkSpec(architecture, 49, 1, 16, 3, 1.6, 0.3, LEAKY), "dense", details)
    if "vanilla" in settings.architectures:
        input_dim = 196 if settings.level.name == "quick" else 784
        yield Cell(NetworkSpec("vanilla", input_dim, 1, 8, 3, 2.0), "dense", details)
    for architecture in foreign(settings):
        yield Cell(NetworkSpec(architecture, 49, 1, 16, 3, 1.6), "dense", details)


def linearity_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        for depth, bias, activation in ((3, 0.0, ReLULike()), (4, 0.3, LEAKY), (3, 0.3, ABSOLUTE)):
            spec = NetworkSpec(architecture, 196, 3, 48, depth, 1.5, bias, activation)
            yield Cell(spec, "dense", {"dataset": settings.dataset})


def image(settings: Settings, input_dim: int) -> Probe:
    """One input of the run's data set, looked at along its brightest pixel."""
    if settings.dataset == "digits" and math.isqrt(input_dim) ** 2 != input_dim:
        return Probe(np.ones((1, input_dim)), 0)  # no image has this size: only engines that see no input get here
    x = inputs(settings.dataset, input_dim, 1, settings.seed)
    return Probe(x, int(np.abs(x[0]).argmax()))


def three_inputs(settings: Settings, input_dim: int) -> Probe:
    """An input of the data set, the same one scaled down tenfold, and noise."""
    real = inputs(settings.dataset, input_dim, 1, settings.seed)
    noise = inputs("noise", input_dim, 1, settings.seed + 1)
    tenth = scaled(real, math.sqrt(input_dim) / 10)
    return Probe(np.concatenate([real, tenth, noise]), int(np.abs(real[0]).argmax()))


@claim("thm4.1/input-independent", cells=input_cells)
def test_input_independent(cell: Cell, decide: Decider) -> None:
    """The law of J(x) does not depend on x: a real image, the same image scaled to a tenth, and noise share it."""
    decide.same_law(jacobian.entry_at_inputs, probe=three_inputs(decide.settings, cell.spec.input_dim))


@claim("thm4.1/entries-gaussian", cells=jacobian_cells)
def test_entries_gaussian(cell: Cell, decide: Decider) -> None:
    """Entries of J(x) are N(0, ω^L/d) as N → ∞."""
    decide.law(
        jacobian.entry,
        component=0,
        probe=image(decide.settings, cell.spec.input_dim),
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
    )


@claim("thm4.1/entries-variance", cells=jacobian_cells)
def test_entries_variance(cell: Cell, decide: Decider) -> None:
    """d·Var(J_ij)/ω^L = 1 at every width."""
    decide.mean_ratio(
        jacobian.entry,
        component=1,
        probe=image(decide.settings, cell.spec.input_dim),
        reference=lambda theory: theory.jacobian_entry_variance(cell.spec),
        second_moment_ratio=lambda: finite_width.relative_second_moment(cell.spec),
    )


@claim("thm4.1/piecewise-linear", cells=linearity_cells)
def test_piecewise_linear(cell: Cell, decide: Decider) -> None:
    """f(x') = J(x) x' + a(x) for x' in the region of x, with a from the biases alone; a = 0 without biases."""
    decide.rate(jacobian.linearity, component=0, probe=image(decide.settings, cell.spec.input_dim))
