"""Two theories against each other: the draws that tell them apart, and what a reader and a caller are told."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import mfcheck
from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.cli import main
from mfcheck.cli.disagree import said
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.trial import made
from mfcheck.session.disagreement import Disagreement, difference, planned, separation
from mfcheck.tests.support.bounded_draws import AROUND, bound, decider, median, share

MINE = """
from dataclasses import dataclass

from mfcheck import PaperTheory


class Forgotten(PaperTheory):
    def omega(self, spec):
        return spec.activation.alpha * spec.weight_variance


@dataclass(frozen=True)
class Half(PaperTheory):
    rate_factor: float = 1
"""


class Wide(PaperTheory):
    def omega(self, spec: NetworkSpec) -> float:
        return 1.25 * super().omega(spec)


class Wider(PaperTheory):
    def omega(self, spec: NetworkSpec) -> float:
        return 1.5 * super().omega(spec)


def test_of_a_test_that_asks_more_the_last_law_that_is_to_hold_is_told_apart() -> None:
    """A law that is to break is behind it: its reference, and its draws, are none of the two theories' business."""

    def asking(cell: Cell, decide: Decider) -> None:
        median(decide)
        share(decide, AROUND, breaks=True)

    at = decider()
    found = difference(at.claim, at.cell, asking, (PaperTheory(), Wide()), at.settings, at.store)
    assert found is not None
    assert found.references == (bound(PaperTheory()), bound(Wide()))
    assert not made(found.ask, PaperTheory()).breaks
    candidate = planned(found)
    assert candidate is not None
    assert [plan.target for plan in candidate.plans] == [bound(PaperTheory()), bound(Wide())]

    def breaking(cell: Cell, decide: Decider) -> None:
        median(decide, breaks="above")

    assert difference(at.claim, at.cell, breaking, (PaperTheory(), Wide()), at.settings, at.store) is None


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_of_disagree.py").write_text(MINE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)


ONE = ("--mf-claim", "thm4.1/phase-boundary", "--mf-device", "cpu")


@pytest.mark.usefixtures("mine")
def test_the_forgotten_1_is_told_from_the_papers_theory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disagree", "paper", "mine_of_disagree:Forgotten", *ONE, "--mf-seed", "4"]) == 0
    head, claim, references, estimate, verdicts, last = capsys.readouterr().out.splitlines()
    assert head.endswith("level quick, seed 4")
    assert claim.startswith("thm4.1/phase-boundary in wishart-residual-")
    assert "A puts" in references
    assert "interval [" in estimate
    assert "A supported, B refuted, after" in verdicts
    assert last == "B is refuted, A is supported"


@pytest.mark.usefixtures("mine")
def test_the_rate_factor_is_told_from_its_half(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--mf-claim", "thm5.4/vanilla*", "--mf-device", "cpu"]
    assert main(["disagree", "mine_of_disagree:Half", "paper", *chosen]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "A is refuted, B is supported"


def test_a_theory_is_not_told_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disagree", "paper", "paper", *ONE]) == 1
    head, last = capsys.readouterr().out.splitlines()
    assert "seed" in head
    assert last == "no cell tells them apart"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("paper", "nowhere_at_all:Theory"), "nowhere_at_all"),
        (("paper", "mfcheck:NetworkSpec"), "PaperTheory"),
        (("paper", "paper", "--budget", "0"), "budget"),
        (("paper", "paper", "--mf-level", "fast"), "fast"),
        (("paper", "paper", "--mf-claim", "thm9.9/*"), "thm9.9/*"),
        (("paper", "paper", "--mf-seed", "-1"), "seed"),
        (("paper", "paper", "--mf-dataset", "cats"), "cats"),
    ],
)
def test_unusable_arguments(arguments: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disagree", *arguments]) == 4
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1


def test_from_python_the_records_are_frozen_and_both_may_be_refuted() -> None:
    found = mfcheck.disagree(Wide(), Wider(), claims=["thm4.1/entries-variance"], device="cpu", seed=2)
    assert found
    assert {one.verdict_a for one in found} == {Verdict.REFUTED}
    assert {one.verdict_b for one in found} == {Verdict.REFUTED}
    assert said(found) == "both are refuted"
    with pytest.raises(FrozenInstanceError):
        found[0].draws = 0  # type: ignore[misc]


def test_a_budget_that_is_spent_decides_nothing() -> None:
    assert mfcheck.disagree(PaperTheory(), Wide(), claims=["thm4.1/phase-boundary"], device="cpu", budget=1e-6) == ()


def test_kept_draws_are_taken_and_tell_the_same(tmp_path: Path) -> None:
    def ask() -> tuple[Disagreement, ...]:
        chosen = ["thm4.1/phase-boundary"]
        return mfcheck.disagree(PaperTheory(), Wide(), claims=chosen, device="cpu", seed=5, cache=tmp_path)

    first = ask()
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.npy")}
    again = ask()
    assert kept
    assert {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.npy")} == kept
    assert [(one.estimate, one.interval, one.draws) for one in again] == [
        (one.estimate, one.interval, one.draws) for one in first
    ]


def test_separation_is_in_units_of_a_margin() -> None:
    spec = NetworkSpec("vanilla", 10, 1, 50, 3, 2.0)
    laws = [theory.jacobian_entry(spec) for theory in (PaperTheory(), Wide())]
    assert 0.05 < separation(*laws, trend=False) < 0.2
    assert separation(2.0, 1.0, trend=True) == 1
    assert separation(2.0, 1.0, trend=False) == 0.5


@pytest.mark.usefixtures("mine")
def test_all_cells_in_which_they_differ_are_decided_and_tallied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disagree", "paper", "mine_of_disagree:Forgotten", *ONE, "--mf-seed", "4", "--all"]) == 0
    *cells, of_claim, of_all = capsys.readouterr().out.splitlines()
    asked = [line for line in cells if line.startswith("thm4.1/phase-boundary in ") and "residual" in line]
    assert of_claim == f"thm4.1/phase-boundary: A supported in {len(asked)}; B refuted in {len(asked)}"
    assert of_all.startswith("in all: A supported in ")
    assert of_all.endswith(f"; {len(asked)} of {len(asked)} cells separate them")
    assert main(["disagree", "paper", "paper", *ONE, "--all"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "in all: they differ in no cell; 0 of 0 cells separate them"


def test_formulas_that_only_break_conditions_ask_tell_theories_apart() -> None:
    """The full form of the capacity, and that of biases, stand where the paper's own form must fail."""

    class Full(PaperTheory):
        def full_fisher_rao(self, spec: NetworkSpec) -> float:
            return 1.5 * super().full_fisher_rao(spec)

    found = mfcheck.disagree(PaperTheory(), Full(), claims=["break/full-fisher*", "break/bias*"], seed=3, budget=60)
    assert found
    assert found[-1].separates
    assert found[-1].claim.startswith("break/")
