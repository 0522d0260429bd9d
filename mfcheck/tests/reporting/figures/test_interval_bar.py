"""Bars beside the numbers of a row: cut with a point where they go far, and drawn where a margin is nothing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from mfcheck.reporting.figures.interval_bar import WIDTH, interval_bar
from mfcheck.tests.support.reports import NOT_APPLICABLE, REFUTED, make_finding, read_finding


def places(bar: str, kind: str) -> list[int]:
    """Where the strokes of a kind begin and end."""
    return [int(x) for x in re.findall(rf'class="{kind}" d="M(\d+) 6H(\d+)', bar)[0]]


def test_an_interval_within_its_region_is_drawn_within_it() -> None:
    bar = interval_bar(read_finding(make_finding()))
    left, size = (int(found) for found in re.findall(r'<rect class="r" x="(\d+)" y="1" width="(\d+)"', bar)[0])
    low, high = places(bar, "i")
    assert left <= low < high < left + size
    outside = interval_bar(read_finding(REFUTED))
    left, size = (int(found) for found in re.findall(r'<rect class="r" x="(\d+)" y="1" width="(\d+)"', outside)[0])
    assert left + size < places(outside, "i")[0]


def test_bars_far_outside_and_margins_of_zero_are_drawn() -> None:
    exact = {"finite_width": 0.0, "discrepancy": 0.0, "origin": "identity"}
    far = REFUTED | {"interval": [5.0, 900.0], "estimate": 70.0}
    for finding in (far, make_finding(margin=exact), make_finding(margin=exact, estimate=0.0, interval=[0.0, 0.0])):
        bar = interval_bar(read_finding(finding))
        ElementTree.fromstring(bar)
        assert all(0 <= float(x) <= WIDTH for x in re.findall(r"M(-?[\d.]+) ", bar))
    assert interval_bar(read_finding(far)).count('class="e"') == 2  # the estimate, and the point of what is cut
    unbounded = interval_bar(read_finding(make_finding(region=[None, 0.02])))
    ElementTree.fromstring(unbounded)


def test_what_was_not_decided_has_no_bar() -> None:
    assert interval_bar(read_finding(NOT_APPLICABLE)) == ""
