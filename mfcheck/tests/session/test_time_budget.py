"""A run with a time budget starts no cell after its end, says what is left, and can be gone on with."""

from __future__ import annotations

import pytest

from mfcheck.session.time_budget import seconds_in
from mfcheck.tests.support.runs import PLAIN, journal, report, run
from mfcheck.tests.support.toy_claims import TOY

pytestmark = pytest.mark.usefixtures("light_runs")

SLOW = '''
import os
import time

def cells(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, depth, 1.5), "wishart") for depth in range(1, 6)]


@claim("toy.1/slow", cells=cells)
def test_slow(cell, decide):
    """A coin that never fails."""
    time.sleep(float(os.environ.get('TOY_SLEEP', 0)))
    decide.rate(coins({share}), component=0, probe=PROBE)


def test_plain():
    assert True
'''
FLOOR = """
import pytest

@pytest.fixture(scope="module")
def floor():
    yield 1

def test_other(floor):
    assert floor
"""
LEAKING = """
import pytest

@pytest.fixture(scope="module", autouse=True)
def leaking():
    yield
    raise OSError("gone")
"""


@pytest.mark.parametrize(
    "text", ["", "0s", "10", "ten minutes", "-5m", "1m1h", "m", "1e3s", "9" * 60 + "h", "nan", "٣s"]
)
def test_what_is_no_time_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="time_budget must be a time such as 90s, 10m or 1h30m, above 0, got"):
        seconds_in(text)


def test_times_are_read_as_written() -> None:
    assert [seconds_in(one) for one in ("90s", "10m", "1h30m", "1.5h", "2H5s", None)] == [
        90,
        600,
        5400,
        5400,
        7205,
        None,
    ]


@pytest.mark.parametrize(
    ("workers", "budget", "sleep"),
    [((), 1, 0.6), pytest.param(("-n", "2"), 60, 55, marks=pytest.mark.slow)],
    ids=["alone", "workers"],
)
def test_cells_after_the_end_are_left_and_resumed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...], budget: int, sleep: float
) -> None:
    monkeypatch.setenv("TOY_SLEEP", str(sleep))
    pytester.makepyfile(test_toy=TOY + SLOW.format(share=1))
    asked = ("--mf-seed", "5", *workers)
    result = run(pytester, *asked, "--mf-time-budget", f"{budget}s")
    done = len(journal(pytester))
    assert 1 <= done < 5
    assert result.ret == 0, "what was decided is as it should be, as of a narrowed run"
    assert result.parseoutcomes()["passed"] == done + 1, "only claims are left out"
    found = report(pytester)
    assert (found["narrowed"], found["full"]) == (True, False)
    cells = f"{5 - done} cell{'s' if done < 4 else ''}"
    result.stdout.fnmatch_lines(
        [
            f"mfcheck: the time budget is spent; {cells} not started",
            f"mfcheck: {done} finding{'s are' if done > 1 else ' is'} kept; for the rest:*",
        ]
    )
    monkeypatch.delenv("TOY_SLEEP")
    resumed = run(pytester, "--mf-resume", *workers)
    assert resumed.ret == 0
    assert resumed.parseoutcomes()["passed"] == 6
    assert len(report(pytester)["theorems"][0]["claims"][0]["findings"]) == 5
    resumed.stdout.no_fnmatch_line("*time budget*")
    again = run(pytester, "--mf-resume", *workers, "--mf-report", "reports", "--mf-time-budget", "0.001s")
    assert again.ret == pytest.ExitCode.USAGE_ERROR, "nothing is left to resume"


def test_nothing_decided_is_no_pass_and_a_refutation_still_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_SLEEP", "0.6")
    pytester.makepyfile(test_toy=TOY + SLOW.format(share=0.5))
    assert run(pytester, "--mf-time-budget", "0.001s").ret == 1
    assert run(pytester, "--mf-seed", "5", "--mf-time-budget", "1s").ret == 1
    assert report(pytester)["theorems"][0]["verdict"] == "refuted"


def test_what_runs_after_a_left_cell_finds_a_clean_floor(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_SLEEP", "0.6")
    pytester.makepyfile(test_a=TOY + SLOW.format(share=1).replace(PLAIN, ""), test_b=FLOOR)
    first = run(pytester, "--mf-seed", "5", "--mf-time-budget", "1s")
    assert first.ret == 0
    first.assert_outcomes(passed=len(journal(pytester)) + 1)
    again = run(pytester, "--mf-resume", "--mf-time-budget", "0.01s")  # those taken over are told last
    again.assert_outcomes(passed=len(journal(pytester)) + 1)
    assert report(pytester)["theorems"][0]["claims"][0]["errors"] == []


def test_a_teardown_that_fails_after_a_left_cell_is_an_error_of_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_SLEEP", "1.1")
    pytester.makepyfile(test_a=LEAKING + TOY + SLOW.format(share=1).replace(PLAIN, ""))
    result = run(pytester, "--mf-seed", "5", "--mf-time-budget", "1s")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*OSError: gone*"])


@pytest.mark.parametrize("error", ["KeyboardInterrupt()", "pytest.exit.Exception('all of it')"])
def test_what_ends_a_run_ends_it_in_that_teardown_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    monkeypatch.setenv("TOY_SLEEP", "1.1")
    leaking = LEAKING.replace('OSError("gone")', error)
    pytester.makepyfile(test_a=leaking + TOY + SLOW.format(share=1).replace(PLAIN, ""), test_b=FLOOR)
    result = run(pytester, "--mf-seed", "5", "--mf-time-budget", "1s", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(passed=1)
