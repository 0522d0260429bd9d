"""The decisions err as rarely, and see as much, as they say: measured by replay, judged by exact binomial tails."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from mfcheck import NetworkSpec, Verdict
from mfcheck.arrays import Floats
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import entry_scales
from mfcheck.statistics import intervals, laws, means, rates, resolution, slopes
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide, spent
from mfcheck.statistics.slopes import Trend
from mfcheck.theory import finite_width

Quantile = Callable[[Floats], Floats]

REPLAYS = 4000
ALPHAS = (0.05, 0.01)
BETA = 0.05
SPEC = NetworkSpec("vanilla", input_dim=1, output_dim=1, width=100, depth=10, weight_variance=2)

both_alphas = pytest.mark.parametrize("alpha", ALPHAS)


def rare_enough(errors: int, replays: int, rate: float) -> bool:
    """Whether so many errors are compatible, at 1e-6, with an error rate of at most `rate`."""
    return bool(stats.binom.sf(errors - 1, replays, rate) >= 1e-6)


def assert_errs_at_most(alpha: float, verdicts: Counter[Verdict]) -> None:
    """θ stands exactly on the edge: the limit of true values just outside (supporting errs) and just inside."""
    replays = verdicts.total()
    assert replays >= REPLAYS
    for wrong in (Verdict.SUPPORTED, Verdict.REFUTED):
        assert rare_enough(verdicts[wrong], replays, alpha), f"{wrong}: {verdicts[wrong]} of {replays} at {alpha}"


def assert_decides(expected: Verdict, verdicts: Counter[Verdict], beta: float = BETA) -> None:
    missed = verdicts.total() - verdicts[expected]
    assert rare_enough(missed, verdicts.total(), beta), f"not {expected}: {missed} of {verdicts.total()}, beta {beta}"


def replay(draw: Callable[[], Decision], replays: int = REPLAYS) -> Counter[Verdict]:
    return Counter(draw().verdict for _ in range(replays))


def prefix(values: Floats) -> Callable[[int], Floats]:
    return lambda n: values[:n]


# A law ---------------------------------------------------------------------------------------------------------


def uniform(t: Floats) -> Floats:
    return np.clip(t, 0.0, 1.0)


def half_atom(t: Floats) -> Floats:
    """Half of the mass at 0, the rest uniform on (0, 1)."""
    return np.where(t < 0, 0.0, 0.5 + 0.5 * np.clip(t, 0.0, 1.0))


def half_atom_left(t: Floats) -> Floats:
    return np.where(t <= 0, 0.0, 0.5 + 0.5 * np.clip(t, 0.0, 1.0))


def half_atom_quantile(u: Floats) -> Floats:
    return np.clip(2 * u - 1, 0.0, 1.0)


def raised(u: Floats, distance: float) -> Floats:
    """F = min(1, F₀ + distance): as far from F₀ nearly everywhere, where a refutation in error is likeliest."""
    return np.maximum(u - distance, 0.0)


def delayed(u: Floats, distance: float) -> Floats:
    """F as far from F₀ at one point only, where a support in error is likeliest."""
    return distance + (1 - distance) * u


LAWS = {
    "continuous, far everywhere": (uniform, None, lambda u, m: raised(u, m)),
    "continuous, far at one point": (uniform, None, lambda u, m: delayed(u, m)),
    "with an atom": (half_atom, half_atom_left, lambda u, m: half_atom_quantile(raised(u, m))),
}


@both_alphas
@pytest.mark.parametrize("case", LAWS)
def test_law_at_the_edge_of_its_margin(case: str, alpha: float) -> None:
    cdf, left, make = LAWS[case]
    margin, rng = 0.2, np.random.default_rng([1, list(LAWS).index(case)])
    first = intervals.dkw_draws(margin / 2, alpha / 2)

    def one() -> Decision:
        values = make(rng.random(4 * first), margin)
        return laws.decide_law(prefix(values), cdf, margin, alpha=alpha, first=first, looks=3, cdf_left=left)

    assert_errs_at_most(alpha, replay(one))


def test_law_with_a_narrow_band_is_not_needlessly_careful() -> None:
    # A continuous null at distance 0 leaves Massart's constant nothing to spare: the band must miss at nearly alpha.
    rng, draws, alpha = np.random.default_rng(2), 400, 0.05
    band = intervals.dkw_half_width(draws, alpha)
    missed = sum(intervals.sup_distance(row, uniform) > band for row in np.sort(rng.random((REPLAYS, draws)), axis=1))
    assert rare_enough(missed, REPLAYS, alpha)
    assert missed > REPLAYS * alpha / 2


@both_alphas
def test_law_refutes_what_it_says_it_detects(alpha: float) -> None:
    margin, rng = 0.15, np.random.default_rng(3)
    draws = intervals.dkw_draws(margin / 2, spent(alpha, 1))
    distance = laws.smallest_detectable_law(draws, margin, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        values = delayed(rng.random(draws), distance)
        return laws.decide_law(prefix(values), uniform, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one))


@pytest.mark.parametrize(("distance", "verdict"), [(0.0, "supported"), (0.05, "supported"), (0.3, "refuted")])
def test_law_decides_with_the_draws_it_asks_for(distance: float, verdict: str) -> None:
    margin, alpha, rng = 0.15, 0.05, np.random.default_rng([4, int(100 * distance)])
    draws = laws.draws_needed_law(margin, alpha=spent(alpha, 1), beta=BETA, distance=distance)

    def one() -> Decision:
        values = raised(rng.random(draws), distance)
        return laws.decide_law(prefix(values), uniform, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict(verdict), replay(one))


@given(
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5]), min_size=1, max_size=30),
    st.sampled_from(["continuous", "atom"]),
)
def test_sup_distance_is_the_largest_gap_anywhere(values: list[float], kind: str) -> None:
    ordered = np.sort(np.array(values))
    cdf, left = (half_atom, half_atom_left) if kind == "atom" else (uniform, None)
    points = np.unique(np.concatenate([ordered, np.linspace(-1.2, 1.7, 30), [0.0]]))
    just_before = points - 1e-12
    everywhere = np.concatenate([points, just_before])
    empirical = (ordered[:, None] <= everywhere).mean(axis=0)
    expected = np.abs(empirical - cdf(everywhere)).max()
    assert intervals.sup_distance(ordered, cdf, left) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=25), st.lists(st.integers(0, 6), min_size=1, max_size=25))
def test_two_sample_distance_is_the_largest_gap_anywhere(first: list[int], second: list[int]) -> None:
    a, b = np.sort(np.array(first, dtype=float)), np.sort(np.array(second, dtype=float))
    gaps = [abs((a <= t).mean() - (b <= t).mean()) for t in np.arange(-0.5, 7, 0.5)]
    assert intervals.two_sample_distance(a, b) == pytest.approx(max(gaps))


# Several laws --------------------------------------------------------------------------------------------------

ARMS: dict[str, Callable[[Floats, float], Floats]] = {
    "2 independent": lambda u, m: np.stack([u[:, 0], raised(u[:, 1], m)], axis=1),
    "2 comonotone": lambda u, m: np.stack([u[:, 0], raised(u[:, 0], m)], axis=1),
    "2 antithetic": lambda u, m: np.stack([u[:, 0], raised(1 - u[:, 0], m)], axis=1),
    "3 independent": lambda u, m: np.stack([u[:, 0], u[:, 1], raised(u[:, 2], m)], axis=1),
    "3 antithetic": lambda u, m: np.stack([u[:, 0], raised(1 - u[:, 0], m), raised(1 - u[:, 0], m / 2)], axis=1),
}


@both_alphas
@pytest.mark.parametrize("case", ARMS)
def test_same_law_at_the_edge_of_its_margin(case: str, alpha: float) -> None:
    margin, arms, rng = 0.6, int(case[0]), np.random.default_rng([5, list(ARMS).index(case)])
    first = intervals.dkw_draws(margin / 4, alpha / 2 / arms)

    def one() -> Decision:
        values = ARMS[case](rng.random((2 * first, arms)), margin)
        return laws.decide_same_law(prefix(values), margin, alpha=alpha, first=first, looks=2)

    assert_errs_at_most(alpha, replay(one))


@pytest.mark.parametrize("arms", [2, 3])
def test_same_law_refutes_what_it_says_it_detects_and_decides_with_the_draws_it_asks_for(arms: int) -> None:
    margin, alpha, rng = 0.3, 0.05, np.random.default_rng([6, arms])
    least = intervals.dkw_draws(margin / 4, spent(alpha, 1) / arms)
    distance = laws.smallest_detectable_same_law(least, margin, arms=arms, alpha=spent(alpha, 1), beta=BETA)
    enough = laws.draws_needed_same_law(margin, arms=arms, alpha=spent(alpha, 1), beta=BETA)
    beyond = laws.draws_needed_same_law(margin, arms=arms, alpha=spent(alpha, 1), beta=BETA, distance=0.5)

    def one(draws: int, shift: float) -> Decision:
        values = rng.random((draws, arms))
        values[:, -1] = delayed(values[:, -1], shift)
        return laws.decide_same_law(prefix(values), margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(lambda: one(least, distance), 1500))
    assert_decides(Verdict.SUPPORTED, replay(lambda: one(enough, 0.0), 1500))
    assert_decides(Verdict.REFUTED, replay(lambda: one(beyond, 0.5), 1500))


def test_same_law_needs_two_arms() -> None:
    with pytest.raises(ValueError, match="two arms"):
        laws.decide_same_law(lambda n: np.zeros((n, 1)), 0.1, alpha=0.05, first=10, looks=1)


# A rate --------------------------------------------------------------------------------------------------------


@both_alphas
@pytest.mark.parametrize("floor", [0.8, 0.95])
def test_rate_at_the_edge_of_its_floor(floor: float, alpha: float) -> None:
    rng, first = np.random.default_rng([7, int(100 * floor)]), rates.draws_needed_rate(floor, alpha=alpha / 2)
    successes = (rng.random((2 * REPLAYS, 4 * first)) < floor).astype(float)
    rows = iter(successes)
    verdicts = replay(
        lambda: rates.decide_rate(prefix(next(rows)), floor, alpha=alpha, first=first, looks=3), 2 * REPLAYS
    )
    assert_errs_at_most(alpha, verdicts)


@both_alphas
@pytest.mark.parametrize("floor", [0.9, 0.99])
def test_rate_refutes_what_it_says_it_detects(floor: float, alpha: float) -> None:
    rng = np.random.default_rng([8, int(100 * floor)])
    draws = 2 * rates.draws_needed_rate(floor, alpha=spent(alpha, 1))
    rate = rates.smallest_detectable_rate(draws, floor, alpha=spent(alpha, 1), beta=BETA)
    assert 0 < rate < floor

    def one(true_rate: float) -> Decision:
        values = (rng.random(draws) < true_rate).astype(float)
        return rates.decide_rate(prefix(values), floor, alpha=alpha, first=draws, looks=1)

    for true_rate in (rate, rate / 2):
        assert_decides(Verdict.REFUTED, replay(lambda at=true_rate: one(at)))


@both_alphas
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.97])
def test_rate_refutes_a_gross_violation_at_the_first_look(rate: float, alpha: float) -> None:
    rng, draws = np.random.default_rng(9), rates.draws_needed_rate(0.99, alpha=spent(alpha, 1))
    detects = rates.smallest_detectable_rate(draws, 0.99, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        values = (rng.random(4 * draws) < min(rate, detects)).astype(float)
        return rates.decide_rate(prefix(values), 0.99, alpha=alpha, first=draws, looks=3)

    assert_decides(Verdict.REFUTED, replay(one, 1000))


@both_alphas
def test_rate_supports_a_certainty_with_exactly_the_draws_it_asks_for(alpha: float) -> None:
    draws = rates.draws_needed_rate(0.99, alpha=spent(alpha, 1))
    certain = {n: rates.decide_rate(np.ones, 0.99, alpha=alpha, first=n, looks=1).verdict for n in (draws - 1, draws)}
    assert certain == {draws - 1: Verdict.UNDECIDED, draws: Verdict.SUPPORTED}


@both_alphas
@pytest.mark.parametrize("rate", [0.02, 0.5, 0.97])
def test_clopper_pearson_covers(rate: float, alpha: float) -> None:
    draws = 60
    ends = [intervals.clopper_pearson(k, draws, alpha) for k in range(draws + 1)]
    chance = stats.binom.pmf(np.arange(draws + 1), draws, rate)
    too_high = math.fsum(p for p, (low, _) in zip(chance, ends, strict=True) if low > rate)
    too_low = math.fsum(p for p, (_, high) in zip(chance, ends, strict=True) if high < rate)
    assert max(too_high, too_low) <= alpha / 2
    assert stats.binomtest(40, draws).proportion_ci(1 - alpha) == pytest.approx(ends[40])


# A mean --------------------------------------------------------------------------------------------------------


@lru_cache
def pool(statistic: str) -> tuple[Floats, Tail]:
    """A finite law that replays draw from, so that its mean (1) is exact, and what is granted of it.

    The conditional variance G of a Jacobian entry, or the squared entry J² = G Z², at N = 100, L = 10. Granted are the
    exact moments at that width, as a claim would, or the finite law's own where chance made them larger.
    """
    stream = Stream(2024)
    values = entry_scales(SPEC, 2**18, stream).numpy().copy()
    for order, within in ((2, 0.05), (3, 0.1), (4, 0.3)):
        assert np.mean(values**order) / np.mean(values) ** order == pytest.approx(
            finite_width.scale_moment(SPEC, order), rel=within
        )
    second, fourth = (finite_width.scale_moment(SPEC, order) for order in (2, 4))
    if statistic == "J²":
        values *= stream.normal(len(values)).square().numpy()
        second, fourth = 3 * second, 105 * fourth
    values /= math.fsum(values) / len(values)
    own = [math.fsum(values**order) / len(values) for order in (2, 4)]
    return values, Tail(max(second, own[0]), max(fourth, own[1]))


# statistic, margin, draws of the first look, looks
MEANS = {"G": ("G", 0.5, 800, 2), "J²": ("J²", 0.8, 1600, 1)}


@both_alphas
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("case", MEANS)
def test_mean_ratio_at_the_edge_of_its_margin(case: str, side: int, alpha: float) -> None:
    statistic, margin, first, looks = MEANS[case]
    values, tail = pool(statistic)
    rng, total = np.random.default_rng([10, side + 1]), first * 2 ** (looks - 1)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), total)]
        return means.decide_mean_ratio(
            prefix(drawn),
            1 / (1 + side * margin),
            margin,
            tail=tail,
            alpha=alpha,
            first=first,
            looks=looks,
        )

    assert_errs_at_most(alpha, replay(one))


@both_alphas
@pytest.mark.parametrize("statistic", ["G", "J²"])
@pytest.mark.parametrize(("cap", "draws"), [(3.0, 200), (30.0, 200), (20.0, 2000)])
def test_truncated_mean_interval_covers(statistic: str, cap: float, draws: int, alpha: float) -> None:
    values, tail = pool(statistic)
    rng, missed = np.random.default_rng([11, int(cap)]), 0
    for drawn in values[rng.integers(0, len(values), (REPLAYS, draws))]:
        low, high = intervals.truncated_mean_interval(drawn, alpha, cap, tail.fourth)
        missed += not low <= 1 <= high
    assert rare_enough(missed, REPLAYS, alpha)


@both_alphas
@pytest.mark.parametrize("statistic", ["G", "J²"])
def test_the_planned_half_width_is_exceeded_as_rarely_as_it_says(statistic: str, alpha: float) -> None:
    """Before its tail, which a fourth moment of 0 leaves out: the spread of the sample variance is in the plan."""
    values, tail = pool(statistic)
    cap, rng = tail.cap(0.5), np.random.default_rng(22)
    for draws, beta in ((200, 0.05), (1500, 0.01)):
        planned, exceeded = intervals.bernstein(draws, tail.second - 1, cap, alpha, beta), 0
        for drawn in values[rng.integers(0, len(values), (REPLAYS, draws))]:
            capped = np.minimum(drawn, cap)
            _, high = intervals.truncated_mean_interval(drawn, alpha, cap, 1e-12)
            exceeded += high - math.fsum(capped) / draws > planned * (1 + 1e-9)
        assert rare_enough(exceeded, REPLAYS, beta)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=20).filter(any), st.floats(0.1, 20))
def test_truncation_takes_no_more_of_a_mean_than_the_tail_factor_allows(values: list[float], cap: float) -> None:
    law = np.array(values)
    mean = law.mean()
    fourth = np.mean((law / mean) ** 4)
    lost = mean - np.minimum(law, cap).mean()
    assert lost <= intervals.tail_factor(cap, fourth) * mean**4 * (1 + 1e-9) + 1e-12


def test_the_tail_factor_is_sharp() -> None:
    # (x − c)₊ touches 27x⁴/(256c³) at x = 4c/3: a law on {0, 4c/3} loses exactly the bound.
    cap, chance = 3.0, 0.1
    law = np.array([4 * cap / 3] + [0.0] * round(1 / chance - 1))
    fourth = np.mean((law / law.mean()) ** 4)
    lost = law.mean() - np.minimum(law, cap).mean()
    assert lost == pytest.approx(intervals.tail_factor(cap, fourth) * law.mean() ** 4)


def test_student_t_would_miss_more_often_than_it_says_on_heavy_tails() -> None:
    values, tail = pool("J²")
    alpha, draws, replays = 0.01, 200, 5 * REPLAYS
    drawn = values[np.random.default_rng(12).integers(0, len(values), (replays, draws))]
    error = drawn.std(axis=1, ddof=1) / math.sqrt(draws) * stats.t.ppf(1 - alpha / 2, draws - 1)
    missed = int(np.count_nonzero(np.abs(drawn.mean(axis=1) - 1) > error))
    assert not rare_enough(missed, replays, alpha)
    ours = 0
    for row in drawn[:REPLAYS]:
        low, high = intervals.truncated_mean_interval(row, alpha, 20.0, tail.fourth)
        ours += not low <= 1 <= high
    assert rare_enough(ours, REPLAYS, alpha)


@pytest.mark.parametrize("ratio", [1.0, 0.3, 1.6, 2.0, 9.0])
def test_mean_ratio_decides_with_the_draws_it_asks_for(ratio: float) -> None:
    values, tail = pool("G")
    margin, alpha, rng = 0.4, 0.05, np.random.default_rng([13, int(10 * ratio)])
    draws = means.draws_needed_mean_ratio(margin, tail=tail, alpha=spent(alpha, 1), beta=BETA, ratio=ratio)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), draws)]
        return means.decide_mean_ratio(prefix(drawn), 1 / ratio, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.SUPPORTED if ratio == 1 else Verdict.REFUTED, replay(one, 1000))


@pytest.mark.parametrize("times", [1, 3, 20])
def test_mean_ratio_refutes_what_it_says_it_detects_and_more(times: int) -> None:
    values, tail = pool("G")
    margin, alpha, rng = 0.4, 0.05, np.random.default_rng([14, times])
    draws = means.draws_needed_mean_ratio(margin, tail=tail, alpha=spent(alpha, 1), beta=BETA)
    least = means.smallest_detectable_mean_ratio(draws, margin, tail=tail, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), draws)]
        reference = 1 / (1 + times * least)
        return means.decide_mean_ratio(prefix(drawn), reference, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one, 1000))


@pytest.mark.parametrize(("values", "cap"), [([1.0], 2.0), ([1.0, -1.0], 2.0), ([1.0, 1.0], 0.0)])
def test_truncated_mean_refuses_what_it_is_not_made_for(values: list[float], cap: float) -> None:
    with pytest.raises(ValueError, match="truncated mean"):
        intervals.truncated_mean_interval(np.array(values), 0.05, cap, 2.0)


# A trend over groups -------------------------------------------------------------------------------------------

MEANS_OF_GROUPS = (0.8, 1.0, 1.3)
WIDTHS = (100, 200, 400)
# weights, whether of logarithms, margin, draws of the first look, looks
TRENDS = {
    "slope of logarithms": (slopes.slope_weights([0.0, 1.0, 2.0]), True, 0.5, 500, 2),
    "slope": (slopes.slope_weights([0.0, 1.0, 2.0]), False, 0.5, 500, 2),
    "limit in 1/N": (slopes.limit_weights(WIDTHS), False, 1.2, 500, 2),
    "limit of logarithms": (slopes.limit_weights(WIDTHS), True, 1.2, 500, 2),
}


def trend_of(case: str, *, scales: tuple[float, ...] = MEANS_OF_GROUPS) -> tuple[Trend, float]:
    """A trend of three groups, each of the law of G about its mean, and its true θ."""
    weights, logarithm, *_ = TRENDS[case]
    theta = math.fsum(w * (math.log(m) if logarithm else m) for w, m in zip(weights, MEANS_OF_GROUPS, strict=True))
    return Trend(weights, logarithm, (pool("G")[1],) * 3, scales), theta


def groups(rng: np.random.Generator, draws: int, dependence: str = "independent") -> list[Callable[[int], Floats]]:
    values = pool("G")[0]
    picks = rng.integers(0, len(values), (3, draws) if dependence == "independent" else (1, draws))
    return [
        prefix(mean * values[pick]) for mean, pick in zip(MEANS_OF_GROUPS, np.resize(picks, (3, draws)), strict=True)
    ]


@both_alphas
@pytest.mark.parametrize(
    ("case", "side", "dependence"),
    [
        ("slope of logarithms", -1, "independent"),
        ("slope of logarithms", 1, "comonotone"),
        ("slope", 1, "independent"),
        ("limit in 1/N", -1, "comonotone"),
        ("limit in 1/N", 1, "independent"),
        ("limit of logarithms", -1, "independent"),
    ],
)
def test_trend_at_the_edge_of_its_margin(case: str, side: int, dependence: str, alpha: float) -> None:
    # The scales are wrong by up to 30 %: they set the truncation, and no more.
    shape, theta = trend_of(case, scales=(1.0, 0.8, 1.2))
    _, _, margin, first, looks = TRENDS[case]
    rng, total = np.random.default_rng([19, list(TRENDS).index(case), side + 1]), first * 2 ** (looks - 1)

    def one() -> Decision:
        drawn = groups(rng, total, dependence)
        return slopes.decide_trend(drawn, shape, theta + side * margin, margin, alpha=alpha, first=first, looks=looks)

    assert_errs_at_most(alpha, replay(one))


@pytest.mark.parametrize("distance", [0.0, 0.5, 2.0, -2.0, 20.0])
@pytest.mark.parametrize("case", TRENDS)
def test_trend_decides_with_the_draws_it_asks_for(case: str, distance: float) -> None:
    (shape, theta), margin, alpha = trend_of(case), TRENDS[case][2], 0.05
    rng = np.random.default_rng([20, list(TRENDS).index(case), int(10 * abs(distance))])
    draws = slopes.draws_needed_trend(shape, margin, alpha=spent(alpha, 1), beta=BETA, distance=abs(distance) * margin)

    def one() -> Decision:
        reference = theta + distance * margin
        return slopes.decide_trend(groups(rng, draws), shape, reference, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.SUPPORTED if abs(distance) < 1 else Verdict.REFUTED, replay(one, 300))


@pytest.mark.parametrize("times", [-1, 1, 5])
@pytest.mark.parametrize("case", TRENDS)
def test_trend_refutes_what_it_says_it_detects_and_more(case: str, times: int) -> None:
    (shape, theta), margin, alpha = trend_of(case), TRENDS[case][2], 0.05
    rng = np.random.default_rng([21, list(TRENDS).index(case), times + 1])
    draws = slopes.draws_needed_trend(shape, margin, alpha=spent(alpha, 1), beta=BETA)
    least = slopes.smallest_detectable_trend(shape, draws, margin, alpha=spent(alpha, 1), beta=BETA)
    assert margin < least < 3 * margin

    def one() -> Decision:
        reference = theta + times * least
        return slopes.decide_trend(groups(rng, draws), shape, reference, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one, 300))


def test_a_trend_whose_group_may_be_zero_has_no_finite_logarithm_to_support() -> None:
    shape, _ = trend_of("slope of logarithms")
    zeros: list[Callable[[int], Floats]] = [np.zeros, np.ones, np.ones]
    decided = slopes.decide_trend(zeros, shape, 0.0, 0.5, alpha=0.05, first=1000, looks=1)
    assert decided.verdict is not Verdict.SUPPORTED


points = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


@given(points, st.floats(-10, 10), st.floats(-10, 10))
def test_slope_weights_find_the_slope_of_a_line_and_nothing_in_a_constant(
    x: list[float], start: float, slope: float
) -> None:
    assume(np.ptp(x) > 1e-3)
    weights = slopes.slope_weights(x)
    size = math.fsum(abs(w) for w in weights)
    assert math.fsum(weights) == pytest.approx(0, abs=1e-12 * size)
    found = math.fsum(w * (start + slope * at) for w, at in zip(weights, x, strict=True))
    assert found == pytest.approx(slope, abs=1e-11 * size * 2000)
    assert weights == pytest.approx(np.linalg.pinv(np.vander(x, 2))[0], abs=1e-6 * size)


@given(
    st.integers(0, 2),
    st.lists(st.sampled_from([50, 100, 150, 200, 300, 400, 800]), min_size=1, max_size=6, unique=True),
    st.lists(st.floats(-10, 10), min_size=3, max_size=3),
)
def test_limit_weights_find_the_limit_of_a_polynomial_of_their_order(
    order: int, widths: list[int], coefficients: list[float]
) -> None:
    assume(len(widths) > order)
    weights = slopes.limit_weights(widths, order)
    size = math.fsum(abs(w) for w in weights)
    values = [math.fsum(c * (50 / n) ** k for k, c in enumerate(coefficients[: order + 1])) for n in widths]
    found = math.fsum(w * value for w, value in zip(weights, values, strict=True))
    assert found == pytest.approx(coefficients[0], abs=1e-9 * size)


@pytest.mark.parametrize("widths", [(100, 200), (100, 200, 400), (50, 300, 700, 900)], ids=str)
def test_a_limit_is_off_by_the_next_order_alone(widths: tuple[int, ...]) -> None:
    # Through as many points as coefficients the fit interpolates: at 0 it misses x^{k+1} by (−1)^k Π x_i.
    order = len(widths) - 1
    for scale in (1, 2):
        x = [1 / (scale * n) for n in widths]
        weights = slopes.limit_weights([scale * n for n in widths], order)
        bias = math.fsum(w * at ** (order + 1) for w, at in zip(weights, x, strict=True))
        assert bias == pytest.approx((-1) ** order * math.prod(x), rel=1e-6)
    # Fitted through more points than that, twice the widths still leave 2^{−order−1} of the bias.
    more = (*widths, 1600)
    biases = []
    for scale in (1, 2):
        weights = slopes.limit_weights([scale * n for n in more], order)
        biases.append(math.fsum(w / (scale * n) ** (order + 1) for w, n in zip(weights, more, strict=True)))
    assert biases[0] != 0
    assert biases[1] == pytest.approx(biases[0] / 2 ** (order + 1), rel=1e-6)


@pytest.mark.parametrize("x", [[], [1.0], [2.0, 2.0]])
def test_a_slope_through_one_point_is_refused(x: list[float]) -> None:
    with pytest.raises(ValueError, match="two different points"):
        slopes.slope_weights(x)


@pytest.mark.parametrize(("widths", "order"), [([100], 1), ([100, 100], 1), ([100, 200], 2)])
def test_a_limit_through_too_few_widths_is_refused(widths: list[int], order: int) -> None:
    with pytest.raises(ValueError, match="different widths"):
        slopes.limit_weights(widths, order)


# The three verbs agree with each other -------------------------------------------------------------------------

alphas = st.floats(1e-8, 0.2)
betas = st.floats(1e-4, 0.2)
margins = st.floats(0.005, 0.5)
counts = st.integers(10, 100_000)
# E X⁴ E X² ≥ (E X²)³ for every law of mean 1, so no law has a smaller fourth moment than these.
tails = st.builds(lambda second, times: Tail(second, times * second**3), st.floats(1.0, 20.0), st.floats(1.0, 10.0))


def plain_slope(tail: Tail) -> Trend:
    return Trend(slopes.slope_weights([0.0, 1.0, 2.0]), False, (tail,) * 3, (0.5, 1.0, 2.0))


@given(counts, margins, tails, alphas, betas)
def test_twice_the_draws_detect_less(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> None:
    def all_kinds(n: int) -> tuple[float, ...]:
        return (
            laws.smallest_detectable_law(n, margin, alpha=alpha, beta=beta),
            laws.smallest_detectable_same_law(n, margin, arms=3, alpha=alpha, beta=beta),
            means.smallest_detectable_mean_ratio(n, margin, tail=tail, alpha=alpha, beta=beta),
            slopes.smallest_detectable_trend(plain_slope(tail), n, margin, alpha=alpha, beta=beta),
        )

    for fewer, more in zip(all_kinds(draws), all_kinds(2 * draws), strict=True):
        assert margin < more < fewer


@given(st.integers(2, 200), st.floats(0.5, 0.995), alphas, betas)
def test_four_times_the_draws_detect_a_rate_no_farther_from_the_floor(
    draws: int, floor: float, alpha: float, beta: float
) -> None:
    # The count of successes is whole, so the curve in draws is a saw: it falls only over several teeth.
    fewer = rates.smallest_detectable_rate(draws, floor, alpha=alpha, beta=beta)
    more = rates.smallest_detectable_rate(4 * draws, floor, alpha=alpha, beta=beta)
    assert 0 <= fewer <= more < floor


@given(margins, margins, tails, alphas, alphas, betas)
def test_draws_needed_grow_as_the_question_sharpens(
    margin: float, other: float, tail: Tail, alpha: float, other_alpha: float, beta: float
) -> None:
    fine, coarse = sorted((margin, other))
    strict, lax = sorted((alpha, other_alpha))

    def all_kinds(m: float, a: float) -> tuple[int, ...]:
        return (
            laws.draws_needed_law(m, alpha=a, beta=beta),
            laws.draws_needed_same_law(m, arms=2, alpha=a, beta=beta),
            means.draws_needed_mean_ratio(m, tail=tail, alpha=a, beta=beta),
            slopes.draws_needed_trend(plain_slope(tail), m, alpha=a, beta=beta),
            slopes.draws_needed_trend(replace(plain_slope(tail), logarithm=True), m, alpha=a, beta=beta),
            rates.draws_needed_rate(1 - m, alpha=a),
        )

    for more, less in zip(all_kinds(fine, strict), all_kinds(coarse, lax), strict=True):
        assert more >= less > 0


@given(margins, alphas, betas, st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_draws_needed_grow_towards_the_edge(margin: float, alpha: float, beta: float, one: float, two: float) -> None:
    near, far = max(one, two) * margin, min(one, two) * margin
    for needed in (
        lambda d: laws.draws_needed_law(margin, alpha=alpha, beta=beta, distance=d),
        lambda d: laws.draws_needed_same_law(margin, arms=2, alpha=alpha, beta=beta, distance=d),
        lambda d: means.draws_needed_mean_ratio(margin, tail=Tail(2.0, 20.0), alpha=alpha, beta=beta, ratio=1 + d),
        lambda d: slopes.draws_needed_trend(plain_slope(Tail(2.0, 20.0)), margin, alpha=alpha, beta=beta, distance=d),
    ):
        assert needed(near) >= needed(far)


@given(counts, margins, alphas, betas)
def test_draws_needed_for_what_they_detect_are_those_draws(
    draws: int, margin: float, alpha: float, beta: float
) -> None:
    assume(draws >= intervals.dkw_draws(margin / 2, alpha))
    distance = laws.smallest_detectable_law(draws, margin, alpha=alpha, beta=beta)
    assert abs(laws.draws_needed_law(margin, alpha=alpha, beta=beta, distance=distance) - draws) <= 1
    assume(draws >= intervals.dkw_draws(margin / 4, alpha / 2))
    distance = laws.smallest_detectable_same_law(draws, margin, arms=2, alpha=alpha, beta=beta)
    needed = laws.draws_needed_same_law(margin, arms=2, alpha=alpha, beta=beta, distance=distance)
    assert abs(needed - draws) <= 1


@pytest.mark.parametrize("distance", [0.1, 0.10005, 0.09995])
def test_no_number_of_draws_decides_at_the_edge(distance: float) -> None:
    with pytest.raises(ValueError, match="never decided"):
        laws.draws_needed_law(0.1, alpha=0.01, beta=0.01, distance=distance)
    with pytest.raises(ValueError, match="never decided"):
        means.draws_needed_mean_ratio(0.1, tail=Tail(2.0, 20.0), alpha=0.01, beta=0.01, ratio=1 + distance)
    with pytest.raises(ValueError, match="decides this"):
        slopes.draws_needed_trend(plain_slope(Tail(2.0, 20.0)), 0.1, alpha=0.01, beta=0.01, distance=distance)


# The sequential rule -------------------------------------------------------------------------------------------


@given(alphas, st.integers(1, 2000))
def test_all_looks_together_spend_at_most_alpha(alpha: float, looks: int) -> None:
    total = math.fsum(spent(alpha, k) for k in range(1, looks + 1))
    assert alpha * looks / (looks + 1) * (1 - 1e-12) <= total <= alpha


REGION = Region(0.9, 1.1, 0.1)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.96, 1.04, "supported"),
        (0.9, 1.0, "supported"),
        (1.0, 1.1, "supported"),
        (0.86, 0.94, "undecided"),
        (1.06, 1.14, "undecided"),
        (1.1, 1.2, "undecided"),
        (1.11, 1.2, "refuted"),
        (0.8, 0.89, "refuted"),
        (0.0, 3.0, "undecided"),
    ],
)
def test_an_interval_is_judged_against_the_region(low: float, high: float, verdict: str) -> None:
    assert REGION.judge(Estimate((low + high) / 2, low, high)).value == verdict


def test_an_interval_coarser_than_half_the_margin_supports_nothing() -> None:
    inside = Estimate(1.0, 0.945, 1.055)
    assert REGION.low < inside.low < inside.high < REGION.high
    assert REGION.judge(inside) is Verdict.UNDECIDED


@pytest.mark.parametrize(("low", "high"), [(1.11, 9.0), (-5.0, 0.89)], ids=["above", "below"])
def test_an_interval_wholly_outside_refutes_however_coarse_it_is(low: float, high: float) -> None:
    estimate = Estimate((low + high) / 2, low, high)
    assert estimate.half_width > 10 * REGION.margin
    assert REGION.judge(estimate) is Verdict.REFUTED
    touching = Estimate(estimate.value, min(low, REGION.high), max(high, REGION.low))
    assert REGION.judge(touching) is Verdict.UNDECIDED


@given(st.floats(0, 2), st.floats(0, 1))
def test_a_support_lies_inside_and_a_refutation_outside(middle: float, half: float) -> None:
    estimate = Estimate(middle, middle - half, middle + half)
    verdict = REGION.judge(estimate)
    if verdict is Verdict.SUPPORTED:
        assert REGION.low <= estimate.low <= estimate.high <= REGION.high
        assert half <= REGION.margin / 2 * (1 + 1e-6)
    if verdict is Verdict.REFUTED:
        assert estimate.high < REGION.low or estimate.low > REGION.high


def test_looks_double_the_draws_and_stop_when_decided() -> None:
    seen: list[tuple[int, float]] = []

    def look(draws: int, alpha: float) -> Estimate:
        seen.append((draws, alpha))
        half = 1 / draws
        return Estimate(1.0, 1 - half, 1 + half)

    decided = decide(look, REGION, alpha=0.06, first=8, looks=9)
    assert [n for n, _ in seen] == [8, 16, 32]
    assert [share for _, share in seen] == pytest.approx([0.03, 0.01, 0.005])
    assert (decided.verdict, decided.draws, decided.looks) == (Verdict.SUPPORTED, 32, 3)
    out_of_budget = decide(look, REGION, alpha=0.06, first=2, looks=2)
    assert (out_of_budget.verdict, out_of_budget.draws) == (Verdict.UNDECIDED, 4)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 0.51, math.nan, math.inf])
def test_an_error_rate_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        rates.decide_rate(np.ones, 0.9, alpha=alpha, first=10, looks=1)


@pytest.mark.parametrize(("first", "looks"), [(1, 1), (10, 0)])
def test_a_budget_that_is_none_is_refused(first: int, looks: int) -> None:
    with pytest.raises(ValueError, match="at least 2 draws and 1 look"):
        rates.decide_rate(np.ones, 0.9, alpha=0.05, first=first, looks=looks)


# Resolution ----------------------------------------------------------------------------------------------------


def refutes_law(values: Floats, variance: float, margin: float, alpha: float) -> bool:
    decided = laws.decide_law(
        prefix(values),
        lambda t: stats.norm.cdf(t, scale=math.sqrt(variance)),
        margin,
        alpha=alpha,
        first=len(values),
        looks=1,
    )
    return decided.verdict is Verdict.REFUTED


@pytest.mark.parametrize("draws", [4000, 20_000])
def test_resolution_of_a_law_is_refuted_by_the_same_draws(draws: int) -> None:
    values, margin, alpha = np.random.default_rng([15, draws]).standard_normal(draws), 0.07, 0.01
    r = resolution.of_law(np.sort(values), stats.norm.cdf, margin, spent(alpha, 1))
    assert r is not None
    finer, coarser = 1 + 0.97 * r, 1 + 1.02 * r  # the root is found to 1 %
    assert refutes_law(values, coarser, margin, alpha)
    assert refutes_law(values, 1 / coarser, margin, alpha)
    assert not (refutes_law(values, finer, margin, alpha) and refutes_law(values, 1 / finer, margin, alpha))


def test_resolution_of_a_law_says_none_where_nothing_would_be_refuted() -> None:
    values = np.sort(np.random.default_rng(16).standard_normal(200))
    assert resolution.of_law(values, stats.norm.cdf, 0.6, 0.01) is None


@pytest.mark.parametrize("times", [1.0, 0.97])
def test_resolution_of_same_law_is_refuted_by_the_same_draws(times: float) -> None:
    values, margin, alpha = np.random.default_rng(17).standard_normal(40_000), 0.05, 0.01
    r = resolution.of_same_law(np.sort(values), margin, spent(alpha, 1) / 2)
    assert r is not None
    refuted = []
    for variance in (1 + times * 1.01 * r, 1 / (1 + times * 1.01 * r)):
        arms = np.stack([values, values * math.sqrt(variance)], axis=1)
        decided = laws.decide_same_law(prefix(arms), margin, alpha=alpha, first=len(values), looks=1)
        refuted.append(decided.verdict is Verdict.REFUTED)
    assert all(refuted) == (times == 1)


@pytest.mark.parametrize(("draws", "floor"), [(200, 0.9), (1444, 0.99)])
def test_resolution_of_a_rate_is_refuted_by_the_same_draws(draws: int, floor: float) -> None:
    alpha = 0.01
    r = resolution.of_rate(draws, floor, spent(alpha, 1))
    assert r is not None
    successes = round((1 - r) * draws)
    verdicts = []
    for count in (successes, successes + 1):
        values = (np.arange(draws) < count).astype(float)
        verdicts.append(rates.decide_rate(prefix(values), floor, alpha=alpha, first=draws, looks=1).verdict)
    assert verdicts[0] is Verdict.REFUTED
    assert verdicts[1] is not Verdict.REFUTED


def test_resolution_of_a_rate_says_none_where_nothing_would_be_refuted() -> None:
    assert resolution.of_rate(5, 0.5, 1e-6) is None


@pytest.mark.parametrize(("margin", "draws"), [(0.2, 20_000), (0.4, 4000)])
def test_resolution_of_a_ratio_is_refuted_by_the_same_draws(margin: float, draws: int) -> None:
    values, tail = pool("G")
    drawn, alpha = values[np.random.default_rng(18).integers(0, len(values), draws)], 0.05

    def decided(reference: float) -> Decision:
        return means.decide_mean_ratio(prefix(drawn), reference, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    right = decided(1.0)
    assert right.verdict is Verdict.SUPPORTED
    r = resolution.of_ratio(right.estimate, margin)
    assert r is not None
    both = [[decided(1 + s * r).verdict, decided(1 / (1 + s * r)).verdict] for s in (0.97, 1.01)]
    assert both[1] == [Verdict.REFUTED, Verdict.REFUTED]
    assert both[0] != [Verdict.REFUTED, Verdict.REFUTED]


def test_resolution_of_a_ratio_says_none_where_the_interval_has_no_end() -> None:
    assert resolution.of_ratio(Estimate(1.0, 0.5, math.inf), 0.05) is None
    assert resolution.of_ratio(Estimate(1.0, 0.0, 1.5), 0.05) is None
