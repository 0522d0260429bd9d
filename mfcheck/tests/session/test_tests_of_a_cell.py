"""Every cell has one test, all that was asked for is told of, and what is lost on the way is no verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mfcheck.findings.report_file import read_report
from mfcheck.session import selection
from mfcheck.session.claim_files import ClaimFiles
from mfcheck.session.claim_text import UNTOLD
from mfcheck.tests.support.coin_claims import CELLS, written

HEAD = CELLS + "TWO = pytest.mark.parametrize('which', ['fair', 'unfair'])\n"
DOUBLE = written("pair", "fair(decide) if which == 'fair' else unfair(decide)", mark="@TWO", fixtures=", which")
NO_CELL = '\n@claim("thm5.8/none", cells=lambda settings: [])\ndef test_none(cell, decide):\n    """Nothing."""\n'
LOST = "import no_such_module\n" + CELLS + written("lost", "fair(decide)")
BUDGET_SKIPS = "import pytest\npytest.importorskip('no_such_module')\n" + CELLS + written("lost", "fair(decide)")
EXPECTED = '[[expected]]\nclaim = "toy.1/gone"\nreason = "no more"\ninstead = "nothing"\n'
WITH_SUBTESTS = """
    for share in (1, 1):
        with subtests.test(share=share):
            assert share == 1
    fair(decide)
"""

has_subtests = pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has subtests from 9.0 on")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider", *arguments)


def report(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "reports" / "report.json").read_text())
    return found


# Several tests of one cell -------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_cell_of_two_tests_is_an_error_in_both(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    pytester.makepyfile(test_toy=HEAD + DOUBLE)
    found = run(pytester, *workers)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.stdout.fnmatch_lines(["*claim toy.1/pair has 2 tests for cell wishart-*would replace the other*"])
    assert not [one for theorem in report(pytester)["theorems"] for one in theorem["claims"][0]["findings"]]


def test_so_are_two_functions_of_one_claim_and_one_of_them_alone_is_none(pytester: pytest.Pytester) -> None:
    both = written("one", "fair(decide)", id="toy.1/same") + written("other", "unfair(decide)", id="toy.1/same")
    pytester.makepyfile(test_toy=CELLS + both)
    found = run(pytester)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.stdout.fnmatch_lines(["*has 2 tests for cell *test_toy.py::test_one*and test_toy.py::test_other*"])
    assert run(pytester, "-k", "test_one").ret == pytest.ExitCode.OK


REPEATS = """
import pytest

def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("__pytest_repeat_step_number")
    metafunc.parametrize("__pytest_repeat_step_number", range(2))

@pytest.fixture
def __pytest_repeat_step_number(request):
    return request.param
"""


def test_a_test_that_is_given_or_repeated_twice_is_one(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile(test_toy=CELLS + written("good", "fair(decide)"))
    assert run(pytester, "--keep-duplicates", str(file), str(file)).ret == pytest.ExitCode.OK
    pytester.makeconftest(REPEATS)
    found = run(pytester)
    assert found.ret == pytest.ExitCode.OK
    assert found.parseoutcomes()["passed"] == 4


# What leaves no test ---------------------------------------------------------------------------------------------


def test_claims_without_any_cell_decide_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=CELLS + NO_CELL)
    found = run(pytester)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.stdout.fnmatch_lines(["*nothing was decided*"])


def test_beside_others_they_are_none_of_this_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=CELLS + NO_CELL + written("good", "fair(decide)"))
    assert run(pytester).ret == pytest.ExitCode.OK
    assert "has no verdict" not in json.dumps(report(pytester))


def test_a_module_that_cannot_be_imported_and_tells_no_id_is_an_error_of_its_own(pytester: pytest.Pytester) -> None:
    lost = LOST.replace('"toy.1/lost"', "'/'.join(['toy.1', 'lost'])")
    pytester.makepyfile(test_good=CELLS + written("good", "fair(decide)"), test_lost=lost)
    asked = ("--continue-on-collection-errors", "--mf-claim", "toy.1/good")
    assert run(pytester, *asked).ret == pytest.ExitCode.TESTS_FAILED
    read_report(pytester.path / "reports" / "report.json")  # which refuses what is no report
    assert "run/uncollected-module" in json.dumps(report(pytester))


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_module_that_cannot_be_imported_is_an_error_of_its_claims(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_good=CELLS + written("good", "fair(decide)"), test_lost=LOST)
    assert run(pytester, "--continue-on-collection-errors", *workers).ret != pytest.ExitCode.OK
    (theorem,) = report(pytester)["theorems"]
    errors = {claim["id"]: claim["errors"] for claim in theorem["claims"]}
    assert errors["toy.1/good"] == []
    assert errors["toy.1/lost"][0]["cell"] == "all cells"
    assert theorem["verdict"] == "undecided"


def test_a_time_budget_hides_no_module_that_skips_itself(pytester: pytest.Pytester) -> None:
    slow = "import time\n" + CELLS + written("good", "time.sleep(1.5); fair(decide)")
    pytester.makepyfile(test_good=slow, test_lost=BUDGET_SKIPS)
    found = run(pytester, "--mf-time-budget", "1s")
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    assert "toy.1/lost" in json.dumps(report(pytester))


# Parts of a test -------------------------------------------------------------------------------------------------


@has_subtests
def test_subtests_that_pass_leave_the_verdict_to_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=CELLS + written("good", WITH_SUBTESTS, fixtures=", subtests"))
    assert run(pytester).ret == pytest.ExitCode.OK
    assert report(pytester)["verdict"] == "supported"


@has_subtests
def test_subtests_that_fail_fail_the_run(pytester: pytest.Pytester) -> None:
    broken = WITH_SUBTESTS.replace("assert share == 1", "assert share == 2")
    pytester.makepyfile(test_toy=CELLS + written("good", broken, fixtures=", subtests"))
    assert run(pytester).ret == pytest.ExitCode.TESTS_FAILED


# Where claims are looked for -------------------------------------------------------------------------------------


def test_claims_of_any_test_module_below_are_found_and_asked_for(pytester: pytest.Pytester) -> None:
    source = "NAME = 'toy.1/good'\n" + CELLS + written("good", "fair(decide)").replace('"toy.1/good"', "NAME")
    folder = pytester.mkdir("below").joinpath("far")
    folder.mkdir()
    (folder / "good_test.py").write_text(source)
    (folder / "expected.toml").write_text(EXPECTED)
    hidden = pytester.mkdir(".hidden") / "test_hidden.py"
    hidden.write_text(CELLS + written("hidden", "fair(decide)"))
    assert ClaimFiles((str(pytester.path),)).ids == {"toy.1/good"}
    assert selection.suite_expectations(ClaimFiles((str(pytester.path),))) == [folder / "expected.toml"]
    found = run(pytester, ".", "--mf-claim", "toy.1/good")
    assert found.ret == pytest.ExitCode.OK, str(found.stderr)
    assert "matches no claim" in str(run(pytester, ".", "--mf-claim", "toy.1/other").stderr)


INSIDE = """
import pytest
if True:
    class TestOuter:
        class TestInner:
            @claim(id="toy.1/good", cells=cells)
            def test_good(self, cell, decide):
                \"\"\"A coin.\"\"\"
                fair(decide)
"""


def test_claims_under_conditions_and_in_classes_are_found(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=CELLS + INSIDE)
    assert ClaimFiles((str(pytester.path),)).ids == {"toy.1/good"}
    assert run(pytester, "--mf-claim", "toy.1/good").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("ini", ["python_files = claims/check_*.py", "norecursedirs = .git"])
def test_claims_are_looked_for_where_an_ini_file_says(pytester: pytest.Pytester, ini: str) -> None:
    name = "claims/check_good.py" if "check" in ini else "build/test_good.py"
    (pytester.path / name).parent.mkdir()
    (pytester.path / name).write_text(CELLS + written("good", "fair(decide)"))
    pytester.makeini(f"[pytest]\n{ini}\n")
    assert ClaimFiles((str(pytester.path),)).ids == set()
    assert run(pytester, ".", "--mf-claim", "toy.1/good").ret == pytest.ExitCode.OK


def test_links_are_followed_and_lead_in_no_circle(pytester: pytest.Pytester) -> None:
    pytester.mkdir("far").joinpath("test_good.py").write_text(CELLS + written("good", "fair(decide)"))
    given = pytester.mkdir("given")
    (given / "link").symlink_to(pytester.path / "far")
    (given / "again").symlink_to(given)
    assert ClaimFiles((str(given),)).ids == {"toy.1/good"}
    (pytester.path / "far" / "test_good.py").write_text(CELLS + written("better", "fair(decide)"))
    assert ClaimFiles((str(given),)).ids == {"toy.1/better"}


def test_an_id_that_no_text_tells_is_asked_for_all_the_same(pytester: pytest.Pytester) -> None:
    source = CELLS + written("good", "fair(decide)").replace('"toy.1/good"', "'/'.join(['toy.1', 'good'])")
    pytester.makepyfile(test_toy=source)
    assert ClaimFiles((str(pytester.path),)).ids == {UNTOLD}
    assert run(pytester, "--mf-claim", "toy.1/good").ret == pytest.ExitCode.OK


# Going on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stops", [("-x",), ("--maxfail", "1"), ("--maxfail=1",), ("--exitfirst",), ("-vx",)], ids=" ".join
)
def test_how_to_go_on_stops_no_more_at_what_is_known_to_fail(pytester: pytest.Pytester, stops: tuple[str, ...]) -> None:
    pytester.makepyfile(test_toy=CELLS + written("bad", "unfair(decide)") + written("good", "fair(decide)"))
    found = run(pytester, *stops)
    (line,) = [one for one in found.outlines if "kept; for the rest: " in one]
    command = line.partition("kept; for the rest: ")[2].split()
    assert (command[0], command[-1]) == ("pytest", "--mf-resume")
    assert not {*stops, "1"} & {*command}


@pytest.mark.parametrize("changed", ["conftest.py", "below/test_toy.py", "below/conftest.py"])
def test_a_run_is_not_gone_on_with_when_tests_below_or_what_stands_above_them_changed(
    pytester: pytest.Pytester, changed: str
) -> None:
    stopping = "if TRIED: raise KeyboardInterrupt\n    TRIED.append(cell)\n    fair(decide)"
    pytester.mkdir("below").joinpath("test_toy.py").write_text(CELLS + "TRIED = []\n" + written("good", stopping))
    for name in ("conftest.py", "below/conftest.py"):
        (pytester.path / name).write_text("VALUE = 1\n")
    command = ("-p", "no:cacheprovider", "--mf-seed", "3", "--mf-no-cache", ".")
    assert pytester.runpytest_subprocess(*command).ret == pytest.ExitCode.INTERRUPTED
    with (pytester.path / changed).open("a") as file:
        file.write("# changed\n")
    found = pytester.runpytest_subprocess(*command, "--mf-resume")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*cannot be resumed: code was*"])
