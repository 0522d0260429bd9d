"""Open questions on attacks: two inputs driven apart, the steps that an attack needs, and norms trained for or not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.findings import regimes, series
from mfcheck.observables import open_questions
from mfcheck.observables.open_questions import ATTACKED, CLEAN
from mfcheck.observables.other_norm import OTHER, OWN, left_after, other_over_own
from mfcheck.settings import Settings
from mfcheck.spec import Attack
from mfcheck.theorems import attack_difficulty
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import at_finite_width, budget
from mfcheck.theorems.cells import PairCell
from mfcheck.theorems.scatter import scatter
from mfcheck.theory import two_inputs
from mfcheck.training.rules import SGD

VARIANCES = {"vanilla": 2.0, "residual": 0.6}
CONTRASTED = (NormPair(2, 2), NormPair(math.inf, 2), INF_INF)
NINE = tuple(NormPair(p, q) for p in (1.0, 2.0, math.inf) for q in (1.0, 2.0, math.inf))
REACH = 0.1
SMALL, PAPERS = 0.01, 0.3
"""Longest perturbations in units of ‖x‖₂: where hardly a gate flips, and the paper's own for p = ∞."""
STEPS, APART_STEPS = 40, 10
NONE = Allowance(0.0, 0.0, "none")


class Distance(StrEnum):
    """The distance of two outputs, without attack and with one on both inputs."""

    CLEAN = "clean"
    ATTACKED = "attacked"


@dataclass(frozen=True, kw_only=True)
class ContrastCell(PairCell):
    """A network that tells two images apart."""

    distance: Distance
    images: int = 2


def contrast_cells(settings: Settings) -> Iterator[ContrastCell]:
    for architecture in settings.papers_architectures:
        for pair in CONTRASTED:
            spec = NetworkSpec(architecture, 196, 10, 128, 3, VARIANCES[architecture])
            for distance in Distance:
                yield ContrastCell(spec, "dense", pair=pair, distance=distance, dataset=settings.dataset)


def driven_apart(cell: ContrastCell, settings: Settings) -> MedianRatio:
    """Two outputs are as far apart as the law of two inputs has them, and attacked at most as its bound has it."""
    x, spec, clean = images(settings, cell).x, cell.spec, cell.distance is Distance.CLEAN
    attack = Attack.of(budget(REACH, cell.pair, spec.input_dim), cell.pair)
    first, second = (float(length) for length in np.linalg.norm(x, axis=1))
    rho, lengths, column = float(x[0] @ x[1]) / (first * second), (first, second), CLEAN if clean else ATTACKED
    law = (
        two_inputs.clean_distance(spec, cell.pair.q, rho, lengths)
        if clean
        else two_inputs.attacked_distance(spec, attack, rho, lengths)
    )
    return MedianRatio(
        open_questions.driven_apart(attack, APART_STEPS),
        quantity="‖f(x) − f(x')‖_q" + ("" if clean else ", x and x' attacked,"),
        statistic=lambda draws: draws[:, column],
        looks_at=images,
        reference=lambda theory: law,
        allowance=lambda: NONE if clean else at_finite_width(spec, cell.pair),
        spread=0.25,
        delta=2 * settings.level.ratio,
        upper_only=not clean,
        room=0.2,
        caveat="" if clean else regimes.AT_MOST,
    )


@claim("open/contrastive-bound", cells=contrast_cells)
def test_contrastive_bound(cell: ContrastCell, decide: Decider) -> None:
    """Two outputs are apart as the two-input law says, and an attack on both inputs drives them no further than the
    bound derived from it."""
    decide(driven_apart(cell, decide.settings))


@dataclass(frozen=True, kw_only=True)
class DifficultyCell(PairCell):
    """A network under attacks from a random start that reach so far, in units of ‖x‖₂."""

    reach: float


def difficulty_cells(settings: Settings) -> Iterator[DifficultyCell]:
    if "vanilla" in settings.architectures:
        for reach in (PAPERS,) if settings.level.name == "quick" else (SMALL, PAPERS):
            for pair in NINE:
                spec = NetworkSpec("vanilla", 196, 10, 128, 3, 2.0)
                yield DifficultyCell(spec, "dense", pair=pair, reach=reach, dataset=settings.dataset)


def difficulty(cell: DifficultyCell) -> MedianRatio:
    """By the predicted step a random start has come as near to its end as on the linear map."""
    spec, pair = cell.spec, cell.pair
    step, near = attack_difficulty.predicted(spec, pair, STEPS)
    return MedianRatio(
        open_questions.shares_found(Attack.of(budget(cell.reach, pair, spec.input_dim), pair), STEPS),
        quantity=f"what one random start has found in {step} of {STEPS} steps over what it finds in all",
        statistic=lambda draws: draws[:, step] / draws[:, -1],
        looks_at=images,
        reference=lambda theory: near,
        allowance=lambda: NONE,
        spread=0.024,
        delta=0.05,
        curve=lambda draws: attack_difficulty.difficulty(spec, pair, draws),
    )


@claim("open/attack-difficulty", cells=difficulty_cells)
def test_attack_difficulty(cell: DifficultyCell, decide: Decider) -> None:
    """An attack from a random start finds what it finds in as many steps as on the network's linear map."""
    decide(difficulty(cell))


@dataclass(frozen=True, kw_only=True)
class OtherNormCell(PairCell):
    """A network trained against one pair of norms, on `trained` of its images, and attacked in `other` too."""

    other: NormPair
    images: int = 160
    trained: int = 128


def other_norm_cells(settings: Settings) -> Iterator[OtherNormCell]:
    two = NormPair(2, 2)
    for architecture in settings.papers_architectures:
        spec = NetworkSpec(architecture, 49, 10, 64, 4, VARIANCES[architecture])
        for pair, other in ((INF_INF, two), (two, INF_INF)):
            yield OtherNormCell(spec, "dense", pair=pair, other=other, dataset=settings.dataset)


def _as_strong_as_the_papers(spec: NetworkSpec, pair: NormPair) -> Attack:
    """The attack whose bound on L_adv is that of ε = 0.3 in (∞, ∞)."""
    theory = PaperTheory()
    bound = theory.adversarial_bound(spec, PAPERS, *INF_INF)
    return Attack.of(bound / theory.adversarial_bound(spec, 1.0, *pair), pair)


def lowered_too(cell: OtherNormCell) -> MedianWithin:
    """What is left of the other loss is what is left of the own one, up to a factor of two."""
    own, other = (_as_strong_as_the_papers(cell.spec, pair) for pair in (cell.pair, cell.other))
    return MedianWithin(
        left_after(own, other, SGD(0.02, batch=32), 30, 3),
        statistic=other_over_own,
        name="median of the other L_adv's share left over the own one's",
        looks_at=images,
        low=0.5,
        high=2.0,
        origin="a factor of two either way",
        curve=lambda draws: scatter(series.OVER_OWN_LOSS, draws[:, OWN], draws[:, OTHER]),
    )


@claim("open/other-norm", cells=other_norm_cells)
def test_other_norm(cell: OtherNormCell, decide: Decider) -> None:
    """Training against one attack lowers L_adv under another as far as under its own."""
    decide(lowered_too(cell))
