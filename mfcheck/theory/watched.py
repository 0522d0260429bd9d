"""A theory that records which of its formulas are read, and where: so a finding knows which changes reach it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any

from mfcheck.theory.arguments import formulas, is_static, written
from mfcheck.theory.changes import Change, changes, differs, found_flaw, is_added, moves, without_changes
from mfcheck.theory.paper import PaperTheory, remade
from mfcheck.verdict import NotANumber, NotCovered

Place = tuple[Any, ...]


@dataclass(eq=False)
class Reading:
    """A theory on trial and what has been read of it through `theory`, its watched double.

    A formula that raises ValueError has nothing to say there, which is NotCovered to whoever asked; a value that is
    no number where the paper has one raises NotANumber.
    """

    own: PaperTheory
    noted: list[tuple[str, Place]] = field(default_factory=list)
    theory: PaperTheory = field(init=False)
    _busy: bool = False

    def __post_init__(self) -> None:
        members = {name: self._watched(name) for name in formulas(self.own)}
        self.theory = remade(self.own, type(type(self.own).__name__, (type(self.own),), members))

    def seen(self) -> tuple[str, ...]:
        """The names of the theory's changes that some value read so far would show by itself."""
        return self._shown(self.noted)

    def _shown(self, noted: Iterable[tuple[str, Place]]) -> tuple[str, ...]:
        places = dict.fromkeys(noted)
        return tuple(
            change.name
            for change in changes(self.own)
            if any(self._shows(change, formula, place) for formula, place in places)
        )

    def _shows(self, change: Change, formula: str, place: Place) -> bool:
        """Whether a value read at a place shows a change: its own, where it is a formula that the paper lacks."""
        if is_added(change.name):
            return formula == change.name
        return differs(change.theory, formula, place, than=without_changes(self.own))

    @contextmanager
    def reads(self, names: list[str]) -> Iterator[None]:
        """Add to `names`, at the end, the changes that show in what is read in here, and forget these reads."""
        before = len(self.noted)
        try:
            yield
        finally:
            names += self._shown(self.noted[before:])
            del self.noted[before:]

    def moving(self, names: Iterable[str], reference: Callable[[PaperTheory], Any]) -> tuple[str, ...]:
        """Those of the named changes that by themselves move a claim's reference: in a slope, say, some cancel."""
        by_name, plain = {change.name: change.theory for change in changes(self.own)}, without_changes(self.own)
        return tuple(name for name in names if is_added(name) or moves(by_name[name], reference, than=plain))

    def _watched(self, name: str) -> Any:
        function, static = written(type(self.own), name), is_static(type(self.own), name)
        assert function is not None
        signature = _signature(function)

        @wraps(function)
        def ask(*arguments: Any, **named: Any) -> Any:
            if self._busy:
                return function(*arguments, **named)
            bound = signature.bind(*arguments, **named).args
            place = bound if static else bound[1:]
            self.noted.append((name, place))
            self._busy = True
            try:
                if flaw := found_flaw(self.own, name, place):
                    raise NotANumber(f"theory {type(self.own).__name__}: {flaw}")
                return function(*arguments, **named)
            except NotCovered:
                raise
            except ValueError as error:
                raise NotCovered(f"{name} of theory {type(self.own).__name__} has no value: {error}") from error
            finally:
                self._busy = False

        return staticmethod(ask) if static else ask


@lru_cache(maxsize=1024)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)
