"""A sentence says where a whole holds, by how much it is off elsewhere, and what holds there."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.parts import parts_of, whole_verdict
from mfcheck.findings.parts_text import MOST_LAWS, where_it_holds


def one(verdict: str, regime: str = "", caveat: str = "", **values: Any) -> dict[str, Any]:
    return {"verdict": verdict, "regime": regime, "caveat": caveat, **values}


def late(estimate: float, reference: float = 0.5, **values: Any) -> dict[str, Any]:
    return one("refuted", "late", estimate=estimate, reference=reference, **values)


def said(*findings: dict[str, Any], errors: int = 0) -> str:
    return where_it_holds(whole_verdict(findings, errors=errors > 0), parts_of(findings), errors)


EARLY, EULER = one("supported", "early, its course"), {"instead": "Euler's law along the path"}
LIMIT = one("supported", "for ε → 0", "a limit")


@pytest.mark.parametrize(
    ("findings", "errors", "sentence"),
    [
        (
            [*[EARLY] * 4, *[late(0.93, **EULER)] * 3],
            0,
            "Holds in part: early, its course (4 of 4 findings). Not: late (refuted in 3 of 3: estimate 0.93 where the "
            "theory has 0.5; instead holds: Euler's law along the path).",
        ),
        (
            [EARLY, one("supported", "early, its course", "few"), late(0.9, **EULER), late(0.95), late(0.97)],
            0,
            "Holds in part: early, its course (2 of 2 findings, 1 of them with a caveat). Not: late (refuted in 3 of "
            "3: estimates 0.9 to 0.97 where the theory has 0.5, 0.95 at the median; instead holds: Euler's law "
            "along the path (in 1)).",
        ),
        (
            [late(0.9, 1.0), late(0.3, 2.0), one("undecided", "late")],
            0,
            "Holds in none of its regimes. Not: late (refuted in 2 of 3, 1 open: estimates 0.15 to 0.9 times what the "
            "theory has, 0.525 at the median).",
        ),
        (
            [EARLY, *[one("supported", "late", claim="a/law")] * 2, late(0.9, 1.0, claim="a/rate", **EULER)],
            0,
            "Holds in part: early, its course (1 of 1 finding). Not: late (refuted in 1 of 3: estimate 0.9 where the "
            "theory has 1; instead holds: Euler's law along the path; yet there holds law (2 of 2)).",
        ),
        ([EARLY, EARLY], 0, "Holds: early, its course (2 of 2 findings)."),
        ([one("undecided", "early, its rate")], 0, "Undecided: early, its rate (1 of 1 finding open)."),
        (
            [LIMIT, late(0.2, 1.0)],
            0,
            "Holds in none of its regimes. Not: late (refuted in 1 of 1: estimate 0.2 where the theory has 1). "
            "Supported, but makes no theorem hold: for ε → 0 (1 of 1 finding; a limit).",
        ),
        (
            [LIMIT, LIMIT | {"verdict": "undecided"}, late(0.2, 1.0) | {"caveat": "few"}],
            0,
            "Holds in none of its regimes. Not: late (refuted in 1 of 1: estimate 0.2 where the theory has 1). "
            "Undecided: for ε → 0 (1 of 2 findings open).",
        ),
        ([LIMIT], 0, "Supported, but makes no theorem hold: for ε → 0 (1 of 1 finding; a limit)."),
        (
            [EARLY, one("supported")],
            2,
            "Supported so far: early, its course (1 of 1 finding); what names no regime (1 of 1 finding). 2 cells "
            "without a verdict may be of any regime.",
        ),
        (
            [EARLY, one("refuted", "a break", breaks=True, estimate=1.0, reference=1.0)],
            0,
            "Holds in part: early, its course (1 of 1 finding). Not: a break (refuted in 1 of 1).",
        ),
        ([one("supported"), late(0.9) | {"regime": ""}], 3, ""),
        ([], 1, ""),
    ],
)
def test_a_whole_says_where_it_holds(findings: list[dict[str, Any]], errors: int, sentence: str) -> None:
    assert said(*findings, errors=errors) == sentence


OUTCOME = {"claim": "thm5.7/outcome", "statistic": "share of networks", "region": [0.5, 1.0]}
LIMITED = {"region": [0.0, 0.1], "margin": {"origin": "no law: m of the window"}}


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        (
            [late(7.84, 1.0, claim="thm5.7/time", statistic="ratio"), late(0.0, 1.0, **OUTCOME)],
            "estimate 7.84 where the theory has 1 in time; share 0 where at least 0.5 is allowed in outcome",
        ),
        (
            [late(1.5, 1.0, claim="a/b", statistic="slope"), late(2.0, 0.5, claim="a/b", statistic="ratio")],
            "slope: estimate 1.5 where the theory has 1; ratio: estimate 2 where the theory has 0.5",
        ),
        ([late(0.956, 0.05, **LIMITED)], "estimate 0.956 where at most 0.1 is allowed"),
        (
            [late(0.2, 0.05, **LIMITED), late(0.4, 0.05, **LIMITED)],
            "estimates 0.2 to 0.4 where at most 0.1 is allowed, 0.3 at the median",
        ),
    ],
)
def test_only_estimates_of_one_kind_have_a_range_and_bounds_are_told_as_bounds(
    findings: list[dict[str, Any]], sentence: str
) -> None:
    """The middle of declared bounds is nothing that the theory has, and a share has no median with a ratio."""
    assert said(*findings).endswith(f"Not: late (refuted in {len(findings)} of {len(findings)}: {sentence}).")


def test_of_many_laws_the_commonest_are_told() -> None:
    laws = ["d", "c", "b", "a"]
    found = said(late(0.9, holds_instead=laws), late(0.9, holds_instead=laws[:2]))
    assert found.endswith("; instead holds: c, d, a (in 1)).")
    assert found.count(",") == MOST_LAWS - 1
