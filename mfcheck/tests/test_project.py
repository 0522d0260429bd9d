"""What stands around the package is sound: the citation, the workflows, the extras with their pins."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mfcheck
from mfcheck.findings.pooled import pooled
from mfcheck.findings.report_file import read_report
from mfcheck.tests.support.places import ROOT
from mfcheck.theory.loading import PAPER_THEORY

pytest.importorskip("check_jsonschema")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOW, CITED = "vendor.github-workflows", "vendor.citation-file-format"


def wrong_by(schema: str, file: Path) -> str:
    """What is wrong with a file by one of the schemas that check-jsonschema has; empty if nothing is."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if found.returncode == 0 else found.stdout + found.stderr


def documented_workflows() -> list[str]:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


def test_workflows_are_valid_and_run_what_a_change_must_pass() -> None:
    assert WORKFLOWS
    for file in WORKFLOWS:
        assert wrong_by(WORKFLOW, file) == ""
    text = "".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    assert ".ci/run" in text
    assert "secrets." not in text


def test_the_documented_workflow_is_valid(tmp_path: Path) -> None:
    (text,) = documented_workflows()
    (tmp_path / "theory.yml").write_text(text, encoding="utf-8")
    assert wrong_by(WORKFLOW, tmp_path / "theory.yml") == ""


def test_the_citation_is_valid_and_of_this_version(tmp_path: Path) -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert wrong_by(CITED, ROOT / "CITATION.cff") == ""
    assert f"\nversion: {mfcheck.__version__}\n" in text
    (tmp_path / "wrong.cff").write_text(text.replace("authors:", "writers:", 1), encoding="utf-8")
    assert wrong_by(CITED, tmp_path / "wrong.cff")


def test_everything_that_is_declared_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == mfcheck.__version__
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if line}
    names = {re.split(r"[^\w.-]", one)[0].lower() for one in declared}
    assert names <= pinned, names - pinned


def test_the_committed_runs_of_level_standard_agree_and_decide_all_that_gates() -> None:
    files = sorted((ROOT / "reports" / "standard").glob("*.json"))
    found = pooled({file.name: read_report(file) for file in files})
    assert (found.level, found.theory, found.errors, found.failing) == ("standard", PAPER_THEORY, (), [])
    assert all({together} == set(each) for together, each in found.theorems.values())
