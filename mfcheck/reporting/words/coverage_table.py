"""The coverage of a theory in words: formula by argument, what was seen, and what no finding refutes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mfcheck.findings import wording
from mfcheck.findings.coverage import Covered, Least, Row, holes
from mfcheck.findings.report import Report
from mfcheck.theory.arguments import Value

WIDTH = 120
ARGUMENT, VALUES, FACTOR = 18, 42, 9
SHOWN = 5
"""Values of an argument that a line names."""
NONE = "This report holds no coverage: it was written before there was any, or no claim ran."


def verdict(report: Report) -> str:
    """How many wrong formulas along an argument were refuted, in words; empty where the report holds no coverage."""
    covered = report.coverage
    if not covered:
        return ""
    twins, open_ones = sum(row.twins for one in covered for row in one.rows), len(holes(covered))
    rows = [row for one in covered for row in one.rows if not row.declared]
    closed = sum(not row.holes for row in rows)
    proviso = "; claims that did not run may close what is open" if open_ones and not report.full else ""
    of = f"arguments of {wording.plural(len(covered), 'formula')}"
    return (
        f"coverage: {closed} of {len(rows)} {of} pinned down, by {twins} slanted twins; "
        f"{wording.plural(open_ones, 'hole')}{proviso}"
    )


def open_holes(report: Report) -> list[str]:
    """The holes of a full run; none of a part of the suite, which need not close them."""
    return holes(report.coverage) if report.full else []


def coverage_table(report: Report) -> list[str]:
    """The table as lines of at most 120 columns."""
    covered = report.coverage
    if not covered:
        return [NONE]
    lines = [f"{'argument':{ARGUMENT}}{'values seen':{VALUES}}{'least':{FACTOR}}refuted by"]
    for one in covered:
        lines += ["", f"{one.formula}: {constants(one)}"]
        for row in one.rows:
            lines.append(
                f"  {row.argument:{ARGUMENT - 2}}{values(row.values):{VALUES}}{factor(row.least):{FACTOR}}{_by(row)}"
            )
            lines += [f"{' ' * ARGUMENT}✗ HOLE {hole}" for hole in row.holes]
    return [wording.clip(line, WIDTH) for line in [*lines, "", verdict(report)]]


def constants(one: Covered) -> str:
    """The least wrong constants of a formula that are refuted, by kind of engine."""
    if not one.findings:
        return "no finding reads it"
    kinds = (("an exact law", one.exact), ("sampled networks", one.sampled))
    told = [f"× {least.factor:.4g} by {engine} ({least.claim})" for engine, least in kinds if least]
    return f"{wording.plural(one.findings, 'finding')}, refuted from {' and '.join(told) or 'no factor'}"


def values(seen: Sequence[Value]) -> str:
    """The values of an argument, a few of them if there are many.

    >>> values((1.0, 2.0, math.inf))
    '1, 2, ∞'
    """
    texts = [value if isinstance(value, str) else "∞" if math.isinf(value) else f"{value:.4g}" for value in seen]
    if len(texts) > SHOWN:
        texts = [*texts[: SHOWN - 2], "…", texts[-1], f"({len(seen)})"]
    return ", ".join(texts) or "—"


def factor(least: Least | None) -> str:
    """The least wrong factor that is refuted."""
    return f"{least.factor:.4g}" if least else "—"


def _by(row: Row) -> str:
    if row.declared:
        return f"declared: {row.declared}"
    return f"{row.least.claim} ({row.least.engine})" if row.least else "—"
