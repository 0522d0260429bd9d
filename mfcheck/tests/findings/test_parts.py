"""A whole has the verdict that is certain, however its open findings would come out."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.findings.parts import Off, has_parts, parts_of, whole_verdict
from mfcheck.findings.regimes import EARLY, EVERYWHERE, LATE, LIMIT, START
from mfcheck.verdict import OF_ONE_DECISION, SEVERITY, Verdict, combine

Plain = dict[str, Any]
SUPPORTED, REFUTED, UNDECIDED, NOTHING = OF_ONE_DECISION
REGIMES = ("", "early", "late")
RANK = {verdict: place for place, verdict in enumerate(SEVERITY)}


def one(verdict: str, regime: str = "", caveat: str = "", **values: Any) -> Plain:
    return {"verdict": verdict, "regime": regime, "caveat": caveat, **values}


findings = st.builds(one, st.sampled_from(OF_ONE_DECISION), st.sampled_from(REGIMES), st.sampled_from(("", "few")))
wholes = st.lists(findings, max_size=6)
errors = st.booleans()


def final(closed: list[Plain]) -> Verdict:
    """The verdict where nothing is open, from the definition of each."""
    applicable = [finding for finding in closed if finding["verdict"] != NOTHING]
    bears = [finding for finding in applicable if not finding["caveat"]]
    if all(finding["verdict"] == SUPPORTED for finding in applicable):
        return SUPPORTED if bears else UNDECIDED
    for regime in {finding["regime"] for finding in bears} - {""}:
        if all(finding["verdict"] == SUPPORTED for finding in applicable if finding["regime"] == regime):
            return Verdict.IN_PART
    return REFUTED


def certain(whole: list[Plain]) -> Verdict:
    """The verdict from every way in which the open findings may come out: the least, or undecided if it may be more."""
    ways = [(SUPPORTED, REFUTED) if finding["verdict"] == UNDECIDED else (finding["verdict"],) for finding in whole]
    outcomes = [
        final([{**finding, "verdict": verdict} for finding, verdict in zip(whole, way, strict=True)])
        for way in product(*ways)
    ]
    least, most = min(outcomes, key=RANK.__getitem__), max(outcomes, key=RANK.__getitem__)
    return UNDECIDED if least is REFUTED and most is not REFUTED else least


@given(wholes)
def test_a_verdict_is_what_is_certain_however_open_findings_come_out(whole: list[Plain]) -> None:
    if any(finding["verdict"] != NOTHING for finding in whole):
        assert whole_verdict(whole) is certain(whole)


@given(wholes, errors)
def test_a_whole_that_names_no_regime_and_no_caveat_is_as_bad_as_its_worst(whole: list[Plain], broken: bool) -> None:
    plain = [one(finding["verdict"]) for finding in whole]
    said = combine([finding["verdict"] for finding in plain] + [UNDECIDED] * broken)
    assert whole_verdict(plain, errors=broken) is said
    unnamed = [{"verdict": finding["verdict"]} for finding in plain]  # as a report of the first schema has it
    assert whole_verdict(unnamed, errors=broken) is said


@given(wholes, errors, st.randoms())
def test_the_order_of_findings_does_not_matter(whole: list[Plain], broken: bool, random: Any) -> None:
    other = random.sample(whole, len(whole))
    assert whole_verdict(other, errors=broken) is whole_verdict(whole, errors=broken)
    assert [part.regime for part in parts_of(other)] == [part.regime for part in parts_of(whole)]


@given(wholes, errors, st.data())
def test_a_finding_that_comes_out_better_never_lowers_the_whole(
    whole: list[Plain], broken: bool, data: st.DataObject
) -> None:
    low, high = data.draw(st.sampled_from([(REFUTED, UNDECIDED), (UNDECIDED, SUPPORTED), (REFUTED, SUPPORTED)]))
    changed = data.draw(findings)
    before = whole_verdict([*whole, {**changed, "verdict": low}], errors=broken)
    after = whole_verdict([*whole, {**changed, "verdict": high}], errors=broken)
    assert RANK[after] >= RANK[before]


@given(wholes, errors, findings)
def test_what_has_a_caveat_makes_nothing_hold(whole: list[Plain], broken: bool, added: Plain) -> None:
    limited = [{**finding, "caveat": "few"} for finding in whole]
    assert whole_verdict(limited, errors=broken) not in (SUPPORTED, Verdict.IN_PART)
    before, after = (
        whole_verdict(found, errors=broken) for found in (whole, [*whole, {**added, "caveat": "few", "regime": "new"}])
    )
    if before not in (SUPPORTED, Verdict.IN_PART, NOTHING):
        assert after not in (SUPPORTED, Verdict.IN_PART)


@given(wholes)
def test_an_error_is_open_in_every_regime(whole: list[Plain]) -> None:
    without, broken = whole_verdict(whole), whole_verdict(whole, errors=True)
    named = any(finding["regime"] and finding["verdict"] != NOTHING for finding in whole)
    assert broken is (REFUTED if without is REFUTED and not named else UNDECIDED)


EARLY_HOLDS, LATE_FAILS, LATE_OPEN = one(SUPPORTED, "early"), one(REFUTED, "late"), one(UNDECIDED, "late")
FEW_EARLY = one(SUPPORTED, "early", "few images")


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [
        ([EARLY_HOLDS, LATE_FAILS], "holds in part"),
        ([EARLY_HOLDS, one(SUPPORTED, "late")], "supported"),
        ([EARLY_HOLDS, FEW_EARLY, LATE_FAILS], "holds in part"),
        ([FEW_EARLY, LATE_FAILS], "refuted"),
        ([FEW_EARLY], "undecided"),
        ([one(SUPPORTED, "", "at most")], "undecided"),
        ([EARLY_HOLDS, one(REFUTED, "early"), LATE_FAILS], "refuted"),
        ([EARLY_HOLDS, one(REFUTED, "early", "few images"), LATE_FAILS], "refuted"),
        ([one(UNDECIDED, "early"), LATE_FAILS], "undecided"),
        ([one(UNDECIDED, "early", "few images"), LATE_FAILS], "refuted"),
        ([one(UNDECIDED, "early", "few images"), EARLY_HOLDS, LATE_FAILS], "undecided"),
        ([one(UNDECIDED, "early"), one(REFUTED, "early"), LATE_FAILS], "refuted"),
        ([one(SUPPORTED), LATE_FAILS], "refuted"),
        ([one(REFUTED), EARLY_HOLDS], "holds in part"),
        # Whichever way the open finding comes out, the early regime holds.
        ([EARLY_HOLDS, LATE_OPEN], "holds in part"),
        ([one(UNDECIDED, "early"), one(SUPPORTED, "late", "few images")], "undecided"),
        ([EARLY_HOLDS, one(NOTHING, "late"), one(NOTHING)], "supported"),
        ([one(NOTHING, "early"), LATE_FAILS], "refuted"),
        ([one(NOTHING, "early")], "not applicable"),
        ([], "undecided"),
    ],
)
def test_wholes_of_two_regimes(whole: list[Plain], verdict: str) -> None:
    assert whole_verdict(whole).value == verdict


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [
        ([EARLY_HOLDS, LATE_FAILS], "undecided"),
        ([LATE_FAILS], "undecided"),  # all early cells may be among the errors
        ([one(REFUTED)], "refuted"),
        ([one(REFUTED), one(NOTHING, "early")], "refuted"),
        ([EARLY_HOLDS], "undecided"),
        ([one(NOTHING)], "undecided"),
        ([], "undecided"),
    ],
)
def test_wholes_with_errors(whole: list[Plain], verdict: str) -> None:
    assert whole_verdict(whole, errors=True).value == verdict


# The parts -----------------------------------------------------------------------------------------------------


GRANT = "granted: a tail"


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        ([("bound", SUPPORTED, GRANT), ("growth", SUPPORTED, "")], Verdict.IN_PART),
        ([("bound", SUPPORTED, GRANT), ("bound", SUPPORTED, ""), ("growth", SUPPORTED, "")], SUPPORTED),
        ([("bound", NOTHING, GRANT), ("growth", SUPPORTED, "")], SUPPORTED),
        ([("bound", SUPPORTED, GRANT), ("growth", UNDECIDED, "")], UNDECIDED),
        ([("bound", SUPPORTED, GRANT), ("growth", REFUTED, "")], REFUTED),
        ([("bound", SUPPORTED, GRANT), ("growth", SUPPORTED, GRANT)], UNDECIDED),
        ([("bound", SUPPORTED, "few"), ("growth", SUPPORTED, "")], SUPPORTED),
    ],
)
def test_a_claim_that_rests_on_grants_alone_leaves_its_theorem_to_hold_in_part(
    claims: list[tuple[str, Any, str]], verdict: Verdict
) -> None:
    whole = [one(found, caveat=caveat, claim=claim) for claim, found, caveat in claims]
    assert whole_verdict(whole) is verdict


def test_the_parts_say_what_each_regime_came_to() -> None:
    refuted = one(REFUTED, "late", estimate=0.93, reference=0.5, instead="Euler's law", holds_instead=["a", "b"])
    other = one(REFUTED, "late", "few", estimate=0.95, reference=0.5, holds_instead=["a", "b"])
    late, early = parts_of([refuted, other, LATE_OPEN, EARLY_HOLDS, one(NOTHING, "early")])
    assert (late.regime, early.regime) == ("late", "early")
    assert (late.findings, late.supported, late.refuted, late.open, late.bearing) == (3, 0, 2, 1, 2)
    assert (late.verdict, late.holds, late.may_hold, late.caveats) == (REFUTED, False, False, ("few",))
    assert late.off == Off(0.93, pytest.approx(0.94), 0.95, 0.5)
    assert late.instead == {"Euler's law": 1, "a": 1, "b": 1}
    assert (early.findings, early.supported, early.bearing, early.holds, early.off) == (1, 1, 1, True, None)
    plain = late.plain
    assert (plain["verdict"], plain["holds"], plain["bearing"], plain["caveats"]) == ("refuted", False, 2, ["few"])
    assert plain["off"] == {"low": 0.93, "median": pytest.approx(0.94), "high": 0.95, "reference": 0.5}


def test_parts_stand_in_the_order_of_training() -> None:
    names = ["of one's own", *(regime.name for regime in (EVERYWHERE, LIMIT, LATE, EARLY, START)), "another"]
    found = [part.regime for part in parts_of([one(SUPPORTED, name) for name in names])]
    assert found == [START.name, EARLY.name, LATE.name, LIMIT.name, "another", "of one's own", ""]


def off(*pairs: tuple[float | None, float | None], **values: Any) -> Off | None:
    return parts_of([one(REFUTED, estimate=estimate, reference=value, **values) for estimate, value in pairs])[0].off


def test_how_far_off_a_part_is_is_told_over_the_theory_where_its_values_differ() -> None:
    assert off((0.2, 1.0), (0.4, 1.0000001), (0.3, 1.0)) == Off(0.2, 0.3, 0.4, 1.0)
    assert off((0.2, 1.0), (-1.0, 2.0), (5.0, 0.0)) == Off(-0.5, pytest.approx(-0.15), 0.2, None)
    assert off((0.2, 0.0), (0.4, 0.0)) == Off(0.2, pytest.approx(0.3), 0.4, 0.0)
    assert off((None, 1.0), (0.2, None)) is None
    assert off((0.2, 1.0), breaks=True) is None


def test_there_is_more_to_say_where_a_regime_or_a_caveat_is_named() -> None:
    assert not has_parts(parts_of([one(SUPPORTED), one(NOTHING, "early", "few")]))
    assert has_parts(parts_of([one(SUPPORTED), EARLY_HOLDS]))
    assert has_parts(parts_of([one(SUPPORTED, "", "at most")]))
    assert not has_parts([])


def test_logarithms_are_off_by_the_factor_between_what_they_are_of() -> None:
    """A median twice its bound β = 0.1 is 2 times what the theory has, not log 0.2 / log 0.1 = 0.70 times it."""
    refuted = one(
        REFUTED.value, statistic="logarithm of a median", estimate=math.log(0.2), reference=math.log(0.1), breaks=False
    )
    (part,) = parts_of([refuted])
    assert part.off is not None
    assert (part.off.median, part.off.reference) == (pytest.approx(2), None)
