"""The documentation's statement of a new kind, in one short file, is decided and judged like those of the package."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from mfcheck.cli import main
from mfcheck.tests.support.own_formula import blocks
from mfcheck.tests.support.runs import run

WRONG = """
from mfcheck import PaperTheory


class Wrong(PaperTheory):
    def omega(self, spec):
        return 1.05 * super().omega(spec)
"""


@pytest.fixture
def documented(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the file of docs/own_statement.md, and a wrong theory."""
    (block,) = blocks("python", "own_statement.md")
    (pytester.path / "test_variances.py").write_text(block, encoding="utf-8")
    (pytester.path / "wrong_omega.py").write_text(WRONG, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(pytester.path)
    return pytester


def the_finding(pytester: pytest.Pytester, *arguments: str) -> dict[str, Any]:
    run(pytester, "test_variances.py", "-p", "no:randomly", "--mf-device", "cpu", *arguments)
    report = json.loads((pytester.path / "reports" / "report.json").read_text(encoding="utf-8"))
    ((finding,),) = ([f for c in t["claims"] for f in c["findings"]] for t in report["theorems"])
    assert isinstance(finding, dict)
    return finding


def test_it_takes_fewer_than_forty_lines() -> None:
    (block,) = blocks("python", "own_statement.md")
    assert len([line for line in block.splitlines() if line.strip()]) < 40


def test_it_is_supported_and_held_against_the_theorys_twins(documented: pytest.Pytester) -> None:
    finding = the_finding(documented)
    assert finding["verdict"] == "supported"
    assert finding["decides"] == "log(Var J_ij / Var a_i) is -7.215 ± 0.05"
    assert {"omega: × 1.05", "offset_variance: × 1.05"} <= set(finding["twins_seen"])
    scaled = {"jacobian_entry_variance: × 1.25", "offset_variance: × 1.25", "omega: × 1.05"}
    assert scaled <= set(finding["twins_refuted"])
    assert "beta: × 1.25" not in finding["twins_seen"]


def test_a_wrong_theory_is_refuted_by_it_and_the_papers_is_not(documented: pytest.Pytester) -> None:
    finding = the_finding(documented, "--mf-theory", "wrong_omega:Wrong")
    assert (finding["verdict"], finding["paper_verdict"]) == ("refuted", "supported")
    assert finding["changes_seen"] == ["omega"]


def test_it_is_planned_like_any_other(documented: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "mine/variances", "--file", "test_variances.py", "--mf-device", "cpu"]) == 0
    assert "0.05  wishart-vanilla-N1000-L5" in capsys.readouterr().out
