"""Theorems 5.3 and 5.4 at the start of training: ⟨W, ∂L⟩, by which losses change the size of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mfcheck import NetworkSpec, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.medians import MedianRatio, Rival
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings import series
from mfcheck.findings.cell import Cell
from mfcheck.findings.finding import Curve
from mfcheck.findings.regimes import LIMIT, OTHERWISE, START
from mfcheck.observables import slopes
from mfcheck.observables.slopes import DRIFT, LAYERS, LOSS, PULL
from mfcheck.settings import Level, Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import INF_INF, PAIRS, PAPERS, STEPS, turns
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.pull import (
    CHAIN_EPS,
    LINEAR_STEPS,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
    standard_tail,
)
from mfcheck.theory.cross_entropy import standard_pull
from mfcheck.training.objectives import Objective

VARIANCES = {"vanilla": 1.6, "residual": 0.6}
BUDGETS = {"quick": (0.01, 0.03, 0.3), "standard": (0.01, 0.03, 0.1, 0.3), "paper": (0.01, 0.03, 0.1, 0.3)}
BESIDE = (0.01, 0.1, 0.3, 1.0)
"""Budgets at which standard training is held against adversarial training."""
FLIPPED = 0.25
"""The spread of a residual network's pull where gates flip, which Euler's identity does not hold together there."""
EULER = "the pull is L_adv itself (Euler)"


def pull_cells(settings: Settings) -> Iterator[AttackCell]:
    """One output, where the theory's value is exact; every pair on images; and finite budgets, where gates flip."""
    data, quick = settings.dataset, settings.level.name == "quick"
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            yield from one_output_cells(architecture)
            variance = {"vanilla": 2.0, "residual": 0.4}[architecture]
            spec = NetworkSpec(architecture, 784, 10, 256 if quick else 1000, 5, variance)
            for eps in BUDGETS[settings.level.name]:
                yield AttackCell(spec, "dense", pair=INF_INF, eps=eps, images=8, dataset=data)
    for pair, spec in zip(PAIRS, turns(settings, 1024, 3), strict=False):
        yield AttackCell(spec, "lazy", pair=pair, eps=instant(pair, 784), dataset=data)
    if not quick and "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, 10**5, 5, 2.0)
        yield AttackCell(spec, "lazy", pair=INF_INF, eps=instant(INF_INF, 784), dataset=data)


def one_output_cells(architecture: str) -> Iterator[AttackCell]:
    """The paper's own pairs, whose constants are exact where K = 1."""
    variance, two = VARIANCES[architecture], PAPERS[0]
    if architecture == "vanilla":
        chain = NetworkSpec(architecture, 784, 1, 10**6, 5, variance)
        yield AttackCell(chain, "wishart", pair=two, eps=CHAIN_EPS, dataset="noise")
    lazy = NetworkSpec(architecture, 4096, 1, 10**4, 3, variance)
    yield AttackCell(lazy, "lazy", pair=two, eps=instant(two, 4096), dataset="noise")
    dense = NetworkSpec(architecture, 49, 1, 128, 2, variance)
    yield AttackCell(dense, "dense", pair=INF_INF, eps=instant(INF_INF, 49), dataset="noise")


def layers(draws: Floats, depth: int, predicted: float) -> Curve:
    """The pull over the theory's and the cosine between the gradient and W, layer by layer."""
    pulls, cosines = draws[:, LAYERS : LAYERS + depth], draws[:, LAYERS + depth :]
    return Curve(
        kind=series.LAYERS,
        x_label=series.OVER_LAYERS,
        x=tuple(float(layer) for layer in range(1, depth + 1)),
        measured=tuple((np.median(pulls, axis=0) / predicted).tolist()),
        predicted=(1.0,) * depth,
        exact=(),
        draws=len(draws),
        series={series.COSINE: tuple(np.median(cosines, axis=0).tolist())},
    )


def euler(spec: NetworkSpec) -> Callable[[Floats], Floats]:
    """⟨W, ∂L_adv⟩ over L_adv, and over the share ασ_w²/ω of it that a shortcut leaves."""
    share = spec.activation.alpha * spec.weight_variance / PaperTheory().omega(spec)
    return lambda draws: draws[:, DRIFT] * spec.width / (2 * share * draws[:, LOSS])


def pull(cell: AttackCell, level: Level) -> Ask:
    """The pull is the theory's: its median by an ascent, or by homogeneity on the exact chain, which has no gates."""
    spec, attack, chain, one = cell.spec, cell.attack, cell.chain, cell.spec.output_dim == 1
    small = cell.eps <= instant(cell.pair, spec.input_dim)
    objective = Objective("adversarial", *attack, LINEAR_STEPS if small else STEPS[level.name])
    near = (one_output_pull if one else many_outputs_pull)(spec, cell.pair)
    # Where the distance is exact, as of the largest column, the median is to be seen within δ.
    room = level.ratio + (level.ratio if cell.pair.p == 1 else max(near.below, near.above))
    spread = one_output_spread(spec, cell.pair) if one else 0.1 if small or spec.architecture == "vanilla" else FLIPPED
    return lambda theory: MedianRatio(
        slopes.by_homogeneity(objective) if chain else slopes.at_start(objective),
        quantity="⟨∂L_adv/∂W, W⟩/‖W‖²",
        statistic=lambda draws: draws[:, PULL],
        looks_at=images,
        reference=lambda theory: theory.regularisation(spec, *attack),
        allowance=lambda: near,
        spread=spread,
        delta=level.exact if chain else level.ratio,
        room=None if chain else room,
        regime=LIMIT if chain or small else START,
        rivals={} if chain or small else {EULER: Rival(euler(spec), 1 - level.ratio, 1 + level.ratio)},
        curve=None if chain else lambda draws: layers(draws, spec.depth, theory.regularisation(spec, *attack)),
    )


@claim("thm5.4/regularisation-gradient", cells=pull_cells)
def test_regularisation_gradient(cell: AttackCell, decide: Decider) -> None:
    """The gradient of L_adv pulls on every layer by ⟨∂L_adv/∂W, W⟩/‖W‖² = ε α β ω^{L/2−1}/N."""
    decide(pull(cell, decide.settings.level))


@dataclass(frozen=True, kw_only=True)
class BesideCell(AttackCell):
    """A network whose standard training is held against an attack."""

    statement: str = "none"


@dataclass(frozen=True, kw_only=True)
class DriftCell(Cell):
    """A network under standard training alone."""

    statement: str = "exact"
    dataset: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImagesCell(Cell):
    """A network under standard training on a minibatch of images."""

    images: int
    dataset: str
    statement: str = "on-images"


def drift_cells(settings: Settings) -> Iterator[BesideCell | DriftCell | ImagesCell]:
    """Beside L_adv over budgets, on the exact chain; and the exact drift itself, on the chain and on dense networks."""
    if "vanilla" in settings.architectures:
        for eps in BESIDE:
            spec = NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0)
            yield BesideCell(spec, "wishart", pair=INF_INF, eps=eps)
        for variance, depth, outputs in ((1.6, 5, 10), (2.4, 3, 3)):
            spec = NetworkSpec("vanilla", 784, outputs, 5000, depth, variance)
            yield DriftCell(spec, "wishart")
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            spec = NetworkSpec(architecture, 4, 2, 16, 2, {"vanilla": 2.4, "residual": 0.8}[architecture])
            yield DriftCell(spec, "dense", dataset=settings.dataset)
            wide = 256 if settings.level.name == "quick" else 1000
            spec = NetworkSpec(architecture, 784, 10, wide, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            yield ImagesCell(spec, "dense", images=32, dataset=settings.dataset)


SPREAD = 0.5
"""The relative standard deviation of a drift over networks on one minibatch, as planned."""


def no_drift(cell: BesideCell) -> Ask:
    """Standard training's drift is negligible beside that of L_adv."""
    spec = cell.spec

    def scale(theory: PaperTheory) -> float:
        return -theory.variance_rate(spec, *cell.attack)

    return lambda theory: Negligible(
        slopes.standard,
        quantity="−dσ_w²/dt of standard training",
        statistic=lambda draws: draws[:, 0],
        looks_at=images,
        scale=scale,
        tail=lambda: standard_tail(spec, scale(theory)),
        regime=START,
        instead={"the exact standard drift": lambda theory: -theory.standard_rate(spec) / scale(theory)},
    )


def exact_drift(cell: DriftCell, level: Level) -> MeanRatio:
    """Standard training's drift is the derived one."""
    spec, chain = cell.spec, cell.engine == "wishart"
    at_width = 2 / spec.width * standard_pull(spec)

    def exact(theory: PaperTheory) -> float:
        return -theory.standard_rate(spec)

    return MeanRatio(
        slopes.standard,
        quantity="−dσ_w²/dt of standard training",
        statistic=lambda draws: draws[:, 0],
        looks_at=images,
        reference=exact,
        tail=lambda: standard_tail(spec, at_width),
        finite_width=lambda: at_width / exact(PaperTheory()) - 1,
        signed=not chain,
        delta=level.exact if chain else level.ratio,
        regime=START,
        caveat=OTHERWISE,
    )


def drift_on_images(cell: ImagesCell, level: Level) -> MedianRatio:
    """On a minibatch of images it is so too."""
    spec = cell.spec

    def exact(theory: PaperTheory) -> float:
        return -theory.standard_rate(spec)

    off = abs(2 / spec.width * standard_pull(spec) / exact(PaperTheory()) - 1)
    near = Allowance(off + SPREAD**2, off + SPREAD**2, "exact mean at this width, median within the variance of it")
    return MedianRatio(
        slopes.at_start(Objective("standard")),
        quantity="−dσ_w²/dt of standard training on images",
        statistic=lambda draws: draws[:, DRIFT],
        looks_at=images,
        reference=exact,
        allowance=lambda: near,
        spread=SPREAD,
        delta=level.ratio,
        room=near.above + level.ratio,
        regime=START,
        caveat=OTHERWISE,
    )


@claim("thm5.3/standard-drift", cells=drift_cells)
def test_standard_drift(cell: BesideCell | DriftCell | ImagesCell, decide: Decider) -> None:
    """Standard training leaves σ_w² alone: its drift is negligible beside that of L_adv."""
    level = decide.settings.level
    match cell:
        case BesideCell():
            decide(no_drift(cell))
        case ImagesCell():
            decide(drift_on_images(cell, level))
        case _:
            decide(exact_drift(cell, level))
