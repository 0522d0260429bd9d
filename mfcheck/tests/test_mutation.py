"""Small changes of the package's source are made as meant, and its tests notice nearly all of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mfcheck.tests.support.mutant_trials import PASSED, TIMED_OUT, UNUSABLE, changed, first_failure
from mfcheck.tests.support.mutants import Mutant, mutants, mutated
from mfcheck.tests.support.mutation_page import page
from mfcheck.tests.support.mutation_study import (
    FOLDERS,
    Outcome,
    chosen_tests,
    equivalents,
    run,
    sampled,
    share_killed,
)
from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.tests_by_line import LineMap

SOURCE = '''"""A docstring with 1 number."""
from __future__ import annotations
from math import sqrt

LIMIT: int = 3


def rate(depth: int, gain: float = 0.9) -> float:
    """Another one, 2."""
    assert depth > 0
    if depth > LIMIT and not gain:
        raise ValueError(f"allowed is {LIMIT}, broken is {depth}")
    low, high = 1.0, sqrt(depth)
    return Estimate(gain ** (depth - 1), low, high)
'''


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Mutant]:
    (tmp_path / "toy.py").write_text(SOURCE)
    return {mutant.change: mutant for mutant in mutants(tmp_path, "toy.py")}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("3 → 4", "LIMIT: int = 4"),
        ("0.9 → 0.9900000000000001", "def rate(depth: int, gain: float=0.9900000000000001) -> float:"),
        ("depth > LIMIT → depth >= LIMIT", "    if depth >= LIMIT and (not gain):"),
        ("depth > LIMIT and (not gain) → not gain", "    if not gain:"),
        ("not gain → gain", "    if depth > LIMIT and gain:"),
        ("depth - 1 → depth", "    return Estimate(gain ** depth, low, high)"),
        ("depth - 1 → depth - 2", "    return Estimate(gain ** (depth - 2), low, high)"),
        ("gain ** (depth - 1) → gain * (depth - 1)", "    return Estimate(gain * (depth - 1), low, high)"),
        ("sqrt(depth) → depth", "    low, high = (1.0, depth)"),
        (
            "f'allowed is {LIMIT}, broken is {depth}' → f'allowed is {depth}, broken is {LIMIT}'",
            "        raise ValueError(f'allowed is {depth}, broken is {LIMIT}')",
        ),
        (
            "Estimate(gain ** (depth - 1), low, high) → Estimate(low, gain ** (depth - 1), high)",
            "    return Estimate(low, gain ** (depth - 1), high)",
        ),
    ],
)
def test_a_change_is_made_in_its_one_place(found: dict[str, Mutant], change: str, line: str) -> None:
    before, after = ast.unparse(ast.parse(SOURCE)).splitlines(), mutated(SOURCE, found[change]).splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [line]


def test_a_statement_is_left_out(found: dict[str, Mutant]) -> None:
    (change,) = (change for change in found if change.startswith("raise"))
    assert change.endswith("→ pass")
    assert "raise" not in mutated(SOURCE, found[change])


def test_what_no_caller_can_notice_is_left_alone(found: dict[str, Mutant]) -> None:
    unparsed = ast.unparse(ast.parse(SOURCE))
    for mutant in found.values():
        changed_source = mutated(SOURCE, mutant)
        assert ast.get_docstring(ast.parse(changed_source)) == "A docstring with 1 number."
        assert "assert depth > 0" in changed_source
        assert changed_source != unparsed + "\n"


def test_a_change_knows_its_function_and_its_lines(found: dict[str, Mutant]) -> None:
    mutant = found["depth - 1 → depth"]
    assert (mutant.file, mutant.within, mutant.lines) == ("toy.py", "rate", (14, 14))
    assert found["depth > LIMIT → depth >= LIMIT"].lines == (11, 11)  # of an if its head
    assert found["3 → 4"].within == ""


def test_every_change_of_a_module_is_python_and_is_known_by_its_key() -> None:
    source = (ROOT / "mfcheck/statistics/sample_sizes.py").read_text(encoding="utf-8")
    every = list(mutants(ROOT, "mfcheck/statistics/sample_sizes.py"))
    assert len({mutant.key for mutant in every}) == len(every) > 30
    assert (
        len({mutated(source, mutant) for mutant in every} | {ast.unparse(ast.parse(source)) + "\n"}) > len(every) * 0.9
    )
    for mutant in every:
        compile(mutated(source, mutant), mutant.file, "exec")


def test_changes_listed_as_without_effect_are_changes_that_the_code_admits() -> None:
    every = [mutant for file in {one.file for one in equivalents()} for mutant in mutants(ROOT, file)]
    assert [one for one in equivalents() if not any(map(one.covers, every))] == []
    assert all(bool(one.change) != bool(one.like) and one.reason for one in equivalents())


MUTANT = Mutant("mfcheck/theory/toy.py", "rate", "1 → 2", (3, 4), (0, 0))
MAP = LineMap(
    {
        "mfcheck/tests/theory/test_a.py::a": 2.0,
        "mfcheck/tests/theory/test_b.py::b": 1.0,
        "mfcheck/tests/cli/x.py::c": 0,
    },
    {
        "mfcheck/theory/toy.py": {
            "2": ["mfcheck/tests/theory/test_a.py::a"],
            "3": ["mfcheck/tests/theory/test_a.py::a", "mfcheck/tests/cli/x.py::c"],
            "4": ["mfcheck/tests/theory/test_b.py::b"],
            "9": ["mfcheck/tests/cli/x.py::c"],
        }
    },
)


@pytest.mark.parametrize(("lines", "tests"), [((3, 4), "b a"), ((2, 2), "a"), ((9, 9), "c"), ((7, 7), "b a")])
def test_a_change_is_held_against_the_tests_of_its_own_folder_first_the_cheapest_first(
    lines: tuple[int, int], tests: str
) -> None:
    mutant = Mutant(MUTANT.file, "", "", lines, (0, 0))
    assert [test[-1] for test in chosen_tests(mutant, MAP)] == tests.split()


def test_a_sample_is_the_same_for_one_seed_and_another_for_another() -> None:
    every = [Mutant("", "", str(number), (0, 0), (0, 0)) for number in range(100)]
    assert sampled(every, 10, 1) == sampled(every, 10, 1) != sampled(every, 10, 2)
    assert sorted(sampled(every, 500, 1), key=lambda mutant: int(mutant.change)) == every


def test_the_share_is_of_changes_with_an_effect_and_the_page_says_so() -> None:
    outcomes = [Outcome(MUTANT, "a test", ""), Outcome(MUTANT, "", "the same number"), Outcome(MUTANT, "", "")]
    assert share_killed(outcomes) == 0.5
    assert share_killed([]) == 1.0
    written = page({"theory": (77, outcomes)}, 5)
    assert "| `theory` | 77 | 3 | 1 | 1 | 1 | 50.0 % |" in written
    assert "| `theory/toy.py`, `rate` | `1 → 2` |" in written
    assert "| the same number | 1 |" in written
    assert "None." in page({"theory": (77, outcomes[:2])}, 5)


@pytest.mark.slow
def test_a_change_is_noticed_by_the_first_test_that_fails_and_by_none_that_passes(tmp_path: Path) -> None:
    file, test = tmp_path / "counted.py", tmp_path / "test_counted.py"
    file.write_text("def double(n):\n    return n + n\n")
    test.write_text(
        "from counted import double\n\n\ndef test_zero():\n    assert double(0) == 0\n\n\n"
        "def test_three():\n    assert double(3) == 6\n"
    )
    tests = {"test_counted.py::test_zero": 0.0, "test_counted.py::test_three": 0.0}
    fates = {}
    for name, source in {
        "same": "def double(n):\n    return 2 * n\n",
        "wrong": "def double(n):\n    return n * n\n",
        "broken": "def twice(n):\n    return 2 * n\n",
        "endless": "def double(n):\n    while True: pass\n",
    }.items():
        with changed(file, source):
            fates[name] = first_failure(tmp_path, tests)
    assert fates == {"same": PASSED, "wrong": "test_counted.py::test_three", "broken": UNUSABLE, "endless": TIMED_OUT}
    assert first_failure(tmp_path, tests) == PASSED


@pytest.mark.slow
def test_the_tests_notice_nearly_every_small_change_of_what_decides() -> None:
    found = run(FOLDERS, 60, seed=3)
    for folder, (_, outcomes) in found.items():
        unnoticed = [outcome.mutant.key for outcome in outcomes if outcome.survived]
        assert share_killed(outcomes) >= 0.95, (folder, unnoticed)
