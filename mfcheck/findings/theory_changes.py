"""What a theory on trial changes of the paper's: the block `theory_changes` of report.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfcheck.findings.expected import refuted_changes
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import changes, is_papers

SEEN, UNTESTED = "seen", "untested"


def theory_changes(theory: PaperTheory, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each changed formula with the claims that saw it and those that refuted it, and each verdict that changed.

    Empty for the paper's own theory. A refutation that the paper's theory shares counts for none. `unjudged` are the
    claims that saw a change, in cells whose draws cannot judge the paper's theory too.
    """
    if is_papers(theory):
        return {}
    formulas, wrong = [], refuted_changes(findings)
    for change in changes(theory):
        seeing = [finding for finding in findings if change.name in finding["changes_seen"]]
        formulas.append(
            {
                "formula": change.name,
                "status": SEEN if seeing else UNTESTED,
                "seen_by": _claims(seeing),
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


def _claims(findings: Sequence[dict[str, Any]]) -> list[str]:
    return sorted({finding["claim"] for finding in findings})
