"""Fixed weights of slopes: products against uncorrelated squares, and limits with unequal precisions."""

from __future__ import annotations

import numpy as np
import pytest

from mfcheck.statistics.means import Tail
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.slopes import PRODUCT, Trend, decide_trend, draws_needed_trend, limit_weights
from mfcheck.verdict import Verdict

# X and Y uniform on [0, 1]: E X²/(E X)² = 4/3 and E X⁴/(E X)⁴ = 16/5; their product has no more than the squares of
# these, whether Y is independent of X or a copy (then 9/5 and 9).
TAIL, TAIL_OF_PRODUCT = Tail(4 / 3, 16 / 5), Tail(9 / 5, (16 / 5) ** 2)
SHAPE = Trend(PRODUCT, True, (TAIL_OF_PRODUCT, TAIL, TAIL), (0.25, 0.5, 0.5))
MARGIN, MOST = 0.1, 2**17


def groups(shared: float, seed: int) -> list[Draw]:
    """XY, X and Y of one sample in which Y copies X with probability `shared`."""
    x, own, copied = np.random.default_rng(seed).random((3, MOST))
    y = np.where(copied < shared, x, own)
    return [lambda n: (x * y)[:n], lambda n: x[:n], lambda n: y[:n]]


@pytest.mark.parametrize(("shared", "verdict"), [(0.0, Verdict.SUPPORTED), (0.9, Verdict.REFUTED)])
def test_correlation_is_decided_by_the_mean_of_the_product(shared: float, verdict: Verdict) -> None:
    # Copying with probability s makes E XY/(E X E Y) = 1 + s/3: for s = 0.9 its logarithm is 0.26.
    first = draws_needed_trend(SHAPE, MARGIN, alpha=5e-7, beta=1e-3)
    assert first <= MOST
    decided = decide_trend(groups(shared, seed=3), SHAPE, 0.0, MARGIN, alpha=1e-6, first=first, looks=1)
    assert decided.verdict is verdict


def test_a_limit_counts_points_by_their_precision() -> None:
    widths = [10.0, 20.0, 40.0, 80.0]
    exact = 3 + 7 / np.array(widths)
    weighted = np.array(limit_weights(widths, precisions=[1, 1, 4, 100]))
    assert weighted @ exact == pytest.approx(3, abs=1e-9)
    assert abs(weighted[3]) > abs(limit_weights(widths)[3])
    trusted = np.array(limit_weights(widths, precisions=[1e-9, 1e-9, 1, 1]))
    assert trusted == pytest.approx([0, 0, -1, 2], abs=1e-6)  # the line through the two points that count
