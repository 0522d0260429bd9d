"""Long runs: they say how far they are, and one that was killed goes on where it stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import Finding, Verdict, progress
from mfcheck.decisions import decide, evidence
from mfcheck.findings import record
from mfcheck.findings.finding import Curve, Margin
from mfcheck.findings.record import as_plain
from mfcheck.progress import Progress
from mfcheck.reporting import markdown, pages, terminal
from mfcheck.session import progress_display, resume
from mfcheck.session.progress_display import StatusFile, Ticker, status_lines
from mfcheck.session.resume import RUN, as_finding, check_same, read_journal

HELD = (decide, pages, markdown, terminal)
"""Runs in this process forget the modules they import: what is slow to import is held here."""

TOY = '''
import os
import signal
import time

import numpy as np
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, claim, progress
from mfcheck.ensembles.samples import Probe, Source

PROBE = Probe(np.ones((1, 4)), 0)
SPECS = [NetworkSpec("vanilla", 4, 1, 32, depth, 1.5) for depth in (2, 3, 4)]


def three(settings):
    return [Cell(spec, "wishart") for spec in SPECS]


def nowhere(settings):
    return [Cell(NetworkSpec("nowhere:factory", 4, 1, 8, 2, 1.5), "dense")]


def coins(name, share):
    return numbers(name, lambda values: (values < share).double())


def numbers(name, of=lambda values: values):
    def sampler(spec, probe, stream, n):
        with open("drawn.txt", "a") as file:
            file.write(f"{name} {spec.depth}\\n")
        if os.environ.get("TOY_DIES") == f"{name} {spec.depth}":
            while "TOY_IS_SLOW" in os.environ and not os.path.exists("slow.txt"):
                time.sleep(0.01)  # another worker may be at it
            exec(os.environ["TOY_DEATH"])
        slow = os.environ.get("TOY_IS_SLOW") == f"{name} {spec.depth}"
        for step in range(5):
            progress.report(step, 5, "toss")
            time.sleep(0.15 if slow else 0)
        if slow:
            open("slow.txt", "w").close()
        return of(torch.rand(n, 1, generator=stream.torch))

    return Source(name, {"wishart": sampler, "dense": sampler}, {"wishart": False, "dense": False})


@claim("toy.1/fair", cells=three)
def test_fair(cell, decide):
    """A coin that never fails."""
    decide.rate(coins("fair", 1), component=0, probe=PROBE)
'''
OTHERS = '''

@claim("toy.2/foul", cells=three)
def test_foul(cell, decide):
    """A number that is not Gaussian."""
    decide.law(
        numbers("foul"),
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(),
        finite_width=lambda: 0.0,
        instead={"uniform": lambda theory: stats.uniform()},
    )


@claim("toy.3/twice", cells=three)
def test_twice(cell, decide):
    """Two coins that never fail."""
    decide.rate(coins("first", 1), component=0, probe=PROBE)
    decide.rate(coins("second", 1), component=0, probe=PROBE)


@claim("toy.4/foreign", cells=nowhere)
def test_foreign(cell, decide):
    """Networks of others."""
    decide.law(
        coins("foreign", 1),
        component=0,
        probe=PROBE,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: 0.1,
    )
'''
OPEN = '''

@claim("open/question", cells=three)
def test_question(cell, decide):
    """Nobody knows."""
    if cell.spec.depth == 4 and os.environ.get("TOY_DIES") == "open":
        raise ArithmeticError("no answer")
    decide.rate(coins("open", 0.9), component=0, probe=PROBE)
'''
EXPECTED = """
[[expected]]
claim = "toy.2/foul"
when = { depth = 2 }
reason = "nothing is fair"
instead = "uniform"
"""
# Without twins of the theory, which take their time in every process and at which nothing here looks, and as if nobody
# ever changed mfcheck.
CONFTEST = """
import os

if os.environ["TOY_PARENT"] != str(os.getpid()):
    import mfcheck.decisions.evidence
    import mfcheck.findings.record
    import mfcheck.session.resume

    mfcheck.session.resume._own_code = lambda: []
    mfcheck.decisions.evidence.twins = mfcheck.findings.record.twins = lambda theory: ()
"""
# The plugins left out only take time to import, once in every worker.
NUMBERS = ("--mf-seed", "5", "--mf-no-cache", "--mf-alpha", "1e-3", "-p", "no:hypothesispytest", "-p", "no:benchmark")


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "twins", lambda theory: ())
    monkeypatch.setattr(record, "twins", lambda theory: ())
    monkeypatch.setattr(resume, "_own_code", list)
    monkeypatch.setattr(pages, "render_html", lambda report: "a page")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MFCHECK_", "PYTEST_XDIST", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("TOY_PARENT", str(os.getpid()))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "AFTER", 0.4)
    monkeypatch.setattr(progress_display, "EVERY", 0.1)


def make(pytester: pytest.Pytester, toy: str, **others: str) -> None:
    pytester.makepyfile(test_toy=toy, conftest=CONFTEST, **others)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*arguments, no_reraise_ctrlc=True)


def dies(monkeypatch: pytest.MonkeyPatch, where: str, how: str) -> None:
    monkeypatch.setenv("TOY_DIES", where)
    monkeypatch.setenv("TOY_DEATH", how)


def drawn(pytester: pytest.Pytester) -> Counter[str]:
    file = pytester.path / "drawn.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return Counter(lines)


def journal(pytester: pytest.Pytester, folder: str = "reports") -> list[dict[str, Any]]:
    lines = (pytester.path / folder / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def report(pytester: pytest.Pytester, folder: str = "reports") -> dict[str, Any]:
    """The report but for what no two runs share."""
    found: dict[str, Any] = json.loads((pytester.path / folder / "report.json").read_text(encoding="utf-8"))
    assert found.pop("created")
    for theorem in found["theorems"]:
        for claim in theorem["claims"]:
            for finding in claim["findings"]:
                assert finding.pop("seconds") >= 0
    return found


def kept(pytester: pytest.Pytester, folder: str = "reports") -> list[str]:
    return sorted(file.name for file in (pytester.path / folder).iterdir())


# A run that goes on --------------------------------------------------------------------------------------------


LINE = r"mfcheck: toy\.\d/\S+ wishart-vanilla-N32-L\d-\S+: (toss \d of 5, )?draws 0–\d+( of \d+)?, .* (left|far)"
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
    hint = f"mfcheck: {count} findings are kept; for the rest: pytest *--mf-seed 5 *--mf-resume"
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
from mfcheck.session import progress_display
import pytest

progress_display.AFTER, progress_display.EVERY = 0.3, 0.1
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
    assert kept(pytester) == [".progress", "findings.jsonl", "run.json"]
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


@pytest.mark.parametrize("torn", ["another cell", "nothing to tell it by", "the same cell"])
def test_a_torn_last_line_is_ignored(torn: str, tmp_path: Path) -> None:
    one, two = (json.dumps(as_plain(make_finding(cell=cell)), ensure_ascii=False) for cell in ("c1", "c2"))
    line, left = {
        "another cell": (json.dumps(as_plain(make_finding(cell="c3")))[:90], ["c1", "c2"]),
        "nothing to tell it by": ('{"claim": "thm', ["c1"]),
        "the same cell": (two[:90], ["c1"]),
    }[torn]
    (tmp_path / "findings.jsonl").write_text(f"{one}\n{two}\n{line}", encoding="utf-8")
    assert [finding["cell"] for finding in read_journal(tmp_path)] == left


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


# A run that cannot go on ---------------------------------------------------------------------------------------


def refused(result: pytest.RunResult, *words: str) -> None:
    """Exit status 4 and one sentence with these words."""
    everything = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    (sentence,) = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    assert all(word in sentence for word in words), sentence
    assert "Traceback" not in everything


def test_another_run_is_not_gone_on_with(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    make(pytester, TOY, theories="import mfcheck\nclass Mine(mfcheck.PaperTheory):\n    pass\n")
    refused(run(pytester, "--mf-resume"), "nothing to resume in reports")
    assert not (pytester.path / "reports").exists()
    dies(monkeypatch, "fair 3", "raise KeyboardInterrupt")
    run(pytester, "--mf-seed", "5")
    monkeypatch.delenv("TOY_DIES")
    before = {name: (pytester.path / "reports" / name).read_bytes() for name in kept(pytester)}
    drawn(pytester)
    for option, words in {
        "--mf-seed=6": ("seed was 5 and is now 6",),
        "--mf-level=paper": ("level was quick and is now paper",),
        "--mf-alpha=1e-3": ("alpha was 1e-06 and is now 0.001",),
        "--mf-theory=theories:Mine": ("theory was mfcheck.theory:PaperTheory and is now theories:Mine",),
        "--mf-architecture=residual": ("architectures was vanilla, residual and is now residual",),
        "--mf-dataset=noise": ("dataset was digits and is now noise",),
        "--mf-data-dir=.": ("data_dir was None and is now .",),
        "--mf-device=cpu": ("device was auto and is now cpu",),
        "--mf-claim=toy.*": ("claims was nothing and is now toy.*",),
        "-kfair": ("tests was ", "is now ", "-k fair"),
    }.items():
        refused(run(pytester, "--mf-resume", option), "reports", *words)
    make(pytester, TOY + "# changed\n")
    refused(run(pytester, "--mf-resume"), "code was ")
    assert {name: (pytester.path / "reports" / name).read_bytes() for name in kept(pytester)} == before
    assert not drawn(pytester)
    (pytester.path / "reports" / RUN).write_text("[]")
    refused(run(pytester, "--mf-resume"), "run.json")


def test_a_changed_library_is_named_with_both_versions() -> None:
    with pytest.raises(ValueError, match=r"torch was 1 and is now 2"):
        check_same(Path("reports"), {"seed": 1, "torch": "1"}, {"seed": 1, "torch": "2"})


def test_a_journal_of_something_else_is_refused_by_its_line(tmp_path: Path) -> None:
    assert read_journal(tmp_path) == []
    for broken in ("no JSON", "3", '{"claim": "toy.1/a", "cell": "c"}'):
        (tmp_path / "findings.jsonl").write_text(f"{json.dumps(as_plain(make_finding()))}\n{broken}\n")
        with pytest.raises(ValueError, match=r"line 2 of findings\.jsonl is no finding"):
            read_journal(tmp_path)


any_float = st.one_of(st.floats(), st.floats(-10, 10))
finite = st.floats(allow_nan=False, allow_infinity=False)
several = st.lists(any_float, max_size=3).map(tuple)


def make_finding(**changes: Any) -> Finding:
    plain = {"claim": "thm4.1/a", "says": "A holds.", "cell": "c1", "figure": "", "engine": "dense"}
    values: dict[str, Any] = {**plain, "parameters": {"width": 3, "none": None}, "reproduce": "pytest x"}
    return Finding(**(values | {"verdict": Verdict.SUPPORTED, "estimate": 1.0, "interval": (0.5, 1.5)} | changes))


@given(
    verdict=st.sampled_from(list(Verdict)),
    estimate=finite,
    reference=any_float,
    region=st.tuples(any_float, any_float),
    resolution=st.none() | any_float,
    curve=st.none() | st.builds(Curve, st.text(), st.text(), several, several, several, several, st.integers()),
    margin=st.builds(Margin, any_float, any_float, st.text()),
    twins_seen=st.lists(st.text()).map(tuple),
)
def test_a_finding_comes_back_from_the_journal_as_it_went(**values: Any) -> None:
    plain = json.loads(json.dumps(as_plain(make_finding(**values))))
    assert json.loads(json.dumps(as_plain(as_finding(plain)))) == plain
    assert as_finding(plain).verdict is values["verdict"]
    assert as_finding(plain).estimate == values["estimate"]


# Open questions ------------------------------------------------------------------------------------------------


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


# Progress ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("slow", "arguments"), [("fair 2", ("-q", "-q")), ("nothing", ())], ids=["quiet", "quick"])
def test_quick_cells_and_quiet_runs_say_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, slow: str, arguments: tuple[str, ...]
) -> None:
    make(pytester, TOY.replace("(2, 3, 4)", "(2,)"))
    monkeypatch.setenv("TOY_IS_SLOW", slow)
    result = run(pytester, *NUMBERS, *arguments)
    assert result.ret == 0
    assert "mfcheck: toy" not in result.stdout.str() + result.stderr.str()


def test_a_broken_terminal_or_file_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "AFTER", -1.0)
    monkeypatch.setattr(progress_display, "EVERY", 0.01)
    tried = threading.Event()

    def write(line: str) -> None:
        tried.set()
        raise OSError("terminal closed")

    folder = tmp_path / "deep" / ".progress"
    showing = Ticker(folder, write)
    showing.start()
    (folder / "half.json").write_text('{"claim": ')
    with StatusFile(folder / "gw0.json").watching("toy.1/a", "c1"):
        progress.report(1, 2)
        assert tried.wait(5)
    showing.stop()
    showing.remove()
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]
    assert not folder.exists()
    with StatusFile(folder / "gw0.json").watching("toy.1/a", "c1"):  # nobody made the folder
        progress.report(1, 2)
    assert not folder.exists()


def test_the_longest_running_cells_come_first_and_files_are_written_sparingly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(progress_display.time, "time", lambda: now[0])
    file = StatusFile(tmp_path / "gw0.json")
    with file.watching("toy.1/a", "c" * 60):
        assert not file.path.exists()
        progress.report(0, 40)
        now[0] += progress_display.PAUSE / 2
        progress.report(1, 40)
        assert json.loads(file.path.read_text())["progress"]["done"] == 0
        assert status_lines(tmp_path, now[0]) == []
        (line,) = status_lines(tmp_path, 1070.0)
        assert line == f"mfcheck: toy.1/a {'c' * 47}…: step 0 of 40, 1 min 10 s so far"
        status = json.loads(file.path.read_text())
        for place in range(5):
            later = status | {"cell": f"d{place}", "started": 990.0 + place, "written": 1060.0}
            later["progress"] = status["progress"] | {"left": 15.0}
            file.beside(f"gw{place + 1}").path.write_text(json.dumps(later))
        lines = status_lines(tmp_path, 1070.0)
        assert [line.split()[2] for line in lines[:-1]] == ["d0:", "d1:", "d2:", "d3:"]
        assert lines[0].endswith("step 0 of 40, about 5 s left")
        assert status_lines(tmp_path, 1075.0)[0].endswith("step 0 of 40, 1 min 25 s so far")
        assert lines[-1] == "mfcheck: and 2 more cells under way"
    assert not file.path.exists()


def test_the_time_left_follows_from_the_pace() -> None:
    now, seen = [0.0], list[Progress]()

    def at(seconds: float) -> None:
        now[0] = seconds

    with progress.shown(seen.append, clock=lambda: now[0]):
        with progress.part("draws 0–7 of 24", after=2):
            assert seen[-1] == Progress(part="draws 0–7 of 24")
            progress.report(0, 10)
            assert seen[-1].left is None
            at(2)
            progress.report(2, 10)
            assert seen[-1] == Progress("step", 2, 10, "draws 0–7 of 24", left=8 + 2 * 10)
            at(8)
            progress.report(0, 10, "other")  # another count within the part
            assert seen[-1].left is None
            at(12)
        with progress.part("draws 8–15 of 24", after=1):
            assert seen[-1].left == 12 + 12  # as the part before
            at(13)
            progress.report(1, 10)
            assert seen[-1].left == 11 + 12
        with progress.part("draws 0–7", after=0), pytest.raises(ZeroDivisionError):
            raise ZeroDivisionError
        with progress.part("of another network", after=3):
            assert seen[-1].left is None
        progress.report(5, 10)
        at(14)
        progress.report(6, 10)
        assert seen[-1] == Progress("step", 6, 10, left=4)
    count = len(seen)
    progress.report(1, 2)
    with progress.part("nobody listens", after=0):
        pass
    assert len(seen) == count


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (86400, "24 h 0 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert progress.duration(seconds) == words
