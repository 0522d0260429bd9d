"""The command `mfcheck` as a process: help, plans, streams of any kind, and interpreters without asserts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mfcheck.decisions.suite import suite_claims
from mfcheck.tests.support.commands import ran
from mfcheck.tests.support.compared_runs import WHOLE

COMMANDS = ("plan", "mutants", "coverage", "compare", "baseline", "report", "export", "audit", "disagree")
ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def process(
    *arguments: str, folder: Path, flags: tuple[str, ...] = (), **named: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *flags, "-m", "mfcheck", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"} | named
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "report.json").write_text(json.dumps(WHOLE), encoding="utf-8")
    return tmp_path / "report.json"


def test_help_lists_the_commands_and_version_is_the_packages() -> None:
    for arguments, status in (((), 4), (("--help",), 0)):
        found = ran(*arguments)
        assert (found.status, found.err) == (status, "")
        assert all(f"    {name} " in found.out for name in COMMANDS)
    assert ran("--version").out == "mfcheck 0.1.0\n"
    for name in COMMANDS:
        assert ran(name, "--help").status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "'nonsense'"),
        (["plan", "thm4.1/*", "thm9/*"], "'thm9/*'"),
        (["plan", "thm4.1/*", "--alpha", "nan"], "got nan"),
        (["plan", "thm4.1/*", "--alpha", "1e-400"], "'1e-400'"),
        (["plan", "thm4.1/*", "--beta", "inf"], "got inf"),
        (["plan", "thm4.1/*", "--delta", "1_0"], "'1_0'"),
        (["plan", "a/b", "--file", "~nobody-at-all/x.py"], "~nobody-at-all"),
        (["plan", "a/b", "--file", "."], "is no Python file"),
        (["disagree", "paper", "paper", "--mf-seed", "1e3"], "'1e3'"),
        (["disagree", "paper", "paper", "--mf-seed", "-1"], "got -1"),
        (["disagree", "paper", "paper", "--budget", "inf"], "inf"),
        (["audit", "own:Net", "--workers", "many"], "'many'"),
        (["audit", "own:Net", "--mf-seeds", "1"], "--mf-seeds"),
        (["compare", "x" * 300, "y"], "255 bytes"),
        (["mutants", "two\nlines"], "two\\nlines"),
        (["mutants", "nul\0"], "names no file"),
    ],
)
def test_misuse_is_one_sentence(arguments: list[str], said: str) -> None:
    found = ran(*arguments)
    assert found.refused, found
    assert said in found.err


@pytest.mark.slow
def test_a_plan_of_several_claims_is_a_table_each_and_a_total() -> None:
    found = ran("plan", "thm4.1/phase-b*", "thm4.1/piecewise-linear", "--mf-device", "cpu")
    assert (found.status, found.err) == (0, "")
    tables = found.out.split("\n\n")
    assert [table.split(":")[0] for table in tables[:2]] == ["thm4.1/phase-boundary", "thm4.1/piecewise-linear"]
    total = sum(float(table.strip().splitlines()[-1].split()[0]) for table in tables[:2])
    assert float(tables[2].split()[0]) == pytest.approx(total, abs=0.02)
    assert "for 2 claims" in tables[2]
    assert "thm4.1/piecewise-linear" in suite_claims()


def test_a_plan_of_a_claim_that_raises_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from mfcheck import Cell, NetworkSpec, claim\n"
        '@claim("a/b", cells=lambda s: [Cell(NetworkSpec("vanilla", 4, 1, 8, 2, 1.5), "dense")])\n'
        'def test_it(cell, decide):\n    """It."""\n    raise SystemExit("no")\n',
        encoding="utf-8",
    )
    found = ran("plan", "a/b", "--file", tmp_path / "mine.py", "--mf-device", "cpu")
    assert found.status == 4
    assert "claim a/b in cell dense-vanilla" in found.err
    assert found.err.endswith("cannot be planned: SystemExit: no\n")


@pytest.mark.slow
def test_an_ascii_terminal_shows_what_it_can(report: Path, tmp_path: Path) -> None:
    for arguments, status in (
        (("mutants", "report.json"), 0),
        (("compare", "report.json", "report.json", "--markdown", "ω.md"), 0),
        (("compare", "report.json", "report.json", "--markdown", "-"), 0),
        (("plan", "thé"), 4),
        (("--help",), 0),
    ):
        found = process(*arguments, folder=tmp_path, **ASCII)
        assert found.returncode == status, found
        assert b"Traceback" not in found.stderr
        assert found.stdout.isascii()
        assert found.stderr.isascii()
    assert "✓" in (tmp_path / "ω.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("{} mutants report.json | head -1; exit ${PIPESTATUS[0]}", ""),
        ("{} --help | true; exit ${PIPESTATUS[0]}", ""),
        ("{} mutants report.json | true; exit ${PIPESTATUS[0]}", ""),
        ("{} mutants report.json >&-", ""),
        ("{} mutants report.json >/dev/full; test $? = 4", "mfcheck: No space left on device\n"),
    ],
)
def test_a_reader_that_has_gone_is_no_error(shell: str, said: str, report: Path, tmp_path: Path) -> None:
    command = shell.replace("{}", f"'{sys.executable}' -m mfcheck")
    found = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, said)


def test_a_regression_is_status_1_though_nobody_reads_it(report: Path, tmp_path: Path) -> None:
    worse = json.dumps(WHOLE).replace('"supported", "statistic"', '"undecided", "statistic"')
    (tmp_path / "worse.json").write_text(worse, encoding="utf-8")
    command = f"'{sys.executable}' -m mfcheck compare report.json worse.json | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False).returncode == 1


@pytest.mark.slow
def test_an_interpreter_without_asserts_and_docstrings_says_the_same(report: Path, tmp_path: Path) -> None:
    for arguments in (("mutants", "report.json"), ("compare", "report.json", "report.json"), ("mutants", "nowhere")):
        plain, stripped = (process(*arguments, folder=tmp_path, flags=flags) for flags in ((), ("-OO",)))
        assert (plain.returncode, plain.stdout, plain.stderr) == (stripped.returncode, stripped.stdout, stripped.stderr)
    planned = process("plan", "thm4.1/phase-boundary", "--mf-device", "cpu", folder=tmp_path, flags=("-OO",))
    assert planned.stdout.decode().startswith("thm4.1/phase-boundary: The scale of J(x) moves by log ω a layer")
