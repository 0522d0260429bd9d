"""Where the bound of Theorem 5.1 must fail, or stop being tight; supported means that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.bounds import STEPS, budget, constant, gain, growth, pair_of
from mfcheck.decider import Decider
from mfcheck.median_verbs import Allowance
from mfcheck.observables import losses
from mfcheck.probes import image
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.statistics.intervals import Floats
from mfcheck.verdict import Curve

WIDTHS = (100, 300, 1000)
REACHES = (0.001, 0.01, 0.1, 0.3, 1.0)
NOTHING = Allowance(0.0, 0.0, "none: the bound is stated for every width")


def narrow_cells(pair: str) -> Callable[[Settings], Iterator[Cell]]:
    """Widths well below and at 1000 on the chain, and one that dense networks reach."""

    def cells(settings: Settings) -> Iterator[Cell]:
        for architecture, width in product(settings.architectures, WIDTHS):
            if architecture in ARCHITECTURES:
                variance = {"vanilla": 2.0, "residual": 1.0}[architecture]
                yield Cell(NetworkSpec(architecture, 784, 10, width, 5, variance), "wishart", {"pair": pair})
        if "vanilla" in settings.architectures:
            yield Cell(NetworkSpec("vanilla", 784, 10, 128, 3, 2.0), "dense", {"pair": pair})

    return cells


def budget_cells(settings: Settings) -> Iterator[Cell]:
    details = {"dataset": settings.dataset}
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 2.0, "residual": 1.0}[architecture]
            for pair in ("inf-inf", "2-2"):
                yield Cell(NetworkSpec(architecture, 784, 10, 1024, 3, variance), "lazy", {"pair": pair, **details})
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
        curve=lambda draws: Curve(
            kind="profile",
            x_label="width N",
            x=(float(spec.width),),
            measured=(float(np.median(draws[:, 0])) / bound(decide.theory),),
            predicted=(1.0,),
            exact=(1 + growth(spec, pair),),
            draws=len(draws),
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
        breaks=True,
        room=0.3,
        curve=lambda draws: Curve(
            kind="profile",
            x_label="ε",
            x=budgets,
            measured=tuple(np.median(draws[:, 1::2], axis=0).tolist()),
            predicted=tuple(decide.theory.adversarial_bound(spec, eps, pair.p, pair.q) for eps in budgets),
            exact=tuple((eps * np.median(draws[:, 0])).item() for eps in budgets),
            flips=tuple(np.median(draws[:, 2::2], axis=0).tolist()),
            draws=len(draws),
        ),
    )
