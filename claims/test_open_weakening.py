"""An open question of early training: how much of what L_adv loses is the attack that finds less of it."""

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


@dataclass(frozen=True, kw_only=True)
class WeakeningCell(AttackCell):
    """A network trained on `trained` of the images."""

    trained: int


def weakening_cells(settings: Settings) -> Iterator[WeakeningCell]:
    """The vanilla network that Theorem 5.4 is followed on early and late."""
    if "vanilla" in settings.architectures:
        count, spec = early.TRAINED["quick"], NetworkSpec("vanilla", 784, 10, 256, 5, early.VARIANCES["vanilla"])
        data, seen = settings.dataset, count + early.HELD_OUT
        yield WeakeningCell(spec, "dense", pair=INF_INF, eps=0.3, images=seen, trained=count, dataset=data)


def weakening(cell: WeakeningCell) -> MedianWithin:
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


@claim("open/attack-weakening", cells=weakening_cells)
def test_attack_weakening(cell: WeakeningCell, decide: Decider) -> None:
    """What training takes off L_adv is mostly the loss itself, and less the attack that finds less of it."""
    decide(weakening(cell))
