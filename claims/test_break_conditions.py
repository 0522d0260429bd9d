"""Where the theory of networks and their losses says it must fail; supported means that it does fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.trial import Ask
from mfcheck.ensembles.samples import STACK
from mfcheck.observables import jacobian, losses
from mfcheck.observables.attack_strengths import with_what_is_left
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.bound import STEPS, budget, constant, gain
from mfcheck.theorems.bound_curves import over_budgets, over_widths
from mfcheck.theorems.cells import AttackCell, PairCell
from mfcheck.theorems.pull_at_a_budget import cell_at, pull_at
from mfcheck.theory import entry_law

WIDTHS = (100, 300, 1000)
VARIANCES = {"vanilla": 2.0, "residual": 1.0}
REACHES = (0.1, 0.3, 1.0)
STRONG = 80
"""Steps of an attack at the largest budget, of which ten find as little as nine tenths."""
LOOSE = 0.05
"""How far below what is linear, and the margin, a first look sees the loss; nearer than that, later looks do."""
SHORT = {"quick": 256, "standard": 512, "paper": 1000}
"""Widths of networks that are attacked until little is left to find."""
NOTHING = Allowance(0.0, 0.0, "none: the bound is stated for every width")
INSIDE = Allowance(0.0, 0.0, "none: exact inside one region")


def attacked_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.papers_architectures:
        variance = {"vanilla": 1.8, "residual": 3.0}[architecture]
        yield Cell(NetworkSpec(architecture, 49, 1, 48, 2, variance), "dense", {"dataset": settings.dataset})


@claim("break/attacked-input", cells=attacked_cells)
def test_attacked_input(cell: Cell, decide: Decider) -> None:
    """At an input chosen against the network, within ‖η‖₂ ≤ ‖x‖ of an image, the law of J is another one."""
    decide.law(
        jacobian.entry_at_attack,
        quantity="J_ij at an attacked input",
        component=0,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
        breaks=True,
        room=0.05,
    )


def narrow_cells(pair: NormPair) -> Callable[[Settings], Iterator[PairCell]]:
    """Widths well below and at 1000 on the chain, and one that dense networks reach."""

    def cells(settings: Settings) -> Iterator[PairCell]:
        for architecture, width in product(settings.architectures, WIDTHS):
            if architecture in VARIANCES:
                spec = NetworkSpec(architecture, 784, 10, width, 5, VARIANCES[architecture])
                yield PairCell(spec, "wishart", pair=pair)
        if "vanilla" in settings.architectures:
            yield PairCell(NetworkSpec("vanilla", 784, 10, 128, 3, 2.0), "dense", pair=pair)

    return cells


def exceeded(cell: PairCell, level: Level) -> Ask:
    """The median of ‖J‖_{p,q} is above β ω^{L/2}; the figure has the size predicted to leading order."""
    pair, spec = cell.pair, cell.spec

    def bound(theory: PaperTheory) -> float:
        return gain(theory, spec, pair) * constant(theory, spec, pair)

    return lambda theory: MedianRatio(
        losses.operator_norms(*pair),
        quantity="‖J(x)‖_{p,q}",
        statistic=lambda draws: draws[:, 0],
        reference=bound,
        allowance=lambda: NOTHING,
        spread=0.1,
        delta=level.exact,
        upper_only=True,
        breaks=True,
        room=0.05,
        curve=lambda draws: over_widths([draws[:, 0]], [spec], pair, bound(theory), constant(theory, spec, pair)),
    )


@claim("break/narrow-width-2-2", cells=narrow_cells(NormPair(2, 2)))
def test_narrow_width_2_2(cell: PairCell, decide: Decider) -> None:
    """At N ≤ 1000 the median network exceeds the (2,2) bound: the rows of J mix like 1/√N, not 1/N."""
    decide(exceeded(cell, decide.settings.level))


@claim("break/narrow-width-inf-2", cells=narrow_cells(NormPair(float("inf"), 2)))
def test_narrow_width_inf_2(cell: PairCell, decide: Decider) -> None:
    """At N ≤ 1000 the median network exceeds the (∞,2) bound."""
    decide(exceeded(cell, decide.settings.level))


def budget_cells(settings: Settings) -> Iterator[PairCell]:
    """Vanilla networks: residual ones of this depth lose so little that it takes thousands of them to see, and what
    they lose is told by their pull. At level quick of few inputs, since attacks of so many steps are dear."""
    if "vanilla" in settings.architectures:
        input_dim, width = (196, 128) if settings.level.name == "quick" else (784, 256)
        for pair in (INF_INF, NormPair(2, 2)):
            spec = NetworkSpec("vanilla", input_dim, 10, width, 3, VARIANCES["vanilla"])
            yield PairCell(spec, "dense", pair=pair, dataset=settings.dataset)


def below_linear(cell: PairCell, level: Level) -> Ask:
    """L_adv at the largest budget is below the linear map's own loss."""
    pair, spec = cell.pair, cell.spec
    budgets = tuple(budget(reach, pair, spec.input_dim) for reach in REACHES)
    steps = (*[STEPS[level.name]] * (len(budgets) - 1), STRONG, STRONG // 2)  # the largest budget twice
    half = 1 + 2 * len(budgets)

    def over_linear(draws: Floats) -> Floats:
        loss = draws[:, half - 2]
        return with_what_is_left(loss / (budgets[-1] * draws[:, 0]), loss, draws[:, half])

    def bounds(theory: PaperTheory) -> list[float]:
        return [theory.adversarial_bound(spec, *Attack.of(eps, pair)) for eps in budgets]

    return lambda theory: MedianRatio(
        losses.attacked(*pair, (*budgets, budgets[-1]), steps),
        quantity="L_adv over ε‖J(x)‖_{p,q} at ‖η‖₂ = ‖x‖₂",
        statistic=over_linear,
        reference=lambda theory: 1.0,
        allowance=lambda: INSIDE,
        delta=level.exact,
        breaks="below",
        room=LOOSE,
        pilot=2 * STACK,
        curve=lambda draws: over_budgets(draws[:, :half], budgets, bounds(theory)),
    )


def short_cells(settings: Settings) -> Iterator[AttackCell]:
    """The authors' budget, at which gates flip, in networks that are none too dear to attack until little is left.

    Residual ones lose so little of their uncertain pull that it takes more than a thousand of them to see: level
    standard does.
    """
    for architecture in settings.papers_architectures:
        if architecture == "vanilla" or settings.level.name != "quick":
            yield cell_at(architecture, SHORT[settings.level.name], EPS, settings.dataset)


@claim("break/pull-at-a-budget", cells=short_cells)
def test_pull_at_a_budget(cell: AttackCell, decide: Decider) -> None:
    """At ε = 0.3 gates flip, and the pull ⟨∂L_adv/∂W, W⟩/‖W‖² falls short of what it is as ε → 0 at this width."""
    decide(pull_at(cell, decide, falls_short=True))


@claim("break/large-budget", cells=budget_cells)
def test_large_budget(cell: PairCell, decide: Decider) -> None:
    """Once gates flip the loss falls below ε‖J(x)‖_{p,q}: at ‖η‖₂ = ‖x‖₂ the bound is loose."""
    decide(below_linear(cell, decide.settings.level))
