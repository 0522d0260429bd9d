"""Reports of trainings that never were: decays, capacities, layers, maps and drifts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mfcheck.findings.reading import report_of
from mfcheck.findings.record import assemble
from mfcheck.reporting.answers import answers
from mfcheck.reporting.curves.horizon import Horizon, horizon
from mfcheck.reporting.curves.trajectories import Trajectory
from mfcheck.settings import Settings, level_named
from mfcheck.tests.support.reports import REFUTED, make_claim, make_finding, make_report

DECAY, RESIDUAL, DRIFT = "thm5.4/vanilla-variance-decay", "thmG.9/residual-variance-decay", "thm5.3/standard-drift"
UNTRAINABLE, TRAINABLE = "thm5.7/vanilla-untrainable", "thm5.8/residual-trainable"
CAPACITY_DECAY = "thm5.9/capacity-decay"
NETWORK = {"architecture": "vanilla", "input_dim": 784, "output_dim": 10, "depth": 5, "weight_variance": 2.0}
STEPS = [step / 30 for step in range(31)]
BOUND = "L_adv over the bound"


def make_trained(curve: dict[str, Any] | None, *, cell: str = "lazy-vanilla", **changes: Any) -> dict[str, Any]:
    """A finding on training; parameters add to a network's, and all else replaces the finding's."""
    parameters = NETWORK | {"width": 1024, "eps": 0.3, "pair": "inf-inf"} | changes.pop("parameters", {})
    values = {"statistic": "median ratio to the theory", "estimate": 1.0, "interval": [0.97, 1.03], "reference": 1.0}
    names = "-".join(f"{name}.{value}" for name, value in parameters.items())
    kept = {"engine": "lazy", "region": [0.9, 1.1], "curve": curve, "parameters": parameters, "cell": f"{cell}-{names}"}
    return make_finding(**(values | kept | changes))


def make_curve(kind: str, x: Sequence[float], measured: Sequence[float | None], **changes: Any) -> dict[str, Any]:
    """A curve that shows nothing but what was measured."""
    empty = {"kind": kind, "x_label": "t", "predicted": [None] * len(x), "exact": [], "draws": 48, "flips": []}
    return empty | {"x": list(x), "measured": list(measured), "series": {}} | changes


def make_decay(
    regime: str = "flow", *, end: float = 100.0, speed: float = 0.01, rest: float = 0.05, **changes: Any
) -> dict[str, Any]:
    """A variance that follows its law at first, and whose decrease comes to rest at `rest`."""
    times = [end * step for step in STEPS]
    law = [math.exp(-speed * time) for time in times]
    measured = [1 - rest * (1 - math.exp(-(1 - value) / rest)) for value in law]
    loss = [math.exp(-speed * time / rest) for time in times]
    series: dict[str, list[Any]] = {
        "rate factor 1": [math.exp(-speed * time / 2) for time in times],
        "envelope": [math.exp(-1.02 * speed * time) for time in times],
        "lower quartile": [value - 0.004 for value in measured],
        "upper quartile": [value + 0.005 for value in measured],
        "discretisation": [1e-4 * step for step in STEPS],
        BOUND: loss,
    }
    curve = make_curve("trajectory", times, measured, predicted=law, series=changes.pop("series", series))
    parameters = {"regime": regime} | changes.pop("parameters", {})
    return make_trained(curve, parameters=parameters, **changes)


def make_capacity(width: int, regime: str = "projected", **changes: Any) -> dict[str, Any]:
    """A loss of capacity at one width."""
    times = [2000.0 * step for step in STEPS]
    law = [1 - 0.04 * time / width for time in times]
    measured = [value + 0.3 * (1 - value) ** 2 for value in law]
    curve = make_curve("trajectory", times, measured, predicted=law)
    curve["series"] = {
        "rate factor 1": [(1 + value) / 2 for value in law],
        "lower quartile": [value - 0.004 for value in measured],
        "upper quartile": [value + 0.005 for value in measured],
    }
    return make_trained(curve, parameters={"regime": regime, "width": width} | changes)


def make_network(
    width: int, depth: int, accuracy: float | None, collapse: float | None, variance: float = 1.2, **changes: Any
) -> dict[str, Any]:
    """One network of a map, whose control fits unless `control` says otherwise; `shares` replace its outcome's."""
    control = changes.pop("control", 1.0)
    came_to = "nothing fits" if control < 0.95 else "only the control fits" if (accuracy or 0.0) < 0.55 else "both fit"
    shares = changes.pop("shares", {came_to: [1.0, 1.0, 0.85, 1.0]} if accuracy is not None else {})
    series = {"attacked": [0.4], "held-out attacked": [None], "variance": [variance], "diverged": [0.0]}
    series |= {"control": [control], "ω^L": [0.9], "gradient first/last": [1.1]} | shares
    series |= {"gradient first/last at the start": [0.4], "first gradient over its start": [0.12]}
    curve = make_curve("map", [depth], [accuracy], predicted=[collapse], x_label="depth L", series=series)
    values = {"statistic": "share of networks", "estimate": accuracy or 0.0, "region": [0.5, 1.0]}
    parameters = {"width": width, "depth": depth, "dataset": "digits"} | changes.pop("parameters", {})
    return make_trained(curve, **(values | changes), parameters=parameters)


def make_layers(**changes: Any) -> dict[str, Any]:
    """Ratios and cosines by layer."""
    ratio, cosine = [1.01, 0.99, 1.0, 1.02, 0.97], [0.11, 0.08, 0.07, 0.05, 0.04]
    curve = make_curve("layers", [1, 2, 3, 4, 5], ratio, x_label="layer", series={"cosine": cosine}) | changes
    return make_trained(curve)


def make_map(widths: Sequence[int], depths: Sequence[int], **parameters: Any) -> list[dict[str, Any]]:
    """A map with the pilot's outcome: deep and narrow networks fail, though σ_w² grows."""
    return [
        make_network(
            *(width, depth, 1 / (1 + math.exp(depth - width**0.5)), width / depth**2, 1 + depth / width),
            parameters=parameters,
        )
        for width in widths
        for depth in depths
    ]


def make_drift(eps: float, ratio: float, **changes: Any) -> dict[str, Any]:
    """A drift of standard training beside the adversarial one."""
    beside = {"statistic": "ratio to the theory's scale"} | changes
    return make_trained(None, estimate=ratio, parameters={"eps": eps}, **beside)


OPEN_CLAIM = make_claim(
    REFUTED | {"explored": True, "cell": "open-cell"}, id="open/validity-horizon", says="Horizon?", verdict="refuted"
)
FULL = make_report(
    make_claim(*(make_drift(eps, 0.042 / eps) for eps in (0.01, 0.1, 0.9)), id=DRIFT),
    make_claim(
        make_decay("projected", figure="σ_w² along its own gradient", rest=4.0),
        make_decay("flow", figure="the paper's experiment on σ_w²", verdict="refuted", estimate=0.7),
        make_decay("start-both", rest=-0.2, verdict="undecided"),
        make_decay("flow", end=1e-3, parameters={"width": 512}),
        make_trained(None, parameters={"regime": "rate"}),
        id=DECAY,
        verdict="refuted",
    ),
    make_claim(make_layers(), id="thm5.4/regularisation-gradient"),
    make_claim(*make_map([8, 64, 256], [2, 8, 14, 20]), id=UNTRAINABLE),
    make_claim(*make_map([64, 256], [2, 8, 20], architecture="residual"), id=TRAINABLE),
    make_claim(
        *(make_capacity(width, regime) for regime in ("projected", "flow") for width in (256, 512, 1024)),
        id=CAPACITY_DECAY,
    ),
    OPEN_CLAIM,
    verdict="refuted",
)
ERROR = ({"id": "open/attack-difficulty", "says": "It takes steps."}, {"cell": "c", "message": "crashed"})


def plain(claim: str, verdict: str = "supported") -> dict[str, Any]:
    """A plain finding of a claim."""
    return make_finding(claim=claim, says=f"{claim} holds.", verdict=verdict)


def assembled(findings: list[dict[str, Any]], errors: Sequence[Any] = ()) -> dict[str, Any]:
    """The report of these findings and errors."""
    return assemble(Settings(seed=7, level=level_named("quick"), report=Path("reports")), findings, errors)


def sentences(*claims: dict[str, Any]) -> str:
    """The answers that a report of these claims gives."""
    return "\n".join(answers(report_of(make_report(*claims))))


def lasting(one: Trajectory) -> Horizon | None:
    """How long the theory lasts along a trajectory."""
    return horizon(one, one.predicted)


def flow(times: Sequence[float], measured: Sequence[float], predicted: Sequence[float]) -> Trajectory:
    """A trajectory of gradient flow."""
    return Trajectory("flow", 10, tuple(times), tuple(measured), tuple(predicted), {}, 9)
