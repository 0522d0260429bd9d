"""Theorem 5.1: L_adv ≤ ε β_{p,q} ω^{L/2}, for the paper's constants and for Chevet's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import is_present
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import image
from mfcheck.decisions.rates import Share
from mfcheck.decisions.trial import Ask
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.findings.finding import Curve
from mfcheck.findings.regimes import BOUND
from mfcheck.observables import losses
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.theorems import foreign
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import (
    BETWEEN,
    FOUND,
    PAIRS,
    PAPERS,
    STEPS,
    Constant,
    at_finite_width,
    budget,
    constant,
    gain,
    slack,
    turns,
)
from mfcheck.theorems.bound_curves import over_widths
from mfcheck.theorems.cells import PairCell
from mfcheck.theorems.granted import DISTANCE, unless_ours
from mfcheck.theorems.on_chain import norm_below
from mfcheck.theory import finite_width

WIDTHS, SKETCHED = (100, 300, 1000, 3000, 10_000, 30_000), 64
"""Narrower widths, and draws at each, that show how wide a network must be for the bound to hold."""
UNNAMED = (NormPair(1.5, 2), NormPair(2, 3))
"""Pairs with one exponent between those that have names."""
REACH = 0.1
"""Longest perturbation of the attacks, in units of ‖x‖₂."""
WIDE = {"quick": 10**5, "standard": 10**6, "paper": 10**7}
ATTACKED = {
    "quick": {"lazy": (128, 512, 4096), "dense": (128, 512)},
    "standard": {"lazy": (128, 512, 4096, 100_000), "dense": (128, 512, 2048)},
    "paper": {"lazy": (128, 512, 4096, 100_000, 1_000_000), "dense": (128, 512, 2048)},
}
"""Widths of one attack by level, on both engines as far as dense networks go."""


class States(StrEnum):
    """What keeps to the bound: most Jacobians but for a slack, the median one, or the median network under attack."""

    SHARE = "share"
    MEDIAN = "median"
    ATTACK = "attack"


@dataclass(frozen=True, kw_only=True)
class BoundCell(PairCell):
    """A network, whose β its bound is made with, and what keeps to it."""

    statement: States
    constant: Constant | None = None

    @property
    def papers_own(self) -> bool:
        """Whether the constant is one that the paper states itself."""
        return self.constant is Constant.THEORY and self.pair in PAPERS

    @property
    def eps(self) -> float:
        """The budget of attacks."""
        return budget(REACH, self.pair, self.spec.input_dim)

    def beta(self, theory: PaperTheory) -> float:
        """The constant."""
        return constant(theory, self.spec, self.pair, self.constant or Constant.THEORY)

    def bound(self, theory: PaperTheory) -> float:
        """The bound: on L_adv of attacks, and else on ‖J‖."""
        if self.statement is States.ATTACK:
            return theory.adversarial_bound(self.spec, *Attack.of(self.eps, self.pair))
        return gain(theory, self.spec, self.pair) * self.beta(theory)


def jacobian_cells(settings: Settings) -> Iterator[BoundCell]:
    """ε → 0, on whole Jacobians: every pair, with the theory's constant and with Chevet's where that is another."""
    for pair, whole in zip(PAIRS, turns(settings, WIDE[settings.level.name], 5), strict=False):
        spec = replace(whole, input_dim=196) if pair in BETWEEN else whole  # the dearest norms by far
        for whose in Constant if pair in PAPERS else (Constant.THEORY,):
            for statement in (States.SHARE, States.MEDIAN):
                yield BoundCell(spec, "wishart", pair=pair, statement=statement, constant=whose)
    # Between the named norms, with as many outputs as inputs, both of Chevet's terms count.
    for pair, whole in zip(UNNAMED, turns(settings, WIDE[settings.level.name], 2), strict=False):
        spec = replace(whole, input_dim=50, output_dim=50)
        yield BoundCell(spec, "wishart", pair=pair, statement=States.MEDIAN, constant=Constant.THEORY)
    others = [pair for pair in PAIRS if pair not in PAPERS]
    for pair, whole in zip(others, turns(settings, WIDE[settings.level.name], 2), strict=False):
        spec = replace(whole, input_dim=20, output_dim=80)
        yield BoundCell(spec, "wishart", pair=pair, statement=States.MEDIAN, constant=Constant.THEORY)


def attack_cells(settings: Settings) -> Iterator[BoundCell]:
    """ε > 0, on real images: every pair, and one pair over all widths; Fashion-MNIST where it is found."""

    def attacked(spec: NetworkSpec, engine: str, pair: NormPair = INF_INF, data: str = settings.dataset) -> BoundCell:
        return BoundCell(spec, engine, pair=pair, statement=States.ATTACK, dataset=data)

    for pair, spec in zip(PAIRS, turns(settings, 1024, 4), strict=False):
        yield attacked(spec, "lazy", pair)
    if "vanilla" in settings.architectures:
        for engine, widths in ATTACKED[settings.level.name].items():
            for width in widths:
                yield attacked(NetworkSpec("vanilla", 784, 10, width, 3, 2.0), engine)
        if is_present("fashion-mnist", settings.data_dir):
            spec = NetworkSpec("vanilla", 784, 10, 512, 3, 2.0)
            yield attacked(spec, "lazy", NormPair(math.inf, 2), "fashion-mnist")
    for architecture in foreign.foreign(settings):
        for engine, width in (("dense", 256), ("lazy", 1024)) if is_gaussian(architecture) else (("dense", 128),):
            yield attacked(NetworkSpec(architecture, 196, 10, width, 3, foreign.VARIANCE), engine)


def bound_cells(settings: Settings) -> Iterator[BoundCell]:
    yield from jacobian_cells(settings)
    yield from attack_cells(settings)


def most(cell: BoundCell, level: Level) -> Share:
    """‖J‖ of most networks is at most the bound, but for the slack of the deviation inequality."""
    return Share(
        losses.operator_norms(*cell.pair),
        quantity="‖J(x)‖_{p,q}",
        statistic=lambda draws: draws[:, 0],
        reference=cell.bound,
        allowance=lambda: slack(cell.spec, cell.pair, cell.beta(PaperTheory()), level.rate),
        regime=BOUND,
    )


def chevet(cell: BoundCell) -> Callable[[PaperTheory], float]:
    """The bound with Chevet's constant."""
    return lambda theory: gain(theory, cell.spec, cell.pair) * constant(theory, cell.spec, cell.pair, Constant.CHEVET)


def bound_at(cell: BoundCell, decide: Decider, spec: NetworkSpec) -> Callable[[], Allowance]:
    """Where finite sizes put the largest loss beside the bound; of another architecture, where it is granted to lie."""
    measured = norm_below(decide, spec, cell.pair, cell.beta(PaperTheory()))
    if cell.papers_own and cell.statement is States.MEDIAN:
        # The paper's own constants are passed by a few percent, which the interval of what is measured would hide; at
        # this width hardly anything is left to it.
        return lambda: replace(at_finite_width(spec, cell.pair), spread=measured().spread)
    if spec is cell.spec:
        return measured
    return lambda: replace(at_finite_width(spec, cell.pair), spread=measured().spread)


def median(cell: BoundCell, decide: Decider) -> Ask:
    """‖J‖ of the median network is at most the bound, up to what finite sizes and δ add; the figure shows narrower
    networks too."""
    spec, level, probe = cell.spec, decide.settings.level, image(decide.settings, cell)
    source = losses.operator_norms(*cell.pair)

    def profile(draws: Floats, theory: PaperTheory) -> Curve:
        narrower = [replace(spec, width=width) for width in WIDTHS]
        values = [decide.sketch(source, probe, one, SKETCHED)[:, 0] for one in narrower]
        beta = cell.beta(theory)
        return over_widths([*values, draws[:, 0]], [*narrower, spec], cell.pair, cell.bound(theory), beta)

    return lambda theory: MedianRatio(
        source,
        quantity="‖J(x)‖_{p,q}",
        statistic=lambda draws: draws[:, 0],
        reference=cell.bound,
        allowance=bound_at(cell, decide, spec),
        # The paper's own constants are passed by a few percent: there the finer δ tells.
        delta=level.exact if cell.papers_own else level.ratio,
        # And the first look must be fine enough for Chevet's constant in their place, which lies close above.
        room=level.exact / 2 if cell.papers_own else None,
        upper_only=True,
        regime=BOUND,
        instead={"Chevet's constant": chevet(cell)} if cell.papers_own else {},
        curve=lambda draws: profile(draws, theory),
    )


def under_attack(cell: BoundCell, decide: Decider) -> Ask:
    """L_adv of the median network is at most the bound, its excess at finite width and the declared discrepancy."""
    known = finite_width.stand_in(cell.spec)
    steps = STEPS[decide.settings.level.name]
    return lambda theory: MedianRatio(
        losses.attacked(*cell.pair, (cell.eps,), steps),
        quantity="L_adv",
        statistic=lambda draws: draws[:, 1],
        reference=cell.bound,
        allowance=bound_at(cell, decide, known),
        delta=FOUND,
        upper_only=True,
        regime=BOUND,
        caveat=unless_ours(cell.spec, DISTANCE),
        curve=lambda draws: over_widths([draws[:, 1]], [known], cell.pair, cell.bound(theory), cell.beta(theory)),
    )


@claim("thm5.1/bound-satisfied", cells=bound_cells)
def test_bound_satisfied(cell: BoundCell, decide: Decider) -> None:
    """L_adv ≤ ε β_{p,q} ω^{L/2}: for at least 99 % of networks with the slack of the deviation inequality, and for the
    median network, attacked too, up to the bound's excess at finite width and the declared discrepancy."""
    match cell.statement:
        case States.SHARE:
            decide(most(cell, decide.settings.level))
        case States.MEDIAN:
            decide(median(cell, decide))
        case States.ATTACK:
            decide(under_attack(cell, decide))
