"""Sentences that answer what became of training, and silence on what did not run."""

from __future__ import annotations

import math
import re

import pytest

from mfcheck.reporting.answers import answers
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.pages import render_html
from mfcheck.tests.support.reports import make_claim, make_report
from mfcheck.tests.support.training_reports import (
    DECAY,
    DRIFT,
    RESIDUAL,
    TRAINABLE,
    UNTRAINABLE,
    make_decay,
    make_drift,
    make_network,
    make_trained,
    sentences,
)

RESIDUAL_NETWORK = {"architecture": "residual"}
AT_START = make_trained(None, parameters={"regime": "rate"})


def test_sentences_say_which_rate_factor_survives_in_each_regime() -> None:
    rates = [
        make_trained(None, parameters=RESIDUAL_NETWORK | {"regime": "rate"}, estimate=1.002),
        make_decay(
            "both", parameters=RESIDUAL_NETWORK, verdict="refuted", estimate=0.5, holds_instead=["rate factor 1"]
        ),
        make_decay("both", parameters=RESIDUAL_NETWORK, verdict="refuted", estimate=-0.2),
        make_decay("both", parameters=RESIDUAL_NETWORK, verdict="undecided", estimate=0.6),
        make_trained(
            None, parameters=RESIDUAL_NETWORK | {"regime": "projected"}, verdict="not applicable", estimate=None
        ),
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
    text = sentences(make_claim(AT_START, make_decay("flow", **speed, parameters={"width": 100}), lasting, id=DECAY))
    found = re.search(r"falls below 0.9 of the predicted one at t·N = ([\d,]+) in 1 of 2 traj\w+, after at most", text)
    assert found is not None
    # 1 − e^{−z} = 0.9 z at z ≈ 0.2148, where z = (1 − e^{−t/100}) / 0.5.
    assert float(found[1].replace(",", "")) == pytest.approx(-1e4 * math.log(1 - 0.5 * 0.2148), rel=0.01)
    assert "the time in which the theory halves σ_w²" in text
    assert "stays at 0.9 of the predicted one or more to the end of the curve, t·N = 100, in 1 of 2 traj" in text
    at_once = make_decay("flow", rest=1e-4)
    assert "is below 0.9 of the predicted one from the first point on, t·N = 3,413" in sentences(
        make_claim(AT_START, at_once, id=DECAY)
    )


def test_sentences_hold_the_decrease_against_the_loss_that_was_found_too() -> None:
    """A loss of 0.8 of its bound is below the law at once, and follows the law that starts there."""
    finding = make_decay("flow", parameters={"width": 10})
    curve = finding["curve"]
    curve["measured"] = curve["series"]["envelope"] = [math.exp(-0.008 * time) for time in curve["x"]]
    text = sentences(make_claim(AT_START, finding, id=DECAY))
    assert "is below 0.9 of the predicted one from the first point on" in text
    assert "started at the measured L_adv(0), it stays at 0.9 of that or more to the end" in text
    del curve["series"]["envelope"]
    assert "started at" not in sentences(make_claim(AT_START, finding, id=DECAY))


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
        make_claim(make_network(64, 2, 0.99, None, parameters=RESIDUAL_NETWORK), id=TRAINABLE)
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
