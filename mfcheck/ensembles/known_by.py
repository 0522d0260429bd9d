"""Which function draws, and by which values: what tells it from any other that draws for a source of the same name.

A name does not: a function that is made inside another one draws by what its closure holds, and two may have one name.
So it is told by its module, its own name, its code, and all that it holds in closures and default arguments or names in
its module, where that can be told by its content. Of what cannot, such as a lock, no process can say what another one
holds: it stands for itself alone, and draws by it are not kept on disk.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, MappingProxyType, MemberDescriptorType, ModuleType
from typing import Any, cast

import torch
from torch import Tensor

PLAIN = (bool, complex, float, int, str, type(None))
HELD = 20_000
"""Objects that a function may hold, besides numbers and texts, before telling it by them is given up."""
LONG = 64
"""Bytes from which on a digest stands for them."""

Parts = tuple[str, list[object]]
"""What an object is called, and what it is made of."""


@dataclass(frozen=True, eq=False)
class KnownBy:
    """What a function that draws is known by: a digest, and the objects that it holds and that only their identity
    tells from others of their kind, which must live as long as the draws by it are looked up."""

    digest: str
    untold: tuple[object, ...] = ()


def known_by(function: object) -> KnownBy:
    """What tells this function, as it is now, from another; never raises."""
    walk = _Walk()
    try:
        walk.go(function)
    except _TooMuchError:
        walk.tokens, walk.untold = ["more than can be looked at", str(id(function))], [function]
    text = "\x1f".join(walk.tokens)
    return KnownBy(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest(), tuple(walk.untold))


class _TooMuchError(Exception):
    """A function that holds more objects than are looked at."""


class _Walk:
    """Goes through all that an object holds, in one order in every process, and notes a token for each."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.untold: list[object] = []
        self._met: dict[int, tuple[int, object]] = {}

    def go(self, begin: object) -> None:
        todo, objects = [begin], 0
        while todo:
            one = todo.pop()
            if type(one) in PLAIN:
                self.tokens.append(f"{type(one).__name__} {one!r}")
                continue
            if (objects := objects + 1) > HELD:
                raise _TooMuchError
            if id(one) in self._met:
                self.tokens.append(f"met {self._met[id(one)][0]}")
                continue
            if not isinstance(one, tuple | bytes | CodeType):  # which of two equal ones it is depends on the compiler
                self._met[id(one)] = len(self._met), one
            name, parts = self._taken_apart(one)
            self.tokens.append(f"{name} {len(parts)}")
            todo += reversed(parts)

    def _taken_apart(self, one: object) -> Parts:
        if isinstance(one, FunctionType) and not _stands(one):
            self.untold.append(one.__globals__)  # of one that stands in no module they are its own
            name, parts = _function(one)
            return f"{name} nowhere {id(one.__globals__)}", parts
        try:
            return _parts(one)
        except Exception:  # whatever its class raises: it cannot be pickled, say
            self.untold.append(one)
            return f"an untold {_place(type(one))} {id(one)}", []


def _parts(one: object) -> Parts:
    """What an object is called and made of; any error where its content does not tell it."""
    match one:
        case bytes() if type(one) is bytes:
            return f"bytes {one!r}" if len(one) < LONG else f"bytes {len(one)} {hashlib.sha256(one).hexdigest()}", []
        case tuple() | list() if type(one) in (tuple, list):
            return type(one).__name__, list(one)
        case set() | frozenset() if type(one) in (set, frozenset):
            return type(one).__name__, sorted(one, key=repr)
        case dict() if type(one) is dict:
            return "dict", [part for entry in one.items() for part in entry]
        case MappingProxyType():
            return "mapping", [dict(one)]
        case ModuleType():
            return f"module {one.__name__}", []
        case CodeType():
            return f"code {one.co_name}", [one.co_code, one.co_names, one.co_freevars, one.co_consts]
        case FunctionType():
            return _function(one)
        case staticmethod() | classmethod():
            return type(one).__name__, [one.__func__]
        case property():
            return "property", [one.fget, one.fset]
        case type():
            return f"class {_place(one)}", [] if _is_found(one) else _members(one)
        case Tensor():
            content = one.detach().resolve_conj().resolve_neg().to_dense().cpu().contiguous().flatten()
            return f"tensor {one.dtype} {tuple(one.shape)}", [content.view(torch.uint8).numpy().tobytes()]
    return _as_pickled(one)


def _function(one: FunctionType) -> Parts:
    cells = [(name, _content(cell)) for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=True)]
    named = {name: one.__globals__[name] for name in _named(one.__code__) if name in one.__globals__}
    constants = [(name, value) for name, value in sorted(named.items()) if type(value) in PLAIN]
    held: list[object] = [one.__code__, one.__defaults__, one.__kwdefaults__, vars(one), *cells, *constants]
    return f"function {one.__globals__.get('__name__')}:{one.__qualname__}", held


def _stands(one: FunctionType) -> bool:
    home = sys.modules.get(str(one.__globals__.get("__name__")))
    return home is not None and vars(home) is one.__globals__


def _named(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _named(one)


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return "nothing"


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _is_found(kind: type) -> bool:
    """Whether a class stands where its name says, so that its code is that of its module."""
    found: object = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is kind


def _members(kind: type) -> list[object]:
    """What a class that was made by a function has: methods with what they hold, and values."""
    own = {
        name: value
        for name, value in vars(kind).items()
        if not isinstance(value, MemberDescriptorType)
        and (callable(value) or not name.startswith("_"))
        and name not in ("__dict__", "__weakref__")
    }
    return [*kind.__bases__, *(part for entry in sorted(own.items(), key=lambda entry: entry[0]) for part in entry)]


def _as_pickled(one: object) -> Parts:
    """What pickle would make it again from, but for what it has only found out and kept."""
    reduce = cast("Callable[[object], Any] | None", copyreg.dispatch_table.get(type(one)))
    reduced = reduce(one) if reduce is not None else one.__reduce_ex__(4)
    if isinstance(reduced, str):
        home = getattr(one, "__module__", "")
        return f"{_place(type(one))} {home} {reduced}", [*getattr(one, "__dict__", {}).items()]
    call, arguments, state, *items = (*reduced, *[None] * 5)[:5]
    kept = {name for kind in type(one).__mro__ for name, value in vars(kind).items() if _keeps(value)}
    if isinstance(state, dict):
        state = {name: value for name, value in state.items() if name not in kept}
    return f"a {_place(type(one))}", [call, arguments, state, *(None if part is None else list(part) for part in items)]


def _keeps(value: object) -> bool:
    return isinstance(value, functools.cached_property)
