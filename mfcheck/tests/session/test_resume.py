"""A run that was interrupted or killed goes on where it stopped, and no other run goes on with it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest

from mfcheck.session.resume import RUN
from mfcheck.tests.support.long_runs import EXPECTED, NUMBERS, OTHERS, TOY, dies, drawn, kept, make, report, run
from mfcheck.tests.support.runs import journal

pytestmark = pytest.mark.usefixtures("light_runs")

LINE = (
    r"mfcheck: toy\.\d/\S+ wishart-vanilla-N32-L\d-\S+: (toss \d of 5, )?draws 0–\d+( of \d+)?, .* (left|far)"
    r"(; and \d more cells?)?"
)
TERMINATE = "for _ in range(3): os.kill(int(os.environ['TOY_PARENT']), signal.SIGTERM); time.sleep(0.1)"
NAMES = {"toy.1/fair": ("fair",), "toy.2/foul": ("foul",), "toy.3/twice": ("first", "second"), "toy.4/foreign": ()}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("death", "before", "after"),
    [("raise KeyboardInterrupt", (), ()), (TERMINATE, (), ()), (TERMINATE, ("-n", "2"), ("-n", "1"))],
    ids=["interrupt", "terminate", "terminate workers"],
)
def test_an_interrupted_run_goes_on_and_ends_as_if_it_had_not_been(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    death: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> None:
    make(pytester, TOY + OTHERS)
    (pytester.path / "expected.toml").write_text(EXPECTED)
    whole = run(pytester, *NUMBERS, "--mf-report", "whole")
    assert whole.ret == 1
    every = drawn(pytester)

    dies(monkeypatch, "first 3", death)
    monkeypatch.setenv("TOY_IS_SLOW", "fair 2")
    handler = signal.getsignal(signal.SIGTERM)
    broken = run(pytester, *NUMBERS, *before)
    assert signal.getsignal(signal.SIGTERM) is handler
    lines = [line for line in broken.stderr.lines if line.startswith("mfcheck: ")]
    assert lines
    assert all(re.fullmatch(LINE, line) for line in lines), lines
    assert not [thread for thread in threading.enumerate() if thread.name == "mfcheck-progress"]
    assert broken.ret == pytest.ExitCode.INTERRUPTED
    assert kept(pytester) == ["findings.jsonl", "run.json"]
    count = len(journal(pytester))
    hint = f"mfcheck: {count} finding* kept; for the rest: pytest *--mf-seed 5 *--mf-resume"
    broken.stdout.fnmatch_lines([hint])
    drawn(pytester)
    monkeypatch.delenv("TOY_DIES")
    monkeypatch.delenv("TOY_IS_SLOW")
    found = journal(pytester)
    done = {f"{name} {finding['parameters']['depth']}" for finding in found for name in NAMES[finding["claim"]]}
    assert len(done) >= 3

    resumed = run(pytester, *NUMBERS[2:], *after, "--mf-resume")
    assert resumed.ret == 1
    resumed.stdout.fnmatch_lines([f"mfcheck: resumed: {count} findings taken over"])
    assert resumed.parseoutcomes() == whole.parseoutcomes()
    again = drawn(pytester)
    assert not done & set(again)
    assert set(again) == set(every) - done
    assert report(pytester) == report(pytester, "whole")
    assert journal(pytester)[:count] == found
    assert kept(pytester) == ["findings.jsonl", "report.html", "report.json", "report.md"]
    assert resumed.stdout.str().count("--mf-resume") == 0


def test_cells_that_ended_in_an_error_are_run_again_and_no_others(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(pytester, TOY)
    dies(monkeypatch, "fair 3", "raise MemoryError")
    broken = run(pytester, *NUMBERS[2:])
    assert broken.ret == 1
    broken.stdout.fnmatch_lines(["mfcheck: 2 findings are kept; for the cells that ended in an error: pytest *"])
    seed = report(pytester)["seed"]
    drawn(pytester)
    monkeypatch.delenv("TOY_DIES")
    assert run(pytester, *NUMBERS[2:], "--mf-resume").ret == 0
    assert set(drawn(pytester)) == {"fair 3"}
    found = report(pytester)
    assert (found["seed"], found["verdict"]) == (seed, "supported")
    assert RUN not in kept(pytester)


IMPATIENT = """
import sys
from mfcheck.session import progress_display, screen
import pytest

progress_display.AFTER, screen.EVERY = 0.3, 0.1
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_a_killed_run_has_shown_its_progress_and_goes_on_even_if_killed_twice(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(pytester, TOY)
    dies(monkeypatch, "fair 3", "os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setenv("TOY_IS_SLOW", "fair 2")
    command = [sys.executable, "-c", IMPATIENT, *NUMBERS]
    killed = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "mfcheck: toy.1/fair wishart-vanilla" in killed.stderr  # past pytest's capture
    monkeypatch.delenv("TOY_IS_SLOW")
    assert kept(pytester) == [".lock", ".progress", "findings.jsonl", "run.json"]
    drawn(pytester)
    dies(monkeypatch, "fair 4", "raise KeyboardInterrupt")
    broken = run(pytester, *NUMBERS[2:], "--mf-resume")
    broken.stdout.fnmatch_lines(["mfcheck: 2 findings are kept; for the rest: *"])
    assert kept(pytester) == ["findings.jsonl", "run.json"]
    monkeypatch.delenv("TOY_DIES")
    monkeypatch.setenv("MFCHECK_RESUME", "1")
    result = run(pytester, *NUMBERS[2:])
    assert result.ret == 0
    result.stdout.fnmatch_lines(["mfcheck: resumed: 2 findings taken over"])
    assert drawn(pytester) == Counter({"fair 3": 1, "fair 4": 2})
    assert [finding["parameters"]["depth"] for finding in journal(pytester)] == [2, 3, 4]


def test_a_run_without_the_option_starts_anew(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    make(pytester, TOY)
    dies(monkeypatch, "fair 3", "raise KeyboardInterrupt")
    run(pytester, *NUMBERS)
    monkeypatch.delenv("TOY_DIES")
    drawn(pytester)
    assert run(pytester, *NUMBERS).ret == 0
    assert set(drawn(pytester)) == {"fair 2", "fair 3", "fair 4"}
    assert len(journal(pytester)) == 3


def test_a_torn_line_is_gone_from_the_journal_of_the_run_that_goes_on(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(pytester, TOY)
    dies(monkeypatch, "fair 4", "raise KeyboardInterrupt")
    run(pytester, *NUMBERS)
    monkeypatch.delenv("TOY_DIES")
    file = pytester.path / "reports" / "findings.jsonl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[:-30], encoding="utf-8")
    drawn(pytester)
    assert run(pytester, *NUMBERS, "--mf-resume").ret == 0
    assert set(drawn(pytester)) == {"fair 3", "fair 4"}
    assert [finding["parameters"]["depth"] for finding in journal(pytester)] == [2, 3, 4]
