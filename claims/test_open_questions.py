"""Open questions: explored and plotted, never gating."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mfcheck import Cell, NetworkSpec, NormPair, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK
from mfcheck.observables import along_training, open_questions
from mfcheck.observables.after_training import CAPACITY, trained
from mfcheck.observables.path_bounds import after, fallen_at
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems import accuracy_map
from mfcheck.theorems.accuracy_map import MAPS
from mfcheck.theorems.bound import budget, pair_of
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

PAIR, EPS = NormPair(math.inf, math.inf), 0.3
MARKS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Times in units of 1/N."""
WIDTHS = {"quick": (16, 48), "standard": (32, 64, 128), "paper": (64, 128, 256)}
LEFT = 0.8
"""The share of L_adv(0) at which the linear law is over: its rate is L_adv's."""
STEPS, ENOUGH = 40, 10
"""Steps of the attacks whose difficulty is asked, and what counts as easy."""
REACH = 0.1


def horizon_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            width = WIDTHS[settings.level.name][0]
            spec = NetworkSpec(architecture, 49, 10, width, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            yield Cell(spec, "dense", {"eps": EPS, "images": 8, "dataset": settings.dataset})


@claim("open/validity-horizon", cells=horizon_cells)
def test_validity_horizon(cell: Cell, decide: Decider) -> None:
    """The linear law of σ_w² lasts for a time ∝ 1/N: so long L_adv stays above 80 % of its start."""
    specs = [replace(cell.spec, width=width) for width in WIDTHS[decide.settings.level.name]]

    def group(spec: NetworkSpec) -> MedianGroup:
        times = tuple(mark / spec.width for mark in MARKS)
        every = np.array((0.0, *times))

        def crossing(draws: Floats) -> Floats:
            found: Floats = np.maximum(fallen_at(draws, along_training.LOSS, LEFT, every), every[1] / 10)
            return found

        flow = along_training.recorded(
            Objective("adversarial", EPS, PAIR.p, PAIR.q, 3), Flow(0.1, times), times, 80, most=8 * STACK
        )
        return MedianGroup(math.log(spec.width), spec, flow, crossing)

    decide.median_slope(
        [group(spec) for spec in specs],
        probe=lambda spec: images(decide.settings, cell),
        x_label="log N",
        rises=lambda theory, group: 1 / group.spec.width,
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.12,
        delta=0.3,
    )


def pair_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            for pair in (NormPair(2, 2), NormPair(math.inf, 2)):
                spec = NetworkSpec(architecture, 196, 10, 128, 3, {"vanilla": 2.0, "residual": 0.6}[architecture])
                yield Cell(spec, "dense", {"pair": str(pair), "images": 2, "dataset": settings.dataset})


@claim("open/contrastive-bound", cells=pair_cells)
def test_contrastive_bound(cell: Cell, decide: Decider) -> None:
    """An attack raises a contrastive distance ‖f(x) − f(x')‖_q by at most ε β_{p,q} ω^{L/2}."""
    spec, pair = cell.spec, pair_of(cell)
    eps = budget(REACH, pair, spec.input_dim)
    decide.median_ratio(
        open_questions.pushed_apart(eps, pair.p, pair.q, 10),
        statistic=lambda draws: draws[:, 0],
        probe=images(decide.settings, cell),
        reference=lambda theory: theory.adversarial_bound(spec, eps, pair.p, pair.q),
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.2,
        delta=2 * decide.settings.level.ratio,
        upper_only=True,
        room=0.2,
    )


def attack_cells(settings: Settings) -> Iterator[Cell]:
    if "vanilla" in settings.architectures:
        for p in (1.0, 2.0, math.inf):
            for q in (2.0, math.inf):
                spec = NetworkSpec("vanilla", 196, 10, 128, 3, 2.0)
                yield Cell(spec, "dense", {"pair": str(NormPair(p, q)), "dataset": settings.dataset})


@claim("open/attack-difficulty", cells=attack_cells)
def test_attack_difficulty(cell: Cell, decide: Decider) -> None:
    """Attacks find 95 % of what they find in forty steps within ten."""
    spec, pair = cell.spec, pair_of(cell)
    decide.median_within(
        open_questions.steps_needed(budget(REACH, pair, spec.input_dim), pair.p, pair.q, STEPS),
        statistic=lambda draws: draws[:, 0],
        name="median number of steps",
        probe=images(decide.settings, cell),
        low=0.0,
        high=ENOUGH,
        origin="ten steps of forty",
    )


def capacity_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            size = MAPS[settings.level.name]
            for cell in accuracy_map.networks(architecture, settings):
                if cell.spec.width == max(size.widths):
                    yield cell


@claim("open/capacity-exhaustion", cells=capacity_cells)
def test_capacity_exhaustion(cell: Cell, decide: Decider) -> None:
    """Adversarial training uses capacity up: ‖w‖_FR is smaller after it than before."""
    spec, size = cell.spec, MAPS[decide.settings.level.name]
    decide.median_within(
        trained(
            accuracy_map.objective(), accuracy_map.rule(spec), size.steps, accuracy_map.chunk(spec.width, spec.depth)
        ),
        statistic=lambda draws: after(draws, CAPACITY),
        name="median of ‖w‖_FR after over before training",
        probe=images(decide.settings, cell),
        low=0.0,
        high=1.0,
        origin="capacity at the start",
        curve=lambda draws: accuracy_map.place(decide.theory, spec, size.steps, draws),
    )
