"""What may hold in a refuted law's place, by the same draws, and by more where those leave it open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mfcheck.arrays import Floats
from mfcheck.decisions.shapes import Statistic, bounds
from mfcheck.decisions.statement import TWIN, Breaks, Rule
from mfcheck.statistics import medians
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, Region, spent
from mfcheck.verdict import Verdict

FURTHER = 2
"""Further looks at most, each at twice as many draws."""


class Alternative(Protocol):
    """Another statement about the same draws, which they may support in the place of the one decided."""

    def judge(self, draws: Floats, alpha: float) -> Verdict:
        """The draws' verdict at error rate alpha."""


NO_ALTERNATIVES: Mapping[str, Alternative] = {}


@dataclass(frozen=True, eq=False)
class Rival:
    """Another statement about the same draws: the median of `statistic` lies between `low` and `high`.

    It can stand in a refuted law's place only where the draws tell it from its twins, TWIN times as large or as small.
    Raises ValueError for a region that is not bounded on both sides, or so wide that no draws can.
    """

    statistic: Statistic
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < TWIN**2 * self.low:
            raise ValueError(
                "a rival must be able to fail on both sides: 0 < low < high < "
                f"{TWIN**2:g} low, got low = {self.low!r} and high = {self.high!r}"
            )

    def judge(self, draws: Floats, alpha: float) -> Verdict:
        """The draws' verdict, by order statistics at error rate alpha; undecided while they support a twin as well."""
        found = medians.estimate_median(bounds(self.statistic)(draws), alpha)
        verdict = self._region(1.0).judge(found)
        told = all(self._region(factor).judge(found) is Verdict.REFUTED for factor in (TWIN, 1 / TWIN))
        return verdict if told or verdict is not Verdict.SUPPORTED else Verdict.UNDECIDED

    def _region(self, factor: float) -> Region:
        low, high = factor * self.low, factor * self.high
        return Region(low, high, high - low)


@dataclass(frozen=True, eq=False)
class Together:
    """All of some statements at once: refuted if one is, supported if all are. Each may err at alpha, and the whole
    errs only where one that is false does."""

    parts: tuple[Alternative, ...]

    def judge(self, draws: Floats, alpha: float) -> Verdict:
        """The draws' verdict on all of them."""
        verdicts = {part.judge(draws, alpha) for part in self.parts}
        if Verdict.REFUTED in verdicts:
            return Verdict.REFUTED
        return Verdict.SUPPORTED if verdicts == {Verdict.SUPPORTED} else Verdict.UNDECIDED


Judges = Mapping[str, Callable[[int, float], Verdict]]
"""By the name of an alternative: the verdict of so many draws on it, at an error rate."""


class Told(NamedTuple):
    """Verdicts on alternatives, and the draws that gave them."""

    verdicts: Mapping[str, Verdict]
    draws: int

    def reason(self, decided: Decision, also: str) -> str:
        """What else is to be said, and how many draws these are where the decision took fewer."""
        more = f"what holds instead was looked for in {self.draws:,} draws" if self.draws > decided.draws else ""
        return "; ".join(filter(None, (also, more)))


def by_draws(alternatives: Mapping[str, Alternative], whole: Draw) -> Judges:
    """How each of them is judged by the first so many draws of a source."""

    def judge(of: Alternative) -> Callable[[int, float], Verdict]:
        return lambda draws, share: of.judge(whole(draws), share)

    return {name: judge(one) for name, one in alternatives.items()}


def tell(judges: Judges, decided: Decision, rule: Rule, breaks: Breaks = False) -> Told:
    """Verdicts on alternatives, by the draws that decided; if those refute the claim and leave open what holds in its
    place, by twice as many, and again.

    Every look spends its share of the error rate, as one of the decision would: so each verdict errs at most at that
    rate, whatever the stopping. The decision itself stays as it was made.
    """
    draws, look = decided.draws, decided.looks
    refuted = decided.verdict is (Verdict.SUPPORTED if breaks else Verdict.REFUTED)
    last = min(rule.looks, look + FURTHER) if refuted else look
    while True:
        share = spent(rule.alpha, look)
        verdicts = {name: judge(draws, share) for name, judge in judges.items()}
        still_open = Verdict.UNDECIDED in verdicts.values() and Verdict.SUPPORTED not in verdicts.values()
        if not still_open or look >= last:
            return Told(verdicts, draws)
        draws, look = 2 * draws, look + 1
