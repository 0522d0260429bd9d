"""Theorem 5.9: the Fisher–Rao norm at the start, how it falls under L_adv, and what leaves it as it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup, Rival
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK, Source
from mfcheck.observables import along_training, capacity, projected, rescaling
from mfcheck.observables.capacity import HELD
from mfcheck.observables.path_bounds import decreases
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import pair_of
from mfcheck.theorems.capacity import capacity_left, capacity_path, mean_decay
from mfcheck.theorems.pull import CHAIN_EPS, LINEAR_STEPS, capacity_tail, instant, one_output_pull, one_output_spread
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

ONE, TWO = NormPair(math.inf, math.inf), NormPair(2, math.inf)
SCALES = (1.0, 0.995)
"""Scales of the weights between which a projected flow's early slope is taken."""
WIDTHS = (300, 3000, 30_000)
FLOW_WIDTHS = {"quick": (32, 64), "standard": (32, 64, 128), "paper": (64, 128, 256)}
EARLY, FLOW_EPS, FLOW_STEPS = (0.25, 0.5, 1.0), 0.3, 120
"""Times of flows in units of 1/N, in which f moves; with their ε and steps."""
FASTER, LESS = "faster than the law", "less than halved by doubling the width"


def initial_cells(settings: Settings) -> Iterator[Cell]:
    """The exact chain for the layers' form, stored networks for the diagonal and the rows', lazy ones at width."""
    for architecture in settings.architectures:
        if architecture not in ARCHITECTURES:
            continue
        if architecture == "vanilla":
            for depth, variance in ((10, 2.0), (5, 1.6), (3, 2.4)):
                yield Cell(NetworkSpec("vanilla", 784, 10, 5000, depth, variance), "wishart", {"form": "layers"})
        variance = {"vanilla": 1.6, "residual": 0.7}[architecture]
        for form, depth in (("diagonal", 2), ("rows", 4)):
            spec = NetworkSpec(architecture, 4, 10, 16, depth, variance)
            yield Cell(spec, "dense", {"form": form, "dataset": settings.dataset})


@claim("thm5.9/initial-capacity", cells=initial_cells)
def test_initial_capacity(cell: Cell, decide: Decider) -> None:
    """E‖w‖_FR = L K ασ_w² ω^{L−1} at initialisation, in the diagonal, the rows' and the layers' form alike."""
    form, chain = str(cell.details["form"]), cell.engine == "wishart"
    column = HELD[cell.engine].index(form)
    decide.mean_ratio(
        capacity.at_start,
        statistic=lambda draws: draws[:, column],
        probe=images(decide.settings, cell),
        reference=lambda theory: theory.fisher_rao(cell.spec),
        tail=lambda: capacity_tail(cell.spec, form),
        finite_width=None if chain else lambda: 0.0,
    )


def decay_cells(settings: Settings) -> Iterator[Cell]:
    """The projected flow on every engine, and gradient flow at two widths."""
    for architecture in settings.architectures:
        if architecture not in ARCHITECTURES:
            continue
        details = {"pair": str(ONE), "regime": "projected", "dataset": "noise"}
        if architecture == "vanilla":
            for depth, variance, pair in ((5, 2.0, ONE), (3, 2.4, TWO)):
                spec = NetworkSpec("vanilla", 784, 1, 10**6, depth, variance)
                yield Cell(spec, "wishart", {**details, "pair": str(pair), "eps": CHAIN_EPS})
        variance = {"vanilla": 2.0, "residual": 0.6}[architecture]
        yield Cell(NetworkSpec(architecture, 49, 1, 128, 2, variance), "dense", {**details, "eps": instant(ONE, 49)})
        for width in FLOW_WIDTHS[settings.level.name]:
            spec = NetworkSpec(architecture, 49, 10, width, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            details = {"pair": str(ONE), "regime": "flow", "eps": FLOW_EPS, "images": 8, "dataset": settings.dataset}
            yield Cell(spec, "dense", details)


def projected_rate(eps: float, pair: NormPair) -> Source:
    """The projected flow with capacities, between two scales of the weights."""
    return projected.projected(Objective("adversarial", eps, pair.p, pair.q, LINEAR_STEPS), SCALES, capacity=True)


def early_slope(draws: Floats) -> Floats:
    """−d log‖w‖_FR/dt at t = 0 of a projected flow."""
    count = len(SCALES)
    rates, norms = draws[:, :count], draws[:, count:]
    found: Floats = np.log(norms[:, 0] / norms[:, 1]) / projected.times(rates, SCALES)[:, 1]
    return found


@claim("thm5.9/capacity-decay", cells=decay_cells)
def test_capacity_decay(cell: Cell, decide: Decider) -> None:
    """Under L_adv the relative capacity falls at first by (2εαβ/N) ω^{L/2−1} (1 + (L−1) ασ_w²/ω) in time."""
    spec, pair, eps = cell.spec, pair_of(cell), float(cell.details["eps"])
    probe, level = images(decide.settings, cell), decide.settings.level

    def rate(theory: PaperTheory) -> float:
        return -theory.capacity_rate(spec, eps, pair.p, pair.q)

    def early(theory: PaperTheory) -> float:
        return mean_decay(theory, spec, eps, pair, SCALES[-1])

    if cell.details["regime"] == "projected":
        chain, near = cell.engine == "wishart", one_output_pull(spec, pair)
        decide.median_ratio(
            projected_rate(eps, pair),
            statistic=early_slope,
            probe=probe,
            reference=early,
            allowance=lambda: near,
            spread=one_output_spread(spec, pair),
            delta=level.exact if chain else level.ratio,
            room=None if chain else near.above + level.ratio,
            instead={"rate factor 1": lambda theory: early(theory) / 2},
        )
        return
    times = tuple(early / spec.width for early in EARLY)

    def fallen(draws: Floats) -> Floats:
        return decreases(capacity_left(draws, len(times)))

    def predicted(theory: PaperTheory) -> float:
        return rate(theory) * times[-1]

    decide.median_ratio(
        flow(eps, times),
        statistic=fallen,
        probe=probe,
        reference=predicted,
        allowance=lambda: Allowance(0.0, 0.0, "none: stated for every width"),
        spread=10.0,
        delta=level.ratio,
        room=20.0,
        rivals={FASTER: Rival(lambda draws: fallen(draws) / predicted(decide.theory), 1.0)},
        curve=lambda draws: capacity_path(decide.theory, spec, eps, pair, times, draws),
    )


def flow(eps: float, times: tuple[float, ...]) -> Source:
    """Gradient flow on L_adv with its capacities."""
    return along_training.recorded(
        Objective("adversarial", eps, ONE.p, ONE.q, 3), Flow(0.1, times), times, FLOW_STEPS, most=4 * STACK
    )


def width_cells(settings: Settings) -> Iterator[Cell]:
    """The projected flow over widths on the chain and on stored networks, and gradient flow."""
    details = {"pair": str(ONE), "eps": instant(ONE, 49), "regime": "projected", "dataset": "noise"}
    if "vanilla" in settings.architectures:
        chain = {**details, "eps": CHAIN_EPS}
        yield Cell(NetworkSpec("vanilla", 784, 1, WIDTHS[0], 4, 2.0), "wishart", chain)
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 2.0, "residual": 0.6}[architecture]
            yield Cell(NetworkSpec(architecture, 49, 1, 32, 2, variance), "dense", details)
            spec = NetworkSpec(architecture, 49, 10, 16, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            flows = {"pair": str(ONE), "eps": FLOW_EPS, "regime": "flow", "images": 8, "dataset": settings.dataset}
            yield Cell(spec, "dense", flows)


@claim("thm5.9/width-preserves", cells=width_cells)
def test_width_preserves(cell: Cell, decide: Decider) -> None:
    """Doubling the width halves the relative decay of capacity."""
    spec, eps, level = cell.spec, float(cell.details["eps"]), decide.settings.level
    probe, chain = images(decide.settings, cell), cell.engine == "wishart"
    regime = str(cell.details["regime"])
    widths = WIDTHS if chain else (32, 128) if regime == "projected" else (16, 48)
    specs = [replace(spec, width=width) for width in widths]
    times = (EARLY[-1] / widths[0],)
    source, statistic = projected_rate(eps, ONE), early_slope
    if regime == "flow":
        source = flow(eps, times)

        def statistic(draws: Floats) -> Floats:
            found: Floats = np.maximum(-np.log(np.maximum(capacity_left(draws, len(times))[:, ::-1], 1e-12)), 1e-6)
            return found

    def apart() -> Allowance:
        reach = math.log(widths[-1] / widths[0])
        if regime == "flow":
            return Allowance(0.0, 0.0, "none: stated for every width")
        far = max(one_output_pull(one, ONE).above for one in specs) / reach
        return Allowance(far, far, "K = 1: exact mean at each width, median within the variance to leading order")

    decide.median_slope(
        [MedianGroup(math.log(one.width), one, source, statistic) for one in specs],
        probe=lambda one: probe,
        x_label="log N",
        rises=lambda theory, group: (
            -theory.capacity_rate(group.spec, eps, ONE.p, ONE.q)
            if regime == "flow"
            else mean_decay(theory, group.spec, eps, ONE, SCALES[-1])
        ),
        allowance=apart,
        spread=0.06 if regime == "flow" else max(one_output_spread(one, ONE) for one in specs) / (1 if chain else 3),
        delta=level.exact if chain else 2 * level.slope,
        rivals={LESS: (-1 + 2 * level.slope, math.inf)} if regime == "flow" else {},
    )


def rescaling_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            for bias in (0.0, 0.3):
                spec = NetworkSpec(architecture, 16, 3, 12, 3, {"vanilla": 2.0, "residual": 0.5}[architecture], bias)
                yield Cell(spec, "dense", {"dataset": settings.dataset})


@claim("thm5.9/rescaling-invariance", cells=rescaling_cells)
def test_rescaling_invariance(cell: Cell, decide: Decider) -> None:
    """‖w‖_FR is left as it is by node-wise rescaling, unlike the product of the weights' spectral norms."""
    for component in (0, 1):
        decide.rate(rescaling.invariance, component=component, probe=images(decide.settings, cell))
