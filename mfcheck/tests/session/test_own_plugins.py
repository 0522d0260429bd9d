"""Fixtures and options of one's own are part of a run: it goes on with the same, and a finding's command names them."""

from __future__ import annotations

import shlex

import pytest

from mfcheck.tests.support import long_runs
from mfcheck.tests.support.coin_claims import CELLS, written
from mfcheck.tests.support.runs import report

pytestmark = pytest.mark.usefixtures("light_runs")

BODY = "decide.rate(coins(share), component=0, probe=PROBE); stop(cell)"
STOPS = """
DECIDED = []

def stop(cell):
    DECIDED.append(cell)
    if "TOY_STOPS" in os.environ and len(DECIDED) == 2:
        raise KeyboardInterrupt
"""
TOY = "import os\n" + CELLS + STOPS + written("coin", BODY, fixtures=", share")
FIXTURE = "import pytest\n\n\n@pytest.fixture\ndef share():\n    return {share}\n"
OPTION = """
import pathlib
import pytest

def pytest_addoption(parser):
    parser.addoption("--share", type=float, default=1.0)
    group = parser.getgroup("mine")
    group.addoption("--where", type=pathlib.Path, action="append")
    group.addoption("--fast", action="store_true")
    parser.addini("least", "an entry", default="0")

@pytest.fixture
def share(request):
    return max(request.config.getoption("share"), float(request.config.getini("least")))
"""
COMMAND = ("-p", "no:cacheprovider", "--mf-seed", "3", "--mf-no-cache", "--mf-alpha", "1e-3")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return long_runs.run(pytester, *COMMAND, *arguments)


def stopped(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """A run that ends in its second cell."""
    with monkeypatch.context() as patch:
        patch.setenv("TOY_STOPS", "1")
        assert run(pytester, *arguments).ret == pytest.ExitCode.INTERRUPTED


def refused(result: pytest.RunResult, words: str) -> None:
    assert result.ret == pytest.ExitCode.USAGE_ERROR, str(result.stdout)
    result.stderr.fnmatch_lines([f"ERROR: the run in reports cannot be resumed: {words}"])


@pytest.mark.parametrize(
    ("conftest", "arguments"),
    [("pytest_plugins = ['shares']\n", ()), ("", ("-p", "shares"))],
    ids=["pytest_plugins", "-p"],
)
def test_a_run_is_not_gone_on_with_when_a_plugin_has_changed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, conftest: str, arguments: tuple[str, ...]
) -> None:
    plugins = pytester.mkdir("plugins")
    monkeypatch.syspath_prepend(plugins)
    (plugins / "shares.py").write_text("from far import share\n")
    (plugins / "far.py").write_text(FIXTURE.format(share=1))
    pytester.makepyfile(test_toy=TOY)
    pytester.makeconftest(conftest)
    stopped(pytester, monkeypatch, *arguments)
    (plugins / "far.py").write_text(FIXTURE.format(share=0.5))
    refused(run(pytester, *arguments, "--mf-resume"), "code was *")
    (plugins / "far.py").write_text(FIXTURE.format(share=1))
    assert run(pytester, *arguments, "--mf-resume").ret == pytest.ExitCode.OK
    commands = [one["reproduce"] for one in report(pytester)["theorems"][0]["claims"][0]["findings"]]
    assert len(commands) == 2
    assert all(command.endswith(" ".join(("1e-3", *arguments))) for command in commands), commands


def test_a_run_goes_on_with_the_options_that_a_conftest_adds(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_toy=TOY)
    pytester.makeconftest(OPTION)
    stopped(pytester, monkeypatch, "--share", "1", "--fast")
    for others, now in {
        ("--share=0.5", "--fast"): "--share 0.5, --where None, least = '0'",
        ("--share=1",): "--fast False, --share 1.0, --where None, least = '0'",
        ("--fast", "--where=here"): "*--where *, least = '0'",
        ("--fast", "-o", "least=1"): "*, least = '1'",
    }.items():
        refused(run(pytester, *others, "--mf-resume"), f"options was *--share 1.0*least = '0' and is now *{now};*")
    assert run(pytester, "--fast", "--mf-resume").ret == pytest.ExitCode.OK  # 1.0 is the default


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_command_of_a_finding_gives_it_again(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_toy=TOY)
    pytester.makeconftest(OPTION)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--where 'a b'")
    given = ("--share=0.5", "--where=-c", "-o", "least=0.25", *workers)
    assert run(pytester, *given).ret == pytest.ExitCode.TESTS_FAILED
    monkeypatch.delenv("PYTEST_ADDOPTS")
    finding = report(pytester)["theorems"][0]["claims"][0]["findings"][0]
    command = finding["reproduce"]
    assert command.endswith("-o least=0.25 --where 'a b' --share 0.5 --where=-c"), command
    assert "--fast" not in command
    assert pytester.runpytest_inprocess(*shlex.split(command)[1:]).ret == pytest.ExitCode.TESTS_FAILED
    (again,) = report(pytester)["theorems"][0]["claims"][0]["findings"]
    assert (again["estimate"], again["verdict"], again["reproduce"]) == (finding["estimate"], "refuted", command)


def test_what_installed_plugins_add_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY.replace(", share", "").replace("rate(coins(share)", "rate(coins(1)"))
    assert run(pytester, "--durations", "3").ret == pytest.ExitCode.OK
    assert "--durations" not in report(pytester)["theorems"][0]["claims"][0]["findings"][0]["reproduce"]
