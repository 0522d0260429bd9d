"""Sections, states, claims and cells are named and counted as pages and other programs read them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from mfcheck import NetworkSpec
from mfcheck.findings import regimes, series, states, wording
from mfcheck.findings.cell import ENGINES, Cell
from mfcheck.findings.claim import Claim, claim, is_asked_for
from mfcheck.findings.parts import whole_verdict
from mfcheck.findings.reading import claim_of
from mfcheck.findings.report import Declared, Report, standing, tally
from mfcheck.findings.sections import SECTIONS, place_of, section_of
from mfcheck.tests.support.commands import refusal
from mfcheck.tests.support.reports import make_finding as written_finding
from mfcheck.tests.support.settings import make_finding
from mfcheck.verdict import NotANumber, Verdict

# Sections --------------------------------------------------------------------------------------------------------


def test_sections_stand_in_the_order_of_the_paper() -> None:
    order = [
        "preflight",
        "audit",
        "thm4.1",
        "thm5.1",
        "thm5.3",
        "thm5.4",
        "thmG.9",
        "thm5.7",
        "thm5.8",
        "thm5.9",
        "assumption",
        "break",
        "open",
    ]
    assert list(SECTIONS) == order
    assert [place_of(f"{id}/x") for id in [*order, "mine"]] == list(range(14))
    for id, section in SECTIONS.items():
        assert section.id == id
        assert section.gates == (id != "open")
        assert section.breaks == (id == "break")
        assert bool(section.elsewhere) == (id not in ("preflight", "audit"))
        number = id.removeprefix("thm")
        assert number == id or section.title.startswith(f"Theorem {number} — ")


def test_a_section_of_ones_own_gates_and_says_nothing_of_others() -> None:
    own, theorem = section_of("mine/x"), section_of("thm9.9/x")
    assert (own.id, own.title, own.gates, own.breaks, own.elsewhere) == ("mine", "mine", True, False, "")
    assert (theorem.id, theorem.elsewhere) == ("thm9.9", SECTIONS["thm5.4"].elsewhere)


# States ----------------------------------------------------------------------------------------------------------


def one(verdict: str, **values: Any) -> dict[str, Any]:
    return written_finding(verdict=verdict, **values)


@pytest.mark.parametrize(
    ("finding", "name", "glyph", "slug"),
    [
        (one("supported"), "supported", "✓", "supported"),
        (one("refuted"), "refuted", "✗", "refuted"),
        (one("refuted", expected=""), "refuted", "✗", "refuted"),
        (one("refuted", expected="a reason"), "refuted, as expected", "≠", "expected"),
        (one("supported", expected="a reason"), "supported", "✓", "supported"),
        (one("undecided"), "undecided", "?", "undecided"),
        (one("not applicable"), "not applicable", "–", "not-applicable"),
        (one("not applicable", explored=True), "not applicable", "–", "not-applicable"),
        (one("refuted", explored=True, expected="a reason"), "explored", "○", "explored"),
        (one("supported", explored=False), "supported", "✓", "supported"),
    ],
)
def test_a_state_has_a_name_a_sign_and_a_style(finding: dict[str, Any], name: str, glyph: str, slug: str) -> None:
    found = states.state(finding)
    assert (found, states.glyph(found), states.slug(found)) == (name, glyph, slug)


def test_only_what_is_refuted_or_open_is_unsupported() -> None:
    assert set(states.UNSUPPORTED) == {Verdict.REFUTED, Verdict.UNDECIDED}


def test_what_holds_in_part_has_a_sign_and_a_style_of_its_own() -> None:
    state = standing("holds in part", [claim_of(of("a/b", EXPECTED, one("supported")))])
    assert (state, states.glyph(state), states.slug(state)) == ("holds in part", "◐", "holds-in-part")
    assert len(set(states.GLYPHS.values())) == len(states.GLYPHS)
    assert state in states.EMPHASISED
    assert "supported" not in states.EMPHASISED


def of(id: str, *findings: dict[str, Any], errors: int = 0) -> dict[str, Any]:
    return {"id": id, "findings": list(findings), "errors": [{"cell": "c", "message": "m"}] * errors}


EXPECTED = one("refuted", expected="r")


def test_states_are_counted_with_their_nouns() -> None:
    claims = [
        of("a/b", one("not applicable"), EXPECTED, one("supported"), one("supported")),
        of("a/c", one("undecided"), errors=1),
    ]
    found = tally(map(claim_of, claims))
    assert (found["supported"], found["refuted"], found[states.EXPECTED], found.errors) == (2, 0, 1, 1)
    assert str(found) == "2 supported, 1 refuted as expected, 1 undecided, 1 not applicable, 1 error"
    assert found.expectation == "1 refutation was expected."
    assert tally([claim_of(of("a/b", EXPECTED, EXPECTED, errors=2))]).expectation == "2 refutations were expected."
    assert str(tally([claim_of(of("a/b", errors=2))])) == "2 errors"
    assert (str(tally([])), tally([]).expectation) == ("nothing tried", "")


@pytest.mark.parametrize(
    ("verdict", "claims", "expected"),
    [
        ("refuted", [of("a/b", EXPECTED, one("supported"))], states.EXPECTED),
        ("refuted", [of("a/b", EXPECTED, one("refuted"))], "refuted"),
        ("refuted", [of("a/b", EXPECTED, one("undecided"))], "refuted"),
        ("refuted", [of("a/b", EXPECTED, errors=1)], "refuted"),
        ("refuted", [of("a/b", one("refuted"))], "refuted"),
        ("undecided", [of("a/b", EXPECTED)], "undecided"),
        ("refuted", [of("a/b", EXPECTED), of("open/q", one("refuted"), errors=1)], states.EXPECTED),
        ("supported", [of("a/b", one("supported"))], "supported"),
        ("holds in part", [of("a/b", one("refuted"), errors=1)], "holds in part"),
        ("holds in part", [of("open/q", one("refuted", explored=True))], "explored"),
        ("refuted", [of("open/q", one("refuted", explored=True))], "explored"),
        ("undecided", [], "undecided"),
        ("undecided", [of("break/b", one("supported", caveat="few images"))], states.LIMITED),
        ("undecided", [of("a/b", one("supported", caveat="few"), one("undecided", caveat="few"))], "undecided"),
        ("undecided", [of("a/b", one("supported", caveat="few"), errors=1)], "undecided"),
        ("undecided", [of("a/b", one("supported", caveat="few")), of("c/d", one("supported"))], "undecided"),
        ("undecided", [of("a/b", one("not applicable"))], "undecided"),
    ],
)
def test_a_whole_stands_as_its_gating_claims_do(verdict: str, claims: list[dict[str, Any]], expected: str) -> None:
    assert standing(verdict, [claim_of(claim) for claim in claims]) == expected


def test_declarations_that_did_not_come_about_are_unmet() -> None:
    declared = tuple(Declared("a/b", "r", "", status) for status in ("met", "unmet", "unmatched", "repaired"))
    assert Report((), expectations=declared).unmet == list(declared[1:3])
    assert Report((), expectations=declared, full=False).unmet == list(declared[1:2])
    assert Report(()).unmet == []


def test_claims_come_in_the_order_of_the_theorems() -> None:
    report = {"theorems": [{"claims": [1, 2]}, {"claims": []}, {"claims": [3]}]}
    assert list(states.claims_of(report)) == [1, 2, 3]


# Texts -----------------------------------------------------------------------------------------------------------


def test_counts_have_their_nouns() -> None:
    assert [wording.plural(n, "cell") for n in (0, 1, 2)] == ["0 cells", "1 cell", "2 cells"]


@pytest.mark.parametrize("text", ["", "abc", "abcdefgh"])
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert wording.clip(text, 8) == wording.cut(text, 8) == text


def test_what_does_not_fit_is_cut_to_the_length() -> None:
    assert wording.clip("abcdefghi", 8) == "abcdefg…"
    assert wording.cut("abcdefghi", 8) == "abcd…ghi"
    assert wording.cut("abcdefghij", 7) == "abc…hij"
    assert wording.clip("a\x1bb\nc", 8) == "a b c"
    assert wording.cut("a\x1bb\nc", 8) == "abc"
    assert wording.cut("abc\n\n\n\n\n\n", 3) == "abc"


def test_curves_have_the_names_that_reports_of_older_versions_hold() -> None:
    kinds = (series.LAW, series.TREND, series.PROFILE, series.TRAJECTORY, series.LAYERS, series.MAP)
    assert kinds == ("law", "trend", "profile", "trajectory", "layers", "map")
    over = (series.OVER_WIDTHS, series.OVER_BUDGETS, series.OVER_TIME, series.OVER_LAYERS, series.OVER_DEPTHS)
    assert over == ("width N", "ε", "t", "layer", "depth")
    assert (series.FACTOR_1, series.ENVELOPE, series.LOSS) == ("rate factor 1", "envelope", "L_adv over the bound")
    assert (series.LOWER_QUARTILE, series.UPPER_QUARTILE) == ("lower quartile", "upper quartile")
    assert (series.DISCRETISATION, series.COSINE) == ("discretisation", "cosine")
    maps = (series.ATTACKED, series.HELD_OUT, series.VARIANCE, series.DIVERGED)
    assert maps == ("attacked", "held-out attacked", "variance", "diverged")


# Claims and cells ------------------------------------------------------------------------------------------------


def nowhere(_: object) -> tuple[Cell, ...]:
    return ()


def test_a_claim_is_marked_with_its_docstring_on_one_line() -> None:
    @claim("thm4.1/my-law", cells=nowhere)
    def test_it() -> None:
        """A law
        holds.
        """

    marked: Claim = test_it.mfcheck_claim  # type: ignore[attr-defined]
    assert marked == Claim("thm4.1/my-law", "A law holds.", nowhere)
    assert (marked.theorem, marked.gates) == ("thm4.1", True)
    assert not Claim("open/x", "", nowhere).gates

    def silent() -> None:
        pass

    mark: Callable[..., object] = claim("thm4.1/silent", cells=nowhere)
    assert refusal(lambda: mark(silent)) == "claim 'thm4.1/silent' has no docstring to say what it says"


@pytest.mark.parametrize("id", ["a", "a/", "/b", "a/b/c", "a b/c", "a/b.c", "a-b/c", "a/b\n", "ä/b", ""])
def test_an_id_that_is_no_section_and_name_is_refused(id: str) -> None:
    said = f"claim id {id!r} does not read as section/name-of-the-claim"
    assert refusal(lambda: Claim(id, "", nowhere)) == said


def test_claims_are_asked_for_by_id_or_glob_in_exactly_these_letters() -> None:
    assert is_asked_for("a/b", [])
    assert is_asked_for("a/b", ["x", "a/*"])
    assert not is_asked_for("a/b", ["x", "A/*", "a"])


SPEC = NetworkSpec("vanilla", 5, 3, 8, 4, 1.5)


def test_a_cell_is_named_by_its_engine_its_network_and_its_details_in_order() -> None:
    assert ENGINES == ("wishart", "lazy", "dense")
    assert Cell(SPEC, "lazy").id == f"lazy-{SPEC.label}"
    details = {"b": 1, "a": "x: [y]\tz"}
    assert Cell(SPEC, "dense", details).id == f"dense-{SPEC.label}-a.x_y_z-b.1"
    assert (Cell(SPEC, "dense").figure, Cell(SPEC, "dense").inapplicable) == ("", "")
    said = "engine 'fast' is unknown; allowed are wishart, lazy, dense"
    assert refusal(lambda: Cell(SPEC, "fast")) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"estimate": math.nan}, "thm4.1/a in cell c1: the estimate of ratio is nan"),
        ({"interval": (math.inf, 1.0)}, "thm4.1/a in cell c1: the interval of ratio is inf"),
        ({"interval": (0.0, -math.inf)}, "thm4.1/a in cell c1: the interval of ratio is -inf"),
    ],
)
def test_a_decision_on_no_number_says_which(values: dict[str, Any], said: str) -> None:
    with pytest.raises(NotANumber) as raised:
        make_finding(**values)
    assert str(raised.value) == said
    assert make_finding(verdict="not applicable", **values).verdict is Verdict.NOT_APPLICABLE


def test_one_decision_never_holds_in_part() -> None:
    said = "thm4.1/a in cell c1: one decision cannot be 'holds in part'"
    assert refusal(lambda: make_finding(verdict="holds in part")) == said


def test_a_finding_says_nothing_until_it_is_judged() -> None:
    from mfcheck import Finding

    bare = Finding("a/b", "says", "c", "", "dense", {}, "pytest")
    assert bare.verdict is Verdict.NOT_APPLICABLE
    numbers = (bare.estimate, *bare.interval, bare.reference, *bare.region)
    assert all(map(math.isnan, numbers))
    assert (bare.alpha, bare.draws, bare.looks, bare.seconds, bare.breaks) == (0.0, 0, 0, 0.0, False)
    assert (bare.margin.total, bare.margin.origin, bare.resolution, bare.curve) == (0.0, "", None, None)
    assert (bare.regime, bare.caveat) == ("", "")
    texts = (bare.reason, bare.statistic, bare.side, bare.expected, bare.instead, bare.paper_verdict, bare.repairs)
    assert set(texts) == {""}
    lists = (bare.holds_instead, bare.twins_seen, bare.twins_refuted, bare.changes_seen, bare.paper_instead)
    assert set(lists) == {()}


def test_support_on_a_grant_is_no_pass_and_makes_nothing_hold() -> None:
    granted = one("supported", caveat=f"{regimes.GRANTED}a tail", regime="")
    proven = one("supported", caveat="", regime="")
    claim = {"id": "thm4.1/entries-variance", "findings": [granted], "errors": []}
    assert states.state(granted) == states.GRANTED
    assert states.glyph(states.GRANTED) != states.glyph("supported")
    verdict = whole_verdict([granted])
    assert verdict.value == "undecided"
    assert standing(verdict.value, [claim_of(claim)]) == states.GRANTED
    assert whole_verdict([granted, proven]).value == "supported"
    assert states.state(granted | {"verdict": "refuted"}) == "refuted"
