"""The plugin from outside: what a run prints, writes and returns, and which claims it takes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from mfcheck.settings import LEVELS
from mfcheck.tests.support.runs import PLAIN, claims_of, journal, report, run
from mfcheck.tests.support.toy_claims import (
    BROKEN,
    CELL,
    COIN,
    EDGE,
    EVERYTHING,
    FOREIGN,
    FORGETS,
    GAUSSIAN,
    TOY,
    WRONG,
)

pytestmark = pytest.mark.usefixtures("clean_environment")

HEAD = {
    "schema", "mfcheck", "created", "environment", "seed", "level", "alpha", "family_error_bound", "theory",
    "architectures", "theorems", "mutants",
}  # fmt: skip
FINDING = {
    "parameters", "statistic", "estimate", "interval", "reference", "margin", "draws", "engine", "verdict",
    "resolution", "seconds", "reproduce",
}  # fmt: skip


# What a run says -----------------------------------------------------------------------------------------------


def test_every_ending_is_told_apart_wherever_it_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=EVERYTHING, test_other=PLAIN)
    result = run(pytester, "--mf-seed", "5", "--mf-architecture", "vanilla", "--junitxml=junit.xml")
    assert result.ret == 1
    result.assert_outcomes(passed=4, failed=4, skipped=1)

    result.stdout.fnmatch_lines(["mfcheck: *--mf-seed 5*--mf-level quick*"])
    result.stdout.fnmatch_lines(["*theory verdicts*", "*verdict*supp*refut*undec*", "*supported*", "report: *html"])
    result.stdout.fnmatch_lines(["*REFUTED toy.2/wrong*", "*UNDECIDED toy.3/edge*", "*ERROR toy.5/nan*"])
    assert "1 refuted, 1 undecided, 1 not applicable, 2 errors" in result.stdout.str()

    found = report(pytester)
    assert set(found) >= HEAD
    assert (found["seed"], found["level"], found["alpha"]) == (5, "quick", 1e-6)
    assert found["architectures"] == ["vanilla"]
    assert found["verdict"] == "refuted"
    assert found["family_error_bound"] == pytest.approx(5e-6)
    claims = claims_of(found)
    assert {id: claim["verdict"] for id, claim in claims.items()} == {
        "toy.1/gaussian": "supported",
        "toy.1/variance": "supported",
        "toy.2/wrong": "refuted",
        "toy.3/edge": "undecided",
        "toy.4/foreign": "not applicable",
        "toy.5/nan": "undecided",
        "toy.6/forgets": "undecided",
    }
    assert claims["toy.2/wrong"]["says"] == "The variance is half as large again."
    assert all(set(finding) >= FINDING for claim in claims.values() for finding in claim["findings"])
    (wrong,) = claims["toy.2/wrong"]["findings"]
    assert wrong["estimate"] > wrong["interval"][0] > wrong["margin"]["finite_width"] + wrong["margin"]["discrepancy"]
    assert (wrong["cell"], wrong["engine"], wrong["parameters"]["width"]) == (CELL, "wishart", 32)
    (edge,) = claims["toy.3/edge"]["findings"]
    assert edge["looks"] == LEVELS["quick"].looks
    (absent,) = claims["toy.4/foreign"]["findings"]
    assert absent["reason"]
    assert (absent["estimate"], absent["interval"], absent["alpha"]) == (None, [None, None], 0)
    for id, words in (("toy.5/nan", "NaN"), ("toy.6/forgets", "without a decision")):
        assert claims[id]["findings"] == []
        assert [error["cell"] for error in claims[id]["errors"]] == [CELL]
        assert words in claims[id]["errors"][0]["message"]

    findings = journal(pytester)
    assert len(findings) == 6
    assert [finding["verdict"] for finding in findings].count("supported") == 3
    for page in ("report.md", "report.html"):
        text = (pytester.path / "reports" / page).read_text(encoding="utf-8")
        assert all(id.split("/")[1] in text for id in claims)

    evidence = {}
    for case in ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase"):
        properties = {item.get("name"): item.get("value") for item in case.iter("property")}
        if "mfcheck_finding" in properties:
            found_here = json.loads(str(properties["mfcheck_finding"]))
            evidence[found_here["claim"], found_here["cell"]] = found_here
            assert json.loads(str(properties["mfcheck_claim"]))["id"] == found_here["claim"]
    assert evidence == {(finding["claim"], finding["cell"]): finding for finding in findings}


@pytest.mark.parametrize(
    ("source", "exit_status", "verdict"),
    [
        (GAUSSIAN + COIN, 0, "supported"),
        (COIN + FOREIGN, 0, "supported"),
        (COIN + WRONG, 1, "refuted"),
        (COIN + EDGE, 1, "undecided"),
        (COIN + BROKEN, 1, "undecided"),
        (COIN + FORGETS, 1, "undecided"),
        (FOREIGN, 1, "not applicable"),
    ],
    ids=["supported", "and foreign", "refuted", "undecided", "nan", "forgotten", "foreign"],
)
def test_the_exit_status_and_the_verdict_of_a_run_say_the_same(
    pytester: pytest.Pytester, source: str, exit_status: int, verdict: str
) -> None:
    pytester.makepyfile(test_toy=TOY + source)
    assert run(pytester, "--mf-seed", "1").ret == exit_status
    assert report(pytester)["verdict"] == verdict


def test_a_claim_is_chosen_by_its_id_or_a_glob(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + COIN + WRONG + EDGE, test_other=PLAIN)
    run(pytester, "--mf-claim", "toy.1/*").assert_outcomes(passed=3, deselected=2)
    assert list(claims_of(report(pytester))) == ["toy.1/coin"]
    run(pytester, "--mf-claim", "toy.1/coin", "--mf-claim", "toy.3/edge")
    assert list(claims_of(report(pytester))) == ["toy.1/coin", "toy.3/edge"]


def test_two_cells_of_one_name_are_an_error(pytester: pytest.Pytester) -> None:
    twins = COIN.replace("cells=two", "cells=lambda settings: [*one(settings), *one(settings)]")
    pytester.makepyfile(test_toy=TOY + twins)
    result = run(pytester)
    assert result.ret not in (0, 1)
    assert f"two cells of one id among {CELL}" in result.stdout.str()
