"""A run of pytest that falls behind its baseline ends with status 1, whatever its own verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfcheck.tests.support.effort import mostly_slow
from mfcheck.tests.support.runs import PLAIN, run

pytestmark = pytest.mark.usefixtures("clean_environment")

TOY = """
import numpy as np
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.observables import jacobian

PROBE = Probe(np.ones((1, 4)), 0)
NARROW = NetworkSpec("vanilla", 4, 1, width=2000, depth=2, weight_variance=1.5)


def one(settings):
    return [Cell(NARROW, "wishart")]


def certain(spec, probe, stream, n):
    return torch.ones(n, 1, dtype=torch.float64)
"""
LAW = '''
@claim("toy.1/law", cells=one)
def test_law(cell, decide):
    """Entries are Gaussian, about."""
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(scale=np.sqrt({times} * theory.jacobian_entry_variance(cell.spec))),
        finite_width=lambda: 0.02,
    )
'''
COIN = '''
@claim("toy.1/coin", cells=one)
def test_coin(cell, decide):
    """A coin that never fails."""
    decide.rate(Source("coins", {"wishart": certain}, {"wishart": False}), component=0, probe=PROBE)
'''
SOUND = TOY + LAW.replace("{times}", "1") + COIN
MOVED = TOY + LAW.replace("{times}", "1.25") + COIN
CELL = "wishart-vanilla-N2000-L2-d4-K1-w1.5-relu"


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """The report of the one sound run that all tests share, once it was made."""
    return {}


@pytest.fixture
def baseline(pytester: pytest.Pytester, kept: dict[str, str]) -> str:
    """The report of a sound run, and the tests of that run."""
    pytester.makepyfile(test_toy=SOUND, test_other=PLAIN)
    if not kept:
        assert run(pytester, "--mf-seed", "1", "--mf-report", "sound").ret == 0
        kept["report"] = (pytester.path / "sound" / "report.json").read_text(encoding="utf-8")
    (pytester.path / "old.json").write_text(kept["report"], encoding="utf-8")
    return "old.json"


def page(pytester: pytest.Pytester, name: str) -> str:
    return (pytester.path / "reports" / name).read_text(encoding="utf-8")


def test_an_unchanged_run_of_another_seed_passes_and_says_so_everywhere(
    pytester: pytest.Pytester, baseline: str
) -> None:
    result = run(pytester, "--mf-seed", "2", "--mf-baseline", baseline)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*compared with the baseline*", "✓ no regression", "2 findings compared, seed 2*"])
    assert json.loads(page(pytester, "report.json"))["comparison"]["changes"] == []
    assert "## mfcheck: ✓ no regression" in page(pytester, "comparison.md")
    assert "## Compared with the baseline: ✓ no regression" in page(pytester, "report.md")
    assert "Compared with the baseline: ✓ no regression" in page(pytester, "report.html")
    assert "mf-baseline" not in page(pytester, "findings.jsonl")
    assert run(pytester).ret == 0
    assert not Path("reports/comparison.md").exists()


@pytest.mark.parametrize("workers", mostly_slow([(), ("-n", "2")]), ids=["alone", "two-workers"])
def test_a_law_that_moved_within_its_margin_fails_the_run(
    workers: tuple[str, ...], pytester: pytest.Pytester, baseline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFCHECK_BASELINE", baseline)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    pytester.makepyfile(test_toy=MOVED)
    result = run(pytester, "--mf-seed", "2", *workers)
    assert result.ret == 1
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["✗ 1 regression", "✗ INTERVAL MOVED APART toy.1/law in *"])
    annotations = [line for line in result.stdout.lines if line.startswith("::")]
    assert [line.split(" in ")[0] for line in annotations] == [
        "::error title=mfcheck%3A interval moved apart::toy.1/law"
    ]
    assert "interval moved apart" in page(pytester, "comparison.md")
    assert "interval moved apart" in page(pytester, "report.html")


def test_a_claim_that_is_gone_fails_the_run_unless_it_was_left_out_on_purpose(
    pytester: pytest.Pytester, baseline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = ("--mf-baseline", baseline)
    narrowed = (["-k", "law"], [f"test_toy.py::test_law[{CELL}]"], ["test_toy.py", "--mf-claim", "toy.1/law"])
    for arguments in narrowed:
        result = run(pytester, *arguments, *gate)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["*Only what this run tried is compared*"])
    monkeypatch.setenv("MFCHECK_CLAIM", "toy.1/law")
    assert run(pytester, *gate).ret == 0
    monkeypatch.delenv("MFCHECK_CLAIM")

    pytester.makepyfile(test_toy=TOY + COIN)
    assert run(pytester).ret == 0
    result = run(pytester, *gate)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["✗ LOST toy.1/law: the claim is gone with its 1 cell"])


def test_what_is_gone_from_a_single_file_is_lost_where_the_baseline_was_made_of_it_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.mkdir("below")
    pytester.makeini("[pytest]")
    pytester.makepyfile(test_toy=SOUND, test_other=TOY + COIN.replace("toy.1/coin", "toy.1/other"))
    assert run(pytester, "test_toy.py", "--mf-report", "one").ret == 0
    pytester.makepyfile(test_toy=TOY + COIN)
    gate = ("--mf-baseline", "one/report.json")
    result = run(pytester, "./test_toy.py", *gate)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["✗ LOST toy.1/law: the claim is gone with its 1 cell"])
    assert run(pytester, "test_toy.py", "-k", "coin", *gate).ret == 0
    monkeypatch.chdir("below")
    result = run(pytester, "../test_toy.py", "--ignore-glob", "*\udcff", "--mf-baseline", "../one/report.json")
    assert result.ret == 0, "another choice"
    assert run(pytester, "../test_toy.py", "--mf-baseline", "../one/report.json").ret == 1
    monkeypatch.chdir(pytester.path)
    result = run(pytester, "test_other.py", *gate)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["✗ LOST: nothing is compared: of 2 cells of *"])


def test_a_run_without_any_claim_has_lost_them_all(pytester: pytest.Pytester, baseline: str) -> None:
    (pytester.path / "test_toy.py").unlink()
    assert run(pytester).ret == 0
    assert run(pytester, "--collect-only", "--mf-baseline", baseline).ret == 0
    result = run(pytester, "--mf-baseline", baseline)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["✗ 2 regressions", "✗ LOST toy.1/coin*", "✗ LOST toy.1/law*"])


def test_a_run_that_broke_off_says_that_it_is_not_compared(pytester: pytest.Pytester, baseline: str) -> None:
    pytester.makepyfile(test_other=PLAIN.replace("True", "False"))
    result = run(pytester, "-x", "--mf-baseline", baseline)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["mfcheck: the run was broken off, so it is not compared with the baseline"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_an_unusable_baseline_ends_the_run_before_any_work(workers: tuple[str, ...], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=SOUND)
    result = run(pytester, "--mf-baseline", "nowhere.json", *workers)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: 'nowhere.json' cannot be read (No such file or directory); write one with*"])
    assert not (pytester.path / "reports").exists()


def test_a_baseline_of_another_level_ends_the_run_before_any_work(pytester: pytest.Pytester, baseline: str) -> None:
    text = Path(baseline).read_text(encoding="utf-8")
    Path(baseline).write_text(text.replace('"level": "quick"', '"level": "paper"'), encoding="utf-8")
    result = run(pytester, "--mf-baseline", baseline)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: 'old.json' is of level 'paper' and this run of level 'quick'*"])
    assert not (pytester.path / "reports" / "report.json").exists()
