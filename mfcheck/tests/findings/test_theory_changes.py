"""Another theory on trial: which of its changes are seen, and by which claims."""

from __future__ import annotations

import pytest

from mfcheck import NetworkSpec, PaperTheory, Verdict
from mfcheck.findings.reading import report_of
from mfcheck.findings.record import as_plain
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.reporting.words.changes_text import lines
from mfcheck.tests.support.rival_theories import Forgotten, Two, WideOffset, findings


@pytest.fixture
def no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the twins of every theory here would take most of the time."""
    monkeypatch.setattr("mfcheck.decisions.judgement.twins", lambda theory: ())


@pytest.mark.usefixtures("no_twins")
def test_a_change_of_the_offset_is_seen_by_claims_on_offsets_alone() -> None:
    claims = ("thm4.1/offset-gaussian", "thm4.1/entries-gaussian", "thm4.1/entries-variance")
    found = findings(WideOffset(), *claims, cells=lambda id: "N500-" in id)
    seen = {finding.claim for finding in found if finding.changes_seen}
    assert seen == {"thm4.1/offset-gaussian"}
    assert {finding.claim for finding in found} == set(claims)
    for finding in found:
        assert finding.paper_verdict == "supported"
        assert (finding.verdict is not Verdict.SUPPORTED) == bool(finding.changes_seen)
    assert any(finding.verdict is Verdict.REFUTED for finding in found)


@pytest.mark.usefixtures("no_twins")
def test_the_forgotten_1_is_refuted_by_name_where_networks_are_residual() -> None:
    claims = ("thm4.1/phase-boundary", "thm4.1/entries-variance", "thm4.1/width-convergence")
    found = findings(Forgotten(), *claims, cells=lambda id: not any(part in id for part in ("slope", "L8", "d1000")))
    for finding in found:
        residual = finding.parameters["architecture"] == "residual"
        assert finding.changes_seen == (("omega",) if residual else ())
        assert finding.verdict is not Verdict.SUPPORTED if residual else finding.verdict is Verdict.SUPPORTED
    report = {"theory": "mine:Forgotten", "theory_changes": theory_changes(Forgotten(), list(map(as_plain, found)))}
    (formula,) = report["theory_changes"]["formulas"]
    assert formula["formula"] == "omega"
    assert formula["status"] == "seen"
    assert {"thm4.1/phase-boundary", "thm4.1/entries-variance"} <= set(formula["refuted_by"])
    # The statistic of thm4.1/width-convergence is in the theory's own units: the paper's verdict takes the paper's.
    assert report["theory_changes"]["unjudged"] == []
    assert {finding.paper_verdict for finding in found} == {"supported"}
    head, first, *rest = lines(report_of({"theorems": [], **report}))
    assert head == "What theory mine:Forgotten changes"
    assert first.startswith("omega: seen by 3 claims")
    assert "thm4.1/phase-boundary: 2 cells supported by the paper's theory, refuted by this one" in rest


@pytest.mark.usefixtures("no_twins")
def test_a_change_that_cancels_in_a_reference_is_not_seen() -> None:
    """Twice the bound has the same slope against log d."""

    class Twice(PaperTheory):
        def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            return 2 * super().adversarial_bound(spec, eps, p, q)

    (finding,) = findings(Twice(), "thm5.1/dimension-scaling", cells=lambda id: "d16384" in id and "pair.1-1" in id)
    assert (finding.changes_seen, finding.paper_verdict) == ((), finding.verdict.value)


def test_the_papers_own_theory_changes_nothing() -> None:
    (finding,) = findings(PaperTheory(), "thm4.1/entries-variance", cells=lambda id: "N300-" in id)
    assert (finding.changes_seen, finding.paper_verdict) == ((), "")
    assert theory_changes(PaperTheory(), [as_plain(finding)]) == {}
    assert lines(report_of({"theorems": [], "theory": "mfcheck.theory:PaperTheory", "theory_changes": {}})) == []


def test_a_formula_that_no_claim_sees_is_untested() -> None:
    found = findings(Two(), "thm4.1/offset-gaussian", cells=lambda id: "N500-L4" in id)
    by_name = {entry["formula"]: entry for entry in theory_changes(Two(), list(map(as_plain, found)))["formulas"]}
    assert by_name["fisher_rao"]["status"] == "untested"
    assert by_name["offset_variance"]["seen_by"] == ["thm4.1/offset-gaussian"]
