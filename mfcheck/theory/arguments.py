"""What a theory's formulas are of: their arguments, the kinds of values these take, and where a formula is asked."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from functools import lru_cache
from types import FunctionType
from typing import Any

from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.theory.paper import PaperTheory
from mfcheck.theory.sample_places import sample_places
from mfcheck.theory.values import is_law, no_number

ARGUMENTS = (
    ("spec",),
    ("spec", "eps", "p", "q"),
    ("spec", "eps", "p", "q", "t"),
    ("spec", "eps", "p", "q", "lower"),
    ("p", "q", "input_dim", "output_dim"),
)
"""What a formula may be of: a network; a network, a budget and its norms, perhaps at a time or down to a lower edge of
ω^L; or norms and sizes."""

OF_A_NETWORK = (
    "architecture",
    "input_dim",
    "output_dim",
    "width",
    "depth",
    "weight_variance",
    "bias_variance",
    "u",
    "v",
)
"""The arguments that a network stands for."""

DOUBLED = ("input_dim", "output_dim", "width", "depth", "weight_variance", "bias_variance", "eps", "t", "lower")
"""Arguments of which it makes sense to speak of twice as much."""

BETWEEN = "another"
KINDS: Mapping[str, tuple[str, ...]] = {
    "architecture": ARCHITECTURES,
    "bias_variance": ("0", "positive"),
    "u": ("1", BETWEEN),
    "v": ("0", BETWEEN),
    "p": ("1", "2", "∞", BETWEEN),
    "q": ("1", "2", "∞", BETWEEN),
    "t": ("0", "positive"),
}
"""Arguments with values apart, at each of which alone a formula may be wrong, and these kinds of values."""

Value = float | str
Place = tuple[Any, ...]


def formulas(theory: PaperTheory) -> tuple[str, ...]:
    """The names of a theory's formulas: its public methods of what `ARGUMENTS` lists that give numbers or laws."""
    names = sorted(name for name in set(dir(type(theory))) if not name.startswith("_"))
    taking = [name for name in names if parameters(theory, name) in ARGUMENTS]
    return tuple(name for name in taking if hasattr(PaperTheory, name) or not _helps(theory, name))


_helpers: dict[FunctionType, bool] = {}
"""Whether a method that a theory adds is a helper, by its function, which twins and single changes share."""


def _helps(theory: PaperTheory, name: str) -> bool:
    """Whether an added method gives a text, a tuple or the like, and so is no formula."""
    function = written(type(theory), name)
    assert function is not None
    if function not in _helpers:
        place = sample_places(parameters(theory, name))[0]
        try:
            value = getattr(theory, name)(*place)
        except (Exception, SystemExit):  # it may have nothing to say there
            return False
        _helpers[function] = bool(no_number(value)) and not is_law(value)
    return _helpers[function]


def parameters(theory: PaperTheory, formula: str) -> tuple[str, ...]:
    """The names of a method's parameters, none for what is no method."""
    function = written(type(theory), formula)
    return () if function is None else _names(function)


@lru_cache(maxsize=1024)
def _names(function: FunctionType) -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(function).parameters if name != "self")


def written(owner: type, name: str) -> FunctionType | None:
    """A method as the function that was written; None for what is no method."""
    attribute = inspect.getattr_static(owner, name)
    function = attribute.__func__ if isinstance(attribute, staticmethod) else attribute
    return function if isinstance(function, FunctionType) else None


def is_static(owner: type, name: str) -> bool:
    """Whether a method is called without its instance."""
    return isinstance(inspect.getattr_static(owner, name), staticmethod)


def arguments_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments of a formula with these parameters, a network's fields among them.

    >>> arguments_of(("p", "q", "input_dim", "output_dim"))
    ('p', 'q', 'input_dim', 'output_dim')
    """
    return tuple(one for name in names for one in (OF_A_NETWORK if name == "spec" else (name,)))


def values_at(names: tuple[str, ...], place: Place) -> dict[str, Value]:
    """The value of every argument at a place."""
    found: dict[str, Value] = {}
    for name, value in zip(names, place, strict=True):
        found |= _of_network(value) if isinstance(value, NetworkSpec) else {name: float(value)}
    return found


def kind_of(argument: str, value: Value) -> str:
    """The kind of a value, of those that `KINDS` lists; empty for an argument without kinds.

    >>> kind_of("p", 1.5), kind_of("bias_variance", 0.3), kind_of("width", 64)
    ('another', 'positive', '')
    """
    if argument == "architecture":
        return str(value)
    if argument not in KINDS:
        return ""
    number = float(value)
    if argument in ("bias_variance", "t"):
        return "0" if number == 0 else "positive"
    text = "∞" if math.isinf(number) else f"{number:g}"
    return text if text in KINDS[argument] else BETWEEN


def _of_network(spec: NetworkSpec) -> dict[str, Value]:
    sizes = (spec.input_dim, spec.output_dim, spec.width, spec.depth)
    numbers = (*sizes, spec.weight_variance, spec.bias_variance, spec.activation.u, spec.activation.v)
    return dict(zip(OF_A_NETWORK, (spec.architecture, *map(float, numbers)), strict=True))
