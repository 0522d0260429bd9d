"""What all figures of a report share: colours that follow the page, placed axes, logarithmic ticks, inline SVG."""

from __future__ import annotations

import hashlib
import html
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings import states, wording
from mfcheck.reporting.figures.indices import with_indices
from mfcheck.reporting.figures.room import fit
from mfcheck.reporting.words import numbers
from mfcheck.verdict import Verdict

# Each colour is drawn as its fallback and then replaced by a CSS variable, so that one figure suits light and dark.
INK, FAINT, MEASURED, PREDICTED, EXACT, LIMIT = "#1f2429", "#7a8188", "#2f6fb2", "#b4581a", "#0f8579", "#8a4a9e"
STATES = {
    Verdict.SUPPORTED: "#1d7a45",
    Verdict.REFUTED: "#c02b2b",
    Verdict.UNDECIDED: "#a86b00",
    states.EXPECTED: "#5b4bb8",
    states.EXPLORED: "#4a6572",
}
VARIABLES = {
    INK: "ink",
    FAINT: "faint",
    MEASURED: "measured",
    PREDICTED: "predicted",
    EXACT: "exact",
    LIMIT: "limit",
    **{colour: states.slug(state) for state, colour in STATES.items()},
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,
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
Style = dict[str, Any]
"""Keywords of a call of matplotlib's."""
DASHED: Any = (0, (4, 2))
LEFT, BOTTOM, EDGE = 0.72, 0.52, 0.1
LONGEST = 6
"""Characters of a tick label on a logarithmic axis; where one would be longer all are written with powers of ten."""


@contextmanager
def drawing(*content: Any) -> Iterator[None]:
    """Matplotlib's settings for one figure; its content makes the ids in it unlike those of other figures."""
    salt = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own settings are, LaTeX say
        matplotlib.rcParams.update({**STYLE, "svg.hashsalt": salt})
        yield


def drawn(draw: Callable[..., str], *content: Any) -> str:
    """A figure of this content, or a sentence in its place: a report is more than its figures."""
    try:
        return draw(*content)
    except Exception as error:  # of matplotlib, or for content that no figure was made for
        said = wording.cut(f"{type(error).__name__}: {error}", 200)
        return f'<p class="soft small">This figure could not be drawn ({html.escape(said)}).</p>'


def panel(figure: Figure, *, bottom: float = BOTTOM, top: float = EDGE, left: float = LEFT) -> Axes:
    """Axes so many inches away from the figure's edges; fixed, because fitting them costs most of a figure's time."""
    width, height = figure.get_figwidth(), figure.get_figheight()
    axes = figure.add_axes(
        (left / width, bottom / height, 1 - (left + EDGE) / width, 1 - (bottom + top) / height),
    )
    axes.yaxis.set_label_coords(-0.56 / (width - left - EDGE), 0.5)
    return axes


def log_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Positions, as decimal logarithms, and labels of the ticks between two decimal logarithms.

    >>> log_ticks(1.0, 2.0)
    ([1.0, 1.3010299956639813, 1.6989700043360187, 2.0], ['10', '20', '50', '100'])
    >>> log_ticks(-0.1, 3.2)[1]
    ['1', '10', '10²', '10³']
    >>> log_ticks(6.6, 7.4)[1]
    ['5 × 10⁶', '10⁷', '2 × 10⁷']
    """
    wide = high - low > 2
    every = 1 + int((high - low) / 8)
    exponents = range(math.floor(low), math.ceil(high) + 1)
    steps = (1,) if wide else (1, 2, 5) if high - low > 0.6 else range(1, 10)
    values = [(step, exponent) for exponent in exponents for step in steps]
    ticks = [(math.log10(step) + exponent, step, exponent) for step, exponent in values if exponent % every == 0]
    shown = [tick for tick in ticks if low - 1e-9 <= tick[0] <= high + 1e-9]
    labels = [_plain(step, exponent) for _, step, exponent in shown]
    if wide or any(len(label) > LONGEST for label in labels):
        labels = [_power(step, exponent) for _, step, exponent in shown]
    return [at for at, _, _ in shown], labels


def _plain(step: int, exponent: int) -> str:
    return f"{step * 10**exponent:,.0f}" if exponent >= 0 else f"{step * 10.0**exponent:.{-exponent}f}"


def _power(step: int, exponent: int) -> str:
    """A tick with a power of ten, but for those that are shorter without.

    >>> _power(1, 1), _power(1, 7), _power(5, -10)
    ('10', '10⁷', '5 × 10⁻¹⁰')
    """
    if exponent in (0, 1):
        return _plain(step, exponent)
    return numbers.power(exponent) if step == 1 else f"{step} × {numbers.power(exponent)}"


def log_range(values: list[float], least: float = 0.7) -> tuple[float, float]:
    """The decimal logarithms a logarithmic axis has to show, never so close that noise would fill it."""
    low, high = math.log10(min(values)), math.log10(max(values))
    pad = max(0.06 * (high - low), (least - (high - low)) / 2)
    return low - pad, high + pad


def logarithms(values: Iterable[float]) -> list[float]:
    """Decimal logarithms; NaN, which leaves a gap in a curve, of what has none.

    >>> logarithms([100, math.nan, 0])
    [2.0, nan, nan]
    """
    return [math.log10(value) if value > 0 else math.nan for value in values]


def finite(values: Iterable[float]) -> list[float]:
    """The finite ones of some values."""
    return [value for value in values if math.isfinite(value)]


def svg(figure: Figure, label: str) -> str:
    """A figure as an SVG element without anything that varies between runs."""
    fit(figure)
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    # Every text stands a second time in a comment, and indents are a tenth of a figure: a page holds only so much.
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r">\n\s+<", ">\n<", text)
    # Group names such as figure_1 repeat in every figure, and a page may hold an id only once.
    text = re.sub(r'<g id="[\w.]+_\d+"(/?)>', r"<g\1>", text)
    text = with_indices(re.sub(r' d="[^"]*"', _shorter, text))
    for colour, name in VARIABLES.items():
        text = text.replace(colour, f"var(--{name}, {colour})")
    return text.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def _shorter(path: re.Match[str]) -> str:
    """A path to a hundredth of a point, on one line."""
    return re.sub(r"(\.\d\d)\d+", r"\1", path[0]).replace(" \n", " ").replace("\n", " ")


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
