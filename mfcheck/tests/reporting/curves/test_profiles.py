"""From which width on a bound holds, by what is granted to it, and what is left out where nothing was measured."""

from __future__ import annotations

import math

import pytest

from mfcheck.reporting.curves.profiles import profiles
from mfcheck.reporting.figures.profile_figure import profiles_figure
from mfcheck.spec import NormPair
from mfcheck.tests.support.bound_reports import WIDTHS, make_point, make_profile, profile
from mfcheck.tests.support.reports import make_claim, make_finding, read_claim


@pytest.mark.parametrize(
    ("measured", "excess", "expected"),
    [
        ((1.2, 1.0, 0.9, 0.9), 0.0, 1000.0),
        ((0.9, 0.8, 0.8, 0.8), 0.0, 0.0),
        ((1.0, 0.8, 0.8, 0.8), 0.0, 0.0),
        ((1.5, 1.2, 1.1, 1.05), 0.02, math.inf),
        ((1.5, 1.2, 1.1, 1.05), 0.05, 100_000.0),
        ((4.0, 0.25, 0.2, 0.2), 0.0, math.sqrt(100.0 * 1000.0)),
        # Not monotone: only from the last crossing on does it hold.
        ((0.9, 1.1, 0.9, 0.9), 0.0, 1000 * 10 ** (math.log(1.1) / math.log(1.1 / 0.9))),
        ((1.2, 0.9, 1.1, 0.9), 0.0, 10_000 * 10 ** (math.log(1.1) / math.log(1.1 / 0.9))),
        ((0.9, 0.9, 0.9, 1.01), 0.0, math.inf),
        ((0.9, 0.9, 0.9, 1.01), 0.01, 0.0),
    ],
)
def test_a_bound_holds_from_the_last_crossing_on(measured: tuple[float, ...], excess: float, expected: float) -> None:
    assert profile(*measured).holds_from(excess) == pytest.approx(expected)


def test_widths_needed_do_not_grow_with_what_is_granted() -> None:
    one = profile(1.4, 1.02, 1.12, 0.98)
    needed = [one.holds_from(x / 100) for x in range(50)]
    assert needed == sorted(needed, reverse=True)


def test_profiles_leave_out_what_was_not_measured_and_need_two_widths() -> None:
    gap = make_profile("2-2", [1.5, None, 1.0, 0.9], exact=[None, 1.1, 1.0, 1.0])
    alone = make_profile("1-1", [None, None, None, 0.9])
    other = make_profile("2-inf", [1.2, 1.1, 1.0, 0.9], exact=[])
    found = profiles(read_claim(make_claim(alone, other, gap, make_point(128.0), make_finding())))
    assert [(one.pair, one.widths) for one in found] == [
        (NormPair(2, 2), (100.0, 10_000.0, 100_000.0)),
        (NormPair(2, math.inf), tuple(WIDTHS)),
    ]
    assert math.isnan(found[0].expected[0])
    assert all(map(math.isnan, found[1].expected))
    assert profiles_figure(read_claim(make_claim(gap, other))).startswith("<svg")
