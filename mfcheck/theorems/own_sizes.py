"""Sizes at which networks of one's own are judged: over widths where that is an argument, and how dear one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mfcheck.decisions.majority import Majority
from mfcheck.decisions.rates import Rate
from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.construction import size_of
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.samples import Source
from mfcheck.observables.measured_scale import idle_knobs
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems import foreign

DEAR = 2**18
"""Numbers that a network holds and keeps beyond which it is dear: of those that take a tenth of a second each, tens of
thousands would take hours, and claims are planned by the margin that hundreds can decide."""
STEP = 4
"""How many times as wide the wider of two networks is by which a limit is judged."""
GROWING = {"quick": (32, 128), "standard": (64, 256), "paper": (128, 512)}
"""Two widths by which a limit is judged, the second `STEP` times the first."""
COARSER_LAW = 10
"""How many times a level's δ for laws hundreds of draws can tell."""
LIMIT_INPUTS, LIMIT_OUTPUTS, LIMIT_DEPTH = 16, 4, 2
"""Sizes of networks whose norms are looked at: at few inputs and outputs they come near their limit soonest."""


def is_dear(spec: NetworkSpec) -> bool:
    """Whether a network of one's own takes so long that draws are counted in hundreds."""
    if is_gaussian(spec.architecture):
        return False
    try:
        size = size_of(spec)
    except ValueError:  # said by the pre-flight
        return False
    return size.parameters + size.activations > DEAR


def too_dear(spec: NetworkSpec, what: str) -> str:
    """Why a dear network is not asked for what takes thousands of passes, and what would let it be; empty of others."""
    if not is_dear(spec):
        return ""
    held = f"holds and keeps more than {DEAR:,} numbers, too many {what}"
    return f"{spec.architecture} {held}; a smaller input (--mf-input) or a narrower network of the kind is decided"


def in_most(source: Source, component: int, quantity: str, spec: NetworkSpec) -> Rate | Majority:
    """A property of the level's share of networks; of dear ones of more than half, which a few dozen draws decide."""
    if is_dear(spec):
        return Majority(source, property=lambda draws: draws[:, component], quantity=quantity)
    return Rate(source, component=component, quantity=quantity)


def varies(spec: NetworkSpec, knob: str) -> bool:
    """Whether an argument of the networks' constructor, such as their width, is given to it and changes them."""
    return knob in call_of(spec.architecture).knobs and knob not in idle_knobs(spec)


def limit_spec(architecture: str, settings: Settings) -> NetworkSpec:
    """A network at whose sizes norms are near their limit, or that there is where sizes are no arguments."""
    wide = GROWING[settings.level.name][1]
    spec = NetworkSpec(architecture, LIMIT_INPUTS, LIMIT_OUTPUTS, wide, LIMIT_DEPTH, foreign.VARIANCE)
    return foreign.fitted(spec, settings)


def over(spec: NetworkSpec, widths: Sequence[int]) -> tuple[NetworkSpec, ...]:
    """A network at each of these widths, where they make a difference, or as it is."""
    if not varies(spec, "width"):
        return (spec,)
    return tuple(replace(spec, width=width) for width in widths)


def unvaried(spec: NetworkSpec, knob: str) -> str:
    """What would let a claim vary an argument of a network's constructor; empty where it can."""
    if varies(spec, knob):
        return ""
    return f"{knob} is no argument that changes {spec.architecture}; let its constructor take {knob}, and it is decided"
