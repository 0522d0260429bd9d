"""From process to process, kept draws are those of the code as it is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mfcheck.tests.support.source_trees import FAKE, Folder

NET = """
import torch
from torch import nn

GAIN = 1.0


class Net(nn.Module):
    def __init__(self, spec, g):
        super().__init__()
        n, d, k = spec.width, spec.input_dim, spec.output_dim
        def drawn(rows, columns, variance):
            return nn.Parameter(torch.randn(rows, columns, generator=g) * variance**0.5)
        self.first = drawn(n, d, 1 / d)
        self.layers = nn.ParameterList([drawn(n, n, GAIN * spec.weight_variance / n) for _ in range(spec.depth)])
        self.last = drawn(k, n, 1 / n)

    @staticmethod
    def omega(spec):
        return spec.weight_variance / 2

    def forward(self, x):
        x = x @ self.first.T
        for weight in self.layers:
            x = torch.relu(x @ weight.T)
        return x @ self.last.T
"""
HEAVY = NET.replace("GAIN = 1.0", "GAIN = 1.21")
AUDIT = """
import sys
from pathlib import Path
import mfcheck
from mfcheck.ensembles.store import ChunkStore

made = 0
get = ChunkStore.get

def counted(self, key, make, *keep, **named):
    def make_one():
        global made
        made += 1
        return make()
    return get(self, key, make_one, *keep, **named)

ChunkStore.get = counted
cache = Path("kept") if "--no-cache" not in sys.argv else None
report = mfcheck.audit("mynet:Net", ["preflight/weight-variance"], seed=3, alpha=1e-2, cache=cache)
print(report.verdict.value, made, *(f"{f.estimate:.12g}" for f in report.findings))
"""


def audited(folder: Folder, *arguments: str) -> tuple[str, int, tuple[str, ...]]:
    """The verdict on mynet:Net by a process of its own, how many chunks it drew, and its estimates."""
    folder.put("audit.py", AUDIT)
    time.sleep(0.05)  # the system says to 0.01 s when a process began
    command = [sys.executable, "audit.py", *arguments]
    done = subprocess.run(command, cwd=folder.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verdict, made, *estimates = done.stdout.split()
    return verdict, int(made), tuple(estimates)


def test_an_audit_of_changed_code_is_that_of_new_draws(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("mynet/__init__.py", "from mynet.net import Net\n")
    folder.put("mynet/net.py", NET)
    verdict, made, estimates = audited(folder)
    assert verdict == "supported"
    assert made > 0
    assert audited(folder) == (verdict, 0, estimates)
    folder.put("mynet/net.py", HEAVY)
    changed = audited(folder)
    assert changed[0] == "refuted"
    assert changed == audited(folder, "--no-cache")
    folder.put("mynet/net.py", NET)
    assert audited(folder) == (verdict, 0, estimates)


@pytest.mark.slow
def test_a_module_that_the_factorys_imports_is_its_code_too(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("mynet.py", NET.replace("GAIN = 1.0", "from parts.gain import GAIN"))
    folder.put("parts/gain.py", "GAIN = 1.0\n")
    assert audited(folder)[0] == "supported"
    folder.put("parts/gain.py", "GAIN = 1.21\n")
    assert audited(folder)[0] == "refuted"


@pytest.mark.slow
def test_draws_of_unknown_code_are_not_kept(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("gain.py", "GAIN = 1.0\n")
    folder.put("mynet.py", NET.replace("GAIN = 1.0", "GAIN = __import__('ga' + 'in').GAIN"))
    assert audited(folder)[0] == "supported"
    assert not list(tmp_path.glob("kept/*"))
    folder.put("gain.py", "GAIN = 1.21\n")
    assert audited(folder)[0] == "refuted"


@pytest.mark.slow
def test_a_script_has_a_file_and_standard_input_has_none(tmp_path: Path) -> None:
    script = FAKE + (
        "if __name__ == '__main__':\n"
        "    from mfcheck.ensembles.provenance import code_of_draws\n"
        "    from mfcheck.observables import jacobian\n"
        "    code = code_of_draws(jacobian.entry.engines['dense'], '__main__:Net')\n"
        "    print(code.known, code.unresolved)\n"
    )
    (tmp_path / "script.py").write_text(script)
    time.sleep(0.05)

    def said(*arguments: str, text: str | None = None) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, input=text, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert said("script.py") == "True"
    assert said("-m", "script") == "True"
    assert said(text=script) == "False module __main__ is <stdin>, which is no source"
    assert said("-c", script) == "False module __main__ has no source file"
    assert said("-i", "script.py", text="") == "False module __main__ has no source file"
