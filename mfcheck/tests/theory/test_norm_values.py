"""Constants of norms have the values of closed forms where there are any, and refuse exponents by name."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from scipy import stats

from mfcheck.theory import norms

exactly = pytest.approx
INF = math.inf


def mean_norm(n: int, q: float) -> float:
    """E‖g‖_q in closed form: n√(2/π) for q = 1, the mean of a χ variate for q = 2, n = 2 for q = ∞."""
    if q == 1:
        return n * math.sqrt(2 / math.pi)
    if q == 2:
        return float(stats.chi.mean(n))
    assert n == 2  # max(|a|, |b|) = (|a + b| + |a − b|)/2
    return 2 / math.sqrt(math.pi)


@pytest.mark.parametrize(("n", "q"), [(1, 1), (7, 1), (1, 2), (2, 2), (9, 2), (2, INF)])
def test_expected_norms_in_closed_form(n: int, q: float) -> None:
    assert norms.expected_norm(n, q) == exactly(mean_norm(n, q), rel=1e-9)


@pytest.mark.parametrize("n", [3, 50, 3000])
def test_the_expected_maximum_is_that_of_half_normal_order_statistics(n: int) -> None:
    exact = stats.halfnorm.expect(lambda t: t * n * stats.halfnorm.cdf(t) ** (n - 1), lb=0, ub=12, limit=400)
    assert norms.expected_norm(n, INF) == exactly(exact, rel=1e-8)


PAIRS = [(1, 1), (1, 2), (2, 1), (2, 2), (INF, 1), (INF, 2)]


def terms(p: float, q: float, d: int, k: int) -> tuple[float, float]:
    """√K for ‖id: ℓ2 → ℓ1‖ and √d for ‖id: ℓ∞ → ℓ2‖; a larger exponent to the right takes no more than one."""
    dual = {1: INF, 2: 2, INF: 1}[p]
    outer = (math.sqrt(k) if q == 1 else 1.0) * mean_norm(d, dual)
    inner = (math.sqrt(d) if math.isinf(p) else 1.0) * mean_norm(k, q)
    return outer, inner


@pytest.mark.parametrize(("p", "q"), PAIRS)
@pytest.mark.parametrize("k", [1, 5])
def test_chevets_constant_and_what_is_made_of_its_terms(p: float, q: float, k: int) -> None:
    d = 2 if p == 1 else 11  # E‖g‖_∞ is in closed form in the plane
    outer, inner = terms(p, q, d, k)
    assert norms.chevet_beta(p, q, d, k) == exactly((outer + inner) / math.sqrt(d), rel=1e-9)
    assert norms.chevet_floor(p, q, d, k) == exactly(max(outer, inner) / math.sqrt(d), rel=1e-9)
    assert norms.paper_beta(p, q, d, k) == norms.chevet_beta(p, q, d, k)
    dual = {1: INF, 2: 2, INF: 1}[p]
    mixing = math.sqrt(0.3) * mean_norm(d, dual) * mean_norm(k, q)
    mixed = (outer + math.sqrt(inner**2 + mixing**2)) / math.sqrt(d)
    assert norms.chevet_at_overlap(p, q, d, k, 0.3) == exactly(mixed, rel=1e-9)
    assert norms.chevet_at_overlap(p, q, d, k, 0.0) == exactly(norms.chevet_beta(p, q, d, k), rel=1e-12)
    identities = (math.sqrt(k) if q == 1 else 1.0) * (math.sqrt(d) if math.isinf(p) else 1.0)
    assert norms.lipschitz(p, q, d, k) == exactly(identities, rel=1e-12)


def test_between_the_named_exponents_identities_have_powers_of_the_dimension() -> None:
    assert norms.lipschitz(4, 1.5, 16, 27) == exactly(27 ** (1 / 1.5 - 1 / 2) * 16 ** (1 / 2 - 1 / 4))
    assert norms.lipschitz(1.5, 4, 16, 27) == 1.0
    assert norms.lipschitz(1.5, 1.5, 16, 64) == exactly(64 ** (1 / 6))


def test_the_two_constants_of_the_paper_are_of_their_pairs_alone() -> None:
    assert norms.paper_beta(2, INF, 5, 3) == 1.0
    assert norms.paper_beta(INF, INF, 8, 3) == exactly(4 / math.sqrt(math.pi))
    for p in (1, 1.9, 2.1):
        assert norms.paper_beta(p, INF, 5, 3) == norms.chevet_beta(p, INF, 5, 3)


REFUSING: dict[str, Callable[[float, float], float]] = {
    "chevet_beta": lambda p, q: norms.chevet_beta(p, q, 3, 3),
    "paper_beta": lambda p, q: norms.paper_beta(p, q, 3, 3),
    "lipschitz": lambda p, q: norms.lipschitz(p, q, 3, 3),
    "chevet_floor": lambda p, q: norms.chevet_floor(p, q, 3, 3),
    "chevet_at_overlap": lambda p, q: norms.chevet_at_overlap(p, q, 3, 3, 0.1),
}


@pytest.mark.parametrize("name", REFUSING)
def test_an_exponent_below_one_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"^p\b.*0\.5"):
        REFUSING[name](0.5, 2)
    with pytest.raises(ValueError, match=r"^q\b.*0\.25"):
        REFUSING[name](2, 0.25)


def test_what_has_no_expected_norm_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^q\b.*0\.5"):
        norms.expected_norm(3, 0.5)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        norms.expected_norm(0, 2)
    assert norms.chevet_at_overlap(2, 2, 3, 3, 0) > 0
    for overlap in (-0.1, math.nan):
        with pytest.raises(ValueError, match=f"must not be negative, got {overlap}"):
            norms.chevet_at_overlap(2, 2, 3, 3, overlap)


# The largest column ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 3, 784])
def test_the_median_of_the_largest_column_where_its_norm_has_a_law_by_name(columns: int) -> None:
    chance = 0.5 ** (1 / columns)
    for rows in (1, 4, 40):
        assert norms.largest_column(2, columns, rows) ** 2 == exactly(stats.chi2.ppf(chance, rows), rel=1e-9)
        entry = stats.norm.ppf((1 + chance ** (1 / rows)) / 2)
        assert norms.largest_column(INF, columns, rows) == exactly(entry, rel=1e-9)


@pytest.mark.parametrize("columns", [1, 3, 784])
def test_the_median_of_the_largest_sum_of_sizes(columns: int) -> None:
    """In the plane |a| + |b| ≤ s is a square of side √2 s, turned by an eighth of a circle."""
    chance = 0.5 ** (1 / columns)
    assert norms.largest_column(1, columns, 1) == exactly(stats.norm.ppf((1 + chance) / 2), rel=1e-5)
    plane = math.sqrt(2) * stats.norm.ppf((1 + math.sqrt(chance)) / 2)
    assert norms.largest_column(1, columns, 2) == exactly(plane, rel=1e-5)


@pytest.mark.parametrize("rows", [32, 33, 400])
def test_sums_of_many_sizes_are_nearly_normal(rows: int) -> None:
    """The median of a sum of half-normals is its mean less a sixth of its skewness in deviations (Edgeworth)."""
    mean, variance, skew = (float(part) for part in stats.halfnorm.stats(moments="mvs"))
    median = rows * mean - math.sqrt(variance) * skew / 6
    assert norms.largest_column(1, 1, rows) == exactly(median, abs=0.02)


@pytest.mark.parametrize("rows", [100, 400])
def test_the_largest_of_many_sums_lies_where_the_next_order_says(rows: int) -> None:
    """Mean and z deviations and (z² − 1)/6 of the skewness in deviations (Cornish and Fisher)."""
    mean, variance, skew = (float(part) for part in stats.halfnorm.stats(moments="mvs"))
    z = float(stats.norm.ppf(0.5 ** (1 / 784)))
    quantile = rows * mean + math.sqrt(rows * variance) * z + math.sqrt(variance) * skew * (z**2 - 1) / 6
    assert norms.largest_column(1, 784, rows) == exactly(quantile, abs=0.06)


@pytest.mark.parametrize("q", [1.5, 3, 0.5])
def test_a_column_whose_law_is_not_known_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match=f"got {q}"):
        norms.largest_column(q, 3, 3)
