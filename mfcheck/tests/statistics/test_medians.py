"""Medians by order statistics: what their intervals hold, how rarely their decisions err, and how much they see."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import STACK
from mfcheck.statistics import medians
from mfcheck.statistics.sequential import Decision, Estimate, Region, spent
from mfcheck.statistics.slopes import slope_weights
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import BETA, both_alphas, prefix, rare_enough, replay

Generator = np.random.Generator
Law = Callable[[Generator, int], Floats]
REPLAYS = 1000


# The interval --------------------------------------------------------------------------------------------------


def below(count: int, n: int) -> Fraction:
    """P[Binomial(n, ½) < count], exactly."""
    return Fraction(sum(math.comb(n, k) for k in range(count)), 2**n)


@pytest.mark.parametrize("alpha", [0.3, 0.05, 0.01, 1e-4, 5e-7])
def test_the_interval_holds_the_median_as_often_as_it_says_and_no_narrower_one_does(alpha: float) -> None:
    """Of a continuous law each of two ends misses with probability P[Binomial(n, ½) < rank], whatever the law."""
    for n in (*range(1, 60), 100, 333, 1000):
        low, high = medians.median_interval(np.arange(1.0, n + 1), alpha)
        rank = 0 if math.isinf(low) else int(low)
        assert (low, high) == ((-math.inf, math.inf) if rank == 0 else (rank, n + 1 - rank))
        assert low <= high
        assert 2 * below(rank, n) <= Fraction(alpha) < 2 * below(rank + 1, n)


@given(st.floats(1e-12, 0.5).filter(lambda alpha: math.frexp(alpha)[0] != 0.5))
@settings(max_examples=60)
def test_the_least_draws_are_the_first_with_an_interval(alpha: float) -> None:
    """Powers of two are left out: 2^{1−n} equal to alpha to the last bit is either's rounding."""
    least = medians.least_draws(alpha)
    assert all(map(math.isfinite, medians.median_interval(np.arange(float(least)), alpha)))
    assert medians.median_interval(np.arange(float(least - 1)), alpha) == (-math.inf, math.inf)


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(3, 9),
    st.floats(0.02, 0.5),
)
@settings(max_examples=30, deadline=None)
def test_the_interval_holds_every_median_of_any_law_with_atoms(weights: list[int], n: int, alpha: float) -> None:
    """By all samples of a law on 0, 2, 4, …; where ½ of the mass ends at an atom, all up to the next are medians."""
    total = sum(weights)
    cumulated = list(itertools.accumulate(weights))
    of_law = [2 * i for i, mass in enumerate(weights) if 2 * cumulated[i] >= total >= 2 * (cumulated[i] - mass)]
    between = [m + 1 for m in of_law if m + 2 in of_law]
    covered: dict[int, Fraction] = dict.fromkeys(of_law + between, Fraction(0))
    for sample in itertools.combinations_with_replacement(range(len(weights)), n):
        counts = Counter(sample)
        ways = math.factorial(n) // math.prod(math.factorial(count) for count in counts.values())
        chance = Fraction(ways * math.prod(weights[i] ** count for i, count in counts.items()), total**n)
        low, high = medians.median_interval(2 * np.array(sample, dtype=float), alpha)
        for median in covered:
            covered[median] += chance * (low <= median <= high)
    assert min(covered.values()) >= 1 - Fraction(alpha)


@pytest.mark.parametrize("n", [1, 2, 20])
def test_too_few_draws_decide_nothing(n: int) -> None:
    assert medians.median_interval(np.zeros(n), 1e-6) == (-math.inf, math.inf)
    assert medians.smallest_detectable_median(n, 0.1, spread=0.3, alpha=1e-6, beta=BETA) == math.inf
    decided = medians.decide_median(lambda n: np.full(n, 9.0), Region(0.9, 1.1, 0.1), alpha=1e-6, first=2, looks=2)
    assert decided.verdict is Verdict.UNDECIDED
    assert all(map(math.isfinite, (decided.estimate.low, decided.estimate.high)))  # a finding holds no infinity


def test_draws_beyond_the_median_count_though_nothing_bounds_them() -> None:
    """As where the slowest tenth has not come to its end: dropped, they would draw the median to the other side."""
    values = np.arange(1.0, 101.0)
    for sign in (1, -1):
        bounds = sign * np.stack([np.minimum(values, 90.0), np.where(values > 90, np.inf, values)], axis=1)
        found = medians.estimate_median(np.sort(bounds, axis=1), 1e-3)
        assert found.value == sign * 50.5
        nothing = np.concatenate([np.sort(bounds, axis=1), np.array([[-np.inf, np.inf]] * 30)])
        assert medians.estimate_median(nothing, 1e-3).value == sign * 50.5
    half = np.array([[1.0, 1.0], [2.0, np.inf], [2.0, np.inf], [2.0, np.inf]])
    assert medians.estimate_median(half, 1e-3).value == 1.0  # beyond it nothing is known


def test_the_interval_goes_along_with_any_increasing_change_of_the_draws() -> None:
    values = np.sort(np.random.default_rng(1).lognormal(0, 2, 500))
    low, high = medians.median_interval(values, 1e-3)
    logs = np.log(values)  # of one number NumPy's may differ from the C library's by a rounding
    assert medians.median_interval(logs, 1e-3) == tuple(logs[np.searchsorted(values, [low, high])])
    assert medians.median_interval(3 * values, 1e-3) == (3 * low, 3 * high)


# Decisions on one median ---------------------------------------------------------------------------------------


def atoms(rng: Generator, n: int) -> Floats:
    """Five values; 0.45 of the mass lies below 1 and 0.55 up to it."""
    values, up_to = np.array([0.4, 0.8, 1.0, 1.2, 2.0]), [0.15, 0.45, 0.55, 0.8]
    return values[np.searchsorted(up_to, rng.random(n))]


LAWS: dict[str, Law] = {
    "normal": lambda rng, n: 1 + 0.3 * rng.standard_normal(n),
    "lognormal": lambda rng, n: np.exp(0.4 * rng.standard_normal(n)),
    "t with 2 degrees": lambda rng, n: 1 + 0.25 * rng.standard_t(2, n),
    "discrete": atoms,
}
"""All of median 1."""
MARGIN = 0.25
REGION = Region(1 - MARGIN, 1 + MARGIN, MARGIN)


def assert_rarely_misjudged(
    decide_at: Callable[[float], Decision], alpha: float, effort: Effort, *, atoms: bool
) -> None:
    """`decide_at(away)` with θ that far outside the region: there `supported` is wrong, inside it `refuted` is.

    Without atoms the two places have one law, and the edge itself stands for both.
    """
    replays = effort.replays(REPLAYS)
    for away, wrong in ((1e-9, [Verdict.SUPPORTED]), (-1e-9, [Verdict.REFUTED])) if atoms else ((0.0, list(Verdict)),):
        verdicts = replay(lambda away=away: decide_at(away), replays)
        for verdict in wrong:
            if verdict is not Verdict.UNDECIDED:
                assert rare_enough(verdicts[verdict], replays, alpha), f"{verdict}: {verdicts} at {alpha}"


@both_alphas
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("law", LAWS)
def test_a_median_at_the_edge_of_its_region_is_rarely_misjudged(
    law: str, side: int, alpha: float, effort: Effort
) -> None:
    rng = np.random.default_rng([1, side + 1, list(LAWS).index(law)])

    def one(away: float) -> Decision:
        values = (1 + side * (MARGIN + away)) * LAWS[law](rng, 160)
        return medians.decide_median(prefix(values), REGION, alpha=alpha, first=40, looks=3)

    assert_rarely_misjudged(one, alpha, effort, atoms=law == "discrete")


def near_normal(rng: Generator, median: float, spread: float, n: int) -> Floats:
    return np.asarray(median + spread * rng.standard_normal(n))


@both_alphas
@pytest.mark.parametrize("side", [-1, 1])
def test_a_median_is_refuted_where_it_is_said_to_be_detectable(side: int, alpha: float, effort: Effort) -> None:
    """For a near-normal law; the level is α's share of the first look. "About" 1 − β is at least 1 − 2β here."""
    rng, draws, spread, share = np.random.default_rng([2, side + 1]), 400, 0.3, spent(alpha, 1)
    distance = medians.smallest_detectable_median(draws, MARGIN, spread=spread, alpha=share, beta=BETA)

    def one(theta: float) -> Decision:
        values = near_normal(rng, theta, spread, draws)
        return medians.decide_median(prefix(values), REGION, alpha=alpha, first=draws, looks=1)

    replays = effort.replays(REPLAYS)
    found = replay(lambda: one(1 + side * distance), replays)
    assert rare_enough(replays - found[Verdict.REFUTED], replays, 2 * BETA), found
    # Nor is it far too cautious: half of the way from the margin is missed more often than that.
    nearer = replay(lambda: one(1 + side * (MARGIN + distance) / 2), 500)
    assert not rare_enough(500 - nearer[Verdict.REFUTED], 500, 2 * BETA), nearer


@pytest.mark.parametrize(
    ("distance", "verdict"), [(0.0, "supported"), (0.05, "supported"), (-0.05, "supported"), (0.2, "refuted")]
)
def test_a_median_is_decided_with_the_draws_it_asks_for(distance: float, verdict: str, effort: Effort) -> None:
    rng, alpha, margin, spread = np.random.default_rng([3, int(100 + 100 * distance)]), 0.05, 0.1, 0.3
    draws = medians.draws_needed_median(margin, spread=spread, alpha=spent(alpha, 1), beta=BETA, distance=abs(distance))

    def one() -> Decision:
        values = near_normal(rng, 1 + distance, spread, draws)
        return medians.decide_median(prefix(values), Region(0.9, 1.1, margin), alpha=alpha, first=draws, looks=1)

    replays = effort.replays(REPLAYS)
    found = replay(one, replays)
    assert rare_enough(replays - found[Verdict(verdict)], replays, 2 * BETA), found


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_a_median_far_below_its_bound_takes_the_draws_of_an_interval_that_is_fine_enough(
    level: float, effort: Effort
) -> None:
    """The bound is 1 and its margin a tenth of it: support takes a half-width of 0.05, how far below it may lie."""
    rng, alpha, margin, spread = np.random.default_rng([5, int(100 * level)]), 0.05, 0.1, 0.3
    plan = {"spread": spread, "alpha": spent(alpha, 1), "beta": BETA}
    draws = medians.draws_needed_median(margin / level, room=(1.1 / level - 1) / 2, **plan)
    assert draws <= medians.draws_needed_median(margin, **plan)

    def one() -> Decision:
        values = level * near_normal(rng, 1.0, spread, draws)
        return medians.decide_median(prefix(values), Region(0.0, 1.1, margin), alpha=alpha, first=draws, looks=1)

    replays = effort.replays(REPLAYS)
    found = replay(one, replays)
    assert rare_enough(replays - found[Verdict.SUPPORTED], replays, 2 * BETA), found


@given(st.floats(0.02, 0.5), st.floats(0.05, 1.0), st.floats(1e-8, 0.1), st.floats(1e-4, 0.2), st.integers(50, 10**5))
def test_a_sharper_question_takes_more_draws_and_more_draws_see_more(
    margin: float, spread: float, alpha: float, beta: float, draws: int
) -> None:
    def needed(m: float = margin, s: float = spread, a: float = alpha, distance: float = 0.0) -> int:
        return medians.draws_needed_median(m, spread=s, alpha=a, beta=beta, distance=distance)

    assert needed() >= medians.least_draws(alpha)
    assert needed(m=margin / 2) >= needed()
    assert needed(s=2 * spread) >= needed()
    assert needed(a=alpha / 10) >= needed()
    assert needed(distance=margin / 2) >= needed()
    seen = [
        medians.smallest_detectable_median(n, margin, spread=spread, alpha=alpha, beta=beta) for n in (draws, 2 * draws)
    ]
    assert margin < seen[1] < seen[0]
    # What so many draws detect, they are enough to detect. Two roundings apart.
    if 2 * (seen[0] - margin) <= margin:
        assert needed(distance=seen[0]) <= draws + 1


def test_a_stack_of_dear_networks_is_as_many_as_a_first_look_takes_at_the_default_error_rate() -> None:
    assert medians.least_draws(spent(1e-6, 1)) == STACK


# Decisions on a slope of medians -------------------------------------------------------------------------------


ends = st.floats(-2, 50).map(lambda end: end if end > 1e-3 else 0.0)
boxes = st.lists(st.tuples(st.tuples(ends, ends, ends).map(sorted), st.floats(-3, 3)), min_size=1, max_size=5)


@given(boxes)
def test_a_combined_interval_is_the_hull_of_the_sum_over_all_corners(groups: list[tuple[list[float], float]]) -> None:
    """By brute force, with a very small number for the logarithm where an end is not positive."""

    def log(value: float) -> float:
        return math.log(value) if value > 0 else -1e200

    weights = [weight if abs(weight) > 1e-3 else 0.0 for _, weight in groups]
    found = medians.combine([Estimate(middle, low, high) for (low, middle, high), _ in groups], weights)
    corners = [
        math.fsum(w * log(end) for w, end in zip(weights, corner, strict=True))
        for corner in itertools.product(*((low, high) for (low, _, high), _ in groups))
    ]
    for mine, brute in ((found.low, min(corners)), (found.high, max(corners))):
        if abs(brute) < 1e100:
            assert mine == pytest.approx(brute, abs=1e-9)
        else:
            assert mine * brute > 1e200  # as good as infinite, on the same side
    assert found.low <= found.value <= found.high
    assert all(map(math.isfinite, (found.low, found.value, found.high)))


def test_groups_and_weights_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        medians.combine([Estimate(1.0, 0.9, 1.1)] * 2, [1.0])


WEIGHTS = slope_weights([0.0, 1.0, 2.0])
TOGETHER: dict[str, Callable[[Generator, int], list[Floats]]] = {
    "independent normal": lambda rng, n: [1 + 0.2 * rng.standard_normal(n) for _ in range(3)],
    "antithetic lognormal": lambda rng, n: [np.exp(s * 0.3 * z) for z in [rng.standard_normal(n)] for s in (1, 1, -1)],
    "independent discrete": lambda rng, n: [atoms(rng, n) for _ in range(3)],
}
"""Three groups of median 1; the slope of log median rises by what each group is multiplied with."""


@both_alphas
@pytest.mark.parametrize("case", TOGETHER)
def test_a_slope_of_medians_at_the_edge_of_its_region_is_rarely_misjudged(
    case: str, alpha: float, effort: Effort
) -> None:
    rng, margin = np.random.default_rng([4, list(TOGETHER).index(case)]), 0.2
    region = Region(0.3 - margin, 0.3 + margin, margin)

    def one(away: float) -> Decision:
        groups = [math.exp((0.3 + margin + away) * k) * values for k, values in enumerate(TOGETHER[case](rng, 120))]
        draws_of = [prefix(values) for values in groups]
        return medians.decide_median_slope(draws_of, WEIGHTS, region, alpha=alpha, first=60, looks=2)

    assert_rarely_misjudged(one, alpha, effort, atoms="discrete" in case)


@pytest.mark.parametrize("times", [(1, 1, 1), (4, 2, 1)])
@pytest.mark.parametrize(("distance", "verdict"), [(0.0, "supported"), (0.05, "supported"), (0.2, "refuted")])
def test_a_slope_of_medians_is_decided_with_the_draws_it_asks_for(
    distance: float, verdict: str, times: tuple[int, ...]
) -> None:
    rng, alpha, margin, spread = np.random.default_rng([5, int(100 * distance), *times]), 0.05, 0.1, 0.15
    plan = {"spread": spread, "alpha": spent(alpha, 1), "beta": BETA}
    draws = medians.draws_needed_median_slope(margin, WEIGHTS, distance=distance, times=times, **plan)

    def one(slope: float, n: int) -> Decision:
        values = [math.exp(slope * k) * near_normal(rng, 1.0, spread, n * many) for k, many in enumerate(times)]
        draws_of = [lambda n, of=of, many=many: of[: n * many] for of, many in zip(values, times, strict=True)]
        region = Region(-margin, margin, margin)
        return medians.decide_median_slope(draws_of, WEIGHTS, region, alpha=alpha, first=n, looks=1)

    for sign in (-1, 1):
        found = replay(lambda sign=sign: one(sign * distance, draws), 300)
        assert rare_enough(300 - found[Verdict(verdict)], 300, BETA), found
    detects = medians.smallest_detectable_median_slope(draws, margin, WEIGHTS, **plan)
    found = replay(lambda: one(detects, draws), 300)  # of all groups so many, and of some more
    assert rare_enough(300 - found[Verdict.REFUTED], 300, BETA), found


# What cannot be asked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, -0.1, 0.51, math.nan, math.inf])
def test_an_error_rate_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        medians.decide_median(np.ones, REGION, alpha=alpha, first=10, looks=1)
    with pytest.raises(ValueError, match="alpha"):
        medians.decide_median_slope([np.ones] * 2, (-1.0, 1.0), REGION, alpha=alpha, first=10, looks=1)


@pytest.mark.parametrize(("first", "looks"), [(1, 1), (10, 0)])
def test_a_budget_that_is_none_is_refused(first: int, looks: int) -> None:
    with pytest.raises(ValueError, match="at least 2 draws and 1 look"):
        medians.decide_median(np.ones, REGION, alpha=0.05, first=first, looks=looks)


def test_no_number_of_draws_decides_at_the_edge() -> None:
    with pytest.raises(ValueError, match="no number of draws decides this"):
        medians.draws_needed_median(0.1, spread=0.3, alpha=0.01, beta=0.01, distance=0.1)
    with pytest.raises(ValueError, match="no number of draws decides this"):
        medians.draws_needed_median_slope(0.1, WEIGHTS, spread=0.3, alpha=0.01, beta=0.01, distance=0.1)
