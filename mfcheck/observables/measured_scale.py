"""What an architecture of one's own turns out to be: its scale and ω, its degree, idle knobs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from mfcheck.ensembles.calls import KNOBS, call_of
from mfcheck.ensembles.construction import draw_modules, shaped, size_of
from mfcheck.ensembles.facts import kept
from mfcheck.ensembles.modules import ModuleStack, is_gaussian
from mfcheck.ensembles.placement import in_dtype
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables.degrees import with_doubled
from mfcheck.observables.effective_weights import tensors_of
from mfcheck.observables.nearby import GAIN, nearby
from mfcheck.spec import NetworkSpec

DEPTHS = (1, 2, 4)
"""Depths from which ω is measured: shallow, where a few networks tell it even of heavy-tailed weights."""
MOST_NETWORKS, LEAST_NETWORKS, FLOATS = 1024, 16, 2**25
"""Networks at each depth: as many as hold so many numbers, within these."""
ROUNDING = 1e-5
"""What roundings of float32 move a tensor at most, relative to its largest entry."""
POWERS_APART = 0.4
"""How well a power must be known to be taken for the nearest half."""
DEVIATIONS = 4
"""Standard errors to either side of what is measured; no verdict rests on them."""


class Measured(NamedTuple):
    """A measured number with what it may be off by, as a factor."""

    value: float
    factor: float

    @property
    def low(self) -> float:
        return self.value / self.factor

    @property
    def high(self) -> float:
        return self.value * self.factor

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g}–{self.high:.3g})"


@dataclass(frozen=True)
class Nature:
    """The scale d·E J² over ω^L, ω where depth is an argument, what f is found to be at one input, and the power of the
    width by which the scale goes: 0 where that is no multiple of a half, or width is no argument."""

    scale: Measured
    omega: Measured | None
    alive: float
    linear: float
    homogeneous: float
    power: float = 0.0


def networks(spec: NetworkSpec) -> int:
    """How many networks are measured at a depth."""
    if is_gaussian(spec.architecture):
        return MOST_NETWORKS // 2
    size, most = size_of(spec), MOST_NETWORKS if _stacks(spec) else MOST_NETWORKS // 8
    return min(most, max(LEAST_NETWORKS, FLOATS // max(1, size.parameters + size.activations)))


def _stacks(spec: NetworkSpec) -> bool:
    """Whether networks are evaluated many at once, and so many are cheap."""
    stack = ModuleStack(spec, Stream(0), replicates=2)
    with torch.no_grad():
        stack(torch.ones(1, spec.input_dim))
    return stack.at_once


def nature(spec: NetworkSpec, probe: Probe, seed: int, device: str, *, over_widths: bool = True) -> Nature:
    """What the networks of a spec are at one input; over depths where that is an argument and changes them, and at
    twice the width, if asked for, where that is."""
    varies = "depth" in call_of(spec.architecture).knobs and "depth" not in idle_knobs(spec)
    specs = [replace(spec, depth=depth) for depth in DEPTHS] if varies else [spec]
    drawn = [_draws(one, probe, seed + place, device) for place, one in enumerate(specs)]
    shares = torch.cat(drawn).mean(dim=0)
    scale, omega = _fit([one[:, GAIN] for one in drawn])
    power = 0.0
    if over_widths and "width" in call_of(spec.architecture).knobs and "width" not in idle_knobs(spec):
        power = _power_of_width(specs, [one[:, GAIN] for one in drawn], probe, seed + len(specs), device)
    alive, linear, homogeneous = shares[:GAIN].tolist()
    return Nature(scale, omega, alive, linear, homogeneous, power)


def _power_of_width(specs: list[NetworkSpec], gains: list[Tensor], probe: Probe, seed: int, device: str) -> float:
    """The power of the width that gains of networks twice as wide show, if it is one at the least and largest depth:
    ω is free of the width then; else 0, and where there are none so wide."""
    ends = [(specs[place], gains[place]) for place in sorted({0, len(specs) - 1})]
    try:
        wider = [
            _draws(replace(one, width=2 * one.width), probe, seed + place, device)
            for place, (one, _) in enumerate(ends)
        ]
    except (Exception, SystemExit):  # what is wrong with it is said elsewhere
        return 0.0
    powers = {_power(here, there[:, GAIN]) for (_, here), there in zip(ends, wider, strict=True)}
    return powers.pop() if len(powers) == 1 else 0.0


def _power(gains: Tensor, wider: Tensor) -> float:
    """The power of the width by which mean gains grow as it doubles, if that is a multiple of a half, else 0."""
    measured = [_fit([one])[0] for one in (gains, wider)]
    if not all(0 < one.value < math.inf for one in measured):
        return 0.0
    found = math.log2(measured[1].value / measured[0].value)
    error = math.log2(measured[0].factor * measured[1].factor)
    near = round(2 * found) / 2
    return near if abs(found - near) <= error < POWERS_APART else 0.0


def _draws(spec: NetworkSpec, probe: Probe, seed: int, device: str) -> Tensor:
    count, chunk, stream = networks(spec), nearby.chunk_draws(spec, "dense", device), Stream(seed, device)
    with one_thread(), torch.no_grad():
        parts = [
            nearby.engines["dense"](spec, probe, stream, min(chunk, count - done)) for done in range(0, count, chunk)
        ]
    return torch.cat(parts).cpu()


def _fit(gains: list[Tensor]) -> tuple[Measured, Measured | None]:
    """The scale and ω of gains `[n]` at each of `DEPTHS`, by least squares on the logarithms of their means."""
    means = [float(one.mean()) for one in gains]
    if not all(0 < mean < math.inf for mean in means):
        return Measured(math.nan, math.inf), None
    errors = [float(one.std()) / math.sqrt(len(one)) / mean for one, mean in zip(gains, means, strict=True)]
    logs = [math.log(mean) for mean in means]
    if len(gains) == 1:
        return Measured(means[0], math.exp(DEVIATIONS * errors[0])), None
    centre = sum(DEPTHS) / len(DEPTHS)
    across = sum((depth - centre) ** 2 for depth in DEPTHS)
    slopes = [(depth - centre) / across for depth in DEPTHS]
    starts = [1 / len(DEPTHS) - centre * slope for slope in slopes]
    found = []
    for weights in (starts, slopes):
        value = sum(weight * log for weight, log in zip(weights, logs, strict=True))
        error = math.sqrt(sum((weight * one) ** 2 for weight, one in zip(weights, errors, strict=True)))
        found.append(Measured(math.exp(value), math.exp(DEVIATIONS * error)))
    return found[0], found[1]


@kept(256)
def idle_knobs(spec: NetworkSpec) -> tuple[str, ...]:
    """Those of width, depth and weight_variance that a factory is given and that change nothing in its networks."""
    if is_gaussian(spec.architecture):
        return ()
    changed = {
        "width": replace(spec, width=2 * spec.width),
        "depth": replace(spec, depth=spec.depth + 1),
        "weight_variance": replace(spec, weight_variance=2 * spec.weight_variance),
    }
    named = [name for name in KNOBS if name in call_of(spec.architecture).knobs]
    try:
        here = _shown(spec)
        return tuple(name for name in named if _equal(here, _shown(changed[name])))
    except (Exception, SystemExit):  # what is wrong with it is said elsewhere
        return ()


def _shown(spec: NetworkSpec) -> dict[str, Tensor]:
    """A network's tensors, and its output at one input."""
    with one_thread(), torch.no_grad():
        module = draw_modules(spec, Stream(1), 1)[0]
        return tensors_of(module) | {"": module(shaped(spec, torch.ones(2, spec.input_dim)))}


def _equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether tensors are the same, up to roundings where a knob is multiplied in and divided out again."""
    return one.keys() == other.keys() and all(_close(one[name], other[name]) for name in one)


def _close(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    return torch.equal(one, other) or bool((one - other).abs().max() <= ROUNDING * one.abs().max())


def degree(spec: NetworkSpec, probe: Probe) -> int | None:
    """The k with f(cθ) = c^k f(θ) for all parameters θ, as Euler's identity takes it; None if there is none."""
    if is_gaussian(spec.architecture):
        return None
    with one_thread(), torch.no_grad():
        module = in_dtype(draw_modules(spec, Stream(2), 1)[0], spec, torch.float64)
        x = shaped(spec, torch.as_tensor(probe.x, dtype=torch.float64)[:1])
        try:
            once = module(x.clone())
            twice = with_doubled(module.parameters(), lambda: module(x.clone()))
        except (Exception, SystemExit):  # no module for float64
            return None
    size = once.abs().amax()
    ratio = float(twice.abs().amax() / size) if size > 0 else 0.0
    k = round(math.log2(ratio)) if 0 < ratio < math.inf else -1
    return k if k >= 0 and bool((twice - 2.0**k * once).abs().amax() <= 1e-9 * 2.0**k * size) else None
