"""Reports on a bound that never were: profiles over width, limits, single points and losses."""

from __future__ import annotations

import math
from typing import Any

from mfcheck.reporting.curves.profiles import Profile
from mfcheck.spec import NormPair
from mfcheck.tests.support.reports import make_claim, make_finding, make_report

BOUND = "thm5.1/bound-satisfied"
WIDTHS = [100.0, 1000.0, 10_000.0, 100_000.0]
PAIRS = ("1-1", "1-2", "1-inf", "2-1", "2-2", "2-inf", "inf-1", "inf-2", "inf-inf", "4-1.5")


def make_profile(
    pair: str,
    measured: list[float | None],
    *,
    x: list[float] = WIDTHS,
    exact: list[float | None] | None = None,
    estimate: float = 0.97,
    engine: str = "wishart",
    **parameters: Any,
) -> dict[str, Any]:
    """A finding with medians over the bound at some widths."""
    curve = {"kind": "profile", "x_label": "width N", "x": x, "measured": measured, "predicted": [1.0] * len(x)}
    curve |= {"exact": [1 + 20 / width for width in x] if exact is None else exact, "draws": 64, "flips": []}
    network = {"architecture": "vanilla", "input_dim": 784, "output_dim": 10, "width": int(x[-1]), "depth": 5}
    values = network | {"weight_variance": 2.0, "bias_variance": 0.0, "pair": pair} | parameters
    names = "-".join(f"{name}.{value}" for name, value in values.items())
    return make_finding(
        cell=f"{engine}-{names}",
        engine=engine,
        statistic="median ratio to the theory",
        estimate=estimate,
        interval=[estimate - 0.02, estimate + 0.02],
        reference=1.0,
        region=[0.0, 1.05],
        draws=160,
        parameters=values,
        curve=curve,
    )


def make_median(pair: str, constant: str = "theory", **changes: Any) -> dict[str, Any]:
    """A finding of a median over the bound that falls below it with width."""
    return make_profile(pair, [1.5, 1.1, 1.01, 0.97], statement="median", constant=constant, **changes)


def make_point(width: float, engine: str = "lazy", estimate: float = 1.03, **changes: Any) -> dict[str, Any]:
    """A finding at a single width."""
    return make_profile("inf-inf", [estimate], x=[width], engine=engine, estimate=estimate, **changes)


def make_limit(pair: str, sizes: str, estimate: float, constant: str = "theory") -> dict[str, Any]:
    """A finding at the limit of large sizes."""
    parameters = {"pair": pair, "sizes": sizes, "constant": constant}
    return make_finding(cell=f"limit-{pair}-{sizes}-{constant}", estimate=estimate, parameters=parameters)


def make_loss(cell: str, last: float = 0.7, **changes: Any) -> dict[str, Any]:
    """A finding of losses against the budget."""
    x = [0.001, 0.01, 0.1, 1.0]
    curve = {"kind": "profile", "x_label": "ε", "x": x, "predicted": [20 * eps for eps in x], "draws": 44}
    curve |= {"exact": [22 * eps for eps in x], "flips": [0.0, 0.004, 0.05, 0.3]}
    curve |= {"measured": [0.022, 0.22, 2.1, 22 * last]} | changes
    return make_finding(cell=cell, curve=curve)


def profile(*measured: float, widths: tuple[float, ...] = (100.0, 1000.0, 10_000.0, 100_000.0)) -> Profile:
    """A profile of these medians over width."""
    return Profile(NormPair(2, 2), "theory", "vanilla", "L = 5", widths, measured, (math.nan,) * len(widths), 64, 160)


FULL = [
    *(make_median(pair) for pair in PAIRS),
    *(make_median(pair, "chevet", estimate=0.95) for pair in ("2-inf", "inf-inf")),
    *(make_point(width, "lazy", statement="attack", depth=3) for width in (128.0, 512.0, 4096.0)),
    *(make_point(width, "dense", statement="attack", depth=3) for width in (128.0, 512.0)),
    make_point(1024.0, "lazy", statement="attack", depth=4),
]
LIMIT_CLAIM = make_claim(
    make_limit("2-2", "many-inputs", 0.996),
    make_limit("2-2", "square", 0.992),
    make_limit("2-inf", "many-inputs", 1.002),
    make_limit("2-inf", "many-inputs", 0.994, "chevet"),
    make_limit("2-inf", "one-output", 0.5, "chevet"),
    id="thm5.1/bound-leading-order",
)
REPORT = make_report(LIMIT_CLAIM, make_claim(*FULL, id=BOUND))
