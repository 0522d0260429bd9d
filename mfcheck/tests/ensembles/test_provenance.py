"""What a draw depends on: ours by folder, and the modules of all that a factory or an engine holds."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mfcheck.ensembles import import_closure, source_files
from mfcheck.ensembles.import_closure import Closure
from mfcheck.ensembles.module_files import HOME, locate, own_code
from mfcheck.ensembles.provenance import FOLDERS, code_of_draws, modules_of
from mfcheck.observables import jacobian
from mfcheck.tests.support.source_trees import FAKE, Folder, package

DENSE = jacobian.entry.engines["dense"]


# What of ours is hashed ----------------------------------------------------------------------------------------


def test_all_that_a_draw_of_ours_imports_lies_in_the_folders_that_are_hashed() -> None:
    hashed = set(own_code(*FOLDERS))
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
    assert set(code.files) == set(own_code(*FOLDERS))


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
    assert set(own_code()) <= set(code.files)
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
    folder.put("deep/part.py", "value = 2.0\n")  # of another length: bytecode kept within the second is seen to be old
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
    sys.modules["net"].Net.depends_on = (file for file in (weights,))  # which would list it once
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
