"""Somebody else's code: objects named as package.module:name, and what running such code may do to a run."""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType

Refusal = Callable[[str], Exception]


@contextlib.contextmanager
def foreign_code(refusal: Refusal) -> Iterator[None]:
    """Run somebody else's code: whatever it raises, sys.exit and pytest.skip too, becomes the refusal of that reason.

    Only Ctrl-C goes through.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise refusal(f"{type(error).__name__}: {' '.join(str(error).split())}") from error


@contextlib.contextmanager
def calm_warnings() -> Iterator[None]:
    """Warnings are shown and are never errors, whatever an ini file, -W or PYTHONWARNINGS says.

    A claim's verdict must not depend on the folder that it was decided in.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def load_object(path: str, what: str) -> object:
    """The object at package.module:name; ValueError naming `what` and the path when it cannot be had.

    What the module prints while it is imported goes to standard error: standard output is the caller's.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*", path):
        raise ValueError(f"{what} {path!r} does not read as package.module:name")
    module_name, name = path.split(":")
    with foreign_code(lambda why: ValueError(f"{what} {path!r} cannot be imported: {why}")):
        module = sys.modules.get(module_name) or _imported(module_name)
        there, found = hasattr(module, name), getattr(module, name, None)
    if not there:
        raise ValueError(f"{what} {path!r} cannot be imported: module {module_name!r} has no {name!r}")
    return found


def _imported(module_name: str) -> ModuleType:
    with calm_warnings(), contextlib.redirect_stdout(sys.stderr):
        return importlib.import_module(module_name)


def load_factory(path: str) -> Callable[..., object]:
    """The factory of networks at package.module:factory; ValueError when it cannot be imported or called."""
    factory = load_object(path, "architecture")
    if not callable(factory):
        raise ValueError(f"architecture {path!r} is not callable: a factory takes a NetworkSpec and a generator")
    return factory
