"""Where the theory of networks and their losses says it must fail; supported means that it does fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance
from mfcheck.decisions.probes import image
from mfcheck.observables import jacobian, losses
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import STEPS, budget, constant, gain, pair_of
from mfcheck.theorems.bound_curves import over_budgets, over_widths
from mfcheck.theory import entry_law

WIDTHS = (100, 300, 1000)
VARIANCES = {"vanilla": 2.0, "residual": 1.0}
REACHES = (0.001, 0.01, 0.1, 0.3, 1.0)
NOTHING = Allowance(0.0, 0.0, "none: the bound is stated for every width")


def attacked_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 1.8, "residual": 3.0}[architecture]
            yield Cell(NetworkSpec(architecture, 49, 1, 48, 2, variance), "dense", {"dataset": settings.dataset})


@claim("break/attacked-input", cells=attacked_cells)
def test_attacked_input(cell: Cell, decide: Decider) -> None:
    """At an input chosen against the network, within ‖η‖₂ ≤ ‖x‖ of an image, the law of J is another one."""
    decide.law(
        jacobian.entry_at_attack,
        component=0,
        probe=image(decide.settings, cell),
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
        breaks=True,
    )


def narrow_cells(pair: str) -> Callable[[Settings], Iterator[Cell]]:
    """Widths well below and at 1000 on the chain, and one that dense networks reach."""

    def cells(settings: Settings) -> Iterator[Cell]:
        for architecture, width in product(settings.architectures, WIDTHS):
            if architecture in VARIANCES:
                spec = NetworkSpec(architecture, 784, 10, width, 5, VARIANCES[architecture])
                yield Cell(spec, "wishart", {"pair": pair})
        if "vanilla" in settings.architectures:
            yield Cell(NetworkSpec("vanilla", 784, 10, 128, 3, 2.0), "dense", {"pair": pair})

    return cells


def budget_cells(settings: Settings) -> Iterator[Cell]:
    details = {"dataset": settings.dataset}
    for architecture in settings.architectures:
        if architecture in VARIANCES:
            for pair in ("inf-inf", "2-2"):
                spec = NetworkSpec(architecture, 784, 10, 1024, 3, VARIANCES[architecture])
                yield Cell(spec, "lazy", {"pair": pair, **details})
    if "vanilla" in settings.architectures:
        yield Cell(NetworkSpec("vanilla", 196, 10, 128, 3, 2.0), "dense", {"pair": "inf-inf", **details})


def exceeded(cell: Cell, decide: Decider) -> None:
    """Decide that the median of ‖J‖_{p,q} is above β ω^{L/2}; the figure has the size predicted to leading order."""
    pair, spec = pair_of(cell), cell.spec

    def bound(theory: PaperTheory) -> float:
        return gain(theory, spec, pair) * constant(theory, cell)

    decide.median_ratio(
        losses.operator_norms(pair.p, pair.q),
        statistic=lambda draws: draws[:, 0],
        probe=image(decide.settings, cell),
        reference=bound,
        allowance=lambda: NOTHING,
        spread=0.1,
        delta=decide.settings.level.exact,
        upper_only=True,
        breaks=True,
        room=0.05,
        curve=lambda draws: over_widths(
            [draws[:, 0]], [spec], pair, bound(decide.theory), constant(decide.theory, cell)
        ),
    )


@claim("break/narrow-width-2-2", cells=narrow_cells("2-2"))
def test_narrow_width_2_2(cell: Cell, decide: Decider) -> None:
    """At N ≤ 1000 the median network exceeds the (2,2) bound: the rows of J mix like 1/√N, not 1/N."""
    exceeded(cell, decide)


@claim("break/narrow-width-inf-2", cells=narrow_cells("inf-2"))
def test_narrow_width_inf_2(cell: Cell, decide: Decider) -> None:
    """At N ≤ 1000 the median network exceeds the (∞,2) bound."""
    exceeded(cell, decide)


@claim("break/large-budget", cells=budget_cells)
def test_large_budget(cell: Cell, decide: Decider) -> None:
    """Once gates flip the loss falls below ε‖J(x)‖_{p,q}: at ‖η‖₂ = ‖x‖₂ the bound is loose."""
    pair, spec, level = pair_of(cell), cell.spec, decide.settings.level
    budgets = tuple(budget(reach, pair, spec.input_dim) for reach in REACHES)

    def bound(theory: PaperTheory, eps: float) -> float:
        return theory.adversarial_bound(spec, eps, pair.p, pair.q)

    def over_linear(draws: Floats) -> Floats:
        ratio: Floats = draws[:, 1 + 2 * (len(budgets) - 1)] / (budgets[-1] * draws[:, 0])
        return ratio

    decide.median_ratio(
        losses.attacked(pair.p, pair.q, budgets, STEPS[level.name]),
        statistic=over_linear,
        probe=image(decide.settings, cell),
        reference=lambda theory: 1.0,
        allowance=lambda: Allowance(0.0, 0.0, "none: exact inside one region"),
        spread=0.1,
        delta=level.exact,
        breaks="below",
        room=0.3,
        curve=lambda draws: over_budgets(draws, budgets, [bound(decide.theory, eps) for eps in budgets]),
    )
