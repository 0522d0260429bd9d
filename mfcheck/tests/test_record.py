"""The record of a run is strict JSON, whole or absent, and never kinder than its findings."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import Finding, PaperTheory, Verdict
from mfcheck.findings import record
from mfcheck.findings.files import write_atomically
from mfcheck.findings.finding import Curve, Margin
from mfcheck.findings.record import as_plain, assemble
from mfcheck.levels import level_named
from mfcheck.reporting.pages import PAGES
from mfcheck.session.recorder import Recorder
from mfcheck.settings import Settings
from mfcheck.verdict import NotANumber, combine

HEAD = {
    "schema", "mfcheck", "created", "environment", "seed", "level", "alpha", "family_error_bound", "theory",
    "architectures", "theorems", "mutants",
}  # fmt: skip
FINDING = {
    "parameters", "statistic", "estimate", "interval", "reference", "margin", "draws", "engine", "verdict",
    "resolution", "seconds", "reproduce",
}  # fmt: skip
CRASH = ({"id": "thm4.1/b", "says": "B holds."}, {"cell": "c9", "message": "worker crashed"})


def make_settings(report: Path = Path("reports")) -> Settings:
    return Settings(seed=7, level=level_named("quick"), report=report)


def make_finding(claim: str = "thm4.1/a", cell: str = "c1", verdict: str = "supported", **changes: Any) -> Finding:
    values = {
        "claim": claim,
        "says": f"{claim} holds.",
        "cell": cell,
        "figure": "",
        "engine": "wishart",
        "parameters": {"width": 10},
        "statistic": "ratio",
        "estimate": 1.0,
        "interval": (0.9, 1.1),
        "reference": 1.0,
        "region": (0.95, 1.05),
        "margin": Margin(0.0, 0.05, "level quick"),
        "alpha": 1e-6,
        "draws": 100,
        "looks": 1,
        "verdict": Verdict(verdict),
        "resolution": 0.1,
        "seconds": 0.5,
        "reproduce": "pytest x",
    }
    return Finding(**(values | changes))


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


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_atomically(path, "first ✓")
    assert path.read_text(encoding="utf-8") == "first ✓"
    write_atomically(path, "second")
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "cut short \ud800")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(record.os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "third")
    assert path.read_text(encoding="utf-8") == "second"
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_the_journal_grows_as_findings_come_and_pages_appear_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "reports"
    recorder = Recorder(make_settings(folder), PaperTheory())
    journal = folder / "findings.jsonl"
    for count in (1, 2):
        recorder.add(as_plain(make_finding(cell=f"c{count}")))
        assert [json.loads(line)["cell"] for line in journal.read_text(encoding="utf-8").splitlines()] == [
            f"c{i + 1}" for i in range(count)
        ]
        assert not any((folder / page).exists() for page in PAGES)
    recorder.finish(full=False)
    assert recorder.report is not None
    assert set(recorder.report) >= HEAD
    assert recorder.report["mutants"]
    assert all((folder / page).stat().st_size for page in PAGES)
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == recorder.report


def test_pages_of_an_earlier_run_are_gone_before_the_first_finding(tmp_path: Path) -> None:
    for name in (*PAGES, "findings.jsonl", "baseline.json"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    Recorder(make_settings(tmp_path), PaperTheory())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["baseline.json", "findings.jsonl"]
    assert (tmp_path / "findings.jsonl").read_text(encoding="utf-8") == ""
