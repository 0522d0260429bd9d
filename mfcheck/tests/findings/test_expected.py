"""Refutations declared in advance: matched, met with the law that holds instead, or failing the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mfcheck.findings.expected import Expectation, declare, outcomes, read_expectations
from mfcheck.findings.finding import Finding
from mfcheck.findings.record import as_plain
from mfcheck.settings import LEVELS
from mfcheck.tests.support.runs import run
from mfcheck.verdict import Verdict

DECLARED = Expectation("thm5.4/*", "half the rate", "the slower law", {"engine": "dense", "width": 64})


def finding(
    verdict: Verdict = Verdict.REFUTED, width: int = 64, holds: tuple[str, ...] = ("the slower law",)
) -> Finding:
    return Finding(
        claim="thm5.4/decay",
        says="It decays.",
        cell=f"dense-N{width}",
        figure="",
        engine="dense",
        parameters={"width": width},
        reproduce="pytest x",
        verdict=verdict,
        estimate=1.0,
        interval=(0.9, 1.1),
        reference=2.0,
        region=(1.9, 2.1),
        holds_instead=holds,
    )


def test_a_declared_refutation_with_its_law_instead_is_expected() -> None:
    marked, problem = declare(finding(), [DECLARED])
    assert (marked.expected, marked.instead, problem) == ("half the rate", "the slower law", "")
    assert marked.verdict is Verdict.REFUTED


@pytest.mark.parametrize("holds", [(), ("another law",)])
def test_a_wrong_instead_fails(holds: tuple[str, ...]) -> None:
    marked, problem = declare(finding(holds=holds), [DECLARED])
    assert marked.expected == ""
    assert "'the slower law'" in problem


@pytest.mark.parametrize("verdict", [Verdict.SUPPORTED, Verdict.UNDECIDED])
def test_a_declared_refutation_that_is_none_fails(verdict: Verdict) -> None:
    marked, problem = declare(finding(verdict), [DECLARED])
    assert marked.expected == ""
    assert verdict.value in problem


def test_conditions_that_do_not_hold_leave_a_finding_alone() -> None:
    assert declare(finding(width=65), [DECLARED]) == (finding(width=65), "")


def test_outcomes_say_what_became_of_each_declaration() -> None:
    met = as_plain(declare(finding(), [DECLARED])[0])
    other = Expectation("thm9/*", "never", "nothing")
    assert [found["status"] for found in outcomes([DECLARED, other], [met])] == ["met", "unmatched"]
    assert outcomes([DECLARED], [as_plain(finding(Verdict.SUPPORTED))])[0]["status"] == "unmet"


def test_files_are_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "expected.toml"
    file.write_text('[[expected]]\nclaim = "a/b"\nreason = "r"\ninstead = "i"\nwhen = { width = 3 }\n')
    assert read_expectations([file], "quick") == (Expectation("a/b", "r", "i", {"width": 3}),)


BARE = '[[expected]]\nclaim = "a/b"\nreason = "r"\ninstead = "i"\n'


@pytest.mark.parametrize(
    ("levels", "declared"),
    [
        ("", list(LEVELS)),
        ("levels = []", list(LEVELS)),
        ('levels = ["quick"]', ["quick"]),
        ('levels = ["standard", "paper"]', ["standard", "paper"]),
    ],
)
def test_a_declaration_is_one_of_its_levels_alone(tmp_path: Path, levels: str, declared: list[str]) -> None:
    file = tmp_path / "expected.toml"
    file.write_text(f'{BARE}{levels}\n[[expected]]\nclaim = "c/d"\nreason = "r"\ninstead = "i"\n')
    for level in LEVELS:
        claims = [one.claim for one in read_expectations([file], level)]
        assert claims == (["a/b", "c/d"] if level in declared else ["c/d"])


def test_a_declaration_of_another_level_neither_excuses_a_refutation_nor_stands_unmatched(tmp_path: Path) -> None:
    file = tmp_path / "expected.toml"
    text = '[[expected]]\nclaim = "thm5.4/*"\nreason = "half"\ninstead = "the slower law"\nlevels = ["paper"]\n'
    file.write_text(text)
    for level, excused in (("quick", ""), ("paper", "half")):
        found = read_expectations([file], level)
        assert declare(finding(), found) == (
            replace(finding(), expected=excused, instead=excused and "the slower law"),
            "",
        )
        assert len(outcomes(found, [])) == (level == "paper")


@pytest.mark.parametrize("levels", ['"quick"', '["quik"]', "[1]", '[["quick"]]', "[{}]", "3", '["quick", "fast"]'])
def test_levels_that_there_are_none_of_are_named(tmp_path: Path, levels: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"{BARE}levels = {levels}\n")
    # Whatever the level of the run: what is wrong is not found out at paper alone.
    for level in LEVELS:
        with pytest.raises(ValueError, match=r"mine\.toml.*levels must be among quick, standard, paper, got"):
            read_expectations([file], level)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[expected]", "cannot be read"),
        ('[[expected]]\nclaim = "a/b"\nreason = "r"\n', "instead"),
        ('[[expected]]\nclaim = "a/b"\nreason = " "\ninstead = "i"\n', "must be texts"),
        ('[[expected]]\nclaim = "a/b"\nreason = "r"\ninstead = "i"\nwhy = 1\n', "why"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as raised:
        read_expectations([file], "quick")
    assert "mine.toml" in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.toml"):
        read_expectations([tmp_path / "nowhere.toml"], "quick")


CLAIM = '''
from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.ensembles.samples import Probe
from mfcheck.observables import jacobian
from mfcheck.statistics.means import Tail
from mfcheck.theory import finite_width
import numpy as np

def cells(settings):
    yield Cell(NetworkSpec("vanilla", 20, 2, width=100, depth=3, weight_variance=1.7), "wishart")

@claim("toy.9/too-large", cells=cells)
def test_too_large(cell, decide):
    """The variance is half as large again as it is."""
    right = lambda theory: theory.jacobian_entry_variance(cell.spec)
    decide.mean_ratio(
        jacobian.entry,
        statistic=lambda draws: draws[:, 1],
        probe=Probe(np.ones((1, 20)), 0),
        reference=lambda theory: 1.5 * right(theory),
        tail=lambda: Tail(*(finite_width.scale_moment(cell.spec, order) for order in (2, 4))),
        instead={"the paper's variance": right, "twice it": lambda theory: 2 * right(theory)},
    )
'''


@pytest.mark.parametrize(("instead", "status"), [("the paper's variance", 0), ("twice it", 1)])
def test_a_run_ends_well_only_if_the_law_declared_instead_holds(
    pytester: pytest.Pytester, instead: str, status: int
) -> None:
    pytester.makepyfile(test_toy=CLAIM)
    declared = f'[[expected]]\nclaim = "toy.9/*"\nreason = "half too much"\ninstead = "{instead}"\n'
    pytester.path.joinpath("expected.toml").write_text(declared)
    result = run(pytester, "test_toy.py", "--mf-device", "cpu", "-p", "no:cacheprovider")
    assert result.ret == status
    report = json.loads(pytester.path.joinpath("reports", "report.json").read_text())
    assert report["theorems"][0]["verdict"] == "refuted"
    assert report["expectations"][0]["status"] == ("met" if status == 0 else "unmet")
