"""Early training in the paper's setting: when it ends, what is looked at, and what its curves show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Source
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.findings.regimes import LINEAR_SHARE
from mfcheck.observables.early_training import Course, Schedule, early
from mfcheck.settings import Settings
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.theorems.accuracy_map import stack
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theory import PaperTheory
from mfcheck.training.objectives import Objective

FORETOLD = 0.2
"""Early training is taken to end at this over r, by when L_adv would have lost a fifth at its first rate r."""


class Training(StrEnum):
    """Which training it is: on what is stated until early training is over, or late into it; or by cross-entropy at
    attacked inputs, which at first lowers the L_adv of vanilla networks nearly as fast and that of residual ones a
    fifth as fast."""

    EARLY = "early"
    LATE = "late"
    ATTACKED = "attacked"


ENDS = {
    ("vanilla", 5, Training.EARLY): (0.3, 40),
    ("vanilla", 5, Training.LATE): (0.3, 40),
    ("vanilla", 5, Training.ATTACKED): (0.04, 16),
    ("vanilla", 10, Training.EARLY): (0.0125, 15),
    ("residual", 5, Training.EARLY): (0.016, 13),
    ("residual", 5, Training.LATE): (0.12, 40),
    ("residual", 5, Training.ATTACKED): (0.08, 26),
}
"""Its time and steps, by architecture and depth. By then early training is over, and steps are so short that they add
little to σ_w² themselves: some percent of its fall, but for late residual networks."""
VARIANCES = {"vanilla": 2.0, "residual": 0.1}
ATTACK_STEPS = {"vanilla": 5, "residual": 2}
"""Of training; in residual networks of small weights hardly a gate flips, and two find it all."""
TRAINED = {"quick": 256, "standard": 512, "paper": 4096}
HELD_OUT = 32
"""Images that networks are trained on, by level, and others that L_adv is read on."""
ALL = 50_000
"""Images trained on at level paper, of data sets that hold so many."""
RESOLVED = {2: 0.4, 5: 0.08, 10: 0.02}
"""Times by depth at ε = 0.3, d = 784, within which early training of vanilla networks ends."""
POINTS = 16
"""Times at which a curve shows a training."""
LEFT = 2.0
"""What is granted of attacks: that the strongest finds no more than so many times what a stronger one added."""


def training(spec: NetworkSpec, objective: Objective, *, late: bool) -> tuple[Source, Schedule]:
    """A network's training in minibatches, with looks at a third of the time and at its end.

    Where early and late are trainings of their own, the early one is looked at where it begins and ends, and has no
    training on L_std alone beside it: nothing is stated of that before t = 0.3.
    """
    which = Training.ATTACKED if objective.name == "attacked" else Training.LATE if late else Training.EARLY
    end, steps = ENDS[spec.architecture, spec.depth, which]
    apart = not late and ENDS.get((spec.architecture, spec.depth, Training.LATE)) != (end, steps)
    schedule = Schedule(end / steps, steps, (0, steps) if apart else (0, round(0.3 * steps), steps))
    return early(objective, schedule, stack(spec.width), beside=not apart), schedule


@dataclass(frozen=True, kw_only=True)
class TaughtCell(AttackCell):
    """A network trained late into training, on `trained` of the images."""

    trained: int

    @property
    def training(self) -> tuple[Source, Schedule]:
        """Its draws on L_std + L_adv, and the steps of its training."""
        steps = ATTACK_STEPS[self.spec.architecture]
        return training(self.spec, Objective("theory", *self.attack, steps), late=True)


def taught(spec: NetworkSpec, settings: Settings) -> TaughtCell:
    """A network trained on a few hundred images, at the paper's budget."""
    count, data = TRAINED["quick"], settings.dataset
    return TaughtCell(spec, "dense", pair=INF_INF, eps=0.3, images=count + HELD_OUT, trained=count, dataset=data)


def linear_time(theory: PaperTheory, spec: NetworkSpec, attack: Attack) -> float:
    """The theory's own t*: when its σ_w² has fallen to `LINEAR_SHARE` of its first slope times t; ∞ if it never has.

    >>> spec = NetworkSpec("vanilla", 784, 10, 256, 5, 2.0)
    >>> times = [linear_time(PaperTheory(), spec, Attack(eps, math.inf, math.inf)) for eps in (0.1, 0.2)]
    >>> round(times[0] / times[1], 6)
    2.0
    """
    start, rate = spec.weight_variance, -theory.variance_rate(spec, *attack)

    def short(t: float) -> bool:
        return start - theory.weight_variance(spec, *attack, t) <= LINEAR_SHARE * rate * t

    low, high = 0.0, start / rate
    while not short(high):
        low, high = high, 2 * high
        if high > 1e6 * start / rate:
            return math.inf
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if short(middle) else (middle, high)
    return high


def turning_share(spec: NetworkSpec) -> float:
    """a = Ly/(2ω) of residual networks: with a constant gradient ‖ΔW‖² undoes the fall along W(0) at t = 4a/r.

    Derived (docs/theory.md#early-training): the fall is (2t/N) L_adv y/ω, and ‖ΔW‖²/N is t² r L_adv/(LN), since r L_adv
    is the gradient's square over L layers.
    """
    y = spec.activation.alpha * spec.weight_variance
    return spec.depth * y / (2 * (1 + y))


def foretold(course: Course, *, standard: bool) -> Floats:
    """When early training is to end, by what is known of each network at t = 0: `[n]`."""
    found: Floats = FORETOLD / course.decay(standard=standard)
    return found


def share_of_linear(course: Course, *, standard: bool) -> Floats:
    """How far σ_w² has fallen by then, over that time and its own slope, as bounds `[n, 2]`."""
    times = foretold(course, standard=standard)
    found: Floats = course.at(course.fallen, times) / (times * course.own_slope)[:, None]
    return found


def along_start(course: Course, *, standard: bool) -> Floats:
    """The same of what σ_w² falls along W(0) alone: fallen + ‖W − W(0)‖²/N, which is −2⟨W(0), W − W(0)⟩/N."""
    times = foretold(course, standard=standard)
    found: Floats = course.at(course.fallen + course.moved, times) / (times * course.own_slope)[:, None]
    return found


def mean_slope(course: Course, *, standard: bool) -> Floats:
    """How far it has fallen by then, over that time: `[n, 2]`."""
    times = foretold(course, standard=standard)
    found: Floats = course.at(course.fallen, times) / times[:, None]
    return found


def at_the_end(course: Course, path: Floats) -> Floats:
    """A path at the last time, as bounds `[n, 2]`; it leaves out what stronger attacks would have found."""
    return course.at(path, np.full(len(path), course.schedule.times[-1]))


def ratio_at_the_end(course: Course, path: Floats, unit: Floats) -> Floats:
    """The same of a path over another."""
    found: Floats = at_the_end(course, path) / unit[:, -1:]
    return found


def with_what_is_left(course: Course, bounds: Floats) -> Floats:
    """Bounds `[n, 2]` of a decrease, the upper one with all that is granted to attacks that go on."""
    gain = (course.stronger / course.held).max(axis=1) - 1
    more = 1 + LEFT * np.maximum(gain, 0.0)
    low, high = bounds[:, 0], bounds[:, 1]
    return np.stack([low, np.maximum(high, high * more)], axis=1)


def fall_over_time(theory: PaperTheory, spec: NetworkSpec, attack: Attack, schedule: Schedule, draws: Floats) -> Curve:
    """Medians of the decrease over the law's along the training, and of the losses where they were looked at."""
    course, looks = Course(draws, schedule), schedule.looks
    shown = sorted({*looks, *np.linspace(0, schedule.steps, POINTS).astype(int).tolist()} - {0})
    times = schedule.times[shown]
    law = -theory.variance_rate(spec, *attack) * times
    fallen = course.fallen[:, shown] / law

    def middle(values: Floats) -> tuple[float, ...]:
        return tuple(np.median(values, axis=0).tolist())

    def looked_at(losses: Floats) -> tuple[float, ...]:
        left = dict(zip(looks, middle(losses / losses[:, :1]), strict=True))
        return tuple(left.get(step, math.nan) for step in shown)

    low, high = np.quantile(fallen, [0.25, 0.75], axis=0)
    return Curve(
        kind=series.FALL,
        x_label=series.OVER_TIME,
        x=tuple(times.tolist()),
        measured=middle(fallen),
        predicted=(1.0,) * len(times),
        exact=(),
        draws=len(draws),
        series={
            series.LOWER_QUARTILE: tuple(low.tolist()),
            series.UPPER_QUARTILE: tuple(high.tolist()),
            series.OWN: middle(course.foreseen[:, shown] / law),
            series.EULER: middle(course.paid[:, shown] / law),
            series.ALONG_START: middle((course.fallen + course.moved)[:, shown] / law),
            series.LOSS_LEFT: looked_at(course.held),
            series.LOSS_LEFT_STRONGER: looked_at(course.stronger),
        }
        | ({series.ALONE: middle(course.alone[:, shown] / law)} if course.alone.size else {}),
    )
