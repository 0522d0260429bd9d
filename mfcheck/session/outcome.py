"""What pytest says of a claim's test: it follows the verdicts, whatever marks and other plugins would make of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.states import MISSING
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from mfcheck.findings.expected import Expectation
    from mfcheck.findings.finding import Finding

CLAIM_PROPERTY, FINDING_PROPERTY, COMPLAINT_PROPERTY = "mfcheck_claim", "mfcheck_finding", "mfcheck_complaint"


@dataclass(frozen=True)
class Outcome:
    """How a decided cell is reported: "passed", "failed", "skipped", or "xfailed" for a declared refutation."""

    kind: str
    message: str = ""


OUTCOME = pytest.StashKey[Outcome]()
RUNS = pytest.StashKey[bool]()
"""Whether a claim's test is under way: reports of its call that come then are of a part of it, such as a subtest."""


def claim_of(item: pytest.Item) -> Claim | None:
    """The claim that a test decides; None for any other test."""
    return getattr(getattr(item, "function", None), "mfcheck_claim", None)


def test_of(item: pytest.Item) -> Callable[..., object]:
    """The test of a claim, called with what it takes by name."""
    from mfcheck.decisions.suite import is_method, of_an_instance

    test = cast("pytest.Function", item)
    function: Callable[..., object] = test.function
    return of_an_instance(test.cls, function) if is_method(test.cls, test.originalname) else function


def cell_of(item: pytest.Item) -> Cell | None:
    """The cell that a claim's test is for; None where the claim has no cell in this run."""
    callspec = getattr(item, "callspec", None)
    cell = None if callspec is None else callspec.params.get("cell")
    return cell if isinstance(cell, Cell) else None


def announce(item: pytest.Item, claim: Claim) -> None:
    """Have every report of this test say which claim and cell it is about."""
    cell = cell_of(item)
    told = {"id": claim.id, "says": claim.says, "cell": "" if cell is None else cell.id}
    item.user_properties.append((CLAIM_PROPERTY, json.dumps(told)))


def begin_attempt(item: pytest.Item) -> None:
    """Forget what an earlier attempt at this test has found: a plugin may run a test several times."""
    if OUTCOME in item.stash:
        del item.stash[OUTCOME]
    item.user_properties[:] = [entry for entry in item.user_properties if entry[0] != FINDING_PROPERTY]


def conclude(claim: Claim, item: pytest.Item, findings: Sequence[Finding], expectations: Sequence[Expectation]) -> None:
    """Attach the findings to the test as evidence, and raise pytest's own exception unless all is well."""
    from mfcheck.decisions.explain import explain
    from mfcheck.findings.expected import declare
    from mfcheck.findings.record import as_plain

    if not findings:
        pytest.fail("this claim's test ended without a decision: call a method of the fixture decide", pytrace=False)
    declared = [declare(finding, expectations) for finding in findings]
    findings = [finding for finding, _ in declared]
    item.user_properties.extend((FINDING_PROPERTY, json.dumps(as_plain(finding))) for finding in findings)
    failing = [f for f in findings if f.verdict in (Verdict.REFUTED, Verdict.UNDECIDED) and not f.expected]
    problems = [problem for _, problem in declared if problem] + [explain(finding) for finding in failing]
    expected = [finding for finding in findings if finding.expected]
    if problems and claim.gates:
        item.stash[OUTCOME] = Outcome("failed", "\n".join(problems))
        pytest.fail("\n".join(problems), pytrace=False)
    elif expected:
        instead = f"; instead {expected[0].instead} holds" if expected[0].instead else ""
        reason = f"refuted as expected: {expected[0].expected}{instead}"
        item.stash[OUTCOME] = Outcome("xfailed", reason)
    elif all(finding.verdict is Verdict.NOT_APPLICABLE for finding in findings):
        item.stash[OUTCOME] = Outcome("skipped", f"not applicable: {findings[0].reason}")
        raise pytest.skip.Exception(f"not applicable: {findings[0].reason}")
    else:
        item.stash[OUTCOME] = Outcome("passed")


def follow_verdicts(item: pytest.Item, report: pytest.TestReport) -> None:
    """Make a report of a claim's test say what the findings say, and a cell left without a verdict an error.

    Marks (xfail, strict or not, skip), options (--runxfail) and skips from within may have said otherwise.
    """
    if cell_of(item) is None or item.stash.get(RUNS, False):  # pytest skips a test with no cell at all
        return
    outcome = item.stash.get(OUTCOME, None)
    if report.when == "teardown":
        if hasattr(report, "wasxfail"):
            _fail(report, "its teardown failed")
    elif report.when == "setup" or outcome is None:
        if report.skipped or (report.when == "call" and report.passed):
            _fail(report, MISSING)
    elif outcome.kind == "failed":
        if not report.failed or hasattr(report, "wasxfail"):
            _fail(report, outcome.message)
    else:
        report.outcome = "skipped" if outcome.kind == "xfailed" else outcome.kind  # type: ignore[assignment]
        file, line, _ = report.location
        report.longrepr = (file, line or 0, outcome.message) if outcome.kind == "skipped" else None
        vars(report).pop("wasxfail", None)
        if outcome.kind == "xfailed":
            report.wasxfail = outcome.message


def _fail(report: pytest.TestReport, problem: str) -> None:
    """Make a report a failure: with its own traceback where it has one, else with the problem and what was said."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else vars(report).pop("wasxfail", "")
    if report.longrepr is None or isinstance(report.longrepr, tuple):
        report.longrepr = f"{problem}: {said}" if said else problem
    report.outcome = "failed"
    vars(report).pop("wasxfail", None)
