"""Measured loss over its bound against width, read from a report, and from which width on the bound holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.constants import Whose, whose
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair

WITHIN = (0, 1, 2, 5, 10)
"""Percent by which the median may exceed the bound and still count as holding it."""
EXCESS = "bound with finite-width excess"
"""What figures call the value that is expected beside a profile."""
DIMENSIONS = {"depth": "L", "input_dim": "d", "output_dim": "K"}
SIZES = {**DIMENSIONS, "weight_variance": "σ_w²", "bias_variance": "σ_b²"}


@dataclass(frozen=True)
class Profile:
    """Medians over the bound at several widths of one network; `expected` is NaN where nothing is known."""

    pair: NormPair
    constant: str
    network: str
    sizes: str
    widths: tuple[float, ...]
    measured: tuple[float, ...]
    expected: tuple[float, ...]
    draws: int
    draws_at_widest: int

    def holds_from(self, excess: float) -> float:
        """The width from which on the median stays within 1 + excess, interpolated in the logarithms of both.

        0 if it does at every width, infinity if it does not at the widest. Where a profile is not monotone the last
        crossing counts: what a narrower network achieves by chance is no promise for a wider one.
        """
        highest = 1 + excess
        beyond = [place for place, value in enumerate(self.measured) if value > highest]
        if not beyond:
            return 0.0
        last = beyond[-1]
        if last == len(self.widths) - 1:
            return math.inf
        above, below = (math.log(value) for value in self.measured[last : last + 2])
        near, far = (math.log(width) for width in self.widths[last : last + 2])
        return math.exp(near + (far - near) * (above - math.log(highest)) / (above - below))


def profiles(claim: ClaimRecord) -> list[Profile]:
    """The profiles of a claim with at least two widths, by pair; of one pair those for Chevet's constant first."""
    found = [profile for finding in claim.findings if (profile := _profile(finding)) is not None]
    return sorted(found, key=lambda one: (one.pair.p, one.pair.q, one.constant != "chevet", one.network))


def by_pair(found: list[Profile]) -> dict[NormPair, list[Profile]]:
    """Profiles by their norm pair, in their order."""
    groups: dict[NormPair, list[Profile]] = {}
    for one in found:
        groups.setdefault(one.pair, []).append(one)
    return groups


def needed_widths(found: list[Profile]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Columns and rows of the table that says how wide a network must be for the bound to hold within x %."""
    columns = ("(p, q)", "β", "network", *("holds (0 %)" if x == 0 else f"within {x} %" for x in WITHIN))
    rows = [(notation.pair(one.pair), notation.constant(one.constant), one.network, *_needed(one)) for one in found]
    return columns, rows


def _needed(one: Profile) -> tuple[str, ...]:
    return tuple(_width(one, one.holds_from(x / 100)) for x in WITHIN)


def _width(one: Profile, needed: float) -> str:
    if needed == 0:
        return f"≤ {notation.whole(one.widths[0])}"
    if math.isinf(needed):
        return f"> {notation.whole(one.widths[-1])}"
    return notation.two_figures(needed)


def is_profile(finding: Finding, x_label: str) -> bool:
    """Whether a finding brought medians at several values, or at one, of what the label names."""
    return finding.curve_kind == series.PROFILE and finding.own_curve.x_label == x_label


def pair_of(finding: Finding) -> NormPair | None:
    """The norm pair that a finding is about, if it names one."""
    try:
        return NormPair.parse(str(finding.parameters.get("pair")))
    except ValueError:
        return None


def network(finding: Finding) -> str:
    """A finding's network in words, but for its width."""
    return ", ".join([str(finding.parameters.get("architecture", "network")), *_named(finding, SIZES)])


def _named(finding: Finding, signs: Mapping[str, str]) -> list[str]:
    parameters = finding.parameters
    return [f"{sign} = {parameters[name]:g}" for name, sign in signs.items() if parameters.get(name)]


def positive_or_nan(value: float) -> float:
    """A positive number as it is; what has no logarithm is NaN."""
    return value if value > 0 else math.nan


def _profile(finding: Finding) -> Profile | None:
    pair = pair_of(finding)
    if pair is None or not is_profile(finding, series.OVER_WIDTHS):
        return None
    curve = finding.own_curve
    points = zip(curve.x, curve.measured, curve.exact or [math.nan] * len(curve.x), strict=True)
    known = sorted((x, y, positive_or_nan(exact)) for x, y, exact in points if y > 0)
    if len(known) < 2:
        return None
    widths, measured, expected = zip(*known, strict=True)
    constant, sizes = str(finding.parameters.get("constant", "")), ", ".join(_named(finding, DIMENSIONS))
    if constant and whose(finding, pair) is Whose.CHEVET:
        constant = "chevet"
    return Profile(pair, constant, network(finding), sizes, widths, measured, expected, curve.draws, finding.draws)
