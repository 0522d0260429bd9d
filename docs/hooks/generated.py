"""Pages made from the code when the site is built: the index of claims, the command line, the public interface."""

from __future__ import annotations

import argparse
import importlib
import inspect
import tomllib
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

import mfcheck

ROOT = Path(__file__).parents[2]


def on_files(files: Files, config: Any) -> Files:
    """Add the pages, which stand in no folder."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    return files


def claims_page() -> str:
    """Every claim of the suite by section: what it says, the cells of each level, and what is declared of it."""
    from mfcheck.decisions.suite import suite_claims
    from mfcheck.findings.sections import SECTIONS, section_of

    tests, declared = suite_claims(), _declared()
    order = list(SECTIONS)
    claims = sorted(
        (claim for claim, _ in tests.values()), key=lambda one: (order.index(section_of(one.id).id), one.id)
    )
    lines = [
        "# Index of claims",
        "",
        f"The {len(claims)} claims of the suite, as the code has them. `pytest claims --mf-claim ID` decides one, "
        "`mfcheck plan ID` says what that takes, and [the theory](theory.md#claims) says why it should hold.",
        "",
    ]
    for section, members in groupby(claims, key=lambda one: section_of(one.id)):
        lines += [f"## {section.title}", ""]
        for claim in members:
            lines += [f'<a id="{claim.id}"></a>', f"### `{claim.id}`", "", claim.says, ""]
            lines += [*_cells(claim), ""]
            source = Path(inspect.getsourcefile(tests[claim.id][1]) or "").name
            lines += [f"Decided in `claims/{source}`, `{tests[claim.id][1].__name__}`.", ""]
            for one in declared:
                if one["matches"](claim.id):
                    lines += _declaration(one)
    return "\n".join(lines)


def _cells(claim: Any) -> Iterable[str]:
    """A table of the cells of each level: how many, of which engines, and the widths they span."""
    from mfcheck.settings import LEVELS, Settings
    from mfcheck.theorems.cells_of_a_run import cells_of

    # Level glance tries some of quick's cells, which it picks from the whole suite.
    levels = [level for level in LEVELS.values() if not getattr(level, "glance", False)]
    if not any(cells_of(claim, Settings(seed=0, level=level)) for level in levels):
        yield "Tried on [architectures of one's own](architectures.md) alone."
        return
    yield "| level | cells | engines | widths | depths |"
    yield "| --- | --- | --- | --- | --- |"
    for level in levels:
        cells = cells_of(claim, Settings(seed=0, level=level))
        specs = [cell.spec for cell in cells]
        engines = ", ".join(sorted({f"`{cell.engine}`" for cell in cells})) or "—"
        spans = [_span([spec.width for spec in specs]), _span([spec.depth for spec in specs])]
        yield f"| {level.name} | {len(cells) or 'none'} | {engines} | {' | '.join(spans)} |"


def _span(numbers: list[int]) -> str:
    if not numbers:
        return "—"
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} – {high:,}"


def _declared() -> list[dict[str, Any]]:
    from fnmatch import fnmatchcase

    tables = tomllib.loads((ROOT / "claims" / "expected.toml").read_text(encoding="utf-8")).get("expected", [])
    return [{**one, "matches": lambda id, glob=one["claim"]: fnmatchcase(id, glob)} for one in tables]


def _declaration(one: dict[str, Any]) -> list[str]:
    when = ", ".join(f"`{name}` = `{value}`" for name, value in one.get("when", {}).items())
    where = f" where {when}" if when else ""
    instead = f" The same draws must support *{one['instead']}* instead." if one.get("instead") else ""
    return ['!!! failure "A refutation that is declared in advance"', "", f"    {one['reason']}{where}.{instead}", ""]


def command_line_page() -> str:
    """The options of pytest with their mirrors, and the help of every command, as the parsers print them."""
    from mfcheck.cli import main as command
    from mfcheck.cli.help import commands_of
    from mfcheck.session import options

    lines = ["# Command line", "", "## Options of `pytest`", ""]
    lines += [
        "`pytest claims` takes these, `mfcheck audit` too, and each has a mirror in the environment. "
        "The command line wins. How they work together is told under [running the claims](running.md).",
        "",
        "| option | mirror | meaning |",
        "| --- | --- | --- |",
    ]
    for name, text in (options.OPTIONS | options.FLAGS).items():
        value = "" if name in options.FLAGS else f" {name.upper()}"
        lines.append(f"| `{options.spelt(name)}{value}` | `{options.PREFIX}{name.upper()}` | {text} |")
    parser = importlib.import_module(command.__module__)._parser()
    lines += ["", "## The command `mfcheck`", "", *_usage(parser)]
    for name, one in commands_of(parser).items():
        lines += [f"### `mfcheck {name}`", "", *_usage(one)]
    return "\n".join(lines)


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    return ["```text", parser.format_help().rstrip(), "```", ""]


def interface_page() -> str:
    """Everything that `import mfcheck` offers."""
    lines = [
        "# Python interface",
        "",
        "Everything in `mfcheck.__all__`. [Examples](python.md) show how it is used.",
        "",
    ]
    for name in sorted(mfcheck.__all__, key=str.lower):
        member = getattr(mfcheck, name)
        lines += [f"::: {member.__module__}.{member.__qualname__}", "    options:", "      heading_level: 2", ""]
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "claims.md": claims_page,
    "command_line.md": command_line_page,
    "interface.md": interface_page,
}
