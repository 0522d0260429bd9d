"""Folders of modules that a test may import, and of packages that it finds installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfcheck.ensembles import import_closure
from mfcheck.tests.support.source_trees import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield Folder(tmp_path)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file is None or Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this process had begun after every file was written."""
    monkeypatch.setattr(import_closure, "STARTED", 2**63)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder of installed packages: drawing requires helping, whatever its extras are."""
    path = tmp_path / "lib" / "site-packages"
    path.mkdir(parents=True)
    monkeypatch.syspath_prepend(path)
    made = Folder(path)
    for name, requires in {
        "drawing": "Requires-Dist: Helping_Hand>=1\nRequires-Dist: spare; extra == 'all'\n",
        "helping": "",
        "spare": "",
        "unused": "",
    }.items():
        project = {"helping": "helping-hand"}.get(name, name)
        info = f"{project.replace('-', '_')}-1.0.dist-info"
        made.put(f"{name}/__init__.py", "import os\nos.environ\nimport importlib\nimportlib.import_module(name)\n")
        made.put(f"{name}/data.bin", "1\n")
        made.put(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n{requires}")
        made.put(f"{info}/RECORD", f"{name}/__init__.py,,\n{name}/data.bin,,\n{info}/METADATA,,\n{info}/RECORD,,\n")
    return made
