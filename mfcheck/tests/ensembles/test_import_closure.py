"""Every way in which source imports code is followed, and what no source shows is said."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from types import ModuleType

import pytest

from mfcheck.ensembles import import_closure
from mfcheck.ensembles.import_closure import closure_of
from mfcheck.tests.support.source_trees import FAKE, Folder, package

WAYS = {
    "import": ("import deep.part\nimport torch\n", "deep/part.py"),
    "import as": ("import deep.part as p\n", "deep/part.py"),
    "package of an import": ("import deep.part\n", "deep/__init__.py"),
    "from package import module": ("from deep import part\n", "deep/part.py"),
    "from module import name": ("from deep.part import value\n", "deep/part.py"),
    "relative": ("from . import beside\n", "net/beside.py"),
    "relative to a module": ("from .beside import value\n", "net/beside.py"),
    "relative to the package above": ("from .sub.below import value\n", "net/beside.py"),
    "star": ("from .beside import *\n", "net/beside.py"),
    "star of a package that names its modules": ("from deep import *\n", "deep/starred.py"),
    "in a function": ("def f():\n    from deep.part import value\n", "deep/part.py"),
    "in a class": ("class C:\n    import deep.part\n", "deep/part.py"),
    "in try": ("try:\n    import fast\nexcept ImportError:\n    import deep.part\n", "deep/part.py"),
    "for types": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import deep.part\n", "deep/part.py"),
    "import_module": ("import importlib\nimportlib.import_module('deep.part')\n", "deep/part.py"),
    "import_module by itself": ("from importlib import import_module\nimport_module('deep.part')\n", "deep/part.py"),
    "import_module, relative": ("import importlib\nimportlib.import_module('.beside', __package__)\n", "net/beside.py"),
    "__import__": ("__import__('deep.part')\n", "deep/part.py"),
    "two steps away": ("import deep.step\n", "deep/part.py"),
    "namespace package": ("import spaced.inner.part\n", "spaced/inner/part.py"),
    "from a namespace package": ("from spaced.inner import part\n", "spaced/inner/part.py"),
    "absent, until it is there": ("try:\n    import fast\nexcept ImportError:\n    pass\n", "fast.py"),
}


@pytest.mark.parametrize("loaded", [False, True], ids=["not loaded", "loaded"])
@pytest.mark.parametrize(("text", "followed"), WAYS.values(), ids=WAYS)
def test_every_way_to_import_is_followed(folder: Folder, text: str, followed: str, loaded: bool) -> None:
    package(folder, text)
    if loaded:
        importlib.import_module("net")
    before = closure_of(["net"])
    assert not before.unresolved
    for unrelated in ("deep/unrelated.py", "net/unrelated.py", "other.py"):
        folder.put(unrelated, "value = 22\n")
    assert closure_of(["net"]).digest == before.digest
    for changed in (followed, "net/net.py", "net/__init__.py"):
        file, last = folder.path / changed, closure_of(["net"]).digest
        folder.put(changed, (file.read_text() if file.exists() else "") + "# changed\n")
        assert closure_of(["net"]).digest != last, changed


def test_every_file_of_a_closure_changes_its_digest_by_itself(folder: Folder) -> None:
    package(folder, "".join(text for text, _ in WAYS.values() if "fast" not in text))
    found = closure_of(["net"])
    assert len(found.files) == 10
    digests = {found.digest}
    for file in found.files:
        file.write_text(file.read_text() + "# changed\n")
        digests.add(closure_of(["net"]).digest)
    assert len(digests) == 11


def test_where_the_files_lie_does_not_matter(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for place in ("one", "two"):
        package(Folder(folder.path / place), "import deep.part\n")
        with monkeypatch.context() as patch:
            patch.syspath_prepend(folder.path / place)
            digests.add(closure_of(["net"]).digest)
    assert len(digests) == 1


# What cannot be known ------------------------------------------------------------------------------------------

LOADING = {
    "import_module": "import importlib\nimportlib.import_module(name)\n",
    "import_module, kept for later": "import importlib\nload = importlib.import_module\n",
    "import_module by another name": "from importlib import import_module as load\nload('deep.part')\n",
    "import_module by itself": "from importlib import import_module\nimport_module(name)\n",
    "import_module of a text put together": "import importlib\nimportlib.import_module(f'deep.{name}')\n",
    "import_module, relative to another": "import importlib\nimportlib.import_module('.part', 'deep')\n",
    "__import__": "__import__(name)\n",
    "a file": "from importlib.util import spec_from_file_location\n",
    "runpy": "import runpy\nrunpy.run_path('x.py')\n",
    "all modules of a package": "import pkgutil\nlist(pkgutil.walk_packages(['.']))\n",
    "sys.modules": "import sys\nsys.modules['x'] = y\n",
    "resolve_name": "import pkgutil\npkgutil.resolve_name('deep.' + name)\n",
    "a loader": "__loader__.load_module(name)\n",
    "sys by another name": "import sys as s\ns.modules['x'] = y\n",
    "a module asked for a name put together": "import importlib\ngetattr(importlib, 'import_' + 'module')(name)\n",
    "a module kept for later": "import sys\nkept = [sys]\n",
    "beyond the package": "from ....above import x\n",
}
READING = {
    "open": "open('weights.bin')\n",
    "a path": "from pathlib import Path\nPath('w').read_bytes()\n",
    "torch": "import torch\ntorch.load('w')\n",
    "numpy": "import numpy as np\nnp.load('w')\n",
    "numpy by name": "from numpy import load\n",
    "pickle": "import pickle\npickle.load(file)\n",
    "environment": "import os\nos.environ['GAIN']\n",
    "environment by name": "from os import environ\n",
    "getenv": "import os\nos.getenv('GAIN')\n",
    "exec": "exec(text)\n",
    "eval": "eval(text)\n",
    "the command line": "import sys\nsys.argv\n",
    "the command line by name": "from sys import argv as given\n",
    "another program": "import subprocess\n",
    "all that a module holds": "import os\nvars(os)['environ']\n",
    "a parser of its own": "from configparser import ConfigParser\n",
    "an archive": "import zipfile\n",
    "text by lines": "import linecache\n",
    "a document": "from xml.etree import ElementTree\n",
    "MATLAB": "from scipy.io import loadmat\n",
    "a package's data": "import pkgutil\npkgutil.get_data('deep', 'gain.txt')\n",
    "an image": "from torchvision import io\nio.read_image('x.png')\n",
    "a tensor's file": "import torch\ntorch.from_file('w')\n",
    "how large a file is": "import os\nos.stat('w').st_size\n",
    "where it runs": "import os\nos.getcwd()\n",
    "what machine it is": "import platform\nplatform.node()\n",
    "how many cores": "import os\nos.cpu_count()\n",
    "the clock": "import time\ntime.time()\n",
    "the clock by name": "from time import time as now\nnow()\n",
    "the date": "from datetime import datetime\ndatetime.now()\n",
    "the date, by its module": "import datetime as d\nd.date.today()\n",
    "random bytes": "import secrets\n",
}


@pytest.mark.parametrize("text", LOADING.values(), ids=LOADING)
def test_code_loaded_by_a_name_that_is_not_written_out_cannot_be_found(folder: Folder, text: str) -> None:
    package(folder, "import deep.part\n")
    folder.put("deep/part.py", f"def never():\n{textwrap.indent(text, '    ')}")
    said = closure_of(["net"]).unresolved
    assert said.startswith("deep.part loads code by a name that is not written out (")
    assert "line" in said


@pytest.mark.parametrize("text", READING.values(), ids=READING)
def test_what_is_read_besides_source_cannot_be_seen(folder: Folder, text: str) -> None:
    package(folder, "import deep.part\n")
    folder.put("deep/part.py", f"def never():\n{textwrap.indent(text, '    ')}")
    found = closure_of(["net"])
    assert found.unseen.startswith("deep.part may read what is not source (")
    assert not found.unresolved


@pytest.mark.parametrize(
    "text",
    [
        "class C:\n    def forward(self, input):\n        self.eval()\n        return input\n",
        "import os\nhere = os.path.dirname(__file__)\n",
        "import sys\nsys.path.insert(0, 'x')\n",
        "import os\nif os.path.sep:\n    pass\n",
        "def forward(self, input):\n    return input\n",
        "import time\nbegun = time.perf_counter()\nclass Clock:\n    time = 3\nlate = Clock.time\n",
        "import math, json, re, functools, itertools, dataclasses, typing, logging, collections.abc, os.path\n",
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn, ops\nimport numpy, scipy.stats\n",
        "import mfcheck\nfrom mfcheck import Network, PaperTheory\nfrom mfcheck.ensembles.streams import Stream\n",
        "network.load_state_dict({})\nfor module in network.modules():\n    pass\n",
    ],
)
def test_plain_factories_are_known(folder: Folder, text: str) -> None:
    package(folder, text)
    assert closure_of(["net"]).known, closure_of(["net"])


def test_code_without_a_readable_source_cannot_be_found(folder: Folder) -> None:
    package(folder, "import made\n")
    folder.put("binary.so")
    sys.modules["made"] = ModuleType("made")
    assert closure_of(["net"]).unresolved == "module made has no source file"
    sys.modules["made"].__file__ = str(folder.path / "binary.so")
    assert closure_of(["net"]).unresolved == "module made is binary.so, which is no source"
    sys.modules["made"].__file__ = str(folder.path / "gone.py")
    assert closure_of(["net"]).unresolved == "the source of made cannot be read (FileNotFoundError)"
    folder.put("gone.py", "this is no Python\n")
    assert closure_of(["net"]).unresolved == "the source of made cannot be read (SyntaxError)"
    assert closure_of(["nowhere_at_all"]).unresolved == "module nowhere_at_all cannot be found"


def test_a_closure_without_end_is_given_up(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    package(folder, "import deep.step\n")
    monkeypatch.setattr(import_closure, "MOST", 3)
    assert closure_of(["net"]).unresolved == "there are more than 3 modules"


# Installed packages -------------------------------------------------------------------------------------------


def test_an_installed_package_edited_in_place_is_other_code(folder: Folder, site: Folder) -> None:
    package(folder, "from drawing import draw\n")
    seen = {closure_of(["net"]).digest}
    assert closure_of(["net"]).known
    for changed in (
        "drawing/__init__.py",
        "drawing/data.bin",
        "drawing/added.py",
        "helping/__init__.py",
        "drawing-1.0.dist-info/METADATA",
    ):
        file = site.path / changed
        site.put(changed, (file.read_text() if file.exists() else "").replace("Version: 1.0", "Version: 2.0") + "\n")
        before = len(seen)
        seen.add(closure_of(["net"]).digest)
        assert len(seen) == before + 1, changed
    for unrelated in ("unused/__init__.py", "spare/__init__.py", "drawing-1.0.dist-info/INSTALLER"):
        site.put(unrelated, "pip\n")
        assert closure_of(["net"]).digest in seen, unrelated


def test_a_large_package_counts_by_size_and_time(folder: Folder, site: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    package(folder, "from drawing import draw\n")
    monkeypatch.setattr(import_closure, "LARGE", 10)
    before = closure_of(["net"]).digest
    assert closure_of(["net"]).digest == before
    os.utime(site.path / "drawing" / "data.bin", (1, 1))
    assert closure_of(["net"]).digest != before


def test_a_factory_of_an_installed_package_is_read_as_source(site: Folder) -> None:
    assert closure_of(["drawing"]).known
    assert "drawing loads code" in closure_of(["drawing"], own=["drawing"]).unresolved
    site.put("drawing/__init__.py", "from helping import help\n" + FAKE)
    found = closure_of(["drawing"], own=["drawing"])
    assert found.known
    assert site.path / "helping" / "data.bin" in found.files


def test_an_editable_package_is_followed_to_its_source(folder: Folder, site: Folder) -> None:
    source = folder.put("elsewhere/helping/__init__.py", "value = 1\n").parents[1]
    info = "helping_hand-1.0.dist-info"
    site.put(f"{info}/direct_url.json", '{"url": "file:///x", "dir_info": {"editable": true}}')
    site.put(f"{info}/top_level.txt", "helping\n")
    for file in (site.path / "helping").iterdir():
        file.unlink()
    (site.path / "helping").rmdir()
    sys.path.append(str(source))
    try:
        package(folder, "from drawing import draw\n")
        before = closure_of(["net"])
        assert before.known, before
        folder.put("elsewhere/helping/__init__.py", "value = 2\n")
        assert closure_of(["net"]).digest != before.digest
    finally:
        sys.path.remove(str(source))
