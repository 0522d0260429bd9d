"""Another theory on trial: which of its changes are seen, by which claims, and what ends a run before it starts."""

from __future__ import annotations

import json
import math
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mfcheck import NetworkSpec, NotANumber, NotCovered, PaperTheory, Verdict
from mfcheck.cli import main
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.suite import suite_claims
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.finding import Finding
from mfcheck.findings.record import as_plain
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.levels import LEVELS
from mfcheck.reporting.words.changes_text import lines
from mfcheck.settings import Settings
from mfcheck.theory.changes import changes, check_theory, differs, is_papers
from mfcheck.theory.watched import Reading

SPEC = NetworkSpec("residual", 784, 10, 500, 6, 0.3, 0.5)
STORE = ChunkStore()
SETTINGS = Settings(seed=3, level=LEVELS["quick"])


class Forgotten(PaperTheory):
    """ω_r = α σ_w²: the 1 forgotten."""

    def omega(self, spec: NetworkSpec) -> float:
        return spec.activation.alpha * spec.weight_variance


class WideOffset(PaperTheory):
    def offset_variance(self, spec: NetworkSpec) -> float:
        return 1.25 * super().offset_variance(spec)


class Two(WideOffset):
    def fisher_rao(self, spec: NetworkSpec) -> float:
        return self.doubled(super().fisher_rao(spec))

    def doubled(self, value: float) -> float:
        return 2 * value


@dataclass(frozen=True)
class Half(PaperTheory):
    rate_factor: float = 1


class HalfByHand(PaperTheory):
    def __init__(self) -> None:
        super().__init__(rate_factor=1)


def findings(theory: PaperTheory, *claims: str, cells: Callable[[str], bool] = lambda id: True) -> list[Finding]:
    """What the suite's claims find under a theory in some of their cells."""
    found: list[Finding] = []
    for id in claims:
        claim, test = suite_claims()[id]
        for cell in claim.cells(SETTINGS):
            if cell.engine == "wishart" and cells(cell.id):
                decider = Decider(claim, cell, SETTINGS, theory, STORE, "pytest this")
                test(cell, decider)
                found += decider.findings
    return found


# What a theory changes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "names"),
    [
        (PaperTheory(), ()),
        (Forgotten(), ("omega",)),
        (Two(), ("fisher_rao", "offset_variance")),
        (Half(), ("rate_factor",)),
        (HalfByHand(), ("rate_factor",)),
        (PaperTheory(rate_factor=1), ("rate_factor",)),
    ],
)
def test_changes_are_the_overridden_formulas_and_fields(theory: PaperTheory, names: tuple[str, ...]) -> None:
    assert tuple(change.name for change in changes(theory)) == names
    assert is_papers(theory) == (not names)


def test_each_change_stands_alone_in_a_theory_of_its_own() -> None:
    by_name = {change.name: change.theory for change in changes(Two())}
    paper = PaperTheory()
    assert by_name["fisher_rao"].offset_variance(SPEC) == paper.offset_variance(SPEC)
    assert by_name["fisher_rao"].fisher_rao(SPEC) == 2 * paper.fisher_rao(SPEC)
    assert by_name["offset_variance"].fisher_rao(SPEC) == paper.fisher_rao(SPEC)
    assert by_name["offset_variance"].offset(SPEC).var() == pytest.approx(1.25 * paper.offset(SPEC).var())


def test_a_law_of_the_same_variance_but_another_shape_differs() -> None:
    from scipy import stats

    class Flat(PaperTheory):
        def jacobian_entry(self, spec: NetworkSpec) -> Any:
            width = math.sqrt(12 * self.jacobian_entry_variance(spec))
            return stats.uniform(loc=-width / 2, scale=width)

    assert Flat().jacobian_entry(SPEC).var() == pytest.approx(PaperTheory().jacobian_entry(SPEC).var())
    assert differs(Flat(), "jacobian_entry", (SPEC,))


# Who sees it ---------------------------------------------------------------------------------------------------


@pytest.fixture
def no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the twins of every theory here would take most of the time."""
    monkeypatch.setattr("mfcheck.decisions.evidence.twins", lambda theory: ())


@pytest.mark.usefixtures("no_twins")
def test_a_change_of_the_offset_is_seen_by_claims_on_offsets_alone() -> None:
    claims = ("thm4.1/offset-gaussian", "thm4.1/entries-gaussian", "thm4.1/entries-variance")
    found = findings(WideOffset(), *claims, cells=lambda id: "N500-" in id)
    seen = {finding.claim for finding in found if finding.changes_seen}
    assert seen == {"thm4.1/offset-gaussian"}
    assert {finding.claim for finding in found} == set(claims)
    for finding in found:
        assert finding.paper_verdict == "supported"
        assert (finding.verdict is Verdict.REFUTED) == bool(finding.changes_seen)


@pytest.mark.usefixtures("no_twins")
def test_the_forgotten_1_is_refuted_by_name_where_networks_are_residual() -> None:
    claims = ("thm4.1/phase-boundary", "thm4.1/entries-variance", "thm4.1/width-convergence")
    found = findings(Forgotten(), *claims, cells=lambda id: not any(part in id for part in ("slope", "L8", "d1000")))
    for finding in found:
        residual = finding.parameters["architecture"] == "residual"
        assert finding.changes_seen == (("omega",) if residual else ())
        assert finding.verdict is not Verdict.SUPPORTED if residual else finding.verdict is Verdict.SUPPORTED
    report = {"theory": "mine:Forgotten", "theory_changes": theory_changes(Forgotten(), list(map(as_plain, found)))}
    (formula,) = report["theory_changes"]["formulas"]
    assert formula["formula"] == "omega"
    assert formula["status"] == "seen"
    assert {"thm4.1/phase-boundary", "thm4.1/entries-variance"} <= set(formula["refuted_by"])
    # Its statistic is in the theory's own units, so that its draws say nothing of the paper's.
    assert report["theory_changes"]["unjudged"] == ["thm4.1/width-convergence"]
    head, first, *rest = lines(report)
    assert head == "What theory mine:Forgotten changes"
    assert first.startswith("omega: seen by 3 claims")
    assert "thm4.1/phase-boundary: 2 cells supported by the paper's theory, refuted by this one" in rest


@pytest.mark.usefixtures("no_twins")
def test_a_change_that_cancels_in_a_reference_is_not_seen() -> None:
    """Twice the bound has the same slope against log d."""

    class Twice(PaperTheory):
        def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            return 2 * super().adversarial_bound(spec, eps, p, q)

    (finding,) = findings(Twice(), "thm5.1/dimension-scaling", cells=lambda id: "d16384" in id and "pair.1-1" in id)
    assert (finding.changes_seen, finding.paper_verdict) == ((), finding.verdict.value)


def test_the_papers_own_theory_changes_nothing() -> None:
    (finding,) = findings(PaperTheory(), "thm4.1/entries-variance", cells=lambda id: "N300-" in id)
    assert (finding.changes_seen, finding.paper_verdict) == ((), "")
    assert theory_changes(PaperTheory(), [as_plain(finding)]) == {}
    assert lines({"theory": "mfcheck.theory:PaperTheory", "theory_changes": {}}) == []


def test_a_formula_that_no_claim_sees_is_untested() -> None:
    found = findings(Two(), "thm4.1/offset-gaussian", cells=lambda id: "N500-L4" in id)
    by_name = {entry["formula"]: entry for entry in theory_changes(Two(), list(map(as_plain, found)))["formulas"]}
    assert by_name["fisher_rao"]["status"] == "untested"
    assert by_name["offset_variance"]["seen_by"] == ["thm4.1/offset-gaussian"]


# What cannot be put on trial -----------------------------------------------------------------------------------


def theory_with(**members: Any) -> PaperTheory:
    made = type("Odd", (PaperTheory,), members)()
    assert isinstance(made, PaperTheory)
    return made


def crash(self: PaperTheory, spec: NetworkSpec) -> float:
    raise KeyError("gain")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"omega": lambda self, spec: math.nan}, "formula omega gives nan at"),
        ({"omega": lambda self, spec: math.inf}, "formula omega gives inf at"),
        ({"omega": lambda self, spec: None}, "formula omega gives None, which is no number"),
        ({"omega": lambda self, spec: "1"}, "formula omega gives '1', which is no number"),
        ({"omega": crash}, "formula omega raises KeyError: 'gain'"),
        ({"omega": None}, "formula omega is no method, and must take (spec)"),
        ({"omega": lambda self: 1.0}, "formula omega takes (), and must take (spec)"),
        ({"omega": lambda self, net: 1.0}, "formula omega takes (net), and must take (spec)"),
        ({"jacobian_entry": lambda self, spec: 0.1}, "formula jacobian_entry gives 0.1, which is no law"),
        ({"rate_factor": 1}, "sets rate_factor = 1 on its class"),
    ],
)
def test_an_unusable_theory_is_told_by_formula_and_place(members: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as told:
        check_theory(theory_with(**members), "mine:Odd")
    assert "'mine:Odd'" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_formula_may_have_nothing_to_say_somewhere() -> None:
    def vanilla_only(self: PaperTheory, spec: NetworkSpec) -> float:
        if spec.architecture != "vanilla":
            raise ValueError("residual networks are left open")
        return spec.activation.alpha * spec.weight_variance

    silent = theory_with(omega=vanilla_only)
    check_theory(silent, "mine:Silent")
    with pytest.raises(NotCovered, match="omega of theory Odd has no value: residual networks are left open"):
        Reading(silent).theory.omega(SPEC)
    (finding,) = findings(silent, "thm4.1/entries-variance", cells=lambda id: "residual-N300-" in id)
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.changes_seen == ("omega",)
    assert finding.paper_verdict == "supported"


def test_a_value_that_is_no_number_only_where_a_claim_looks_names_formula_and_place() -> None:
    odd = theory_with(omega=lambda self, spec: math.nan if spec.width == 500 else 1.0)
    check_theory(odd, "mine:Odd")
    with pytest.raises(NotANumber, match=r"formula omega gives nan at \(residual\(.*width=500"):
        Reading(odd).theory.omega(SPEC)


# From outside --------------------------------------------------------------------------------------------------


def blocks(kind: str) -> list[str]:
    page = Path(__file__).parents[2] / "docs" / "own_formula.md"
    return re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def documented(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the files of docs/own_formula.md."""
    for block in blocks("python"):
        name = block.splitlines()[0].removeprefix("# ")
        (pytester.path / name).write_text(block, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(pytester.path)
    return pytester


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_the_documentations_claim_runs_as_it_says(documented: pytest.Pytester, workers: tuple[str, ...]) -> None:
    _, command, _ = blocks("sh")
    program, *arguments = shlex.split(command)
    assert program == "pytest"
    result = documented.runpytest_inprocess(*arguments, "-p", "no:randomly", "--mf-device", "cpu", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["What theory mine:Mine changes", "row_energy: seen by 1 claim, refuted by none: mine/*"]
    )
    report = json.loads((documented.path / "reports" / "report.json").read_text(encoding="utf-8"))
    assert [entry["formula"] for entry in report["theory_changes"]["formulas"]] == ["row_energy"]
    twins = [twin for twin in report["mutants"] if twin["formula"] == "row_energy" and twin["status"] != "equivalent"]
    assert twins
    assert all(twin["status"] == "killed" for twin in twins)
    page = (documented.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "What theory mine:Mine changes" in page
    assert "## What theory mine:Mine changes" in (documented.path / "reports" / "report.md").read_text(encoding="utf-8")


def test_the_documentations_plan_says_what_it_takes(
    documented: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = shlex.split(blocks("sh")[0])
    assert program == "mfcheck"
    assert main([*arguments, "--mf-device", "cpu"]) == 0
    assert "wishart-vanilla-N1000-L5" in capsys.readouterr().out


def test_a_file_without_claims_cannot_be_planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text("", encoding="utf-8")
    for file, said in ((empty, "holds no claim"), (tmp_path / "nowhere.py", "is no Python file")):
        assert main(["plan", "mine/x", "--file", str(file)]) == 4
        assert said in capsys.readouterr().err


def test_an_unusable_theory_ends_a_run_before_any_work(documented: pytest.Pytester) -> None:
    documented.makepyfile(
        odd="""
        from mfcheck import PaperTheory


        class Odd(PaperTheory):
            def omega(self, spec):
                return float("nan")


        class Costly(PaperTheory):
            def __init__(self, price):
                raise AssertionError("never made")
        """
    )
    for name, said in (("Odd", "*formula omega gives nan at*"), ("Costly", "*cannot be made without arguments*")):
        result = documented.runpytest_inprocess("test_mine.py", "--mf-theory", f"odd:{name}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([said])
        assert "Traceback" not in result.stderr.str()
