"""Which claims stand in the files and folders that pytest is given, read off the text without importing any of it."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pytest

from mfcheck.given import read_file
from mfcheck.session.claim_text import Told, told_by

MOST_SOURCE = 2**24
"""Bytes of a test module; nobody writes larger ones by hand."""


@dataclass(frozen=True)
class Where:
    """In which folders, and under which names of files, pytest looks for tests: by default, or as an ini file says."""

    named: tuple[str, ...] = ("test_*.py", "*_test.py")
    passed_over: tuple[str, ...] = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")

    @classmethod
    def of(cls, config: pytest.Config) -> Where:
        """As a run is set up."""
        return cls(tuple(config.getini("python_files")), tuple(config.getini("norecursedirs")))

    def test_modules(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The files among the paths, and of folders the test modules in and below them."""
        for path in paths:
            yield from (path,) if path.is_file() else self._below(path)

    def _below(self, top: Path) -> Iterator[Path]:
        met = {os.path.realpath(top)}  # links are followed, as pytest does, and lead back here and there
        for folder, below, files in os.walk(top, followlinks=True):
            places = {one: os.path.realpath(os.path.join(folder, one)) for one in sorted(below)}
            below[:] = [one for one, place in places.items() if place not in met and not self._passes_over(place, one)]
            met.update(places.values())
            paths = (Path(folder, file) for file in sorted(files))
            yield from (path for path in paths if _matches(path, self.named))

    def _passes_over(self, folder: str, name: str) -> bool:
        virtual = name == "__pycache__" or os.path.exists(os.path.join(folder, "pyvenv.cfg"))
        return virtual or _matches(Path(folder).with_name(name), self.passed_over)


@dataclass(frozen=True)
class ClaimFiles:
    """The modules of claims in what pytest was given, looked for once."""

    arguments: tuple[str, ...]
    where: Where = Where()

    @classmethod
    def of(cls, config: pytest.Config) -> ClaimFiles:
        """Those of a run."""
        asked, found = cls(tuple(config.args), Where.of(config)), config.stash.get(FOUND, None)
        if found == asked and None not in found.places:
            return found
        config.stash[FOUND] = asked  # a plugin has changed what was given, or a package may be there by now
        return asked

    @cached_property
    def places(self) -> tuple[Path | None, ...]:
        """Where each argument lies; None where there is nothing."""
        return tuple(path_of(one.split("::")[0]) for one in self.arguments)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files and folders that there are."""
        return tuple(path for path in self.places if path is not None)

    @cached_property
    def modules(self) -> tuple[Path, ...]:
        """The test modules in which claims stand."""
        return tuple(file for file in self.where.test_modules(self.paths) if ids_in(file))

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of the claims; UNTOLD for one that is not written out."""
        return frozenset(id for file in self.modules for id in ids_in(file))

    @cached_property
    def tell_all(self) -> bool:
        """Whether there is no claim but those with these ids, for all that can be told: every module names its own."""
        return bool(self.ids) and all(told_in(file).all for file in self.where.test_modules(self.paths))

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders that pytest was given, those of its files, and those below in which claims stand.

        Where no text tells of any, they may stand wherever tests do.
        """
        given = (path.parent if path.is_file() else path for path in self.paths)
        modules = self.modules or self.where.test_modules(self.paths)
        return tuple(dict.fromkeys([*given, *(file.parent for file in modules)]))


FOUND = pytest.StashKey[ClaimFiles]()


def ids_in(file: Path) -> tuple[str, ...]:
    """Ids of the claims in a test module; none of what is no file to be read, of which pytest itself will speak."""
    return told_in(file).ids


def told_in(file: Path) -> Told:
    """What the text of a test module tells of its claims."""
    try:
        found = file.stat()
        return _read(file, (found.st_mtime_ns, found.st_size, found.st_ino))
    except OSError:
        return Told()


def path_of(argument: str) -> Path | None:
    """Where an argument of pytest's lies, a package's name too; None where there is nothing."""
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


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    """Whether a file or folder goes by one of the patterns: by its name, or by its path where they have folders."""
    return any(
        fnmatch.fnmatchcase(path.absolute().as_posix(), f"*/{pattern}")
        if "/" in pattern
        else fnmatch.fnmatchcase(path.name, pattern)
        for pattern in patterns
    )


@lru_cache(maxsize=4096)
def _read(file: Path, stamp: tuple[int, ...]) -> Told:
    """The same, read once from a file of this stamp."""
    return told_by(read_file(file, MOST_SOURCE).decode(errors="replace"))
