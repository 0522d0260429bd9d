"""Where the theory of training says it must fail; supported means that it does fail."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK, Source
from mfcheck.findings.regimes import EARLY, FEW_IMAGES, LATE, PULL, START
from mfcheck.observables import along_training, horizon, jacobian, projected
from mfcheck.observables.path_bounds import column_at
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.statistics.means import Tail
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.pull import LINEAR_STEPS, instant, one_output_spread
from mfcheck.theorems.variance import UPPER, half_life, law, scales_down_to, share_paid
from mfcheck.theory import finite_width
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow

LARGE, STEPS, BATCH = 0.1, 8, 32
"""A budget; a step of SGD, several times as long as L_adv takes to lose a fifth; and how many of them."""
STEPPED = {"quick": (256,), "standard": (256, 1000), "paper": (1000, 2000)}
HORIZON_STEPS, HORIZON_WIDTH = {0.1: 0.02, 1.0: 0.002}, {"quick": 256, "standard": 1000, "paper": 1000}
"""Budgets with a learning rate of some quarter of their horizon."""
RESOLVED = 0.05
"""Error of ‖W(t)‖²/‖W(0)‖² up to which a path is believed: at four times the steps' length it is 0.1 in most paths, of
which up to 4 in 10 then die that live on along finer ones."""
NOTHING = Allowance(0.0, 0.0, "none: the law is stated as it is")


@dataclass(frozen=True, kw_only=True)
class BudgetCell(Cell):
    """A network in a budget."""

    eps: float
    dataset: str
    images: int | None = None


def step_cells(settings: Settings) -> Iterator[BudgetCell]:
    if "vanilla" in settings.architectures:
        for width in STEPPED[settings.level.name]:
            spec = NetworkSpec("vanilla", 784, 10, width, 5, 2.0)
            yield BudgetCell(spec, "dense", eps=EPS, images=128, dataset=settings.dataset)


def decrease_over_paid(draws: Floats) -> Floats:
    """The decrease of σ_w² over (2/N)∫L_adv dt at the end of a recorded path, kept positive."""
    found: Floats = np.maximum(share_paid(draws, 1), 1e-9)
    return found


@claim("break/large-step", cells=step_cells)
def test_large_step(cell: BudgetCell, decide: Decider) -> None:
    """Large steps of SGD keep σ_w² up by lr²‖∂L/∂W‖²/N: it falls by less than (2/N)∫L_adv dt."""
    rule = SGD(LARGE, batch=BATCH)
    decide.median_ratio(
        along_training.recorded(Objective("adversarial", EPS, *INF_INF, 3), rule, (LARGE * STEPS,), STEPS),
        quantity="the decrease of σ_w² over (2/N)∫L_adv dt",
        statistic=decrease_over_paid,
        looks_at=images,
        reference=lambda theory: 1.0,
        allowance=lambda: NOTHING,
        spread=0.02,
        delta=decide.settings.level.ratio,
        breaks="below",
        room=0.2,
        regime=LATE,
    )


@dataclass(frozen=True, kw_only=True)
class HorizonCell(AttackCell):
    """A vanilla network whose training is held against the time at which its ω^L is to have fallen to `lower`."""

    lower: float
    trained: int

    @property
    def horizons(self) -> Source:
        """The times by which L_adv has lost a fifth, at every budget."""
        objectives = tuple(Objective("theory", *Attack.of(eps, self.pair), 3) for eps in HORIZON_STEPS)
        rules = tuple(SGD(lr, batch=BATCH) for lr in HORIZON_STEPS.values())
        return horizon.horizons(objectives, rules, 12)


def horizon_cells(settings: Settings) -> Iterator[HorizonCell]:
    """Budgets a decade apart at an edge m near 1, where T is shortest; and at the smaller budget another, by which T is
    ten times as long."""
    if "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, HORIZON_WIDTH[settings.level.name], 5, 2.0)
        for eps, lower in ((0.1, 0.9), (0.1, 0.99), (1.0, 0.99)):
            yield HorizonCell(
                spec, "dense", pair=INF_INF, eps=eps, images=288, trained=256, dataset=settings.dataset, lower=lower
            )


@claim("break/short-horizon", cells=horizon_cells)
def test_short_horizon(cell: HorizonCell, decide: Decider) -> None:
    """The rate of σ_w² lasts for so short a time that ω^L is not even to have fallen to 0.99: L_adv has lost a fifth of
    itself long before that T, whatever ε."""
    which = list(HORIZON_STEPS).index(cell.eps)
    decide.median_ratio(
        cell.horizons,
        quantity="the time by which L_adv has lost a fifth",
        statistic=lambda draws: horizon.times(draws, which),
        looks_at=images,
        reference=lambda theory: theory.collapse_time(cell.spec, *cell.attack, cell.lower),
        allowance=lambda: NOTHING,
        spread=0.5,
        delta=decide.settings.level.ratio,
        breaks="below",
        room=2.0,
        first=2,  # networks come to it at times that differ by ten
        regime=EARLY,
    )


def late_cells(settings: Settings) -> Iterator[AttackCell]:
    if "vanilla" in settings.architectures:
        # T grows with N, and the steps to it; much narrower networks die under L_std + L_adv.
        spec = NetworkSpec("vanilla", 49, 10, 32, 5, 2.0)
        yield AttackCell(spec, "dense", pair=INF_INF, eps=EPS, images=8, dataset=settings.dataset)


def above_the_bound(cell: AttackCell, level: Level) -> MedianRatio:
    """L_adv is above its bound at the theory's σ_w²(t), at the paper's half-life."""
    spec, attack = cell.spec, cell.attack
    times = (half_life(PaperTheory(), spec, attack),)

    def bound(theory: PaperTheory) -> float:
        left = law(theory, spec, attack, times)[0]
        return theory.adversarial_bound(spec, *attack) * math.pow(left, spec.depth / 2)

    return MedianRatio(
        along_training.recorded(Objective("theory", *attack, 3), Flow(0.05, times), times, 800, most=2 * STACK),
        quantity="L_adv over its bound at the theory's σ_w²(t)",
        statistic=lambda draws: column_at(draws, 1, along_training.LOSS, within=RESOLVED),
        looks_at=images,
        reference=bound,
        allowance=lambda: NOTHING,
        spread=0.2,  # one network in fifty has died by then
        delta=level.ratio,
        upper_only=True,
        breaks=True,
        room=1.0,
        regime=LATE,
        caveat=FEW_IMAGES,
    )


@claim("break/bound-after-T", cells=late_cells)
def test_bound_after_t(cell: AttackCell, decide: Decider) -> None:
    """Under L_std + L_adv the loss L_adv is above the bound with the theory's σ_w²(t) once that has halved."""
    decide(above_the_bound(cell, decide.settings.level))


def large_cells(settings: Settings) -> Iterator[BudgetCell]:
    if "residual" in settings.architectures:
        yield BudgetCell(NetworkSpec("residual", 49, 1, 64, 5, 2.0), "dense", eps=instant(INF_INF, 49), dataset="noise")


def unlike_its_start(cell: BudgetCell, level: Level) -> MedianRatio:
    """σ_w² at the theory's half-life is above what the relative rate of its start would leave."""
    spec, attack, paper = cell.spec, Attack.of(cell.eps, INF_INF), PaperTheory()
    end, scales = half_life(paper, spec, attack), scales_down_to(0.4)
    begun = -paper.variance_rate(spec, *attack) / spec.weight_variance
    return MedianRatio(
        projected.projected(Objective("adversarial", *attack, LINEAR_STEPS), scales),
        quantity="σ_w²(t)/σ_w²(0)",
        statistic=lambda draws: np.square(projected.scale_at(draws, scales, end)),
        looks_at=images,
        reference=lambda theory: math.exp(-begun * end),
        allowance=lambda: NOTHING,
        spread=one_output_spread(spec, INF_INF) / 2,
        delta=level.ratio,
        breaks="above",
        room=0.2,
        regime=PULL,
    )


@claim("break/residual-large-variance", cells=large_cells)
def test_residual_large_variance(cell: BudgetCell, decide: Decider) -> None:
    """At ασ_w² = 1 residual decay slows down as it goes: σ_w² does not fall at the relative rate it began with."""
    decide(unlike_its_start(cell, decide.settings.level))


def edge_cells(settings: Settings) -> Iterator[Cell]:
    if "residual" in settings.architectures:
        for depth in (10, 20):
            y = 1.2 * (UPPER ** (1 / depth) - 1)
            yield Cell(NetworkSpec("residual", 784, 10, 10**5, depth, 2 * y), "wishart")
        y = 1.5 * (UPPER ** (1 / 2) - 1)
        yield Cell(NetworkSpec("residual", 49, 1, 32, 2, 2 * y), "dense", {"dataset": settings.dataset})


@claim("break/residual-upper-bound", cells=edge_cells)
def test_residual_upper_bound(cell: Cell, decide: Decider) -> None:
    """With ασ_w² beyond M^{1/L} − 1 a residual network starts outside the window: d Var J_ij = ω^L > M."""
    second, fourth = finite_width.relative_second_moment(cell.spec), finite_width.scale_moment(cell.spec, 4)
    decide.mean_ratio(
        jacobian.entry,
        quantity="d J_ij²",
        statistic=lambda draws: cell.spec.input_dim * draws[:, 1],
        reference=lambda theory: UPPER,
        tail=lambda: Tail(second, fourth),
        finite_width=lambda: 0.0,
        breaks="above",
        regime=START,
    )
