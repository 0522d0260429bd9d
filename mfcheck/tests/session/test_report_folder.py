"""The report folder: taken before any work, by one run at a time, and left so that the run can be gone on with."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# Runs in this process forget the modules they import: what is slow to import is held here.
import mfcheck.decisions.decide
import mfcheck.ensembles.sampling
import mfcheck.observables.jacobian
import mfcheck.reporting.pages
import mfcheck.reporting.terminal
import mfcheck.theory.entry_law
from mfcheck.findings.files import COMPARISON, JOURNAL, PAGES, RUN
from mfcheck.reporting import gallery
from mfcheck.session import closing_words, folder
from mfcheck.session.folder import LOCK, probe, take
from mfcheck.tests.support import toy_claims

HELD = (mfcheck.decisions.decide, mfcheck.ensembles.sampling, mfcheck.observables.jacobian, mfcheck.reporting.terminal)
TOY = '''
import os
import time

import numpy as np
import torch

from mfcheck import Cell, NetworkSpec, Probe, Source, claim

PROBE = Probe(np.ones((1, 4)), 0)


def cells(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, width, 2, 1.5), "wishart") for width in range(20, 26)]


def coins(spec, probe, stream, n):
    return (torch.rand(n, 1, generator=stream.torch) < 1).double()


SOURCE = Source("coins", {"wishart": coins}, {"wishart": False})


@claim("toy.1/coin", cells=cells)
def test_coin(cell, decide):
    """A coin that never fails."""
    decide.rate(SOURCE, component=0, probe=PROBE)
    decide.rate(SOURCE, component=0, probe=PROBE)
    if str(cell.spec.width) == os.environ.get("STOP_AT"):
        HOW_TO_STOP
'''


def test_a_folder_is_taken_once_and_given_back(tmp_path: Path) -> None:
    give_back = take(tmp_path / "new" / "reports")
    with pytest.raises(ValueError, match="another run is at work in report folder"):
        take(tmp_path / "new" / "reports")
    give_back()
    assert not (tmp_path / "new" / "reports" / LOCK).exists()
    take(tmp_path / "new" / "reports")()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "gone" / "away")
    (tmp_path / "file").write_text("")
    for unusable in (dangling, tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(ValueError, match=r"^report folder '.*' cannot be written \(.+\); name another folder"):
            probe(unusable)
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda path: os.statvfs_result((0,) * 10) and Free())
    with pytest.raises(ValueError, match=r"is on a disk with 0\.1 MiB free, a report may take 16 MiB"):
        probe(tmp_path)


@pytest.mark.parametrize("name", [*PAGES, JOURNAL, RUN, COMPARISON, LOCK])
def test_what_stands_where_a_run_writes_is_named_before_any_work(tmp_path: Path, name: str) -> None:
    for make in (Path.mkdir, os.mkfifo):
        folder = tmp_path / make.__name__
        folder.mkdir()
        make(folder / name)
        with pytest.raises(ValueError, match=f"holds {name}, which is not a file, as a run needs it; move it, or"):
            take(folder)
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / name).symlink_to(tmp_path / "elsewhere")
    probe(tmp_path / "linked")


@pytest.mark.parametrize("resume", [[], ["--mf-resume"]])
def test_no_run_begins_or_goes_on_where_its_files_cannot_stand(pytester: pytest.Pytester, resume: list[str]) -> None:
    reports = pytester.mkdir("reports")
    os.mkfifo(reports / "findings.jsonl")
    process = start(pytester, *resume)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 4
    assert "holds findings.jsonl, which is not a file" in said
    assert "Traceback" not in said
    (reports / "findings.jsonl").unlink()
    (reports / ".progress").write_text("")
    process = start(pytester, *resume)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 4
    assert "holds .progress, which is not a folder" in said


class Free:
    free = 64 * 2**10


def start(pytester: pytest.Pytester, *arguments: str, stop: int = 0) -> subprocess.Popen[str]:
    pytester.makepyfile(test_toy=TOY.replace("HOW_TO_STOP", "time.sleep(60)"))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]
    return subprocess.Popen(
        command,
        cwd=pytester.path,
        env={**os.environ, "STOP_AT": str(stop)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for(path: Path, lines: int) -> None:
    for _ in range(600):
        if path.exists() and len(path.read_text(encoding="utf-8").splitlines()) >= lines:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} has not got {lines} lines")


def test_a_second_run_is_refused_and_a_killed_one_goes_on_as_itself(pytester: pytest.Pytester) -> None:
    first = start(pytester, "--mf-seed", "7", stop=24)
    reports = pytester.path / "reports"
    wait_for(reports / "findings.jsonl", 8)
    second = start(pytester, "--mf-seed", "8", stop=24)
    said = second.communicate(timeout=60)[0]
    assert second.returncode == 4
    assert "another run is at work in report folder 'reports'" in said
    assert "Traceback" not in said
    first.kill()
    first.communicate(timeout=60)
    before = (reports / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(before) == 8
    resumed, whole = start(pytester, "--mf-resume"), start(pytester, "--mf-seed", "7", "--mf-report", "whole")
    for process in (resumed, whole):
        assert (process.communicate(timeout=60), process.returncode)[1] == 0
    assert (reports / "findings.jsonl").read_text(encoding="utf-8").splitlines()[:8] == before
    assert findings(reports) == findings(pytester.path / "whole")


def findings(reports: Path) -> list[dict[str, object]]:
    """What a report found, but for the time it took and the command that repeats it."""
    report = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    found = [one for theorem in report["theorems"] for claim in theorem["claims"] for one in claim["findings"]]
    return [{name: value for name, value in one.items() if name not in ("seconds", "reproduce")} for one in found]


def run(pytester: pytest.Pytester, *arguments: str) -> tuple[int, str]:
    pytester.makepyfile(test_toy=TOY.replace("HOW_TO_STOP", "pass"))
    result = pytester.runpytest("-p", "no:cacheprovider", *arguments)
    return int(result.ret), result.stdout.str() + result.stderr.str()


EDITS = {
    "no estimate": lambda lines: [lines[0].replace('"estimate": 1.0', '"estimate": null'), *lines[1:]],
    "a line gone": lambda lines: [lines[0], *lines[2:]],
    "a cell gone": lambda lines: lines[2:],
    "doubled": lambda lines: [lines[0], lines[0], *lines[1:]],
    "another verdict": lambda lines: [lines[0].replace("supported", "refuted"), *lines[1:]],
    "no object": lambda lines: ["[1]", *lines[1:]],
}


@pytest.fixture
def interrupted(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The report folder of a run that was interrupted after some cells."""
    monkeypatch.setenv("STOP_AT", "23")
    pytester.makepyfile(test_toy=TOY.replace("HOW_TO_STOP", 'raise KeyboardInterrupt("stop")'))
    result = pytester.runpytest("-p", "no:cacheprovider", "--mf-seed", "7", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    return pytester.path / "reports"


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_journal_that_was_edited_is_refused_in_one_sentence(
    pytester: pytest.Pytester, interrupted: Path, edit: object
) -> None:
    journal = interrupted / "findings.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines()
    changed = edit(lines)  # type: ignore[operator]
    assert changed != lines
    journal.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")
    result = pytester.runpytest("-p", "no:cacheprovider", "--mf-resume")
    assert result.ret == 4
    assert "cannot be resumed: of findings.jsonl, line " in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    assert journal.read_text(encoding="utf-8").splitlines() == changed


@pytest.mark.parametrize(
    "text", ['{"seed": true}', '{"seed": 7}', "[1]", "{", "[" * 99_999, '{"seed": 7, "run": 3}'], ids=range(6)
)
def test_a_run_json_that_names_no_run_is_refused_in_one_sentence(
    pytester: pytest.Pytester, interrupted: Path, text: str
) -> None:
    (interrupted / "run.json").write_text(text)
    result = pytester.runpytest("-p", "no:cacheprovider", "--mf-resume")
    assert result.ret == 4
    assert "cannot be resumed: run.json" in result.stderr.str()
    assert len(result.stderr.str()) < 600


def test_a_run_json_that_was_edited_is_refused_for_its_findings_are_of_another_seed(
    pytester: pytest.Pytester, interrupted: Path
) -> None:
    file = interrupted / "run.json"
    asked = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**asked, "seed": 8}), encoding="utf-8")
    result = pytester.runpytest("-p", "no:cacheprovider", "--mf-resume")
    assert result.ret == 4
    assert "cannot be resumed: run.json is not as its run wrote it" in result.stderr.str()
    file.write_text(json.dumps(asked), encoding="utf-8")  # in another layout, but the same
    assert pytester.runpytest("-p", "no:cacheprovider", "--mf-resume", no_reraise_ctrlc=True).ret == 2


def test_an_interrupt_while_pages_are_written_leaves_none_and_the_usual_words(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(report: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mfcheck.reporting.pages, "render_html", interrupt)
        status, said = run(pytester, "--mf-seed", "7")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "findings are kept; for the rest: pytest" in said
    assert sorted(file.name for file in (pytester.path / "reports").iterdir()) == ["findings.jsonl", "run.json"]
    status, _ = run(pytester, "--mf-resume")
    assert status == 0


@pytest.mark.parametrize("cannot", ["replace", "unlink"])
def test_a_disk_that_takes_no_report_costs_no_finding(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, cannot: str
) -> None:
    def on_file(name: str, do: Callable[..., None]) -> Callable[..., None]:
        def refuse(*paths: Path, **options: bool) -> None:
            if paths[-1].name == name and paths[-1].exists() == (cannot == "unlink"):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(paths[-1]))
            do(*paths, **options)

        return refuse

    with monkeypatch.context() as patch:
        if cannot == "replace":
            patch.setattr(os, "replace", on_file("report.json", os.replace))
        else:
            patch.setattr(Path, "unlink", on_file("run.json", Path.unlink))
        status, said = run(pytester, "--mf-seed", "7")
    assert "Traceback" not in said
    assert status == (1 if cannot == "replace" else 0)
    if cannot == "replace":
        assert "report.json cannot be written (Read-only file system)" in said
        assert "findings are kept; for a report that can be written: pytest" in said
    status, said = run(pytester, "--mf-resume")
    assert status == 0
    assert "resumed: 12 findings taken over" in said


def test_an_interrupt_while_the_summary_is_told_costs_the_summary_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(closing_words, "write_report", interrupt)
        status, said = run(pytester, "--mf-seed", "7")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "mfcheck: interrupted while the summary was told; what was found is written" in said
    assert "Traceback" not in said
    assert (pytester.path / "reports" / "report.json").exists()


def test_a_figure_that_fails_leaves_a_sentence_in_its_place(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(finding: object) -> str:
        raise OSError("no <ink>")

    pytester.makepyfile(test_law=toy_claims.TOY + toy_claims.GAUSSIAN)
    monkeypatch.setitem(gallery.DRAW, "law", broken)
    assert run(pytester, "--mf-seed", "7")[0] == 0
    page = (pytester.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "This figure could not be drawn (OSError: no &lt;ink&gt;)." in page


@pytest.mark.parametrize(
    "environment",
    [
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "usetex": "True"},
        pytest.param({"MPLBACKEND": "nonsense"}, marks=pytest.mark.slow),
        {"settings": "font.family: \udcff\n"},
    ],
    ids=["backend of a notebook and latex", "no backend", "settings in no UTF-8"],
)
def test_pages_are_the_same_whatever_matplotlib_is_told(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    pytester.makepyfile(test_law=toy_claims.TOY + toy_claims.GAUSSIAN)
    for name, value in environment.items():
        if name == "usetex":
            (pytester.path / "matplotlibrc").write_text(f"text.usetex: {value}\nfont.size: 44\n")
        elif name == "settings":
            (pytester.path / "matplotlibrc").write_bytes(value.encode(errors="surrogateescape"))
        else:
            monkeypatch.setenv(name, value)
    process = start(pytester, "--mf-seed", "7")
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    found = json.loads((pytester.path / "reports" / "report.json").read_text(encoding="utf-8"))
    assert found["verdict"] == "supported"
    assert '<svg role="img"' in (pytester.path / "reports" / "report.html").read_text(encoding="utf-8")
