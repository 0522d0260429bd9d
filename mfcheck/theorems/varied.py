"""Section 5 in the limit ε → 0 where the other cells do not go: leaky activations, biases, several outputs, every norm.

One sample of a projected flow decides five formulas: what the gradient pulls, at what rate σ_w² falls, how far it has
fallen at a time, when it is down to a size, and at what rate the capacity falls. On the exact chain, where the pull is
L_adv itself, only outputs, norms and activations tell; the other two are drawn as networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.findings.regimes import LIMIT, PULL
from mfcheck.observables.shrinking import Shrinking
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec, NormPair
from mfcheck.theorems.activations import BENT, LEAKY
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import growth
from mfcheck.theorems.capacity import mean_decay
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.on_chain import pull_beside
from mfcheck.theorems.pull import BY_PROJECTION, CHAIN_EPS, LINEAR_STEPS, instant
from mfcheck.theorems.variance import kept, of_what_is_left, time_down_to
from mfcheck.theory import PaperTheory, norms
from mfcheck.training.objectives import Objective

NEAR, HALF = 0.995, 0.8
"""Scales of the weights: by the first the capacity's slope is taken, down to the second they shrink."""
SCALES = (1.0, NEAR, 0.93, 0.86, HALF)
PAPER = PaperTheory()


class Formula(StrEnum):
    """What is decided."""

    PULL = "pull"
    RATE = "rate"
    LEFT = "left"
    TIME = "time"
    CAPACITY = "capacity"


@dataclass(frozen=True, kw_only=True)
class VariedCell(AttackCell):
    """A network whose weights shrink, and what is decided of it; of what is left, at so many of its times to `HALF`."""

    varied: Formula
    at: float | None = None

    @property
    def shrinking(self) -> Shrinking:
        """Its draws."""
        return Shrinking(Objective("adversarial", *self.attack, LINEAR_STEPS), SCALES)

    @property
    def lower(self) -> float:
        """ω^L when the weights have shrunk to the last scale."""
        return (PAPER.omega(self.spec) * HALF**2) ** self.spec.depth

    def time(self, theory: PaperTheory) -> float:
        """The theory's time down to the last scale, times `at`."""
        return time_down_to(HALF**2, theory, self.spec, self.attack) * (1.0 if self.at is None else self.at)


# Where p = 1, with so many outputs the limit's constant is not so far from what few inputs make of it that a formula as
# wrong as that would pass for it.
ON_CHAIN: tuple[tuple[NetworkSpec, str, NormPair], ...] = (
    (NetworkSpec("vanilla", 30, 60, 10**6, 5, 5.0, 0.0, LEAKY), "wishart", NormPair(1, 1)),
    (NetworkSpec("vanilla", 60, 20, 10**6, 2, 6.0, 0.0, BENT), "wishart", NormPair(1, 2)),
    (NetworkSpec("vanilla", 100, 1, 10**6, 20, 2.1), "wishart", INF_INF),
    (NetworkSpec("vanilla", 400, 10, 10**6, 1, 1.5), "wishart", NormPair(2, math.inf)),
)
NETWORKS = (
    *ON_CHAIN,
    (NetworkSpec("vanilla", 784, 4, 1024, 3, 3.4, 0.3, LEAKY), "lazy", NormPair(1.5, 3)),
    (NetworkSpec("residual", 784, 3, 512, 6, 3.0, 0.1, LEAKY), "lazy", NormPair(3, 1.5)),
)
# The capacity law is stated without biases, which add to the capacity what falls more slowly; and with a shortcut its
# slope is so noisy that it takes small networks.
CAPACITIES = (*ON_CHAIN, (NetworkSpec("vanilla", 784, 4, 512, 4, 2.4, 0.0, LEAKY), "lazy", NormPair(1.5, 3)))


def varied_cells(settings: Settings, *formulas: Formula, architecture: str = "") -> Iterator[VariedCell]:
    """The networks of one architecture, or of all, each with every one of the formulas; σ_w² at two times of each."""
    for formula in formulas:
        for spec, engine, pair in CAPACITIES if formula is Formula.CAPACITY else NETWORKS:
            if spec.architecture not in settings.architectures or architecture not in ("", spec.architecture):
                continue
            eps = CHAIN_EPS if engine == "wishart" else instant(pair, spec.input_dim)
            for at in (0.4, 1.0) if formula is Formula.LEFT else (None,):
                yield VariedCell(spec, engine, pair=pair, eps=eps, varied=formula, at=at, dataset="noise")


def decide_varied(cell: VariedCell, decide: Decider) -> None:
    """Decide a formula of a cell."""
    make = {
        Formula.PULL: _pull,
        Formula.RATE: _rate,
        Formula.LEFT: _left,
        Formula.TIME: _time,
        Formula.CAPACITY: _capacity,
    }
    decide(make[cell.varied](cell, decide))


def beside(cell: VariedCell, decide: Decider) -> Callable[[], Allowance]:
    """Where finite sizes put the pull: on the chain in closed form, but for the mixing of rows, else as measured."""
    spec, pair = cell.spec, cell.pair
    if not cell.chain:
        return pull_beside(decide, spec, pair)
    limit = norms.exact_quantile(*pair, spec.input_dim, spec.output_dim)
    beta = norms.paper_beta(*pair, spec.input_dim, spec.output_dim)
    assert limit is not None
    above = growth(spec, pair)
    return lambda: Allowance(above, above, "exact median at finite dimension; rows mix", limit / beta - 1)


def _statement(cell: VariedCell, decide: Decider, **given: object) -> MedianRatio:
    level = decide.settings.level
    return MedianRatio(
        cell.shrinking.source,
        looks_at=images,
        delta=level.exact if cell.chain else level.ratio,
        spread=0.1,
        by_calculus=BY_PROJECTION if cell.chain else (),
        **given,  # type: ignore[arg-type]
    )


def _pull(cell: VariedCell, decide: Decider) -> MedianRatio:
    return _statement(
        cell,
        decide,
        quantity="⟨∂L_adv/∂W, W⟩/‖W‖²",
        statistic=cell.shrinking.pull,
        reference=lambda theory: theory.regularisation(cell.spec, *cell.attack),
        allowance=beside(cell, decide),
        regime=LIMIT,
    )


def _rate(cell: VariedCell, decide: Decider) -> MedianRatio:
    size = 2 * cell.spec.weight_variance
    return _statement(
        cell,
        decide,
        quantity="−dσ_w²/dt at the start",
        statistic=lambda draws: size * cell.shrinking.pull(draws),
        reference=lambda theory: -theory.variance_rate(cell.spec, *cell.attack),
        allowance=beside(cell, decide),
        regime=LIMIT,
    )


def _left(cell: VariedCell, decide: Decider) -> MedianRatio:
    t = cell.time(PAPER)
    return _statement(
        cell,
        decide,
        quantity="σ_w²(t)/σ_w²(0)",
        statistic=lambda draws: cell.shrinking.left(draws, t),
        reference=lambda theory: kept(theory, cell.spec, cell.attack, t),
        allowance=of_what_is_left(beside(cell, decide), lambda by: kept(PAPER, cell.spec, cell.attack, t * by)),
        regime=PULL,
    )


def _time(cell: VariedCell, decide: Decider) -> MedianRatio:
    known = beside(cell, decide)

    return _statement(
        cell,
        decide,
        quantity=f"the time T at which ω^L = {cell.lower:.3g}",
        statistic=cell.shrinking.duration,
        reference=lambda theory: theory.collapse_time(cell.spec, *cell.attack, cell.lower),
        allowance=lambda: known().inverse,
        regime=PULL,
    )


def _capacity(cell: VariedCell, decide: Decider) -> MedianRatio:
    return _statement(
        cell,
        decide,
        quantity="−d log‖w‖_FR/dt at the start",
        statistic=cell.shrinking.capacity_slope,
        reference=lambda theory: mean_decay(theory, cell.spec, cell.attack, NEAR),
        allowance=beside(cell, decide),
        regime=PULL,
    )
