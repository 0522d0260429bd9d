"""The worked examples are what their page says, with a report each: resnet18, a transformer, μP, identity shortcuts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mfcheck.findings.states import claims_of
from mfcheck.imports import calm_warnings
from mfcheck.observables.preflight import first_problem
from mfcheck.settings import Settings, level_named
from mfcheck.tests.support.places import ROOT
from mfcheck.theorems import foreign

EXAMPLES = ROOT / "docs" / "examples"
ZOO = ("BatchNorm", "LayerNorm", "RMSNorm", "MaxPool", "Maxout", "PReLU", "Tied", "LowRank", "Sparse", "Orthogonal")
ZOO += ("Dense", "Mixer", "compiled", "scripted")
OF_ANY = {"preflight/sound", "audit/linear-in-budget"}
OF_BOTH = {"preflight/sound", "audit/norm-bound", "audit/offset-zero", "thm4.1/input-independent"}
NETWORKS: dict[str, tuple[set[str], set[str]]] = {
    "networks:resnet": (
        OF_ANY | {"audit/scale", "audit/euler-degree", "audit/variance-early"},
        {"thm4.1/input-independent"},
    ),
    "networks:VisionTransformer": (OF_ANY | {"audit/scale"}, {"preflight/piecewise-linear"}),
    "networks:Standard": (OF_BOTH, set()),
    "networks:MuP": (OF_BOTH, set()),
    "architectures:IdentityShortcuts": ({"preflight/sound"}, {"thm4.1/input-independent"}),
}
"""What is asked of every example: what is supported, and what is refuted."""


def audited(path: str, folder: Path, claims: set[str]) -> dict[str, Any]:
    """The report of `mfcheck audit` of an example, as it is written into a folder."""
    command = [sys.executable, "-m", "mfcheck", "audit", path, "--mf-seed", "7", "--mf-report", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES)}
    command += [f"--mf-claim={','.join(sorted(claims))}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "pre-flight of" in done.stdout, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo_is_sound(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    spec = foreign.spec_of(f"zoo:{name}", Settings(1, level_named("quick"), architectures=(f"zoo:{name}",)))
    with calm_warnings():  # as an audit has it: torch deprecates its scripts
        assert first_problem(spec, torch.linspace(-1, 1, 2 * spec.input_dim).reshape(2, -1), seed=3) is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NETWORKS)
def test_an_example_ends_as_its_page_says(path: str, tmp_path: Path) -> None:
    supported, refuted = NETWORKS[path]
    record = audited(path, tmp_path, supported | refuted)
    verdicts = {claim["id"]: claim["verdict"] for claim in claims_of(record) if claim["id"] in supported | refuted}
    assert verdicts == dict.fromkeys(supported, "supported") | dict.fromkeys(refuted, "refuted")
    assert (tmp_path / "report.html").stat().st_size > 10_000
