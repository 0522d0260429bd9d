"""Where the code of a module lies, without importing it: its file, and whose it is."""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

HOME = Path(__file__).resolve().parent.parent
STANDARD = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")})
FOLDERS_OF_PACKAGES = {"site-packages", "dist-packages"}


def own_code(*folders: str) -> list[Path]:
    """Our files of code, in order and without their tests; of these folders, if named, and the top level alone."""
    asked = folders or [inside.name for inside in HOME.iterdir() if inside.is_dir() and inside.name != "tests"]
    return sorted([*HOME.glob("*.py"), *(file for folder in asked for file in (HOME / folder).rglob("*.py"))])


@dataclass(frozen=True)
class Place:
    """A module's file, and the folders of its submodules if it is a package. Neither: its code cannot be read."""

    file: Path | None
    folders: tuple[str, ...] | None = None
    builtin: bool = False

    @property
    def ours(self) -> bool:
        """Whether it belongs to mfcheck."""
        return self.file is not None and self.file.is_relative_to(HOME)

    @property
    def installed(self) -> bool:
        """Whether it lies where packages are installed; what is installed as editable lies elsewhere."""
        return self.file is not None and not FOLDERS_OF_PACKAGES.isdisjoint(self.file.parts)

    @property
    def standard(self) -> bool:
        """Whether it comes with Python."""
        inside = self.file is not None and any(self.file.is_relative_to(folder) for folder in STANDARD)
        return self.builtin or (inside and not self.installed)


def locate(name: str, roots: Sequence[str] = ()) -> Place | None:
    """Where the module of this name lies: the loaded one, else what an import would find; None if nothing.

    Top-level modules are looked for in the folders `roots` too. Only sys.path is looked through for submodules that are
    not loaded, since anything more would import their packages.
    """
    loaded = sys.modules.get(name)
    if loaded is not None:
        return _place_of(name, loaded)
    parent, _, last = name.rpartition(".")
    try:
        if parent:
            above = locate(parent, roots)
            if above is None or above.folders is None:
                return None
            # Its last name alone, as if it were at the top: a dotted one asks for its packages to be loaded.
            spec = importlib.machinery.PathFinder.find_spec(last, list(above.folders))
        else:
            spec = importlib.util.find_spec(name) or importlib.machinery.PathFinder.find_spec(name, list(roots))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    return None if spec is None else _place(spec.origin, spec.submodule_search_locations, spec.has_location)


def _place_of(name: str, module: ModuleType) -> Place:
    if name == "__main__" and _interactive():  # what was typed may have replaced what the file says
        return Place(None)
    spec: importlib.machinery.ModuleSpec | None = getattr(module, "__spec__", None)
    file, folders = getattr(module, "__file__", None), getattr(module, "__path__", None)
    return _place(file or (spec.origin if spec else None), folders, isinstance(file, str))


def _place(origin: str | None, folders: Sequence[str] | None, has_file: bool) -> Place:
    inside = None if folders is None else tuple(map(str, folders))
    file = Path(origin).resolve() if has_file and origin is not None else None
    return Place(file, inside, builtin=origin in ("built-in", "frozen"))


def _interactive() -> bool:
    return bool(sys.flags.interactive or sys.flags.inspect) or hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")
