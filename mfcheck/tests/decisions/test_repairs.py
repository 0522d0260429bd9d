"""A theory on trial against what was declared refuted of the paper's: it repairs that, or it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from mfcheck import Cell, Finding, NetworkSpec, PaperTheory, Probe, Source, Tail
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.claim import Claim
from mfcheck.findings.expected import Expectation, declare, outcomes
from mfcheck.findings.record import as_plain
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.settings import Settings, level_named
from mfcheck.verdict import Verdict

SPEC = NetworkSpec("vanilla", 4, 1, width=32, depth=2, weight_variance=2.0)
DECLARED = Expectation("toy.1/bound", "it is a tenth too low", "a tenth more")
TRUE = 1.1


def drawn(spec: NetworkSpec, probe: Probe, stream: Any, n: int) -> torch.Tensor:
    """A statistic whose mean, and median, is 1.1 times what the paper says of it (ω = 1)."""
    return TRUE + 0.1 * (torch.rand(n, 1, generator=stream.torch, dtype=torch.float64) - 0.5)


SOURCE = Source("a tenth too large", {"wishart": drawn}, {"wishart": False})


class Times(PaperTheory):
    """ω, and with it the toy law, times a factor."""

    factor = 1.0

    def omega(self, spec: NetworkSpec) -> float:
        return self.factor * super().omega(spec)


def times(factor: float) -> PaperTheory:
    return type("Other", (Times,), {"factor": factor, "__module__": __name__})()


def decided(theory: PaperTheory, *, bound: bool) -> Finding:
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("toy.1/bound", "A toy law.", lambda settings: [])
    decide = Decider(claim, Cell(SPEC, "wishart"), settings, theory, ChunkStore(), "")
    probe, instead = Probe(np.ones((1, 4))), {"a tenth more": lambda theory: TRUE}
    if bound:
        from mfcheck.decisions.allowance import Allowance

        return decide.median_ratio(
            SOURCE,
            statistic=lambda draws: draws[:, 0],
            probe=probe,
            reference=lambda theory: theory.omega(SPEC),
            allowance=lambda: Allowance(0.0, 0.0, "none"),
            spread=0.03,
            delta=0.02,
            upper_only=True,
            instead=instead,
        )
    return decide.mean_ratio(
        SOURCE,
        statistic=lambda draws: draws[:, 0],
        probe=probe,
        reference=lambda theory: theory.omega(SPEC),
        tail=lambda: Tail(1.01, 1.1),
        finite_width=lambda: 0.0,
        delta=0.02,
        instead=instead,
    )


def told(theory: PaperTheory, finding: Finding) -> tuple[Finding, str, Mapping[str, str], dict[str, Any]]:
    marked, problem = declare(finding, [DECLARED])
    plain = [as_plain(marked)]
    return marked, problem, outcomes([DECLARED], plain)[0], theory_changes(theory, plain)


@pytest.mark.parametrize("bound", [False, True], ids=["law", "bound"])
def test_the_papers_own_theory_is_refuted_as_declared(bound: bool) -> None:
    marked, problem, outcome, _ = told(PaperTheory(), decided(PaperTheory(), bound=bound))
    assert (marked.verdict, problem, outcome["status"]) == (Verdict.REFUTED, "", "met")
    assert marked.expected
    assert not marked.repairs


@pytest.mark.parametrize("bound", [False, True], ids=["law", "bound"])
def test_a_theory_that_is_right_repairs_it(bound: bool) -> None:
    theory = times(1.25 if bound else TRUE)
    finding = decided(theory, bound=bound)
    assert finding.verdict is Verdict.SUPPORTED
    assert finding.paper_verdict == "refuted"
    assert finding.paper_instead == ("a tenth more",)
    marked, problem, outcome, changes = told(theory, finding)
    assert problem == ""
    assert marked.repairs == DECLARED.reason
    assert not marked.expected
    assert outcome["status"] == "repaired"
    assert changes["formulas"][0]["refuted_by"] == []


@pytest.mark.parametrize(("factor", "bound"), [(1.09, True), (1.115, False)], ids=["bound", "law"])
def test_one_that_holds_by_its_discrepancy_alone_repairs_nothing(factor: float, bound: bool) -> None:
    theory = times(factor)
    finding = decided(theory, bound=bound)
    assert finding.verdict is Verdict.SUPPORTED
    marked, problem, outcome, _ = told(theory, finding)
    assert "discrepancy" in problem
    assert not marked.repairs
    assert outcome["status"] == "unmet"


def test_a_refutation_that_the_paper_shares_is_no_credit_and_no_excuse() -> None:
    theory = times(1.25)
    finding = decided(theory, bound=False)
    assert (finding.verdict, finding.paper_verdict) == (Verdict.REFUTED, "refuted")
    marked, _, outcome, changes = told(theory, finding)
    assert not marked.expected
    assert outcome["status"] == "unmet"
    assert changes["formulas"][0]["seen_by"] == ["toy.1/bound"]
    assert changes["formulas"][0]["refuted_by"] == []


def test_both_decisions_are_charged() -> None:
    alone, both = decided(PaperTheory(), bound=False), decided(times(TRUE), bound=False)
    assert both.alpha == pytest.approx(2 * alone.alpha)


def test_a_theory_that_changes_something_else_is_held_to_the_declaration() -> None:
    class Elsewhere(PaperTheory):
        def fisher_rao(self, spec: NetworkSpec) -> float:
            return 2 * super().fisher_rao(spec)

    finding = decided(Elsewhere(), bound=False)
    assert finding.changes_seen == ()
    marked, problem, _, _ = told(Elsewhere(), finding)
    assert (bool(marked.expected), problem) == (True, "")


@pytest.mark.parametrize("side", ["above", "below"])
def test_a_law_breaks_on_the_side_that_the_theory_says(side: str) -> None:
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("break/toy", "A toy law breaks.", lambda settings: [])
    decide = Decider(claim, Cell(SPEC, "wishart"), settings, PaperTheory(), ChunkStore(), "")
    finding = decide.mean_ratio(
        SOURCE,
        statistic=lambda draws: draws[:, 0],
        probe=Probe(np.ones((1, 4))),
        reference=lambda theory: theory.omega(SPEC),
        tail=lambda: Tail(1.01, 1.1),
        breaks=side,  # type: ignore[arg-type]
    )
    assert finding.verdict is (Verdict.SUPPORTED if side == "above" else Verdict.REFUTED)
    assert bool(finding.reason) == (side == "below")


def test_a_law_with_two_sides_does_not_break_on_either() -> None:
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("break/toy", "A toy law breaks.", lambda settings: [])
    decide = Decider(claim, Cell(SPEC, "wishart"), settings, PaperTheory(), ChunkStore(), "")
    with pytest.raises(ValueError, match="'above' or 'below', got True"):
        decide.mean_ratio(
            SOURCE,
            statistic=lambda draws: draws[:, 0],
            probe=Probe(np.ones((1, 4))),
            reference=lambda theory: 1.0,
            tail=lambda: Tail(1.01, 1.1),
            breaks=True,
        )


def test_who_only_reads_a_formula_while_a_statement_is_made_tells_no_change_of_it() -> None:
    """A change of a millionth lies within every statement, and no draw tells it from the paper's."""
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("toy.1/within", "A toy law.", lambda settings: [])

    def found(theory: PaperTheory) -> Finding:
        decide = Decider(claim, Cell(SPEC, "wishart"), settings, theory, ChunkStore(), "")
        return decide(
            lambda theory: MedianWithin(
                SOURCE,
                statistic=lambda draws: draws[:, 0],
                name="median",
                looks_at=lambda *_: Probe(np.ones((1, 4))),
                low=0.5 * theory.omega(SPEC),
                high=2.0 * theory.omega(SPEC),
                origin="a toy",
            )
        )

    one = found(times(1 + 1e-6))
    assert one.verdict is Verdict.SUPPORTED
    assert one.changes_seen == ("omega",)
    assert one.changes_told == ()
