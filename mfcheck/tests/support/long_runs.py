"""A toy run that can be slow, be interrupted or die in a cell, and what it leaves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mfcheck import Finding, Verdict
from mfcheck.tests.support import runs

TOY = '''
import os
import signal
import time

import numpy as np
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, claim, progress
from mfcheck.ensembles.samples import Probe, Source

PROBE = Probe(np.ones((1, 4)), 0)
SPECS = [NetworkSpec("vanilla", 4, 1, 32, depth, 1.5) for depth in (2, 3, 4)]


def three(settings):
    return [Cell(spec, "wishart") for spec in SPECS]


def nowhere(settings):
    return [Cell(NetworkSpec("nowhere:factory", 4, 1, 8, 2, 1.5), "dense")]


def coins(name, share):
    return numbers(name, lambda values: (values < share).double())


def numbers(name, of=lambda values: values):
    def sampler(spec, probe, stream, n):
        with open("drawn.txt", "a") as file:
            file.write(f"{name} {spec.depth}\\n")
        if os.environ.get("TOY_DIES") == f"{name} {spec.depth}":
            while "TOY_IS_SLOW" in os.environ and not os.path.exists("slow.txt"):
                time.sleep(0.01)  # another worker may be at it
            exec(os.environ["TOY_DEATH"])
        slow = os.environ.get("TOY_IS_SLOW") == f"{name} {spec.depth}"
        for step in range(5):
            progress.report(step, 5, "toss")
            time.sleep(0.15 if slow else 0)
        if slow:
            open("slow.txt", "w").close()
        return of(torch.rand(n, 1, generator=stream.torch))

    return Source(name, {"wishart": sampler, "dense": sampler}, {"wishart": False, "dense": False})


@claim("toy.1/fair", cells=three)
def test_fair(cell, decide):
    """A coin that never fails."""
    decide.rate(coins("fair", 1), component=0, probe=PROBE)
'''
OTHERS = '''

@claim("toy.2/foul", cells=three)
def test_foul(cell, decide):
    """A number that is not Gaussian."""
    decide.law(
        numbers("foul"),
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(),
        finite_width=lambda: 0.0,
        instead={"uniform": lambda theory: stats.uniform()},
    )


@claim("toy.3/twice", cells=three)
def test_twice(cell, decide):
    """Two coins that never fail."""
    decide.rate(coins("first", 1), component=0, probe=PROBE)
    decide.rate(coins("second", 1), component=0, probe=PROBE)


@claim("toy.4/foreign", cells=nowhere)
def test_foreign(cell, decide):
    """Networks of others."""
    decide.law(
        coins("foreign", 1),
        component=0,
        probe=PROBE,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: 0.1,
    )
'''
OPEN = '''

@claim("open/question", cells=three)
def test_question(cell, decide):
    """Nobody knows."""
    if cell.spec.depth == 4 and os.environ.get("TOY_DIES") == "open":
        raise ArithmeticError("no answer")
    decide.rate(coins("open", 0.9), component=0, probe=PROBE)
'''
EXPECTED = """
[[expected]]
claim = "toy.2/foul"
when = { depth = 2 }
reason = "nothing is fair"
instead = "uniform"
"""
# Without twins of the theory, which take their time in every process and at which nothing here looks, and as if nobody
# ever changed mfcheck.
CONFTEST = """
import os

if os.environ["TOY_PARENT"] != str(os.getpid()):
    import mfcheck.decisions.judgement
    import mfcheck.findings.record
    import mfcheck.session.resume

    mfcheck.session.resume.own_code = lambda: []
    mfcheck.decisions.judgement.twins = mfcheck.findings.record.twins = lambda theory: ()
"""
NUMBERS = ("--mf-seed", "5", "--mf-no-cache", "--mf-alpha", "1e-3", *runs.LIGHT)


def make(pytester: pytest.Pytester, toy: str, **others: str) -> None:
    """Lay the toy and its conftest.py."""
    pytester.makepyfile(test_toy=toy, conftest=CONFTEST, **others)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A run in this process that Ctrl-C may end."""
    return runs.run(pytester, *arguments, no_reraise_ctrlc=True)


def dies(monkeypatch: pytest.MonkeyPatch, where: str, how: str) -> None:
    """Let the toy die in this way where it draws this."""
    monkeypatch.setenv("TOY_DIES", where)
    monkeypatch.setenv("TOY_DEATH", how)


def drawn(pytester: pytest.Pytester) -> Counter[str]:
    """What was drawn since the last look, and how often."""
    file = pytester.path / "drawn.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return Counter(lines)


def report(pytester: pytest.Pytester, folder: str = "reports") -> dict[str, Any]:
    """The report but for what no two runs share."""
    found = runs.report(pytester, folder)
    assert found.pop("created")
    for theorem in found["theorems"]:
        for claim in theorem["claims"]:
            for finding in claim["findings"]:
                assert finding.pop("seconds") >= 0
    return found


def kept(pytester: pytest.Pytester, folder: str = "reports") -> list[str]:
    """The names of files in a report folder."""
    return sorted(file.name for file in (pytester.path / folder).iterdir())


def make_finding(**changes: Any) -> Finding:
    """A finding with some values changed."""
    plain = {"claim": "thm4.1/a", "says": "A holds.", "cell": "c1", "figure": "", "engine": "dense"}
    values: dict[str, Any] = {**plain, "parameters": {"width": 3, "none": None}, "reproduce": "pytest x"}
    return Finding(**(values | {"verdict": Verdict.SUPPORTED, "estimate": 1.0, "interval": (0.5, 1.5)} | changes))
