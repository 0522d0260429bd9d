"""Cells that a conftest.py or a plugin leaves out are left out: such a run is a part, and no part is full."""

from __future__ import annotations

import pytest

from mfcheck.session import selection
from mfcheck.tests.support.coin_claims import CELLS, written
from mfcheck.tests.support.runs import report, run

pytestmark = pytest.mark.usefixtures("clean_environment")

TOY = CELLS + written("good", "fair(decide)") + written("bad", "unfair(decide)")
HOOK = """
def pytest_collection_modifyitems(config, items):
    bad = [item for item in items if {which}]
    items[:] = [item for item in items if item not in bad]
"""
REMOVES = HOOK.format(which='"test_bad" in item.nodeid')
DESELECTS = REMOVES + "    config.hook.pytest_deselected(items=bad)\n"
LATE = "import pytest\n@pytest.hookimpl(trylast=True)" + DESELECTS
SHARDS = HOOK.format(which='"residual" in item.nodeid') + "    config.hook.pytest_deselected(items=bad)\n"
IGNORES = "collect_ignore = ['test_bad.py']\n"
REORDERS = "def pytest_collection_modifyitems(items):\n    items.reverse()\n"
RUN = ("--mf-seed", "3", "--mf-no-cache", "-p", "no:cacheprovider")


@pytest.mark.parametrize(
    ("conftest", "workers"),
    [(DESELECTS, ()), (DESELECTS, ("-n", "2")), (REMOVES, ()), (REMOVES, ("-n", "2")), (LATE, ()), (SHARDS, ())],
    ids=["deselects", "deselects in workers", "removes", "removes in workers", "late", "shards"],
)
def test_a_run_of_which_a_conftest_leaves_out_cells_is_narrowed_and_not_full(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, conftest: str, workers: tuple[str, ...]
) -> None:
    toy = TOY if conftest != SHARDS else CELLS + written("good", "fair(decide)")
    pytester.makepyfile(test_toy=toy, conftest=conftest)
    monkeypatch.setattr(selection, "ids_of_suite", lambda: frozenset({"toy.1/good"}))
    result = run(pytester, *RUN, *workers)
    found = report(pytester)
    assert (found["full"], found["narrowed"]) == (False, True)
    assert "selection" not in found  # another run of the same command may leave out others
    assert result.ret == pytest.ExitCode.OK  # no hole is held against a part


def test_a_module_that_a_conftest_ignores_is_left_out(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"test_{name}": CELLS + written(name, "fair(decide)") for name in ("good", "bad")}
    pytester.makepyfile(**files, conftest=IGNORES)
    monkeypatch.setattr(selection, "ids_of_suite", lambda: frozenset({"toy.1/good"}))
    assert run(pytester, *RUN).ret == pytest.ExitCode.OK
    found = report(pytester)
    assert (found["full"], found["narrowed"], "selection" in found) == (False, True, False)


def test_a_full_run_has_collected_every_claim_of_the_suite(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = written("hidden", "fair(decide)").replace("def test_hidden", "def hidden")
    pytester.makepyfile(test_toy=CELLS + written("good", "fair(decide)") + hidden)
    for suite, full in ({"toy.1/good"}, True), ({"toy.1/good", "toy.1/hidden"}, False):
        monkeypatch.setattr(selection, "ids_of_suite", lambda suite=suite: frozenset(suite))
        run(pytester, *RUN)
        found = report(pytester)
        assert (found["full"], found["narrowed"]) == (full, False)


def test_options_tell_what_they_leave_out_unless_a_conftest_leaves_out_more(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY, conftest=REORDERS)
    assert run(pytester, *RUN).ret == pytest.ExitCode.TESTS_FAILED
    found = report(pytester)
    assert (found["narrowed"], "selection" in found) == (False, False)
    for option in ("-k", "good"), ("--deselect", "test_toy.py::test_bad"), ("--mf-claim", "toy.1/good"):
        assert run(pytester, *RUN, *option).ret == pytest.ExitCode.OK
        found = report(pytester)
        assert found["narrowed"]
        assert " ".join(option) in found["selection"]
    (pytester.path / "conftest.py").write_text(SHARDS)
    assert run(pytester, *RUN, "-k", "good").ret == pytest.ExitCode.OK
    found = report(pytester)
    assert (found["narrowed"], "selection" in found) == (True, False)
