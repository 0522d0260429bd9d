"""Installed packages as code: the distributions that a top-level package comes from and those that these require."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mfcheck.ensembles.module_files import locate

BY_VERSION = ("numpy", "scipy", "torch")
"""Distributions that count by their version alone: they are huge, and nobody edits them in place."""
OURS = "mfcheck"


@dataclass(frozen=True)
class Distribution:
    """An installed distribution: its files without what installers note, none if it counts by its version."""

    name: str
    version: str
    files: tuple[Path, ...]
    elsewhere: tuple[str, ...] = ()
    """Its top-level packages, if it is editable: their source lies elsewhere."""


def distributions(packages: Iterable[str]) -> list[Distribution]:
    """What these top-level packages come from and what that requires, by name, extras left out."""
    names = [name for package in packages for name in _owners(package)]
    found: dict[str, Distribution] = {}
    while names:
        name = _normal(names.pop())
        if name in found or name == OURS:
            continue
        try:
            known = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = _described(name, known)
        if name not in BY_VERSION:
            names += _required(known)
    return [found[name] for name in sorted(found)]


def is_distributed(package: str) -> bool:
    """Whether some distribution says that this top-level package is its own."""
    return bool(_owners(package))


def _owners(package: str) -> Sequence[str]:
    return (package,) if package in BY_VERSION else _all_owners().get(package, ())


def _all_owners() -> Mapping[str, Sequence[str]]:
    """Names of distributions by top-level package, found out again when a folder of sys.path has changed."""
    return _owners_along(tuple((folder, _changed(folder)) for folder in sys.path))


@lru_cache(maxsize=4)
def _owners_along(path: tuple[tuple[str, int], ...]) -> Mapping[str, Sequence[str]]:
    return importlib.metadata.packages_distributions()


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _described(name: str, known: importlib.metadata.Distribution) -> Distribution:
    if name in BY_VERSION:
        return Distribution(name, known.version, ())
    tops = sorted(top for top, owners in _all_owners().items() if name in map(_normal, owners))
    if json.loads(known.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable"):
        return Distribution(name, known.version, (), elsewhere=tuple(tops) or (name,))
    # Both what it lists and what is there: not all list their files, and a file may have been added.
    files = {file for top in tops for file in _below(top)}
    for listed in known.files or ():
        if ".." not in listed.parts and not listed.parts[0].endswith((".dist-info", ".egg-info")):
            files.add(Path(str(known.locate_file(listed))))
    return Distribution(name, known.version, tuple(sorted(file for file in files if file.suffix != ".pyc")))


def _below(package: str) -> Iterator[Path]:
    """All files of a top-level package that has a file of its own."""
    place = locate(package)
    if place is not None and place.file is not None:
        yield place.file
        for folder in place.folders or ():
            yield from (file for file in Path(folder).rglob("*") if file.is_file())


def _required(known: importlib.metadata.Distribution) -> list[str]:
    """Names of the distributions that this one requires whatever extras are asked for."""
    plain = [text for text in known.requires or () if not re.search(r"\bextra\s*==", text)]
    return [found[0] for text in plain if (found := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text))]
