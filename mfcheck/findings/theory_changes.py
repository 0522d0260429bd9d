"""What a theory on trial changes of the paper's: the block `theory_changes` of report.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mfcheck.findings.expected import refuted_changes
from mfcheck.findings.pins import pins_of
from mfcheck.theory import PaperTheory
from mfcheck.theory.agreement import agrees
from mfcheck.theory.arguments import formulas
from mfcheck.theory.changes import changes, is_papers

SEEN, UNMOVED, UNTESTED = "seen", "unmoved", "untested"
"""Whether some claim is moved by a change; or none, though some ask the formula, as it has the paper's values; or none,
and it has not, or nobody asks it."""


def theory_changes(theory: PaperTheory, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each changed formula with the claims that saw it, asked it and refuted it, and each verdict that changed.

    Empty for the paper's own theory. A refutation that the paper's theory shares counts for none. `unjudged` are the
    claims that saw a change, in cells whose draws cannot judge the paper's theory too.
    """
    if is_papers(theory):
        return {}
    formulas, wrong = [], refuted_changes(findings)
    for change in changes(theory):
        seeing = [finding for finding in findings if change.name in finding["changes_seen"]]
        asking = [finding for finding in findings if _asks(finding, change.name, theory)]
        formulas.append(
            {
                "formula": change.name,
                "status": SEEN if seeing else UNMOVED if asking and agrees(theory, change.name) else UNTESTED,
                "seen_by": _claims(seeing),
                "asked_by": _claims(asking),
                "refuted_by": sorted(wrong.get(change.name, ())),
            }
        )
    changed = [f for f in findings if f["paper_verdict"] and f["paper_verdict"] != f["verdict"]]
    return {
        "formulas": formulas,
        "verdicts": [
            {name: finding[name] for name in ("claim", "cell", "paper_verdict", "verdict")}
            for finding in sorted(changed, key=lambda finding: (finding["claim"], finding["cell"]))
        ],
        "unjudged": _claims([finding for finding in findings if not finding["paper_verdict"]]),
    }


def _asks(finding: Mapping[str, Any], name: str, theory: PaperTheory) -> bool:
    """Whether a finding asks a formula; of a helper or a field, whether it asks any."""
    pins: Sequence[Mapping[str, Any]] = pins_of(finding)["pins"]
    return any(pin["formula"] == name for pin in pins) if name in formulas(theory) else bool(pins)


def _claims(findings: Sequence[dict[str, Any]]) -> list[str]:
    return sorted({finding["claim"] for finding in findings})
