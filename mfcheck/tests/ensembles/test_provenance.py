"""A kept draw is that of the code as it is: what is hashed, what is followed, and what is not kept at all."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mfcheck.ensembles import import_closure, provenance, source_files
from mfcheck.ensembles.import_closure import Closure, closure_of
from mfcheck.ensembles.module_files import HOME, locate
from mfcheck.ensembles.provenance import FOLDERS, code_of_draws, modules_of
from mfcheck.observables import jacobian
from mfcheck.session import resume

DENSE = jacobian.entry.engines["dense"]
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
FAKE = "class Net:\n    pass\n"


class Folder:
    """Modules below a folder of sys.path, forgotten again after the test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, text: str = "") -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return file


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


# What of ours is hashed ----------------------------------------------------------------------------------------


def test_all_that_a_draw_of_ours_imports_lies_in_the_folders_that_are_hashed() -> None:
    hashed = set(provenance._own_files(everything=False))
    todo = [file for folder in ("observables", "ensembles") for file in (HOME / folder).rglob("*.py")]
    # What opens mfcheck, its command line and its plugin opens everything, and draws nothing.
    doors = {HOME / name for name in ("__init__.py", "__main__.py", "plugin.py")}
    seen: set[Path] = set()
    while todo:
        file = todo.pop()
        if file in seen or file in doors:
            continue
        seen.add(file)
        name, _ = import_closure._named(file)
        said, _ = source_files.text_of(file, name if file.name == "__init__.py" else name.rpartition(".")[0])
        for imported in (*said.modules, *said.members):
            place = locate(imported)
            if place is not None and place.ours and place.file is not None:
                todo.append(place.file)
    assert len(seen) > 40
    assert seen <= hashed, sorted(map(str, seen - hashed))
    assert {file.relative_to(HOME).parts[0] for file in seen if file.parent != HOME} <= set(FOLDERS)


def test_draws_of_ours_are_known_and_looked_at_again_only_where_a_file_changed() -> None:
    code = code_of_draws(DENSE, "vanilla")
    assert code.known, code
    assert code_of_draws(DENSE, "residual") is code
    assert set(code.files) == set(provenance._own_files(everything=False))


# What is followed ----------------------------------------------------------------------------------------------

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


def package(folder: Folder, text: str) -> None:
    folder.put("net/__init__.py", "from .net import Net\n")
    folder.put("net/net.py", text + FAKE)
    folder.put("net/beside.py", "value = 1\n")
    folder.put("net/sub/__init__.py")
    folder.put("net/sub/below.py", "from ..beside import value\n")
    folder.put("deep/__init__.py", "__all__ = ['starred', 'value']\nvalue = 1\n")
    for name in ("deep/part.py", "deep/starred.py", "spaced/inner/part.py"):
        folder.put(name, "value = 1\n")
    folder.put("deep/step.py", "from .part import value\n")
    folder.put("deep/unrelated.py", "value = 1\n")
    folder.put("net/unrelated.py", "value = 1\n")


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
    "another program": "import subprocess\n",
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


# What objects hold ---------------------------------------------------------------------------------------------


def test_bases_decorators_closures_and_defaults_lead_to_their_modules(folder: Folder) -> None:
    folder.put(
        "base.py", "class Base:\n    pass\n\nclass Made:\n    def __call__(self): pass\n\n    def method(self): pass\n"
    )
    folder.put(
        "decorating.py",
        """
        import functools

        def wrapped(function):
            @functools.wraps(function)
            def call(*arguments):
                return function(*arguments)
            return call
        """,
    )
    folder.put("held.py", "def factory(spec, generator, other=None, *, last=None): pass\n")
    base, decorating, held = map(importlib.import_module, ("base", "decorating", "held"))
    derived = type("Derived", (base.Base,), {"__module__": "held"})
    assert modules_of(derived) == {"base", "held"}
    assert modules_of(decorating.wrapped(held.factory)) == {"decorating", "held"}
    assert modules_of(functools.partial(held.factory, other=base.Base)) >= {"base", "held"}
    assert modules_of(functools.lru_cache(held.factory)) >= {"held"}
    assert modules_of(base.Made()) == {"base"}
    assert modules_of(base.Made().method) == {"base"}
    instance = base.Made()
    instance.inner = [{"key": (held.factory,)}]
    assert modules_of(instance) == {"base", "held"}
    held.factory.__defaults__ = (base.Base,)
    assert modules_of(held.factory) == {"base", "held"}
    held.factory.__defaults__, held.factory.__kwdefaults__ = None, {"last": decorating.wrapped}
    assert modules_of(held.factory) == {"decorating", "held"}


def test_text_that_is_run_stands_in_no_module(folder: Folder) -> None:
    folder.put("held.py", "def factory(spec, generator): pass\n")
    held = importlib.import_module("held")
    for own in ({}, {"__name__": "held"}, {"__name__": "unheard_of"}):
        made: dict[str, Any] = dict(own)
        exec("class Net:\n    def forward(self): pass\n\ndef factory(): pass\n", made)
        for name in ("Net", "factory"):
            with pytest.raises(ValueError, match="stands in no module"):
                modules_of(made[name])
    exec("def factory(spec, generator): pass", vars(held))
    with pytest.raises(ValueError, match=r"factory was written in <string>, not in the file of held"):
        modules_of(held.factory)


def test_what_holds_half_the_process_is_given_up() -> None:
    held = [object() for _ in range(3000)]
    with pytest.raises(ValueError, match="holds more than 2000 objects"):
        modules_of(lambda: held)


# Installed packages --------------------------------------------------------------------------------------------


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


# In one process ------------------------------------------------------------------------------------------------


def draws_of(architecture: str) -> Closure:
    return code_of_draws(DENSE, architecture)


@pytest.mark.usefixtures("settled")
def test_a_plain_factory_is_known_and_its_code_is_all_of_ours_too(folder: Folder) -> None:
    package(folder, "import deep.part\n")
    code = draws_of("net:Net")
    assert code.known, code
    assert draws_of("net:Net") is code
    assert {folder.path / "net" / "net.py", folder.path / "deep" / "part.py"} <= set(code.files)
    assert set(provenance._own_files(everything=True)) <= set(code.files)
    assert code.digest != code_of_draws(DENSE, "vanilla").digest


def test_a_file_written_since_this_process_began_is_not_what_may_have_been_loaded(folder: Folder) -> None:
    package(folder, "")
    assert draws_of("net:Net").unseen.endswith("has changed since this process began")
    # Nor is one whose time was set back.
    for file in folder.path.rglob("*.py"):
        os.utime(file, (1, 1))
    assert draws_of("net:Net").unseen.endswith("has changed since this process began")


def test_an_edit_after_the_import_and_a_reload_are_seen(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    package(folder, "import deep.part\n")
    with monkeypatch.context() as patch:
        patch.setattr(import_closure, "STARTED", 2**63)
        before = draws_of("net:Net")
        assert before.known
    assert before.still()
    folder.put("deep/part.py", "value = 2\n")
    assert not before.still()
    after = draws_of("net:Net")
    assert after.digest != before.digest
    assert "has changed since this process began" in after.unseen
    importlib.reload(sys.modules["deep.part"])
    assert not draws_of("net:Net").known


@pytest.mark.usefixtures("settled")
def test_bytecode_of_other_source_is_not_taken_for_this_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder.put("quick.py", "GAIN = 1.0\n" + FAKE)
    os.utime(file, (10**9, 10**9))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    importlib.import_module("quick")
    assert Path(importlib.util.cache_from_source(str(file))).exists()
    assert draws_of("quick:Net").known
    file.write_text("GAIN = 2.0\n" + FAKE)
    os.utime(file, (10**9, 10**9))  # as an edit within the second does, after which Python loads the old bytecode
    assert "bytecode kept for quick.py is of other source" in draws_of("quick:Net").unseen


@pytest.mark.usefixtures("settled")
def test_an_architecture_that_cannot_be_loaded_is_not_known(folder: Folder) -> None:
    package(folder, "")
    assert "no 'Missing'" in draws_of("net:Missing").unresolved
    assert "ModuleNotFoundError" in draws_of("unheard_of:Net").unresolved


@pytest.mark.usefixtures("settled")
def test_declared_files_are_part_of_the_code(folder: Folder) -> None:
    weights = folder.put("weights.bin", "1")
    package(folder, "import numpy\nnumpy.load\n")
    assert not draws_of("net:Net").known
    sys.modules["net"].Net.depends_on = (weights,)
    before = draws_of("net:Net")
    assert before.known, before
    weights.write_text("2")
    assert draws_of("net:Net").digest != before.digest
    weights.unlink()
    assert "weights.bin cannot be read" in draws_of("net:Net").unresolved
    sys.modules["net"].Net.depends_on = "weights.bin"
    assert "must list files" in draws_of("net:Net").unresolved
    sys.modules["net"].Net.depends_on = ()
    assert draws_of("net:Net").known


def test_engines_of_others_are_followed_too(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_closure, "STARTED", 2**63)
    package(folder, "")
    folder.put(
        "claiming.py",
        "from deep.part import value\ndef engine(scale):\n    def draw(*of): pass\n    return draw\n",
    )
    engine = importlib.import_module("claiming").engine(1.0)
    before = code_of_draws(engine, "vanilla")
    assert before.known, before
    folder.put("deep/part.py", "value = 2\n")
    assert code_of_draws(engine, "vanilla").digest != before.digest


# From process to process ---------------------------------------------------------------------------------------

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


def test_a_module_that_the_factorys_imports_is_its_code_too(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("mynet.py", NET.replace("GAIN = 1.0", "from parts.gain import GAIN"))
    folder.put("parts/gain.py", "GAIN = 1.0\n")
    assert audited(folder)[0] == "supported"
    folder.put("parts/gain.py", "GAIN = 1.21\n")
    assert audited(folder)[0] == "refuted"


def test_draws_of_unknown_code_are_not_kept(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("gain.py", "GAIN = 1.0\n")
    folder.put("mynet.py", NET.replace("GAIN = 1.0", "GAIN = __import__('ga' + 'in').GAIN"))
    assert audited(folder)[0] == "supported"
    assert not list(tmp_path.glob("kept/*"))
    folder.put("gain.py", "GAIN = 1.21\n")
    assert audited(folder)[0] == "refuted"


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


# Runs that go on -----------------------------------------------------------------------------------------------

CLAIMS = """
import numpy as np
import torch

import helper
from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source


def cells(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, depth, 1.5), "wishart") for depth in (2, 3)]


def draw(spec, probe, stream, n):
    if spec.depth == 3:
        raise KeyboardInterrupt
    return torch.zeros(n, 1) + helper.value


@claim("toy.1/fair", cells=cells)
def test_fair(cell, decide):
    '''A coin that never fails.'''
    coin = Source("coin", {"wishart": draw}, {"wishart": False})
    decide.rate(coin, component=0, probe=Probe(np.ones((1, 4)), 0))
"""


def test_a_run_is_not_gone_on_with_when_a_module_that_it_imports_has_changed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MFCHECK_SEED", raising=False)
    files = {
        "claims_here/test_toy": CLAIMS,
        "helper": "from parts import value\n",
        "parts": "value = 1\n",
        "mine": "import mfcheck, shared\nclass Mine(mfcheck.PaperTheory):\n    pass\n",
        "shared": "",
        "networks": "from far import Net\n",
        "far": FAKE,
    }
    (pytester.path / "claims_here").mkdir()
    for name, text in files.items():
        (pytester.path / f"{name}.py").write_text(text)
    command = ("claims_here", "--mf-seed", "1", "--mf-alpha", "1e-3", "--mf-theory", "mine:Mine", "-q")
    command += ("--mf-architecture", "networks:Net", "-p", "no:cacheprovider")

    def run(*more: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*command, *more)

    assert run().ret == pytest.ExitCode.INTERRUPTED
    kept = pytester.path / "reports"
    assert (kept / resume.RUN).exists()
    for changed, text in {**files, "far": FAKE.replace("pass", "value = 1")}.items():
        if changed in ("parts", "shared", "far"):
            file = pytester.path / f"{changed}.py"
            file.write_text(text + "# changed\n")
            result = run("--mf-resume")
            assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stderr.str()
            result.stderr.fnmatch_lines(["ERROR: the run in reports cannot be resumed: code was *"])
            file.write_text(files[changed])
    assert run("--mf-resume").ret == pytest.ExitCode.INTERRUPTED
    (pytester.path / "parts.py").write_text("import importlib\nvalue = 1\nimportlib.import_module(str(value))\n")
    (pytester.path / "helper.py").write_text("value = 1\ndef never():\n    import parts\n")
    result = run("--mf-resume")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    sentence = "ERROR: the run in reports cannot be resumed: * parts loads code by a name that is not written out *"
    result.stderr.fnmatch_lines([sentence])
