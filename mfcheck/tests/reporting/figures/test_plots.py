"""Logarithmic ticks stay few and inside."""

from __future__ import annotations

import pytest

from mfcheck.reporting.figures.plots import log_range, log_ticks


def test_logarithmic_ticks_stay_few_and_inside() -> None:
    for low, high in ((-9.0, 9.0), (-0.35, 0.35), (1.4, 1.9), (-12.0, -5.0)):
        at, labels = log_ticks(low, high)
        assert 2 <= len(at) == len(labels) <= 12
        assert all(low <= tick <= high for tick in at)
    assert log_range([1.0, 1.0]) == pytest.approx((-0.35, 0.35))
