"""A run can be repeated: by its seed, by the command of a finding, with workers, and from draws that were kept."""

from __future__ import annotations

import shlex

import pytest

from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.runs import LIGHT, claims_of, journal, report, run, without_time
from mfcheck.tests.support.toy_claims import EDGE, GAUSSIAN, TOY, VARIANCE, WRONG

pytestmark = pytest.mark.usefixtures("clean_environment")


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
    claims = ROOT / "claims" / "test_thm_4_1_jacobian_law.py"
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


@pytest.mark.slow
def test_draws_of_a_factory_are_not_kept_beyond_its_code(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + POSITIVE, toys=FACTORY.format(weight="0.5"))
    arguments = ("--mf-seed", "1", "--mf-alpha", "0.5", "--mf-architecture", "toys:factory")
    assert run(pytester, *arguments).ret == 0
    pytester.makepyfile(toys=FACTORY.format(weight="-0.25"))
    # A process reads code once: the code is another one in a new process only.
    assert pytester.runpytest_subprocess(*LIGHT, *arguments).ret == 1
    assert report(pytester)["verdict"] == "refuted"
