"""How tightly a finding pins down the formulas that it reads, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Sides = tuple[bool, bool]
"""Whether a formula is refuted that is too large, and one that is too small."""
Anchors = tuple[float, float] | None
"""Between which values a slanted formula may be right and not be refuted; None where it is refuted wherever it is."""


@dataclass(frozen=True)
class Pin:
    """What a finding's draws say of one formula that is wrong in the finding's place.

    `up` and `down` are the least factors, multiplied and divided by, that the draws refute: None if there is none.
    `added` are those of what the width adds to the formula's limit, of one that has a limit: there `slants` and `kinds`
    are of that too.
    `place` counts the finding's places: the values of its arguments where the formula is read. Of an argument with
    several of them `slants` says where a formula that is slanted upward, or downward, may be right without being
    refuted, and `kinds` whether one is refuted that is too large, or too small, at one kind of them alone.
    """

    formula: str
    up: float | None
    down: float | None
    place: int
    added: tuple[float | None, float | None] | None = None
    slants: Mapping[str, tuple[Anchors, Anchors]] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, Sides]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pins:
    """All of a finding's pins; `by_calculus` names arguments that its engine enters by calculus, and draws no more."""

    places: tuple[Mapping[str, tuple[float | str, ...]], ...] = ()
    pins: tuple[Pin, ...] = ()
    by_calculus: tuple[str, ...] = ()


NO_PINS = Pins()
FACTOR = "factor"
"""What `by_calculus` calls the constant factor of a formula."""


def pins_of(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pins of a finding that is plain data; none of one that was written before there were any."""
    found = finding.get("pins")
    return found if isinstance(found, Mapping) else {"places": [], "pins": [], "by_calculus": []}
