"""What a theory on trial changes of the paper's: the block `theory_changes` of report.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from mfcheck.findings.expected import refuted_changes
from mfcheck.findings.pins import pins_of
from mfcheck.theory import PaperTheory
from mfcheck.theory.agreement import agrees
from mfcheck.theory.arguments import formulas
from mfcheck.theory.changes import changes, is_papers
from mfcheck.theory.consistency import contradictions

Plain = Mapping[str, Any]
SEEN, UNMOVED, UNTESTED = "seen", "unmoved", "untested"
"""Whether some claim's draws tell a change from the paper's formula, or see next to none of one that has the paper's
values; or some ask the formula, and it has these everywhere; or neither: nobody asks it, or where it is asked no draws
tell the two apart, and elsewhere it is another."""


def theory_changes(theory: PaperTheory, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each changed formula with the claims that saw it, asked it and refuted it, and each verdict that changed.

    Empty for the paper's own theory. A refutation that the paper's theory shares counts for none. `unjudged` are the
    claims that saw a change, in cells whose draws cannot judge the paper's theory too. `contradictions` are where the
    theory's formulas break what follows from each other: told, and no verdict.
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
                "status": _status(change.name, seeing, asking, same=partial(agrees, change.theory, change.name)),
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
        "contradictions": [asdict(one) for one in contradictions(theory)],
    }


def _status(name: str, seeing: Sequence[Plain], asking: Sequence[Plain], *, same: Callable[[], bool]) -> str:
    """What is known of a change, by the findings that see it and that ask it; whether it has the `same` values as the
    paper's formula takes a while to tell, and is asked last."""
    if any(name in finding.get("changes_told", finding["changes_seen"]) for finding in seeing):
        return SEEN
    if not (seeing or asking) or not same():
        return UNTESTED
    return SEEN if seeing else UNMOVED


def _asks(finding: Plain, name: str, theory: PaperTheory) -> bool:
    """Whether a finding asks a formula; of a helper or a field, whether it asks any."""
    pins: Sequence[Plain] = pins_of(finding)["pins"]
    return any(pin["formula"] == name for pin in pins) if name in formulas(theory) else bool(pins)


def _claims(findings: Sequence[dict[str, Any]]) -> list[str]:
    return sorted({finding["claim"] for finding in findings})
