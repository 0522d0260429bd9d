"""An audit is the same in every folder: in a project whose pytest is set up for other tests, or set up to fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mfcheck.cli.audit import FOREIGN, child_environment

NET = """
import warnings
import torch
from torch import nn

print("hello")
warnings.warn("imported")


class Net(nn.Module):
    def __init__(self, spec, g):
        super().__init__()
        warnings.warn("an old way", DeprecationWarning)
        n, d, k = spec.width, spec.input_dim, spec.output_dim
        sizes = [(n, d, 1 / d), *[(n, n, spec.weight_variance / n)] * spec.depth, (k, n, 1 / n)]
        self.layers = nn.ParameterList(
            [nn.Parameter(torch.randn(a, b, generator=g) * variance**0.5) for a, b, variance in sizes]
        )

    def forward(self, x):
        for weight in self.layers[:-1]:
            x = torch.relu(x @ weight.T)
        return x @ self.layers[-1].T
"""
INI = """[pytest]
python_files = check_*.py
python_functions = check_*
addopts = -k nothing --strict-markers --no-such-option
testpaths = nowhere
xfail_strict = true
filterwarnings = error
required_plugins = pytest-that-nobody-has
minversion = 99
norecursedirs = *
"""
HOSTILE = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "-k nothing --no-such-option",
    "PYTEST_PLUGINS": "nowhere_at_all",
    "PYTHONWARNINGS": "error",
}


def audit(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MFCHECK_", "PYTEST_"))}
    command = [sys.executable, "-m", "mfcheck", "audit", "own_net:Net", "--mf-claim", "preflight/sound", *arguments]
    return subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("workers", ["0", pytest.param("1", marks=pytest.mark.slow)])
def test_a_project_and_an_environment_of_other_tests_change_nothing(workers: str, tmp_path: Path) -> None:
    (tmp_path / "own_net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('a conftest of other tests')", encoding="utf-8")
    found = audit(tmp_path, "--workers", workers, **HOSTILE)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "DeprecationWarning: an old way" in found.stdout
    assert "hello" not in found.stdout
    report = json.loads((tmp_path / "reports" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "supported"
    assert report["architectures"] == ["own_net:Net"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit(0)", "SystemExit: 0"),
        pytest.param("Other = 1", "has no 'Net'", marks=pytest.mark.slow),
    ],
)
def test_an_architecture_that_cannot_be_had_is_one_sentence(body: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own_net.py").write_text(body, encoding="utf-8")
    found = audit(tmp_path, "--workers", "0")
    assert found.returncode == 4
    (sentence,) = [line for line in found.stderr.splitlines() if line.strip()]
    assert sentence.startswith("mfcheck: architecture 'own_net:Net' cannot be imported: ")
    assert said in sentence
    assert not (tmp_path / "reports").exists()


def test_what_sets_up_other_tests_is_kept_from_the_audit() -> None:
    given = dict.fromkeys(FOREIGN, "x") | {"HOME": "/home/somebody", "MFCHECK_SEED": "1"}
    assert child_environment(given) == {
        "HOME": "/home/somebody",
        "MFCHECK_SEED": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def test_a_pre_flight_alone_tells_what_it_finds_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "own_net.py").write_text(NET, encoding="utf-8")
    found = audit(tmp_path, "--preflight", "--mf-claim", "thm4.1/entries-gaussian", "--mf-seed", "1")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "bias-free, homogeneous of degree 5 in its parameters, piecewise linear" in found.stdout
    assert "Net.omega = lambda spec: 0." in found.stdout
    assert "Net.scale = lambda spec: 0." in found.stdout  # half of it is lost to a gate at its input
    assert not (tmp_path / "reports").exists()


def test_what_a_pre_flight_finds_wrong_stops_the_audit(tmp_path: Path) -> None:
    (tmp_path / "own_net.py").write_text(NET.replace("return x @", "return 0 * x @"), encoding="utf-8")
    found = audit(tmp_path)
    assert found.returncode == 1
    assert "✗ preflight/alive: the output of 16 in 16 networks of own_net:Net is 0" in found.stdout
    assert not (tmp_path / "reports").exists()


def test_a_declaration_that_cannot_be_is_told_before_the_networks_are_looked_at(tmp_path: Path) -> None:
    careless = NET + '\n\nNet.expected = [{"claim": "audit/norm-bound"}]\n'
    (tmp_path / "own_net.py").write_text(careless, encoding="utf-8")
    found = audit(tmp_path, "--preflight")
    assert found.returncode == 4
    assert not found.stdout
    assert "\nmfcheck: architecture own_net:Net: expected refutation 1 lacks ['reason']; its keys" in found.stderr
