"""Theorems 5.3 and 5.4 at the start of training: ⟨W, ∂L⟩, by which losses change the size of the weights."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Rival
from mfcheck.decisions.probes import images
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.observables import slopes
from mfcheck.observables.slopes import DRIFT, LAYERS, LOSS, PULL
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import PAIRS, STEPS, pair_of, turns
from mfcheck.theorems.pull import (
    CHAIN_EPS,
    LINEAR_STEPS,
    adversarial,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
    standard_tail,
)
from mfcheck.theory.cross_entropy import standard_pull

ONE = (NormPair(2, math.inf), NormPair(math.inf, math.inf))
"""The paper's own pairs, whose constants are exact where K = 1."""
VARIANCES = {"vanilla": 1.6, "residual": 0.6}
BUDGETS = {"quick": (0.01, 0.03, 0.3), "standard": (0.01, 0.03, 0.1, 0.3), "paper": (0.01, 0.03, 0.1, 0.3)}
BESIDE = (0.01, 0.1, 0.3, 1.0)
"""Budgets at which standard training is held against adversarial training."""
FLIPPED = 0.25
"""The spread of a residual network's pull where gates flip, which Euler's identity does not hold together there."""
EULER = "the pull is L_adv itself (Euler)"


def pull_cells(settings: Settings) -> Iterator[Cell]:
    """One output, where the theory's value is exact; every pair on images; and finite budgets, where gates flip."""
    for architecture in settings.architectures:
        if architecture not in ARCHITECTURES:
            continue
        variance = VARIANCES[architecture]
        for engine, spec, pair in (
            ("wishart", NetworkSpec(architecture, 784, 1, 10**6, 5, variance), ONE[0]),
            ("lazy", NetworkSpec(architecture, 4096, 1, 10**4, 3, variance), ONE[0]),
            ("dense", NetworkSpec(architecture, 49, 1, 128, 2, variance), ONE[1]),
        ):
            if engine != "wishart" or architecture == "vanilla":
                eps = CHAIN_EPS if engine == "wishart" else instant(pair, spec.input_dim)
                yield Cell(spec, engine, {"pair": str(pair), "eps": eps, "dataset": "noise"})
        for eps in BUDGETS[settings.level.name]:
            width = 256 if settings.level.name == "quick" else 1000
            spec = NetworkSpec(architecture, 784, 10, width, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            yield Cell(spec, "dense", {"pair": "inf-inf", "eps": eps, "images": 8, "dataset": settings.dataset})
    for pair, spec in zip(PAIRS, turns(settings, 1024, 3), strict=False):
        details = {"pair": str(pair), "eps": instant(pair, 784), "dataset": settings.dataset}
        yield Cell(spec, "lazy", details)
    if settings.level.name != "quick" and "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, 10**5, 5, 2.0)
        yield Cell(spec, "lazy", {"pair": "inf-inf", "eps": instant(ONE[1], 784), "dataset": settings.dataset})


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


@claim("thm5.4/regularisation-gradient", cells=pull_cells)
def test_regularisation_gradient(cell: Cell, decide: Decider) -> None:
    """The gradient of L_adv pulls on every layer by ⟨∂L_adv/∂W, W⟩/‖W‖² = ε α β ω^{L/2−1}/N."""
    spec, pair, level = cell.spec, pair_of(cell), decide.settings.level
    eps, one = float(cell.details["eps"]), spec.output_dim == 1
    small = eps <= instant(pair, spec.input_dim)
    objective = adversarial(cell, LINEAR_STEPS if small else STEPS[level.name])
    chain = cell.engine == "wishart"

    def predicted(theory: PaperTheory) -> float:
        return theory.regularisation(spec, eps, pair.p, pair.q)

    def euler(draws: Floats) -> Floats:
        """⟨W, ∂L_adv⟩ over L_adv, and over the share ασ_w²/ω of it that a shortcut leaves."""
        theory = PaperTheory()
        share = spec.activation.alpha * spec.weight_variance / theory.omega(spec)
        found: Floats = draws[:, DRIFT] * spec.width / (2 * share * draws[:, LOSS])
        return found

    near = one_output_pull(spec, pair) if one else many_outputs_pull(spec, pair)
    # Where the distance is exact, as of the largest column, the median is to be seen within δ.
    room = level.ratio + (level.ratio if pair.p == 1 else max(near.below, near.above))
    decide.median_ratio(
        slopes.by_homogeneity(objective) if chain else slopes.at_start(objective),
        statistic=lambda draws: draws[:, PULL],
        probe=images(decide.settings, cell),
        reference=predicted,
        allowance=lambda: near,
        spread=one_output_spread(spec, pair) if one else 0.1 if small or spec.architecture == "vanilla" else FLIPPED,
        delta=level.exact if chain else level.ratio,
        room=None if chain else room,
        rivals={} if chain or small else {EULER: Rival(euler, 1 - level.ratio, 1 + level.ratio)},
        curve=None if chain else lambda draws: layers(draws, spec.depth, predicted(decide.theory)),
    )


def drift_cells(settings: Settings) -> Iterator[Cell]:
    """Beside L_adv over budgets, on the exact chain; and the exact drift itself, on the chain and on dense networks."""
    if "vanilla" in settings.architectures:
        for eps in BESIDE:
            spec = NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0)
            yield Cell(spec, "wishart", {"statement": "none", "pair": "inf-inf", "eps": eps})
        for variance, depth, outputs in ((1.6, 5, 10), (2.4, 3, 3)):
            spec = NetworkSpec("vanilla", 784, outputs, 5000, depth, variance)
            yield Cell(spec, "wishart", {"statement": "exact"})
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            spec = NetworkSpec(architecture, 4, 2, 16, 2, {"vanilla": 2.4, "residual": 0.8}[architecture])
            yield Cell(spec, "dense", {"statement": "exact", "dataset": settings.dataset})


@claim("thm5.3/standard-drift", cells=drift_cells)
def test_standard_drift(cell: Cell, decide: Decider) -> None:
    """Standard training leaves σ_w² alone: its drift is negligible beside that of L_adv."""
    spec, level = cell.spec, decide.settings.level
    chain, probe = cell.engine == "wishart", images(decide.settings, cell)

    def drift(draws: Floats) -> Floats:
        found: Floats = draws[:, 0]
        return found

    def exact(theory: PaperTheory) -> float:
        return -theory.standard_rate(spec)

    def at_width() -> float:
        return 2 / spec.width * standard_pull(spec)

    if cell.details["statement"] == "none":
        pair, eps = pair_of(cell), float(cell.details["eps"])

        def scale(theory: PaperTheory) -> float:
            return -theory.variance_rate(spec, eps, pair.p, pair.q)

        decide.negligible(
            slopes.standard,
            statistic=drift,
            probe=probe,
            scale=scale,
            tail=lambda: standard_tail(spec, scale(decide.theory)),
            instead={"the exact standard drift": lambda theory: exact(theory) / scale(theory)},
        )
        return
    decide.mean_ratio(
        slopes.standard,
        statistic=drift,
        probe=probe,
        reference=exact,
        tail=lambda: standard_tail(spec, at_width()),
        finite_width=lambda: at_width() / exact(PaperTheory()) - 1,
        signed=not chain,
        delta=level.exact if chain else level.ratio,
    )
