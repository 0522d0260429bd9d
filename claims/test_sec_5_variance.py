"""Theorems 5.4 and G.9: σ_w² decays under L_adv. At t = 0, along the pull on W alone, and along gradient flow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.datasets.inputs import is_present
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance
from mfcheck.decisions.probes import images
from mfcheck.observables import along_training, projected, slopes
from mfcheck.observables.path_bounds import sizes
from mfcheck.observables.slopes import DRIFT
from mfcheck.settings import Settings
from mfcheck.theorems.bound import pair_of
from mfcheck.theorems.pull import (
    CHAIN_EPS,
    LINEAR_STEPS,
    adversarial,
    half_rate,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
)
from mfcheck.theorems.variance import along_path, along_projection, half_life, rivals, scales_down_to
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

VARIANCES = {"vanilla": 1.6, "residual": 0.6}
TO = 0.4
"""The share of σ_w²(0) down to which projected flows are measured; the theory is held against them at its half."""
FLOW = {"quick": (32, 4), "standard": (64, 8), "paper": (256, 16)}
"""Width, and images trained on, of flows by level."""
PAPERS_WIDTH = {"quick": 48, "standard": 128, "paper": 1000}
SHARE, FLOW_STEPS, ATTACK_STEPS = 0.2, 160, 3
EARLY = (3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
MARKS = {"quick": EARLY, "standard": (*EARLY, 0.6, 1.0)}
"""Times of a flow in units of the theory's half-life; the theory is held against it at the last."""


def decay_cells(architecture: str) -> Callable[[Settings], Iterator[Cell]]:
    """The regimes "rate", "projected" and "flow" of one architecture, and the paper's own experiment."""
    one = NormPair(math.inf, math.inf)

    def cells(settings: Settings) -> Iterator[Cell]:
        if architecture not in settings.architectures:
            return
        wide = NetworkSpec(architecture, 784, 1, 10**6, 5, VARIANCES[architecture])
        lazy = NetworkSpec(architecture, 4096, 1, 10**4, 3, VARIANCES[architecture])
        dense = NetworkSpec(architecture, 49, 1, 128, 2, VARIANCES[architecture])
        for spec, engine, pair in (
            (wide, "wishart", one),
            (wide, "wishart", NormPair(2, math.inf)),
            (lazy, "lazy", NormPair(2, math.inf)),
            (dense, "dense", one),
        ):
            eps = CHAIN_EPS if engine == "wishart" else instant(pair, spec.input_dim)
            details = {"pair": str(pair), "eps": eps, "dataset": "noise"}
            if engine != "wishart" or architecture == "vanilla":
                yield Cell(spec, engine, {**details, "regime": "rate"})
                if engine != "lazy" or settings.level.name != "quick":
                    yield Cell(spec, engine, {**details, "regime": "projected"})
        variance = {"vanilla": 2.0, "residual": 0.4}[architecture]
        width, count = FLOW[settings.level.name]
        flow = NetworkSpec(architecture, 49, 10, width, 5, variance)
        yield Cell(
            flow,
            "dense",
            {"pair": str(one), "eps": 0.3, "regime": "flow", "images": count, "dataset": settings.dataset},
        )
        dataset = "mnist" if is_present("mnist", settings.data_dir) else settings.dataset
        paper = NetworkSpec(architecture, 784, 10, PAPERS_WIDTH[settings.level.name], 5, variance)
        yield Cell(
            paper,
            "dense",
            {"pair": str(one), "eps": 0.3, "regime": "both", "images": 8, "dataset": dataset},
            figure=f"Weight variance in the paper's experiment: {architecture}, (p, q) = (∞, ∞), ε = 0.3",
        )

    return cells


def decide_decay(cell: Cell, decide: Decider) -> None:
    """Decide σ_w² against the theory in the cell's regime."""
    spec, pair, regime = cell.spec, pair_of(cell), str(cell.details["regime"])
    eps, probe, level = float(cell.details["eps"]), images(decide.settings, cell), decide.settings.level
    chain = cell.engine == "wishart"

    def kept_at(t: float) -> Callable[[PaperTheory], float]:
        return lambda theory: theory.weight_variance(spec, eps, pair.p, pair.q, t) / spec.weight_variance

    if regime == "rate":
        objective = adversarial(cell, LINEAR_STEPS)
        decide.median_ratio(
            slopes.by_homogeneity(objective) if chain else slopes.at_start(objective),
            statistic=lambda draws: draws[:, DRIFT],
            probe=probe,
            reference=lambda theory: -theory.variance_rate(spec, eps, pair.p, pair.q),
            allowance=lambda: one_output_pull(spec, pair),
            spread=one_output_spread(spec, pair),
            delta=level.exact if chain else level.ratio,
            room=None if chain else one_output_pull(spec, pair).above + level.ratio,
            instead={"rate factor 1": lambda theory: -half_rate(theory).variance_rate(spec, eps, pair.p, pair.q)},
        )
        return
    end = half_life(PaperTheory(), spec, eps, pair)
    if regime == "projected":
        scales, objective = scales_down_to(TO), adversarial(cell, LINEAR_STEPS)

        def near() -> Allowance:
            """A relative error r of the rate moves log σ_w²(t) by at most r |log σ_w²(t)/σ_w²(0)|."""
            pull = one_output_pull(spec, pair)
            far = pull.above * math.log(2)
            return Allowance(far, far, f"{pull.origin}, over a halving")

        decide.median_ratio(
            projected.projected(objective, scales),
            statistic=lambda draws: np.square(projected.scale_at(draws, scales, end)),
            probe=probe,
            reference=kept_at(end),
            allowance=near,
            spread=one_output_spread(spec, pair) * math.log(2),
            delta=level.exact if chain else level.ratio,
            room=None if chain else near().above + level.ratio,
            instead={"rate factor 1": lambda theory: kept_at(end)(half_rate(theory))},
            curve=lambda draws: along_projection(decide.theory, spec, eps, pair, scales, end, draws),
        )
        return
    times = tuple(end * mark for mark in MARKS.get(level.name, MARKS["standard"]))
    end = times[-1]
    name = "adversarial" if regime == "flow" else "theory"
    objective, rule = Objective(name, eps, pair.p, pair.q, ATTACK_STEPS), Flow(SHARE, times)
    row = len(times)

    def near_at_width() -> Allowance:
        pull = many_outputs_pull(spec, pair)
        reach = -math.log(kept_at(end)(PaperTheory()))
        return Allowance(pull.above * reach, pull.below * reach, f"{pull.origin}, over the predicted decrease")

    decide.median_ratio(
        along_training.recorded(objective, rule, times, FLOW_STEPS),
        statistic=lambda draws: sizes(draws, row),
        probe=probe,
        reference=kept_at(end),
        allowance=near_at_width,
        spread=0.01,
        delta=level.ratio,
        room=near_at_width().above + level.ratio,
        instead={"rate factor 1": lambda theory: kept_at(end)(half_rate(theory))},
        rivals=rivals(decide.theory, spec, eps, pair, end, row, 2 * level.ratio),
        curve=lambda draws: along_path(decide.theory, spec, eps, pair, times, draws),
    )


@claim("thm5.4/vanilla-variance-decay", cells=decay_cells("vanilla"))
def test_vanilla_variance_decay(cell: Cell, decide: Decider) -> None:
    """In vanilla networks σ_w² decreases under L_adv by 2 ε α β ω^{L/2−1} σ_w²/N in time."""
    decide_decay(cell, decide)


@claim("thmG.9/residual-variance-decay", cells=decay_cells("residual"))
def test_residual_variance_decay(cell: Cell, decide: Decider) -> None:
    """In residual networks σ_w² decreases under L_adv by the same law, with ω = 1 + ασ_w²."""
    decide_decay(cell, decide)
