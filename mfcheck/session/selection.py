"""Which claims and cells an invocation of pytest selects."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mfcheck.given import read_file
from mfcheck.session.options import PREFIX

if TYPE_CHECKING:
    import pytest

MOST_SOURCE = 2**24
"""Bytes of a test module; nobody writes larger ones by hand."""


def claims_ahead(arguments: Iterable[str], *, deep: bool) -> set[str]:
    """Ids of the claims in the files and folders that pytest was given, read off the text without importing it.

    Looks into subfolders only when `deep`: nobody's unrelated test suite should be read to the bottom at start-up.
    """
    ids: set[str] = set()
    for argument in arguments:
        path = _path_of(argument.split("::")[0])
        if path is None:
            continue
        files = [path] if path.is_file() else path.rglob("test_*.py") if deep else path.glob("test_*.py")
        for file in files:
            ids.update(_claim_ids(_source(file)))
    return ids


def _source(file: Path) -> str:
    """The text of a test module; empty for what is no file to be read, of which pytest itself will speak."""
    try:
        return read_file(file, MOST_SOURCE).decode(errors="replace")
    except OSError:
        return ""


def ids_of_suite() -> set[str]:
    """Ids of the claims of the installed suite."""
    return claims_ahead(["mfcheck.suite"], deep=True)


def _claim_ids(source: str) -> Iterator[str]:
    """First arguments of decorators called claim, in source text that need not even be importable."""
    if "claim(" not in source:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # pytest itself will say so
        return
    for node in ast.walk(tree):
        for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "claim" and call.args:
                match call.args[0]:
                    case ast.Constant(value=str(id)):
                        yield id


def suite_expectations(arguments: Iterable[str]) -> list[Path]:
    """The expected.toml files that stand beside the claims pytest was given."""
    return [folder / "expected.toml" for folder in _folders(arguments) if (folder / "expected.toml").is_file()]


def suite_code(arguments: Iterable[str]) -> list[Path]:
    """The modules in the folders of the tests pytest was given."""
    return [file for folder in _folders(arguments) for file in folder.glob("*.py") if file.is_file()]


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
    return not _leaves_out(config) and ids_of_suite() <= claims_ahead(config.args, deep=True)


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


def _folders(arguments: Iterable[str]) -> list[Path]:
    paths = [path for argument in arguments if (path := _path_of(argument.split("::")[0])) is not None]
    return list(dict.fromkeys(path.parent if path.is_file() else path for path in paths))


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
