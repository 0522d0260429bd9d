"""The report as markdown: verdict first, what failed second, all evidence after."""

from __future__ import annotations

import re
from typing import Any

from mfcheck.reporting import words
from mfcheck.verdict import Verdict

COLUMNS = (
    "",
    "verdict",
    "cell",
    "engine",
    "statistic",
    "estimate",
    "interval",
    "allowed",
    "margin",
    "draws",
    "resolution",
    "seconds",
)


def render_markdown(report: dict[str, Any]) -> str:
    """The whole report as one markdown document."""
    blocks = [*_head(report), *_overview(report), *_attention(report)]
    for theorem in report["theorems"]:
        blocks.append(f"## {_plain(theorem['title'])}: {_mark(theorem['verdict'])}")
        for claim in theorem["claims"]:
            blocks += _claim(claim)
    blocks += [*_mutants(report["mutants"]), *_environment(report)]
    return "\n\n".join(blocks) + "\n"


def _head(report: dict[str, Any]) -> list[str]:
    facts = {
        "Findings": str(words.tally(list(words.claims_of(report)))),
        "Level": report["level"],
        "Seed": report["seed"],
        "Family error bound": f"{words.scientific(report['family_error_bound'])} ({words.FAMILY_BOUND})",
        "Theory": report["theory"],
        "Architectures": ", ".join(report["architectures"]),
        "Dataset": report["dataset"],
    }
    lines = [f"- **{name}:** {_plain(value)}" for name, value in facts.items()]
    return [f"# mfcheck: {_mark(report['verdict'])}", "\n".join(lines)]


def _overview(report: dict[str, Any]) -> list[str]:
    if not report["theorems"]:
        return ["**No claim was tried in this run, so it supports nothing.**"]
    rows: list[tuple[str, ...]] = [
        (_plain(theorem["title"]), _mark(theorem["verdict"]), str(words.tally(theorem["claims"])))
        for theorem in report["theorems"]
    ]
    return [_table(("theorem", "verdict", "findings"), rows)]


def _attention(report: dict[str, Any]) -> list[str]:
    blocks = []
    for claim in words.claims_of(report):
        for finding in claim["findings"]:
            if finding["verdict"] in words.OPEN:
                blocks.append(f"{_mark(finding['verdict'])} {_code(claim['id'])} in {_code(finding['cell'])}")
                blocks += [_plain(words.sentence(finding)), _fence(finding["reproduce"])]
        for error in claim["errors"]:
            blocks.append(f"**✗ ERROR** {_code(claim['id'])} in {_code(error['cell'])}: {_plain(error['message'])}")
    return ["## What is not supported", *blocks] if blocks else []


def _claim(claim: dict[str, Any]) -> list[str]:
    blocks = [f"### {_code(claim['id'])}: {_mark(claim['verdict'])}", f"{_plain(claim['says'])}"]
    blocks += [f"**✗ ERROR** in {_code(error['cell'])}: {_plain(error['message'])}" for error in claim["errors"]]
    decided = [finding for finding in claim["findings"] if finding["verdict"] != Verdict.NOT_APPLICABLE]
    captions = [f"- Row {row}: {_plain(f['figure'])}" for row, f in enumerate(decided, 1) if f["figure"]]
    if decided:
        blocks.append(_table(COLUMNS, [_row(row, finding) for row, finding in enumerate(decided, 1)]))
    if captions:
        blocks.append("\n".join(captions))
    reasons = [
        f"- {_code(finding['cell'])}: {_plain(words.sentence(finding))}"
        for finding in claim["findings"]
        if finding["verdict"] == Verdict.NOT_APPLICABLE
    ]
    if reasons:
        blocks.append("\n".join(reasons))
    return blocks


def _row(row: int, finding: dict[str, Any]) -> tuple[str, ...]:
    shown = words.evidence(finding)
    return (
        str(row),
        _mark(finding["verdict"]),
        _code(finding["cell"]),
        _plain(finding["engine"]),
        _plain(finding["statistic"]),
        shown["estimate"],
        shown["interval"],
        shown["allowed"],
        _plain(finding["margin"]["origin"]),
        words.draws(finding),
        words.resolution(finding),
        words.seconds(finding["seconds"]),
    )


def _mutants(mutants: list[dict[str, Any]]) -> list[str]:
    if not mutants:
        return []
    columns = tuple(mutants[0])
    return ["## Mutants", _table(columns, [tuple(_plain(mutant[name]) for name in columns) for mutant in mutants])]


def _environment(report: dict[str, Any]) -> list[str]:
    facts = {"mfcheck": report["mfcheck"], "created": report["created"], "α of one finding": report["alpha"]}
    lines = [f"- {_plain(name)}: {_plain(value)}" for name, value in (facts | report["environment"]).items()]
    return ["## Environment", "\n".join(lines)]


def _mark(verdict: str) -> str:
    glyph = words.GLYPHS[Verdict(verdict)]
    return f"**{glyph} {verdict.upper()}**" if verdict in words.OPEN else f"{glyph} {verdict}"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _plain(value: object) -> str:
    """Text that markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", " ".join(str(value).split()))


def _code(text: str) -> str:
    """Text in a code span that survives in a table."""
    return f"`{' '.join(text.split()).replace('`', 'ˋ').replace('|', '∣')}`"


def _fence(text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}sh\n{text}\n{fence}"
