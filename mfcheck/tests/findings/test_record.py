"""The record of a run is strict JSON and never kinder than its findings."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import Finding, Verdict
from mfcheck.findings.finding import Curve
from mfcheck.findings.record import as_plain, assemble
from mfcheck.tests.support.settings import HEAD, make_finding, make_settings
from mfcheck.verdict import NotANumber, combine

FINDING = {
    "parameters", "statistic", "estimate", "interval", "reference", "margin", "draws", "engine", "verdict",
    "resolution", "seconds", "reproduce",
}  # fmt: skip
CRASH = ({"id": "thm4.1/b", "says": "B holds."}, {"cell": "c9", "message": "worker crashed"})


def assembled(findings: list[Finding], errors: list[Any] | None = None) -> dict[str, Any]:
    return assemble(make_settings(), [as_plain(finding) for finding in findings], errors or [])


def builtin_only(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and builtin_only(item) for key, item in value.items())
    if type(value) is list:
        return all(map(builtin_only, value))
    return value is None or type(value) in (bool, int, float, str)


def test_a_finding_becomes_builtin_values_whatever_it_was_measured_in() -> None:
    curve = Curve("law", "", (np.float64(0.0), np.float32(1.0)), (0.1, 0.2), (0.1, 0.2), (), draws=np.int64(9))
    finding = make_finding(estimate=np.float64(1.5), draws=np.int64(12), parameters={"d": np.int32(3)}, curve=curve)
    plain = as_plain(finding)
    assert builtin_only(plain)
    assert (plain["estimate"], plain["draws"], plain["curve"]["x"]) == (1.5, 12, [0.0, 1.0])
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_numbers_of_a_decision_not_made_are_null() -> None:
    nothing = make_finding(verdict="not applicable", estimate=math.nan, interval=(math.nan, math.inf), reason="none")
    plain = as_plain(nothing)
    assert (plain["estimate"], plain["interval"]) == (None, [None, None])
    assert "NaN" not in json.dumps(plain)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("verdict", ["supported", "refuted", "undecided"])
def test_no_decision_rests_on_a_number_that_is_none(bad: float, verdict: str) -> None:
    with pytest.raises(NotANumber, match="estimate"):
        make_finding(verdict=verdict, estimate=bad)
    with pytest.raises(NotANumber, match="interval"):
        make_finding(verdict=verdict, interval=(0.0, bad))


def test_the_report_has_the_keys_others_rely_on() -> None:
    report = assembled([make_finding()])
    assert set(report) >= HEAD - {"mutants"}  # these are the recorder's, who knows the theory
    theorem = report["theorems"][0]
    assert set(theorem) >= {"id", "title", "verdict", "claims"}
    assert set(theorem["claims"][0]) >= {"id", "says", "verdict", "findings"}
    finding = theorem["claims"][0]["findings"][0]
    assert set(finding) >= FINDING
    assert set(finding["margin"]) >= {"finite_width", "discrepancy"}
    assert (report["seed"], report["level"], report["alpha"]) == (7, "quick", 1e-6)
    assert set(report["dataset"]) == {"name", "norm", "files"}
    assert [(file["file"], len(file["sha256"])) for file in report["dataset"]["files"]] == [("mnist_5k.csv.gz", 64)]


verdicts = st.sampled_from(list(Verdict))


@given(st.lists(verdicts))
def test_a_whole_is_refuted_by_any_part_and_supported_only_by_all(parts: list[Verdict]) -> None:
    whole = combine(parts)
    assert (whole is Verdict.REFUTED) == (Verdict.REFUTED in parts)
    if whole is Verdict.SUPPORTED:
        assert set(parts) <= {Verdict.SUPPORTED, Verdict.NOT_APPLICABLE}
        assert Verdict.SUPPORTED in parts
    if whole is Verdict.NOT_APPLICABLE:
        assert set(parts) == {Verdict.NOT_APPLICABLE}


def test_one_refuted_cell_refutes_its_claim_its_theorem_and_the_run_and_no_other() -> None:
    report = assembled(
        [
            make_finding("thm4.1/a", "c1"),
            make_finding("thm4.1/a", "c2", "refuted"),
            make_finding("thm4.1/b", "c1"),
            make_finding("thm5.1/c", "c1"),
        ],
        [CRASH],
    )
    said = {claim["id"]: claim["verdict"] for theorem in report["theorems"] for claim in theorem["claims"]}
    assert said == {"thm4.1/a": "refuted", "thm4.1/b": "undecided", "thm5.1/c": "supported"}
    assert {theorem["id"]: theorem["verdict"] for theorem in report["theorems"]} == {
        "thm4.1": "refuted",
        "thm5.1": "supported",
    }
    assert report["verdict"] == "refuted"


@pytest.mark.parametrize("others", [[], ["supported"], ["not applicable"], ["supported", "not applicable"]])
def test_an_error_keeps_a_claim_from_being_supported(others: list[str]) -> None:
    findings = [make_finding("thm4.1/b", f"c{i}", verdict) for i, verdict in enumerate(others)]
    report = assembled([*findings, make_finding("thm4.1/a")], [CRASH])
    claim = next(c for c in report["theorems"][0]["claims"] if c["id"] == "thm4.1/b")
    assert claim["verdict"] == "undecided"
    assert claim["errors"] == [CRASH[1]]
    assert report["theorems"][0]["verdict"] == report["verdict"] == "undecided"


@pytest.mark.parametrize("verdict", ["undecided", "not applicable"])
def test_what_is_not_supported_does_not_read_as_supported(verdict: str) -> None:
    assert assembled([make_finding(verdict=verdict)])["verdict"] == verdict


def test_nothing_tried_supports_nothing() -> None:
    assert assembled([])["verdict"] == "undecided"


def test_the_report_does_not_depend_on_the_order_of_arrival() -> None:
    findings = [make_finding(f"thm{t}/{c}", cell) for t in ("4.1", "5.1") for c in "ba" for cell in ("c2", "c1")]
    errors = [({"id": f"thm4.1/{c}", "says": f"thm4.1/{c} holds."}, {"cell": f"c{i}", "message": "x"})
              for c in "ab" for i in (3, 4)]  # fmt: skip
    shown = []
    for seed in range(6):
        order = random.Random(seed)
        order.shuffle(findings)
        order.shuffle(errors)
        shown.append(assembled(findings, errors))
    for report in shown:
        report.pop("created")
        assert report == shown[0]
    assert [theorem["id"] for theorem in shown[0]["theorems"]] == ["thm4.1", "thm5.1"]


def test_the_family_bound_adds_up_the_decisions_that_were_made() -> None:
    made = [make_finding(cell=f"c{i}", alpha=0.01) for i in range(3)]
    assert assembled(made)["family_error_bound"] == pytest.approx(0.03)


def test_a_theorem_is_judged_by_all_of_its_findings_and_not_by_its_claims() -> None:
    report = assembled(
        [
            make_finding("thm5.4/a", "c1", regime="early"),
            make_finding("thm5.4/b", "c1", "refuted", regime="late", estimate=0.93, reference=0.5, instead="Euler"),
            make_finding("thm5.4/b", "c2", regime="early"),
            make_finding("thm5.4/c", "c1", "not applicable", regime="early"),
            make_finding("thm5.8/d", "c1", regime="late", caveat="few images"),
            make_finding("thm4.1/e", "c1"),
        ]
    )
    theorems = {theorem["id"]: theorem for theorem in report["theorems"]}
    claims = {claim["id"]: claim for theorem in report["theorems"] for claim in theorem["claims"]}
    assert {id: claim["verdict"] for id, claim in claims.items()} == {
        "thm4.1/e": "supported",
        "thm5.4/a": "supported",
        "thm5.4/b": "holds in part",
        "thm5.4/c": "not applicable",
        "thm5.8/d": "undecided",
    }
    assert {id: theorem["verdict"] for id, theorem in theorems.items()} == {
        "thm4.1": "supported",
        "thm5.4": "holds in part",
        "thm5.8": "undecided",
    }
    assert report["verdict"] == "undecided"
    assert (theorems["thm4.1"]["says"], theorems["thm4.1"]["parts"], claims["thm5.4/c"]["parts"]) == ("", [], [])
    assert theorems["thm5.4"]["says"] == (
        "Holds in part: early (2 of 2 findings). Not: late (refuted in 1 of 1: estimate 0.93 where the theory has 0.5; "
        "instead holds: Euler)."
    )
    assert claims["thm5.4/a"]["where"] == "Holds: early (1 of 1 finding)."
    parts = [(one["regime"], one["verdict"], one["findings"], one["bearing"]) for one in theorems["thm5.4"]["parts"]]
    assert parts == [("late", "refuted", 1, 1), ("early", "supported", 2, 2)]
    assert builtin_only(theorems["thm5.4"])
    assert claims["thm5.8/d"]["parts"][0]["caveats"] == ["few images"]


def test_a_refuted_early_regime_leaves_nothing_that_holds_in_another_claim() -> None:
    early = [make_finding("thm5.4/a", "c1", regime="early"), make_finding("thm5.4/b", "c1", "refuted", regime="early")]
    late = make_finding("thm5.4/b", "c2", "refuted", regime="late")
    assert assembled([*early, late])["verdict"] == "refuted"
    assert assembled([early[0], late])["verdict"] == "holds in part"
    assert assembled([early[0], late], [CRASH])["theorems"][1]["verdict"] == "holds in part"
    crash_there = ({"id": "thm5.4/c", "says": "C."}, {"cell": "c9", "message": "worker crashed"})
    assert assembled([early[0], late], [crash_there])["theorems"][0]["verdict"] == "undecided"
