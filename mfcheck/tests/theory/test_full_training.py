"""The law for the whole of training: its slope at the start, its integral, and its exponential limit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

from mfcheck.theory.full_training import EXPONENTS, loss_paid, loss_path

START, RATE = np.array([4.0, 0.5]), np.array([10.0, 0.3])
exponents = pytest.mark.parametrize("exponent", EXPONENTS)


@exponents
def test_it_starts_at_the_loss_and_falls_at_the_rate(exponent: float) -> None:
    nothing, little = np.zeros(2), np.full(2, 1e-6)
    assert loss_path(START, RATE, nothing, exponent) == pytest.approx(START)
    slope = (loss_path(START, RATE, little, exponent) - START) / 1e-6
    assert slope == pytest.approx(-RATE * START, rel=1e-3)


@exponents
def test_what_is_paid_is_its_integral(exponent: float) -> None:
    for start, rate in zip(START, RATE, strict=True):
        for t in (0.1, 2.0):
            found, _ = integrate.quad(lambda s, a=start, r=rate: float(loss_path(a, r, s, exponent)), 0, t)
            assert float(loss_paid(start, rate, np.array(t), exponent)) == pytest.approx(found, rel=1e-6)


def test_a_large_exponent_is_the_exponential() -> None:
    t = np.array([0.05, 1.0])
    assert loss_path(START, RATE, t, 1e6) == pytest.approx(loss_path(START, RATE, t, math.inf), rel=1e-3)
    assert loss_paid(START, RATE, t, 1e6) == pytest.approx(loss_paid(START, RATE, t, math.inf), rel=1e-3)


def test_a_loss_that_grows_has_no_value_beyond_its_pole() -> None:
    assert math.isnan(float(loss_path(np.array(1.0), np.array(-1.0), np.array(2.0), 0.5)))
