"""The figures of a report as inline SVG that takes its colours from the page around it."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.reporting import words
from mfcheck.verdict import Verdict

# Each colour is drawn as its fallback and then replaced by a CSS variable, so that one figure suits light and dark.
INK, FAINT, MEASURED, PREDICTED, LIMIT = "#1f2429", "#7a8188", "#2f6fb2", "#b4581a", "#8a4a9e"
VERDICTS = {Verdict.SUPPORTED: "#1d7a45", Verdict.REFUTED: "#c02b2b", Verdict.UNDECIDED: "#a86b00"}
VARIABLES = {
    INK: "ink",
    FAINT: "faint",
    MEASURED: "measured",
    PREDICTED: "predicted",
    LIMIT: "limit",
    VERDICTS[Verdict.SUPPORTED]: "supported",
    VERDICTS[Verdict.REFUTED]: "refuted",
    VERDICTS[Verdict.UNDECIDED]: "undecided",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}
FARTHEST = 3.0


def law_figure(finding: dict[str, Any]) -> str:
    """The measured CDF of a finding with a curve against the predicted law, and their difference below."""
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": _salt(finding)}):
        curve, margin = finding["curve"], words.allowed_region(finding)[1] - finding["reference"]
        band = dkw_band(finding["alpha"], curve["draws"])
        difference = [m - p for m, p in zip(curve["measured"], curve["predicted"], strict=True)]
        figure = Figure(figsize=(6.4, 4.3), layout="constrained")
        law, rest = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.3))

        _band(law, curve["x"], curve["measured"], band)
        law.plot(curve["x"], curve["measured"], color=MEASURED, linewidth=1.6, label="measured")
        law.plot(curve["x"], curve["predicted"], color=PREDICTED, linewidth=1.3, linestyle=(0, (4, 2)), label="theory")
        law.set_ylabel("P[X ≤ x]")
        law.set_ylim(-0.03, 1.03)

        _band(rest, curve["x"], difference, band)
        rest.axhline(0, color=PREDICTED, linewidth=0.9, linestyle=(0, (4, 2)))
        rest.plot(curve["x"], difference, color=MEASURED, linewidth=1.1)
        for side in (-margin, margin):
            limit = rest.axhline(side, color=LIMIT, linewidth=1.0, linestyle="--", label="margin")
        reach = 1.05 * max(margin, band + max(map(abs, difference)))
        rest.set_ylim(-reach, reach)
        rest.set_ylabel("measured − theory")
        rest.set_xlabel("x")
        figure.align_ylabels([law, rest])
        law.legend(handles=[*law.get_legend_handles_labels()[0], limit], loc="upper left")
        return _svg(figure, f"Measured law against theory in {finding['cell']}")


def dkw_band(alpha: float, draws: int) -> float:
    """Half the height of the band that holds a whole law with probability 1 − alpha (Dvoretzky-Kiefer-Wolfowitz)."""
    return math.sqrt(math.log(2 / alpha) / (2 * draws))


def interval_figure(claim: dict[str, Any]) -> str:
    """One bar for each decided finding of a claim, in units of its margin; empty where there is none."""
    findings = [finding for finding in claim["findings"] if finding["verdict"] != Verdict.NOT_APPLICABLE]
    if not findings:
        return ""
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": _salt(claim["id"], findings)}):
        figure = Figure(figsize=(6.4, 0.62 + 0.4 * len(findings)))
        inches = figure.get_figheight()
        axes = figure.add_axes((0.02, 0.52 / inches, 0.96, 1 - 0.56 / inches))
        lowest = min(-0.06, *(_offset(finding, words.allowed_region(finding)[0]) for finding in findings))
        reached = [_offset(finding, end) for finding in findings for end in finding["interval"]]
        left, right = (max(1.2 * min(lowest, *reached), -FARTHEST), min(max(1.2, 1.06 * max(reached)), FARTHEST))
        for row, finding in enumerate(findings):
            _interval(axes, -row, finding, left, right)
        axes.set_xlim(left, right)
        axes.set_ylim(-len(findings) + 0.6, 0.7)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("distance from the theory, in margins (shaded: allowed)")
        return _svg(figure, f"Intervals against allowed regions of {claim['id']}")


def _interval(axes: Axes, y: float, finding: dict[str, Any], left: float, right: float) -> None:
    colour = VERDICTS[Verdict(finding["verdict"])]
    bottom, top = (_offset(finding, end) for end in words.allowed_region(finding))
    low, high, at = (_offset(finding, value) for value in (*finding["interval"], finding["estimate"]))
    axes.barh(y, top - bottom, left=bottom, height=0.36, color=FAINT, alpha=0.22, linewidth=0)
    axes.plot([0, 0], [y - 0.26, y + 0.26], color=PREDICTED, linewidth=1.2)
    axes.plot([max(low, left), min(high, right)], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
    axes.plot([min(max(at, left), right)], [y], marker="|", markersize=9, markeredgewidth=1.6, color=colour)
    for end, mark, outside in ((left, "<", low < left), (right, ">", high > right)):
        if outside:
            axes.plot([end], [y], marker=mark, markersize=6, color=colour, clip_on=False)
    glyph = words.GLYPHS[Verdict(finding["verdict"])]
    over: dict[str, Any] = {
        "va": "center",
        "fontsize": 8.0,
        "parse_math": False,
        "transform": axes.get_yaxis_transform(),
    }
    axes.text(0.0, y + 0.44, f"{glyph} {_clip(finding['cell'], 78)}", color=colour, **over)
    axes.text(1.0, y + 0.44, words.evidence(finding)["estimate"], color=INK, ha="right", **over)


def _offset(finding: dict[str, Any], value: float) -> float:
    """How many margins a value lies from the reference; a margin of zero counts as the interval's own reach."""
    reference = finding["reference"]
    bottom, top = words.allowed_region(finding)
    reach = max(top - reference, reference - bottom) or max(abs(end - reference) for end in finding["interval"]) or 1.0
    return float((value - reference) / reach)


def _band(axes: Axes, x: list[float], centre: list[float], half: float) -> None:
    low, high = [value - half for value in centre], [value + half for value in centre]
    axes.fill_between(x, low, high, color=MEASURED, alpha=0.16, linewidth=0, label="DKW band")


def _clip(text: str, length: int) -> str:
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= length else text[: length // 2] + "…" + text[-(length - length // 2 - 1) :]


def _salt(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _svg(figure: Figure, label: str) -> str:
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    # Group names such as figure_1 repeat in every figure, and a page may hold an id only once.
    text = re.sub(r'<g id="[\w.]+_\d+">', "<g>", text)
    for colour, name in VARIABLES.items():
        text = text.replace(colour, f"var(--{name}, {colour})")
    return text.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
