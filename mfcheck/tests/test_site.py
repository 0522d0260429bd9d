"""The documentation site: built strictly, from nothing that a network holds, with pages made from the code."""

from __future__ import annotations

import doctest
import html
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

import mfcheck
from mfcheck.decisions.suite import suite_claims
from mfcheck.session import options
from mfcheck.tests.support.places import MADE, ROOT

pytest.importorskip("mkdocs")
CODE = re.compile(r"<(pre|code|script|style|math)\b.*?</\1>", re.DOTALL)


def hook(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "hooks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site into a folder, with no network to be had."""
    nowhere = {f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "HTTP", "HTTPS")}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | nowhere | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def page(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


class Loaded(HTMLParser):
    """What a page loads: scripts, styles, pictures and frames, but no links to be followed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "video", "audio"):
            self.found.append(given.get("src") or "")
        elif tag == "link" and given.get("rel") != "canonical":
            self.found.append(given.get("href") or "")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for one in pages:
        loaded = Loaded(one.read_text(encoding="utf-8")).found
        assert loaded
        assert not [address for address in loaded if re.match(r"(\w+:)?//", address)], one.name
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.findall(r"(?:url\(|@import\s*)['\"]?https?:", styles)
    assert Loaded('<script src="//cdn.example/x.js"></script>').found == ["//cdn.example/x.js"]


def test_the_index_has_every_claim_with_what_it_says(site: Path) -> None:
    text = html.unescape(page(site, "claims.html"))
    for id, (claim, _) in suite_claims().items():
        assert f'id="{id}"' in text
        assert claim.says.split(":")[0].split("_")[0].split("^")[0][:40] in text
    assert "Chevet's constant" in text or "chevet" in text.lower()


def test_the_reference_has_every_option_and_every_public_name(site: Path) -> None:
    line, interface = page(site, "command_line.html"), page(site, "interface.html")
    for name in (*options.OPTIONS, *options.FLAGS):
        assert options.spelt(name) in line
        assert f"{options.PREFIX}{name.upper()}" in line
    for name in mfcheck.__all__:
        assert re.search(rf'id="mfcheck\.[\w.]*{name}"', interface), name


def test_formulas_are_set_when_the_site_is_built(site: Path) -> None:
    for one in ("index.html", "glossary.html", "tutorial.html"):
        assert "<math" in page(site, one)
    for one in site.glob("*.html"):
        body = CODE.sub("", one.read_text(encoding="utf-8")).partition("<article")[2].partition("</article>")[0]
        plain = html.unescape(re.sub(r"<[^>]+>", "", body))
        assert not re.findall(r"\$[^$\n]+\$|[ωβσ][_^]\S*|\\\w+\{", plain), one.name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ω^{L/2} and ω^L", "ω<sup>L/2</sup> and ω<sup>L</sup>"),
        ("β_{p,q}, σ_w², J_ij", "β<sub>p,q</sub>, σ<sub>w</sub>², J_ij"),
        ("L_adv over ‖η‖_p ≤ ε", "L<sub>adv</sub> over ‖η‖<sub>p</sub> ≤ ε"),
        ("x^(l), 10^−6", "x<sup>(l)</sup>, 10<sup>−6</sup>"),
        ("input_dim, my_x, a_file.py", "input_dim, my_x, a_file.py"),
    ],
)
def test_plain_formulas_get_raised_and_lowered_letters(text: str, shown: str) -> None:
    assert hook("typeset").raised_and_lowered(text) == shown


def test_code_is_left_as_it_is() -> None:
    typeset = hook("typeset")
    assert typeset.on_page_content("<p>ω^L <code>x_y^2</code></p>") == "<p>ω<sup>L</sup> <code>x_y^2</code></p>"
    assert typeset.on_page_markdown("`$x$` costs $5\n```\n$x$\n```\n") == "`$x$` costs $5\n```\n$x$\n```\n"
    assert "<math" in typeset.on_page_markdown("where $x_1$ is")


def test_every_page_has_its_place_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | set(hook("generated").PAGES)
    assert set(re.findall(r"(\w+\.md)", text)) == pages
    assert set(hook("generated").PAGES) == MADE


@pytest.mark.slow
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    for name in ("docs", "claims", "mfcheck"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a", encoding="utf-8") as file:
        file.write("\n[nowhere](theory.md#no-such-anchor)\n")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode != 0
    assert "no-such-anchor" in built.stdout + built.stderr


def test_examples_of_docstrings_are_a_section_and_formulas_keep_their_underscores() -> None:
    made = hook("docstrings").for_markdown("The norm ‖x‖_p.\n\n>>> norm(4)\n2.0")
    assert made == "The norm ‖x‖\\_p.\n\nExamples:\n    >>> norm(4)\n    2.0"
    assert hook("docstrings").for_markdown("Nothing to see.") == "Nothing to see."


def test_the_example_of_typesetting_holds() -> None:
    found = doctest.testmod(hook("typeset"))
    assert found.attempted
    assert not found.failed
