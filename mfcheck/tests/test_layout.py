"""The tree keeps to its rules: few rooms at the top, short test modules that import no other, and floors that hold."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from mfcheck.tests.support.places import ROOT

PACKAGE, CLAIMS = ROOT / "mfcheck", ROOT / "claims"
TESTS = PACKAGE / "tests"
MODULES = sorted(TESTS.rglob("*.py"))
MOST_FOLDERS, MOST_FILES, MOST_LINES = 14, 10, 400
LINTER = importlib.util.find_spec("importlinter")


def name_of(file: Path) -> str:
    """A file's name as a module, a folder's for its __init__.py."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, package: str) -> set[str]:
    """All modules that a source may import, at its top or inside a function, as absolute names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def is_test(module: str) -> bool:
    """Whether an absolute name is that of a test module."""
    return module.startswith("mfcheck.tests.") and module.rpartition(".")[2].startswith("test_")


def imported_tests(source: str, package: str) -> set[str]:
    return {module for module in imported(source, package) if is_test(module)}


def test_the_top_of_the_package_is_seen_at_a_glance() -> None:
    folders = [entry.name for entry in PACKAGE.iterdir() if entry.is_dir() and entry.name != "__pycache__"]
    files = [
        entry.name
        for entry in PACKAGE.iterdir()
        if entry.is_file() and entry.name not in ("__init__.py", "__main__.py", "py.typed")
    ]
    assert len(folders) <= MOST_FOLDERS, sorted(folders)
    assert len(files) <= MOST_FILES, sorted(files)


def test_every_folder_of_tests_is_that_of_a_room() -> None:
    rooms = {file.parent.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py") if TESTS not in file.parents}
    folders = {file.parent.relative_to(TESTS) for file in MODULES}
    assert folders - {Path("benchmarks"), Path("browser"), Path("reliability"), Path("support")} <= rooms


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(TESTS)))
def test_a_module_of_tests_is_short_says_what_it_is_about_and_imports_no_other(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    package = name_of(file) if file.name == "__init__.py" else name_of(file).rpartition(".")[0]
    assert len(source.splitlines()) <= MOST_LINES
    assert imported_tests(source, package) == set()
    if file.name != "__init__.py":
        assert ast.get_docstring(ast.parse(source))


def functions(*folders: Path) -> list[ast.FunctionDef]:
    """All functions of some folders, nested ones and methods too."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for folder in folders for file in sorted(folder.glob("*.py"))]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def lines(function: ast.FunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: ast.FunctionDef) -> int:
    taken = function.args
    return len(taken.posonlyargs) + len(taken.args) + len(taken.kwonlyargs)


def test_a_claim_is_read_at_a_glance() -> None:
    claims = {one.name: lines(one) for one in functions(CLAIMS) if one.name.startswith("test_")}
    assert len(claims) >= 46
    assert median(claims.values()) <= 8
    assert {name: length for name, length in claims.items() if length > 25} == {}


def test_what_claims_are_made_of_is_short_and_takes_few_parameters() -> None:
    found = functions(CLAIMS, PACKAGE / "theorems", PACKAGE / "decisions")
    assert [one.name for one in found if lines(one) > 40] == []
    assert [one.name for one in found if parameters(one) > 7] == []


def test_no_claim_looks_into_the_details_of_its_cell() -> None:
    nodes = [node for file in CLAIMS.glob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    assert not [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "details"]


@pytest.mark.parametrize(
    "source",
    [
        "from mfcheck.tests.cli.test_main import x",
        "import mfcheck.tests.cli.test_main",
        "import mfcheck.tests.cli.test_main as main",
        "from mfcheck.tests.cli import test_main",
        "from . import test_main",
        "from .test_main import x",
        "from ..cli import test_main as main",
        "def late():\n    from mfcheck.tests.cli import test_main",
    ],
)
def test_an_import_of_a_test_module_is_seen_however_it_is_written(source: str) -> None:
    assert imported_tests(source, "mfcheck.tests.cli") == {"mfcheck.tests.cli.test_main"}


@pytest.mark.parametrize("source", ["from mfcheck.tests.support.runs import run", "from mfcheck.findings import claim"])
def test_helpers_and_the_package_may_be_imported(source: str) -> None:
    assert imported_tests(source, "mfcheck.tests.cli") == set()


@pytest.mark.skipif(LINTER is None, reason="import-linter is not installed")
def test_the_floors_of_the_house_hold() -> None:
    command = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout
