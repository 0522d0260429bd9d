"""Theorem 4.1: f(x) = J(x) x + a(x), and the law of the entries of J(x)."""

from __future__ import annotations

from collections.abc import Iterator

from scipy import stats

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.laws import Law
from mfcheck.decisions.means import MeanRatio
from mfcheck.decisions.probes import image_scaled_and_noise
from mfcheck.decisions.same_medians import SameMedian
from mfcheck.observables import jacobian, nearby, own_scale
from mfcheck.settings import Level, Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems import foreign, own_sizes
from mfcheck.theorems.activations import ABSOLUTE, BENT, LEAKY
from mfcheck.theorems.corners import corners
from mfcheck.theorems.granted import DISTANCE, TAIL, unless_ours
from mfcheck.theory import entry_law

AT_WIDTH = "exact law at this width"
EXACT = "exact distance of the finite-width law to its limit"

# ω_v = α σ_w² and ω_r = 1 + α σ_w² below, at and above 1, σ_w² from 0.2 to 6, every activation, with biases and without
# (width, depth, weight variance, bias variance, activation).
GRID = {
    "vanilla": (
        (500, 10, 1.8, 0.0, ReLULike()),
        (1000, 10, 2.2, 0.1, ReLULike()),
        (1000, 6, 6.0, 0.3, BENT),
        (200, 8, 1.1, 0.0, ABSOLUTE),
    ),
    "residual": ((500, 10, 0.2, 0.1, ReLULike()), (1000, 5, 4.0, 0.0, LEAKY), (300, 4, 0.5, 0.3, ABSOLUTE)),
}
SIZES = {"vanilla": (784, 10), "residual": (3136, 40)}
"""Inputs and outputs of the grid's networks."""
PAPER_WIDTHS = (500, 1000, 5000)
WIDER = {"quick": 1, "standard": 4, "paper": 10}


def jacobian_cells(settings: Settings) -> Iterator[Cell]:
    """Wishart cells at the level's widths, and dense ones at a width where dense is cheap."""
    if "vanilla" in settings.architectures:
        for width in PAPER_WIDTHS:
            paper = NetworkSpec("vanilla", 1000, 1, width, depth=10, weight_variance=2)
            yield Cell(
                paper, "wishart", figure=f"The paper's first experiment: ReLU, N = {width}, L = 10, d = 1000, K = 1"
            )
    for architecture in settings.architectures:
        for width, depth, variance, bias, activation in GRID.get(architecture, ()):
            size = width * WIDER[settings.level.name]
            sizes = SIZES[architecture]
            yield Cell(NetworkSpec(architecture, *sizes, size, depth, variance, bias, activation), "wishart")
        if architecture in ARCHITECTURES:
            yield Cell(NetworkSpec(architecture, 49, 1, 24, 2, 2.2, 0.0, LEAKY), "dense", {"dataset": settings.dataset})
    for spec in corners(settings):
        yield Cell(spec, "wishart")
    yield from foreign.jacobian_cells(settings)


def input_cells(settings: Settings) -> Iterator[Cell]:
    """Narrow networks, where a dependence on the input could hide least: the claim is exact at every width."""
    details = {"dataset": settings.dataset}
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            yield Cell(NetworkSpec(architecture, 49, 1, 12, 2, 1.6, 0.3, LEAKY), "dense", details)
        else:  # deep enough that what accumulates from layer to layer shows
            yield Cell(NetworkSpec(architecture, 16, 1, 16, 12, 2.0), "dense", details)
    if "vanilla" in settings.architectures:
        input_dim = 196 if settings.level.name == "quick" else 784
        yield Cell(NetworkSpec("vanilla", input_dim, 1, 8, 3, 2.0), "dense", details)


def linearity_cells(settings: Settings) -> Iterator[Cell]:
    yield from foreign.jacobian_cells(settings)
    for architecture in settings.papers_architectures:
        for depth, bias, activation in ((3, 0.0, ReLULike()), (4, 0.3, LEAKY), (3, 0.3, ABSOLUTE)):
            spec = NetworkSpec(architecture, 196, 3, 48, depth, 1.5, bias, activation)
            yield Cell(spec, "dense", {"dataset": settings.dataset})


def one_median(level: Level) -> SameMedian:
    """What one law at all inputs has: one median size of J. Laws themselves take tens of thousands of draws."""
    return SameMedian(
        own_scale.views,
        quantity="the size d·mean J² of J(x)",
        statistic=lambda draws: draws[:, : own_scale.INPUTS],
        delta=foreign.COARSER * level.ratio,
        looks_at=image_scaled_and_noise,
    )


@claim("thm4.1/input-independent", cells=input_cells)
def test_input_independent(cell: Cell, decide: Decider) -> None:
    """The law of J(x) does not depend on x: a real image, the same image scaled to a tenth, and noise share it."""
    if own_sizes.is_dear(cell.spec):
        decide(one_median(decide.settings.level))
        return
    times = 1 if cell.spec.architecture in ARCHITECTURES else foreign.COARSER
    decide.same_law(jacobian.entry_at_inputs, quantity="J_ij(x)", looks_at=image_scaled_and_noise, times=times)


def one_entry(spec: NetworkSpec) -> Law:
    """The same at the network's own scale, as coarsely as hundreds of draws tell it."""
    return Law(
        own_scale.views,
        quantity="J_ij over √(mean J²) of its network",
        component=own_scale.entry_at(0),
        reference=lambda theory: stats.norm(),
        finite_width=lambda: 0.0,
        origin="granted: at the limit",
        caveat=DISTANCE,
        times=own_sizes.COARSER_LAW,
        looks_at=image_scaled_and_noise,
    )


@claim("thm4.1/entries-gaussian", cells=jacobian_cells)
def test_entries_gaussian(cell: Cell, decide: Decider) -> None:
    """Entries of J(x) are N(0, ω^L/d) as N → ∞."""
    if own_sizes.is_dear(cell.spec):
        decide(one_entry(cell.spec))
        return
    ours = cell.spec.architecture in ARCHITECTURES
    narrow = cell.engine == "dense" and ours
    entries = Law(
        jacobian.entry,
        quantity="J_ij",
        component=0,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: 0.0 if narrow else foreign.distance_to_gaussian(cell.spec),
        origin=AT_WIDTH if narrow else EXACT if ours else foreign.GRANTED,
        at_width=(lambda: entry_law(cell.spec).mixture) if narrow else None,
        caveat=unless_ours(cell.spec, DISTANCE),
        times=1 if ours else foreign.COARSER,
    )
    decide(entries)


@claim("thm4.1/entries-variance", cells=jacobian_cells)
def test_entries_variance(cell: Cell, decide: Decider) -> None:
    """d·Var(J_ij)/ω^L = 1 at every width."""
    variance = MeanRatio(
        jacobian.entry,
        quantity="J_ij²",
        statistic=lambda draws: draws[:, 1],
        reference=lambda theory: float(theory.jacobian_entry(cell.spec).var()),
        tail=lambda: foreign.entry_tail(cell.spec),
        finite_width=None if cell.spec.architecture in ARCHITECTURES else lambda: 0.0,
        caveat=unless_ours(cell.spec, TAIL),
    )
    decide(variance)


@claim("thm4.1/piecewise-linear", cells=linearity_cells)
def test_piecewise_linear(cell: Cell, decide: Decider) -> None:
    """f(x') = J(x) x' + a(x) for x' in the region of x, with a from the biases alone; a = 0 without biases."""
    ours = cell.spec.architecture in ARCHITECTURES
    source, component = (jacobian.linearity, 0) if ours else (nearby.nearby, nearby.LINEAR)
    decide(own_sizes.in_most(source, component, "f(x') = J(x) x' + a(x) in the region of x", cell.spec))
