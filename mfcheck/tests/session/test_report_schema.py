"""The report of a run is as its schema says, and its pages are made again from it to the letter."""

from __future__ import annotations

import pytest

from mfcheck.cli.main import main
from mfcheck.findings.report_schema import problem_of, whole_report
from mfcheck.tests.support.runs import report, run
from mfcheck.tests.support.toy_claims import COIN, GAUSSIAN, TOY, VARIANCE


@pytest.mark.usefixtures("clean_environment")
def test_a_run_writes_a_whole_report_from_which_its_pages_are_made_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + GAUSSIAN + VARIANCE + COIN)
    run(pytester, "test_toy.py", "--mf-seed", "7")
    run(pytester, "test_toy.py", "--mf-seed", "7", "--mf-report", "second", "--mf-baseline", "reports/report.json")
    for name in ("reports", "second"):
        folder = pytester.path / name
        assert problem_of(report(pytester, name)) == ""
        assert whole_report(folder) == report(pytester, name)
        before = {page: (folder / page).read_bytes() for page in ("report.md", "report.html")}
        assert main(["report", str(folder)]) == 0
        assert {page: (folder / page).read_bytes() for page in before} == before
