"""A statement: what is to be decided, as frozen data that is handed the theory, the rule and the draws."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.probes import image
from mfcheck.decisions.sampling import LooksAt, Sampling, once
from mfcheck.findings.finding import Curve, Margin
from mfcheck.findings.regimes import EVERYWHERE, Regime
from mfcheck.given import shown, whole
from mfcheck.settings import Level
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.theory import PaperTheory
from mfcheck.theory.values import no_law, no_number
from mfcheck.verdict import Verdict

Reference = Any
"""What a theory puts in a statement's place: a frozen law, or a number."""
Formula = Callable[[PaperTheory], Reference]
NOTHING_ELSE: Mapping[str, Formula] = {}
NO_DRAWS: Floats = np.empty(0)
TWIN, SHIFT = 1.25, 0.25
"""How far off the wrong twins of a law are that is to stand in a refuted one's place: by this factor up and down; of a
slope, or of a place beside a scale, by so much. Draws that cannot tell it from them do not make it hold."""

ABOVE, BELOW = "above", "below"
Breaks = bool | Literal["above", "below"]
"""Whether the statement is that a law breaks, and on which side of its region; True where it has but one side."""


@dataclass(frozen=True)
class Rule:
    """How a run decides: the level's discrepancies, the error rate of one decision, and its number of looks."""

    level: Level
    alpha: float
    looks: int

    @property
    def first_alpha(self) -> float:
        """The share of the error rate that the first look may spend."""
        return spent(self.alpha, 1)

    def last_alpha(self, decided: Decision) -> float:
        """The share that the look which ended the decision spent: the error rate of its interval."""
        return spent(self.alpha, decided.looks)


@dataclass(frozen=True, eq=False)
class Plan:
    """A decision before it is made: its margin, the draws of its first look, where they come from and in which chunks.

    `target` is what the theory puts in the statement's place. Raises ValueError for what decides nothing: a margin that
    is negative or without an end, a target that is NaN or infinite, a first look or a chunk of no whole number.
    """

    margin: Margin
    first: int
    draws_of: tuple[Draw, ...]
    chunk: int
    target: Reference = None
    may_be_one_sided: ClassVar[bool] = False
    """Whether it has a region of its own, which may end on one side alone, where there is no margin."""

    def __post_init__(self) -> None:
        margin = self.margin
        endless = math.isinf(margin.total) and not self.may_be_one_sided
        if endless or not (margin.total >= 0 and math.isfinite(margin.finite_width)):
            shown = f"{margin.finite_width!r} for finite width and a discrepancy of {margin.discrepancy!r}"
            raise ValueError(f"the margin of a plan must be finite and not negative in all, got {shown}")
        if isinstance(self.target, int | float | np.number) and not math.isfinite(self.target):
            raise ValueError(f"the target of a plan must be a finite number, or a law, got {self.target!r}")
        for name, count in (("first look", self.first), ("chunk", self.chunk)):
            if (whole(count) or 0) < 1:
                raise ValueError(f"the {name} of a plan must be a whole number of draws from 1 on, got {count!r}")

    @property
    def drawn(self) -> int:
        """Draws of all groups for each one of the number: some take it several times."""
        return sum(once(draw)[1] for draw in self.draws_of)


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """What the draws say: a decision, and what the same draws need to judge another reference.

    `statistic` names what is estimated and `reference` is the number that it is held against. `rivals` are the draws'
    verdicts on other statements about them, each with an interval of its own; `holds` says of further ones, about the
    decision's own interval, whether it lies where they say.
    """

    statistic: str
    reference: float
    decision: Decision
    resolution: float | None = None
    absolute: bool = False
    """Whether the resolution is in the statistic's own units, as of a slope or of what is held against 0."""
    charged: float = 0.0
    """What a reference that was measured itself, with an interval of its own, adds to the error rate."""
    last_alpha: float = 0.0
    """The error rate of the decision's interval."""
    draws: Floats = field(default_factory=lambda: NO_DRAWS)
    """What another reference is judged by, where that takes more than the interval."""
    curve: Curve | None = None
    rivals: Mapping[str, Verdict] = field(default_factory=dict)
    holds: Mapping[str, bool] = field(default_factory=dict)
    reason: str = ""
    """What else is to be said of it, such as an estimate on the side."""


class NoUnitError(ValueError):
    """A theory's value that θ, a ratio to it, cannot be taken in units of."""


P = TypeVar("P", bound=Plan)


@dataclass(frozen=True, eq=False, kw_only=True)
class Statement(ABC, Generic[P]):
    """What a claim says of the networks of a cell, ready to be planned, decided and held against any theory.

    A statement of one's own gives `plan`, `decide` and `says`; with a `formula` and a `judge` too, its draws are held
    against the theory's wrong twins. `quantity` is what the statement is about, for the report; `breaks` turns it into
    its failing (on a side, where it has two); `instead` names other references for the same place, of which the report
    says whether the same draws support them, and refute their own twins. `looks_at` chooses the inputs. `regime` is the
    part of its theorem that it speaks of, and `caveat` why its support would not make that hold, if it would not.
    `by_calculus` names the arguments of its formula, "factor" for its constant, that the engine enters by calculus: its
    draws say nothing of these.
    """

    quantity: str = ""
    breaks: Breaks = False
    instead: Mapping[str, Formula] = field(default_factory=lambda: NOTHING_ELSE)
    looks_at: LooksAt = image
    regime: Regime = EVERYWHERE
    caveat: str = ""
    by_calculus: tuple[str, ...] = ()

    two_sided: ClassVar[bool] = False
    """Whether θ can leave its region on two sides, so that what breaks must say on which."""
    fails: ClassVar[str] = ""
    """The side on which θ of a statement with but one can leave its region."""
    in_its_units: ClassVar[bool] = False
    """Whether θ is a ratio to the theory's value, which must then be positive to be held against draws."""
    of_logarithms: ClassVar[bool] = False
    """Whether a theory's values enter by their logarithms, which 0 has none of."""
    counts: ClassVar[bool] = False
    """Whether θ is a share of networks."""
    judges_apart: ClassVar[bool] = False
    """Whether `judge` takes another interval for every reference: each of them may then err by itself."""

    def __post_init__(self) -> None:
        if not (isinstance(self.breaks, bool) or self.breaks in (ABOVE, BELOW)):
            raise ValueError(f"breaks must be False, True, {ABOVE!r} or {BELOW!r}, got {self.breaks!r}")
        if self.two_sided and self.breaks is True:
            raise ValueError(
                f"a law with two sides breaks on one of them: breaks must be {ABOVE!r} or {BELOW!r}, got True"
            )
        if self.fails and self.breaks not in (False, True, self.fails):
            raise ValueError(
                f"θ of {self._named} can leave its region {self.fails} it alone: breaks must be True or "
                f"{self.fails!r}, got {self.breaks!r}"
            )

    @property
    def _named(self) -> str:
        return self.quantity or type(self).__name__

    @property
    def formula(self) -> Formula | None:
        """What a theory puts in the statement's place, as a function of the theory; None where no formula enters."""
        return None

    def _value(self, theory: PaperTheory, *, either_sign: bool = False) -> float:
        """The number that a theory puts in the statement's place; ValueError for what no draws can be held against."""
        found = self._reference(theory)
        if wrong := no_number(found):
            raise ValueError(f"the reference of {self._named} must be a number, got {shown(found)}, {wrong}")
        if self.in_its_units and not 0 < (abs(found) if either_sign else found) < math.inf:
            kind = "finite and not 0" if either_sign else "positive and finite"
            raise NoUnitError(f"the reference of {self._named} must be {kind}, for θ is in its units, got {found!r}")
        return float(found)

    def _law(self, theory: PaperTheory) -> Any:
        """The same of a law, as scipy.stats freezes them."""
        found = self._reference(theory)
        if wrong := no_law(found):
            said = f"must be a frozen law of scipy.stats, got {shown(found)}, {wrong}"
            raise ValueError(f"the reference of {self._named} {said}")
        return found

    def _reference(self, theory: PaperTheory) -> Any:
        if not callable(self.formula):
            raise ValueError(f"the reference of {self._named} must be a function of the theory, got {self.formula!r}")
        return self.formula(theory)

    def _checked(self, delta: float) -> float:
        """A δ; ValueError for one to which no draws decide."""
        if no_number(delta) or not 0 < delta < math.inf:
            raise ValueError(f"the δ of {self._named} must be a positive finite number, got {shown(delta)}")
        return delta

    @abstractmethod
    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> P:
        """The margin and the first look; NotCovered where the theory, or the engine, has nothing to say."""

    @abstractmethod
    def decide(self, plan: P, theory: PaperTheory, rule: Rule) -> Evidence:
        """Draw until it is decided; the theory may be asked again for the figure alone."""

    @abstractmethod
    def says(self, plan: P) -> str:
        """What is decided, in one sentence with its numbers."""

    def judge(self, other: Reference, plan: P, evidence: Evidence) -> Verdict:
        """The verdict of the same draws on another reference; a statement without one leaves all others open."""
        return Verdict.UNDECIDED

    def without_figure(self) -> Self:
        """The same statement, of which no figure is made."""
        return self

    def twins_of(self, other: Reference) -> tuple[Reference, ...]:
        """What the draws must tell another reference from before it stands in this one's place: TWIN times it, and as
        much less; of a statement that bounds from above, only what is less."""
        return TWIN * other, other / TWIN


def side_left(evidence: Evidence, breaks: Breaks) -> str:
    """Why a law that fails on the wrong side supports no statement that it breaks; empty otherwise."""
    decided = evidence.decision
    if not isinstance(breaks, str) or decided.verdict is not Verdict.REFUTED:
        return ""
    side = ABOVE if decided.estimate.low > decided.region.high else BELOW
    return "" if side == breaks else f"it fails, but {side} its region, where the theory has it fail {breaks}"
