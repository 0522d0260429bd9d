"""What conftest.py files and plugins that nobody has installed bring to a run: their code, and the options they add.

A claim may depend on both as it does on its own module. An installed plugin is taken to change no number.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mfcheck.ensembles.module_files import Place

if TYPE_CHECKING:
    import pytest

PLAIN = (bool, complex, float, int, str, PurePath, type(None))
SENT = "mfcheck_own_options"
"""Under which name a worker is told what was written out, which it cannot know by itself."""


def own_files(config: pytest.Config) -> list[Path]:
    """The files of the conftest.py files and plugins that are there, as far as no one has installed them."""
    files = (_file_of(plugin) for plugin in config.pluginmanager.get_plugins())
    return sorted({file for file in files if file is not None})


def asked_of_them(config: pytest.Config) -> list[str]:
    """The value of every option and ini entry that they add, each in a text that is the same in another process."""
    added = _added(config)
    said = added.said_in(_words(config))
    texts = []
    for name, one in added.options.items():
        value = getattr(config.option, one.dest, None)
        words = [] if _is_plain(value) else [word for dest, several in said if dest == one.dest for word in several]
        texts.append(" ".join([name, repr(value) if _is_plain(value) else type(value).__qualname__, *words]))
    entries = {name: config.getini(name) for name in added.entries}
    return sorted(texts + [f"{name} = {value!r}" for name, value in entries.items() if _is_plain(value)])


def written_out(config: pytest.Config) -> str:
    """What a command line must say so that they are there, and their options as they are: what is not as by default."""
    sent: dict[str, Any] | None = getattr(config, "workerinput", None)
    if sent is not None:
        return str(sent[SENT])
    words, added = [], _added(config)
    names = [*os.environ.get("PYTEST_PLUGINS", "").split(","), *(getattr(config.option, "plugins", None) or ())]
    for name in dict.fromkeys(names):
        if (plugin := config.pluginmanager.get_plugin(name)) is not None and _file_of(plugin) is not None:
            words += ["-p", name]
    for entry in getattr(config.option, "override_ini", None) or ():
        if entry.partition("=")[0] in added.entries:
            words += ["-o", entry]
    changed = {one.dest for one in added.options.values() if added.is_changed(one, config)}
    return shlex.join(
        words + [word for dest, said in added.said_in(_words(config)) if dest in changed for word in said]
    )


def _words(config: pytest.Config) -> list[str]:
    """What pytest was started with, but for what its ini file says, as it will again."""
    return [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(os.fspath, config.invocation_params.args)]


@dataclass
class _Added:
    """Takes options as pytest's own parser does, and keeps them by what they are called."""

    options: dict[str, argparse.Action] = field(default_factory=dict)
    entries: list[str] = field(default_factory=list)
    parser: argparse.ArgumentParser = field(default_factory=lambda: argparse.ArgumentParser(add_help=False))
    _listener: argparse.ArgumentParser = field(default_factory=lambda: argparse.ArgumentParser(add_help=False))

    def addoption(self, *names: str, **told: Any) -> None:
        told = {name: value for name, value in told.items() if name != "required"}
        one = self.parser.add_argument(*names, **told)
        self.options[max(one.option_strings, key=len)] = one
        self._listener.add_argument(*one.option_strings, dest=one.dest, nargs=one.nargs, action=_Said)

    _addoption = addoption

    def addini(self, name: str, *_: object, **__: object) -> None:
        self.entries.append(name)

    def getgroup(self, *_: object, **__: object) -> _Added:
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None

    def is_changed(self, one: argparse.Action, config: pytest.Config) -> bool:
        """Whether an option is other than where nobody gives it."""
        value = getattr(config.option, one.dest, None)
        with contextlib.suppress(Exception, SystemExit):
            return bool(value != getattr(self.parser.parse_args([]), one.dest))
        return True

    def said_in(self, words: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Which of the options stand among these words, each with what is given to it."""
        said: list[tuple[str, list[str]]] = []
        with contextlib.suppress(Exception, SystemExit), contextlib.redirect_stderr(io.StringIO()):
            self._listener.parse_known_args(list(words), argparse.Namespace(said=said))
        return said


class _Said(argparse.Action):
    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option_string: str | None = None
    ) -> None:
        option = str(option_string)
        if isinstance(values, str):
            said = [f"{option}={values}"] if values.startswith("-") and option[:2] == "--" else [option, values]
        else:
            said = [option, *values] if isinstance(values, list) else [option]
        namespace.said.append((self.dest, said))


def _added(config: pytest.Config) -> _Added:
    """What they add, by asking each of them once more."""
    added = _Added()
    known = {"parser": added, "pluginmanager": config.pluginmanager}
    for one in config.hook.pytest_addoption.get_hookimpls():
        if _file_of(one.plugin) is not None:
            with contextlib.suppress(Exception):
                one.function(*(known[name] for name in one.argnames))
    return added


def _file_of(plugin: object) -> Path | None:
    """Where a plugin's code stands, if neither Python nor we nor an installed package have brought it."""
    kind = plugin if isinstance(plugin, type) else type(plugin)
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    place = Place(Path(file).resolve() if isinstance(file, str) else None)
    return None if place.installed or place.standard or place.ours else place.file


def _is_plain(value: object) -> bool:
    """Whether a value's text is the same in every process."""
    if isinstance(value, dict):
        return all(map(_is_plain, (*value, *value.values())))
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else isinstance(value, PLAIN)
