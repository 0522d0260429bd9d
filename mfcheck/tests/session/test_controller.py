"""A run cut short leaves its findings and no report, and a crashed worker is an error."""

from __future__ import annotations

import pytest

from mfcheck.tests.support.runs import PLAIN, claims_of, journal, report, run
from mfcheck.tests.support.toy_claims import COIN, STALE, TOY, VARIANCE, WRONG, leave_stale_pages

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_a_run_stopped_by_x_leaves_its_findings_and_no_report(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + COIN + WRONG + VARIANCE)
    assert run(pytester, "-x").ret != 0
    assert [finding["claim"] for finding in journal(pytester)] == ["toy.1/coin", "toy.1/coin", "toy.2/wrong"]
    assert sorted(file.name for file in folder.iterdir()) == ["findings.jsonl", "run.json"]


INTERRUPT = '''
@claim("toy.8/interrupted", cells=one)
def test_interrupted(cell, decide):
    """Somebody loses patience."""
    raise KeyboardInterrupt
'''


def test_an_interrupted_run_leaves_its_findings_and_no_report(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + COIN + INTERRUPT + WRONG)
    assert run(pytester, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    assert [finding["claim"] for finding in journal(pytester)] == ["toy.1/coin", "toy.1/coin"]
    assert sorted(file.name for file in folder.iterdir()) == ["findings.jsonl", "run.json"]


@pytest.mark.parametrize("source", [INTERRUPT + COIN, COIN + "import nowhere_at_all\n"], ids=["interrupt", "import"])
def test_a_run_without_any_finding_leaves_an_earlier_report_as_it_is(pytester: pytest.Pytester, source: str) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + source)
    assert run(pytester, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    assert {name: (folder / name).read_text() for name in STALE} == STALE


def test_a_crashed_worker_is_an_error_and_never_a_pass(pytester: pytest.Pytester) -> None:
    # The first cell takes its worker down before anything was found; the run goes on in a new one.
    exits = 'if cell.spec.architecture == "residual":\n        os._exit(3)\n    decide.rate'
    crash = COIN.replace("decide.rate", exits)
    pytester.makepyfile(test_toy="import os\n" + TOY + crash)
    result = run(pytester, "-n", "1", "--mf-seed", "1")
    assert result.ret == 1
    found = report(pytester)
    assert found["verdict"] == "undecided"
    (coin,) = claims_of(found).values()
    assert [finding["verdict"] for finding in coin["findings"]] == ["supported"]
    assert [error["cell"] for error in coin["errors"]] == ["wishart-residual-N32-L2-d4-K1-w0.5-relu"]
    assert "crashed" in coin["errors"][0]["message"]


def test_tests_without_claims_leave_an_earlier_report_alone(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_other=PLAIN)
    assert run(pytester).ret == 0
    assert {file.name: file.read_text() for file in folder.iterdir()} == STALE


def test_a_run_without_pytests_terminal_ends_as_any_other(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + COIN + WRONG)
    options = ("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider", "-p", "no:terminal")
    found = pytester.runpytest_subprocess(*options)
    assert (found.ret, found.errlines) == (pytest.ExitCode.TESTS_FAILED, [])
    assert (pytester.path / "reports" / "report.json").exists()
