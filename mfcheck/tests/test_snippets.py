"""What the README and the documentation show runs as it is printed, and the README is short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.snippets import BLOCK, Snippet, clone, snippets

PAGES = ("README.md", "docs/tutorial.md", "docs/levels.md", "docs/running.md", "docs/python.md")
APART = re.compile(r"make |git clone|python3? -m (venv|pip)|\. \.venv|pytest (claims|--pyargs mfcheck.suite) -n auto")
"""Lines that set a computer up or run for minutes: they are indented, and not run here."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_it_is_printed(tmp_path: Path, page: str) -> None:
    found = list(snippets(text_of(page)))
    assert found
    folder = clone(tmp_path)
    for snippet in found:
        snippet.run(folder)


def test_the_readme_is_short_and_every_code_of_it_says_what_it_is() -> None:
    assert len(text_of("README.md").splitlines()) <= 150
    fences = re.findall(r"^```(.*)$", text_of("README.md"), flags=re.MULTILINE)
    assert set(fences) <= {"", "sh", "python", "text"}
    assert len(fences) == 2 * len(BLOCK.findall(text_of("README.md")))


def test_the_tutorial_goes_from_a_claim_to_a_refuted_theory_to_a_gate() -> None:
    commands = [one for one in snippets(text_of("docs/tutorial.md")) if not one.file]
    assert [one.status for one in commands] == [0, 0, 0, 1, 0, 0, 0, 1]
    assert "--mf-theory mine:Steeper" in commands[3].text
    assert commands[-1].text.startswith("mfcheck compare")


def test_only_what_sets_up_or_takes_minutes_is_not_run_in_the_tutorial() -> None:
    indented = re.findall(r"(?:^|\n)\n((?:    .*\n)+)", text_of("docs/tutorial.md"))
    lines = [line.strip() for block in indented for line in block.splitlines()]
    commands = [line for line in lines if re.match(r"(pytest|mfcheck|make|git|python3?|\.) ", line)]
    assert commands
    assert all(APART.match(line) for line in commands), commands


def test_a_snippet_that_does_not_run_is_seen(tmp_path: Path) -> None:
    wrong = "```sh\nfalse\nfalse  # ends with status 1\n```\n```python\n# a.py\nx = 1\n```\n"
    wrong += "```python\nimport a\nassert a.x == 2\n```\n"
    no, expected, file, program = snippets(wrong)
    file.run(tmp_path)
    expected.run(tmp_path)
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "# a.py\nx = 1\n"
    for one in (no, program, Snippet("true", status=1)):
        with pytest.raises(AssertionError):
            one.run(tmp_path)
