"""Audit: what comes of training networks of one's own with attacks, beside a control that is trained without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.datasets.inputs import SIZES
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.majority import Majority, Mostly
from mfcheck.decisions.probes import images
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.findings.regimes import OUTCOME
from mfcheck.observables.own_training import Course, pairs
from mfcheck.settings import Settings
from mfcheck.theorems import accuracy_map, foreign, own_sizes
from mfcheck.theorems.authors_attack import EPS
from mfcheck.theorems.outcomes import Outcome, ends_as

DEPTHS = {"quick": (2, 6), "standard": (2, 12), "paper": (2, 12, 20)}
WIDTHS = {"quick": 64, "standard": 96, "paper": 128}
IMAGES = {"quick": 64, "standard": 128, "paper": 256}
"""Images that are trained on, all of them."""
STEPS = 500
INPUTS, OUTPUTS = 196, 10
ALLOWED = ", ".join(map(str, SIZES[:-1])) + f" or {SIZES[-1]}"
COURSE = Course(EPS, STEPS, accuracy_map.BATCH, accuracy_map.SPEED, accuracy_map.MOMENTUM)


def training_cells(settings: Settings) -> Iterator[Cell]:
    """Shallow and deep networks where depth is an argument, or the network that there is."""
    level = settings.level.name
    for architecture in foreign.foreign(settings):
        usual = NetworkSpec(architecture, INPUTS, OUTPUTS, WIDTHS[level], DEPTHS[level][0], 2.0)
        spec = foreign.fitted(usual, settings)
        varies = own_sizes.varies(spec, "depth")
        details: dict[str, str | int | float] = {
            "dataset": settings.dataset,
            "images": IMAGES[level],
            "eps": COURSE.eps,
        }
        for depth in DEPTHS[level] if varies else (spec.depth,):
            one = replace(spec, depth=depth)
            yield Cell(one, "dense", details, inapplicable=untrained(one))


def untrained(spec: NetworkSpec) -> str:
    """Why a network is not trained here, and what would let it; empty where it is."""
    path = spec.architecture
    if is_gaussian(path):
        return f"{path} is written on Gaussian matrices, whose training other claims follow; name vanilla or residual"
    if reason := own_sizes.too_dear(spec, f"to train for {STEPS} steps"):
        return reason
    if spec.input_dim not in SIZES:
        return f"images have no form of {spec.input_dim} inputs; with --mf-input {ALLOWED} they are trained on"
    if spec.output_dim < OUTPUTS:
        return f"{path} has {spec.output_dim} outputs; with the {OUTPUTS} of the images' classes it is trained"
    return ""


@claim("audit/trainable", cells=training_cells)
def test_trainable(cell: Cell, decide: Decider) -> None:
    """Attacks do not keep a network from fitting what training without them fits, at any depth."""
    rivals = {f"in most pairs {other}": Mostly(ends_as(other)) for other in Outcome if other is not Outcome.BOTH}
    statement = Majority(
        pairs(COURSE),
        quantity=f"after {STEPS} steps {Outcome.BOTH}",
        property=ends_as(Outcome.BOTH),
        looks_at=images,
        rivals=rivals,
        regime=OUTCOME,
    )
    decide(statement)
