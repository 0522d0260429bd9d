"""An open question never fails a run, but an error in it does."""

from __future__ import annotations

import pytest

from mfcheck.tests.support.long_runs import NUMBERS, OPEN, TOY, make, report, run
from mfcheck.tests.support.runs import journal

pytestmark = pytest.mark.usefixtures("light_runs")


def test_an_open_question_never_fails_a_run_but_an_error_in_it_does(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(pytester, TOY + OPEN)
    result = run(pytester, *NUMBERS)
    assert result.ret == 0
    result.assert_outcomes(passed=6)
    verdicts = [finding["verdict"] for finding in journal(pytester) if finding["claim"] == "open/question"]
    assert verdicts == ["refuted"] * 3
    assert report(pytester)["verdict"] == "supported"
    monkeypatch.setenv("TOY_DIES", "open")
    result = run(pytester, *NUMBERS)
    assert result.ret == 1
    result.assert_outcomes(passed=5, failed=1)
