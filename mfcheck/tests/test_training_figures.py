"""What a report shows of training: trajectories, layers, capacity, maps, and the sentences made from them."""

from __future__ import annotations

import copy
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mfcheck.findings import states
from mfcheck.findings.record import assemble
from mfcheck.levels import level_named
from mfcheck.reporting import pages
from mfcheck.reporting.answers import answers
from mfcheck.reporting.curves.horizon import Horizon, horizon
from mfcheck.reporting.curves.training_map import map_rows, training_maps
from mfcheck.reporting.curves.trajectories import Trajectory, trajectory
from mfcheck.reporting.figures.capacity_figure import capacity_charts
from mfcheck.reporting.figures.layers_figure import layers_figure
from mfcheck.reporting.figures.map_figure import map_figure
from mfcheck.reporting.figures.trajectory_axes import over_start, time_scale
from mfcheck.reporting.figures.trajectory_figure import CAPACITY, VARIANCE, trajectory_figure
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.pages import render_html
from mfcheck.reporting.studies import studies
from mfcheck.reporting.terminal import terminal_lines
from mfcheck.settings import Settings
from mfcheck.tests.test_reporting import PAGES, REFUTED, UNDECIDED, Page, make_claim, make_finding, make_report
from mfcheck.verdict import Verdict

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
    times = [2000.0 * step for step in STEPS]
    law = [1 - 0.04 * time / width for time in times]
    measured = [value + 0.3 * (1 - value) ** 2 for value in law]
    curve = make_curve("trajectory", times, measured, predicted=law)
    curve["series"] = {"rate factor 1": [(1 + value) / 2 for value in law]}
    return make_trained(curve, parameters={"regime": regime, "width": width} | changes)


def make_network(
    width: int, depth: int, accuracy: float | None, collapse: float | None, variance: float = 1.2, **changes: Any
) -> dict[str, Any]:
    series = {"attacked": [0.4], "held-out attacked": [None], "variance": [variance], "diverged": [0.0]}
    curve = make_curve("map", [depth], [accuracy], predicted=[collapse], x_label="depth L", series=series)
    values = {"statistic": "median training accuracy", "estimate": accuracy or 0.0, "region": [0.9, 1.0]}
    parameters = {"width": width, "depth": depth, "dataset": "digits"} | changes.pop("parameters", {})
    return make_trained(curve, **(values | changes), parameters=parameters)


def make_layers(**changes: Any) -> dict[str, Any]:
    ratio, cosine = [1.01, 0.99, 1.0, 1.02, 0.97], [0.11, 0.08, 0.07, 0.05, 0.04]
    curve = make_curve("layers", [1, 2, 3, 4, 5], ratio, x_label="layer", series={"cosine": cosine}) | changes
    return make_trained(curve)


def make_map(widths: Sequence[int], depths: Sequence[int]) -> list[dict[str, Any]]:
    """A map with the pilot's outcome: deep and narrow networks fail, though σ_w² grows."""
    return [
        make_network(width, depth, 1 / (1 + math.exp(depth - width**0.5)), width / depth**2, 1 + depth / width)
        for width in widths
        for depth in depths
    ]


def make_drift(eps: float, ratio: float, **changes: Any) -> dict[str, Any]:
    return make_trained(None, estimate=ratio, parameters={"eps": eps}, **changes)


OPEN_CLAIM = make_claim(
    REFUTED | {"explored": True, "cell": "open-cell"}, id="open/validity-horizon", says="Horizon?", verdict="refuted"
)
FULL = make_report(
    make_claim(*(make_drift(eps, 0.042 / eps) for eps in (0.01, 0.1, 0.9)), id=DRIFT),
    make_claim(
        make_decay("projected", figure="σ_w² along its own gradient", rest=4.0),
        make_decay("flow", figure="the paper's experiment on σ_w²", verdict="refuted", estimate=0.7),
        make_decay("both", rest=-0.2, verdict="undecided"),
        make_decay("flow", end=1e-3, parameters={"width": 512}),
        make_trained(None, parameters={"regime": "rate"}),
        id=DECAY,
        verdict="refuted",
    ),
    make_claim(make_layers(), id="thm5.4/regularisation-gradient"),
    make_claim(*make_map([8, 64, 256], [2, 8, 14, 20]), id=UNTRAINABLE),
    make_claim(*make_map([64, 256], [2, 8, 20]), id=TRAINABLE),
    make_claim(
        *(make_capacity(width, regime) for regime in ("projected", "flow") for width in (256, 512, 1024)),
        id=CAPACITY_DECAY,
    ),
    OPEN_CLAIM,
    verdict="refuted",
)


ERROR = ({"id": "open/attack-difficulty", "says": "It takes steps."}, {"cell": "c", "message": "crashed"})


def plain(claim: str, verdict: str = "supported") -> dict[str, Any]:
    return make_finding(claim=claim, says=f"{claim} holds.", verdict=verdict)


def assembled(findings: list[dict[str, Any]], errors: Sequence[Any] = ()) -> dict[str, Any]:
    return assemble(Settings(seed=7, level=level_named("quick"), report=Path("reports")), findings, errors)


def labels_of(source: str) -> list[str]:
    return re.findall(r'<svg role="img" aria-label="([^"]*)"', source)


def sentences(*claims: dict[str, Any]) -> str:
    return "\n".join(answers(make_report(*claims)))


def lasting(one: Trajectory) -> Horizon | None:
    return horizon(one, one.predicted)


def flow(times: Sequence[float], measured: Sequence[float], predicted: Sequence[float]) -> Trajectory:
    return Trajectory("flow", 10, tuple(times), tuple(measured), tuple(predicted), {}, 9)


@pytest.fixture(scope="module")
def source() -> str:
    return render_html(FULL)


def test_a_trajectory_shows_the_laws_the_band_and_the_loss_that_are_known() -> None:
    whole = trajectory_figure(make_decay(), VARIANCE)
    shown = {
        "rate factor 1": "rate factor 1",
        "envelope": "started at the measured L_adv(0)",
        "lower quartile": "half of all networks",
        "discretisation": "error of the steps, at most 10⁻⁴",
        BOUND: "L_adv / bound",
    }
    for text in (*shown.values(), "rate factor 2", "median of 48 networks", "σ_w²(t) / σ_w²(0)"):
        assert text in whole
    for name, text in shown.items():
        series = {key: values for key, values in make_decay()["curve"]["series"].items() if key != name}
        assert text not in trajectory_figure(make_decay(series=series), VARIANCE)
    assert "‖w‖_FR(t)" in trajectory_figure(make_capacity(64), CAPACITY)


@pytest.mark.parametrize("gap", [None, [None] * 31, [1.0, None, *[0.9] * 29], []])
@pytest.mark.parametrize("line", ["predicted", "rate factor 1", BOUND, "discretisation", "upper quartile"])
def test_trajectories_with_gaps_are_drawn(gap: Any, line: str) -> None:
    finding = make_decay()
    curve = finding["curve"]
    lines = curve if line == "predicted" else curve["series"]
    lines[line] = [None] * 31 if gap is None else gap
    assert "median of 48 networks" in trajectory_figure(finding, VARIANCE)


def test_a_trajectory_without_anything_measured_has_no_figure() -> None:
    nothing = make_decay()
    nothing["curve"]["measured"] = [None] * 31
    assert trajectory(nothing) is None
    assert [label.split()[0] for label in labels_of(render_html(make_report(make_claim(nothing))))] == ["Intervals"]


def test_axes_of_trajectories_suit_values_that_stand_still_or_run_away() -> None:
    still = over_start("σ_w²", [1.0, 1 - 3e-6])
    assert still.label == "change of σ_w², in 10⁻⁶"
    assert still.placed([1.0, 1 - 3e-6]) == pytest.approx([0.0, -3.0])
    usual = over_start("σ_w²", [1.0, math.nan, 0.4])
    assert (usual.label, usual.placed([0.4])) == ("σ_w²(t) / σ_w²(0)", [0.4])
    away = over_start("σ_w²", [1.0, 1000.0, 0.0])
    assert away.logarithmic
    assert away.placed([100.0]) == [2.0]
    assert over_start("σ_w²", []).low < 1 < over_start("σ_w²", []).high
    for times, label in (([0.0, 3e-5], "time t, in 10⁻⁵"), ([0.0, 300.0], "time t"), ([0.0], "time t")):
        assert time_scale(times).label == label
        assert time_scale(times).low < time_scale(times).high


def test_layers_show_the_ratio_and_the_cosine_where_it_is_known() -> None:
    figure = layers_figure(make_layers())
    for text in ("over the theory", "cosine with W", "layer l"):
        assert text in figure
    assert "cosine" not in layers_figure(make_layers(series={}))
    assert "<svg" in layers_figure(make_layers(measured=[None] * 5))


def test_capacity_needs_two_widths_of_one_setting() -> None:
    two = [make_capacity(width, regime) for regime in ("flow", "projected") for width in (64, 128)]
    charts = capacity_charts(make_claim(*two, make_capacity(256, eps=0.1)))
    assert [[one.width for one in group] for group in charts.values()] == [[64, 128, 64, 128]]
    claim = make_claim(*two, id=CAPACITY_DECAY)
    (study,) = studies(claim, make_report(claim), draw=True)
    for text in ("N = 64", "N = 128", "at half the rate", "under gradient flow", "only the part of the gradient"):
        assert text in study.figure
    assert studies(make_claim(two[0], id=CAPACITY_DECAY), make_report(), draw=True) == []


@pytest.mark.parametrize(
    ("collapse", "line"),
    [
        ([[0.5, 2.0], [2.0, 4.0]], True),
        ([[0.5, None], [None, None]], True),
        ([[None, None], [None, None]], False),
        ([[0.5, 0.4], [0.2, 0.1]], False),
        ([[0.5, 2.0]], True),
        ([[0.5], [2.0]], True),
        ([[0.5]], False),
        ([[None]], False),
        ([[0.0, 2.0]], True),
    ],
)
def test_the_boundary_is_drawn_where_the_predicted_time_passes_the_training_time(
    collapse: list[list[float | None]], line: bool
) -> None:
    rows, columns = len(collapse), len(collapse[0])
    claim = make_claim(
        *(
            make_network(2**row, 1 + column, 0.5, collapse[row][column])
            for row in range(rows)
            for column in range(columns)
        )
    )
    ((name, found),) = training_maps(claim).items()
    figure = map_figure(claim, name, found)
    assert figure.count("stroke-dasharray") == 1 + line  # one is the key's
    assert figure.count(">0.50<") == rows * columns
    assert sum(one.doomed for one in found.values()) == sum(t is not None and t < 1 for row in collapse for t in row)


def test_the_boundary_lies_where_the_logarithm_of_the_time_is_interpolated_to_0() -> None:
    """Of times 0.5 and 8 the boundary is a quarter of the way from one width, in logarithms, to the next."""
    claim = make_claim(make_network(16, 4, 0.5, 0.5), make_network(256, 4, 0.5, 8.0))
    ((name, found),) = training_maps(claim).items()
    figure = map_figure(claim, name, found)
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', figure)[1])  # type: ignore[index]
    lines = re.findall(r'<path d="M [\d.]+ ([\d.]+) L [\d.]+ ([\d.]+)[^"]*"[^>]*stroke-dasharray', figure)
    cells = 72 * 0.52
    top = 72 * 0.1
    assert height > top + 2 * cells
    assert any(float(y) == pytest.approx(top + 1.5 * cells - 0.25 * cells, abs=0.1) for y, _ in lines)


def test_maps_with_holes_and_unknown_accuracies_are_drawn_and_listed() -> None:
    cells = [make_network(64, 2, None, None), make_network(64, 8, 0.5, 0.5), make_network(128, 2, 1.0, 3.0)]
    claim = make_claim(*cells, id=UNTRAINABLE)
    ((name, found),) = training_maps(claim).items()
    assert "<svg" in map_figure(claim, name, found)
    rows = map_rows(found)
    assert [row[:3] for row in rows] == [("2", "64", "—"), ("2", "128", "1.00"), ("8", "64", "0.50")]
    assert rows[2] == ("8", "64", "0.50", "0.40", "—", "1.2", "0.5", "0.00")
    assert rows[0][6] == "—"


def test_the_mechanism_does_not_draw_the_map_twice_and_settings_are_apart() -> None:
    again = make_network(64, 2, 0.5, 0.5, region=[0.0, 0.9], parameters={"statement": "mechanism"})
    other = make_network(64, 2, 0.5, 0.5, parameters={"eps": 0.1})
    maps = training_maps(make_claim(again, make_network(64, 2, 0.95, 0.5), other))
    assert [[one.accuracy for one in found.values()] for found in maps.values()] == [[0.95], [0.5]]


def test_the_horizon_is_interpolated_and_compared_with_the_predicted_collapse() -> None:
    times = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0]
    law = [1 - 0.1 * time for time in times]
    left = lasting(flow(times, [1.0, 0.9, 0.8, 0.76, 0.75, 0.75], law))
    assert left is not None
    # The ratio falls from 1 at t = 2 to 0.8 at t = 3; the law is at a half at t = 5.
    assert (left.time, left.share, left.share_is_bound) == (pytest.approx(2.5), pytest.approx(0.5), False)
    stays = lasting(flow(times, law, law))
    assert stays is not None
    assert (stays.time, stays.last, stays.at_once) == (math.inf, 6.0, False)
    short = lasting(flow(times[:4], [1.0, 0.9, 0.8, 0.76], law[:4]))
    assert short is not None
    assert (short.share, short.share_is_bound) == (pytest.approx(0.5), True)


def test_the_horizon_ignores_what_is_rounding_and_knows_laws_that_never_held() -> None:
    times, law = [0.0, 1e-9, 1.0, 2.0], [1.0, 1 - 1e-12, 0.9, 0.8]
    found = lasting(flow(times, [1.0, 1.0, 0.9, 0.8], law))
    assert found is not None
    assert math.isinf(found.time)
    never = lasting(flow(times, [1.0, 1.0, 0.95, 0.9], law))
    assert never is not None
    assert (never.at_once, never.time) == (True, 1.0)
    assert lasting(flow(times, [1.0] * 4, [1.0] * 4)) is None
    assert lasting(flow(times, [math.nan] * 4, law)) is None


def test_sentences_say_which_rate_factor_survives_in_each_regime() -> None:
    rates = [
        make_trained(None, parameters={"regime": "rate"}, estimate=1.002),
        make_decay("both", verdict="refuted", estimate=0.5, holds_instead=["rate factor 1"]),
        make_decay("both", verdict="refuted", estimate=-0.2),
        make_decay("both", verdict="undecided", estimate=0.6),
        make_trained(None, parameters={"regime": "projected"}, verdict="not applicable", estimate=None),
    ]
    text = sentences(make_claim(*rates, id=RESIDUAL))
    assert text == (
        "Residual networks: the decay law with rate factor 2 is supported at t = 0 in 1 of 1 finding (median estimate "
        "1.002); under gradient flow on L_std + L_adv in 0 of 3 findings (median estimate 0.500), rate factor 1 "
        "instead in 1, neither in 1, undecided in 1. Estimates are over the theory's value."
    )


def test_sentences_say_how_long_the_law_lasts() -> None:
    speed = {"end": 60.0, "speed": 0.01, "rest": 0.5}
    lasting = make_decay("flow", **{**speed, "end": 1.0}, parameters={"width": 100})
    text = sentences(make_claim(make_decay("flow", **speed, parameters={"width": 100}), lasting, id=DECAY))
    found = re.search(r"falls below 0.9 of the predicted one at t·N = ([\d,]+) in 1 of 2 traj\w+, after at most", text)
    assert found is not None
    # 1 − e^{−z} = 0.9 z at z ≈ 0.2148, where z = (1 − e^{−t/100}) / 0.5.
    assert float(found[1].replace(",", "")) == pytest.approx(-1e4 * math.log(1 - 0.5 * 0.2148), rel=0.01)
    assert "the time in which the theory halves σ_w²" in text
    assert "stays at 0.9 of the predicted one or more to the end of the curve, t·N = 100, in 1 of 2 traj" in text
    at_once = make_decay("flow", rest=1e-4)
    assert "is below 0.9 of the predicted one from the first point on, t·N = 3,413" in sentences(
        make_claim(at_once, id=DECAY)
    )


def test_sentences_hold_the_decrease_against_the_loss_that_was_found_too() -> None:
    """A loss of 0.8 of its bound is below the law at once, and follows the law that starts there."""
    finding = make_decay("flow", parameters={"width": 10})
    curve = finding["curve"]
    curve["measured"] = curve["series"]["envelope"] = [math.exp(-0.008 * time) for time in curve["x"]]
    text = sentences(make_claim(finding, id=DECAY))
    assert "is below 0.9 of the predicted one from the first point on" in text
    assert "started at the measured L_adv(0), it stays at 0.9 of that or more to the end" in text
    del curve["series"]["envelope"]
    assert "started at" not in sentences(make_claim(finding, id=DECAY))


def test_sentences_say_what_became_of_the_networks_that_failed() -> None:
    cells = [
        make_network(64, 20, 0.3, 0.5, 1.4),
        make_network(64, 8, 0.6, 2.0, 0.9),
        make_network(128, 8, 0.98, 0.9),
        make_network(128, 2, 1.0, None),
        make_network(32, 2, 1.0, None, verdict="not applicable"),
    ]
    mechanism = make_trained(None, parameters={"statement": "mechanism"}, verdict="refuted")
    text = sentences(make_claim(*cells, mechanism, id=UNTRAINABLE))
    assert "Of 4 vanilla networks trained over widths and depths, 2 failed" in text
    assert "the theory predicts collapse in 1 of these and in 1 of the others" in text
    assert "σ_w² ended at 0.9 to 1.4 of its start, below it in 1 of 2" in text
    assert "the decay of σ_w², is refuted in 1 of 1 finding" in text
    fails = [make_network(64, 20, 0.3, 0.5, region=[0.0, 0.5]), make_network(64, 2, 0.8, 5.0, region=[0.0, 0.5])]
    assert "2 vanilla networks trained over widths and depths, 1 failed" in sentences(
        make_claim(*fails, id=UNTRAINABLE)
    )
    assert "1 residual network trained over widths and depths, 0 failed" in sentences(
        make_claim(make_network(64, 2, 0.99, None), id=TRAINABLE)
    )


def test_sentences_say_what_standard_training_does() -> None:
    drifts = [make_drift(0.9, 0.04), make_drift(0.01, 4.2, verdict="refuted"), make_drift(0.01, 4.0, verdict="refuted")]
    assert sentences(make_claim(*drifts, id=DRIFT)) == (
        "Standard training alone moves σ_w² 4 to 4.2 times as fast as L_adv does at ε = 0.01, 0.04 times at ε = 0.9; "
        "that it leaves σ_w² alone is supported in 1 of 3 findings."
    )


@pytest.mark.parametrize("id", [DECAY, RESIDUAL, UNTRAINABLE, TRAINABLE, DRIFT, "thm4.1/entries-gaussian"])
def test_nothing_is_said_of_what_did_not_run(id: str) -> None:
    nothing = make_trained(None, verdict="not applicable", estimate=None, interval=[None, None], region=[None, None])
    for claim in (make_claim(id=id), make_claim(nothing, id=id)):
        report = make_report(claim)
        assert answers(report) == []
        assert "What training does" not in render_html(report)
        assert "What training does" not in render_markdown(report)


def test_pages_say_what_training_does(source: str) -> None:
    said = answers(FULL)
    assert len(said) == 5
    for text in (Page(source).text, render_markdown(FULL).replace("\\", "")):
        assert text.index("What training does") > 0
        assert all(sentence in text for sentence in said)


def test_a_page_on_training_has_every_figure_once_with_valid_unique_ids(source: str) -> None:
    labels = labels_of(source)
    assert len(labels) == len(set(labels))
    kinds = [label.split(" in ")[0].split(",")[0] for label in labels if not label.startswith("Intervals")]
    assert kinds == [
        *["Weight variance over training time"] * 4,
        "Projection of the gradient by layer",
        *["Training accuracy over width and depth"] * 2,
        "Capacity over training time at several widths",
        *["Capacity over training time"] * 6,
    ]
    ids = [value for name, value in Page(source).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([\w-]+)', source)) <= set(ids)
    for figure in re.findall(r"<svg .*?</svg>", source, re.DOTALL):
        ElementTree.fromstring(figure)


def test_pages_on_training_are_the_same_every_time() -> None:
    report = make_report(make_claim(make_decay(), *make_map([64, 256], [2, 8]), make_capacity(64), id=CAPACITY_DECAY))
    assert render_html(copy.deepcopy(report)) == render_html(report)


def test_experiments_are_open_and_other_trajectories_are_folded(source: str) -> None:
    section = source[source.index(DECAY) : source.index("thm5.4/regularisation-gradient")]
    opened, folded = section.split("<details>", 1)
    assert opened.count("<svg") == 2 + 1  # and the intervals
    assert "the paper's experiment on σ_w²".replace("'", "&#39;") in opened
    assert len(re.findall("Weight variance over", folded)) == 2


def test_maps_are_tables_that_are_folded_away_where_they_are_long(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    rows = [line for line in render_markdown(FULL).splitlines() if re.match(r"\| \d+ \| [\d,]+ \| \d\.\d\d \|", line)]
    assert len(rows) == 12 + 6
    assert "rows</summary>" not in source
    assert "one by one" not in source
    monkeypatch.setattr(pages, "MOST_ROWS", 3)
    monkeypatch.setattr(pages, "MOST_FINDINGS", 3)
    folded = render_html(make_report(make_claim(*make_map([64, 256], [2, 8]), id=UNTRAINABLE)))
    summaries = (
        "Training over depth and width: 4 rows",
        "all 4 findings, one by one",
        "every decided finding: estimate",
    )
    assert all(f"<summary>{text}" in folded for text in summaries)


@pytest.mark.parametrize("show", PAGES.values(), ids=PAGES.keys())
def test_open_questions_are_neither_passes_nor_alarms(show: Any) -> None:
    others = [REFUTED | {"explored": True}, UNDECIDED | {"explored": True}]
    claim = make_claim(*others, id="open/attack-difficulty", verdict="refuted")
    theorem = {"id": "open", "title": "Open questions — explored, never gating", "verdict": "refuted"}
    report = make_report(make_claim(make_finding()))
    report["theorems"].append(theorem | {"claims": [claim]})
    text = " ".join(show(report).split())
    assert "1 supported, 2 explored" in text
    assert "✗" not in text
    assert "What is not supported" not in text
    assert "○" in text
    alone = " ".join(show(report | {"theorems": report["theorems"][1:], "verdict": "undecided"}).split()).lower()
    assert "○ explored" in alone
    assert "? undecided" not in alone


def test_errors_in_open_questions_show_but_do_not_count() -> None:
    broken = make_claim(id="open/contrastive-bound", verdict="undecided", errors=[{"cell": "c", "message": "crashed"}])
    expected = REFUTED | {"expected": "dead units", "instead": "the exact law"}
    claims = [make_claim(expected, verdict="refuted"), broken]
    assert states.standing("refuted", claims) == states.EXPECTED
    assert states.standing("undecided", [broken]) == states.EXPLORED
    report = make_report(*claims, verdict="refuted")
    for show in PAGES.values():
        assert "crashed" in show(report)
    assert {style for text, style in terminal_lines(report) if "contrastive" in text} == {"red"}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_run_is_judged_as_if_its_open_questions_had_not_been_asked(verdict: Verdict) -> None:
    others = [plain(claim) for claim in ("thm5.9/capacity-decay", "break/large-step", "assumption/weights", DRIFT)]
    report = assembled([*others, plain("open/attack-difficulty", verdict)], [ERROR])
    assert report["verdict"] == "supported"
    assert [theorem["id"] for theorem in report["theorems"]] == ["thm5.3", "thm5.9", "assumption", "break", "open"]
    section = report["theorems"][-1]
    assert section["title"] == "Open questions — explored, never gating"
    assert states.standing(section["verdict"], section["claims"]) == states.EXPLORED
    tally = states.tally(list(states.claims_of(report)))
    assert (tally["supported"], tally["refuted"], tally["undecided"], tally.errors) == (4, 0, 0, 1)
    # What was found is kept in the record, whatever the pages make of it.
    assert section["claims"][0]["findings"][0]["verdict"] == verdict


def test_a_run_of_open_questions_alone_decides_nothing() -> None:
    report = assembled([plain("open/attack-difficulty")])
    assert report["verdict"] == "undecided"
    assert states.standing(report["verdict"], list(states.claims_of(report))) == states.EXPLORED
