"""The verdicts of decisions, and the exceptions for statements and measurements that have none."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a decision says; only `SUPPORTED` reads as a pass.

    `IN_PART` is a verdict of wholes alone: some regime of a law holds, and not all of it.
    """

    SUPPORTED = "supported"
    IN_PART = "holds in part"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


class NotCovered(ValueError):
    """The theory, or an engine, has no statement about this network; the reason is the message."""


class NotANumber(ArithmeticError):
    """A measurement held NaN or infinity; the message names where it came from."""


OF_ONE_DECISION = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.NOT_APPLICABLE)
"""The verdicts that a finding may have."""
SEVERITY = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.IN_PART, Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)
"""From what counts most against a whole to what counts least."""


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole that has no regimes: the worst of its parts, supported only if every applicable one is.

    >>> combine([Verdict.SUPPORTED, Verdict.NOT_APPLICABLE]).value
    'supported'
    >>> combine([]).value
    'undecided'
    """
    return min(verdicts, key=SEVERITY.index, default=Verdict.UNDECIDED)
