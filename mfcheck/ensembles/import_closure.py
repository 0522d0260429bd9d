"""All code that modules import, found in their source without importing anything, and one digest of it.

Source of others is followed file by file. An installed package counts as all its files and what it requires, the
standard library as the version of Python; ours is left to whoever asks.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mfcheck.ensembles.installed import BY_VERSION, distributions, is_distributed
from mfcheck.ensembles.module_files import Place, locate
from mfcheck.ensembles.opened import opened_by
from mfcheck.ensembles.source_files import Stamp, digest_of, stamp, text_of

MOST = 300
"""Modules of source in a closure at most: to look at more of them would take as long as to draw."""
LARGE = 64 * 2**20
"""Bytes of a distribution from which on its files count by size and time of change, not by content."""


def _started() -> int:
    """When this process began, in ns of the clock that files are stamped by; where no system says it, now."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        age = 0.0
    return time.time_ns() - int(age * 1e9)


STARTED = _started()


@dataclass(eq=False)
class Closure:
    """A set of modules and what they import, directly or not; of obstacles, the first of each kind is kept."""

    lines: list[str] = field(default_factory=list)
    """What the digest is of: modules, distributions, and what is imported somewhere and not there."""
    files: dict[Path, Stamp] = field(default_factory=dict)
    """Every file that the digest is of, as it was when it was read."""
    absent: set[str] = field(default_factory=set)
    unresolved: str = ""
    """Which code cannot be found from the source; empty if all can."""
    unseen: str = ""
    """What the code depends on besides, or why what is loaded may be other than the files; empty if there is none."""

    declared: bool = False
    """Whether its author has said which files it depends on."""

    @property
    def known(self) -> bool:
        """Whether these files are all that this code depends on."""
        return not self.unresolved and not self.unseen

    @cached_property
    def digest(self) -> str:
        """A digest of all this code, once it is complete."""
        text = "\n".join([platform.python_version(), *sorted(self.lines)])
        return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()

    def still(self) -> bool:
        """Whether no file has changed since it was read, what was not there is not, and no module has read anything."""
        try:
            unchanged = all(stamp(file) == then for file, then in self.files.items())
        except OSError:
            return False
        return unchanged and not any(map(locate, self.absent)) and bool(self.unseen or not self._read())

    def add_file(self, label: str, file: Path) -> None:
        """Take in a file by its content, under a name that does not depend on where it lies; OSError if unreadable."""
        self.files[file], digest = digest_of(file)
        self.lines.append(f"{label} {digest}")

    def compare_with_process(self) -> None:
        """Note if a file has changed since this process began, which may have loaded it before, or what it has read."""
        for file, (_, modified, changed, _) in self.files.items():
            if max(modified, changed) > STARTED and not self.unseen:
                self.unseen = f"{file.name} has changed since this process began"
        self.unseen = self.unseen or self._read()

    def _read(self) -> str:
        """What a module has read in this process that is no file of these; empty where its author says what counts."""
        said = (opened_by(file, self.files) for file in self.files)
        return "" if self.declared else next(filter(None, said), "")


class _Walk:
    def __init__(self, own: frozenset[str], roots: list[str], packages: bool) -> None:
        self.found, self._own, self._roots, self._packages = Closure(), own, roots, packages
        self._todo: list[tuple[str, bool]] = []
        self._seen: set[str] = set()
        self._whole: set[str] = set()  # top-level packages that no one looks into
        self._installed: set[str] = set()
        self._followed = 0

    def begin(self, name: str) -> None:
        """Ask for a module that there must be."""
        if locate(name, self._roots) is None:
            self.found.unresolved = f"module {name} cannot be found"
        self.ask(name)

    def ask(self, name: str, *, certain: bool = True) -> None:
        """Ask for a module and the packages above it; one that may be a mere name in its package is not `certain`."""
        parts = name.split(".")
        above = [(".".join(parts[:length]), True) for length in range(len(parts) - 1, 0, -1)]
        self._todo += [(name, certain), *above]

    def run(self) -> None:
        while self._todo and not self.found.unresolved:
            name, certain = self._todo.pop()
            if name not in self._seen and name.partition(".")[0] not in self._whole:
                place = locate(name, self._roots)
                if place is not None or certain:
                    self._seen.add(name)
                    self._take(name, place)
            if not self._todo and self._packages:
                self._take_installed()

    def take_source(self, name: str, place: Place, file: Path) -> None:
        """Take in a file of source and ask for what it imports."""
        package = name if place.folders is not None else name.rpartition(".")[0]
        if name == "__main__":
            package = getattr(sys.modules[name], "__package__", None) or ""
        self._seen.add(name)
        self._followed += 1
        try:
            self.found.add_file(name, file)
            said, stale = text_of(file, package)
        except (OSError, SyntaxError, ValueError) as error:
            self.found.unresolved = f"the source of {name} cannot be read ({type(error).__name__})"
            return
        if self._followed > MOST:
            self.found.unresolved = f"there are more than {MOST} modules"
        if said.loads:
            self.found.unresolved = f"{name} loads code by a name that is not written out ({said.loads})"
        if (said.reads or stale) and not self.found.unseen:
            self.found.unseen = stale or f"{name} may read what is not source ({said.reads})"
        for imported in sorted(said.modules, reverse=True):
            self.ask(imported)
        for member in sorted(said.members, reverse=True):
            self.ask(member, certain=False)
        for star in sorted(said.stars):
            self._take_star(star)

    def _take(self, name: str, place: Place | None) -> None:
        top = name.partition(".")[0]
        if place is None:
            self.found.absent.add(name)
            self.found.lines.append(f"no {name}")
        elif place.standard or place.ours:
            self._whole.add(top)
        elif place.file is None:
            if place.folders is None:
                self.found.unresolved = f"module {name} has no source file"
        elif place.installed and top not in self._own and is_distributed(top):
            self._installed.add(top)
            if name == top:
                self._whole.add(top)
        elif place.file.suffix != ".py":
            self.found.unresolved = f"module {name} is {place.file.name}, which is no source"
        else:
            self.take_source(name, place, place.file)

    def _take_star(self, package: str) -> None:
        """Ask for the submodules that `from package import *` imports."""
        place = locate(package, self._roots)
        if place is not None and place.folders is not None and place.file is not None and place.file.suffix == ".py":
            try:
                said, _ = text_of(place.file, package)
            except (OSError, SyntaxError, ValueError):
                return
            for name in sorted(said.exported):
                self.ask(f"{package}.{name}", certain=False)

    def _take_installed(self) -> None:
        """Take in the distributions met so far; ask for those whose source lies elsewhere."""
        done, self._installed = self._installed, set()
        try:
            found = distributions(done)
        except (TypeError, ValueError) as error:  # what an installer has left of itself may be anything
            self.found.unresolved = f"what is installed of {', '.join(sorted(done))} cannot be told ({error})"
            return
        for one in found:
            label = f"{one.name} {one.version}"
            if label in self.found.lines:
                continue
            self.found.lines.append(label)
            for top in one.elsewhere:
                self.ask(top)
            try:
                stamps = {file: stamp(file) for file in one.files}
                large = sum(size for size, *_ in stamps.values()) > LARGE
                for file, (size, modified, _, _) in stamps.items():
                    inside = f"{label} {file.parent.name}/{file.name}"
                    if large:
                        self.found.files[file] = stamps[file]
                        self.found.lines.append(f"{inside} {size} {modified}")
                    else:
                        self.found.add_file(inside, file)
            except OSError as error:
                self.found.unresolved = f"a file of {one.name} cannot be read ({type(error).__name__})"


def closure_of(
    names: Iterable[str], files: Iterable[Path] = (), *, own: Iterable[str] = (), packages: bool = True
) -> Closure:
    """Follow modules by name, and source files that need not be importable by any.

    Top-level packages in `own` are followed as source even where they are installed; without `packages`, all other
    installed ones are left out.
    """
    named = {file.resolve(): _named(file.resolve()) for file in files}
    roots = sorted({str(root) for _, root in named.values()})
    walk = _Walk(frozenset(own) - set(BY_VERSION), roots, packages)
    for file, (name, _) in named.items():
        walk.take_source(name, Place(file, (str(file.parent),) if file.name == "__init__.py" else None), file)
    for name in sorted(names):
        walk.begin(name)
    walk.run()
    return walk.found


def _named(file: Path) -> tuple[str, Path]:
    """The name by which a file can be imported from the folder above its packages, and that folder."""
    parts, root = [file.stem] if file.name != "__init__.py" else [], file.parent
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return ".".join(parts), root
