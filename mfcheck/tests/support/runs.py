"""Runs of pytest inside a test, and what they leave in their report folder."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mfcheck.decisions import decide, medians
from mfcheck.ensembles import sampling
from mfcheck.findings import comparison
from mfcheck.observables import jacobian
from mfcheck.reporting import markdown, pages, terminal
from mfcheck.reporting.words import comparison_text
from mfcheck.session import recorder, resume
from mfcheck.session.journal import ENTRY
from mfcheck.theorems import accuracy_map, foreign, variance
from mfcheck.theory import entry_law

HELD = (
    *(decide, medians, sampling, comparison, jacobian, markdown, pages, terminal),
    *(comparison_text, recorder, resume, accuracy_map, foreign, variance, entry_law),
)
"""Runs in this process forget the modules they import: what is slow to import is held here."""
LIGHT = ("-p", "no:hypothesispytest", "-p", "no:benchmark")
"""Leaves out plugins that only take time to import, in every run and once more in every worker."""
PLAIN = "def test_plain():\n    assert True\n"


def run(pytester: pytest.Pytester, *arguments: str, **options: Any) -> pytest.RunResult:
    """A run of pytest in this process."""
    return pytester.runpytest_inprocess(*LIGHT, *arguments, **options)


def journal(pytester: pytest.Pytester, folder: str = "reports") -> list[dict[str, Any]]:
    """The findings that a run kept, in their order."""
    lines = (pytester.path / folder / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != ENTRY} for line in lines]


def report(pytester: pytest.Pytester, folder: str = "reports") -> dict[str, Any]:
    """The report of a run, which must be strict JSON."""
    text = (pytester.path / folder / "report.json").read_text(encoding="utf-8")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def claims_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The claims of a report by id."""
    return {claim["id"]: claim for theorem in found["theorems"] for claim in theorem["claims"]}


def without_time(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings without how long they took, in an order of their own."""
    kept = [{name: value for name, value in finding.items() if name != "seconds"} for finding in findings]
    return sorted(kept, key=lambda finding: (finding["claim"], finding["cell"]))
