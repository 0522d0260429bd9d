"""An audit that is stopped says what it keeps, and leaves none of its processes to go on alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.processes import alive, until

WATCHED = """
import os
import time
from pathlib import Path

from networks import Standard


class Watched(Standard):
    def __init__(self, input_dim, output_dim, width, depth):
        super().__init__(input_dim, output_dim, width, depth)
        (Path(__file__).parent / f"process-{os.getpid()}").touch()
        time.sleep(float(os.environ.get("PAUSE", "0")) if "PYTEST_XDIST_WORKER" in os.environ else 0)
"""
INTERRUPTED = """
def Interrupted(spec, g):
    raise KeyboardInterrupt  # as Ctrl-C has it, whatever this shell does with the signal
"""


def test_a_pre_flight_that_is_stopped_says_so_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "own_net.py").write_text(INTERRUPTED, encoding="utf-8")
    command = [sys.executable, "-m", "mfcheck", "audit", "own_net:Interrupted", "--mf-seed", "3"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == pytest.ExitCode.INTERRUPTED
    assert found.stderr == "mfcheck: stopped before its end\n"
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    "sent",
    [pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.slow), pytest.param(signal.SIGTERM, id="SIGTERM")],
)
def test_a_signal_to_the_command_ends_all_of_its_processes(sent: signal.Signals, tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "networks.py", tmp_path)
    (tmp_path / "watched_net.py").write_text(WATCHED, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MFCHECK_", "PYTEST_"))}
    asked = ("--mf-claim", "preflight/sound,thm4.1/entries-variance", "--mf-seed", "3", "--workers", "2")
    command = [sys.executable, "-m", "mfcheck", "audit", "watched_net:Watched", *asked]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean | {"PAUSE": "0.5"}, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as running:
        journal = tmp_path / "reports" / "findings.jsonl"
        until(lambda: running.poll() is not None or (journal.exists() and bool(journal.read_text("utf-8"))), 120)
        time.sleep(0.5)
        drew = [int(file.name.partition("-")[2]) for file in tmp_path.glob("process-*")]
        assert any(alive(process) for process in drew if process != running.pid)
        os.kill(running.pid, sent)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == pytest.ExitCode.INTERRUPTED, said
    assert "findings are kept" in said or "finding is kept" in said
    until(lambda: not any(map(alive, drew)))
