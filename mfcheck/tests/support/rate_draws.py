"""Draws around the rate of the weight variance, and a decider for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.settings import LEVELS, Settings
from mfcheck.statistics.means import Tail

SPEC = NetworkSpec("vanilla", 50, 3, width=60, depth=5, weight_variance=2.0)
ANYWHERE = Probe(np.ones((1, 50)), 0)
STORE = ChunkStore()
ALPHA, QUICK = 1e-4, LEVELS["quick"]
EPS = 0.3
SUPPORTED, REFUTED, UNDECIDED = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED


def rate(theory: PaperTheory) -> float:
    """The rate of the variance under a theory."""
    return -theory.variance_rate(SPEC, EPS, 2, 2)


UNIT = rate(PaperTheory())


class Faster(PaperTheory):
    """A rate of its own, so that it has twins, 1.3 times that of the paper."""

    def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return 1.3 * super().variance_rate(spec, eps, p, q)


def source(name: str, law: Callable[[Tensor], Tensor]) -> Source:
    """The paper's rate times what the law makes of two standard normal numbers."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return UNIT * law(stream.normal(n, 2))

    return Source(name, {"wishart": draw}, {"wishart": False}, most=4096)


def around(centre: float, spread: float = 0.2) -> Source:
    """Of this median, in units of the rate, and positive."""
    return source(f"around {centre} by {spread}", lambda z: centre * torch.exp(spread * z))


def signed(mean: float, spread: float = 1.0) -> Source:
    """Of this mean, in units of the rate, and of either sign."""
    return source(f"signed about {mean} by {spread}", lambda z: mean + spread * z)


def tail(mean: float, spread: float = 1.0) -> Tail:
    """The exact second and fourth moments of `signed`, in units of the rate."""
    return Tail(mean**2 + spread**2, mean**4 + 6 * mean**2 * spread**2 + 3 * spread**4)


def decider(theory: PaperTheory | None = None, claim: str = "thm5.4/decay", **more: Any) -> Decider:
    """A decider of one cell under a theory."""
    settings = Settings(seed=5, level=replace(QUICK, **more), alpha=ALPHA)
    stated = Claim(claim, "A statement.", lambda settings: [])
    return Decider(stated, Cell(SPEC, "wishart"), settings, theory or PaperTheory(), STORE, "pytest this")


def first(values: Floats) -> Floats:
    """The first component of every draw."""
    return values[:, 0]


def in_units(values: Floats) -> Floats:
    """Draws in units of the paper's rate."""
    found: Floats = values[:, 0] / UNIT
    return found


def median(decide: Decider, drawn: Source, rivals: Mapping[str, Rival] | None = None) -> Finding:
    """The median is the theory's rate."""
    return decide.median_ratio(
        drawn,
        statistic=first,
        probe=ANYWHERE,
        reference=rate,
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.2,
        delta=0.05,
        rivals=rivals or {},
    )


def within(decide: Decider, drawn: Source, low: float = 0.8, high: float = math.inf, **more: Any) -> Finding:
    """The median lies within bounds that no formula gives."""
    return decide.median_within(
        drawn,
        statistic=in_units,
        name="what is left",
        probe=ANYWHERE,
        low=low,
        high=high,
        origin="a share that was declared",
        **more,
    )
