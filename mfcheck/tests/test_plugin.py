"""The plugin from outside: what a run prints, writes and returns, and what it must never let pass."""

from __future__ import annotations

import json
import os
import shlex
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

# Runs in this process forget the modules they import: what is slow to import is held here.
import mfcheck.decisions.decide
import mfcheck.ensembles.sampling
import mfcheck.observables.jacobian
import mfcheck.reporting.markdown
import mfcheck.reporting.pages
import mfcheck.reporting.terminal
import mfcheck.theory.entry_law
from mfcheck import devices
from mfcheck.levels import LEVELS

CELL = "wishart-vanilla-N32-L2-d4-K1-w1.5-relu"

TOY = """
import numpy as np
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.observables import jacobian
from mfcheck.theory import entry_law

PROBE = Probe(np.ones((1, 4)), 0)
NARROW = NetworkSpec("vanilla", 4, 1, width=32, depth=2, weight_variance=1.5)


def one(settings):
    return [Cell(NARROW, "wishart")]


def two(settings):
    return [Cell(NARROW, "wishart"), Cell(NetworkSpec("residual", 4, 1, 32, 2, 0.5), "wishart")]


def foreign(settings):
    return [Cell(NetworkSpec("nowhere:factory", 4, 1, 8, 2, 1.5), "dense")]


def coins(share):
    def sampler(spec, probe, stream, n):
        return (torch.rand(n, 1, generator=stream.torch) < share).double()

    return Source(f"coins of {share}", {"wishart": sampler}, {"wishart": False})


def broken(spec, probe, stream, n):
    return torch.full((n, 1), torch.nan)


def law(decide, cell, times):
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(scale=np.sqrt(times * theory.jacobian_entry_variance(cell.spec))),
        finite_width=lambda: 0.02,
    )
"""

GAUSSIAN = '''
@claim("toy.1/gaussian", cells=one)
def test_gaussian(cell, decide):
    """Entries are Gaussian."""
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
    )
'''
VARIANCE = '''
@claim("toy.1/variance", cells=two)
def test_variance(cell, decide):
    """The variance is right."""
    law(decide, cell, 1)
'''
COIN = '''
@claim("toy.1/coin", cells=two)
def test_coin(cell, decide):
    """A coin that never fails."""
    decide.rate(coins(1), component=0, probe=PROBE)
'''
WRONG = '''
@claim("toy.2/wrong", cells=one)
def test_wrong(cell, decide):
    """The variance is half as large again."""
    law(decide, cell, 1.5)
'''
# The truth stands exactly on the floor, so no budget decides it, but for one run in a million.
EDGE = '''
@claim("toy.3/edge", cells=one)
def test_edge(cell, decide):
    """A coin that fails as often as is just allowed."""
    decide.rate(coins(decide.settings.level.rate), component=0, probe=PROBE)
'''
FOREIGN = '''
@claim("toy.4/foreign", cells=foreign)
def test_foreign(cell, decide):
    """Networks of others have it too."""
    law(decide, cell, 1)
'''
BROKEN = '''
@claim("toy.5/nan", cells=one)
def test_nan(cell, decide):
    """A measurement breaks."""
    decide.rate(Source("broken", {"wishart": broken}, {"wishart": False}), component=0, probe=PROBE)
'''
FORGETS = '''
@claim("toy.6/forgets", cells=one)
def test_forgets(cell, decide):
    """Nobody decides."""
'''
EVERYTHING = TOY + GAUSSIAN + VARIANCE + WRONG + EDGE + FOREIGN + BROKEN + FORGETS
PLAIN = "def test_plain():\n    assert True\n"

HEAD = {
    "schema", "mfcheck", "created", "environment", "seed", "level", "alpha", "family_error_bound", "theory",
    "architectures", "theorems", "mutants",
}  # fmt: skip
FINDING = {
    "parameters", "statistic", "estimate", "interval", "reference", "margin", "draws", "engine", "verdict",
    "resolution", "seconds", "reproduce",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MFCHECK_", "PYTEST_XDIST", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a module rewritten within a second must be read anew


def run(pytester: pytest.Pytester, *arguments: str, **options: Any) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*arguments, **options)


def journal(pytester: pytest.Pytester, folder: str = "reports") -> list[dict[str, Any]]:
    lines = (pytester.path / folder / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def report(pytester: pytest.Pytester, folder: str = "reports") -> dict[str, Any]:
    text = (pytester.path / folder / "report.json").read_text(encoding="utf-8")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def claims_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {claim["id"]: claim for theorem in found["theorems"] for claim in theorem["claims"]}


def without_time(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{name: value for name, value in finding.items() if name != "seconds"} for finding in findings]
    return sorted(kept, key=lambda finding: (finding["claim"], finding["cell"]))


# What a run says -----------------------------------------------------------------------------------------------


def test_every_ending_is_told_apart_wherever_it_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=EVERYTHING, test_other=PLAIN)
    result = run(pytester, "--mf-seed", "5", "--mf-architecture", "vanilla", "--junitxml=junit.xml")
    assert result.ret == 1
    result.assert_outcomes(passed=4, failed=4, skipped=1)

    result.stdout.fnmatch_lines(["mfcheck: *--mf-seed 5*--mf-level quick*"])
    result.stdout.fnmatch_lines(["*theory verdicts*", "*verdict*supp*refut*undec*", "*supported*", "report: *html"])
    result.stdout.fnmatch_lines(["*REFUTED toy.2/wrong*", "*UNDECIDED toy.3/edge*", "*ERROR toy.5/nan*"])
    assert "1 refuted, 1 undecided, 1 not applicable, 2 errors" in result.stdout.str()

    found = report(pytester)
    assert set(found) >= HEAD
    assert (found["seed"], found["level"], found["alpha"]) == (5, "quick", 1e-6)
    assert found["architectures"] == ["vanilla"]
    assert found["verdict"] == "refuted"
    assert found["family_error_bound"] == pytest.approx(5e-6)
    claims = claims_of(found)
    assert {id: claim["verdict"] for id, claim in claims.items()} == {
        "toy.1/gaussian": "supported",
        "toy.1/variance": "supported",
        "toy.2/wrong": "refuted",
        "toy.3/edge": "undecided",
        "toy.4/foreign": "not applicable",
        "toy.5/nan": "undecided",
        "toy.6/forgets": "undecided",
    }
    assert claims["toy.2/wrong"]["says"] == "The variance is half as large again."
    assert all(set(finding) >= FINDING for claim in claims.values() for finding in claim["findings"])
    (wrong,) = claims["toy.2/wrong"]["findings"]
    assert wrong["estimate"] > wrong["interval"][0] > wrong["margin"]["finite_width"] + wrong["margin"]["discrepancy"]
    assert (wrong["cell"], wrong["engine"], wrong["parameters"]["width"]) == (CELL, "wishart", 32)
    (edge,) = claims["toy.3/edge"]["findings"]
    assert edge["looks"] == LEVELS["quick"].looks
    (absent,) = claims["toy.4/foreign"]["findings"]
    assert absent["reason"]
    assert (absent["estimate"], absent["interval"], absent["alpha"]) == (None, [None, None], 0)
    for id, words in (("toy.5/nan", "NaN"), ("toy.6/forgets", "without a decision")):
        assert claims[id]["findings"] == []
        assert [error["cell"] for error in claims[id]["errors"]] == [CELL]
        assert words in claims[id]["errors"][0]["message"]

    findings = journal(pytester)
    assert len(findings) == 6
    assert [finding["verdict"] for finding in findings].count("supported") == 3
    for page in ("report.md", "report.html"):
        text = (pytester.path / "reports" / page).read_text(encoding="utf-8")
        assert all(id.split("/")[1] in text for id in claims)

    evidence = {}
    for case in ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase"):
        properties = {item.get("name"): item.get("value") for item in case.iter("property")}
        if "mfcheck_finding" in properties:
            found_here = json.loads(str(properties["mfcheck_finding"]))
            evidence[found_here["claim"], found_here["cell"]] = found_here
            assert json.loads(str(properties["mfcheck_claim"]))["id"] == found_here["claim"]
    assert evidence == {(finding["claim"], finding["cell"]): finding for finding in findings}


@pytest.mark.parametrize(
    ("source", "exit_status", "verdict"),
    [
        (GAUSSIAN + COIN, 0, "supported"),
        (COIN + FOREIGN, 0, "supported"),
        (COIN + WRONG, 1, "refuted"),
        (COIN + EDGE, 1, "undecided"),
        (COIN + BROKEN, 1, "undecided"),
        (COIN + FORGETS, 1, "undecided"),
        (FOREIGN, 0, "not applicable"),
    ],
    ids=["supported", "and foreign", "refuted", "undecided", "nan", "forgotten", "foreign"],
)
def test_the_exit_status_and_the_verdict_of_a_run_say_the_same(
    pytester: pytest.Pytester, source: str, exit_status: int, verdict: str
) -> None:
    pytester.makepyfile(test_toy=TOY + source)
    assert run(pytester, "--mf-seed", "1").ret == exit_status
    assert report(pytester)["verdict"] == verdict


def test_a_claim_is_chosen_by_its_id_or_a_glob(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + COIN + WRONG + EDGE, test_other=PLAIN)
    run(pytester, "--mf-claim", "toy.1/*").assert_outcomes(passed=3, deselected=2)
    assert list(claims_of(report(pytester))) == ["toy.1/coin"]
    run(pytester, "--mf-claim", "toy.1/coin", "--mf-claim", "toy.3/edge")
    assert list(claims_of(report(pytester))) == ["toy.1/coin", "toy.3/edge"]


def test_two_cells_of_one_name_are_an_error(pytester: pytest.Pytester) -> None:
    twins = COIN.replace("cells=two", "cells=lambda settings: [*one(settings), *one(settings)]")
    pytester.makepyfile(test_toy=TOY + twins)
    result = run(pytester)
    assert result.ret not in (0, 1)
    assert f"two cells of one id among {CELL}" in result.stdout.str()


# The same run again --------------------------------------------------------------------------------------------


def test_workers_and_one_process_find_the_same_numbers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + GAUSSIAN + VARIANCE + EDGE)
    arguments = ("--mf-seed", "7", "--mf-no-cache")
    assert run(pytester, "-n", "0", "--mf-report", "alone", *arguments).ret == 1
    assert run(pytester, "-n", "2", "--mf-report", "together", *arguments).ret == 1
    alone, together = journal(pytester, "alone"), journal(pytester, "together")
    assert len(alone) == 4
    assert without_time(alone) == without_time(together)
    assert [claim["verdict"] for claim in claims_of(report(pytester, "together")).values()] == [
        "supported",
        "supported",
        "undecided",
    ]


def test_without_a_seed_one_is_made_and_printed_and_repeats_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + VARIANCE)
    result = run(pytester, "--mf-no-cache", "--mf-report", "first")
    seed = report(pytester, "first")["seed"]
    assert f"--mf-seed {seed} " in result.stdout.str()
    run(pytester, "--mf-no-cache", "--mf-report", "second", "--mf-seed", str(seed))
    run(pytester, "--mf-no-cache", "--mf-report", "third")
    assert without_time(journal(pytester, "first")) == without_time(journal(pytester, "second"))
    assert report(pytester, "third")["seed"] != seed
    assert [f["estimate"] for f in journal(pytester, "third")] != [f["estimate"] for f in journal(pytester, "first")]


def test_the_reproduce_command_of_a_finding_gives_its_numbers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + WRONG + VARIANCE)
    run(pytester, "--mf-seed", "3", "--mf-alpha", "1e-4", "--mf-architecture", "vanilla", "--mf-no-cache")
    for finding in journal(pytester):
        program, *arguments = shlex.split(finding["reproduce"])
        assert program == "pytest"
        run(pytester, *arguments, "--mf-report", "again", "--mf-no-cache")
        (again,) = journal(pytester, "again")
        assert without_time([again]) == without_time([finding])


@pytest.mark.parametrize("door", ["--pyargs", "path"])
def test_the_reproduce_command_works_from_the_folder_of_the_run(pytester: pytest.Pytester, door: str) -> None:
    module = "mfcheck.suite.test_thm_4_1_jacobian_law"
    claims = Path(str(mfcheck.__file__)).parents[1] / "claims" / "test_thm_4_1_jacobian_law.py"
    target = ["--pyargs", module] if door == "--pyargs" else [str(claims)]
    chosen = ["-k", "entries_variance and wishart-vanilla-N500-L10", "-p", "no:cacheprovider"]
    run(pytester, *target, *chosen, "--mf-seed", "3", "--mf-alpha", "0.1")
    finding = journal(pytester)[0]
    result = run(pytester, *shlex.split(finding["reproduce"])[1:], "-p", "no:cacheprovider", "--mf-report", "again")
    assert result.ret == 0
    (again,) = journal(pytester, "again")
    assert again["estimate"] == finding["estimate"]


def test_draws_are_kept_unless_forbidden_and_change_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + VARIANCE)
    kept = pytester.path / ".pytest_cache" / "d" / "mfcheck"
    run(pytester, "--mf-seed", "3", "--mf-no-cache", "--mf-report", "never")
    assert not list(kept.glob("*.npy"))
    run(pytester, "--mf-seed", "3", "--mf-report", "drawn")
    chunks = {file.name: file.stat().st_mtime_ns for file in kept.glob("*.npy")}
    assert chunks
    run(pytester, "--mf-seed", "3", "--mf-report", "read")
    assert {file.name: file.stat().st_mtime_ns for file in kept.glob("*.npy")} == chunks
    assert without_time(journal(pytester, "never")) == without_time(journal(pytester, "drawn"))
    assert without_time(journal(pytester, "read")) == without_time(journal(pytester, "drawn"))


FACTORY = """
import torch

def factory(spec, generator):
    module = torch.nn.Linear(spec.input_dim, spec.output_dim)
    torch.nn.init.constant_(module.weight, {weight})
    return module
"""
POSITIVE = '''
from mfcheck.ensembles import modules


def own(settings):
    # Wide and deep on paper, so that a chunk holds few of these modules.
    return [Cell(NetworkSpec(name, 4, 1, 512, 8, 1.5), "dense") for name in settings.architectures]


def positive(spec, probe, stream, n):
    x = torch.as_tensor(probe.x, dtype=torch.float32)
    return (modules.ModuleStack(spec, stream, replicates=n).column(x, 0)[:, 0] > 0).double()


@claim("toy.7/positive", cells=own)
def test_positive(cell, decide):
    """Slopes are positive."""
    decide.rate(Source("sign of the slope", {"dense": positive}, {"dense": True}), component=0, probe=PROBE)
'''


def test_draws_of_a_factory_are_not_kept_beyond_its_code(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + POSITIVE, toys=FACTORY.format(weight="0.5"))
    arguments = ("--mf-seed", "1", "--mf-alpha", "0.5", "--mf-architecture", "toys:factory")
    assert run(pytester, *arguments).ret == 0
    pytester.makepyfile(toys=FACTORY.format(weight="-0.25"))
    # A process reads code once: the code is another one in a new process only.
    assert pytester.runpytest_subprocess(*arguments).ret == 1
    assert report(pytester)["verdict"] == "refuted"


# A run cut short -----------------------------------------------------------------------------------------------

STALE = {"report.json": '{"verdict": "supported"}', "report.md": "supported", "report.html": "supported"}


def leave_stale_pages(pytester: pytest.Pytester) -> Path:
    folder = pytester.mkdir("reports")
    for name, text in STALE.items():
        (folder / name).write_text(text)
    return folder


def test_a_run_stopped_by_x_leaves_its_findings_and_no_report(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + COIN + WRONG + VARIANCE)
    assert run(pytester, "-x").ret != 0
    assert [finding["claim"] for finding in journal(pytester)] == ["toy.1/coin", "toy.1/coin", "toy.2/wrong"]
    assert sorted(file.name for file in folder.iterdir()) == ["findings.jsonl", "run.json"]


INTERRUPT = '''
@claim("toy.8/interrupted", cells=one)
def test_interrupted(cell, decide):
    """Somebody loses patience."""
    raise KeyboardInterrupt
'''


def test_an_interrupted_run_leaves_its_findings_and_no_report(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + COIN + INTERRUPT + WRONG)
    assert run(pytester, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    assert [finding["claim"] for finding in journal(pytester)] == ["toy.1/coin", "toy.1/coin"]
    assert sorted(file.name for file in folder.iterdir()) == ["findings.jsonl", "run.json"]


@pytest.mark.parametrize("source", [INTERRUPT + COIN, COIN + "import nowhere_at_all\n"], ids=["interrupt", "import"])
def test_a_run_without_any_finding_leaves_no_report_of_an_earlier_one(pytester: pytest.Pytester, source: str) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_toy=TOY + source)
    assert run(pytester, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    assert not set(STALE) & {file.name for file in folder.iterdir()}


def test_a_crashed_worker_is_an_error_and_never_a_pass(pytester: pytest.Pytester) -> None:
    # The first cell takes its worker down before anything was found; the run goes on in a new one.
    exits = 'if cell.spec.architecture == "residual":\n        os._exit(3)\n    decide.rate'
    crash = COIN.replace("decide.rate", exits)
    pytester.makepyfile(test_toy="import os\n" + TOY + crash)
    result = run(pytester, "-n", "1", "--mf-seed", "1")
    assert result.ret == 1
    found = report(pytester)
    assert found["verdict"] == "undecided"
    (coin,) = claims_of(found).values()
    assert [finding["verdict"] for finding in coin["findings"]] == ["supported"]
    assert [error["cell"] for error in coin["errors"]] == ["wishart-residual-N32-L2-d4-K1-w0.5-relu"]
    assert "crashed" in coin["errors"][0]["message"]


# A theory on trial ---------------------------------------------------------------------------------------------

THEORIES = """
from mfcheck import PaperTheory


class TooLarge(PaperTheory):
    def omega(self, spec):
        return 1.05 * super().omega(spec)


class RootOfInputs(PaperTheory):
    @staticmethod
    def beta(p, q, input_dim, output_dim):
        return input_dim**0.5 if p == q == float("inf") else PaperTheory.beta(p, q, input_dim, output_dim)


class NeedsMore(PaperTheory):
    def __init__(self, more):
        pass


class NoTheory:
    pass


def factory_of_nothing():
    pass


number = 3
"""


@pytest.mark.parametrize("side", ["paper", "wrong"])
def test_a_wrong_theory_is_refuted_by_name_where_the_papers_is_supported(pytester: pytest.Pytester, side: str) -> None:
    pytester.makepyfile(theories=THEORIES)
    theory = ["--mf-theory", "theories:TooLarge"] if side == "wrong" else []
    result = run(
        pytester,
        *("--pyargs", "mfcheck.suite.test_thm_4_1_jacobian_law", "--mf-claim", "thm4.1/entries-gaussian"),
        *("-k", "wishart-vanilla-N500-L10", "--mf-seed", "3", "--mf-no-cache"),
        *theory,
    )
    assert result.ret == (1 if side == "wrong" else 0)
    found = report(pytester)
    assert found["theory"] == ("theories:TooLarge" if side == "wrong" else "mfcheck.theory:PaperTheory")
    assert {id: claim["verdict"] for id, claim in claims_of(found).items()} == {
        "thm4.1/entries-gaussian": "refuted" if side == "wrong" else "supported"
    }
    if side == "wrong":
        result.stdout.fnmatch_lines(["*REFUTED thm4.1/entries-gaussian*"])
        assert "--mf-theory theories:TooLarge" in journal(pytester)[0]["reproduce"]


def test_a_beta_of_the_root_of_d_is_refuted_by_name(pytester: pytest.Pytester) -> None:
    """It bounds from above, 1.25 times too far: only a claim on how tight β is can see that."""
    pytester.makepyfile(theories=THEORIES)
    result = run(
        pytester,
        *("--pyargs", "mfcheck.suite.test_thm_5_1_limit", "--mf-claim", "thm5.1/bound-leading-order"),
        *(
            "-k",
            "inf-inf-sizes.many and theory",
            "--mf-seed",
            "3",
            "--mf-no-cache",
            "--mf-theory",
            "theories:RootOfInputs",
        ),
    )
    assert result.ret == 1
    (finding,) = journal(pytester)
    assert finding["verdict"] == "refuted"
    assert 0.79 < finding["estimate"] < 0.81  # √(2/π) is 0.798
    result.stdout.fnmatch_lines(["*REFUTED thm5.1/bound-leading-order*"])


# Options and environment ---------------------------------------------------------------------------------------


def test_the_environment_mirrors_every_option_and_the_command_line_wins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_toy=TOY + COIN + FORGETS, theories=THEORIES)
    mirrored = {
        "SEED": "11",
        "LEVEL": "standard",
        "ALPHA": "1e-3",
        "REPORT": "elsewhere",
        "NO_CACHE": "1",
        "DATASET": "noise",
        "DATA_DIR": ".",
        "DOWNLOAD": "1",
        "DEVICE": "cpu",
        "ARCHITECTURE": "residual",
        "THEORY": "theories:TooLarge",
        "CLAIM": "toy.1/*",
    }
    for name, value in mirrored.items():
        monkeypatch.setenv(f"MFCHECK_{name}", value)
    result = run(pytester)
    assert result.ret == 0
    result.assert_outcomes(passed=2, deselected=1)
    assert not (pytester.path / "reports").exists()
    assert not list(pytester.path.glob(".pytest_cache/d/mfcheck/*"))
    found = report(pytester, "elsewhere")
    chosen = {name: found[name] for name in ("seed", "level", "alpha", "dataset", "theory", "architectures")}
    assert chosen == {
        "seed": 11,
        "level": "standard",
        "alpha": 1e-3,
        "dataset": {"name": "noise", "norm": "‖x‖₂ = √d", "files": []},
        "theory": "theories:TooLarge",
        "architectures": ["residual"],
    }
    run(pytester, "--mf-seed", "12", "--mf-report", "here", "--mf-architecture", "vanilla")
    here = report(pytester, "here")
    assert (here["seed"], here["level"], here["architectures"]) == (12, "standard", ["vanilla"])


def assert_unusable(pytester: pytest.Pytester, result: pytest.RunResult, value: str) -> None:
    """Exit status 4 and one sentence with the value, no traceback and no report."""
    everything = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    sentences = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    assert len(sentences) == 1, everything
    assert value in sentences[0]
    assert "Traceback" not in everything
    assert "INTERNALERROR" not in everything
    assert not list(pytester.path.glob("reports/*"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("level", "heroic"),
        ("device", "tpu"),
        ("device", "cuda"),
        ("device", "cuda:7"),
        ("dataset", "cifar1000"),
        ("data-dir", "no-such-folder"),
        ("data-dir", "theories.py"),
        ("claim", "toy.9/none"),
        ("claim", "gaussian"),
        ("alpha", "0"),
        ("alpha", "0.6"),
        ("alpha", "nan"),
        ("alpha", "small"),
        ("seed", "-1"),
        ("seed", "soon"),
        ("seed", "1.5"),
        ("theory", "PaperTheory"),
        ("theory", "nowhere_at_all:Theory"),
        ("theory", "theories:Missing"),
        ("theory", "theories:NoTheory"),
        ("theory", "theories:number"),
        ("theory", "theories:NeedsMore"),
        ("theory", "wreck:Theory"),
        ("architecture", "transformer"),
        ("architecture", "nowhere_at_all:factory"),
        ("architecture", "theories:missing"),
        ("architecture", "theories:number"),
        ("architecture", "wreck:factory"),
        ("report", "theories.py"),
    ],
)
def test_unusable_options_are_refused_in_one_sentence(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str, value: str
) -> None:
    monkeypatch.setattr(devices, "gpu_count", lambda: 0)
    pytester.makepyfile(test_toy=TOY + COIN, theories=THEORIES, wreck="raise RuntimeError('broken on import')")
    said = {"alpha": {"0": "0.0"}}.get(option, {}).get(value, value)
    assert_unusable(pytester, run(pytester, f"--mf-{option}={value}"), said)
    monkeypatch.setenv(f"MFCHECK_{option.upper().replace('-', '_')}", value)
    assert_unusable(pytester, run(pytester), said)


def test_an_unknown_variable_is_refused_where_claims_are_and_nowhere_else(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFCHECK_NONSENSE", "1")
    pytester.makepyfile(**{"plain/test_other": PLAIN, "claims/deeper/test_toy": TOY + COIN})
    for arguments in (["claims"], []):
        assert_unusable(pytester, run(pytester, *arguments), "MFCHECK_NONSENSE")
    result = run(pytester, "plain")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("mfcheck: *")
    result.stdout.no_fnmatch_line("*theory verdicts*")
    assert not (pytester.path / "reports").exists()


def test_tests_without_claims_leave_an_earlier_report_alone(pytester: pytest.Pytester) -> None:
    folder = leave_stale_pages(pytester)
    pytester.makepyfile(test_other=PLAIN)
    assert run(pytester).ret == 0
    assert {file.name: file.read_text() for file in folder.iterdir()} == STALE


LIGHT = """
import sys

import mfcheck.plugin

import pytest

assert pytest.main(["--help"]) == 0
assert pytest.main(["test_other.py"]) == 0
print("loaded:", sorted({"torch", "torchvision", "matplotlib", "mlxtend"} & set(sys.modules)))
"""


def test_neither_help_nor_tests_of_others_load_torch(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other=PLAIN)
    result = pytester.run(sys.executable, "-c", LIGHT)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*--mf-level=LEVEL*", "*1 passed*", "loaded: []*"])
