"""Which claims and cells an invocation of pytest selects."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mfcheck.given import read_file
from mfcheck.session.options import PREFIX

if TYPE_CHECKING:
    import pytest

TESTS = ("test_*.py", "*_test.py")
"""Names of test modules where no ini file says otherwise."""
PASSED_OVER = (".*", "*.egg", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}", "__pycache__")
"""Folders in which pytest looks for no tests where no ini file says otherwise."""
UNTOLD = ""
"""In place of an id that the text of its module does not tell."""
MOST_SOURCE = 2**24
"""Bytes of a test module; nobody writes larger ones by hand."""


def claims_ahead(arguments: Iterable[str], named: Sequence[str] = TESTS) -> set[str]:
    """Ids of the claims in the files and folders that pytest was given, read off the text without importing it.

    `named` are the patterns that test modules go by. UNTOLD is among them where an id is not written out.
    """
    return {id for file in _test_modules(arguments, named) for id in _ids_in(file)}


def _test_modules(arguments: Iterable[str], named: Sequence[str]) -> Iterator[Path]:
    """The files that pytest was given, and of folders the test modules in and below them, where pytest would look."""
    for argument in arguments:
        path = _path_of(argument.split("::")[0])
        if path is not None and path.is_file():
            yield path
        elif path is not None:
            yield from _below(path, named)


def _below(top: Path, named: Sequence[str]) -> Iterator[Path]:
    met = {os.path.realpath(top)}  # links are followed, as pytest does, and lead back here and there
    for folder, below, files in os.walk(top, followlinks=True):
        places = {one: os.path.realpath(os.path.join(folder, one)) for one in sorted(below)}
        below[:] = [one for one, place in places.items() if place not in met and not _passed_over(place, one)]
        met.update(places.values())
        yield from (Path(folder, file) for file in sorted(files) if _matches(file, named))


def _passed_over(folder: str, name: str) -> bool:
    """Whether pytest by default looks for no tests in a folder."""
    return _matches(name, PASSED_OVER) or os.path.exists(os.path.join(folder, "pyvenv.cfg"))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _ids_in(file: Path) -> tuple[str, ...]:
    """Ids of the claims in a test module; none of what is no file to be read, of which pytest itself will speak."""
    try:
        found = file.stat()
        return _ids_read(file, (found.st_mtime_ns, found.st_size, found.st_ino))
    except OSError:
        return ()


@lru_cache(maxsize=4096)
def _ids_read(file: Path, stamp: tuple[int, ...]) -> tuple[str, ...]:
    """The same, read once from a file of this stamp."""
    return tuple(_claim_ids(read_file(file, MOST_SOURCE).decode(errors="replace")))


def ids_of_suite() -> set[str]:
    """Ids of the claims of the installed suite."""
    return claims_ahead(["mfcheck.suite"])


def _claim_ids(source: str) -> Iterator[str]:
    """Ids that decorators called claim give a module's tests, in source text that need not even be importable."""
    if "claim(" not in source:
        return
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # pytest itself will say so
        return
    named = {
        target.id: node.value
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    inside = (one for node in body for one in (node.body if isinstance(node, ast.ClassDef) else [node]))
    for node in inside:
        for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "claim" and call.args:
                id = call.args[0]
                id = named.get(id.id, id) if isinstance(id, ast.Name) else id
                yield id.value if isinstance(id, ast.Constant) and isinstance(id.value, str) else UNTOLD


def suite_expectations(arguments: Iterable[str], named: Sequence[str] = TESTS) -> list[Path]:
    """The expected.toml files that stand beside the claims pytest was given."""
    return [found for folder in _folders(arguments, named) if (found := folder / "expected.toml").is_file()]


def suite_code(arguments: Iterable[str], root: Path, named: Sequence[str] = TESTS) -> list[Path]:
    """The modules in the folders of the tests pytest was given, and every conftest.py that pytest loads for them."""
    folders = _folders(arguments, named)
    above = {one for folder in folders for one in folder.resolve().parents if one.is_relative_to(root.resolve())}
    beside = {file.resolve() for folder in folders for file in folder.glob("*.py") if file.is_file()}
    return sorted(beside | {file for folder in above if (file := folder / "conftest.py").is_file()})


def selected_tests(config: pytest.Config) -> list[str]:
    """Which tests pytest was given, and what chooses among them, whatever order or spelling it came in."""
    given = []
    for argument in config.args:
        path, *rest = argument.split("::", 1)
        given.append("::".join([os.path.normpath(path), *rest]))
    chosen = {"-k": "keyword", "-m": "markexpr"}
    texts = {name: getattr(config.option, option, "") for name, option in chosen.items()}
    return sorted(given) + [f"{name} {text}" for name, text in texts.items() if text]


def whole_suite_runs(config: pytest.Config) -> bool:
    """Whether pytest was given every claim of the suite and nothing leaves out a claim or a cell."""
    return not _leaves_out(config) and ids_of_suite() <= claims_ahead(config.args, config.getini("python_files"))


def narrowed(config: pytest.Config) -> bool:
    """Whether pytest was given single files or tests, or something leaves out a claim or a cell of its folders."""
    files = any(path.is_file() for argument in config.args if (path := _path_of(argument)) is not None)
    return _leaves_out(config) or (files and not whole_suite_runs(config))


def _leaves_out(config: pytest.Config) -> bool:
    left_out = ("keyword", "markexpr", "deselect", "lf", "stepwise", "ignore", "ignore_glob")
    return (
        any("::" in argument for argument in config.args)
        or any(getattr(config.option, name, None) for name in left_out)
        or bool(config.getoption("mf_claim") or os.environ.get(f"{PREFIX}CLAIM"))
    )


def _folders(arguments: Iterable[str], named: Sequence[str]) -> list[Path]:
    """The folders that pytest was given, those of its files, and those below in which claims stand."""
    arguments = list(arguments)
    paths = [path for argument in arguments if (path := _path_of(argument.split("::")[0])) is not None]
    given = [path.parent if path.is_file() else path for path in paths]
    below = [file.parent for file in _test_modules(arguments, named) if _ids_in(file)]
    return list(dict.fromkeys([*given, *below]))


def _path_of(argument: str) -> Path | None:
    path = Path(argument)
    if os.path.exists(path):
        return path
    try:  # pytest --pyargs package.module
        found = importlib.util.find_spec(argument)
    except (ImportError, ValueError):
        return None
    if found is None:
        return None
    places = list(found.submodule_search_locations or []) or [found.origin or ""]
    return Path(places[0]) if places[0] else None
