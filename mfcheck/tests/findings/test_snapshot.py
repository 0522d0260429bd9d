"""A snapshot holds of a report what a comparison looks at, and says of which reports none is to be had."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mfcheck.findings.snapshot import (
    Seen,
    check_comparable,
    devices_of,
    read_snapshot,
    snapshot_of,
    sound_snapshot,
)
from mfcheck.tests.support.commands import refusal
from mfcheck.tests.support.compared_runs import WHOLE, finding

SUPPORTED = Seen(
    "supported", "ratio to the theory", "wishart", (0.99, 1.01), 1.0, (0.95, 1.05), 1e-6, reproduce="pytest claims"
)


def test_it_holds_every_finding_error_twin_and_circumstance() -> None:
    found = snapshot_of(WHOLE, "here.json")
    assert (found.name, found.level, found.seed, found.dataset) == ("here.json", "quick", 1, "digits")
    assert found.architectures == ("vanilla", "residual")
    assert (found.narrowed, found.full) == (False, True)
    nothing = found.cells["open/question", "one"]
    assert [(one.state, one.statistic, one.engine, one.interval, one.alpha) for one in nothing] == [
        ("not applicable", "", "wishart", None, 0.0)
    ]
    assert all(map(math.isnan, (nothing[0].reference, *nothing[0].region)))
    assert {place: seen for place, seen in found.cells.items() if place[0] == "toy.1/law"} == {
        ("toy.1/law", "one"): (SUPPORTED,),
        ("toy.1/law", "two"): (replace(SUPPORTED, state="refuted, as expected", interval=(1.29, 1.31)),),
    }
    assert found.errors == {("toy.1/law", "three"): "boom\nhere"}
    assert found.places == [
        ("open/question", "one"),
        ("toy.1/law", "one"),
        ("toy.1/law", "three"),
        ("toy.1/law", "two"),
    ]
    assert found.twins == {"omega: × 1.05": "killed", "omega: × 1.25": "survived"}
    assert list(found.circumstances.items()) == [
        ("mfcheck", "0.1.0"),
        ("theory", "mfcheck.theory:PaperTheory"),
        ("architectures", "vanilla, residual"),
        ("data files", "digits.csv (abababababab…)"),
        ("α", "1e-06"),
        ("device", "cpu"),
        ("python", "3.11.7"),
        ("torch", "2.13.0"),
        ("cores", "2"),
    ]


def test_findings_of_one_cell_stand_together_in_their_order() -> None:
    both = [{**finding("one"), "statistic": "first"}, {**finding("one"), "statistic": "second", "reference": None}]
    theorems = [{"claims": [{"id": "a/b", "findings": both, "errors": []}]}]
    first, second = snapshot_of({**WHOLE, "theorems": theorems}, "x").cells["a/b", "one"]
    assert (first.statistic, second.statistic) == ("first", "second")
    assert math.isnan(second.reference)


@pytest.mark.parametrize(
    ("values", "narrowed", "full"),
    [
        ({}, False, True),
        ({"full": True}, False, True),
        ({"full": False}, True, False),
        ({"full": False, "narrowed": False}, False, False),
        ({"full": True, "narrowed": True}, True, True),
    ],
)
def test_a_report_that_does_not_say_so_is_narrowed_if_it_is_not_full(
    values: dict[str, bool], narrowed: bool, full: bool
) -> None:
    plain = {name: value for name, value in WHOLE.items() if name not in ("full", "narrowed")}
    found = snapshot_of(plain | values, "x")
    assert (found.narrowed, found.full) == (narrowed, full)


def test_a_report_without_twins_files_or_devices() -> None:
    theorems = [{"claims": [{"id": "a/b", "findings": [{**finding("one"), "parameters": {}}], "errors": []}]}]
    plain = {**WHOLE, "theorems": theorems, "mutants": None, "dataset": {"name": "noise", "files": []}}
    found = snapshot_of(plain, "x")
    assert (found.twins, found.dataset) == ({}, "noise")
    assert (found.circumstances["data files"], found.circumstances["device"]) == ("none", "none")
    assert devices_of({**plain, "devices": ["cuda", "cpu"]}) == ["cpu", "cuda"]


def test_devices_are_told_by_their_kind() -> None:
    findings: list[dict[str, Any]] = [{"parameters": {"device": name}} for name in ("cuda:1", "cpu", "cuda:0")] + [{}]
    assert devices_of({"theorems": [{"claims": [{"findings": findings}]}]}) == ["cpu", "cuda"]


def test_files_are_named_in_their_order_with_twelve_digits_of_their_sum() -> None:
    files = [{"file": name, "sha256": digit * 64} for name, digit in (("b", "2"), ("a", "1"))]
    found = snapshot_of({**WHOLE, "dataset": {"name": "x", "files": files}}, "x")
    assert found.circumstances["data files"] == f"a ({'1' * 12}…), b ({'2' * 12}…)"


def test_a_file_is_read_and_one_without_findings_is_of_no_use(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(WHOLE))
    assert read_snapshot(file).name == str(file)
    with pytest.raises(ValueError, match=r"^'empty' holds no finding, so there is nothing to compare with; write one"):
        sound_snapshot({**WHOLE, "theorems": []}, "empty")


def test_runs_of_one_level_and_data_set_that_share_an_architecture_compare() -> None:
    old = snapshot_of(WHOLE, "old")
    fits: dict[str, Any] = {"level": "quick", "dataset": "digits", "architectures": ["residual", "mine:Net"]}
    check_comparable(old, "this run", **fits)
    for change, said in (
        ({"level": "paper"}, "'old' is of level 'quick' and this run of level 'paper'; levels must agree"),
        ({"dataset": "noise"}, "'old' is of data set 'digits' and this run of 'noise'; data sets must agree"),
        (
            {"architectures": ["mine:Net", "mine:Other"]},
            "'old' is of architectures vanilla, residual and this run of mine:Net, mine:Other; "
            "one at least must be in both",
        ),
    ):
        assert refusal(partial(check_comparable, old, "this run", **fits | change)) == said
