"""Audit: what adversarial training does to the weights of networks of one's own, by Euler's identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.findings.regimes import EARLY, LATE, Regime
from mfcheck.observables import own_flow
from mfcheck.observables.degrees import Group, groups, told
from mfcheck.settings import Settings
from mfcheck.theorems import foreign, own_sizes
from mfcheck.theorems.bound import FOUND

SHARE, SOON, LONG = 0.025, 4, 48
"""By what share every step lowers L_adv; after so many a tenth of it is gone, and after so many most."""
EXACT = 0.02
"""δ of identities, which attacks, small constants of normalisation and rounding leave alone."""
COURSE = own_flow.flow(SHARE, SOON, LONG)
SHORT = own_flow.flow(SHARE, SOON, SOON)


def euler_cells(settings: Settings) -> Iterator[Cell]:
    """Networks with tensors that have a degree."""
    for architecture in foreign.foreign(settings):
        spec = foreign.spec_of(architecture, settings)
        yield Cell(
            spec, "dense", {"dataset": settings.dataset}, inapplicable=undegreed(spec.architecture, groups(spec))
        )


def undegreed(path: str, found: tuple[Group, ...]) -> str:
    """Why Euler's identity says nothing of a network, and what would let it; empty where it does."""
    if found:
        return ""
    if is_gaussian(path):
        return f"{path} is written on Gaussian matrices, whose training other claims follow; name vanilla or residual"
    return (
        f"f is homogeneous in no tensor of {path}, alone or with later biases; with a last layer that is linear it is"
    )


def flow_cells(settings: Settings) -> Iterator[Cell]:
    """Those of them that L_adv pulls on at all."""
    for cell in euler_cells(settings):
        pulled = any(one.degree for one in groups(cell.spec))
        reason = "" if pulled else f"L_adv pulls on no tensor of {cell.spec.architecture}, all of degree 0"
        yield replace(cell, inapplicable=cell.inapplicable or reason)


def long_cells(settings: Settings) -> Iterator[Cell]:
    """Those that can be trained for long."""
    for cell in flow_cells(settings):
        yield replace(cell, inapplicable=cell.inapplicable or own_sizes.too_dear(cell.spec, "to train for long"))


@claim("audit/euler-degree", cells=euler_cells)
def test_euler_degree(cell: Cell, decide: Decider) -> None:
    """⟨θ, ∂L_adv/∂θ⟩ = k L_adv for every tensor in which f is homogeneous of degree k: 1, 3 where it is tied over three
    layers, 0 before a normalisation."""
    decide.median_within(
        SHORT,
        statistic=lambda draws: draws[:, own_flow.EULER],
        name=f"largest |⟨θ, ∂L_adv⟩/L_adv − k|, {told(groups(cell.spec))}",
        low=-EXACT,
        high=EXACT,
        origin="an identity, up to the small constants of normalisations",
    )


def near_one(column: int, name: str, delta: float, regime: Regime) -> MedianWithin:
    """A ratio is 1 up to δ, at a time of training."""
    source = SHORT if regime is EARLY else COURSE
    return MedianWithin(
        source,
        statistic=lambda draws: draws[:, column],
        name=name,
        low=1 - delta,
        high=1 + delta,
        origin="δ of the claim: of attacks, and of steps of finite length",
        regime=regime,
    )


@claim("audit/variance-early", cells=flow_cells)
def test_variance_early(cell: Cell, decide: Decider) -> None:
    """While L_adv loses a tenth, Σ‖W‖² falls linearly, by 2k L_adv(0) t."""
    decide(near_one(own_flow.EARLY, "decrease of Σ‖W‖² over 2 Σk L_adv(0) t", FOUND, EARLY))


@claim("audit/variance-late", cells=long_cells)
def test_variance_late(cell: Cell, decide: Decider) -> None:
    """When most of L_adv is gone, Σ‖W‖² has fallen by 2k ∫L_adv dt, far less than on the line that it began on."""
    decide(near_one(own_flow.LAW, "decrease of Σ‖W‖² over 2 Σk ∫L_adv dt", FOUND, LATE))
    linear = replace(near_one(own_flow.LATE, "decrease of Σ‖W‖² over 2 Σk L_adv(0) t", FOUND, LATE), breaks="below")
    decide(linear)
