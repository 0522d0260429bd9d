"""Theorem 4.1: the law of the offset a(x), and the independence of its entries and those of J(x)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.probes import image
from mfcheck.observables import joint
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.statistics.means import Tail
from mfcheck.theory import finite_width

LEAKY, ABSOLUTE = ReLULike(1, 0.2), ReLULike(1, -1)
WIDER = {"quick": 1, "standard": 4, "paper": 16}
LEADING_KS = 0.0229
"""Distance to the Gaussian per unit of excess kurtosis, to leading order; above the distance when that is large."""

ENTRY_PAIRS = ("apart", "row", "column")


def offset_cells(settings: Settings) -> Iterator[Cell]:
    grid = {
        "vanilla": ((1000, 6, 1.6, ReLULike()), (1000, 8, 2.3, ReLULike()), (500, 4, 1.0, ABSOLUTE)),
        "residual": ((1000, 5, 0.5, LEAKY), (500, 6, 0.3, ReLULike())),
    }
    for architecture in settings.architectures:
        for statement in ("law", "variance"):
            details: dict[str, str] = {"statement": statement}
            for width, depth, variance, activation in grid.get(architecture, ()):
                size = width * WIDER[settings.level.name]
                yield Cell(
                    NetworkSpec(architecture, 784, 10, size, depth, variance, 0.5, activation), "wishart", details
                )
            if architecture in ARCHITECTURES:
                yield Cell(NetworkSpec(architecture, 16, 1, 24, 2, 1.7, 0.5, LEAKY), "dense", details)


def entry_pair_cells(settings: Settings) -> Iterator[Cell]:
    """Wide networks for the limit; narrow ones, where entries depend on each other, for the exact law of how much.

    One layer at N = 14 shows every term of that law; the deeper networks its growth with depth. Dense networks, dear as
    they are, show the dependence at N = 16, to a coarser δ that still tells it from none.
    """
    limit = {"vanilla": (2000, 5, 1.9, ReLULike()), "residual": (2000, 4, 1.0, LEAKY)}
    narrow = {
        "vanilla": ((14, 1, 1.2, ABSOLUTE), (60, 3, 2.2, ReLULike())),
        "residual": ((40, 2, 0.8, LEAKY),),
    }
    for architecture in settings.architectures:
        for entries in ENTRY_PAIRS:
            for width, depth, variance, act in (limit[architecture],) if architecture in limit else ():
                size = width * WIDER[settings.level.name]
                spec = NetworkSpec(architecture, 784, 10, size, depth, variance, 0.0, act)
                yield Cell(spec, "wishart", {"entries": entries, "statement": "limit"})
            for width, depth, variance, act in narrow.get(architecture, ()) if entries != "row" else ():
                spec = NetworkSpec(architecture, 784, 10, width, depth, variance, 0.0, act)
                yield Cell(spec, "wishart", {"entries": entries, "statement": "every-width"})
        if architecture not in ARCHITECTURES:
            continue
        width, statement = (16, "dependence") if architecture == "vanilla" else (48, "limit")
        spec = NetworkSpec(architecture, 4, 1, width, 1, 1.6)
        yield Cell(spec, "dense", {"entries": "apart", "statement": statement})


def offset_pair_cells(settings: Settings) -> Iterator[Cell]:
    """Dense only: the Wishart chain assumes that gates are coins, which is what makes J and a independent of x."""
    for architecture in settings.architectures:
        if architecture not in ARCHITECTURES:
            continue
        wide = NetworkSpec(architecture, 4, 1, 48, 1, 1.6, 0.5)
        yield Cell(wide, "dense", {"statement": "limit"})
        if architecture == "vanilla":
            narrow = NetworkSpec(architecture, 4, 1, 16, 1, 1.6, 0.5)
            yield Cell(narrow, "dense", {"statement": "dependence"})
            # One layer of |z| leaves no dependence: the finest test of the product itself.
            independent = NetworkSpec(architecture, 4, 1, 24, 1, 1.6, 0.5, ABSOLUTE)
            yield Cell(independent, "dense", {"statement": "every-width"})


@claim("thm4.1/offset-gaussian", cells=offset_cells)
def test_offset_gaussian(cell: Cell, decide: Decider) -> None:
    """Entries of a(x) are N(0, α σ_b² Σ_{k<L} ω^k) as N → ∞; the variance holds at every width."""
    moments = finite_width.offset_moments
    if cell.details["statement"] == "law":
        decide.law(
            joint.offset,
            component=0,
            probe=image(decide.settings, cell),
            reference=lambda theory: theory.offset(cell.spec),
            finite_width=lambda: LEADING_KS * 3 * (moments(cell.spec).square - 1),
            origin="leading order from the exact kurtosis at this width",
        )
    else:
        decide.mean_ratio(
            joint.offset,
            statistic=lambda draws: draws[:, 1],
            probe=image(decide.settings, cell),
            reference=lambda theory: float(theory.offset(cell.spec).var()),
            tail=lambda: Tail(moments(cell.spec).square, finite_width.offset_moment_bound(cell.spec, 4)),
        )


@claim("thm4.1/entries-independent", cells=entry_pair_cells)
def test_entries_independent(cell: Cell, decide: Decider) -> None:
    """Distinct entries of J(x) become independent: E J²J'² over the product of variances tends to 1 like L/N, and is
    known at every width."""
    spec, entries = cell.spec, str(cell.details["entries"])
    apart, statement = entries == "apart", cell.details["statement"]
    limit = statement == "limit"
    ratio = finite_width.apart_square_ratio if apart else finite_width.shared_square_ratio

    # By Cauchy and Schwarz the product of two squares has no larger moments than one square's own; a row's product
    # is at most three times as large.
    largest = 3 if entries == "row" else 1

    def moment(order: int) -> float:
        return finite_width.scale_moment(spec, 2 * order) * (largest / ratio(spec)) ** order

    decide.mean_ratio(
        joint.pair,
        statistic=lambda draws: draws[:, ENTRY_PAIRS.index(entries)],
        probe=image(decide.settings, cell),
        reference=lambda theory: (
            theory.jacobian_entry_variance(spec) ** 2
            * (1 if limit else theory.apart_square_ratio(spec) if apart else theory.shared_square_ratio(spec))
        ),
        tail=lambda: Tail(moment(2), moment(4)),
        finite_width={"limit": lambda: ratio(spec) - 1, "dependence": lambda: 0.0}.get(str(statement)),
    )


@claim("thm4.1/offset-independent", cells=offset_pair_cells)
def test_offset_independent(cell: Cell, decide: Decider) -> None:
    """J(x) and a(x) become independent: E J²a² over the product of variances tends to 1, and is known at any width."""
    spec, statement = cell.spec, cell.details["statement"]
    limit = statement == "limit"
    ratio = finite_width.offset_moments(spec).apart_ratio

    def moment(order: int) -> float:
        bound = finite_width.scale_moment(spec, 2 * order) * finite_width.offset_moment_bound(spec, 2 * order)
        return math.sqrt(bound) / ratio**order

    decide.mean_ratio(
        joint.offset,
        statistic=lambda draws: draws[:, 2],
        probe=image(decide.settings, cell),
        reference=lambda theory: (
            theory.jacobian_entry_variance(spec)
            * theory.offset_variance(spec)
            * (1 if limit else theory.offset_square_ratio(spec))
        ),
        tail=lambda: Tail(moment(2), moment(4)),
        finite_width={"limit": lambda: ratio - 1, "dependence": lambda: 0.0}.get(str(statement)),
    )
