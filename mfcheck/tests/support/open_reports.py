"""Findings of open questions that were never asked: shares found, laws by exponent, networks as points."""

from __future__ import annotations

from typing import Any

from mfcheck.tests.support.training_reports import make_curve, make_trained

STEPS = 6


def make_difficulty(pair: str, reach: float, shares: list[float], closed: tuple[float, float]) -> dict[str, Any]:
    """An attack that finds these shares, on the linear map as well, a little more of each."""
    curve = make_curve("shares", list(range(len(shares))), shares, x_label="steps of the attack")
    curve |= {"predicted": [min(1.0, share * 1.01) for share in shares], "series": {"closed form": list(closed)}}
    return make_trained(curve, parameters={"pair": pair, "reach": reach})


def make_errors(width: int, errors: list[float]) -> dict[str, Any]:
    """A law that is off by so much, by exponent, the exponential last."""
    count = len(errors)
    more = {
        "lower quartile": [value * 0.8 for value in errors],
        "upper quartile": [value * 1.2 for value in errors],
        "fall of σ_w²": [1.1] * count,
        "fall of σ_w² by L_std's pull at the start": [1.7] * count,
        "initial rate": [10.5],
        "L_adv left": [0.23],
    }
    curve = make_curve("errors", [1 / 3, 0.4, 0.0], errors, x_label="exponent", series=more)
    values = {"statistic": "median RMS error of log L_adv(t)", "estimate": errors[1], "interval": [0.04, 0.15]}
    return make_trained(curve, parameters={"width": width}, region=[0.0, 0.1], **values)


def make_points(depth: int, x: list[float], y: list[float], x_label: str, **parameters: Any) -> dict[str, Any]:
    """Networks of one size as points."""
    curve = make_curve("scatter", x, y, x_label=x_label) | {"predicted": []}
    return make_trained(curve, parameters={"depth": depth, "width": 48} | parameters, estimate=1.05)


def make_beside(decay: float, width: int, share: float) -> dict[str, Any]:
    """A pull beside weight decay, which is this share of it, where the theory has 0.8 of that."""
    values = {"statistic": "median of the weight decay λ over it", "estimate": share, "reference": 0.8 * share}
    return make_trained(None, parameters={"decay": decay, "width": width}, region=[0.0, 1.0], **values)


def make_apart(distance: str, pair: str, ratio: float) -> dict[str, Any]:
    """Two outputs so far apart, over the law."""
    parameters = {"distance": distance, "pair": pair}
    return make_trained(None, parameters=parameters, estimate=ratio, interval=[ratio - 0.05, ratio + 0.05])
