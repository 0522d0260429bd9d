"""Declarations of refutations: what each matches, what becomes of it, and the sentence for whatever is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mfcheck.findings import expected
from mfcheck.findings.expected import (
    MOST_TABLES,
    NONE_HOLDS,
    Expectation,
    declare,
    holds_without_discrepancy,
    outcomes,
    papers,
    read_expectations,
    refuted_changes,
)
from mfcheck.findings.finding import Finding, Margin
from mfcheck.tests.support.commands import refusal
from mfcheck.tests.support.settings import make_finding
from mfcheck.verdict import Verdict

DECLARED = Expectation("thm4.1/*", "a reason", "the slower law")


def refuted(**values: Any) -> Finding:
    return make_finding(verdict="refuted", **{"holds_instead": ("the slower law", "another")} | values)


@pytest.mark.parametrize(
    ("claim", "when", "matches"),
    [
        ("thm4.1/a", {}, True),
        ("thm4.1/[ab]", {}, True),
        ("THM4.1/a", {}, False),
        ("thm4.1", {}, False),
        ("*", {"width": 10}, True),
        ("*", {"width": "1?"}, True),
        ("*", {"width": 11}, False),
        ("*", {"engine": "wishart"}, True),
        ("*", {"engine": "w*", "width": 10}, True),
        ("*", {"engine": "w*", "width": 9}, False),
        ("*", {"cell": "c1"}, True),
        ("*", {"cell": "c2"}, False),
        ("*", {"depth": "*"}, False),
    ],
)
def test_a_declaration_speaks_of_claims_engines_cells_and_parameters(
    claim: str, when: dict[str, Any], matches: bool
) -> None:
    assert Expectation(claim, "r", "i", when).matches(vars(make_finding())) is matches


def test_what_is_unmet_is_told_with_what_is_instead() -> None:
    assert DECLARED.unmet(refuted()) == ""
    assert DECLARED.unmet(make_finding()) == "was declared refuted (a reason) but is supported"
    assert DECLARED.unmet(refuted(holds_instead=("one", "two"))) == (
        "is refuted as declared, but its draws do not support 'the slower law' instead: one, two"
    )
    assert DECLARED.unmet(refuted(holds_instead=())).endswith(f"instead: {NONE_HOLDS}")


def test_the_first_declaration_that_matches_is_the_one() -> None:
    first, second = Expectation("thm9/*", "never", "i"), replace(DECLARED, reason="later")
    assert declare(refuted(), [first, DECLARED, second]) == (
        replace(refuted(), expected="a reason", instead="the slower law"),
        "",
    )
    assert declare(refuted(), [first]) == (refuted(), "")
    assert declare(make_finding(), [DECLARED])[1] == (
        "thm4.1/a in cell c1 was declared refuted (a reason) but is supported"
    )
    nothing = make_finding(verdict="not applicable")
    assert declare(nothing, [DECLARED]) == (nothing, "")


# A theory on trial that changes the formula --------------------------------------------------------------------


def test_what_no_draws_tell_from_the_papers_is_declared_of_both() -> None:
    """Somebody's own quadrature of a formula under one of the paper's declared refutations."""
    near = {"changes_told": (), "holds_instead": ("the slower law",)}
    marked, problem = declare(changing("refuted", **near), [DECLARED])
    assert (marked.expected, marked.repairs, problem) == ("a reason", "", "")
    apart, _ = declare(changing("supported", **near), [DECLARED])
    assert apart.repairs == "a reason"


def changing(verdict: str = "supported", **values: Any) -> Finding:
    seen = {"changes_seen": ("omega",), "changes_told": ("omega",)}
    seen |= {"paper_verdict": "refuted", "paper_instead": ("the slower law",)}
    return make_finding(verdict=verdict, **{"interval": (0.98, 1.02)} | seen | values)


WHERE = "thm4.1/a in cell c1"


@pytest.mark.parametrize(
    ("finding", "repairs", "problem"),
    [
        (changing(), "a reason", ""),
        (changing("refuted"), "", ""),
        (changing("undecided"), "", ""),
        (
            changing(paper_verdict="supported"),
            "",
            f"{WHERE}, of the paper's theory, was declared refuted (a reason) but is supported",
        ),
        (
            changing(paper_verdict=""),
            "",
            f"{WHERE}, of the paper's theory, was declared refuted (a reason) but is undecided",
        ),
        (
            changing(paper_instead=("one",)),
            "",
            f"{WHERE}, of the paper's theory, is refuted as declared, "
            "but its draws do not support 'the slower law' instead: one",
        ),
        (
            changing(interval=(1.01, 1.04)),
            "",
            f"{WHERE} holds only up to the discrepancy δ, which repairs nothing that was declared refuted",
        ),
    ],
)
def test_it_repairs_what_it_supports_exactly_and_the_papers_refutes(
    finding: Finding, repairs: str, problem: str
) -> None:
    marked, found = declare(finding, [DECLARED])
    assert (marked.repairs, found) == (repairs, problem)
    assert marked.expected == ""


def test_a_declaration_of_the_theory_on_trial_itself_holds_it_to_its_word() -> None:
    own = replace(DECLARED, of_papers=False)
    assert declare(refuted(changes_seen=("omega",)), [own])[0].expected == "a reason"
    assert "but is supported" in declare(changing(), [own])[1]


def test_of_the_papers_theory_the_same_draws_say_what_was_noted() -> None:
    found = papers(changing())
    assert (found.verdict, found.holds_instead) == (Verdict.REFUTED, ("the slower law",))
    assert papers(changing(paper_verdict="")).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("interval", "region", "reference", "delta", "exact"),
    [
        # about a reference with δ on both sides: what is left is from 7/8 to 9/8
        ((1.0, 1.01), (0.75, 1.25), 1.0, 0.125, True),
        ((1.125, 1.2), (0.75, 1.25), 1.0, 0.125, True),
        ((1.126, 1.2), (0.75, 1.25), 1.0, 0.125, False),
        ((0.8, 0.875), (0.75, 1.25), 1.0, 0.125, True),
        ((0.8, 0.874), (0.75, 1.25), 1.0, 0.125, False),
        # nothing but the reference is left where δ is all of the margin
        ((0.99, 1.01), (0.75, 1.25), 1.0, 0.25, True),
        ((1.0, 1.01), (0.75, 1.25), 1.0, 0.5, True),
        ((1.001, 1.01), (0.75, 1.25), 1.0, 0.25, False),
        ((0.98, 0.999), (0.75, 1.25), 1.0, 0.5, False),
        # a reference beyond the region counts as its end
        ((0.7, 0.76), (0.5, 0.75), 1.0, 0.5, True),
        ((0.7, 0.749), (0.5, 0.75), 1.0, 0.5, False),
        # a bound from above: the whole interval within it, less δ
        ((0.2, 0.875), (0.0, 1.0), 0.9, 0.125, True),
        ((0.2, 0.876), (0.0, 1.0), 0.9, 0.125, False),
        ((0.2, 0.875), (-1.0, 1.0), 0.9, 0.125, True),
        ((0.2, 0.876), (-1.0, 1.0), 0.9, 0.125, False),
        # a distance, whose reference is 0
        ((0.0, 0.2), (0.0, 0.25), 0.0, 0.125, True),
        ((0.126, 0.2), (0.0, 0.25), 0.0, 0.125, False),
    ],
)
def test_a_support_is_exact_if_its_interval_meets_what_is_allowed_without_the_discrepancy(
    interval: tuple[float, float], region: tuple[float, float], reference: float, delta: float, exact: bool
) -> None:
    found = make_finding(interval=interval, region=region, reference=reference, margin=Margin(0.0, delta, ""))
    assert holds_without_discrepancy(found) is exact


# What became of each -------------------------------------------------------------------------------------------


def plain(cell: str, **values: Any) -> dict[str, Any]:
    found = {"claim": "thm4.1/a", "cell": cell, "engine": "dense", "parameters": {}, "verdict": "refuted"}
    return found | {"expected": "", "repairs": "", "paper_verdict": "", "changes_seen": ()} | values


def repaired(cell: str) -> dict[str, Any]:
    return plain(cell, verdict="supported", paper_verdict="refuted", repairs="r", changes_seen=["omega"])


RIVAL = {"verdict": "refuted", "paper_verdict": "supported", "changes_seen": ["beta", "omega"], "claim": "thm5.1/b"}
FATES: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "nothing": ([], "unmatched", "no finding matches"),
    "nothing that applies": ([plain("a", verdict="not applicable")], "unmatched", "no finding matches"),
    "met": ([plain("a", expected="r"), plain("b", verdict="not applicable")], "met", ""),
    "unmet": ([plain("a", expected="r"), plain("b"), plain("c")], "unmet", "not so in b, c"),
    "repaired": ([repaired("a")], "repaired", ""),
    "in part": ([repaired("a"), plain("b", expected="r")], "met", ""),
    "refuted elsewhere": (
        [repaired("a"), plain("x", **RIVAL), plain("y", **RIVAL | {"claim": "thm5.1/a"})],
        "unmet",
        "not so, but what the theory changes there is refuted by thm5.1/a, thm5.1/b",
    ),
    "another change refuted elsewhere": (
        [repaired("a"), plain("x", **RIVAL | {"changes_seen": ["beta"]})],
        "repaired",
        "",
    ),
}


@pytest.mark.parametrize("name", FATES)
def test_what_became_of_a_declaration(name: str) -> None:
    findings, status, message = FATES[name]
    assert outcomes([Expectation("thm4.1/*", "r", "the law")], findings) == [
        {"claim": "thm4.1/*", "reason": "r", "instead": "the law", "status": status, "message": message}
    ]


@pytest.mark.parametrize("verdict", [Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED])
def test_what_may_be_refuted_is_expected_then_and_else_no_complaint(verdict: Verdict) -> None:
    allowed = replace(DECLARED, instead="", strict=False)
    found, complaint = declare(make_finding(claim="thm4.1/x", verdict=verdict), [allowed])
    assert complaint == ""
    assert found.expected == (allowed.reason if verdict is Verdict.REFUTED else "")
    assert found.verdict is verdict  # undecided is still a failure of its own
    assert outcomes([allowed], [plain("a", verdict=str(verdict), expected=found.expected)])[0]["status"] == "met"


def test_a_finding_is_held_to_the_first_declaration_that_matches_it() -> None:
    some, all_of_them = replace(DECLARED, instead="", strict=False), replace(DECLARED, instead="", reason="all")
    found, complaint = declare(make_finding(claim="thm4.1/x"), [some, all_of_them])
    assert (found.expected, complaint) == ("", "")
    findings = [plain("a", verdict="supported"), plain("b", verdict="refuted", expected="all")]
    assert [one["status"] for one in outcomes([some, all_of_them], findings)] == ["met", "met"]
    assert [one["status"] for one in outcomes([all_of_them, some], findings)] == ["unmet", "met"]


@pytest.mark.parametrize(
    ("strict", "said"),
    [(True, ""), (False, ""), ("no", "is wrong: strict must be true or false, got 'no'"), (0, "strict must be true")],
)
def test_an_owner_says_what_must_be_refuted_and_what_may_be(
    monkeypatch: pytest.MonkeyPatch, strict: object, said: str
) -> None:
    factory = SimpleNamespace(expected=[{"claim": "a/b", "reason": "r", "strict": strict}])
    monkeypatch.setattr(expected, "load_factory", lambda path: factory)
    if said:
        with pytest.raises(ValueError, match=said):
            expected.owners_expectations(["nets:Net"], "quick")
    else:
        (found,) = expected.owners_expectations(["nets:Net"], "quick")
        assert (found.strict, found.when) == (strict, {"architecture": "nets:Net"})


def test_a_change_is_refuted_where_the_papers_theory_is_not() -> None:
    shared = plain("z", **RIVAL | {"paper_verdict": "refuted", "claim": "thm5.1/z"})
    undecided = plain("z", **RIVAL | {"verdict": "undecided", "claim": "thm5.1/u"})
    other = plain("y", **RIVAL | {"claim": "thm5.1/a", "changes_seen": ["omega"]})
    assert refuted_changes([plain("x", **RIVAL), shared, undecided, other]) == {
        "beta": {"thm5.1/b"},
        "omega": {"thm5.1/a", "thm5.1/b"},
    }


# Files ---------------------------------------------------------------------------------------------------------

BARE = '[[expected]]\nclaim = "a/b"\nreason = "r"\ninstead = "i"\n'
TEXTS = "is wrong: claim, reason and instead must be texts"
KEYS = "['claim', 'instead', 'levels', 'reason', 'theory', 'when']"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("expected = [1]", "declaration 1 must be a table [[expected]], got 1"),
        (f"{BARE}[[expected]]\n", f"declaration 2 lacks ['claim', 'instead', 'reason']; its keys are {KEYS}"),
        (f"{BARE}why = 1\n", f"declaration 1 has unknown keys ['why']; its keys are {KEYS}"),
        (BARE.replace('"r"', '" "'), f"declaration 1 {TEXTS}, got reason = ' '"),
        (BARE.replace('"i"', "1"), f"declaration 1 {TEXTS}, got instead = 1"),
        (f"{BARE}levels = 1\n", "declaration 1 is wrong: levels must be among quick, standard, paper, got 1"),
        (f"{BARE}when = 1\n", "declaration 1 is wrong: when must be a table such as { width = 64 }, got 1"),
        (f"{BARE}when = {{ a = [] }}\n", "declaration 1 is wrong: when must hold texts and numbers, got a = []"),
        (f"{BARE}theory = 1\n", "declaration 1 is wrong: theory must be a text, got 1"),
        ("b = 1\na = 2\n", "'a' means nothing; write [[expected]] tables"),
        ("expected = 1\n", f"expected must be up to {MOST_TABLES} tables [[expected]]"),
        (f"{BARE * (MOST_TABLES + 1)}", f"expected must be up to {MOST_TABLES} tables [[expected]]"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    found = refusal(lambda: read_expectations([file], "quick"))
    assert found.startswith(f"expectations {str(file)!r}: ")
    assert found.endswith(said)


def test_all_that_a_table_may_hold_is_read(tmp_path: Path) -> None:
    file, other = tmp_path / "mine.toml", tmp_path / "more.toml"
    whole = f'{BARE}levels = ["quick"]\nwhen = {{ width = 3, engine = "d*", share = 0.5 }}\ntheory = "mine:Own"\n'
    file.write_text(whole + BARE)
    other.write_text(BARE * MOST_TABLES)
    own = Expectation("a/b", "r", "i", {"width": 3, "engine": "d*", "share": 0.5}, ("quick",), False)
    bare = Expectation("a/b", "r", "i", {}, (), True)
    assert read_expectations([file], "quick", "mine:Own") == (own, bare)
    assert read_expectations([file], "quick") == (bare,)
    assert read_expectations([file], "paper", "mine:Own") == (bare,)
    assert len(read_expectations([file, other], "quick", "other:Own")) == 1 + MOST_TABLES
    papers_by_name = tmp_path / "papers.toml"
    papers_by_name.write_text(f'{BARE}theory = "mfcheck.theory:PaperTheory"\n')
    assert read_expectations([papers_by_name], "quick", "mine:Own") == (bare,)
