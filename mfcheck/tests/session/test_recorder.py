"""The journal grows as findings come, and pages appear at the end, none of an earlier run among them."""

from __future__ import annotations

import json
from pathlib import Path

from mfcheck import PaperTheory, Verdict
from mfcheck.findings.record import as_plain
from mfcheck.reporting.pages import PAGES
from mfcheck.session.recorder import Recorder
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
