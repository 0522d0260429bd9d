"""Open questions end in sentences with numbers, tables and a figure, and in silence where they did not run."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.reporting.open_answers import CAPACITY, CONTRAST, DIFFICULTY, OTHER_NORM, WEIGHT_DECAY, WHOLE, open_answers
from mfcheck.reporting.studies import studies
from mfcheck.tests.support.open_reports import (
    make_apart,
    make_beside,
    make_difficulty,
    make_errors,
    make_points,
)
from mfcheck.tests.support.reports import PAGES, make_claim, make_report, read_claim
from mfcheck.tests.support.training_reports import make_trained

SHARES = [0.1, 0.6, 0.83, 0.87, 0.875, 0.875]
CAPACITIES = [
    make_points(2, [0.9, 0.8, 0.7], [0.8, 0.75, 0.7], "capacity left"),
    make_points(10, [0.5, 0.45, 0.4], [0.4, 0.35, 0.36], "capacity left"),
]


def text(*findings: dict[str, Any], id: str) -> str:
    return "\n".join(open_answers(report_of(make_report(make_claim(*findings, id=id)))))


def test_weight_decay_is_beside_the_width_at_which_it_would_be_as_strong() -> None:
    found = [make_beside(5e-4, 256, 0.04), make_beside(5e-4, 1000, 0.16), make_beside(1e-4, 256, 0.008)]
    assert text(*found, id=WEIGHT_DECAY) == (
        "The pull of L_adv on the weights is 6.25 to 25 times as strong as λ = 0.0005 at N = 256 to 1,000, and as "
        "strong as it at N ≈ 6,200 to 6,400 (the theory: 7,800 to 8,000); 125 times as strong as λ = 0.0001 at N = "
        "256, and as strong as it at N ≈ 32,000 (the theory: 40,000), where it goes on falling like 1/N; that it is "
        "stronger is supported in 3 of 3 findings."
    )


def test_two_outputs_are_beside_their_law_and_its_bound() -> None:
    found = [
        make_apart("clean", "2-2", 0.97),
        make_apart("attacked", "2-2", 1.06),
        make_apart("attacked", "inf-2", 0.96),
    ]
    assert text(*found, id=CONTRAST) == (
        "Two outputs ‖f(x) − f(x')‖_q lie 0.97 (intervals within 0.92 to 1.02) times as far apart as the two-input law "
        "has them; an attack on both inputs drives them to 0.96 to 1.06 (intervals within 0.91 to 1.11) of the bound "
        "derived from it, farthest for (p, q) = (2, 2)."
    )
    assert text(found[0], id=CONTRAST) == ""


def test_steps_are_beside_their_prediction_at_every_reach() -> None:
    found = [
        make_difficulty("inf-inf", 0.01, SHARES, (2, 0.8)),
        make_difficulty("inf-2", 0.01, SHARES, (0, 0)),
        make_difficulty("inf-inf", 0.3, [0.1, 0.2, 0.3, 0.5, 0.9, 0.92], (2, 0.8)),
    ]
    near, far = text(*found, id=DIFFICULTY).split("\n")
    assert (
        "reaches 0.01 ‖x‖ needs, as predicted (in closed form where there is one, else on the linear map) and as "
        "measured, (∞, 2) 3 and 3; (∞, ∞) 2 and" in near
    )
    assert "within one step of the prediction for 2 of 2 pairs; it finds 0.875 of the largest loss known" in near
    assert "(∞, ∞) 2 and 4 steps" in far
    assert "for 0 of 1 pair;" in far
    (study,) = studies(read_claim(make_claim(*found, id=DIFFICULTY)), report_of(make_report()), draw=False)
    assert study.rows[0] == ("(∞, 2)", "0.01", "—", "3", "3", "—", "0.884", "0.875")
    assert [row[2] for row in study.rows] == ["—", "2", "2"]


def test_capacity_is_beside_robust_accuracy_with_a_rank_correlation() -> None:
    claim = read_claim(make_claim(*CAPACITIES, id=CAPACITY))
    said = text(*CAPACITIES, id=CAPACITY)
    assert said == (
        "Vanilla networks trained at attacked inputs end with 0.45 to 0.8 times the capacity ‖w‖_FR that they began "
        "with, and an attacked accuracy of 0.36 to 0.75 on held-out images (medians by network size); of the two, "
        "Kendall's rank correlation over all 6 networks is 0.87 (99 % interval −1.00 to 1.00), and among those of one "
        "size 0.67 (99 % interval −1.00 to 1.00)."
    )
    (study,) = studies(claim, report_of(make_report()), draw=True)
    assert "L = 10, N = 48" in study.figure
    assert "could not be drawn" not in study.figure
    assert studies(claim, report_of(make_report()), draw=False) == []


def test_laws_for_the_whole_of_training_are_told_by_exponent() -> None:
    found = make_errors(128, [0.2, 0.08, 4.7])
    said = text(found, id=WHOLE)
    assert "With r = 10.5 known at t = 0" in said
    assert "p = 0.4 is off by 0.08 (0.04 to 0.15)" in said
    assert "(medians: 0.2 for p = 1/3, 0.08 for p = 0.4, 4.7 for p = ∞ (exponential))" in said
    assert "it predicts 1.1 of the measured fall of σ_w² with L_std's pull as measured, and 1.7 with" in said
    (study,) = studies(read_claim(make_claim(found, id=WHOLE)), report_of(make_report()), draw=False)
    assert study.rows[1] == ("128", "0.4", "0.08", "0.064 to 0.096", "1.1", "1.7")


def test_losses_left_under_another_norm_are_beside_the_own_one() -> None:
    found = make_points(4, [0.3, 0.2, 0.25], [0.35, 0.3, 0.31], "own L_adv left", pair="inf-inf", other="2-2")
    assert text(found, id=OTHER_NORM) == (
        "Trained with one norm and attacked with another: vanilla networks trained against (p, q) = (∞, ∞) keep 0.25 "
        "of L_adv under it and 0.31 under (2, 2), the second over the first 1.05 (0.97 to 1.03)."
    )


@pytest.mark.parametrize("id", [WEIGHT_DECAY, CONTRAST, DIFFICULTY, CAPACITY, WHOLE, OTHER_NORM])
def test_nothing_is_said_of_what_did_not_run(id: str) -> None:
    nothing = make_trained(None, verdict="not applicable", estimate=None, interval=[None, None], region=[None, None])
    for claim in (make_claim(id=id), make_claim(nothing, id=id)):
        assert open_answers(report_of(make_report(claim))) == []


@pytest.mark.parametrize("show", PAGES.values(), ids=PAGES.keys())
def test_every_page_takes_them(show: Any) -> None:
    found = (*CAPACITIES, make_errors(128, [0.2, 0.08, 4.7]), make_difficulty("1-2", 0.3, SHARES, (1, 0)))
    assert show(make_report(make_claim(*found, id="open/capacity-exhaustion")))
