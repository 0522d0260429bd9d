"""How long the law lasts: interpolated, compared with the predicted collapse, and free of rounding."""

from __future__ import annotations

import math

import pytest

from mfcheck.tests.support.training_reports import flow, lasting


def test_the_horizon_is_interpolated_and_compared_with_the_predicted_collapse() -> None:
    times = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0]
    law = [1 - 0.1 * time for time in times]
    left = lasting(flow(times, [1.0, 0.9, 0.8, 0.76, 0.75, 0.75], law))
    assert left is not None
    # The ratio falls from 1 at t = 2 to 0.8 at t = 3; the law is at a half at t = 5.
    assert (left.time, left.share, left.share_is_bound) == (pytest.approx(2.5), pytest.approx(0.5), False)
    stays = lasting(flow(times, law, law))
    assert stays is not None
    assert (stays.time, stays.last, stays.at_once) == (math.inf, 6.0, False)
    short = lasting(flow(times[:4], [1.0, 0.9, 0.8, 0.76], law[:4]))
    assert short is not None
    assert (short.share, short.share_is_bound) == (pytest.approx(0.5), True)


def test_the_horizon_ignores_what_is_rounding_and_knows_laws_that_never_held() -> None:
    times, law = [0.0, 1e-9, 1.0, 2.0], [1.0, 1 - 1e-12, 0.9, 0.8]
    found = lasting(flow(times, [1.0, 1.0, 0.9, 0.8], law))
    assert found is not None
    assert math.isinf(found.time)
    never = lasting(flow(times, [1.0, 1.0, 0.95, 0.9], law))
    assert never is not None
    assert (never.at_once, never.time) == (True, 1.0)
    assert lasting(flow(times, [1.0] * 4, [1.0] * 4)) is None
    assert lasting(flow(times, [math.nan] * 4, law)) is None
