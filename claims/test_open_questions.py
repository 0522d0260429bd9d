"""Open questions: explored and plotted, never gating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.findings import series
from mfcheck.observables.after_training import CAPACITY, HELD_OUT_ATTACKED
from mfcheck.observables.path_bounds import after, unless
from mfcheck.observables.whole_training import FAILED, whole_training
from mfcheck.settings import Level, Settings
from mfcheck.theorems import accuracy_map, full_training
from mfcheck.theorems.accuracy_map import MAPS
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.scatter import scatter
from mfcheck.theory.full_training import BEST

WHOLE_WIDTHS = {"standard": 256, "paper": 1000}
STRETCHES, WHOLE_STEPS = (*((0.0025, 8),) * 2, *((0.01, 8),) * 2, *((0.025, 8),) * 4), 3
"""Steps of SGD to t = 1, small at first, when L_adv is large; and steps of the attacks trained on."""


@dataclass(frozen=True, kw_only=True)
class WholeCell(AttackCell):
    """A network that trains on `trained` of its images and is looked at on the rest."""

    trained: int


def whole_cells(settings: Settings) -> Iterator[WholeCell]:
    """The paper's setting: digits in minibatches, ten outputs, at its budget; from level standard on, since the few
    networks of level quick leave it open."""
    if "vanilla" in settings.architectures and settings.level.name in WHOLE_WIDTHS:
        spec = NetworkSpec("vanilla", 784, 10, WHOLE_WIDTHS[settings.level.name], 5, 2.0)
        yield WholeCell(spec, "dense", pair=INF_INF, eps=EPS, images=288, trained=256, dataset=settings.dataset)


def whole(cell: WholeCell) -> MedianWithin:
    """L_adv on held-out images follows the law to a tenth, in the root mean square of its logarithm over times."""
    return MedianWithin(
        whole_training(cell.attack, STRETCHES, WHOLE_STEPS),
        statistic=lambda draws: unless(draws[:, -1, FAILED], full_training.log_errors(draws, STRETCHES, BEST)),
        name="median RMS error of log L_adv(t)",
        looks_at=images,
        low=0.0,
        high=0.1,
        origin="a tenth, from trials on other seeds",
        curve=lambda draws: full_training.by_exponent(draws, STRETCHES, cell.spec.width),
    )


@claim("open/full-training-law", cells=whole_cells)
def test_full_training_law(cell: WholeCell, decide: Decider) -> None:
    """L_adv falls as L₀(1 + rt/p)^{−p}, p = 0.4, over the whole of training, r known at t = 0."""
    decide(whole(cell))


def capacity_cells(settings: Settings) -> Iterator[Cell]:
    """The networks of the maps of training accuracy, whose draws these are."""
    for architecture in settings.papers_architectures:
        yield from accuracy_map.networks(architecture, settings)


def used_up(cell: Cell, level: Level) -> MedianWithin:
    """Capacity after training is below that before it."""
    return MedianWithin(
        accuracy_map.pairs(cell.spec, MAPS[level.name].steps_of(cell.spec)),
        statistic=lambda draws: after(draws, CAPACITY),
        name="median of ‖w‖_FR after over before training",
        looks_at=images,
        low=0.0,
        high=1.0,
        origin="capacity at the start",
        curve=lambda draws: scatter(series.OVER_CAPACITY, draws[:, CAPACITY], draws[:, HELD_OUT_ATTACKED]),
    )


@claim("open/capacity-exhaustion", cells=capacity_cells)
def test_capacity_exhaustion(cell: Cell, decide: Decider) -> None:
    """Adversarial training uses capacity up: of the median network ‖w‖_FR is smaller after than before."""
    decide(used_up(cell, decide.settings.level))
