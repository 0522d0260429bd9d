"""The verdicts of decisions, and the exceptions for statements and measurements that have none."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


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


SEVERITY = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole: refuted if any part is, supported only if every applicable part is.

    >>> combine([Verdict.SUPPORTED, Verdict.NOT_APPLICABLE]).value
    'supported'
    >>> combine([]).value
    'undecided'
    """
    return min(verdicts, key=SEVERITY.index, default=Verdict.UNDECIDED)
