"""Open questions of early training: when it ends, how much of it is the attack weakening, and when σ_w² turns back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mfcheck import NetworkSpec, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.observables.early_training import Course
from mfcheck.settings import Settings
from mfcheck.theorems import early
from mfcheck.theorems.bound import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.training.objectives import Objective

WIDTH = 256
VARIANCES = (0.05, 0.1, 0.2)
"""σ_w² of residual networks; the larger, the later they turn."""
NEAR = 0.25
ENDS = 0.4
"""t* over 1/r: L_adv loses a fifth by about half of that."""


@dataclass(frozen=True, kw_only=True)
class TaughtCell(AttackCell):
    """A network trained on `trained` of the images."""

    trained: int


def vanilla_cells(settings: Settings) -> Iterator[TaughtCell]:
    """The vanilla network that Theorem 5.4 is followed on early and late."""
    if "vanilla" in settings.architectures:
        yield taught(NetworkSpec("vanilla", 784, 10, WIDTH, 5, early.VARIANCES["vanilla"]), settings)


def taught(spec: NetworkSpec, settings: Settings) -> TaughtCell:
    """A network trained on a few hundred images."""
    count, data = early.TRAINED["quick"], settings.dataset
    seen = count + early.HELD_OUT
    return TaughtCell(spec, "dense", pair=INF_INF, eps=0.3, images=seen, trained=count, dataset=data)


def ends_as_foretold(cell: TaughtCell) -> MedianWithin:
    """It is so to a quarter."""
    objective = Objective("theory", *cell.attack, early.ATTACK_STEPS["vanilla"])
    source, schedule = early.training(cell.spec, objective, late=True)

    def over_foretold(draws: Floats) -> Floats:
        course = Course(draws, schedule)
        found: Floats = course.lasting(early.LINEAR) * course.decay(standard=True)[:, None] / ENDS
        return found

    return MedianWithin(
        source,
        statistic=over_foretold,
        name="median t*, until which σ_w² falls linearly to a fifth, over 0.4/r",
        looks_at=images,
        low=1 - NEAR,
        high=1 + NEAR,
        origin="declared: a quarter",
    )


@claim("open/validity-horizon", cells=vanilla_cells)
def test_validity_horizon(cell: TaughtCell, decide: Decider) -> None:
    """How long the linear fall of σ_w² lasts is known at t = 0: until 0.4/r, r from the gradients of two batches."""
    decide(ends_as_foretold(cell))


def weakening(cell: TaughtCell) -> MedianWithin:
    """Less than half of the fall is."""
    objective = Objective("theory", *cell.attack, early.ATTACK_STEPS["vanilla"])
    source, schedule = early.training(cell.spec, objective, late=True)

    def share(draws: Floats) -> Floats:
        course = Course(draws, schedule)
        fallen, really = 1 - course.held[:, -1] / course.held[:, 0], 1 - course.stronger[:, -1] / course.stronger[:, 0]
        found: Floats = 1 - really / fallen
        return found

    return MedianWithin(
        source,
        statistic=share,
        name=f"median share of L_adv's fall by t = {schedule.times[-1]:g} that four times the steps do not see",
        looks_at=images,
        low=0.0,
        high=0.5,
        origin="a half",
    )


@claim("open/attack-weakening", cells=vanilla_cells)
def test_attack_weakening(cell: TaughtCell, decide: Decider) -> None:
    """What training takes off L_adv is mostly the loss itself, and less the attack that finds less of it."""
    decide(weakening(cell))


def turning_cells(settings: Settings) -> Iterator[TaughtCell]:
    """Residual networks of small weights, from level standard on."""
    if "residual" in settings.architectures and settings.level.name != "quick":
        for variance in VARIANCES:
            yield taught(NetworkSpec("residual", 784, 10, WIDTH, 5, variance), settings)


def turning(cell: TaughtCell) -> MedianWithin:
    """It is the time foretold, to a quarter."""
    objective = Objective("theory", *cell.attack, early.ATTACK_STEPS["residual"])
    source, schedule = early.training(cell.spec, objective, late=True)

    def over_foretold(draws: Floats) -> Floats:
        course = Course(draws, schedule)
        return course.lasting(0.0) * (course.decay(standard=True) / (4 * early.turning_share(cell.spec)))[:, None]

    return MedianWithin(
        source,
        statistic=over_foretold,
        name="median time at which σ_w² is back at its start, over 4a/r",
        looks_at=images,
        low=1 - NEAR,
        high=1 + NEAR,
        origin="declared: a quarter",
    )


@claim("open/sign-turn", cells=turning_cells)
def test_sign_turn(cell: TaughtCell, decide: Decider) -> None:
    """In residual networks of small y, σ_w² is back at its start at 4a/r, a = Ly/(2ω): what two gradients foretell."""
    decide(turning(cell))
