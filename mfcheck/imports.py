"""Objects named on a command line as package.module:name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable


def load_object(path: str, what: str) -> object:
    """The object at package.module:name; ValueError naming `what` and the path when it cannot be had."""
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*", path):
        raise ValueError(f"{what} {path!r} does not read as package.module:name")
    module_name, name = path.split(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a foreign module may raise anything while it is imported
        raise ValueError(f"{what} {path!r} cannot be imported: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise ValueError(f"{what} {path!r} cannot be imported: module {module_name!r} has no {name!r}")
    return getattr(module, name)


def load_factory(path: str) -> Callable[..., object]:
    """The factory of networks at package.module:factory; ValueError when it cannot be imported or called."""
    factory = load_object(path, "architecture")
    if not callable(factory):
        raise ValueError(f"architecture {path!r} is not callable: a factory takes a NetworkSpec and a generator")
    return factory
