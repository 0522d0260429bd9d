"""What a report shows of a bound: losses against the budget, ratios against width, tightness, and widths needed."""

from __future__ import annotations

import copy
import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from mfcheck.reporting.curves.profiles import Profile, profiles
from mfcheck.reporting.figures.budget_figure import budget_figure
from mfcheck.reporting.figures.point_figure import points, points_figure
from mfcheck.reporting.figures.profile_figure import profiles_figure
from mfcheck.reporting.figures.tightness import LIMITS, tightness, tightness_figure
from mfcheck.reporting.figures.trend_figures import trend_figure
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.pages import render_html
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair
from mfcheck.tests.test_reporting import Page, make_claim, make_finding, make_report, make_trend

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
    return make_profile(pair, [1.5, 1.1, 1.01, 0.97], statement="median", constant=constant, **changes)


def make_point(width: float, engine: str = "lazy", estimate: float = 1.03, **changes: Any) -> dict[str, Any]:
    return make_profile("inf-inf", [estimate], x=[width], engine=engine, estimate=estimate, **changes)


def make_limit(pair: str, sizes: str, estimate: float, constant: str = "theory") -> dict[str, Any]:
    parameters = {"pair": pair, "sizes": sizes, "constant": constant}
    return make_finding(cell=f"limit-{pair}-{sizes}-{constant}", estimate=estimate, parameters=parameters)


def make_loss(cell: str, last: float = 0.7, **changes: Any) -> dict[str, Any]:
    x = [0.001, 0.01, 0.1, 1.0]
    curve = {"kind": "profile", "x_label": "ε", "x": x, "predicted": [20 * eps for eps in x], "draws": 44}
    curve |= {"exact": [22 * eps for eps in x], "flips": [0.0, 0.004, 0.05, 0.3]}
    curve |= {"measured": [0.022, 0.22, 2.1, 22 * last]} | changes
    return make_finding(cell=cell, curve=curve)


def labels_of(source: str) -> list[str]:
    return re.findall(r'<svg role="img" aria-label="([^"]*)"', source)


def profile(*measured: float, widths: tuple[float, ...] = (100.0, 1000.0, 10_000.0, 100_000.0)) -> Profile:
    return Profile(NormPair(2, 2), "theory", "vanilla", widths, measured, (math.nan,) * len(widths), 64, 160)


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
    id=LIMITS,
)
REPORT = make_report(LIMIT_CLAIM, make_claim(*FULL, id=BOUND))


@pytest.mark.parametrize(
    ("measured", "excess", "expected"),
    [
        ((1.2, 1.0, 0.9, 0.9), 0.0, 1000.0),
        ((0.9, 0.8, 0.8, 0.8), 0.0, 0.0),
        ((1.0, 0.8, 0.8, 0.8), 0.0, 0.0),
        ((1.5, 1.2, 1.1, 1.05), 0.02, math.inf),
        ((1.5, 1.2, 1.1, 1.05), 0.05, 100_000.0),
        ((4.0, 0.25, 0.2, 0.2), 0.0, math.sqrt(100.0 * 1000.0)),
        # Not monotone: only from the last crossing on does it hold.
        ((0.9, 1.1, 0.9, 0.9), 0.0, 1000 * 10 ** (math.log(1.1) / math.log(1.1 / 0.9))),
        ((1.2, 0.9, 1.1, 0.9), 0.0, 10_000 * 10 ** (math.log(1.1) / math.log(1.1 / 0.9))),
        ((0.9, 0.9, 0.9, 1.01), 0.0, math.inf),
        ((0.9, 0.9, 0.9, 1.01), 0.01, 0.0),
    ],
)
def test_a_bound_holds_from_the_last_crossing_on(measured: tuple[float, ...], excess: float, expected: float) -> None:
    assert profile(*measured).holds_from(excess) == pytest.approx(expected)


def test_widths_needed_do_not_grow_with_what_is_granted() -> None:
    one = profile(1.4, 1.02, 1.12, 0.98)
    needed = [one.holds_from(x / 100) for x in range(50)]
    assert needed == sorted(needed, reverse=True)


def test_the_table_of_widths_is_on_both_pages() -> None:
    claim = make_claim(
        make_profile("2-2", [1.2, 1.0, 0.9, 0.9], statement="median", constant="theory"),
        make_profile("inf-inf", [1.2, 1.1, 1.06, 1.03], statement="median", constant="theory"),
        make_profile("1-1", [0.9, 0.8, 0.8, 0.8], statement="median", constant="theory"),
        id=BOUND,
    )
    text = render_markdown(make_report(claim)).replace("\\", "")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| (")]
    found = {(row[0], len(row)): row[3:] for row in rows}
    assert found["(1, 1)", 8] == ["≤ 100"] * 5
    assert found["(2, 2)", 8] == ["1,000", "880", "780", "540", "300"]
    assert found["(∞, ∞)", 8][:3] == ["> 10⁵"] * 3
    assert "64 networks drawn at each width, 160 at the widest" in text
    assert "measured medians" in text
    assert "interpolated" in text
    shown = Page(render_html(make_report(claim))).text
    for value in ("≤ 100", "> 10⁵", "1,000", "Width from which on the bound holds within x %"):
        assert value in shown


def test_profiles_leave_out_what_was_not_measured_and_need_two_widths() -> None:
    gap = make_profile("2-2", [1.5, None, 1.0, 0.9], exact=[None, 1.1, 1.0, 1.0])
    alone = make_profile("1-1", [None, None, None, 0.9])
    other = make_profile("2-inf", [1.2, 1.1, 1.0, 0.9], exact=[])
    found = profiles(make_claim(alone, other, gap, make_point(128.0), make_finding()))
    assert [(one.pair, one.widths) for one in found] == [
        (NormPair(2, 2), (100.0, 10_000.0, 100_000.0)),
        (NormPair(2, math.inf), tuple(WIDTHS)),
    ]
    assert math.isnan(found[0].expected[0])
    assert all(map(math.isnan, found[1].expected))
    assert profiles_figure(make_claim(gap, other)).startswith("<svg")


def test_chevets_constant_leads_where_a_pair_has_two() -> None:
    found = profiles(make_claim(make_median("2-inf"), make_median("2-inf", "chevet"), make_median("1-1")))
    assert [(notation.pair(one.pair), one.constant) for one in found] == [
        ("(1, 1)", "theory"),
        ("(2, ∞)", "chevet"),
        ("(2, ∞)", "theory"),
    ]


def test_small_panels_stand_in_the_order_of_norms_whatever_the_order_of_findings() -> None:
    figure = profiles_figure(make_claim(*FULL, id=BOUND))
    expected = [f"(p, q) = {notation.pair(NormPair.parse(pair))}" for pair in PAIRS]
    assert re.findall(r"\(p, q\) = \([^)]*\)", re.sub("<!--.*?-->", "", figure)) == expected
    some = profiles_figure(make_claim(make_median("4-1.5"), make_median("inf-1")))
    assert re.findall(r"\(p, q\) = \([^)]*\)", re.sub("<!--.*?-->", "", some)) == [
        "(p, q) = (∞, 1)",
        "(p, q) = (4, 1.5)",
    ]
    assert "over the theory's own β" in figure
    assert "over the theory's own β" not in some


def test_an_attack_over_widths_leaves_networks_at_one_width_out() -> None:
    charts = points(make_claim(*FULL))
    assert [[finding["parameters"]["depth"] for finding in chart] for chart in charts] == [[3] * 5]
    figure = points_figure(make_claim(id=BOUND), charts[0])
    assert all(text in figure for text in (">dense<", ">lazy<", ">512<", ">4,096<"))
    assert points(make_claim(make_point(128.0, statement="attack"))) == []


def test_single_widths_of_several_networks_share_a_chart_by_pair() -> None:
    narrow = [
        *(
            make_point(width, "wishart", architecture=name)
            for name in ("vanilla", "residual")
            for width in (100.0, 300.0)
        ),
        make_point(128.0, "dense", depth=3, exact=[None]),
    ]
    claim = make_claim(*narrow, id="break/narrow-width-2-2")
    (chart,) = points(claim)
    figure = points_figure(claim, chart)
    assert len(chart) == 5
    for text in ("vanilla, L = 5, wishart", "residual, L = 5, wishart", "vanilla, L = 3, dense", ">100<", ">300<"):
        assert text in figure
    assert "Measured over the bound, from N = 100 to 300" in Page(render_html(make_report(claim))).text


def test_tightness_takes_chevets_constant_and_its_limits_first() -> None:
    found = tightness(make_claim(*FULL, id=BOUND), REPORT)
    assert set(found) == {NormPair.parse(pair) for pair in PAIRS}
    both = found[NormPair(2, math.inf)]
    assert (both.shown, both.own, both.limits) == (0.95, 0.97, {"many-inputs": 0.994})
    plain = found[NormPair(2, 2)]
    assert (plain.shown, plain.own, plain.limits) == (0.97, None, {"many-inputs": 0.996, "square": 0.992})


def test_the_panel_of_tightness_needs_two_pairs_and_no_limits() -> None:
    one, other = make_median("2-2"), make_median("inf-1", estimate=1.08)
    assert tightness_figure(make_claim(one), make_report()) == ""
    figure = tightness_figure(make_claim(one, other), make_report())
    assert ">0.970<" in figure
    assert ">1.080<" in figure
    assert "var(--refuted," in figure
    assert "d ≫ K" not in figure


def test_losses_show_the_bound_the_linear_map_and_how_many_activations_flip() -> None:
    figure = budget_figure(make_loss("a"))
    for text in ("bound ε β ω^{L/2}", "linear map", "median of 44 networks", "0.4 %", "5 %", "30 %", ">1 %<", ">0<"):
        assert text in figure
    assert "flipped" not in budget_figure(make_loss("b", flips=[]))


@pytest.mark.parametrize("name", ["measured", "predicted", "exact", "flips"])
def test_losses_with_gaps_are_drawn(name: str) -> None:
    whole = make_loss("gap")["curve"][name]
    assert "<svg" in budget_figure(make_loss("gap", **{name: [None, *whole[1:]]}))
    nothing = make_report(make_claim(make_loss("gap", **{name: [None] * 4})))
    assert (labels_of(render_html(nothing))[0] == "Loss against budget in gap") == (name != "measured")


def test_shading_follows_the_share_of_flips() -> None:
    shades = [budget_figure(make_loss("a", flips=flips)) for flips in ([0.0] * 4, [0.5] * 4, [0.0, 0.0, 0.2, 0.3])]
    assert len(set(shades)) == 3


def test_the_loss_that_bends_most_is_open_and_drawn_once() -> None:
    findings = [make_loss("straight", 0.99), make_loss("bent", 0.5), make_loss("slightly", 0.9)]
    source = render_html(make_report(make_claim(*findings, id="thm5.1/linear-in-budget")))
    labels = [label for label in labels_of(source) if label.startswith("Loss")]
    assert labels == [f"Loss against budget in {cell}" for cell in ("bent", "straight", "slightly")]
    assert source.index("Loss against the budget, where it bends most") < source.index("<details>")


@pytest.mark.parametrize(
    ("x_label", "shown"), [("log d", "input_dim d"), ("log K", "output_dim K"), ("log N", "width N")]
)
def test_trends_over_sizes_name_them_on_their_own_scale(x_label: str, shown: str) -> None:
    x = [math.log(size) for size in (49, 196, 784)]
    finding = make_trend(x_label, x=x, exact=[None] * 3) | {"statistic": "slope of the logarithm of medians"}
    figure = trend_figure(finding)
    for text in (f">{shown}<", ">49<", ">196<", ">784<", ">median of the statistic<"):
        assert text in figure
    assert "exact at finite width" not in figure
    page = Page(render_html(make_report(make_claim(finding))))
    assert "medians of 2,000 draws" in " ".join(page.text.split())


def test_a_full_page_has_every_figure_once_with_valid_unique_ids() -> None:
    source = render_html(REPORT)
    labels = [label for label in labels_of(source) if not label.startswith("Intervals")]
    assert labels == [
        f"Median over the bound against width, {BOUND}",
        f"Tightness of the bound by norm pair, {BOUND}",
        f"Median over the bound at single widths, {BOUND}",
    ]
    ids = [value for name, value in Page(source).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'(?:href="|url\()#([\w-]+)', source))
    assert targets <= set(ids)
    for figure in re.findall(r"<svg .*?</svg>", source, re.DOTALL):
        ElementTree.fromstring(figure)


def test_pages_do_not_depend_on_what_else_was_drawn() -> None:
    for render in (render_html, render_markdown):
        assert render(copy.deepcopy(REPORT)) == render(REPORT)


def test_a_partial_run_lacks_figures_and_tables_but_renders() -> None:
    for finding in (make_point(128.0), make_profile("2-2", [None] * 4), make_finding()):
        report = make_report(make_claim(finding, id=BOUND))
        assert [label.split()[0] for label in labels_of(render_html(report))] == ["Intervals"]
        assert "within x %" not in render_markdown(report)
    not_applicable = make_point(128.0) | {"verdict": "not applicable", "estimate": None, "interval": [None, None]}
    assert "<svg" not in render_html(make_report(make_claim(not_applicable, id=BOUND)))


def test_hostile_names_are_text_in_studies() -> None:
    hostile = "<script>alert(1)</script> | x"
    claim = make_claim(make_median("2-2", architecture=hostile), make_median("1-1", architecture=hostile), id=BOUND)
    assert "script" not in Page(render_html(make_report(claim))).tags
    table = [line for line in render_markdown(make_report(claim)).splitlines() if line.startswith("| (2, 2)")]
    assert len(re.findall(r"(?<!\\)\|", table[0])) == 9
