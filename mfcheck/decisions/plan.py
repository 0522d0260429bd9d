"""A decision before it is made: its margin, its first number of draws, and how to conclude; groups of a trend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mfcheck.arrays import Floats
from mfcheck.decisions.judgement import Judgement
from mfcheck.findings.finding import Margin
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sample_sizes import Draw

Statistic = Callable[[Floats], Floats]
"""From draws `[n, …]` to a number each, `[n]`; for medians also to bounds of it, `[n, 2]`."""


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a trend: its network, what is averaged there, and the exact law's mean and tail."""

    x: float
    spec: NetworkSpec
    statistic: Statistic
    mean: float
    tail: Tail


@dataclass(frozen=True, eq=False)
class Plan:
    """A decision before it is made: its margin, the draws of its first look, where they come from and in which chunks,
    and the making."""

    margin: Margin
    first: int
    draws_of: tuple[Draw, ...]
    chunk: int
    conclude: Callable[[], Judgement]
