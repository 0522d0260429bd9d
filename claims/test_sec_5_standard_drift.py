"""Theorem 5.3: how standard training moves σ_w², at the start and along training, beside what L_adv does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mfcheck import NetworkSpec, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.cell import Cell
from mfcheck.findings.pins import FACTOR
from mfcheck.findings.regimes import LATE, OTHERWISE, START
from mfcheck.observables import slopes
from mfcheck.observables.early_training import Course
from mfcheck.observables.groups import means_of
from mfcheck.observables.slopes import DRIFT
from mfcheck.settings import Level, Settings
from mfcheck.theorems import early
from mfcheck.theorems.activations import LEAKY
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.early import TaughtCell
from mfcheck.theorems.pull import standard_tail
from mfcheck.theory.cross_entropy import standard_pull
from mfcheck.training.objectives import Objective

BESIDE = (0.01, 0.1, 0.3, 1.0)
"""Budgets at which standard training is held against adversarial training."""
TENTH = 0.1
"""What is little beside L_adv."""
GROUP, SPREAD, PLANNED = 8, 0.5, 0.4
"""Networks over which a drift on one minibatch is meaned, and its relative standard deviation in one of them, as
allowed for, and as planned: at N = 256 it is about a third."""
FIFTH = 0.2
"""δ of a drift on images, to which so dear draws are planned."""


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


DriftCells = BesideCell | DriftCell | ImagesCell | TaughtCell


def drift_cells(settings: Settings) -> Iterator[DriftCells]:
    """Beside L_adv over budgets, on the exact chain; and the exact drift itself, on the chain and on dense networks."""
    if "vanilla" in settings.architectures:
        for eps in BESIDE:
            spec = NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0)
            yield BesideCell(spec, "wishart", pair=INF_INF, eps=eps)
        yield DriftCell(NetworkSpec("vanilla", 784, 10, 5000, 5, 1.6), "wishart")
        yield DriftCell(NetworkSpec("vanilla", 784, 3, 5000, 3, 3.3, 0.0, LEAKY), "wishart")
        yield DriftCell(NetworkSpec("vanilla", 784, 20, 5000, 14, 2.2), "wishart")
    for architecture in settings.papers_architectures:
        width = 16 * settings.level.sharper
        narrow = {
            "vanilla": NetworkSpec("vanilla", 4, 5, width, 2, 0.5),  # small weights: it takes 1 % of the drift
            "residual": NetworkSpec("residual", 4, 5, 16, 3, 1.2, 0.0, LEAKY),
        }
        yield DriftCell(narrow[architecture], "dense", dataset=settings.dataset)
        wide = 256 if settings.level.name == "quick" else 1000
        spec = NetworkSpec(architecture, 784, 10, wide, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
        yield ImagesCell(spec, "dense", images=32, dataset=settings.dataset)
    if "vanilla" in settings.architectures:
        yield early.taught(NetworkSpec("vanilla", 784, 10, 256, 5, early.VARIANCES["vanilla"]), settings)


def at_its_width(spec: NetworkSpec) -> float:
    """−dσ_w²/dt of standard training as it is known at a network's width."""
    return 2 / spec.width * standard_pull(spec)


def no_drift(cell: BesideCell) -> Ask:
    """Standard training's drift is negligible beside that of L_adv; or else it is the derived one, as known at its
    width."""
    spec = cell.spec
    known = at_its_width(spec) / -PaperTheory().standard_rate(spec)

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
        instead={"the exact standard drift": lambda theory: -theory.standard_rate(spec) * known / scale(theory)},
    )


def exact_drift(cell: DriftCell, level: Level) -> MeanRatio:
    """Standard training's drift is the derived one."""
    spec, chain = cell.spec, cell.engine == "wishart"
    at_width = at_its_width(spec)

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
        first=1 if chain or spec.architecture == "residual" else level.sharper,
        by_calculus=(FACTOR, "width") if chain else (),
        regime=START,
        caveat=OTHERWISE,
    )


def drift_on_images(cell: ImagesCell) -> MedianRatio:
    """On a minibatch of images it is so too."""
    spec = cell.spec

    def exact(theory: PaperTheory) -> float:
        return -theory.standard_rate(spec)

    shift = at_its_width(spec) / exact(PaperTheory()) - 1
    near = SPREAD**2 / GROUP
    origin = f"exact mean at this width, the median of means over {GROUP} networks within their variance of it"
    allowed = Allowance(near, near, origin, shift)
    return MedianRatio(
        means_of(slopes.at_start(Objective("standard")), GROUP),
        quantity=f"−dσ_w²/dt of standard training on images, meaned over {GROUP} networks",
        statistic=lambda draws: draws[:, DRIFT],
        looks_at=images,
        reference=exact,
        allowance=lambda: allowed,
        spread=PLANNED / math.sqrt(GROUP),
        delta=FIFTH,
        room=near + FIFTH,
        regime=START,
        caveat=OTHERWISE,
    )


def along_training(cell: TaughtCell) -> Ask:
    """By t = 0.3 it has moved σ_w² by less than a tenth of what the law has L_adv do."""
    source, schedule = cell.training
    end = float(schedule.times[-1])

    def moved(theory: PaperTheory) -> Callable[[Floats], Floats]:
        law = -theory.variance_rate(cell.spec, *cell.attack) * end
        return lambda draws: early.at_the_end(course := Course(draws, schedule), course.alone) / law

    return lambda theory: MedianWithin(
        source,
        statistic=moved(theory),
        name=f"median decrease of σ_w² by t = {end:g} under L_std alone, over the law's under L_adv",
        looks_at=images,
        low=-TENTH,
        high=TENTH,
        origin="declared: a tenth",
        regime=LATE,
    )


@claim("thm5.3/standard-drift", cells=drift_cells)
def test_standard_drift(cell: DriftCells, decide: Decider) -> None:
    """Standard training leaves σ_w² alone: its drift is negligible beside that of L_adv."""
    level = decide.settings.level
    match cell:
        case BesideCell():
            decide(no_drift(cell))
        case ImagesCell():
            decide(drift_on_images(cell))
        case TaughtCell():
            decide(along_training(cell))
        case _:
            decide(exact_drift(cell, level))
