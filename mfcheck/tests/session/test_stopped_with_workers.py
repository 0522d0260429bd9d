"""A run whose draws other processes make is stopped as any other: what is decided is kept, and nobody goes on alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import joblib  # noqa: F401  (else a run in this process would load it, and forget it before its own end)
import pytest

from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.processes import alive, until
from mfcheck.tests.support.runs import journal, run, without_time
from mfcheck.tests.support.toy_claims import TOY

pytestmark = [pytest.mark.usefixtures("clean_environment"), pytest.mark.slow]

SOURCE = '''
import os
import time
from pathlib import Path

from mfcheck.ensembles.families import family
from mfcheck.ensembles.samples import Source

HERE = Path(__file__).parent


@family(maxsize=8)
def slow(name):
    """`[n, 1]`: uniform numbers; who draws leaves its number, and that it began a chunk."""

    def draw(spec, probe, stream, draws):
        (HERE / f"process-{os.getpid()}").touch()
        with open(HERE / "begun", "a") as file:
            file.write(f"{spec.depth}\\n")
        time.sleep(float(os.environ.get("TOY_PAUSE", "0")))
        return stream.normal(draws, 1)

    return Source(name, {"wishart": draw}, {"wishart": False}, most=4096)
'''
CLAIM = '''
import slow_draws


def cells(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, depth, 1.5), "wishart") for depth in (1, 2, 3, 4)]


@claim("toy.1/slow", cells=cells)
def test_slow(cell, decide):
    """Slow draws are normal."""
    decide.law(
        slow_draws.slow("slow normals"),
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(),
        finite_width=lambda: 0.2,
    )
'''
OPTIONS = ("--mf-seed", "5", "--mf-alpha", "1e-3", "--mf-no-cache", "-q")
LOKY = ("--mf-backend", "loky", "--mf-workers", "2")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("whole_group", [False, True], ids=["to the run", "to all its processes"])
def test_a_run_with_workers_stops_at_a_signal_and_goes_on_later(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, whole_group: bool
) -> None:
    pytester.makepyfile(slow_draws=SOURCE, test_toy=TOY + CLAIM)
    monkeypatch.syspath_prepend(pytester.path)
    whole = run(pytester, *OPTIONS, "test_toy.py", "--mf-report", "whole")
    assert whole.ret == 0
    for left in pytester.path.glob("process-*"):
        left.unlink()

    command = [sys.executable, "-m", "pytest", "-p", "no:benchmark", *OPTIONS, *LOKY, "test_toy.py"]
    environment = {**os.environ, "PYTHONPATH": f"{pytester.path}{os.pathsep}{ROOT}", "TOY_PAUSE": "0.2"}
    with subprocess.Popen(
        command, cwd=pytester.path, env=environment, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as running:
        until(lambda: (pytester.path / "reports" / "findings.jsonl").exists() and bool(journal(pytester)))
        (os.killpg if whole_group else os.kill)(running.pid, sent)
        said, _ = running.communicate(timeout=40)
    assert running.returncode == pytest.ExitCode.INTERRUPTED, said
    assert "findings are kept" in said or "finding is kept" in said
    drew = [int(file.name.partition("-")[2]) for file in pytester.path.glob("process-*")]
    assert drew
    assert running.pid not in drew
    until(lambda: not any(map(alive, drew)))
    found = journal(pytester)
    assert 1 <= len(found) < 4

    (pytester.path / "begun").unlink()
    assert run(pytester, *OPTIONS[2:], *LOKY, "test_toy.py", "--mf-resume").ret == 0
    assert without_time(journal(pytester)) == without_time(journal(pytester, "whole"))
    begun = set((pytester.path / "begun").read_text().split())
    assert begun == {"1", "2", "3", "4"} - {str(one["parameters"]["depth"]) for one in found}
