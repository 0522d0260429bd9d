"""What fixtures decide is counted, stands in no test's way, and is an error where it comes too late."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mfcheck.findings.files import JOURNAL
from mfcheck.tests.support.coin_claims import CELLS, written

FIXTURES = """
@pytest.fixture
def first(decide):
    return fair(decide)


@pytest.fixture
def last(decide):
    yield
    unfair(decide)


@pytest.fixture
def by_another_name(decide):
    return decide
"""
SILENT = """
def silent(settings):
    return [Cell(NARROW, "wishart", inapplicable="it says nothing here")]


@claim("toy.1/silent", cells=silent)
def test_silent(cell, decide, first):
    'Nothing.'
    assert False
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(test_toy=CELLS + FIXTURES + source)
    return pytester.runpytest("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider", *arguments)


def claims(pytester: pytest.Pytester) -> dict[str, Any]:
    found = json.loads((pytester.path / "reports" / "report.json").read_text())
    return {claim["id"]: claim for theorem in found["theorems"] for claim in theorem["claims"]}


@pytest.mark.parametrize("asked", ["fixture", "mark"])
def test_a_test_runs_whatever_its_fixtures_have_decided(pytester: pytest.Pytester, asked: str) -> None:
    mark, fixtures = ("", ", first") if asked == "fixture" else ("@pytest.mark.usefixtures('first')", "")
    found = run(pytester, written("both", "unfair(decide)", mark=mark, fixtures=fixtures))
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    verdicts = [one["verdict"] for one in claims(pytester)["toy.1/both"]["findings"]]
    assert verdicts == ["supported", "refuted"] * 2


def test_a_body_that_fails_is_an_error_whatever_its_fixtures_have_decided(pytester: pytest.Pytester) -> None:
    assert run(pytester, written("fails", "assert False", fixtures=", first")).ret == pytest.ExitCode.TESTS_FAILED
    assert len(claims(pytester)["toy.1/fails"]["errors"]) == 2


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_decision_after_the_test_is_an_error_of_its_cell(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    found = run(pytester, written("late", "fair(decide)", fixtures=", last"), *workers)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    claim = claims(pytester)["toy.1/late"]
    assert claim["verdict"] == "undecided"
    assert len(claim["errors"]) == 2
    for error in claim["errors"]:
        assert "toy.1/late is decided in cell wishart-" in error["message"]
        assert error["message"].endswith("decide in the test, or in a fixture before it yields")


def test_so_is_that_a_claim_does_not_apply_and_what_a_finalizer_decides(pytester: pytest.Pytester) -> None:
    body = "fair(decide); request.addfinalizer(lambda: decide.does_not_apply('no'))"
    assert run(pytester, written("late", body, fixtures=", request")).ret == pytest.ExitCode.TESTS_FAILED
    assert len(claims(pytester)["toy.1/late"]["errors"]) == 2


def test_decide_is_the_same_by_any_way_to_it(pytester: pytest.Pytester) -> None:
    named = written("named", "fair(by_another_name)", fixtures=", by_another_name").replace("cell, decide,", "cell,")
    asked = written("asked", "unfair(request.getfixturevalue('decide'))", fixtures=", request")
    found = run(pytester, named + asked.replace("cell, decide,", "cell,"))
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    told = {id: claim["verdict"] for id, claim in claims(pytester).items()}
    assert told == {"toy.1/named": "supported", "toy.1/asked": "refuted"}


def test_what_is_taken_over_answers_its_fixtures_and_is_not_run(pytester: pytest.Pytester) -> None:
    """The run is stopped after a first test; what that found, in its fixture and itself, stands once in the next."""
    body = "assert not first.breaks; fair(decide); print('has run')"
    broken = "import os; os.environ.get('GO_ON') or pytest.exit('stopped'); fair(decide)"
    source = written("a", body, fixtures=", first") + written("b", broken)
    assert run(pytester, source).ret != pytest.ExitCode.OK
    assert len((pytester.path / "reports" / JOURNAL).read_text().splitlines()) == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GO_ON", "1")
        found = run(pytester, source, "--mf-resume", "-s")
    assert found.ret == pytest.ExitCode.OK
    found.stdout.no_fnmatch_line("*has run*")
    assert [len(claim["findings"]) for claim in claims(pytester).values()] == [4, 2]


def test_where_a_claim_does_not_apply_its_fixtures_decide_nothing(pytester: pytest.Pytester) -> None:
    run(pytester, SILENT + written("good", "fair(decide)"))
    (silent,) = claims(pytester)["toy.1/silent"]["findings"]
    assert (silent["verdict"], silent["reason"]) == ("not applicable", "it says nothing here")
