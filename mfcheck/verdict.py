"""The vocabulary of `claims/`: claims, the cells they are tried in, findings and verdicts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from mfcheck.spec import NetworkSpec

if TYPE_CHECKING:
    from mfcheck.settings import Settings

OPEN = "open"
"""The section of claims that never gate."""
ENGINES = ("wishart", "lazy", "dense")


class Verdict(StrEnum):
    """What a decision says; only `SUPPORTED` reads as a pass."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


class NotCovered(ValueError):
    """The theory, or an engine, has no statement about this network; the reason is the message."""


class NotANumber(ArithmeticError):
    """A measurement held NaN or infinity; the message names where it came from."""


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


@dataclass(frozen=True)
class Claim:
    """One statement of the theory, by its stable id, with the cells a run tries it in."""

    id: str
    says: str
    cells: Callable[[Settings], Iterable[Cell]]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9.]+/[A-Za-z0-9-]+", self.id):
            raise ValueError(f"claim id {self.id!r} does not read as section/name-of-the-claim")

    @property
    def gates(self) -> bool:
        """Whether its verdict counts: open questions are explored, never held against a run."""
        return self.theorem != OPEN

    @property
    def theorem(self) -> str:
        """The part of the id before the stroke: what the report groups by."""
        return self.id.split("/")[0]


Test = TypeVar("Test", bound=Callable[..., object])


def claim(id: str, *, cells: Callable[[Settings], Iterable[Cell]]) -> Callable[[Test], Test]:
    """Mark a test function as a claim; its docstring is what the report says it says.

    The test takes the fixtures `cell` and `decide` and is run once for every cell. Raises ValueError on a
    malformed id or a missing docstring.
    """

    def mark(test: Test) -> Test:
        says = " ".join((test.__doc__ or "").split())
        if not says:
            raise ValueError(f"claim {id!r} has no docstring to say what it says")
        test.mfcheck_claim = Claim(id, says, cells)  # type: ignore[attr-defined]
        return test

    return mark


@dataclass(frozen=True)
class Margin:
    """How far θ may lie from the theory: finite-width distance plus declared discrepancy, with their origin."""

    finite_width: float
    discrepancy: float
    origin: str

    @property
    def total(self) -> float:
        return self.finite_width + self.discrepancy


@dataclass(frozen=True)
class Curve:
    """A measured curve beside its prediction, for the figure of a finding; `draws` of the finding's draws made it.

    `kind` is "law" (a distribution function; `exact` are the reference's quantiles at the measured levels), "trend" (a
    statistic over groups, by `x_label`, whose slope was decided; `exact` is the finite-width value where it is known),
    "profile" (medians at x, beside the bound and what is expected there; `flips` are shares of flipped activations),
    "trajectory" (medians over training time x, beside the theory's law), "layers" (medians by layer) or "map" (one
    network of a map: x its depth, measured its median accuracy, predicted the theory's). `series` holds more by name.
    """

    kind: str
    x_label: str
    x: tuple[float, ...]
    measured: tuple[float, ...]
    predicted: tuple[float, ...]
    exact: tuple[float, ...]
    draws: int
    flips: tuple[float, ...] = ()
    series: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


NAN = float("nan")


@dataclass(frozen=True)
class Finding:
    """One decision with all its evidence, in plain Python values; not applicable, with a reason, until it is judged.

    Of a law that is to break (`breaks`) the region is the law's own, and the verdict says whether it was left.
    """

    claim: str
    says: str
    cell: str
    figure: str
    engine: str
    parameters: Mapping[str, Any]
    reproduce: str
    verdict: Verdict = Verdict.NOT_APPLICABLE
    reason: str = ""
    statistic: str = ""
    estimate: float = NAN
    interval: tuple[float, float] = (NAN, NAN)
    reference: float = NAN
    region: tuple[float, float] = (NAN, NAN)
    margin: Margin = Margin(0.0, 0.0, "")
    alpha: float = 0.0
    draws: int = 0
    looks: int = 0
    breaks: bool = False
    resolution: float | None = None
    seconds: float = 0.0
    curve: Curve | None = None
    holds_instead: tuple[str, ...] = ()
    """Other laws, named by the claim, that the same draws support in this one's place."""
    expected: str = ""
    """Why this refutation was expected, where it was declared so; `instead` is the law declared to hold."""
    instead: str = ""
    twins_seen: tuple[str, ...] = ()
    """Wrong twins of the theory that put another value in this finding's place."""
    twins_refuted: tuple[str, ...] = ()
    """Those of them that the same draws refute."""
    changes_seen: tuple[str, ...] = ()
    """What the theory on trial changes of the paper's and this finding's place shows; empty for the paper's own."""
    paper_verdict: str = ""
    """What the same draws say of the paper's theory, where another is on trial and they can."""

    def __post_init__(self) -> None:
        if self.verdict is Verdict.NOT_APPLICABLE:
            return
        for name, value in (("estimate", self.estimate), *(("interval", end) for end in self.interval)):
            if not math.isfinite(value):
                raise NotANumber(f"{self.claim} in cell {self.cell}: the {name} of {self.statistic} is {value}")


SEVERITY = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole: refuted if any part is, supported only if every applicable part is.

    >>> combine([Verdict.SUPPORTED, Verdict.NOT_APPLICABLE]).value
    'supported'
    >>> combine([]).value
    'undecided'
    """
    return min(verdicts, key=SEVERITY.index, default=Verdict.UNDECIDED)
