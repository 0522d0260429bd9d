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


def test_no_label_of_a_logarithmic_axis_is_long() -> None:
    for middle in range(-12, 13):
        labels = log_ticks(middle - 0.5, middle + 0.5)[1]
        assert all(len(label.replace(" ", "")) <= 8 for label in labels)
        assert len(set(labels)) == len(labels)
    assert log_ticks(-9.35, -8.9)[1] == ["5 × 10⁻¹⁰", "6 × 10⁻¹⁰", "7 × 10⁻¹⁰", "8 × 10⁻¹⁰", "9 × 10⁻¹⁰", "10⁻⁹"]
    assert log_ticks(2.4, 4.1)[1] == ["500", "1,000", "2,000", "5,000", "10,000"]
