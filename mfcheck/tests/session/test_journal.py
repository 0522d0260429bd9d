"""The journal of a run: whole lines of its own are taken over, anything else is done again or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.session.journal import ENTRY, cell_of, findings_in, lines_of

RUN = "a1b2"
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


@st.composite
def journals(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Cells in the order of their decision, each with its findings."""
    counts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    return [
        [
            {"claim": "toy.1/coin", "cell": f"cell-{place}", "estimate": draw(VALUES), "curve": draw(st.lists(VALUES))}
            for _ in range(count)
        ]
        for place, count in enumerate(counts)
    ]


def flat(cells: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [finding for findings in cells for finding in findings]


@given(journals())
def test_what_was_written_is_read(cells: list[list[dict[str, Any]]]) -> None:
    assert findings_in(lines_of(cells, RUN), RUN) == flat(cells)
    grown = lines_of(cells[:1], RUN) + "".join(
        lines_of([findings], RUN, 1 + len(flat(cells[:place]))) for place, findings in enumerate(cells) if place
    )
    assert grown == lines_of(cells, RUN)


@given(journals(), st.data())
def test_a_torn_end_costs_the_last_cell_alone(cells: list[list[dict[str, Any]]], data: st.DataObject) -> None:
    text = lines_of(cells, RUN)
    cut = text[: data.draw(st.integers(0, len(text)))]
    whole = [findings for place, findings in enumerate(cells) if len(lines_of(cells[: place + 1], RUN)) <= len(cut)]
    assert findings_in(cut, RUN) == flat(whole)


@given(journals(), st.data())
def test_whatever_is_changed_before_the_end_is_refused(cells: list[list[dict[str, Any]]], data: st.DataObject) -> None:
    lines = lines_of(cells, RUN).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.sampled_from(["edit", "double", "delete", "swap", "foreign", "garbage"]))
    finding = json.loads(lines[at])
    if change == "edit":
        finding["estimate"] = "another"
        lines[at] = json.dumps(finding) + "\n"
    elif change == "double":
        lines.insert(at, lines[at])
    elif change == "delete":
        del lines[at]
        if at >= len(lines):  # the end alone is gone, as after a kill
            return
    elif change == "swap":
        if at == 0:
            return
        lines[at - 1], lines[at] = lines[at], lines[at - 1]
    elif change == "foreign":
        lines[at] = lines_of([[{**finding, "cell": "x"}]], "another run", at + 1)
    else:
        lines[at] = data.draw(st.sampled_from(["\n", "[]\n", "{}\n", "null\n", '{"journal": 3}\n', "[" * 9999 + "\n"]))
    with pytest.raises(ValueError, match=r"^line \d+ "):
        findings_in("".join(lines), RUN)


def test_a_line_tells_whose_it_is_and_how_many_its_cell_has() -> None:
    findings = [{"claim": "a/b", "cell": "c", "estimate": 1.0}, {"claim": "a/b", "cell": "c", "estimate": 2.0}]
    entries = [json.loads(line)[ENTRY] for line in lines_of([findings], RUN, 5).splitlines()]
    assert [(entry["run"], entry["line"], entry["number"], entry["of"]) for entry in entries] == [
        (RUN, 5, 1, 2),
        (RUN, 6, 2, 2),
    ]
    assert cell_of(findings[0]) == ("a/b", "c")
