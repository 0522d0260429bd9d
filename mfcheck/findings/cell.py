"""A cell: one place a claim is tried."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

from mfcheck.spec import NetworkSpec, NormPair

ENGINES = ("wishart", "lazy", "dense")


@dataclass(frozen=True)
class Cell:
    """One place a claim is tried: a network, the engine that draws it, and what else the claim needs.

    `details` holds plain values (numbers, strings) that tell this cell from its neighbours. `figure` names the
    cell in the report where it stands for an experiment of the paper. `inapplicable` says why the claim has nothing to
    say here, where it has not: the cell is then reported and not run.

    A family of cells whose claim works with those values is a subclass with a typed field for each, which `details`
    then repeat; fields that are None are left out.

    >>> @dataclass(frozen=True, kw_only=True)
    ... class Attacked(Cell):
    ...     pair: NormPair
    >>> spec = NetworkSpec("vanilla", input_dim=4, output_dim=1, width=8, depth=2, weight_variance=2)
    >>> Attacked(spec, "dense", pair=NormPair(2, 1)).details
    {'pair': '2-1'}
    """

    spec: NetworkSpec
    engine: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    figure: str = ""
    inapplicable: str = ""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine {self.engine!r} is unknown; allowed are {', '.join(ENGINES)}")
        common = {one.name for one in fields(Cell)}
        typed = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in common}
        plain = {name: _plain(value) for name, value in typed.items() if value is not None}
        object.__setattr__(self, "details", {**self.details, **plain})

    @property
    def id(self) -> str:
        """The cell's name in test ids and on command lines."""
        extra = "".join(f"-{name}.{value}" for name, value in sorted(self.details.items()))
        return re.sub(r"[\s\[\]:]+", "_", f"{self.engine}-{self.spec.label}{extra}")


def _plain(value: str | float | Enum | NormPair) -> str | int | float:
    """A value as a detail: numbers as they are, and all else by what it prints as."""
    if isinstance(value, Enum) or not isinstance(value, str | int | float):
        return str(value)
    return value
