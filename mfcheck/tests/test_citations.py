"""Citations in code, claims and documentation lead somewhere: to pages and anchors that ship with the project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfcheck.tests.support.places import MADE, ROOT

TEXTS = sorted(
    [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "claims").glob("*.*"),
        *(path for path in (ROOT / "mfcheck").rglob("*.py") if "tests" not in path.parts),
        *(ROOT / "mfcheck").rglob("*.jinja"),
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
    ]
)
"""Everything that cites, but for the tests."""
SOURCES = [path for path in TEXTS if path.is_file()]
PAGES = [path for path in SOURCES if path.suffix == ".md"]
MODULES = [path for path in SOURCES if path.suffix == ".py"]
OTHERS = [path for path in SOURCES if path.suffix != ".py"]

CITATION = re.compile(r"docs/[\w/-]+\.md(?:#[\w-]*)?")
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
WORKING_PAGE = re.compile(r"\b(?:THEORY|DESIGN|HOUSE)\b")
NUMBERED_FACT = re.compile(r"(?<![\w.^_{])E(?:[1-9]|1[01])(?![\w\[])")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors_of(page: str) -> set[str]:
    """The anchors of a page of Markdown: those written out, and its headings as GitHub makes them."""
    written = set(re.findall(r'<a id="([^"]+)"></a>', page))
    headings = re.findall(r"^#+ +(.+?)\s*$", _without_code(page), flags=re.MULTILINE)
    return written | {_slug(heading) for heading in headings}


def _slug(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def _without_code(page: str) -> str:
    return re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)


def broken_citations(text: str, root: Path = ROOT) -> list[str]:
    """The citations of a text of the form docs/page.md#anchor that lead nowhere."""
    return [found for found in CITATION.findall(text) if not _leads_somewhere(root, found, root)]


def broken_links(text: str, folder: Path, root: Path = ROOT) -> list[str]:
    """The relative links of a page of Markdown in `folder` that lead nowhere, or out of the project."""
    targets = LINK.findall(_without_code(text))
    relative = [target for target in targets if not re.match(r"[a-z]+:", target)]
    here = anchors_of(text)
    return [
        target
        for target in relative
        if (target[1:] not in here if target.startswith("#") else not _leads_somewhere(folder, target, root))
    ]


def _leads_somewhere(folder: Path, target: str, root: Path) -> bool:
    file, _, anchor = target.partition("#")
    page = (folder / file).resolve()
    if page.parent == (root / "docs").resolve() and page.name in MADE:
        return True
    if not page.is_relative_to(root.resolve()) or not page.exists() or target.endswith("#"):
        return False
    return not anchor or (page.is_file() and anchor in anchors_of(page.read_text(encoding="utf-8")))


def unshipped(text: str) -> list[str]:
    """Words of a text that name a page which does not ship, or a fact by a number that no page has."""
    return WORKING_PAGE.findall(text) + NUMBERED_FACT.findall(text)


def prose_of(module: str) -> Iterator[str]:
    """Docstrings, other strings and comments of Python source: all that is not code."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    for line in module.splitlines():
        if "#" in line:
            yield line.partition("#")[2]


def test_there_is_something_to_check() -> None:
    cited = [found for path in SOURCES for found in CITATION.findall(path.read_text(encoding="utf-8"))]
    assert len(PAGES) >= 8
    assert len(MODULES) > 100
    assert sum("theory.md#" in one for one in cited) >= 20
    assert sum("decisions.md#" in one for one in cited) >= 2


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_citation_leads_to_a_page_and_an_anchor(path: Path) -> None:
    assert broken_citations(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path.read_text(encoding="utf-8"), path.parent) == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_docstring_or_comment_cites_what_does_not_ship(path: Path) -> None:
    assert [found for text in prose_of(path.read_text(encoding="utf-8")) for found in unshipped(text)] == []


@pytest.mark.parametrize("path", OTHERS, ids=name)
def test_no_page_cites_what_does_not_ship(path: Path) -> None:
    assert unshipped(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_anchor_is_written_twice(path: Path) -> None:
    written = re.findall(r'<a id="([^"]+)"></a>', path.read_text(encoding="utf-8"))
    assert len(written) == len(set(written))


def test_the_page_of_the_theory_names_every_claim_and_no_other() -> None:
    ids = r"(?:thm[\w.]+|assumption|break|open|preflight)/[A-Za-z0-9-]+"
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "claims").glob("test_*.py"))
    claims = set(re.findall(rf'@claim\("({ids})"', sources))
    page = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    assert len(claims) > 40
    assert set(re.findall(rf"`({ids})`", page)) == claims


@pytest.mark.parametrize(
    "planted",
    [
        "see docs/theory.md#no-such-anchor",
        "see docs/no-such-page.md",
        "see docs/theory.md# for more",
    ],
)
def test_a_citation_that_leads_nowhere_is_found(planted: str) -> None:
    assert len(broken_citations(planted)) == 1
    assert broken_citations("see docs/theory.md#setting, docs/theory.md.") == []


@pytest.mark.parametrize(
    "planted",
    [
        "[a](theory.md#nowhere)",
        "[a](nowhere.md)",
        "[a](#nowhere)",
        "[a](../../outside.md)",
        "[a](../README.md#nowhere)",
    ],
)
def test_a_link_that_leads_nowhere_is_found(planted: str) -> None:
    assert len(broken_links(planted, ROOT / "docs")) == 1
    sound = "# A `b` heading, and more\n[a](#a-b-heading-and-more) [b](theory.md#setting) [c](https://arxiv.org/x)"
    assert broken_links(sound, ROOT / "docs") == []


@pytest.mark.parametrize(
    "planted",
    [
        "exact (THEORY E3)",
        "derived; E6",
        "(E4)",
        "E1, E3",
        "E4's exact drift",
        'see DESIGN "Decision"',
        "as in HOUSE.md",
        "(THEORY: ReLU-like)",
    ],
)
def test_a_citation_of_what_does_not_ship_is_found(planted: str) -> None:
    assert unshipped(planted)


@pytest.mark.parametrize(
    "harmless",
    [
        "E[J²]",
        "E G² and E_1",
        "E1[x] is an expectation",
        "1E3 draws",
        "ruff's E501",
        "the PAPER_THEORY",
        "thm4.1",
        "E‖g‖",
    ],
)
def test_expectations_and_names_are_no_citations(harmless: str) -> None:
    assert unshipped(harmless) == []


def test_all_that_is_not_code_is_read() -> None:
    module = '"""One."""\nx = 1  # two\ndef f():\n    """Three."""\n    return f"four {x}"\n'
    assert [text.strip() for text in prose_of(module)] == ["One.", "Three.", "four", "two"]
