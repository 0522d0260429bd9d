"""The table of what attacks of growing strength find."""

from __future__ import annotations

from typing import Any

from mfcheck.reporting.curves.strengths import MISSING, strengths
from mfcheck.tests.support.reports import make_finding, read_claim

PARAMETERS = {
    "architecture": "vanilla", "input_dim": 49, "output_dim": 10, "width": 32, "depth": 3, "weight_variance": 2.0,
    "bias_variance": 0.0, "activation": "relu_like(1.0, 0.0)",
}  # fmt: skip


def finding(regime: str, **curve: Any) -> dict[str, Any]:
    shown = {"kind": "strengths", "draws": 22, **curve}
    return make_finding(cell=regime, parameters={**PARAMETERS, "regime": regime}, curve=shown)


def test_a_row_has_what_was_found_at_each_number_of_steps() -> None:
    claim = {
        "id": "mine/strengths",
        "findings": [
            finding("start", x=[1.0, 10.0], measured=[0.5, 0.75]),
            finding("start-both", x=[1.0, 40.0], measured=[0.25, None]),
            finding("rate", kind="layers", x=[1.0], measured=[9.0]),
            make_finding(cell="bare", parameters={}),
        ],
    }
    columns, rows = strengths(read_claim(claim))
    assert columns[2:] == ("1", "10", "40")
    assert [row[1] for row in rows] == ["at t = 0 on images by L_adv", "at t = 0 on images by L_std + L_adv"]
    assert [row[2:] for row in rows] == [("0.500", "0.750", MISSING), ("0.250", MISSING, MISSING)]


def test_without_such_curves_there_is_no_row() -> None:
    assert (
        strengths(
            read_claim({"id": "mine/strengths", "findings": [finding("rate", kind="layers", x=[], measured=[])]})
        )[1]
        == []
    )
