"""The journal grows as findings come, and pages appear at the end, none of an earlier run among them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfcheck import PaperTheory, Verdict
from mfcheck.findings.files import write_atomically
from mfcheck.findings.record import as_plain
from mfcheck.reporting.pages import PAGES
from mfcheck.session import recorder as recorder_module
from mfcheck.session.recorder import Recorder
from mfcheck.session.resume import read_journal, read_run
from mfcheck.tests.support.settings import HEAD, make_finding, make_settings


def test_the_journal_grows_as_findings_come_and_pages_appear_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "reports"
    recorder = Recorder(make_settings(folder), PaperTheory())
    journal = folder / "findings.jsonl"
    for count in (1, 2):
        recorder.add(as_plain(make_finding(cell=f"c{count}")))
        assert [json.loads(line)["cell"] for line in journal.read_text(encoding="utf-8").splitlines()] == [
            f"c{i + 1}" for i in range(count)
        ]
        assert not any((folder / page).exists() for page in PAGES)
    recorder.finish(full=False)
    assert recorder.report is not None
    assert set(recorder.report) >= HEAD
    assert recorder.report["mutants"]
    assert all((folder / page).stat().st_size for page in PAGES)
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == recorder.report


def test_a_full_run_fails_on_a_hole_in_the_coverage_of_its_theory_and_a_part_of_it_does_not(tmp_path: Path) -> None:
    recorder = Recorder(make_settings(tmp_path), PaperTheory())
    recorder.add(as_plain(make_finding()))
    assert not [reason for reason in recorder.finish(full=False) if reason.startswith("coverage")]
    holes = [reason for reason in recorder.finish(full=True) if reason.startswith("coverage")]
    assert "coverage: omega: no finding of width" in holes
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "omega: no finding of width" in page
    assert "✗ HOLE" in (tmp_path / "report.md").read_text(encoding="utf-8")


@contextlib.contextmanager
def torn_by(error: BaseException) -> Iterator[None]:
    """Whatever is added to a file stops in its midst."""
    open_file = Path.open

    def opened(self: Path, mode: str = "r", **options: Any) -> Any:
        file = open_file(self, mode, **options)
        if mode == "a":
            write = file.write

            def half(text: str) -> None:
                write(text[: len(text) // 2])
                raise error

            file.write = half
        return file

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", opened)
        yield


def begun(folder: Path) -> Recorder:
    """A recorder of a run that has decided one cell."""
    recorder = Recorder(make_settings(folder), PaperTheory(), identity={"seed": 7}, run="r")
    recorder.add(as_plain(make_finding(cell="c1")))
    return recorder


def kept(folder: Path) -> list[str]:
    """The cells whose findings a run would go on with."""
    return [finding["cell"] for finding in read_journal(folder, "r")]


def test_a_line_that_was_torn_for_want_of_room_is_whole_with_the_next(tmp_path: Path) -> None:
    recorder = begun(tmp_path)
    with torn_by(OSError("disk full")):
        recorder.add(as_plain(make_finding(cell="c2")))
    assert recorder.unwritten
    assert kept(tmp_path) == ["c1"]
    recorder.add(as_plain(make_finding(cell="c3")))
    assert kept(tmp_path) == ["c1", "c2", "c3"]
    recorder.add(as_plain(make_finding(cell="c4")))
    assert kept(tmp_path) == ["c1", "c2", "c3", "c4"]
    assert not recorder.unwritten


def test_a_line_that_an_interrupt_tore_is_mended(tmp_path: Path) -> None:
    recorder = begun(tmp_path)
    with torn_by(KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        recorder.add(as_plain(make_finding(cell="c2")))
    assert kept(tmp_path) == ["c1"]
    recorder.mend()
    assert kept(tmp_path) == ["c1", "c2"]
    assert recorder.kept == 2


def test_a_run_that_goes_on_can_be_gone_on_with_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path)
    seen = []

    def look(path: Path, text: str) -> None:
        seen.append(((tmp_path / "run.json").exists(), path.name))
        write_atomically(path, text)

    monkeypatch.setattr(recorder_module, "write_atomically", look)
    taken = read_journal(tmp_path, "r")
    again = Recorder(make_settings(tmp_path), PaperTheory(), taken=taken, identity={"seed": 7}, run="r")
    again.add(as_plain(make_finding(cell="c2")))
    assert seen == [(True, "findings.jsonl")]
    assert (tmp_path / "run.json").exists()


def test_a_folder_that_turns_read_only_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    (tmp_path / "report.md").write_text("of an earlier run")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        patch.setattr(recorder_module, "write_atomically", refuse)
        recorder = begun(tmp_path)
        assert "cannot be written (Read-only file system)" in recorder.unwritten
    recorder.mend()
    assert kept(tmp_path) == ["c1"]
    assert read_run(tmp_path) == {"seed": 7, "run": "r"}


def test_pages_of_an_earlier_run_stay_until_something_is_decided(tmp_path: Path) -> None:
    old = (*PAGES, "findings.jsonl", "baseline.json")
    for name in old:
        (tmp_path / name).write_text("old", encoding="utf-8")
    recorder = Recorder(make_settings(tmp_path), PaperTheory())
    recorder.add(as_plain(make_finding(cell="not here", verdict=Verdict.NOT_APPLICABLE)))
    assert {(tmp_path / name).read_text(encoding="utf-8") for name in old} == {"old"}
    recorder.add(as_plain(make_finding(cell="here")))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["baseline.json", "findings.jsonl"]
    lines = (tmp_path / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["cell"] for line in lines] == ["not here", "here"]
