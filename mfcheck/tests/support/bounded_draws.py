"""Draws around the adversarial bound, and statements on them by median, share and slope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.decisions.sampling import SPARE
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.settings import LEVELS, Settings

Law = Callable[[Tensor], Tensor]
SPEC = NetworkSpec("vanilla", 50, 3, width=60, depth=5, weight_variance=1.8, bias_variance=0.4)
ANYWHERE = Probe(np.ones((1, 50)), 0)
STORE = ChunkStore()
SPREAD, EPS, ALPHA = 0.2, 0.3, 1e-4
QUICK = LEVELS["quick"]


class Steeper(PaperTheory):
    """A theory whose ω is too large."""

    def omega(self, spec: NetworkSpec) -> float:
        return 1.1 * super().omega(spec)


def bound(theory: PaperTheory, spec: NetworkSpec = SPEC) -> float:
    """The adversarial bound under a theory."""
    return theory.adversarial_bound(spec, EPS, 2, 1)


def times(factor: float) -> PaperTheory:
    """The theory whose bound is this much larger."""

    class Scaled(PaperTheory):
        def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            return factor * super().adversarial_bound(spec, eps, p, q)

    return Scaled()


def source(name: str, law: Law = lambda z: torch.exp(SPREAD * z)) -> Source:
    """The paper's bound times a law that is given by what it makes of a standard normal number."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return bound(PaperTheory(), spec) * law(stream.normal(n, 2))

    return Source(name, {"wishart": draw}, {"wishart": False})


def taken(needed: int) -> int:
    """Draws that a first look at a median takes of such a source, which is drawn 65536 at a time."""
    return min(-(-needed // 65536) * 65536, SPARE * needed)


def few(drawn: Source) -> Source:
    """The source, drawn a few at a time: a first look takes no more than it needs."""
    return replace(drawn, most=16)


def first(values: Floats) -> Floats:
    """The first component of every draw."""
    return values[:, 0]


def decider(theory: PaperTheory | None = None, looks: int = QUICK.looks) -> Decider:
    """A decider of one cell under a theory."""
    claim = Claim("thm5.1/bound-limit", "A statement.", lambda settings: [])
    settings = Settings(seed=5, level=replace(QUICK, looks=looks), alpha=ALPHA)
    return Decider(claim, Cell(SPEC, "wishart"), settings, theory or PaperTheory(), STORE, "pytest this")


AROUND = source("around the bound")
NONE = Allowance(0.0, 0.0, "none")


def median(decide: Decider, drawn: Source = AROUND, allowed: Allowance = NONE, **more: Any) -> Finding:
    """The median over the bound is 1."""
    return decide.median_ratio(
        drawn,
        statistic=first,
        probe=ANYWHERE,
        reference=bound,
        allowance=lambda: allowed,
        **{"spread": SPREAD, "delta": 0.02} | more,
    )


def share(decide: Decider, drawn: Source, allowed: Allowance = NONE, **more: Any) -> Finding:
    """Most draws keep to the bound."""
    return decide.share(drawn, statistic=first, probe=ANYWHERE, reference=bound, allowance=lambda: allowed, **more)


def slope(
    decide: Decider, drawn: Source = AROUND, depths: Iterable[int] = (2, 5, 8), allowed: Allowance = NONE, **more: Any
) -> Finding:
    """The median rises as the bound does."""
    groups = [MedianGroup(depth, replace(SPEC, depth=depth), drawn, first, exact=float(depth)) for depth in depths]
    return decide.median_slope(
        groups,
        probe=lambda spec: ANYWHERE,
        x_label="depth",
        rises=lambda theory, group: bound(theory, group.spec),
        allowance=lambda: allowed,
        **{"spread": SPREAD} | more,
    )
