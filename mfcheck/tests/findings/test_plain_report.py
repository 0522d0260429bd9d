"""A report as plain data has its parts in their places, and a baseline what a comparison reads of it."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import math
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mfcheck import PaperTheory
from mfcheck.findings import baseline, record
from mfcheck.findings.files import COMPARISON, JOURNAL, PAGES, RUN
from mfcheck.findings.finding import Margin
from mfcheck.findings.record import as_plain, assemble, environment, fates, inputs_of
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.tests.support.compared_runs import WHOLE
from mfcheck.tests.support.rival_theories import Two
from mfcheck.tests.support.settings import make_finding, make_settings
from mfcheck.theory.twins import Twin


def test_every_part_of_a_report_stands_in_its_place() -> None:
    settings = make_settings()
    findings = [
        as_plain(make_finding("thm5.1/z", "c2", "undecided", alpha=0.25)),
        as_plain(make_finding("thm4.1/b", "c1", alpha=0.5)),
        as_plain(make_finding("open/q", "c1", "refuted", alpha=0.125)),
        as_plain(make_finding("mine/own", "c1", "not applicable")),
        as_plain(make_finding("thm5.1/z", "c1")),
    ]
    errors = [
        ({"id": "thm4.1/a", "says": "A holds."}, {"cell": "c2", "message": "later"}),
        ({"id": "thm4.1/a", "says": "A holds."}, {"cell": "c1", "message": "second"}),
        ({"id": "thm4.1/a", "says": "A holds."}, {"cell": "c1", "message": "first"}),
    ]
    found = assemble(settings, findings, errors)
    assert [(t["id"], t["title"], t["verdict"]) for t in found["theorems"]] == [
        ("thm4.1", "Theorem 4.1 — law of the network", "undecided"),
        ("thm5.1", "Theorem 5.1 — bound on the adversarial loss", "undecided"),
        ("open", "Open questions — explored, never gating", "refuted"),
        ("mine", "mine", "not applicable"),
    ]
    claims = [claim for theorem in found["theorems"] for claim in theorem["claims"]]
    assert [(c["id"], c["says"], c["verdict"]) for c in claims] == [
        ("thm4.1/a", "A holds.", "undecided"),
        ("thm4.1/b", "thm4.1/b holds.", "supported"),
        ("thm5.1/z", "thm5.1/z holds.", "undecided"),
        ("open/q", "open/q holds.", "refuted"),
        ("mine/own", "mine/own holds.", "not applicable"),
    ]
    assert {(one["where"], *one["parts"]) for one in claims} == {("",)}  # where no regime is named
    assert {(one["says"], *one["parts"]) for one in found["theorems"]} == {("",)}
    assert claims[0]["errors"] == [errors[2][1], errors[1][1], errors[0][1]]
    assert claims[0]["findings"] == []
    rest = {name: value for name, value in findings[4].items() if name not in ("claim", "says")}
    assert claims[2]["findings"][0] == rest
    assert [one["cell"] for one in claims[2]["findings"]] == ["c1", "c2"]
    assert [one.get("explored") for claim in claims for one in claim["findings"]] == [None, None, None, True, None]
    assert found["verdict"] == "undecided"  # the open question's refutation counts for nothing
    assert found["family_error_bound"] == pytest.approx(0.25 + 0.5 + 0.125 + 2e-6, rel=1e-9)
    head = {name: found[name] for name in ("schema", "seed", "level", "alpha", "theory", "architectures", "mfcheck")}
    assert head == {
        "schema": 2,
        "seed": 7,
        "level": "quick",
        "alpha": settings.alpha,
        "theory": settings.theory,
        "architectures": list(settings.architectures),
        "mfcheck": importlib.metadata.version("mfcheck"),
    }
    created = datetime.datetime.fromisoformat(found["created"])
    assert (created.utcoffset(), created.microsecond) == (datetime.timedelta(0), 0)
    assert found["environment"] == environment()
    assert found["dataset"] == inputs_of(settings, findings)


def test_a_finding_is_plain_to_its_last_value() -> None:
    finding = make_finding(
        margin=Margin(0.01, 0.02, "x"),
        resolution=None,
        holds_instead=("a", "b"),
        parameters={"flag": True, 3: math.inf},
    )
    plain = as_plain(finding)
    assert plain["margin"] == {"finite_width": 0.01, "discrepancy": 0.02, "origin": "x"}
    assert (plain["resolution"], plain["holds_instead"], plain["verdict"]) == (None, ["a", "b"], "supported")
    assert plain["parameters"] == {"flag": True, "3": None}
    assert set(plain) == set(asdict(finding))
    assert finding.margin.total == pytest.approx(0.03)


def test_the_environment_says_what_a_run_ran_on() -> None:
    assert environment() == {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("torch", "numpy", "scipy", "pytest")},
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "float32_matmul": "ieee (no TF32)",
    }


def test_the_inputs_are_those_of_the_settings_and_of_every_finding() -> None:
    settings = make_settings()
    findings: list[dict[str, Any]] = [{"parameters": {"dataset": name}} for name in ("noise", "digits")]
    found = inputs_of(settings, [*findings, {"parameters": {}}])
    assert (found["name"], found["norm"]) == ("digits and noise", "‖x‖₂ = √d")
    assert [sorted(file) for file in found["files"]] == [["file", "note", "origin", "sha256"]]
    assert inputs_of(settings, [])["name"] == "digits"


def test_twins_are_killed_or_survive_or_are_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    theory = PaperTheory()
    made = [Twin(name, "omega", theory, "the same" if name == "same" else "") for name in ("a", "b", "c", "same")]
    monkeypatch.setattr(record, "twins", lambda _: made)
    findings = [
        {"claim": "t/z", "twins_seen": ["a", "b", "same"], "twins_refuted": ["a"]},
        {"claim": "t/y", "twins_seen": ["a"], "twins_refuted": ["a"]},
        {"claim": "t/z", "twins_seen": ["a"], "twins_refuted": ["a"]},
    ]
    untold = "no claim that ran looks at this formula"
    assert fates(theory, findings) == [
        {"name": "a", "formula": "omega", "status": "killed", "killed_by": ["t/y", "t/z"], "reason": ""},
        {"name": "b", "formula": "omega", "status": "survived", "killed_by": [], "reason": ""},
        {"name": "c", "formula": "omega", "status": "untested", "killed_by": [], "reason": untold},
        {"name": "same", "formula": "omega", "status": "equivalent", "killed_by": [], "reason": "the same"},
    ]


def test_changes_of_a_theory_are_told_by_formula_by_verdict_and_by_claim() -> None:
    def finding(claim: str, cell: str, seen: list[str], verdict: str, papers: str) -> dict[str, Any]:
        return {"claim": claim, "cell": cell, "changes_seen": seen, "verdict": verdict, "paper_verdict": papers}

    findings = [
        finding("t/b", "2", ["offset_variance"], "refuted", "supported"),
        finding("t/b", "1", ["offset_variance"], "refuted", "supported"),
        finding("t/a", "9", ["offset_variance"], "supported", "supported"),
        finding("t/c", "1", ["offset_variance"], "refuted", "refuted"),
        finding("t/d", "1", [], "undecided", ""),
    ]
    assert theory_changes(PaperTheory(), findings) == {}
    found = theory_changes(Two(), findings)
    broken = [one["formulas"] for one in found.pop("contradictions")]
    assert broken
    assert all({"fisher_rao", "offset_variance"} & set(one) for one in broken)
    assert found == {
        "formulas": [
            {"formula": "fisher_rao", "status": "untested", "seen_by": [], "asked_by": [], "refuted_by": []},
            {
                "formula": "offset_variance",
                "status": "seen",
                "seen_by": ["t/a", "t/b", "t/c"],
                "asked_by": [],
                "refuted_by": ["t/b"],
            },
        ],
        "verdicts": [
            {"claim": "t/b", "cell": cell, "paper_verdict": "supported", "verdict": "refuted"} for cell in ("1", "2")
        ],
        "unjudged": ["t/d"],
    }


# A baseline ----------------------------------------------------------------------------------------------------

KEPT_OF_A_FINDING = {
    "cell", "engine", "verdict", "statistic", "estimate", "interval", "reference", "region", "alpha", "draws",
    "expected",
}  # fmt: skip


def test_a_baseline_keeps_what_a_comparison_reads() -> None:
    more = {"family_error_bound": 1.0, "schema": 2}
    kept = baseline.reduced(WHOLE | more)
    head = ("mfcheck", "created", "environment", "seed", "level", "alpha", "theory", "architectures", "verdict")
    assert kept["family_error_bound"] == 1.0
    for name in (*head, "schema", "full", "narrowed", "dataset", "mutants"):
        assert kept[name] == WHOLE[name], name
    assert set(kept) == {*WHOLE, "family_error_bound", "devices"}
    assert kept["devices"] == ["cpu"]
    (theorem,), (given,) = kept["theorems"], WHOLE["theorems"]
    assert {name: theorem[name] for name in ("id", "title", "verdict")} == {
        name: given[name] for name in ("id", "title", "verdict")
    }
    for claim, whole in zip(theorem["claims"], given["claims"], strict=True):
        assert list(claim) == list(whole)
        assert {name: claim[name] for name in ("id", "says", "verdict", "errors")} == {
            name: whole[name] for name in ("id", "says", "verdict", "errors")
        }
        for finding, complete in zip(claim["findings"], whole["findings"], strict=True):
            assert finding == {name: complete[name] for name in complete if name in KEPT_OF_A_FINDING}
            assert set(finding) == KEPT_OF_A_FINDING


def test_a_baseline_keeps_what_was_explored_and_the_notes_of_files_and_twins() -> None:
    kept_of_it = {"cell": "a", "explored": True, "regime": "late", "caveat": "few images"}
    finding = kept_of_it | {"curve": 1, "parameters": {}}
    claim = {"id": "open/a", "says": "s", "verdict": "v", "more": 1, "findings": [finding], "errors": []}
    file = {"file": "f", "sha256": "s", "origin": "o", "note": "n", "more": 1}
    dataset = {"more": 1, "files": [file], "norm": "n", "name": "x"}
    twin = {"name": "a", "formula": "f", "status": "s", "killed_by": [], "reason": "r", "more": 1}
    theorems = [{"more": 1, "id": "open", "title": "t", "verdict": "v", "claims": [claim]}]
    kept = baseline.reduced({"dataset": dataset, "theorems": theorems, "mutants": [twin], "devices": ["cuda"]})
    assert kept["dataset"] == {
        "files": [{"file": "f", "sha256": "s", "origin": "o", "note": "n"}],
        "norm": "n",
        "name": "x",
    }
    assert kept["mutants"] == [{"name": "a", "formula": "f", "status": "s", "killed_by": [], "reason": "r"}]
    assert kept["theorems"] == [
        {
            "id": "open",
            "title": "t",
            "verdict": "v",
            "claims": [
                {
                    "id": "open/a",
                    "says": "s",
                    "verdict": "v",
                    "findings": [kept_of_it],
                    "errors": [],
                }
            ],
        }
    ]
    assert baseline.reduced({"dataset": dataset, "theorems": [], "mutants": None})["mutants"] == []


def test_a_baseline_has_a_finding_on_each_line() -> None:
    file = {"file": "ä", "sha256": "s"}
    text = baseline.baseline_text(
        {
            "seed": 1,
            "environment": {"a": [1, 2]},
            "dataset": {"name": "x", "files": [file]},
            "theorems": [{"id": "t", "claims": []}],
            "devices": [],
        }
    )
    assert text == (
        '{\n "seed": 1,\n "dataset": {\n  "name": "x",\n  "files": [\n   {"file": "ä", "sha256": "s"}\n  ]\n },\n'
        ' "environment": {"a": [1, 2]},\n "devices": [],\n "theorems": [\n  {"id": "t", "claims": []}\n ],\n'
        ' "mutants": []\n}\n'
    )
    assert json.loads(baseline.baseline_text(WHOLE)) == baseline.reduced(WHOLE)
    with pytest.raises(ValueError, match="JSON compliant"):
        baseline.baseline_text({"seed": math.nan, "dataset": {"files": []}, "theorems": [], "devices": []})


# The files of a run --------------------------------------------------------------------------------------------


def test_files_have_the_names_that_other_programs_read(tmp_path: Path) -> None:
    assert PAGES == ("report.json", "report.md", "report.html")
    assert (JOURNAL, COMPARISON, RUN) == ("findings.jsonl", "comparison.md", "run.json")
