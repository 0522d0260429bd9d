"""Replayed decisions, judged by exact binomial tails, and the draws that they are replayed on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from scipy import stats

from mfcheck import NetworkSpec, Verdict
from mfcheck.arrays import Floats
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import entry_scales
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Decision
from mfcheck.tests.support.effort import Effort
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


def assert_errs_at_most(alpha: float, verdicts: Counter[Verdict], effort: Effort) -> None:
    """θ stands exactly on the edge: the limit of true values just outside (supporting errs) and just inside."""
    replays = verdicts.total()
    assert replays >= effort.replays(REPLAYS)
    for wrong in (Verdict.SUPPORTED, Verdict.REFUTED):
        assert rare_enough(verdicts[wrong], replays, alpha), f"{wrong}: {verdicts[wrong]} of {replays} at {alpha}"


def assert_decides(expected: Verdict, verdicts: Counter[Verdict], beta: float = BETA) -> None:
    """The expected verdict is missed no more often than with probability beta."""
    missed = verdicts.total() - verdicts[expected]
    assert rare_enough(missed, verdicts.total(), beta), f"not {expected}: {missed} of {verdicts.total()}, beta {beta}"


def replay(draw: Callable[[], Decision], replays: int) -> Counter[Verdict]:
    """How often so many replays ended in each verdict."""
    return Counter(draw().verdict for _ in range(replays))


def prefix(values: Floats) -> Callable[[int], Floats]:
    """A sample whose first draws stay the same when more are asked for."""
    return lambda n: values[:n]


def uniform(t: Floats) -> Floats:
    """The distribution function of U(0, 1)."""
    return np.clip(t, 0.0, 1.0)


def half_atom(t: Floats) -> Floats:
    """Half of the mass at 0, the rest uniform on (0, 1)."""
    return np.where(t < 0, 0.0, 0.5 + 0.5 * np.clip(t, 0.0, 1.0))


def half_atom_left(t: Floats) -> Floats:
    """Its limits from the left."""
    return np.where(t <= 0, 0.0, 0.5 + 0.5 * np.clip(t, 0.0, 1.0))


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
