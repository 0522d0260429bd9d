"""Claims whose modules do not say so are decided as others are: one seed, one refusal, and a run to go on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfcheck.session.claim_text import UNTOLD, Told, told_by
from mfcheck.session.folder import take
from mfcheck.tests.support.long_runs import CONFTEST, TOY, dies, drawn, kept, report, run
from mfcheck.tests.support.runs import LIGHT, PLAIN

pytestmark = pytest.mark.usefixtures("light_runs")

HELPER = TOY.replace('@claim("toy.1/fair", cells=three)\ndef test_fair', "def fair").replace(
    "PROBE =", "own = lambda id: claim(id, cells=three)\nPROBE ="
)
MIXIN = '''

class Mixin:
    @own("toy.1/fair")
    def test_fair(self, cell, decide):
        """A coin that never fails."""
        fair(cell, decide)
'''
MIXED = "import helper\n\n\nclass TestOwn(helper.Mixin):\n    pass\n"
NAMED = "import helper\n\ntest_fair = helper.own('toy.1/fair')(helper.fair)\n"
BOTH = ["mixed", "named"]
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])


def lay(pytester: pytest.Pytester, how: str = "named") -> None:
    toy = NAMED if how == "named" else MIXED
    pytester.makepyfile(test_toy=toy, helper=HELPER + MIXIN, conftest=CONFTEST)
    assert told_by(toy) == Told()


def refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str, **environ: str) -> str:
    """The sentence with which a run is refused before any draw, with these MFCHECK_… variables."""
    with monkeypatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(f"MFCHECK_{name}", value)
        result = run(pytester, *LIGHT, *arguments)
    everything = f"{result.stdout}\n{result.stderr}"
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    (sentence,) = {line for line in everything.splitlines() if line.startswith("ERROR: ")}
    assert not drawn(pytester)
    assert "Traceback" not in everything
    return sentence


@WORKERS
def test_a_run_goes_on_with_the_seed_and_the_findings_of_the_one_that_was_cut_short(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    lay(pytester)
    dies(monkeypatch, "fair 4", "raise MemoryError")
    assert run(pytester, *LIGHT, *workers).ret == pytest.ExitCode.TESTS_FAILED
    monkeypatch.delenv("TOY_DIES")
    seed = report(pytester)["seed"]
    drawn(pytester)
    monkeypatch.setenv("MFCHECK_RESUME", "1")
    assert run(pytester, *LIGHT, *workers).ret == pytest.ExitCode.OK
    assert set(drawn(pytester)) == {"fair 4"}
    found = report(pytester)
    (claim,) = found["theorems"][0]["claims"]
    assert found["seed"] == seed
    assert all(f"--mf-seed {seed} " in finding["reproduce"] for finding in claim["findings"])
    assert len(claim["findings"]) == 3


@WORKERS
def test_what_cannot_be_used_is_refused_before_any_draw(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    lay(pytester)
    assert "nothing to resume" in refused(pytester, monkeypatch, *workers, RESUME="1")
    give_back = take(pytester.path / "reports")
    assert "another run is at work" in refused(pytester, monkeypatch, *workers)
    give_back()
    if not workers:
        assert "'/proc/x' cannot be written" in refused(pytester, monkeypatch, REPORT="/proc/x")
        assert "MFCHECK_NONSENSE" in refused(pytester, monkeypatch, NONSENSE="1")
        assert "toy.1/unfair" in refused(pytester, monkeypatch, "--mf-claim", "toy.1/unfair")
    assert kept(pytester) == []


@pytest.mark.parametrize("how", BOTH)
def test_they_can_be_asked_for_by_their_id(pytester: pytest.Pytester, how: str) -> None:
    lay(pytester, how)
    assert run(pytester, "--mf-claim", "toy.1/fair", "--mf-seed", "3", *LIGHT).ret == pytest.ExitCode.OK
    assert report(pytester)["seed"] == 3


def test_a_time_budget_of_the_environment_holds_for_them(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(pytester)
    dies(monkeypatch, "fair 2", "time.sleep(2.5)")
    monkeypatch.setenv("MFCHECK_TIME_BUDGET", "2s")
    result = run(pytester, *LIGHT)
    result.stdout.fnmatch_lines(["mfcheck: the time budget is spent; 2 cells not started"])


def test_tests_of_others_run_on_whatever_the_environment_says(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_other=PLAIN)
    for name in ("RESUME", "NONSENSE"):
        monkeypatch.setenv(f"MFCHECK_{name}", "1")
    assert run(pytester, *LIGHT, "-n", "1").ret == pytest.ExitCode.OK
    assert not Path("reports").exists()


FUNCTION = "def test_x(cell, decide): pass\n"


@pytest.mark.parametrize(
    ("source", "told"),
    {
        "@own('a.1/x')\n" + FUNCTION: Told(("a.1/x",), True),
        "@mine.own(cells, name='a.1/x')\n" + FUNCTION: Told(("a.1/x",), True),
        "ID = 'a.1/x'\n@own(ID)\n" + FUNCTION: Told(("a.1/x",), True),
        "@own\n" + FUNCTION: Told((UNTOLD,), False),
        "@claim('a.1/x')\n@other('b.1/y')\n" + FUNCTION: Told(("a.1/x",), True),
        "@pytest.mark.parametrize('n', [1])\n" + FUNCTION: Told(),
        "@fixture\n" + FUNCTION: Told(),
        "@own('a.1/x')\ndef test_x(cell, other): 'decide'\n": Told(),
        "@claim('a.1/x')\n" + FUNCTION + "class TestMore(Mixin): pass\n": Told(("a.1/x",), False),
        "@claim('a.1/x')\n" + FUNCTION + "class Facts(Cell): pass\n": Told(("a.1/x",), True),
        "@claim('a.1/x')\n" + FUNCTION + "from helper import *\n": Told(("a.1/x",), False),
        "@claim('a.1/x')\n" + FUNCTION + "from helper import test_y\n": Told(("a.1/x",), False),
        "@claim('a.1/x')\n" + FUNCTION + "test_y = own('a.1/y')(y)\n": Told(("a.1/x",), False),
        "decide = (": Told(),
    }.items(),
)
def test_a_text_tells_which_claims_it_makes_and_whether_there_may_be_more(source: str, told: Told) -> None:
    assert told_by(source) == told
