"""A finding: one decision with all its evidence, in plain Python values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mfcheck.findings.pins import NO_PINS, Pins
from mfcheck.verdict import OF_ONE_DECISION, NotANumber, Verdict


@dataclass(frozen=True)
class Margin:
    """How far θ may lie from the theory: finite-width distance plus declared discrepancy, with their origin."""

    finite_width: float
    discrepancy: float
    origin: str

    @property
    def total(self) -> float:
        return self.finite_width + self.discrepancy


def nothing_allowed(why: str) -> Margin:
    """No margin: of a statement whose number is its own, as of most networks or of one side of a threshold."""
    return Margin(0.0, 0.0, f"none: {why}")


@dataclass(frozen=True)
class Curve:
    """A measured curve beside its prediction, for the figure of a finding; `draws` of the finding's draws made it.

    `kind` is "law" (a distribution function; `exact` are the reference's quantiles at the measured levels), "trend" (a
    statistic over groups, by `x_label`, whose slope was decided; `exact` is the finite-width value where it is known),
    "profile" (medians at x, beside the bound and what is expected there; `flips` are shares of flipped activations),
    "trajectory" (medians over training time x, beside the theory's law), "layers" (medians by layer), "strengths"
    (medians by steps of the attack), "fall" (medians of a decrease over the law's by time), "shares" (medians of what
    an ascent has found, by steps), "errors" (medians by an exponent), "scatter" (a point for every network) or "map"
    (one network of a map: x its depth, measured its median accuracy, predicted the theory's). `series` holds more.
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
LOGARITHM = "logarithm"
"""How the name of a statistic begins that is one."""


def over_reference(statistic: str, estimate: float, reference: float) -> float | None:
    """What is found over the theory's value; of logarithms what both are the logarithms of; None where that is 0,
    or negative and what is found is not.

    >>> round(over_reference("logarithm of a median", -1.88, -2.09), 3), over_reference("ratio", 0.8, 0.0)
    (1.234, None)
    """
    if statistic.startswith(LOGARITHM):
        return math.exp(estimate - reference)
    if abs(reference) < 1e-12 or not math.isfinite(reference):
        return None
    return None if reference < 0 < estimate else estimate / reference


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
    decides: str = ""
    """What was decided here, in one sentence with its numbers."""
    regime: str = ""
    """The part of its theorem that it speaks of; empty where that is all of it."""
    caveat: str = ""
    """Why its support would not make its theorem hold there; empty where it would."""
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
    side: str = ""
    """Of a law that is to break, on which side of its region the theory has it fail: above or below."""
    resolution: float | None = None
    absolute: bool = False
    """Whether the resolution is in the statistic's own units rather than relative to the theory's value."""
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
    pins: Pins = NO_PINS
    """How wrong each formula that it reads must be for the same draws to refute it."""
    changes_seen: tuple[str, ...] = ()
    """What the theory on trial changes of the paper's and this finding's place shows; empty for the paper's own."""
    changes_told: tuple[str, ...] = ()
    """Those of them that by themselves put the theory as far from the paper's as the draws can tell."""
    paper_verdict: str = ""
    """What the same draws say of the paper's theory, where another is on trial and they can."""
    paper_instead: tuple[str, ...] = ()
    """Other laws that the same draws support in the place of the paper's, where another theory is on trial."""
    repairs: str = ""
    """Why the paper's theory was declared refuted here, where the theory on trial changes its formula and holds."""

    def __post_init__(self) -> None:
        if self.verdict not in OF_ONE_DECISION:
            raise ValueError(f"{self.claim} in cell {self.cell}: one decision cannot be {str(self.verdict)!r}")
        if self.verdict is Verdict.NOT_APPLICABLE:
            return
        for name, value in (("estimate", self.estimate), *(("interval", end) for end in self.interval)):
            if not math.isfinite(value):
                raise NotANumber(f"{self.claim} in cell {self.cell}: the {name} of {self.statistic} is {value}")

    @property
    def curve_kind(self) -> str:
        """The kind of its curve; empty where it has brought none."""
        return "" if self.curve is None else self.curve.kind

    @property
    def own_curve(self) -> Curve:
        """The curve that it has brought; LookupError of a finding without one."""
        if self.curve is None:
            raise LookupError(f"{self.claim} in cell {self.cell} has no curve")
        return self.curve
