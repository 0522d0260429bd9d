"""The findings of a report as rows of one table, each with an id that stays the same from run to run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from mfcheck.findings import states
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Report, TheoremRecord, state_of
from mfcheck.reporting.figures.interval_bar import interval_bar
from mfcheck.reporting.words import phrases
from mfcheck.reporting.words.distances import SIGNS
from mfcheck.reporting.words.origins import in_common, kind
from mfcheck.verdict import Verdict

TOLD_OTHERWISE = ("spec", "activation", "device", *SIGNS)
"""Parameters that a row does not spell out by name."""


@dataclass(frozen=True)
class Row:
    """One finding as pages show it; `origin` is the number of the footnote that says where its margin comes from."""

    id: str
    finding: Finding
    state: str
    setting: str
    width: int
    evidence: phrases.Evidence
    bar: Markup
    margin: str
    origin: int
    resolution: str
    draws: str
    regime: str

    @property
    def slug(self) -> str:
        """The state's name in style sheets."""
        return states.slug(self.state)

    @property
    def decided(self) -> bool:
        """Whether there are numbers to show."""
        return self.finding.verdict is not Verdict.NOT_APPLICABLE


@dataclass(frozen=True)
class Group:
    """The rows of one claim, under its own id."""

    id: str
    theorem: TheoremRecord
    claim: ClaimRecord
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """All rows by claim, the kinds of origin that their margins have, and what one can choose from."""

    groups: tuple[Group, ...]
    origins: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]

    @property
    def rows(self) -> list[Row]:
        """All rows in their order."""
        return [row for group in self.groups for row in group.rows]


def table_of(report: Report) -> Table:
    """The table of a report's findings."""
    origins: dict[str, list[str]] = {}
    taken: Counter[str] = Counter()
    groups = []
    for theorem in report.theorems:
        for claim in theorem.claims:
            rows = tuple(_row(finding, taken, origins) for finding in claim.findings)
            groups.append(Group(anchor(claim.id), theorem, claim, rows))
    return Table(tuple(groups), tuple(map(in_common, origins.values())), _choices(groups))


def anchor(*names: str) -> str:
    """An id on the page: without spaces, which an id must not have.

    >>> anchor("thm5.1/bound-satisfied", "dense vanilla")
    'thm5.1/bound-satisfied/dense_vanilla'
    """
    return "/".join(re.sub(r"\s+", "_", name.strip()) for name in names)


def link(id: str) -> str:
    """An id as the end of an address.

    >>> link("thm5.1/a/σ")
    '#thm5.1/a/%CF%83'
    """
    return f"#{quote(id, safe='/.-_~!$*+,;=:@()')}"


def setting_of(finding: Finding) -> str:
    """Where a finding was made: its network, attack and data, and whatever else tells it from its neighbours."""
    parameters = finding.parameters
    told = [
        f"{sign}{shown(parameters[name])}"
        for name, (sign, shown) in SIGNS.items()
        if name in parameters and not (name == "bias_variance" and not parameters[name])
    ]
    rest = [told_by_name(name, value) for name, value in parameters.items() if name not in TOLD_OTHERWISE]
    architecture = str(parameters.get("architecture", ""))
    first = [text for text in told if text == architecture]
    return ", ".join([*first, *(text for text in told if text != architecture), *filter(None, rest)]) or finding.cell


def told_by_name(name: str, value: object) -> str:
    """A parameter without a sign of its own; what is not so, or empty, goes without saying.

    >>> told_by_name("input_shape", [3, 32, 32]), told_by_name("depth_is_fixed", True), told_by_name("input_shape", [])
    ('input shape: 3×32×32', 'depth is fixed', '')
    """
    words = name.replace("_", " ")
    if value is True:
        return words
    if value is False or value in ("", [], (), None):
        return ""
    return f"{words}: {'×'.join(map(str, value)) if isinstance(value, list | tuple) else value}"


def _row(finding: Finding, taken: Counter[str], origins: dict[str, list[str]]) -> Row:
    id = anchor(finding.claim, finding.cell)
    taken[id] += 1
    if origin := finding.margin.origin:
        origins.setdefault(kind(origin), []).append(origin)
    width = finding.parameters.get("width", 0)
    return Row(
        id=id if taken[id] == 1 else f"{id}/{taken[id]}",
        finding=finding,
        state=state_of(finding),
        setting=setting_of(finding),
        width=width if isinstance(width, int) else 0,
        evidence=phrases.evidence(finding),
        bar=interval_bar(finding),
        margin=phrases.margin(finding),
        origin=list(origins).index(kind(origin)) + 1 if origin else 0,
        resolution=phrases.resolution(finding),
        draws=phrases.draws(finding),
        regime=phrases.regime(finding),
    )


def _choices(groups: list[Group]) -> dict[str, tuple[str, ...]]:
    """What the table can be narrowed to, column by column, in the order in which the report has it."""
    rows = [row for group in groups for row in group.rows]
    widths = sorted({row.width for row in rows if row.width})
    found = {
        "theorem": dict.fromkeys(group.theorem.id for group in groups),
        "claim": dict.fromkeys(group.claim.id for group in groups),
        "verdict": {name: None for name in states.GLYPHS if any(row.state == name for row in rows)},
        "regime": dict.fromkeys(row.finding.regime for row in rows if row.finding.regime),
        "engine": dict.fromkeys(row.finding.engine for row in rows),
        "width": dict.fromkeys(map(str, widths)),
    }
    return {name: tuple(values) for name, values in found.items()}
