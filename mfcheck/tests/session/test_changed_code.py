"""A run goes on only with the code that it began with, in every module that its claims and what they test import."""

from __future__ import annotations

import pytest

from mfcheck.session import resume
from mfcheck.tests.support.source_trees import FAKE

CLAIMS = """
import numpy as np
import torch

import helper
from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source


def cells(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, depth, 1.5), "wishart") for depth in (2, 3)]


def draw(spec, probe, stream, n):
    if spec.depth == 3:
        raise KeyboardInterrupt
    return torch.zeros(n, 1) + helper.value


@claim("toy.1/fair", cells=cells)
def test_fair(cell, decide):
    '''A coin that never fails.'''
    coin = Source("coin", {"wishart": draw}, {"wishart": False})
    decide.rate(coin, component=0, probe=Probe(np.ones((1, 4)), 0))
"""


def test_a_run_is_not_gone_on_with_when_a_module_that_it_imports_has_changed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MFCHECK_SEED", raising=False)
    files = {
        "claims_here/test_toy": CLAIMS,
        "helper": "from parts import value\n",
        "parts": "value = 1\n",
        "mine": "import mfcheck, shared\nclass Mine(mfcheck.PaperTheory):\n    pass\n",
        "shared": "",
        "networks": "from far import Net\n",
        "far": FAKE,
    }
    (pytester.path / "claims_here").mkdir()
    for name, text in files.items():
        (pytester.path / f"{name}.py").write_text(text)
    command = ("claims_here", "--mf-seed", "1", "--mf-alpha", "1e-3", "--mf-theory", "mine:Mine", "-q")
    command += ("--mf-architecture", "networks:Net", "-p", "no:cacheprovider")

    def run(*more: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*command, *more)

    assert run().ret == pytest.ExitCode.INTERRUPTED
    kept = pytester.path / "reports"
    assert (kept / resume.RUN).exists()
    for changed, text in {**files, "far": FAKE.replace("pass", "value = 1")}.items():
        if changed in ("parts", "shared", "far"):
            file = pytester.path / f"{changed}.py"
            file.write_text(text + "# changed\n")
            result = run("--mf-resume")
            assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stderr.str()
            result.stderr.fnmatch_lines(["ERROR: the run in reports cannot be resumed: code was *"])
            file.write_text(files[changed])
    assert run("--mf-resume").ret == pytest.ExitCode.INTERRUPTED
    (pytester.path / "parts.py").write_text("import importlib\nvalue = 1\nimportlib.import_module(str(value))\n")
    (pytester.path / "helper.py").write_text("value = 1\ndef never():\n    import parts\n")
    result = run("--mf-resume")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    sentence = "ERROR: the run in reports cannot be resumed: * parts loads code by a name that is not written out *"
    result.stderr.fnmatch_lines([sentence])
