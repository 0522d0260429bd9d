"""Theorem 5.1: what L_adv/(ε ω^{L/2}) tends to with the width, and how near that comes to β."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.means import MeanRatio
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import AT_MOST, WIDE_LIMIT
from mfcheck.observables import losses
from mfcheck.settings import Level, Settings
from mfcheck.spec import dual_exponent
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import (
    INFINITE,
    PAIRS,
    PAPERS,
    Constant,
    at_finite_dimension,
    constant,
    gain,
    near_the_limit,
    one_output,
    turns,
)
from mfcheck.theorems.cells import PairCell
from mfcheck.theory import finite_width
from mfcheck.theory.norms import chevet_beta, exact_quantile, expected_norm

WIDTHS = (10_000, 10_000_000, INFINITE)
LOOSE = (NormPair(2, 1), NormPair(math.inf, 2), NormPair(math.inf, 1))
"""The pairs whose constant is not reached where K grows with d."""
TIGHT = (NormPair(2, 2), NormPair(2, math.inf), NormPair(math.inf, math.inf))
LONGEST = (NormPair(2, math.inf), NormPair(1, 2), INF_INF)
"""Pairs whose norm is that of the longest row or column, whatever the sizes."""
SQUARE = {True: 200, False: 300}
"""Inputs and outputs of square cells, loose or not: an ascent for every output is dear."""
PILOT = 64
"""Networks that tell how ‖Z‖ spreads, and how far below such a constant the limit stays: a chunk of them."""
QUICK_TRENDS = (NormPair(2, 2), NormPair(math.inf, 1), NormPair(1, 2))


TRACY_WIDOM = 1.2065
"""The size of the mean of the Tracy–Widom law that the largest singular value of a square matrix has at its edge."""


class States(StrEnum):
    """The limit itself; how it is approached over widths; and the exact mean at any width, where K = 1."""

    LIMIT = "limit"
    TREND = "trend"
    ONE_OUTPUT = "one-output"


@dataclass(frozen=True, kw_only=True)
class LimitCell(PairCell):
    """A network, and what is stated of its limit."""

    statement: States


class Sizes(StrEnum):
    """Inputs and outputs: two outputs and many inputs, as many of both, more outputs than inputs, or one output."""

    MANY_INPUTS = "many-inputs"
    SQUARE = "square"
    MORE_OUTPUTS = "more-outputs"
    ONE_OUTPUT = "one-output"


@dataclass(frozen=True, kw_only=True)
class LeadingCell(PairCell):
    """A network, its sizes, and the constant that its limit is held against."""

    constant: Constant
    sizes: Sizes

    @property
    def square(self) -> bool:
        """Whether there are as many outputs as inputs."""
        return self.sizes is Sizes.SQUARE

    @property
    def loose(self) -> bool:
        """Whether the constant is not reached."""
        return self.square and self.pair in LOOSE

    def beta(self, theory: PaperTheory) -> float:
        """The constant."""
        return constant(theory, self.spec, self.pair, self.constant)


def limit_cells(settings: Settings) -> Iterator[LimitCell]:
    """At a width that stands for infinity; over widths; and at narrow dense networks, where one output is exact."""
    for pair, spec in zip(PAIRS, turns(settings, INFINITE, 5), strict=False):
        yield LimitCell(spec, "wishart", pair=pair, statement=States.LIMIT)
    trends = QUICK_TRENDS if settings.level.name == "quick" else PAIRS
    for pair, spec in zip(trends, turns(settings, WIDTHS[0], 3, 196, 3), strict=False):
        yield LimitCell(spec, "wishart", pair=pair, statement=States.TREND)
    for pair, spec in zip((NormPair(math.inf, 2), NormPair(2, 2)), turns(settings, 48, 1, 49, 1), strict=False):
        yield LimitCell(spec, "dense", pair=pair, statement=States.ONE_OUTPUT, dataset=settings.dataset)


def leading_cells(settings: Settings) -> Iterator[LeadingCell]:
    """Two outputs and many inputs, where Chevet's second term vanishes; and as many of both, where it does not."""
    for pair, whole in zip(PAIRS, turns(settings, INFINITE, 1, 20_000, 2), strict=False):
        # Where p = 1 the distance is exact at every dimension, and the longest of many columns dear to find.
        spec = replace(whole, input_dim=5000) if pair.p == 1 else whole
        for whose in Constant:
            yield LeadingCell(spec, "wishart", pair=pair, constant=whose, sizes=Sizes.MANY_INPUTS)
    for pair, whole in zip(LONGEST, turns(settings, INFINITE, 1), strict=False):
        spec = replace(whole, input_dim=20, output_dim=80)
        for whose in Constant:
            yield LeadingCell(spec, "wishart", pair=pair, constant=whose, sizes=Sizes.MORE_OUTPUTS)
    for pair, spec in zip((*TIGHT, *LOOSE), turns(settings, INFINITE, 1), strict=False):
        square = replace(spec, input_dim=SQUARE[pair in LOOSE], output_dim=SQUARE[pair in LOOSE])
        for whose in (Constant.CHEVET,) if pair in PAPERS else Constant:
            yield LeadingCell(square, "wishart", pair=pair, constant=whose, sizes=Sizes.SQUARE)
    # So many inputs that a hundredth is left of what one output takes off Chevet's constant, or half of that.
    inputs = 10_000 * settings.level.sharper**2
    for pair, spec in zip((INF_INF,), turns(settings, 512, 1, inputs, 1), strict=False):
        yield LeadingCell(spec, "lazy", pair=pair, constant=Constant.CHEVET, sizes=Sizes.ONE_OUTPUT, dataset="noise")


def limit_of_one_output(spec: NetworkSpec, pair: NormPair) -> float:
    """E‖z‖_{p*}/√d, the limit where K = 1, whatever q."""
    return expected_norm(spec.input_dim, dual_exponent(pair.p)) / math.sqrt(spec.input_dim)


def limit(cell: PairCell, level: Level) -> MedianRatio:
    """‖J‖ over ‖Z‖/√d is ω^{L/2}."""
    spec, pair = cell.spec, cell.pair
    return MedianRatio(
        losses.operator_norms(*pair),
        quantity="‖J(x)‖_{p,q} over ‖Z‖_{p,q}/√d",
        statistic=lambda draws: draws[:, 0] / draws[:, 1],
        reference=lambda theory: gain(theory, spec, pair),
        allowance=lambda: near_the_limit(spec, pair),
        spread=0.001,
        delta=level.exact,
        regime=WIDE_LIMIT,
    )


def from_the_limit(spec: NetworkSpec, pair: NormPair) -> MedianGroup:
    """The squared relative distance from the limit at a width."""
    scale = gain(PaperTheory(), spec, pair)
    source = losses.operator_norms(*pair)
    return MedianGroup(math.log(spec.width), spec, source, lambda draws: (draws[:, 0] / (draws[:, 1] * scale) - 1) ** 2)


def approach(cell: PairCell, level: Level) -> MedianSlope:
    """The squared distance from the limit falls like 1/N."""

    def next_order() -> Allowance:
        slope = finite_width.gram_deviation(cell.spec) / math.log(WIDTHS[-1] / WIDTHS[0])
        return Allowance(slope, slope, "the next order, at the narrowest width")

    return MedianSlope(
        [from_the_limit(replace(cell.spec, width=width), cell.pair) for width in WIDTHS],
        quantity="the squared relative distance to the limit",
        x_label="log N",
        rises=lambda theory, group: 1 / group.spec.width,
        allowance=next_order,
        spread=1.9,
        regime=WIDE_LIMIT,
    )


def mean_of_one_output(cell: PairCell, level: Level) -> MeanRatio:
    """Where K = 1 the mean of ‖J‖ is ω^{L/2} E‖z‖_{p*}/√d in the limit."""
    spec, pair = cell.spec, cell.pair
    return MeanRatio(
        losses.operator_norms(*pair),
        quantity="‖J(x)‖_{p,q}",
        statistic=lambda draws: draws[:, 0],
        reference=lambda theory: gain(theory, spec, pair) * limit_of_one_output(spec, pair),
        tail=lambda: one_output(spec, pair)[1],
        finite_width=lambda: one_output(spec, pair)[0] - 1,
        regime=WIDE_LIMIT,
    )


STATES: dict[States, Callable[[PairCell, Level], Ask]] = {
    States.LIMIT: limit,
    States.TREND: approach,
    States.ONE_OUTPUT: mean_of_one_output,
}


@claim("thm5.1/bound-limit", cells=limit_cells)
def test_bound_limit(cell: LimitCell, decide: Decider) -> None:
    """As ε → 0, L_adv/(ε ω^{L/2}) tends with N to ‖Z‖_{p,q}/√d, Z a standard normal K×d matrix."""
    decide(STATES[cell.statement](cell, decide.settings.level))


def one_output_over_beta(cell: LeadingCell) -> MeanRatio:
    """Where K = 1 the mean of ‖J‖ lies below β ω^{L/2} by what is known of it."""
    spec, pair = cell.spec, cell.pair
    below = limit_of_one_output(spec, pair) / chevet_beta(*pair, spec.input_dim, 1)
    return MeanRatio(
        losses.operator_norms(*pair),
        quantity="‖J(x)‖_{p,q}",
        statistic=lambda draws: draws[:, 0],
        reference=lambda theory: gain(theory, spec, pair) * cell.beta(theory),
        tail=lambda: one_output(spec, pair)[1],
        finite_width=lambda: one_output(spec, pair)[0] * below - 1,
        regime=WIDE_LIMIT,
    )


def gap(cell: LeadingCell) -> Allowance:
    """How far from β the limit may lie at finite dimension."""
    spec = cell.spec
    if cell.loose:
        edge = spec.input_dim ** (-2 / 3)
        return Allowance(edge, edge, "finite dimension: of the order d^{−2/3}, as at the edge of a spectrum")
    if cell.square and cell.pair == NormPair(2, 2):
        edge = TRACY_WIDOM * (4 * spec.input_dim) ** (-2 / 3)
        return Allowance(2 * edge, edge, "twice the Tracy–Widom mean at finite dimension (Johnstone 2001)")
    exact = exact_quantile(*cell.pair, spec.input_dim, spec.output_dim)
    if exact is None:
        return at_finite_dimension(cell.pair, spec.input_dim, spec.output_dim)
    origin = "exact median at finite dimension, of the longest row or column"
    return Allowance(0.0, 0.0, origin, shift=exact / cell.beta(PaperTheory()) - 1)


def limit_over_beta(cell: LeadingCell, level: Level) -> MedianRatio:
    """‖Z‖/√d over β is 1; for the pairs whose constant is not reached it is below Chevet's, and at most the theory's,
    which may be a better one."""
    own = cell.loose and cell.constant is Constant.THEORY
    return MedianRatio(
        losses.operator_norms(*cell.pair),
        quantity="‖Z‖_{p,q}/√d",
        statistic=lambda draws: draws[:, 1],
        reference=cell.beta,
        allowance=lambda: gap(cell),
        delta=level.exact,
        upper_only=own,
        breaks="below" if cell.loose and not own else False,
        pilot=PILOT,
        regime=WIDE_LIMIT,
        caveat=AT_MOST if own else "",
    )


@claim("thm5.1/bound-leading-order", cells=leading_cells)
def test_bound_leading_order(cell: LeadingCell, decide: Decider) -> None:
    """The limit of L_adv/(ε ω^{L/2}) over β tends to 1 as d → ∞ at fixed K; where K = d it does for (2,2), (2,∞) and
    (∞,∞), and stays below 1 for (2,1), (∞,2) and (∞,1), where a smaller β would do."""
    one, level = cell.sizes is Sizes.ONE_OUTPUT, decide.settings.level
    decide(one_output_over_beta(cell) if one else limit_over_beta(cell, level))
