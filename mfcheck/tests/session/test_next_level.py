"""An open finding is told the level that would decide it, and a report is written where no level can be planned."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.decisions import decide
from mfcheck.decisions.trial import Trial
from mfcheck.findings.reading import report_of
from mfcheck.session import next_level
from mfcheck.settings import Settings, level_named
from mfcheck.tests.support.reports import make_claim, make_finding, make_report
from mfcheck.theory import PaperTheory

CLAIM = "thm4.1/entries-variance"


def open_finding(estimate: float = 1.013, **changes: Any) -> dict[str, Any]:
    """A finding of a cell of the suite at level quick whose interval straddles the margin's edge."""
    from mfcheck.decisions.suite import suite_claims
    from mfcheck.theorems.cells_of_a_run import each_cell

    known = suite_claims()[CLAIM]
    cell = next(cell for _, _, cell in each_cell([known], settings()) if cell.engine == "wishart")
    values = {"cell": cell.id, "engine": cell.engine, "parameters": dict(cell.details), "verdict": "undecided"}
    values |= {"estimate": estimate, "interval": [0.99, 1.04], "reference": 1.0, "draws": 1000, "seconds": 2.0}
    return make_finding(**values | changes)


def settings(level: str = "quick") -> Settings:
    return Settings(seed=1, level=level_named(level))


def planned(*findings: dict[str, Any], id: str = CLAIM, level: str = "quick") -> list[dict[str, Any]]:
    report = make_report(make_claim(*findings, id=id, verdict="undecided"), verdict="undecided")
    return next_level.separating(report, settings(level), PaperTheory())


def test_the_level_that_separates_is_told_with_its_draws_and_the_time_they_took_here() -> None:
    (found,) = planned(open_finding(1.03))
    assert found["level"] == "standard"
    assert found["separates"]
    assert 0.01 <= found["margin"] < 0.02
    assert found["seconds"] == pytest.approx(found["draws"] * 2.0 / 1000)
    assert report_of(make_report() | {"separating": [found]}).separating[0].level == "standard"


def test_a_cell_that_cannot_be_planned_there_leaves_the_step_to_one_like_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the command names no cell."""
    finding = open_finding(1.03)
    assert planned(finding)[0]["same_cell"]
    whole = decide.asked

    def asked(test: Any, claim: Any, cell: Any, *rest: Any) -> tuple[Any, Trial]:
        asks, trial = whole(test, claim, cell, *rest)
        return (asks, trial) if cell.id != finding["cell"] else ([], trial)

    monkeypatch.setattr(decide, "asked", asked)
    (found,) = planned(finding)
    assert not found["same_cell"]


def test_a_glance_is_told_levels_with_narrower_margins() -> None:
    (found,) = planned(open_finding(1.03), level="glance")
    assert found["level"] == "standard"


def test_an_estimate_at_the_edge_of_every_margin_is_told_the_last_level() -> None:
    (found,) = planned(open_finding(1.0))
    assert found["separates"]  # far within every margin
    (edge,) = planned(open_finding(1.0105))
    assert (edge["level"], edge["separates"]) == ("paper", True)
    (last,) = planned(open_finding(1.0052), level="standard")
    assert (last["level"], last["separates"]) == ("paper", False)


def test_a_share_of_networks_without_a_margin_is_separated_by_no_level() -> None:
    """Its first look is as large at every level, and its edge as near."""
    from mfcheck.decisions.suite import suite_claims
    from mfcheck.theorems.cells_of_a_run import each_cell

    claim = "thm5.8/residual-trainable"
    _, _, cell = next(iter(each_cell([suite_claims()[claim]], settings())))
    about = {"cell": cell.id, "engine": cell.engine, "parameters": dict(cell.details), "interval": [0.4, 0.9]}
    (found,) = planned(open_finding(0.6, **about), id=claim)
    assert (found["margin"], found["separates"]) == (0.0, False)


def test_nothing_is_planned_where_nothing_is_open_known_or_higher() -> None:
    assert planned(open_finding(verdict="supported")) == []
    assert planned(open_finding(), id="mine/own") == []
    assert planned(open_finding(), id="open/attack-difficulty") == []
    assert planned(open_finding(), level="paper") == []
    assert planned(open_finding(draws=0)) == []


def test_a_claim_that_cannot_be_planned_keeps_no_report_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(next_level, "_at", broken)
    assert planned(open_finding()) == []
