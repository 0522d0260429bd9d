"""What no report could hold is an error of its cell, told where it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mfcheck import PaperTheory
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.statement import Evidence, Plan, Rule, Statement
from mfcheck.findings.finding import Margin
from mfcheck.findings.record import as_plain, reportable
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.tests.support.bounded_draws import decider
from mfcheck.tests.support.coin_claims import CELLS, written
from mfcheck.verdict import Verdict

DECIDED = Decision(Verdict.SUPPORTED, Estimate(1.0, 0.9, 1.1), Region(0.0, 2.0, 1.0), 100, 1, 1e-3)
RIGHT = Evidence(statistic="ratio", reference=1.0, decision=DECIDED)


@dataclass(frozen=True, eq=False, kw_only=True)
class Mine(Statement[Plan]):
    """A statement of one's own that says and finds what it is told to."""

    evidence: Evidence = RIGHT
    words: Any = "it is so"

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> Plan:
        return Plan(Margin(0.0, 1.0, "none"), 100, (), 100)

    def decide(self, plan: Plan, theory: PaperTheory, rule: Rule) -> Evidence:
        return self.evidence

    def says(self, plan: Plan) -> str:
        return self.words  # type: ignore[no-any-return]


def but(**changed: Any) -> Mine:
    return Mine(evidence=replace(RIGHT, **changed))


WRONG: dict[str, tuple[Callable[[], Mine], str]] = {
    "nothing said": (lambda: Mine(words=None), "finding.decides must be a text, got null"),
    "a number said": (lambda: Mine(words=3), "finding.decides must be a text, got 3"),
    "no statistic": (lambda: but(statistic=None), "finding.statistic must be a text of at most 2000, got null"),
    "a reference that is a law": (lambda: but(reference=object()), "finding holds what is no plain value"),
    "a reference of two": (lambda: but(reference=np.ones(2)), "finding holds what is no plain value"),
    "half a draw": (lambda: but(decision=replace(DECIDED, draws=1.5)), "finding.draws must be a whole number from 0"),
    "a region that ends first": (
        lambda: but(decision=replace(DECIDED, region=Region(2.0, 0.0, 1.0))),
        "finding.region is no interval: it begins at 2.0 and ends at 0.0",
    ),
}


@pytest.mark.parametrize(("make", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_told_is_no_finding(make: Callable[[], Mine], said: str) -> None:
    decide = decider()
    with pytest.raises(ValueError, match=r"^thm5.1/bound-limit in cell ") as caught:
        decide(make())
    assert f": what it found cannot be reported: {said}" in str(caught.value)
    assert decide.findings == []


def test_it_is_an_error_of_its_cell_alone(pytester: pytest.Pytester) -> None:
    """Another claim of the run is told, as if nothing had happened."""
    silent = "from mfcheck.tests.decisions.test_reportable import Mine; decide(Mine(words=None))"
    pytester.makepyfile(test_toy=CELLS + written("silent", silent) + written("good", "fair(decide)"))
    found = pytester.runpytest("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider")
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    told = json.loads((pytester.path / "reports" / "report.json").read_text())
    claims = {claim["id"]: claim for theorem in told["theorems"] for claim in theorem["claims"]}
    assert claims["toy.1/good"]["verdict"] == "supported"
    assert not claims["toy.1/silent"]["findings"]
    for error in claims["toy.1/silent"]["errors"]:
        assert error["message"].endswith("cannot be reported: finding.decides must be a text, got null")


def test_a_reason_that_is_none_is_refused_too() -> None:
    with pytest.raises(ValueError, match=r"finding.reason must be a text, got null"):
        decider().does_not_apply(None)  # type: ignore[arg-type]


def test_what_can_be_told_stays_as_it_is_and_numpys_numbers_are_numbers() -> None:
    finding = decider()(but(decision=replace(DECIDED, draws=np.int64(100)), reference=np.float32(0.5)))
    assert reportable(finding) is finding
    plain = as_plain(finding)
    assert (plain["draws"], plain["reference"]) == (100, 0.5)
    assert type(plain["draws"]) is int
