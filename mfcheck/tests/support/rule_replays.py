"""How often the rules of decision err, by replay on data like the claims' own.

Every row replays one decision thousands of times with the truth at the very edge of its margin, the worst place: just
outside, where `supported` is an error, or just inside, where `refuted` is. The number of errors must be compatible
with the stated rate by an exact binomial bound.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, stats

from mfcheck.arrays import Floats
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.spec import NetworkSpec
from mfcheck.statistics import intervals, laws, means, medians, rates, sample_sizes, slopes
from mfcheck.statistics.sequential import Decision, Region
from mfcheck.theory import entry_law
from mfcheck.verdict import Verdict

Generator = np.random.Generator
ALPHAS = (0.05, 0.01)
REPLAYS = 4000
LOOKS = 4
WIDTH, DEPTH = 100, 10


@dataclass(frozen=True)
class Row:
    """One line of the study: the decision, its data, its stated error rate, and how often it erred."""

    decision: str
    data: str
    alpha: float
    replays: int
    errors: int

    @property
    def at_least(self) -> float:
        """The lower 1 − 10⁻⁶ confidence bound on the true error rate."""
        return intervals.rate_lower(self.errors, self.replays, 1e-6)

    @property
    def convicted(self) -> bool:
        """Whether the decision errs more often than it says."""
        return self.at_least > self.alpha


def errors(index: int, replays: int = REPLAYS, seed: int = 0) -> int:
    """How many replays of one of `QUESTIONS` err; each has its own generator, so that none depends on another."""
    (name, data, wrong, replay), alpha = QUESTIONS[index]
    names = (seed, name, data, alpha)
    return sum(
        replay(np.random.default_rng(derive_seed(*names, number)), alpha).verdict is wrong for number in range(replays)
    )


def rows(counts: Sequence[int], replays: int = REPLAYS) -> list[Row]:
    """The rows of all `QUESTIONS` from their errors."""
    return [
        Row(name, data, alpha, replays, count)
        for ((name, data, *_), alpha), count in zip(QUESTIONS, counts, strict=True)
    ]


def markdown(found: Sequence[Row]) -> str:
    """The study as a Markdown table."""
    lines = ["| decision | data | stated error | replays | errors | observed | at least |", "|" + " --- |" * 7]
    for row in found:
        observed = row.errors / row.replays
        numbers = f"{row.alpha:g} | {row.replays} | {row.errors} | {observed:.4f} | {row.at_least:.4f}"
        lines.append(f"| {row.decision} | {row.data} | {numbers} |")
    return "\n".join(lines)


def _scales(generator: Generator, n: int) -> Floats:
    """Conditional variances of an entry of a vanilla ReLU network, N = 100, L = 10, in units of their mean."""
    scale = generator.chisquare(WIDTH, n) / WIDTH
    for _ in range(DEPTH):
        scale *= 2 * generator.chisquare(np.maximum(open_gates(generator, n), 1)) / WIDTH
    return np.asarray(scale)


def open_gates(generator: Generator, n: int) -> Floats:
    """Binomial(100, ½) numbers as ones among so many fair bits: numpy's own would take most of the study's time."""
    if not hasattr(np, "bitwise_count"):  # before NumPy 2
        return generator.binomial(WIDTH, 0.5, n).astype(np.float64)
    words = generator.bit_generator.random_raw(2 * n).reshape(2, n)
    words[1] &= np.uint64(2 ** (WIDTH - 64) - 1)
    return np.bitwise_count(words).sum(axis=0, dtype=np.float64)


def _squares(generator: Generator, n: int) -> Floats:
    return _scales(generator, n) * generator.chisquare(1, n)


def _scale_moment(order: int) -> float:
    """E G^k: Γ-moments of the fixed factor, and of the layers' averaged over the binomial."""
    n = np.arange(1, WIDTH + 1)
    weight = stats.binom.pmf(n, WIDTH, 0.5)
    fixed = math.prod(1 + 2 * j / WIDTH for j in range(order))
    layer = weight @ np.prod([2 * (n + 2 * j) / WIDTH for j in range(order)], axis=0)
    return float(fixed * layer**DEPTH)


@cache
def _square_median() -> float:
    """The median of `_squares`, from the exact law of an entry: where P[|J| ≤ t] = ½."""
    law = entry_law(NetworkSpec("vanilla", 1, 1, WIDTH, DEPTH, weight_variance=2))
    return float(optimize.brentq(lambda t: float(law.cdf(t)) - 0.75, 0.1, 1.0, xtol=1e-12)) ** 2


G_TAIL = means.Tail(_scale_moment(2), _scale_moment(4))
J_TAIL = means.Tail(3 * _scale_moment(2), 105 * _scale_moment(4))


def _growing(draw_more: Callable[[int], Floats]) -> sample_sizes.Draw:
    """A sample whose first draws stay the same when more are asked for."""
    kept = draw_more(1)[:0]

    def draw(n: int) -> Floats:
        nonlocal kept
        if n > len(kept):
            kept = np.concatenate([kept, draw_more(n - len(kept))])
        return kept[:n]

    return draw


def _law(edge: float) -> Callable[[Generator, float], Decision]:
    """Normal draws shifted so that the true sup-distance to N(0, 1) is `edge` times the margin 0.1."""
    shift = 2 * stats.norm.ppf(0.5 + 0.1 * edge / 2)

    def replay(generator: Generator, alpha: float) -> Decision:
        draw = _growing(lambda n: generator.standard_normal(n) + shift)
        return laws.decide_law(draw, stats.norm.cdf, 0.1, alpha=alpha, first=400, looks=LOOKS)

    return replay


def _same_law(edge: float) -> Callable[[Generator, float], Decision]:
    """Two arms made of the same normals, one of them shifted."""
    shift = 2 * stats.norm.ppf(0.5 + 0.2 * edge / 2)

    def replay(generator: Generator, alpha: float) -> Decision:
        def pairs(n: int) -> Floats:
            z = generator.standard_normal((n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
            return np.asarray(z + np.array([0.0, shift]))

        return laws.decide_same_law(_growing(pairs), 0.2, alpha=alpha, first=400, looks=LOOKS)

    return replay


def _rate(edge: float) -> Callable[[Generator, float], Decision]:
    def replay(generator: Generator, alpha: float) -> Decision:
        draw = _growing(lambda n: (generator.random(n) < edge).astype(float))
        return rates.decide_rate(draw, 0.9, alpha=alpha, first=60, looks=LOOKS)

    return replay


def _mean(
    sample: Callable[[Generator, int], Floats], tail: means.Tail, ratio: float
) -> Callable[[Generator, float], Decision]:
    def replay(generator: Generator, alpha: float) -> Decision:
        draw = _growing(lambda n: sample(generator, n))
        return means.decide_mean_ratio(draw, 1 / ratio, 0.4, tail=tail, alpha=alpha, first=300, looks=LOOKS)

    return replay


def _slope(offset: float) -> Callable[[Generator, float], Decision]:
    """Three groups of conditional variances whose logarithms rise by 0.5 a step; the reference is off by `offset`."""
    shape = slopes.Trend(
        slopes.slope_weights([0, 1, 2]), True, (G_TAIL,) * 3, tuple(math.exp(0.5 * k) for k in range(3))
    )

    def replay(generator: Generator, alpha: float) -> Decision:
        def group(k: int) -> sample_sizes.Draw:
            return _growing(lambda n: math.exp(0.5 * k) * _scales(generator, n))

        draws = [group(k) for k in range(3)]
        return slopes.decide_trend(draws, shape, 0.5 + offset, 0.3, alpha=alpha, first=300, looks=LOOKS)

    return replay


def _median(ratio: float) -> Callable[[Generator, float], Decision]:
    """The median of J² over a reference that is off by `ratio`."""
    region = Region(0.6, 1.4, 0.4)

    def replay(generator: Generator, alpha: float) -> Decision:
        draw = _growing(lambda n: _squares(generator, n) * (ratio / _square_median()))
        return medians.decide_median(draw, region, alpha=alpha, first=600, looks=LOOKS)

    return replay


def _median_slope(offset: float) -> Callable[[Generator, float], Decision]:
    """Three groups of J² whose log medians rise by 0.5 a step; the reference is off by `offset`."""
    region, weights = Region(0.5 + offset - 0.5, 0.5 + offset + 0.5, 0.5), slopes.slope_weights([0, 1, 2])

    def replay(generator: Generator, alpha: float) -> Decision:
        def group(k: int) -> sample_sizes.Draw:
            return _growing(lambda n: math.exp(0.5 * k) * _squares(generator, n))

        return medians.decide_median_slope(
            [group(k) for k in range(3)], weights, region, alpha=alpha, first=200, looks=LOOKS
        )

    return replay


OUTSIDE, INSIDE = Verdict.SUPPORTED, Verdict.REFUTED
CASES: tuple[tuple[str, str, Verdict, Callable[[Generator, float], Decision]], ...] = (
    ("law (DKW)", "normal, just outside", OUTSIDE, _law(1.001)),
    ("law (DKW)", "normal, just inside", INSIDE, _law(0.999)),
    ("same law (DKW)", "two dependent arms, just outside", OUTSIDE, _same_law(1.001)),
    ("same law (DKW)", "two dependent arms, just inside", INSIDE, _same_law(0.999)),
    ("rate (exact binomial)", "just outside", OUTSIDE, _rate(0.8999)),
    ("rate (exact binomial)", "just inside", INSIDE, _rate(0.9001)),
    ("mean (truncated Bernstein)", "G at N=100, L=10, just outside", OUTSIDE, _mean(_scales, G_TAIL, 1.4001)),
    ("mean (truncated Bernstein)", "G at N=100, L=10, just inside", INSIDE, _mean(_scales, G_TAIL, 1.3999)),
    ("mean (truncated Bernstein)", "J² at N=100, L=10, just outside", OUTSIDE, _mean(_squares, J_TAIL, 1.4001)),
    ("mean (truncated Bernstein)", "J² at N=100, L=10, just inside", INSIDE, _mean(_squares, J_TAIL, 0.6001)),
    ("slope (truncated Bernstein)", "log G over three groups, just outside", OUTSIDE, _slope(0.3001)),
    ("slope (truncated Bernstein)", "log G over three groups, just inside", INSIDE, _slope(0.2999)),
    ("median (order statistics)", "J² at N=100, L=10, just outside", OUTSIDE, _median(1.4001)),
    ("median (order statistics)", "J² at N=100, L=10, just inside", INSIDE, _median(0.6001)),
    ("slope of medians", "log J² over three groups, just outside", OUTSIDE, _median_slope(0.5001)),
    ("slope of medians", "log J² over three groups, just inside", INSIDE, _median_slope(0.4999)),
)
QUESTIONS = tuple(itertools.product(CASES, ALPHAS))
"""What the study asks, in the order of its rows."""


def student_misses(replays: int = 4000, alpha: float = 0.01, draws: int = 200, seed: int = 0) -> Row:
    """What a Student-t interval for E J² does on the same data: the reason that it does not gate."""
    quantile, misses = stats.t.ppf(1 - alpha / 2, draws - 1), 0
    for index in range(replays):
        values = _squares(np.random.default_rng(derive_seed(seed, "student", index)), draws)
        misses += abs(values.mean() - 1) > quantile * values.std(ddof=1) / math.sqrt(draws)
    return Row("Student t (does not gate)", f"J² at N=100, L=10, {draws} draws", alpha, replays, int(misses))
