"""How near the bound comes to what is measured in wide networks: a panel over the norm pairs, and its numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mfcheck.findings.report import ClaimRecord, Report
from mfcheck.reporting.curves.profiles import pair_of
from mfcheck.reporting.figures.plots import INK, MEASURED, STATES, Style, drawing, svg
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair
from mfcheck.verdict import Verdict

NORMS = (1.0, 2.0, math.inf)
SIDE, LEFT, TOP, KEY = 1.9, 0.62, 0.3, 0.62
"""Inches: width of a cell, and what is left of, above and below all of them."""
ROW = 1.07
LOOSEST, STRONGEST = 0.7, 0.5
"""The ratio with the strongest shade, and that shade's opacity, over which text stays readable."""
SIZES = {"many-inputs": "d ≫ K", "square": "K = d"}


@dataclass
class Tightness:
    """What one norm pair's medians come to over β: by constant at the findings' width, and in limits of the sizes."""

    sizes: tuple[int, int]
    ratios: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def shown(self) -> float:
        """The ratio to Chevet's constant where there is one, else to the theory's."""
        return self.ratios.get("chevet", next(iter(self.ratios.values())))

    @property
    def own(self) -> float | None:
        """The ratio to the theory's own constant where that stands beside Chevet's."""
        return self.ratios.get("theory") if "chevet" in self.ratios else None


def tightness(claim: ClaimRecord, report: Report) -> dict[NormPair, Tightness]:
    """How tight the bound is for each norm pair, from the medians of a claim and the limits that any claim found."""
    found: dict[NormPair, Tightness] = {}
    for finding in claim.decided:
        parameters, pair = finding.parameters, pair_of(finding)
        if pair is not None and parameters.get("statement") == "median":
            sizes = (parameters["input_dim"], parameters["output_dim"])
            entry = found.setdefault(pair, Tightness(sizes))
            if sizes == entry.sizes:  # ratios that stand beside each other are those of one network
                entry.ratios.setdefault(str(parameters.get("constant", "theory")), finding.estimate)
    for finding in (one for other in report.claims for one in other.decided):
        parameters, pair = finding.parameters, pair_of(finding)
        if pair in found and parameters.get("sizes") in SIZES:
            chevet = "chevet" in found[pair].ratios
            if not chevet or parameters.get("constant") == "chevet":
                found[pair].limits.setdefault(str(parameters["sizes"]), finding.estimate)
    return found


def tightness_figure(claim: ClaimRecord, report: Report) -> str:
    """Medians over β of wide networks, a row for each p and a column for each q; empty below two of these pairs."""
    found = tightness(claim, report)
    usual = {pair: one for pair, one in found.items() if pair.p in NORMS and pair.q in NORMS}
    if len(usual) < 2:
        return ""
    width, height = LEFT + 3 * SIDE + 0.06, TOP + 3 * ROW + KEY
    with drawing("tightness", claim.id, [(str(pair), vars(one)) for pair, one in found.items()]):
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-LEFT, width - LEFT), ylim=(height - TOP, -TOP))
        axes.set_axis_off()
        for place, norm in enumerate(NORMS):
            axes.text((place + 0.5) * SIDE, -0.1, f"q = {notation.norm(norm)}", ha="center")
            axes.text(-0.1, (place + 0.5) * ROW, f"p = {notation.norm(norm)}", ha="right", va="center")
        common = sizes_of(usual)
        for pair, one in usual.items():
            _cell(axes, NORMS.index(pair.q) * SIDE, NORMS.index(pair.p) * ROW, one, common)
        _key(axes, 3 * ROW + 0.16)
        return svg(figure, f"Tightness of the bound by norm pair, {claim.id}")


def sizes_of(found: dict[NormPair, Tightness]) -> tuple[int, int]:
    """The inputs and outputs that most pairs were measured with."""
    return Counter(one.sizes for one in found.values()).most_common(1)[0][0]


def tightness_rows(found: dict[NormPair, Tightness]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Columns and rows of the same numbers as a table."""
    columns = ("(p, q)", "d", "K", "median over β", "over the theory's own β", *SIZES.values())
    rows = []
    for pair, one in sorted(found.items(), key=lambda item: (item[0].p, item[0].q)):
        numbers = (one.shown, one.own, *(one.limits.get(name) for name in SIZES))
        shown = ("—" if number is None else f"{number:.3f}" for number in numbers)
        rows.append((notation.pair(pair), *map(str, one.sizes), *shown))
    return columns, rows


def _cell(axes: Axes, x: float, y: float, one: Tightness, common: tuple[int, int]) -> None:
    _shade(axes, (x, y), (SIDE, ROW), one.shown)
    middle: Style = {"ha": "center", "va": "center"}
    # The large number stands in one place in all cells, so that a row or column can be read along.
    axes.text(x + SIDE / 2, y + 0.3, f"{one.shown:.3f}", fontsize=14.0, **middle)
    if one.own is not None:
        axes.text(x + SIDE / 2, y + 0.53, f"theory's own β: {one.own:.3f}", fontsize=8.5, **middle)
    if one.sizes != common:
        axes.text(x + SIDE / 2, y + 0.71, notation.sizes(*one.sizes), fontsize=8.5, **middle)
    limits = " · ".join(f"{SIZES[name]} {one.limits[name]:.3f}" for name in SIZES if name in one.limits)
    axes.text(x + SIDE / 2, y + 0.92, limits, fontsize=8.0, **middle)


def _shade(axes: Axes, corner: tuple[float, float], size: tuple[float, float], ratio: float) -> None:
    """A box in the colour of its ratio: the looser the bound the stronger, and in another colour where it fails."""
    colour = MEASURED if ratio <= 1 else STATES[Verdict.REFUTED]
    # By the root, since most constants are within a few percent of tight and their differences should show.
    strength = STRONGEST * math.sqrt(min(1.0, (1 - ratio) / (1 - LOOSEST))) if ratio <= 1 else 0.3
    x, y = corner
    inset = 0.02
    box = (x + inset, y + inset), size[0] - 2 * inset, size[1] - 2 * inset
    axes.add_patch(Rectangle(*box, facecolor=colour, alpha=max(0.05, strength), linewidth=0))


def _key(axes: Axes, y: float) -> None:
    steps = ((LOOSEST, f"≤ {LOOSEST:g}"), (0.8, "0.8"), (0.9, "0.9"), (0.95, "0.95"), (1.0, "1"), (1.1, "above 1"))
    for place, (ratio, name) in enumerate(steps):
        x = place * 0.66
        _shade(axes, (x, y), (0.66, 0.16), ratio)
        axes.text(x + 0.33, y + 0.28, name, ha="center", va="center", fontsize=8.0)
    axes.text(len(steps) * 0.66 + 0.12, y + 0.09, "median over β", va="center", fontsize=8.5, color=INK)
