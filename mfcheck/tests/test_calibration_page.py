"""The page on error rates: its tables are those of the studies, and new ones take their places."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from mfcheck.tests.support import claim_replays, rule_replays
from mfcheck.tests.support.calibration_page import PAGE, TABLE, counted, with_tables

WRITTEN = "# Title\n\n| a |\n| --- |\n| 1 |\n\nBetween.\n\n| b |\n| --- |\n\nEnd.\n"


def test_new_tables_take_the_places_of_old_ones() -> None:
    assert with_tables(WRITTEN, ["| c |\n| 2 |", "| d |"]) == ("# Title\n\n| c |\n| 2 |\n\nBetween.\n\n| d |\n\nEnd.\n")


@pytest.mark.parametrize("tables", [["| c |"], ["| c |"] * 3])
def test_a_page_with_other_tables_is_left_alone(tables: list[str]) -> None:
    with pytest.raises(ValueError, match="2 tables"):
        with_tables(WRITTEN, tables)


class Refusing(Executor):
    """A pool that counts in this process, until it is out of work."""

    def __init__(self, most: int) -> None:
        self.left = most

    def submit(self, function: Any, /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.left -= 1
        if self.left < 0:
            future.set_exception(KeyboardInterrupt())
        else:
            future.set_result(function(*given, **named))
        return future


def test_what_was_counted_before_is_not_counted_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def ask(index: int) -> int:
        asked.append(index)
        return 10 * index

    with pytest.raises(KeyboardInterrupt):
        counted(Refusing(2), "them", ask, 5, tmp_path / "kept.json")
    assert counted(Refusing(3), "them", ask, 5, tmp_path / "kept.json") == [0, 10, 20, 30, 40]
    assert asked == [0, 1, 2, 3, 4]


def cells(table: str) -> list[list[str]]:
    """A table's cells, row by row, without its head."""
    return [line.replace(r"\|", "¦").strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_the_page_shows_what_the_studies_ask() -> None:
    rules, claims = map(cells, TABLE.findall(PAGE.read_text(encoding="utf-8")))
    asked = [[name, data, f"{alpha:g}"] for (name, data, *_), alpha in rule_replays.QUESTIONS]
    assert [row[:3] for row in rules[: len(asked)]] == asked
    places = len(claim_replays.PLACES)
    assert [row[:3] for row in claims] == [
        [f"`{statement.verb}`", statement.data.replace("|", "¦"), f"{alpha:g}"]
        for statement, alpha, _ in claim_replays.QUESTIONS[::places]
    ]
