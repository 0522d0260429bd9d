"""What code of others reads in ways that its text does not show is heard as it happens, and not kept."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from mfcheck.ensembles import opened, source_text
from mfcheck.ensembles.import_closure import closure_of
from mfcheck.tests.support.source_trees import Folder

pytestmark = [pytest.mark.usefixtures("settled"), pytest.mark.filterwarnings("ignore")]

WAYS = {
    "open": "open(FILE).read()",
    "io": "__import__('io').FileIO(FILE).read()",
    "os": "__import__('os').read(__import__('os').open(FILE, 0), 9)",
    "pathlib": "__import__('pathlib').Path(FILE).read_text()",
    "configparser": "__import__('configparser').ConfigParser().read(FILE)",
    "linecache": "__import__('linecache').getline(FILE, 1)",
    "fileinput": "list(__import__('fileinput').input(FILE))",
    "numpy": "__import__('numpy').memmap(FILE, mode='r')",
    "scipy": "__import__('scipy.io').io.FortranFile(FILE).close()",
    "its own loader": "__spec__.loader.get_data(FILE)",
    "a folder": "__import__('os').listdir(__import__('os').path.dirname(FILE))",
    "a program": "__import__('subprocess').run(['true'])",
    "a database": "__import__('sqlite3').connect(FILE).close()",
}
SILENT = {
    "an import": "import decimal, deep.unloaded",
    "writing": "open(FILE + '.log', 'w').close()",
    "nothing": "open('/dev/null').read()",
    "a warning": "__import__('warnings').warn('slow')",
    "a version": "__import__('importlib.metadata').metadata.version('torch')",
    "its own source": "__import__('inspect').getsource(factory)",
    "a library's data": "open(__import__('torch').__file__).read()",
}


@pytest.fixture
def net(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """A module that does one thing as it is imported or as it draws, and whose text nobody can read."""
    blind = source_text.SourceText(frozenset(), frozenset(), frozenset(), frozenset(), "", "")
    monkeypatch.setattr("mfcheck.ensembles.source_files.read_source", lambda tree, package: blind)
    monkeypatch.setattr(opened, "_opened", opened._opened.copy())
    folder.put("gain.txt", "[by]\nhow = 1\n")
    folder.put("deep/__init__.py")
    folder.put("deep/unloaded.py")

    def made(at_import: str, in_factory: str) -> Any:
        text = f"FILE = {str(folder.path / 'gain.txt')!r}\n{at_import}\ndef factory():\n    {in_factory}\n"
        folder.put("net.py", text)
        return importlib.import_module("net")

    return made


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_of_reading_is_heard(net: Callable[[str, str], Any], way: str) -> None:
    module = net("pass", way)
    before = closure_of(["net"])
    assert before.known
    assert before.still()
    module.factory()
    assert not before.still()
    after = closure_of(["net"])
    after.compare_with_process()
    assert not after.known
    assert after.still()
    assert after.unseen.startswith("net.py has read ")
    assert after.digest == before.digest


@pytest.mark.parametrize("way", [WAYS["open"], WAYS["configparser"]])
def test_what_is_read_as_a_module_is_imported_is_heard_too(net: Callable[[str, str], Any], way: str) -> None:
    net(way, "pass")
    found = closure_of(["net"])
    found.compare_with_process()
    assert "gain.txt" in found.unseen


@pytest.mark.parametrize("way", SILENT.values(), ids=SILENT)
def test_what_is_code_or_holds_nothing_is_no_reading(net: Callable[[str, str], Any], way: str) -> None:
    module = net("pass", way)
    before = closure_of(["net"])
    module.factory()
    assert before.still(), opened._opened[module.__file__]


def test_an_author_who_says_what_counts_is_believed(net: Callable[[str, str], Any]) -> None:
    module = net("pass", WAYS["open"])
    found = closure_of(["net"])
    found.declared = True
    module.factory()
    assert found.still()
    found.compare_with_process()
    assert found.known


def test_what_we_read_on_anothers_behalf_is_ours(net: Callable[[str, str], Any]) -> None:
    module = net("import mfcheck.imports as imports", "imports.load_object('deep.unloaded:absent', 'architecture')")
    with pytest.raises(ValueError, match="absent"):
        module.factory()
    assert module.__file__ not in opened._opened
