"""A run goes on with all of its cells: what would leave out one that it has decided is refused, and the run kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfcheck.session.collected import check_taken
from mfcheck.session.resume import RUN
from mfcheck.tests.support.long_runs import CONFTEST, NUMBERS, TOY, dies, drawn, kept, make, report, run

pytestmark = pytest.mark.usefixtures("light_runs")

FIRST = "test_toy.py::test_fair[wishart-vanilla-N32-L2-d4-K1-w1.5-relu]"
FORGETFUL = """

def pytest_collection_modifyitems(items):
    if "TOY_FORGETS" in os.environ:
        items[:] = [item for item in items if "-L2-" not in item.nodeid]
"""


def broken(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A run of which one cell of three ended in an error, and the files of its report folder."""
    make(pytester, TOY)
    (pytester.path / "conftest.py").write_text(CONFTEST + FORGETFUL)
    dies(monkeypatch, "fair 3", "raise MemoryError")
    assert run(pytester, *NUMBERS).ret == pytest.ExitCode.TESTS_FAILED
    monkeypatch.delenv("TOY_DIES")
    drawn(pytester)
    return files(pytester)


def files(pytester: pytest.Pytester) -> dict[str, bytes]:
    return {name: (pytester.path / "reports" / name).read_bytes() for name in kept(pytester)}


def refused(pytester: pytest.Pytester, *arguments: str) -> str:
    """The one sentence with which the run is refused, before any draw."""
    result = run(pytester, *NUMBERS, "--mf-resume", *arguments)
    everything = f"{result.stdout}\n{result.stderr}"
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    (sentence,) = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    assert "the run in reports cannot be resumed: " in sentence
    assert not drawn(pytester)
    assert "Traceback" not in everything
    return sentence


@pytest.mark.parametrize(
    "option",
    [("--deselect", FIRST), ("--ignore", "test_other.py"), ("--ignore-glob", "*\udcff*"), ("-k", "fair"), ("-m", "x")],
    ids=lambda option: option[0],
)
def test_options_that_leave_tests_out_are_part_of_what_a_run_was_asked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    before = broken(pytester, monkeypatch)
    sentence = refused(pytester, *option)
    assert "tests was " in sentence
    assert " ".join(option).replace("\udcff", "\\udcff") in sentence.partition(" and is now ")[2]
    assert files(pytester) == before


@pytest.mark.parametrize(
    ("chooser", "workers"),
    [("--lf", ()), ("--sw", ()), ("conftest", ()), ("conftest", ("-n", "2"))],
    ids=["--lf", "--sw", "conftest", "conftest of two workers"],
)
def test_nothing_else_may_leave_out_what_it_has_decided(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, chooser: str, workers: tuple[str, ...]
) -> None:
    before = broken(pytester, monkeypatch)
    if chooser == "--sw":
        dies(monkeypatch, "fair 3", "raise MemoryError")
        run(pytester, *NUMBERS, "--sw", "--mf-report", "elsewhere")
        monkeypatch.delenv("TOY_DIES")
        drawn(pytester)
    with monkeypatch.context() as patch:
        if chooser == "conftest":
            patch.setenv("TOY_FORGETS", "1")
        sentence = refused(pytester, *workers, *([chooser] if chooser != "conftest" else []))
    assert "it has decided toy.1/fair in wishart-vanilla-N32-L2-d4-K1-w1.5-relu" in sentence
    assert files(pytester) == before
    assert run(pytester, *NUMBERS, "--mf-resume", *workers).ret == pytest.ExitCode.OK
    assert set(drawn(pytester)) == {"fair 3"}
    assert len(report(pytester)["theorems"][0]["claims"][0]["findings"]) == 3
    assert RUN not in kept(pytester)


def test_an_order_leaves_nothing_out(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(pytester, monkeypatch)
    assert run(pytester, *NUMBERS, "--mf-resume", "--ff", "--nf").ret == pytest.ExitCode.OK


def test_what_is_lost_is_named_and_counted(tmp_path: Path) -> None:
    a, b, c = ("toy.1/a", "x"), ("toy.1/b", "y"), ("toy.1/b", "z")
    check_taken(tmp_path, [a], {a, b})
    with pytest.raises(ValueError, match=r"decided toy\.1/b in y, which"):
        check_taken(tmp_path, [a, b], {a})
    with pytest.raises(ValueError, match=r"decided toy\.1/b in y and 1 more, which"):
        check_taken(tmp_path, [b, a, c], {a})
