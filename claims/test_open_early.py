"""Open questions of early training: when it ends, how much of it is the attack weakening, and when σ_w² turns back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mfcheck import NetworkSpec, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.findings.regimes import LINEAR_SHARE
from mfcheck.observables.early_training import Course
from mfcheck.settings import Settings
from mfcheck.theorems import early
from mfcheck.theorems.early import TaughtCell

WIDTH = 256
VARIANCES = (0.05, 0.1, 0.2)
"""σ_w² of residual networks; the larger, the later they turn."""
NEAR = 0.25
ENDS = 0.4
"""t* over 1/r: L_adv loses a fifth by about half of that."""


def vanilla_cells(settings: Settings) -> Iterator[TaughtCell]:
    """The vanilla network that Theorem 5.4 is followed on early and late."""
    if "vanilla" in settings.architectures:
        yield early.taught(NetworkSpec("vanilla", 784, 10, WIDTH, 5, early.VARIANCES["vanilla"]), settings)


def explored(
    cell: TaughtCell, reads: Callable[[Course], Floats], name: str, low: float, high: float, origin: str
) -> MedianWithin:
    """The median of what is read of a training lies in bounds."""
    source, schedule = cell.training

    def read(draws: Floats) -> Floats:
        return reads(Course(draws, schedule))

    return MedianWithin(source, statistic=read, name=name, looks_at=images, low=low, high=high, origin=origin)


def over_foretold(cell: TaughtCell, share: float, expected: float, name: str) -> MedianWithin:
    """The time at which the fall of σ_w² over its first slope times t has come to a share is `expected` over r, to a
    quarter."""

    def read(course: Course) -> Floats:
        found: Floats = course.lasting(share) * (course.decay(standard=True) / expected)[:, None]
        return found

    return explored(cell, read, name, 1 - NEAR, 1 + NEAR, "declared: a quarter")


@claim("open/validity-horizon", cells=vanilla_cells)
def test_validity_horizon(cell: TaughtCell, decide: Decider) -> None:
    """How long the linear fall of σ_w² lasts is known at t = 0: until 0.4/r, r from the gradients of two batches."""
    name = "median t*, until which σ_w² falls linearly to a fifth, over 0.4/r"
    decide(over_foretold(cell, LINEAR_SHARE, ENDS, name))


def unseen(course: Course) -> Floats:
    """The share of L_adv's fall that four times the steps do not see."""
    fallen, really = 1 - course.held[:, -1] / course.held[:, 0], 1 - course.stronger[:, -1] / course.stronger[:, 0]
    found: Floats = 1 - really / fallen
    return found


@claim("open/attack-weakening", cells=vanilla_cells)
def test_attack_weakening(cell: TaughtCell, decide: Decider) -> None:
    """What training takes off L_adv is mostly the loss itself, and less the attack that finds less of it."""
    end = cell.training[1].times[-1]
    name = f"median share of L_adv's fall by t = {end:g} that four times the steps do not see"
    decide(explored(cell, unseen, name, 0.0, 0.5, "a half"))


def turning_cells(settings: Settings) -> Iterator[TaughtCell]:
    """Residual networks of small weights, from level standard on."""
    if "residual" in settings.architectures and settings.level.name != "quick":
        for variance in VARIANCES:
            yield early.taught(NetworkSpec("residual", 784, 10, WIDTH, 5, variance), settings)


@claim("open/sign-turn", cells=turning_cells)
def test_sign_turn(cell: TaughtCell, decide: Decider) -> None:
    """In residual networks of small y, σ_w² is back at its start at 4a/r, a = Ly/(2ω): what two gradients foretell."""
    name = "median time at which σ_w² is back at its start, over 4a/r"
    decide(over_foretold(cell, 0.0, 4 * early.turning_share(cell.spec), name))
