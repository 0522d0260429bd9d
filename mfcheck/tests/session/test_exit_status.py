"""The exit status of a run follows its verdicts, whatever marks, options and other plugins make of the tests."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

# Runs in this process forget the modules they import: what is slow to import is held here.
import mfcheck.decisions.decide
import mfcheck.ensembles.sampling
import mfcheck.observables.jacobian
import mfcheck.reporting.pages
import mfcheck.reporting.terminal
import mfcheck.theory.entry_law  # noqa: F401
from mfcheck.tests.support.coin_claims import CELLS, written
from mfcheck.tests.support.effort import mostly_slow

EXPECTED = """
[[expected]]
claim = "toy.1/declared"
reason = "the coin is fair"
instead = "half"
"""
HALF = """
    from mfcheck.theory import PaperTheory
    decide.mean_ratio(
        coins(0.5), statistic=lambda draws: draws[:, 0], probe=PROBE, reference=lambda theory: 1.0,
        tail=lambda: Tail(2.0, 8.0), delta=0.1, instead={"half": lambda theory: 0.5},
    )
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str, extra: str = "") -> pytest.RunResult:
    pytester.makepyfile(test_toy=CELLS + "from mfcheck.statistics.means import Tail\n" + extra + source)
    return pytester.runpytest("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider", *arguments)


def report(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "reports/report.json").read_text(encoding="utf-8"))
    return found


def verdicts(pytester: pytest.Pytester) -> Counter[str]:
    claims = [claim for theorem in report(pytester)["theorems"] for claim in theorem["claims"]]
    found = Counter(finding["verdict"] for claim in claims for finding in claim["findings"])
    return found + Counter(error=sum(len(claim["errors"]) for claim in claims))


@pytest.fixture
def older(pytester: pytest.Pytester) -> dict[str, str]:
    """The pages of an older run, which a run that decides nothing leaves as they are."""
    folder = pytester.mkdir("reports")
    pages = {"report.json": '{"old": 1}', "report.md": "old", "report.html": "old", "findings.jsonl": "old\n"}
    for name, text in pages.items():
        (folder / name).write_text(text)
    return pages


def standing(pytester: pytest.Pytester) -> dict[str, str]:
    return {file.name: file.read_text() for file in Path(pytester.path / "reports").iterdir() if file.is_file()}


MARKS = {
    "xfail": "@pytest.mark.xfail",
    "xfail of another error": "@pytest.mark.xfail(raises=OSError)",
    "strict xfail": "@pytest.mark.xfail(strict=True)",
    "condition": '@pytest.mark.xfail("True", reason="so they say")',
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
def test_no_mark_makes_a_refuted_claim_pass(pytester: pytest.Pytester, mark: str) -> None:
    result = run(pytester, written("wrong", "unfair(decide)", mark=mark))
    assert result.ret == 1
    result.assert_outcomes(failed=2)
    assert verdicts(pytester) == Counter(refuted=2)


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
def test_no_mark_makes_a_supported_claim_fail(pytester: pytest.Pytester, mark: str) -> None:
    result = run(pytester, written("right", "fair(decide)", mark=mark))
    assert result.ret == 0
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("option", [(), ("--runxfail",)], ids=["as it is", "runxfail"])
def test_a_declared_refutation_is_shown_as_one(pytester: pytest.Pytester, option: tuple[str, ...]) -> None:
    pytester.makefile(".toml", expected=EXPECTED)
    result = run(pytester, written("declared", HALF), "-v", *option)
    assert result.ret == 0
    result.assert_outcomes(xfailed=2)
    assert verdicts(pytester) == Counter(refuted=2)


LEAVES = {
    "skip mark": written("left", "fair(decide)", mark="@pytest.mark.skip(reason='not today')"),
    "skipif": written("left", "fair(decide)", mark="@pytest.mark.skipif(True, reason='not today')"),
    "xfail that is not run": written("left", "fair(decide)", mark="@pytest.mark.xfail(run=False, reason='not today')"),
    "skip inside": written("left", "pytest.skip('not today')"),
    "skip after a decision": written("left", "fair(decide)\n    pytest.skip('not today')"),
    "xfail inside": written("left", "fair(decide)\n    pytest.xfail('not today')"),
    "importorskip": written("left", "pytest.importorskip('no_such_module_not_today')"),
    "skip in a fixture": "@pytest.fixture\ndef sulky():\n    pytest.skip('not today')\n"
    + written("left", "fair(decide)", fixtures=", sulky"),
    "error under xfail": written("left", "raise OSError('not today')", mark="@pytest.mark.xfail"),
    "error in a fixture under xfail": "@pytest.fixture\ndef broken():\n    raise OSError('not today')\n"
    + written("left", "fair(decide)", fixtures=", broken", mark="@pytest.mark.xfail"),
    "no decision": written("left", "assert True"),
}


@pytest.mark.parametrize("source", LEAVES.values(), ids=LEAVES.keys())
def test_a_selected_cell_without_a_verdict_is_an_error(pytester: pytest.Pytester, source: str) -> None:
    result = run(pytester, written("right", "fair(decide)") + source)
    assert result.ret == 1
    assert verdicts(pytester) == Counter(supported=2, error=2)
    errors = [error for claim in report(pytester)["theorems"][0]["claims"] for error in claim["errors"]]
    assert all("not today" in error["message"] or "not_today" in error["message"] for error in errors) or all(
        "without a decision" in error["message"] for error in errors
    )


def test_a_module_that_skips_itself_takes_no_claim_along_unseen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_shy=CELLS + "pytest.skip('shy', allow_module_level=True)\n" + written("shy", "fair(decide)")
    )
    result = run(pytester, written("right", "fair(decide)"))
    assert result.ret == 1
    assert verdicts(pytester) == Counter(supported=2, error=1)


AGAIN = """
import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        item.attempt = attempt
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = any(report.failed for report in reports)
        for report in reports:
            if failed and attempt < 2 and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not failed:
            break
    return True


def pytest_report_teststatus(report):
    if report.outcome == "rerun":
        return "rerun", "R", "RERUN"


@pytest.fixture
def attempt(request):
    return request.node.attempt
"""


@pytest.mark.parametrize("workers", mostly_slow([(), ("-n", "2")]), ids=["alone", "workers"])
def test_a_cell_counts_once_by_its_last_attempt(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    pytester.makeconftest(AGAIN)
    flaky = "unfair(decide)\n    if attempt == 1:\n        raise OSError('once')"
    sources = [
        written("wrong", "unfair(decide)"),
        written("lucky", "unfair(decide) if attempt < 2 else fair(decide)", fixtures=", attempt"),
        written("torn", "if attempt == 0:\n        raise OSError('once')\n    fair(decide)", fixtures=", attempt"),
        written("unlucky", flaky.replace("== 1", "== 2"), fixtures=", attempt"),
    ]
    result = run(pytester, "".join(sources), *workers)
    assert result.ret == 1
    assert verdicts(pytester) == Counter(refuted=2, supported=4, error=2)
    lines = (pytester.path / "reports/findings.jsonl").read_text(encoding="utf-8").splitlines()
    places = Counter((found["claim"], found["cell"]) for found in map(json.loads, lines))
    assert set(places.values()) == {1}
    assert len(places) == 6


def test_every_worker_trying_every_cell_makes_one_entry_of_each(pytester: pytest.Pytester) -> None:
    result = run(pytester, written("right", "fair(decide)"), "-n", "2", "--dist", "each")
    assert result.ret == 0
    result.assert_outcomes(passed=4)
    assert verdicts(pytester) == Counter(supported=2)


NOTHING = {
    "setup-plan": (written("right", "fair(decide)"), ("--setup-plan",), 1),
    "setup-only": (written("right", "fair(decide)"), ("--setup-only",), 1),
    "all skipped": (written("left", "fair(decide)", mark="@pytest.mark.skip"), (), 1),
    "all broken": (written("left", "raise OSError"), (), 1),
    "not applicable": (
        "def elsewhere(settings):\n    return [Cell(NARROW, 'wishart', inapplicable='it says nothing here')]\n"
        + written("left", "fair(decide)").replace("cells=cells", "cells=elsewhere"),
        (),
        1,
    ),
    "nothing selected": (written("right", "fair(decide)"), ("-k", "no_such_test"), 5),
    "exit with status 0": (written("left", "pytest.exit('bye', returncode=0)"), (), 1),
    "collect-only": (written("right", "fair(decide)"), ("--collect-only",), 0),
    "collect-only with workers": (written("right", "fair(decide)"), ("--collect-only", "-n", "2"), 0),
    "broken import": ("import nowhere_at_all\n" + written("right", "fair(decide)"), (), 2),
}


@pytest.mark.parametrize(("source", "arguments", "status"), NOTHING.values(), ids=NOTHING.keys())
def test_a_run_that_decides_nothing_is_no_pass_and_leaves_the_older_report(
    pytester: pytest.Pytester, older: dict[str, str], source: str, arguments: tuple[str, ...], status: int
) -> None:
    result = run(pytester, source, *arguments)
    assert result.ret == status
    assert standing(pytester) == older


def test_open_questions_alone_end_with_0_whatever_they_find(pytester: pytest.Pytester) -> None:
    assert run(pytester, written("wonder", "unfair(decide)", id="open/wonder")).ret == 0
    assert verdicts(pytester) == Counter(refuted=2)


def test_an_open_question_that_is_answered_does_not_stand_for_what_was_not_decided(pytester: pytest.Pytester) -> None:
    left = written("left", "fair(decide)", mark="@pytest.mark.skip")
    assert run(pytester, written("wonder", "fair(decide)", id="open/wonder") + left).ret == 1


OTHERS = {
    "a report made to pass": """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
""",
    "a status made 0": """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.exitstatus = 0
""",
    "a test that is not run": """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    return True if "wrong" in item.name else None
""",
}


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "1"), marks=pytest.mark.slow)], ids=["alone", "workers"])
@pytest.mark.parametrize("plugin", OTHERS.values(), ids=OTHERS.keys())
def test_no_other_plugin_has_a_say(pytester: pytest.Pytester, plugin: str, workers: tuple[str, ...]) -> None:
    pytester.makeconftest(plugin)
    source = written("right", "fair(decide)") + written("wrong", "unfair(decide)")
    assert run(pytester, source, *workers).ret == 1


def test_stopping_at_the_first_failure_keeps_what_was_decided_and_says_how_to_go_on(pytester: pytest.Pytester) -> None:
    source = written("wrong", "unfair(decide)")
    result = run(pytester, source, "-x")
    assert result.ret == 1
    assert sorted(standing(pytester)) == ["findings.jsonl", "run.json"]
    assert "--mf-resume" in result.stdout.str()


def test_a_run_that_stops_early_is_no_pass_whatever_another_plugin_makes_of_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OTHERS["a status made 0"])
    assert run(pytester, written("wrong", "unfair(decide)"), "-x").ret == 1
