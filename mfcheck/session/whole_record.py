"""The record of a whole run, as report.json holds it, and why a run with such a record fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mfcheck.findings.coverage import coverage, holes
from mfcheck.findings.coverage_record import plain_coverage
from mfcheck.findings.expected import Expectation, outcomes
from mfcheck.findings.reading import report_of
from mfcheck.findings.record import assemble, fates
from mfcheck.findings.report import state_of
from mfcheck.findings.sections import section_of
from mfcheck.findings.states import UNSUPPORTED
from mfcheck.findings.theory_changes import UNTESTED, theory_changes
from mfcheck.session.journal import Plain
from mfcheck.session.next_level import separating
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

Errors = Sequence[tuple[dict[str, str], dict[str, str]]]
"""Claims, each with a cell that ended without a verdict and the reason."""


def whole_record(
    settings: Settings,
    theory: PaperTheory,
    findings: Sequence[Plain],
    errors: Errors,
    expectations: Sequence[Expectation],
    *,
    full: bool,
    narrowed: bool,
    selection: Sequence[str] = (),
    codes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """All that is recorded of a run: its findings in order, and what they say of twins, coverage and declarations.

    `full` says that all of the suite ran, and `narrowed` that claims or cells were left out, by what `selection` says,
    where another run of the same selection leaves out the same.
    """
    record = assemble(settings, findings, errors, codes) | {"full": full, "narrowed": narrowed}
    if narrowed and selection:
        record["selection"] = list(selection)
    record["mutants"] = fates(theory, findings)
    record["coverage"] = plain_coverage(coverage(theory, findings))
    record["theory_changes"] = theory_changes(theory, findings)
    record["expectations"] = outcomes(expectations, findings)
    if planned := separating(record, settings, theory):
        record["separating"] = planned
    return record


def decides(findings: Iterable[Plain]) -> bool:
    """Whether some finding that gates has a verdict."""
    gating = (finding for finding in findings if section_of(finding["claim"]).gates)
    return any(finding["verdict"] != Verdict.NOT_APPLICABLE for finding in gating)


def failures(record: Plain) -> list[str]:
    """Why a run with this record fails by itself, comparisons apart: what gates and is not as it should be."""
    report = report_of(record)
    found = [f"{one.claim}: {one.message}" for one in report.unmet]
    for claim in report.claims:
        found += [f"{claim.id} in {error.cell}: {error.message}" for error in claim.errors]
        unsupported = [one for one in claim.findings if state_of(one) in UNSUPPORTED]
        found += [f"{claim.id} in {one.cell}: {one.verdict.value}" for one in unsupported]
    if report.full:
        found += [twin.name for twin in report.twins if twin.status == "survived"]
        found += [f"coverage: {one}" for one in holes(report.coverage)]
        untested = [one for one in (report.changes.formulas if report.changes else ()) if one.status == UNTESTED]
        found += [f"{one.formula} is changed, and no claim tells it from the paper's" for one in untested]
    return found
