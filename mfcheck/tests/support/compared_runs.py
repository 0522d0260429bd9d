"""Reports of a plain run, and the same with something changed, to hold against each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from mfcheck.findings.compared import Comparison
from mfcheck.findings.comparison import compare
from mfcheck.findings.snapshot import snapshot_of

Report = dict[str, Any]


def finding(cell: str, verdict: str = "supported", **values: Any) -> dict[str, Any]:
    """A supported finding with some values changed."""
    found = {
        "cell": cell,
        "engine": "wishart",
        "parameters": {"device": "cpu"},
        "verdict": verdict,
        "statistic": "ratio to the theory",
        "estimate": 1.0,
        "interval": [0.99, 1.01],
        "reference": 1.0,
        "region": [0.95, 1.05],
        "alpha": 1e-6,
        "draws": 1000,
        "expected": "",
        "curve": None,
        "reproduce": "pytest claims",
    }
    return found | values


def refuted(cell: str, expected: str = "") -> dict[str, Any]:
    """A refuted finding, expected or not."""
    return finding(cell, "refuted", estimate=1.3, interval=[1.29, 1.31], expected=expected)


def not_applicable(cell: str) -> dict[str, Any]:
    """A finding where the theory says nothing."""
    return finding(cell, "not applicable", interval=[None, None], estimate=None, reference=None, region=[None, None])


def claim(id: str, *findings: dict[str, Any], errors: tuple[str, ...] = ()) -> dict[str, Any]:
    """A claim with its findings and the cells that crashed."""
    crashed = [{"cell": cell, "message": "boom\nhere"} for cell in errors]
    return {"id": id, "says": "A law holds.", "verdict": "supported", "findings": list(findings), "errors": crashed}


def report(*claims: dict[str, Any], **values: Any) -> Report:
    """A report of these claims."""
    found = {
        "schema": 2,
        "mfcheck": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "environment": {"python": "3.11.7", "torch": "2.13.0", "cores": 2},
        "seed": 1,
        "level": "quick",
        "alpha": 1e-6,
        "theory": "mfcheck.theory:PaperTheory",
        "architectures": ["vanilla", "residual"],
        "dataset": {"name": "digits and noise", "files": [{"file": "digits.csv", "sha256": "ab" * 32}]},
        "verdict": "supported",
        "full": True,
        "narrowed": False,
        "theorems": [{"id": "toy.1", "title": "Toy", "verdict": "supported", "claims": list(claims)}],
        "mutants": [twin("omega: × 1.05", "killed"), twin("omega: × 1.25", "killed")],
    }
    return found | values


def twin(name: str, status: str) -> dict[str, Any]:
    """What became of a wrong twin."""
    killers = ["toy.1/law"] * (status == "killed")
    return {"name": name, "formula": "omega", "status": status, "killed_by": killers, "reason": ""}


def plain_run(**values: Any) -> Report:
    """Four claims: a supported one of three cells, an expected refutation, an undecided one, and an open question."""
    return report(
        claim("toy.1/law", finding("one"), finding("two"), finding("two", statistic="share"), finding("three")),
        claim("toy.1/broken", refuted("one", "it is leading order")),
        claim("toy.1/hard", finding("one", "undecided", interval=[0.9, 1.1])),
        claim("open/question", finding("one")),
        **values,
    )


def held(old: Report, new: Report) -> Comparison:
    """A new report held against an old one."""
    return compare(snapshot_of(old, "old.json"), snapshot_of(new, "new.json"))


def changes(comparison: Comparison) -> set[tuple[str, str, str, str]]:
    """What a comparison tells, in short."""
    return {(change.weight, change.kind, change.claim, change.cell) for change in comparison.changes}


def changed(edit: Callable[[Report], object], **values: Any) -> Comparison:
    """The plain run held against itself after an edit of its claims."""
    new = copy.deepcopy(plain_run(**values))
    edit(new["theorems"][0])
    return held(plain_run(), new)


def with_findings(claim_number: int, finding_number: int, new: dict[str, Any]) -> Callable[[Report], object]:
    """An edit that puts another finding in the place of one."""

    def edit(theorem: Report) -> None:
        theorem["claims"][claim_number]["findings"][finding_number] = new

    return edit


LAW, BROKEN, HARD, QUESTION = range(4)

CLAIMS = (
    claim("toy.1/law", finding("one"), refuted("two", "it is leading order"), errors=("three",)),
    claim("open/question", not_applicable("one")),
)
WHOLE = report(*CLAIMS, mutants=[twin("omega: × 1.05", "killed"), twin("omega: × 1.25", "survived")])
"""A small report in which every field that is read has a value: two claims, an error and two wrong twins."""
