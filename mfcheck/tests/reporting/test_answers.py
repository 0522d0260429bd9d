"""Sentences that answer what became of training, and silence on what did not run."""

from __future__ import annotations

import math
import re

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.findings.regimes import AT_MOST
from mfcheck.reporting.answers import answers
from mfcheck.tests.support.reports import make_claim, make_report, render_html, render_markdown
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
            "start-both", parameters=RESIDUAL_NETWORK, verdict="refuted", estimate=0.5, holds_instead=["rate factor 1"]
        ),
        make_decay("start-both", parameters=RESIDUAL_NETWORK, verdict="refuted", estimate=-0.2),
        make_decay("start-both", parameters=RESIDUAL_NETWORK, verdict="undecided", estimate=0.6),
        make_trained(
            None, parameters=RESIDUAL_NETWORK | {"regime": "projected"}, verdict="not applicable", estimate=None
        ),
    ]
    text = sentences(make_claim(*rates, id=RESIDUAL))
    assert text == (
        "Residual networks: the decay law with rate factor 2 is supported at t = 0 in 1 of 1 finding (median estimate "
        "1.002); at t = 0 on images by L_std + L_adv in 0 of 3 findings (median estimate 0.500), rate factor 1 "
        "instead in 1, neither in 1, undecided in 1. Estimates are over the theory's value."
    )


def test_a_law_that_was_tried_as_an_upper_bound_alone_is_said_to_be_kept_as_one() -> None:
    """A law that is far too large keeps the bound too, and is not supported by it."""
    bound = {"caveat": AT_MOST, "region": [0.0, 1.387]}
    on_images = make_decay("start", estimate=0.943, **bound)
    assert sentences(make_claim(AT_START, on_images, make_decay("flow"), id=DECAY)).startswith(
        "Vanilla networks: the decay law with rate factor 2 is supported at t = 0 in 1 of 1 finding (median estimate "
    )
    text = sentences(make_claim(AT_START, on_images, id=DECAY))
    assert text.count("is supported") == 1
    assert (
        "Vanilla networks: as an upper bound, which a law that is far too large keeps too, the decay law is kept at "
        "t = 0 on images by L_adv in 1 of 1 finding (median estimate 0.943). Estimates are" in text
    )


def test_rates_that_make_no_theorem_hold_are_told_with_their_caveats() -> None:
    limited = AT_START | {"caveat": "a limit in which no gate flips"}
    text = sentences(make_claim(limited, limited, make_decay("flow"), id=DECAY))
    assert re.search(r"at t = 0 in 2 of 2 findings \(median estimate [\d.]+; a limit in which no gate flips\);", text)


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
        make_network(64, 8, 0.5, 2.0, 0.9),
        make_network(16, 20, 0.1, 0.5, control=0.4),
        make_network(128, 8, 0.98, 0.9),
        make_network(128, 2, 1.0, None),
        make_network(32, 2, 1.0, None, verdict="not applicable"),
    ]
    held = ["only the control fits, with the weights' size as it was"]
    mechanism = make_trained(
        None, parameters={"statement": "mechanism"}, verdict="refuted", estimate=0.9, holds_instead=held
    )
    text = sentences(make_claim(*cells, mechanism, id=UNTRAINABLE))
    assert "Of 5 vanilla networks trained over widths and depths, each in pairs from one start with attacks" in text
    assert "in 1 nothing fits, in 2 only the control fits, in 2 both fit;" in text
    assert "T passes during training in 1 of the 2 in which only the control fits, and in 1 of the 2 in which" in text
    assert "the accuracy on clean training images is 0.3 to 0.5 after training with attacks and 1 after the" in text
    assert "control's (from 0.55 on it counts as fitted, of the control from 0.95); ω^L ends at 0.9; the" in text
    assert "the gradient in the first layer" in text
    assert (
        "the first layer is 1.1 times that in the last (0.4 times at the start), and 0.12 times as large as at" in text
    )
    assert "as σ_w² decays, is refuted in 1 of 1 finding (ω^L after training: 0.9); in 1 it is found instead" in text
    assert f"found instead that {held[0]}." in text


def test_sentences_count_networks_of_which_no_outcome_is_certain_and_predict_nothing_of_residual_ones() -> None:
    shares = {"only the control fits": [0.3, 0.9, 0.1, 1.0], "both fit": [0.1, 0.7, 0.0, 0.9]}
    text = sentences(
        make_claim(
            make_network(64, 2, 0.99, None, parameters=RESIDUAL_NETWORK),
            make_network(64, 8, 0.4, None, parameters=RESIDUAL_NETWORK, shares=shares),
            id=TRAINABLE,
        )
    )
    assert "Of 2 residual networks trained" in text
    assert "in 0 nothing fits, in 0 only the control fits, in 1 both fit, in 1 no outcome is certain of most." in text
    assert "the predicted T" not in text
    assert "Where only the control fits" not in text


def test_sentences_say_what_standard_training_does() -> None:
    drifts = [make_drift(0.9, 0.04), make_drift(0.01, 4.2, verdict="refuted"), make_drift(0.01, 4.0, verdict="refuted")]
    assert sentences(make_claim(*drifts, id=DRIFT)) == (
        "Standard training alone moves σ_w² 4 to 4.2 times as fast as the theory's law has L_adv move it at ε = 0.01, "
        "0.04 times at ε = 0.9; that it leaves σ_w² alone is supported in 1 of 3 findings."
    )


@pytest.mark.parametrize("id", [DECAY, RESIDUAL, UNTRAINABLE, TRAINABLE, DRIFT, "thm4.1/entries-gaussian"])
def test_nothing_is_said_of_what_did_not_run(id: str) -> None:
    nothing = make_trained(None, verdict="not applicable", estimate=None, interval=[None, None], region=[None, None])
    for claim in (make_claim(id=id), make_claim(nothing, id=id)):
        report = make_report(claim)
        assert answers(report_of(report)) == []
        assert "What training does" not in render_html(report)
        assert "What training does" not in render_markdown(report)
