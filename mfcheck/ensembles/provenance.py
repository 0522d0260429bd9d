"""Which code a draw depends on: ours by folder, and what others wrote by the modules that their source imports.

A draw is kept on disk under a digest of that code, and only where all of it is known: a draw taken for one of other
code gives a false verdict, a draw made again only takes its time. So it is not kept where code has no source (a
notebook, text that is run), or is loaded by a name that is not written out, or may read what is no source (files, the
environment) or has been heard to, or has changed on disk since this process began, which may have loaded it before.
What other code changes in a module from outside, and what installed packages read by themselves, remain unseen.

A factory, or a function that draws, says by an attribute `depends_on` which files its numbers depend on: these are part
of the digest, and whatever else it reads is then taken to change no number.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from mfcheck.ensembles.import_closure import Closure, closure_of
from mfcheck.ensembles.installed import BY_VERSION
from mfcheck.ensembles.module_files import HOME, locate, own_code
from mfcheck.imports import load_object
from mfcheck.spec import ARCHITECTURES

FOLDERS = ("attacks", "datasets", "ensembles", "observables", "training")
"""Folders of ours that a draw may depend on, with the modules on the lowest floor."""
LIBRARIES = ("torch", "numpy")
HELD = 2000
"""Objects that a function may hold, in closures and defaults, before looking through them is given up."""
PLAIN = (bool, bytes, complex, float, int, str, type(None))

_known: dict[tuple[object, ...], Closure] = {}


def code_of_draws(engine: object, architecture: str) -> Closure:
    """The code that draws of an architecture by an engine's function depend on; keep none if anything of it is unknown.

    Found once in a process, and again when a file of it has changed.
    """
    objects, names = [engine], set[str]()
    if architecture not in ARCHITECTURES:
        names.add(architecture.split(":")[0])
        try:
            objects.append(load_object(architecture, "architecture"))
        except ValueError as error:
            return Closure(unresolved=str(error))
    try:
        names |= {name for one in objects for name in modules_of(one)}
        declared = declared_files(objects)
    except ValueError as error:
        return Closure(unresolved=str(error))
    foreign = sorted(name for name in names if not _drawn_by_ours(name))
    key = (*foreign, declared, *(sys.path if foreign else ()), *map(_file, foreign))
    if key not in _known or not _known[key].still():
        _known[key] = _closure(foreign, declared, own={_top(one) for one in objects} | {_top(architecture)})
    return _known[key]


def foreign_code(objects: Iterable[object], names: Iterable[str], files: Iterable[Path]) -> Closure:
    """All code of others that objects, named as package.module:name, and files depend on, as it is on disk now.

    Of what the files alone import, installed packages are left out.
    """
    objects = list(objects)
    try:
        found = {name for one in objects for name in modules_of(one)} | {name.split(":")[0] for name in names}
    except ValueError as error:
        return Closure(unresolved=str(error))
    code = closure_of(found, own={_top(one) for one in objects})
    beside = closure_of((), files, packages=False)
    code.lines += beside.lines
    code.unresolved = code.unresolved or beside.unresolved
    return code


def modules_of(held: object) -> set[str]:
    """Names of the modules that the code of a function, class or instance stands in, with all that it holds.

    These are, besides its own, those of a class's bases, of what is decorated or called in part, and of what stands in
    closures and default arguments. ValueError, with the reason, for code that stands in no module.
    """
    found, todo, seen = set[str](), [held], dict[int, object]()
    while todo:
        one = todo.pop()
        if isinstance(one, PLAIN) or id(one) in seen:
            continue
        seen[id(one)] = one
        if len(seen) > HELD:
            raise ValueError(f"{_name(held)} holds more than {HELD} objects")
        match one:
            case ModuleType():
                found.add(one.__name__)
            case type():
                found.update(map(_module_of_class, one.__mro__))
            case FunctionType():
                found.add(_module_of(one))
                todo += _held_by(one)
            case MethodType():
                todo += [one.__func__, one.__self__]
            case BuiltinFunctionType():
                todo.append(one.__self__)
            case dict():
                todo += [*one.keys(), *one.values()]
            case list() | tuple() | set() | frozenset():
                todo += one
            case functools.partial():
                todo += [one.func, one.args, one.keywords, vars(one)]
            case _:
                slots = (slot for kind in type(one).__mro__ for slot in getattr(kind, "__slots__", ()))
                todo += [type(one), getattr(one, "__dict__", None), *(getattr(one, slot, None) for slot in slots)]
    return found - {"builtins"}


def declared_files(objects: Iterable[object]) -> tuple[str, ...] | None:
    """The files that objects declare as `depends_on`, None if none declares any; ValueError if it is no list."""
    declared: list[str] | None = None
    for one in objects:
        files: Any = getattr(one, "depends_on", None)
        if files is None:
            continue
        if not isinstance(files, list | tuple | set | frozenset):  # an iterator would list them once, and nothing after
            raise ValueError(f"depends_on of {_name(one)} must list files, as a list or a tuple does, got {files!r}")
        declared = [*(declared or []), *(str(file) for file in files)]
    return None if declared is None else tuple(declared)


def _closure(foreign: list[str], declared: tuple[str, ...] | None, own: Iterable[str]) -> Closure:
    found = closure_of(foreign, own=own) if foreign else Closure()
    found.lines += [f"{package} {importlib.metadata.version(package)}" for package in LIBRARIES]
    if declared is not None:
        found.unseen, found.declared = "", True
    try:
        for file in declared or ():
            found.add_file(f"file {Path(file).name}", Path(file).resolve())
        for module in own_code(*(() if foreign else FOLDERS)):  # the code of others may call any of ours
            found.add_file(f"our {module.relative_to(HOME).as_posix()}", module)
    except OSError as error:
        found.unresolved = found.unresolved or f"{error.filename} cannot be read ({type(error).__name__})"
    found.compare_with_process()
    return found


def _drawn_by_ours(module: str) -> bool:
    """Whether a module is of Python, of a library, or of ours where every draw depends on it anyway."""
    top, _, rest = module.partition(".")
    if top == HOME.name:
        return rest.partition(".")[0] in FOLDERS or (HOME / f"{rest or '__init__'}.py").is_file()
    if top in BY_VERSION:
        return True
    return top in sys.stdlib_module_names and _standard(module, _file(module))


@functools.cache
def _standard(module: str, file: object) -> bool:
    place = locate(module)
    return place is not None and place.standard


def _module_of(function: FunctionType) -> str:
    """The module that a function was written in, whatever it says; ValueError if it was written in none."""
    name = function.__globals__.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None or vars(module) is not function.__globals__:
        raise ValueError(f"{_name(function)} stands in no module")
    file = getattr(module, "__file__", None)
    written = Path(function.__code__.co_filename).name
    if file is not None and written != Path(file).name:
        raise ValueError(f"{_name(function)} was written in {written}, not in the file of {name}")
    return str(name)


def _module_of_class(kind: type) -> str:
    """The module that a class was written in; ValueError if it was written in none."""
    name = kind.__module__
    home = vars(sys.modules[name]) if name in sys.modules else None
    for function in vars(kind).values():
        if (
            isinstance(function, FunctionType)
            and (own := function.__globals__).get("__name__", name) == name
            and own is not home
        ):
            raise ValueError(f"{_name(kind)} stands in no module")
    return name


def _held_by(function: FunctionType) -> Iterator[object]:
    yield from (function.__defaults__, function.__kwdefaults__, vars(function))
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue


def _file(module: str) -> object:
    return getattr(sys.modules.get(module), "__file__", None)


def _top(one: object) -> str:
    """The top-level package of an object, or of package.module:name."""
    name = one if isinstance(one, str) else getattr(one, "__module__", None) or type(one).__module__
    return str(name).split(":")[0].split(".")[0]


def _name(one: object) -> str:
    return str(getattr(one, "__qualname__", None) or f"an instance of {type(one).__qualname__}")
