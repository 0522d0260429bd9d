"""`mfcheck report` makes pages again, `mfcheck export` tables, and what cannot be used gets one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfcheck.cli.main import main
from mfcheck.findings.report_text import report_text
from mfcheck.tests.support.whole_reports import whole_report

WHOLE = whole_report(4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a report.json and nothing beside it."""
    (tmp_path / "report.json").write_text(report_text(WHOLE), encoding="utf-8")
    return tmp_path


def test_pages_are_made_again_and_the_report_is_left_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "report.json").read_bytes()
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.md'} and {folder / 'report.html'}: 16 findings\n"
    assert (folder / "report.json").read_bytes() == before
    first = [(folder / page).read_bytes() for page in ("report.md", "report.html")]
    assert main(["report", str(folder / "report.json")]) == 0
    assert [(folder / page).read_bytes() for page in ("report.md", "report.html")] == first


@pytest.mark.parametrize(
    ("option", "begins"), [("--csv", "claim,setting,"), ("--latex", "% needs "), ("--bibtex", "@inproceedings{")]
)
def test_findings_are_exported(folder: Path, capsys: pytest.CaptureFixture[str], option: str, begins: str) -> None:
    assert main(["export", str(folder), option]) == 0
    assert capsys.readouterr().out.startswith(begins)


@pytest.mark.parametrize("command", [["report"], ["export", "--csv"]])
def test_what_cannot_be_used_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    def said(place: Path) -> str:
        assert main([command[0], str(place), *command[1:]]) == 4
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        return told.err

    assert "No such file" in said(tmp_path)
    path = tmp_path / "report.json"
    path.write_text("{", encoding="utf-8")
    assert "is not JSON" in said(tmp_path)
    path.write_text(json.dumps(WHOLE | {"schema": 1}), encoding="utf-8")
    assert "has schema 1" in said(path)
    path.write_text(json.dumps({name: value for name, value in WHOLE.items() if name != "coverage"}), encoding="utf-8")
    assert "'coverage' is a required property" in said(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_one_kind_of_export_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(folder)]) == 4
    assert "one of the arguments --latex --csv --bibtex is required" in capsys.readouterr().err
    assert main(["export", str(folder), "--csv", "--latex"]) == 4
