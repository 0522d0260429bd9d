"""Pre-flight of an audit: is a network of one's own what its factory and its spec declare?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from mfcheck import Cell, NetworkSpec, NotCovered, claim
from mfcheck.architectures import declares_biases, layer_variances
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import image
from mfcheck.ensembles.calls import VARIANCE, call_of
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.observables import effective_weights, nearby, preflight
from mfcheck.observables.measured_scale import idle_knobs
from mfcheck.settings import Settings
from mfcheck.theorems import foreign, own_sizes

APART, PILOT = "variance of mean squares", 64
"""What names the seed of networks that tell how far a group's mean square spreads, and how many they are."""
BIASED = "its factory declares homogeneous = False; leave that out to have it decided"


@dataclass(frozen=True, kw_only=True)
class LayersCell(Cell):
    """A network of which one group of Gaussian parameters is looked at."""

    layers: str


def variance_cells(settings: Settings) -> Iterator[LayersCell]:
    """One cell for every group of Gaussian parameters."""
    for architecture in foreign.foreign(settings):
        spec = foreign.spec_of(architecture, settings)
        if reason := undeclared(spec):
            yield LayersCell(spec, "dense", layers="weights", inapplicable=reason)
            continue
        try:
            groups = list(effective_weights.expected_variances(spec))
        except NotCovered:  # said by the claim itself
            groups = ["weights"]
        for group in groups:
            yield LayersCell(spec, "dense", layers=group)


def undeclared(spec: NetworkSpec) -> str:
    """Why a network's weights can be held against nothing, and what to do; empty where they can be."""
    path = spec.architecture
    try:
        declared, by_spec = bool(layer_variances(spec)), VARIANCE in call_of(path).knobs
    except NotCovered:  # said by the claim itself
        return ""
    if declared or (by_spec and VARIANCE not in idle_knobs(spec)):
        return ""
    return f"{path} takes no weight_variance; let its factory declare layer_variances(spec) to have its weights checked"


def homogeneity_cells(settings: Settings) -> Iterator[Cell]:
    """The same cells, but for networks that say themselves that they have biases."""
    for cell in foreign.jacobian_cells(settings):
        declared = declares_biases(cell.spec.architecture)
        yield replace(cell, inapplicable=BIASED) if declared else cell


@claim("preflight/sound", cells=foreign.jacobian_cells)
def test_sound(cell: Cell, decide: Decider) -> None:
    """The factory makes float32 modules of the spec's sizes from the generator, with no randomness of their own."""
    x = torch.as_tensor(image(decide.settings, cell).x, dtype=torch.float32, device=decide.settings.device)
    seed = derive_seed(decide.settings.seed, "preflight", cell.spec)
    decide.fact(preflight.problem(cell.spec, torch.cat([x, -x]), seed), name="checks passed")


@claim("preflight/alive", cells=foreign.jacobian_cells)
def test_alive(cell: Cell, decide: Decider) -> None:
    """Outputs are neither 0 nor the same at different inputs."""
    decide(own_sizes.in_most(nearby.nearby, nearby.ALIVE, "an output that varies with the input", cell.spec))


@claim("preflight/piecewise-linear", cells=foreign.jacobian_cells)
def test_piecewise_linear_nearby(cell: Cell, decide: Decider) -> None:
    """The activation is ReLU-like: f is linear in a neighbourhood of x."""
    decide(own_sizes.in_most(nearby.nearby, nearby.LINEAR, "linearity in a neighbourhood of x", cell.spec))


@claim("preflight/homogeneous", cells=homogeneity_cells)
def test_homogeneous(cell: Cell, decide: Decider) -> None:
    """There are no biases, as is declared: f(2x) = 2f(x)."""
    decide(own_sizes.in_most(nearby.nearby, nearby.HOMOGENEOUS, "f(2x) = 2f(x)", cell.spec))


def as_declared(cell: LayersCell, decide: Decider) -> MedianRatio:
    """The mean square of a group of parameters is the variance that is declared."""
    group, spec = cell.layers, cell.spec

    def over_variance(draws: Floats) -> Floats:
        found: Floats = draws[:, list(effective_weights.expected_variances(spec)).index(group)]
        return found

    def allowance() -> Allowance:
        """The median of χ²_m/m lies about 2/(3m) below its mean; where weights depend on each other, as those of a low
        rank do, by up to half of the relative variance of their mean square."""
        probe = image(decide.settings, cell)
        apart = decide.trial.sampling.draws(effective_weights.mean_squares, probe, over_variance, apart=APART)(PILOT)
        relative = float(apart.var()) / max(float(apart.mean()) ** 2, sys.float_info.min)
        off = max(2 / (3 * effective_weights.entries(spec, group)), 0.75 * relative)
        return Allowance(off, off, "a median beside a mean: of χ²_m/m, of m entries, or by the variance measured")

    return MedianRatio(
        effective_weights.mean_squares,
        quantity="the mean square of parameters over their variance",
        statistic=over_variance,
        reference=lambda theory: 1.0,
        allowance=allowance,
        spread=0.1,
        delta=decide.settings.level.exact,
    )


@claim("preflight/weight-variance", cells=variance_cells)
def test_weight_variance(cell: LayersCell, decide: Decider) -> None:
    """Parameters have the variance that is declared: σ_w²/N in the weights, 1/fan-in in the projections, or by name."""
    decide(as_declared(cell, decide))
