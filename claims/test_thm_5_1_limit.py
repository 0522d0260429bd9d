"""Theorem 5.1: what L_adv/(ε ω^{L/2}) tends to with the width, and how near that comes to β."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, NormPair, PaperTheory, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup
from mfcheck.decisions.probes import image
from mfcheck.observables import losses
from mfcheck.settings import Settings
from mfcheck.spec import dual_exponent
from mfcheck.theorems.bound import (
    INFINITE,
    PAIRS,
    PAPERS,
    at_finite_dimension,
    constant,
    gain,
    near_the_limit,
    one_output,
    pair_of,
    spread_at_infinity,
    turns,
)
from mfcheck.theory import finite_width
from mfcheck.theory.norms import chevet_beta, expected_norm

WIDTHS = (10_000, 10_000_000, INFINITE)
LOOSE = (NormPair(2, 1), NormPair(math.inf, 2), NormPair(math.inf, 1))
"""The pairs whose constant is not reached where K grows with d."""
TIGHT = (NormPair(2, 2), NormPair(2, math.inf), NormPair(math.inf, math.inf))
SQUARE = {True: 200, False: 300}
"""Inputs and outputs of square cells, loose or not: an ascent for every output is dear."""
QUICK_TRENDS = (NormPair(2, 2), NormPair(math.inf, 1), NormPair(1, 2))


def limit_cells(settings: Settings) -> Iterator[Cell]:
    """At a width that stands for infinity; over widths; and at narrow dense networks, where one output is exact."""
    for pair, spec in zip(PAIRS, turns(settings, INFINITE, 5), strict=False):
        yield Cell(spec, "wishart", {"pair": str(pair), "statement": "limit"})
    trends = QUICK_TRENDS if settings.level.name == "quick" else PAIRS
    for pair, spec in zip(trends, turns(settings, WIDTHS[0], 3, 196, 3), strict=False):
        yield Cell(spec, "wishart", {"pair": str(pair), "statement": "trend"})
    for pair, spec in zip((NormPair(math.inf, 2), NormPair(2, 2)), turns(settings, 48, 1, 49, 1), strict=False):
        yield Cell(spec, "dense", {"pair": str(pair), "statement": "one-output", "dataset": settings.dataset})


def leading_cells(settings: Settings) -> Iterator[Cell]:
    """Two outputs and many inputs, where Chevet's second term vanishes; and as many of both, where it does not."""
    for pair, spec in zip(PAIRS, turns(settings, INFINITE, 1, 20_000, 2), strict=False):
        for beta in ("theory", "chevet") if pair in PAPERS else ("theory",):
            yield Cell(spec, "wishart", {"pair": str(pair), "constant": beta, "sizes": "many-inputs"})
    for pair, spec in zip((*TIGHT, *LOOSE), turns(settings, INFINITE, 1), strict=False):
        size, beta = SQUARE[pair in LOOSE], "chevet" if pair in PAPERS else "theory"
        square = replace(spec, input_dim=size, output_dim=size)
        yield Cell(square, "wishart", {"pair": str(pair), "constant": beta, "sizes": "square"})
    for pair, spec in zip((NormPair(math.inf, math.inf),), turns(settings, 48, 1, 196, 1), strict=False):
        yield Cell(spec, "dense", {"pair": str(pair), "constant": "chevet", "sizes": "one-output"})


def limit_of_one_output(cell: Cell) -> float:
    """E‖z‖_{p*}/√d, the limit where K = 1, whatever q."""
    return expected_norm(cell.spec.input_dim, dual_exponent(pair_of(cell).p)) / math.sqrt(cell.spec.input_dim)


@claim("thm5.1/bound-limit", cells=limit_cells)
def test_bound_limit(cell: Cell, decide: Decider) -> None:
    """As ε → 0, L_adv/(ε ω^{L/2}) tends with N to ‖Z‖_{p,q}/√d, Z a standard normal K×d matrix."""
    pair, spec, level = pair_of(cell), cell.spec, decide.settings.level
    source, probe = losses.operator_norms(pair.p, pair.q), image(decide.settings, cell)

    def group(width: int) -> MedianGroup:
        wide = replace(spec, width=width)
        scale = gain(PaperTheory(), wide, pair)
        return MedianGroup(math.log(width), wide, source, lambda draws: (draws[:, 0] / (draws[:, 1] * scale) - 1) ** 2)

    def next_order() -> Allowance:
        slope = finite_width.gram_deviation(spec) / math.log(WIDTHS[-1] / WIDTHS[0])
        return Allowance(slope, slope, "the next order, at the narrowest width")

    match cell.details["statement"]:
        case "limit":
            decide.median_ratio(
                source,
                statistic=lambda draws: draws[:, 0] / draws[:, 1],
                probe=probe,
                reference=lambda theory: gain(theory, spec, pair),
                allowance=lambda: near_the_limit(spec, pair),
                spread=0.001,
                delta=level.exact,
            )
        case "trend":
            decide.median_slope(
                [group(width) for width in WIDTHS],
                probe=lambda spec: probe,
                x_label="log N",
                rises=lambda theory, group: 1 / group.spec.width,
                allowance=next_order,
                spread=1.9,
            )
        case _:
            decide.mean_ratio(
                source,
                statistic=lambda draws: draws[:, 0],
                probe=probe,
                reference=lambda theory: gain(theory, spec, pair) * limit_of_one_output(cell),
                tail=lambda: one_output(spec, pair)[1],
                finite_width=lambda: one_output(spec, pair)[0] - 1,
            )


@claim("thm5.1/bound-leading-order", cells=leading_cells)
def test_bound_leading_order(cell: Cell, decide: Decider) -> None:
    """The limit of L_adv/(ε ω^{L/2}) over β tends to 1 as d → ∞ at fixed K; where K = d it does for (2,2), (2,∞) and
    (∞,∞), and stays below 1 for (2,1), (∞,2) and (∞,1)."""
    pair, spec, sizes = pair_of(cell), cell.spec, cell.details["sizes"]
    source, probe = losses.operator_norms(pair.p, pair.q), image(decide.settings, cell)
    if sizes == "one-output":
        below = limit_of_one_output(cell) / chevet_beta(pair.p, pair.q, spec.input_dim, 1)
        decide.mean_ratio(
            source,
            statistic=lambda draws: draws[:, 0],
            probe=probe,
            reference=lambda theory: gain(theory, spec, pair) * constant(theory, cell),
            tail=lambda: one_output(spec, pair)[1],
            finite_width=lambda: one_output(spec, pair)[0] * below - 1,
        )
        return
    loose = sizes == "square" and pair in LOOSE

    def gap() -> Allowance:
        if loose:
            edge = spec.input_dim ** (-2 / 3)
            return Allowance(edge, edge, "finite dimension: of the order d^{−2/3}, as at the edge of a spectrum")
        if sizes == "square" and pair == NormPair(2, 2):
            edge = 1.2065 * (4 * spec.input_dim) ** (-2 / 3)
            return Allowance(2 * edge, edge, "twice the Tracy–Widom mean at finite dimension (Johnstone 2001)")
        return at_finite_dimension(pair, spec.input_dim, spec.output_dim)

    decide.median_ratio(
        source,
        statistic=lambda draws: draws[:, 1],
        probe=probe,
        reference=lambda theory: constant(theory, cell),
        allowance=gap,
        spread=0.015 if sizes == "square" else 0.03 if pair.p == 1 else spread_at_infinity(pair, spec),
        delta=decide.settings.level.exact,
        breaks="below" if loose else False,
    )
