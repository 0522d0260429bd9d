"""The commands `baseline` and `compare`: what is kept of a run, and one sentence for files they cannot use."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mfcheck.cli import main
from mfcheck.findings.baseline import baseline_text
from mfcheck.tests.support.compared_runs import LAW, claim, finding, plain_run, refuted, report


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], str]:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def write(name: str, content: object) -> str:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


Files = Callable[[str, object], str]


def test_a_baseline_keeps_what_a_comparison_reads(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    full, kept = files("report.json", plain_run()), files("baseline.json", "")
    assert main(["baseline", full, "-o", kept]) == 0
    assert "6 cells of level quick, seed 1" in capsys.readouterr().out
    text = Path(kept).read_text(encoding="utf-8")
    assert text == baseline_text(json.loads(text))
    assert '{"cell": "three", ' in next(line for line in text.splitlines() if '"three"' in line)
    assert "reproduce" not in text
    assert main(["compare", kept, full]) == 0
    assert main(["mutants", kept]) == 0
    assert "✓ no regression" in capsys.readouterr().out


def test_compare_tells_a_regression_everywhere(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = plain_run()
    worse["theorems"][0]["claims"][LAW]["findings"][0] = refuted("one")
    old, new = files("old.json", plain_run()), files("new.json", worse)
    assert main(["compare", old, new, "--markdown", str(tmp_path / "comment.md")]) == 1
    printed = capsys.readouterr().out
    assert "✗ VERDICT CHANGED toy.1/law in one" in printed
    assert "::error" not in printed
    assert "**Regressions**" in (tmp_path / "comment.md").read_text(encoding="utf-8")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["compare", old, new, "--markdown", "-"]) == 1
    printed, complained = capsys.readouterr()
    assert printed == (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert complained.startswith("::error title=mfcheck%3A verdict changed::toy.1/law in one: ")


DAMAGED = plain_run()
del DAMAGED["theorems"][0]["claims"][LAW]["findings"][0]["interval"]
UNUSABLE = {
    "cut short": (json.dumps(plain_run())[:-40], "cut short"),
    "no report": ("[1, 2]", "no report of mfcheck"),
    "nested": ("[" * 100_000, "not JSON"),
    "another schema": (plain_run(schema=3), "schema 3, this version reads schemas 1 and 2"),
    "no findings": (report(), "no finding"),
    "damaged": (DAMAGED, "interval is missing"),
    "no numbers": (report(claim("a/b", finding("c", interval=[None, 1]))), "damaged report"),
    "a list for a level": (plain_run(theorems={"a": 1}), "damaged report"),
    "another level": (plain_run(level="paper"), "of level 'paper' and"),
    "another data set": (plain_run(dataset={"name": "mnist", "files": []}), "of data set 'mnist' and"),
    "other architectures": (plain_run(architectures=["my.module:net"]), "of architectures my.module:net and"),
}


@pytest.mark.parametrize(("content", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_baseline_is_one_sentence(
    content: object, said: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", files("old.json", content), files("new.json", plain_run())]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert "old.json" in printed.err


def test_a_file_that_is_not_there_is_one_sentence(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = files("new.json", plain_run())
    for arguments in (
        ["compare", "nowhere.json", there],
        ["compare", there, "nowhere.json"],
        ["compare", there, str(tmp_path)],
        ["baseline", "nowhere.json"],
        ["baseline", there, "-o", "nowhere/baseline.json"],
        ["compare", there, there, "--markdown", "nowhere/comment.md"],
    ):
        assert main(arguments) == 4
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1
        assert "nowhere" in printed.err or str(tmp_path) in printed.err
