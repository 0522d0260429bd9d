"""Claims run where mfcheck is installed without what its own tests need: conftest.py at the root asks for nothing."""

from __future__ import annotations

import shutil
import sys
import tomllib

import pytest

from mfcheck.tests.support.places import ROOT

BARE = """
import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(f"{{name}} is not installed here")


sys.meta_path.insert(0, Blocked())
import pytest

# The plugins of packages that are not there are not loaded either.
sys.exit(pytest.main(["-p", "no:hypothesispytest", "-p", "no:benchmark", *sys.argv[1:]]))
"""
CLAIM = """
from mfcheck import Cell, NetworkSpec, claim


@claim("toy.1/coin", cells=lambda settings: [Cell(NetworkSpec("vanilla", 4, 1, 8, 2, 1.5), "wishart")])
def test_coin(cell, decide):
    'Only collected.'
"""
USES_MORE = "import hypothesis\n\ndef test_plain():\n    assert True\n"


def extra() -> set[str]:
    """Packages that the extra `test` brings, as they are imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {text.partition(">=")[0] for text in project["optional-dependencies"]["test"]}
    return {{"import-linter": "importlinter"}.get(name, name.replace("-", "_")) for name in named}


@pytest.mark.usefixtures("clean_environment")
def test_claims_are_collected_without_the_packages_of_the_tests(pytester: pytest.Pytester) -> None:
    assert {"hypothesis", "foolbox", "pytest_benchmark"} <= extra()
    shutil.copy(ROOT / "conftest.py", pytester.path)
    pytester.makepyfile(**{"claims/test_toy": CLAIM, "more/test_more": USES_MORE})
    bare = BARE.format(blocked=sorted(extra()))
    result = pytester.run(sys.executable, "-c", bare, "claims", "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["claims/test_toy.py::test_coin*", "1 test collected*"])
    assert pytester.run(sys.executable, "-c", bare, "more", "--collect-only", "-q").ret != 0  # they are not there
