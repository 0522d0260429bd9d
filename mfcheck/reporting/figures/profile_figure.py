"""The figure of measured loss over its bound against width: small panels for all norm pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.profiles import EXCESS, Profile, by_pair, profiles
from mfcheck.reporting.figures.plots import (
    DASHED,
    EDGE,
    EXACT,
    INK,
    LIMIT,
    MEASURED,
    PREDICTED,
    Style,
    drawing,
    finite,
    log_range,
    log_ticks,
    svg,
)
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair

SERIES = ((MEASURED, "o"), (LIMIT, "s"), (EXACT, "D"), (INK, "^"))
"""Colour and marker of a network; of more than these, some share them."""
HOLLOW: Style = {"linewidth": 0.7, "markerfacecolor": "none"}
EXPECTED: Style = {"linewidth": 0.9, "linestyle": (0, (1, 1.2))}
FAR_APART: Style = {"linestyle": (0, (1, 3))}
COLUMNS = (1.0, 2.0, math.inf)
"""The values of q, and of p, that have a column, and a row, of their own."""
CELL, GAP, LEFT, BOTTOM = 1.52, 0.26, 0.58, 0.36
"""Inches: height of a small panel, what is free above it, left of the first and below the last."""


def profiles_figure(claim: ClaimRecord) -> str:
    """Small panels of the median over the bound against width, a row for each p and a column for each q; empty if the
    claim has no profile."""
    groups = by_pair(profiles(claim))
    if not groups:
        return ""
    rows = _grid(list(groups))
    every = [one for group in groups.values() for one in group]
    values = [value for one in every for value in (*one.measured, *finite(one.expected), 1.0)]
    low, high = min(values), max(values)
    pad = 0.05 * (high - low) + 0.01
    ends = log_range([width for one in every for width in one.widths])
    free = _free_at_end(rows[-1])
    tall, columns = len(rows) + (0 if free < len(rows[-1]) else 0.5), len(rows[0])
    styles = _styles(groups)
    with drawing("profiles", claim.id, claim.findings):
        figure = Figure(figsize=(6.4, BOTTOM + tall * (CELL + GAP)))
        drawn = {}
        for row, pairs in enumerate(rows):
            for column, pair in enumerate(pairs):
                if pair is not None:
                    axes = drawn[row, column] = _cell(figure, row, column, columns)
                    _profile(axes, pair, groups[pair], styles)
                    axes.set(xlim=ends, ylim=(low - pad, high + pad))
                    _ticks(axes, ends, labels=(row + 1, column) not in _filled(rows), first=not any(pairs[:column]))
        place = (len(rows) - 1, free) if free < columns else (len(rows), 0)
        keys = _cell(figure, *place, columns)
        _keys(keys, styles, every, below=free == columns)
        figure.supylabel("median over the bound", x=0.06 / 6.4, y=0.55, fontsize=9.0)
        return svg(figure, f"Median over the bound against width, {claim.id}")


def _grid(pairs: list[NormPair]) -> list[list[NormPair | None]]:
    """Rows of three: those of the usual p, each with the usual q, and after them all other pairs.

    Columns that stand empty in all of them are left out; beside a single one the legend has its place.
    """
    usual = [pair for pair in pairs if pair.p in COLUMNS and pair.q in COLUMNS]
    others: list[NormPair | None] = [pair for pair in pairs if pair not in usual]
    rows: list[list[NormPair | None]] = []
    for p in COLUMNS:
        row = [next((pair for pair in usual if pair == NormPair(p, q)), None) for q in COLUMNS]
        rows += [row] if any(row) else []
    for start in range(0, len(others), len(COLUMNS)):
        row = others[start : start + len(COLUMNS)]
        rows.append([*row, *[None] * (len(COLUMNS) - len(row))])
    used = [column for column in range(len(COLUMNS)) if any(pairs[column] for pairs in rows)]
    if len(used) == 1:
        return [[pairs[used[0]], None] for pairs in rows]
    return [[pairs[column] for column in used] for pairs in rows]


def _free_at_end(pairs: list[NormPair | None]) -> int:
    """The first column from which on a row is empty: the legend, which is wider than a panel, may reach over all."""
    filled = [column for column, pair in enumerate(pairs) if pair is not None]
    return filled[-1] + 1


def _filled(rows: list[list[NormPair | None]]) -> set[tuple[int, int]]:
    return {(row, column) for row, pairs in enumerate(rows) for column, pair in enumerate(pairs) if pair is not None}


def _cell(figure: Figure, row: int, column: int, columns: int) -> Axes:
    width, height = figure.get_figwidth(), figure.get_figheight()
    wide = (width - LEFT - EDGE - (columns - 1) * GAP) / columns
    bottom = height - (row + 1) * (CELL + GAP)
    return figure.add_axes(
        ((LEFT + column * (wide + GAP)) / width, (bottom + 0.08) / height, wide / width, (CELL - 0.08) / height)
    )


def _styles(groups: dict[NormPair, list[Profile]]) -> dict[str, tuple[str, str]]:
    """Colour and marker of networks, by their sizes where these tell those of every panel apart, else by all there is.

    Panels may have different networks: what is drawn alike in two of them is alike in its sizes at least.
    """
    by_sizes = all(
        len({one.sizes for one in group}) == len({one.network for one in group}) for group in groups.values()
    )
    names = dict.fromkeys(one.sizes if by_sizes else one.network for group in groups.values() for one in group)
    return {name: SERIES[place % len(SERIES)] for place, name in enumerate(names)}


def _name(one: Profile, styles: Mapping[str, tuple[str, str]]) -> str:
    return one.sizes if one.sizes in styles else one.network


def _profile(axes: Axes, pair: NormPair, group: list[Profile], styles: Mapping[str, tuple[str, str]]) -> None:
    axes.axhline(1, color=PREDICTED, linewidth=0.9, linestyle=DASHED)
    for one in group:
        colour, marker = styles[_name(one, styles)]
        x = [math.log10(width) for width in one.widths]
        mark: Style = {"color": colour, "marker": marker, "markersize": 2.8, "linewidth": 1.0}
        axes.plot(x, one.measured, **mark | (HOLLOW if _is_own(one, group) else {}))
        if finite(one.expected):
            axes.plot(x, one.expected, color=colour, **EXPECTED | (FAR_APART if _is_own(one, group) else {}))
    axes.set_title(f"(p, q) = {notation.pair(pair)}", fontsize=8.5, pad=3)


def _is_own(one: Profile, group: Iterable[Profile]) -> bool:
    """Whether it is over the theory's own constant where the same network is over another too."""
    return any(one.network == other.network and one.constant != other.constant for other in group) and (
        one.constant != "chevet"
    )


def _ticks(axes: Axes, ends: tuple[float, float], *, labels: bool, first: bool) -> None:
    at, names = log_ticks(*ends)
    every = 1 + len(at) // 5
    axes.set_xticks(at[::every], names[::every])
    axes.tick_params(labelsize=8.0, labelbottom=labels, labelleft=first)
    if labels:
        axes.set_xlabel("width N", fontsize=8.0, labelpad=1)


def _keys(axes: Axes, styles: Mapping[str, tuple[str, str]], every: list[Profile], *, below: bool) -> None:
    """The legend, in the place of a panel or `below` all of them."""
    axes.set_axis_off()
    for name, (colour, marker) in styles.items():
        axes.plot([], [], color=colour, marker=marker, markersize=2.8, linewidth=1.0, label=name)
    if any(_is_own(one, group) for group in by_pair(every).values() for one in group):
        axes.plot([], [], color=INK, marker="o", markersize=2.8, label="hollow: over the theory's own β", **HOLLOW)
    axes.plot([], [], color=PREDICTED, linewidth=0.9, linestyle=DASHED, label="bound")
    if any(finite(one.expected) for one in every):
        axes.plot([], [], color=INK, label=f"{EXCESS}, by colour", **EXPECTED)
    axes.legend(loc="upper left" if below else "center left", fontsize=8.0, borderaxespad=0, ncols=2 if below else 1)
