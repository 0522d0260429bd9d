"""The page on error rates: its tables are those of the studies, and new ones take their places."""

from __future__ import annotations

import pytest

from mfcheck.tests.support import claim_replays, rule_replays
from mfcheck.tests.support.calibration_page import PAGE, TABLE, with_tables

WRITTEN = "# Title\n\n| a |\n| --- |\n| 1 |\n\nBetween.\n\n| b |\n| --- |\n\nEnd.\n"


def test_new_tables_take_the_places_of_old_ones() -> None:
    assert with_tables(WRITTEN, ["| c |\n| 2 |", "| d |"]) == (
        "# Title\n\n| c |\n| 2 |\n\nBetween.\n\n| d |\n\nEnd.\n"
    )


@pytest.mark.parametrize("tables", [["| c |"], ["| c |"] * 3])
def test_a_page_with_other_tables_is_left_alone(tables: list[str]) -> None:
    with pytest.raises(ValueError, match="2 tables"):
        with_tables(WRITTEN, tables)


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
