"""A cell: one place a claim is tried."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mfcheck.spec import NetworkSpec

ENGINES = ("wishart", "lazy", "dense")


@dataclass(frozen=True)
class Cell:
    """One place a claim is tried: a network, the engine that draws it, and what else the claim needs.

    `details` holds plain values (numbers, strings) that tell this cell from its neighbours. `figure` names the
    cell in the report where it stands for an experiment of the paper. `inapplicable` says why the claim has nothing to
    say here, where it has not: the cell is then reported and not run.
    """

    spec: NetworkSpec
    engine: str
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    figure: str = ""
    inapplicable: str = ""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine {self.engine!r} is unknown; allowed are {', '.join(ENGINES)}")

    @property
    def id(self) -> str:
        """The cell's name in test ids and on command lines."""
        extra = "".join(f"-{name}.{value}" for name, value in sorted(self.details.items()))
        return re.sub(r"[\s\[\]:]+", "_", f"{self.engine}-{self.spec.label}{extra}")
