"""Refutations declared in advance: which claim, under which conditions, why, and which law holds instead."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mfcheck.findings.finding import Finding
from mfcheck.given import read_file, reason, shown
from mfcheck.imports import load_factory
from mfcheck.settings import LEVELS
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory.loading import PAPER_THEORY
from mfcheck.verdict import Verdict

KEYS = {"claim", "when", "reason", "instead", "levels", "theory"}
NEEDED, OWNERS = ("claim", "reason", "instead"), ("claim", "reason")
"""What a declaration must say, and what one must that stands beside a network's factory."""
NONE_HOLDS = "none of the claim's other laws, or not yet: more draws (a higher level, or first= of its verb) may tell"
MOST_BYTES, MOST_TABLES = 2**20, 1000

NAMES = tuple(dict.fromkeys(level.name for level in LEVELS.values()))
"""The levels that decide differently: a glance decides as quick does."""


@dataclass(frozen=True)
class Expectation:
    """One declared refutation.

    `claim` is an id or a glob; `when` holds values or globs of the finding's parameters or engine that must match;
    `instead` names the law that the same draws must support; it is empty of what an owner declares of a network.
    """

    claim: str
    reason: str
    instead: str
    when: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    of_papers: bool = True
    """Whether it speaks of the paper's theory, and not by name of the one on trial."""
    strict: bool = True
    """Whether what it speaks of must be refuted, or may be: an owner may know that it depends on the input."""

    def matches(self, finding: Mapping[str, Any]) -> bool:
        """Whether this finding, as plain values, is one of those spoken of."""
        values = {**finding["parameters"], "engine": finding["engine"], "cell": finding["cell"]}
        return fnmatchcase(finding["claim"], self.claim) and all(
            name in values and fnmatchcase(str(values[name]), str(wanted)) for name, wanted in self.when.items()
        )

    def unmet(self, finding: Finding) -> str:
        """Why a matching finding does not meet the declaration; empty if it does."""
        if finding.verdict is not Verdict.REFUTED:
            if not self.strict:
                return ""
            return f"was declared refuted ({self.reason}) but is {finding.verdict}"
        if self.instead and self.instead not in finding.holds_instead:
            holding = ", ".join(finding.holds_instead) or NONE_HOLDS
            return f"is refuted as declared, but its draws do not support {self.instead!r} instead: {holding}"
        return ""


def read_expectations(files: Iterable[Path], level: str, theory: str = PAPER_THEORY) -> tuple[Expectation, ...]:
    """The declarations of some TOML files for a level, each an [[expected]] table; ValueError naming the file and what
    is wrong. Those that name another theory than the paper's are left out unless it is the one on trial."""
    found: list[Expectation] = []
    for file in files:
        for place, table in enumerate(_tables(file), start=1):
            try:
                declared = _declaration(table)
            except ValueError as error:
                raise ValueError(f"expectations {str(file)!r}: declaration {place} {error}") from None
            spoken_of = table.get("theory", PAPER_THEORY)
            if (not declared.levels or level in declared.levels) and spoken_of in (PAPER_THEORY, theory):
                found.append(declared)
    return tuple(found)


def owners_expectations(architectures: Iterable[str], level: str) -> tuple[Expectation, ...]:
    """What factories of networks of one's own declare of these as their attribute `expected`, a list of tables.

    Each has a claim, a reason, and if need be `when`, `levels` and `strict`; it speaks of that architecture alone.
    ValueError naming the factory and what is wrong.
    """
    found: list[Expectation] = []
    for path in architectures:
        tables = [] if path in ARCHITECTURES else getattr(load_factory(path), "expected", [])
        if not isinstance(tables, list | tuple) or len(tables) > MOST_TABLES:
            raise ValueError(f"architecture {path} must declare expected as a list of tables, got {shown(tables)}")
        for place, table in enumerate(tables, start=1):
            try:
                declared = _declaration(table, OWNERS)
            except ValueError as error:
                raise ValueError(f"architecture {path}: expected refutation {place} {error}") from None
            if not declared.levels or level in declared.levels:
                found.append(replace(declared, when={**declared.when, "architecture": path}))
    return tuple(found)


def _tables(file: Path) -> list[Any]:
    """The [[expected]] tables of a file."""
    try:
        document = tomllib.loads(read_file(file, MOST_BYTES).decode("utf-8"))
    except (OSError, ValueError) as error:  # of the file, of UTF-8, of TOML
        raise ValueError(f"expectations {str(file)!r} cannot be read: {reason(error)}") from None
    except RecursionError:
        raise ValueError(f"expectations {str(file)!r} cannot be read: it is nested too deeply") from None
    tables = document.pop("expected", [])
    if document:
        raise ValueError(f"expectations {str(file)!r}: {shown(min(document))} means nothing; write [[expected]] tables")
    if not isinstance(tables, list) or len(tables) > MOST_TABLES:
        raise ValueError(f"expectations {str(file)!r}: expected must be up to {MOST_TABLES} tables [[expected]]")
    return tables


def _declaration(table: Any, needed: Sequence[str] = NEEDED) -> Expectation:
    """One table as a declaration; ValueError in words that go on from its number."""
    if not isinstance(table, dict):
        raise ValueError(f"must be a table [[expected]], got {shown(table)}")
    allowed = KEYS if needed == NEEDED else {*needed, "when", "levels", "strict"}
    missing, unknown = set(needed) - set(table), set(table) - allowed
    if missing or unknown:
        wrong = f"lacks {sorted(missing)}" if missing else f"has unknown keys {shown(sorted(unknown))}"
        raise ValueError(f"{wrong}; its keys are {sorted(allowed)}")
    for key in needed:
        if not isinstance(table[key], str) or not table[key].strip():
            texts = f"{', '.join(needed[:-1])} and {needed[-1]}"
            raise ValueError(f"is wrong: {texts} must be texts, got {key} = {shown(table[key])}")
    levels, when = table.get("levels", []), table.get("when", {})
    if not isinstance(levels, list) or not all(isinstance(one, str) and one in NAMES for one in levels):
        raise ValueError(f"is wrong: levels must be among {', '.join(NAMES)}, got {shown(levels)}")
    if not isinstance(when, dict):
        raise ValueError(f"is wrong: when must be a table such as {{ width = 64 }}, got {shown(when)}")
    for name, wanted in when.items():
        if not isinstance(wanted, (str, int, float)):
            raise ValueError(f"is wrong: when must hold texts and numbers, got {name} = {shown(wanted)}")
    spoken_of = table.get("theory", PAPER_THEORY)
    if not isinstance(spoken_of, str):
        raise ValueError(f"is wrong: theory must be a text, got {shown(spoken_of)}")
    strict = table.get("strict", True)
    if not isinstance(strict, bool):
        raise ValueError(f"is wrong: strict must be true or false, got {shown(strict)}")
    paper = spoken_of == PAPER_THEORY
    return Expectation(table["claim"], table["reason"], table.get("instead", ""), when, tuple(levels), paper, strict)


def outcomes(expectations: Sequence[Expectation], findings: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What became of every declaration, for the report: met, unmet, unmatched, or repaired by the theory on trial.

    It is repaired where every one of its cells is, and no claim refutes what the theory changes there.
    """
    wrong = refuted_changes(findings)
    found = []
    for expectation in expectations:
        mine = [finding for finding in findings if expectation.matches(finding)]
        tried = [finding for finding in mine if finding["verdict"] != Verdict.NOT_APPLICABLE]
        open_ones = [finding for finding in tried if not finding["expected"] and not finding["repairs"]]
        held = [finding for finding in open_ones if _first(expectations, finding) is expectation]
        status, message = _outcome(expectation, tried, held if expectation.strict else [], wrong)
        declared = {"claim": expectation.claim, "reason": expectation.reason, "instead": expectation.instead}
        found.append({**declared, "status": status, "message": message})
    return found


def _outcome(
    expectation: Expectation,
    tried: Sequence[Mapping[str, Any]],
    unmet: Sequence[Mapping[str, Any]],
    wrong: Mapping[str, Collection[str]],
) -> tuple[str, str]:
    """What became of a declaration, and in words why, by the findings that tried it and those that do not meet it."""
    if not tried:
        return "unmatched", "no finding matches"
    if unmet:
        other = any(finding.get("changes_told") for finding in unmet) and expectation.of_papers
        of_which = " (it speaks of the paper's theory: say theory = … for another)" if other else ""
        return "unmet", f"not so in {', '.join(finding['cell'] for finding in unmet)}{of_which}"
    if not all(finding["repairs"] for finding in tried):
        return "met", ""
    changed = {name for finding in tried for name in finding["changes_seen"]}
    if refuting := sorted({claim for name in changed for claim in wrong.get(name, ())}):
        return "unmet", f"not so, but what the theory changes there is refuted by {', '.join(refuting)}"
    return "repaired", ""


def _first(expectations: Sequence[Expectation], finding: Mapping[str, Any]) -> Expectation | None:
    """The declaration that a finding is held to: the first that matches it."""
    return next((one for one in expectations if one.matches(finding)), None)


def refuted_changes(findings: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The claims that refute a theory on trial where a change of it shows, by change.

    A refutation that the paper's theory shares says nothing of the change.
    """
    found: dict[str, set[str]] = {}
    for finding in findings:
        if finding["verdict"] == Verdict.REFUTED and finding["paper_verdict"] != Verdict.REFUTED:
            for name in finding["changes_seen"]:
                found.setdefault(name, set()).add(finding["claim"])
    return found


def declare(finding: Finding, expectations: Sequence[Expectation]) -> tuple[Finding, str]:
    """The finding marked as an expected refutation where one is declared and met, and why it is unmet, if so.

    A declaration speaks of one theory, as a rule the paper's. Another one on trial that changes the formula is not held
    to it: the same draws must refute the paper's theory as declared, and where they support the other's it is repaired.
    """
    expectation = _first(expectations, vars(finding))
    if finding.verdict is Verdict.NOT_APPLICABLE or expectation is None:
        return finding, ""
    near = not finding.changes_told and finding.paper_verdict == finding.verdict
    if expectation.of_papers and finding.changes_seen and not near:  # what no draws tell apart is declared of both
        return _repaired(finding, expectation)
    if problem := expectation.unmet(finding):
        return finding, f"{finding.claim} in cell {finding.cell} {problem}"
    if finding.verdict is not Verdict.REFUTED:
        return finding, ""
    return replace(finding, expected=expectation.reason, instead=expectation.instead), ""


def _repaired(finding: Finding, expectation: Expectation) -> tuple[Finding, str]:
    """The finding of a theory that changes what was declared refuted of the paper's: repaired, if it holds exactly."""
    if finding.verdict is not Verdict.SUPPORTED:
        return finding, ""  # it is refuted or undecided in its own right
    where = f"{finding.claim} in cell {finding.cell}"
    if problem := expectation.unmet(papers(finding)):
        return finding, f"{where}, of the paper's theory, {problem}"
    if not holds_without_discrepancy(finding):
        return finding, f"{where} holds only up to the discrepancy δ, which repairs nothing that was declared refuted"
    return replace(finding, repairs=expectation.reason), ""


def papers(finding: Finding) -> Finding:
    """What the same draws say of the paper's theory, as its own finding: undecided where they cannot be asked."""
    verdict = Verdict(finding.paper_verdict) if finding.paper_verdict else Verdict.UNDECIDED
    return replace(finding, verdict=verdict, holds_instead=finding.paper_instead)


def holds_without_discrepancy(finding: Finding) -> bool:
    """Whether a supported law may be exact: its interval meets what is allowed without the discrepancy δ.

    The interval of a bound from above must lie within it, for there is always something below.
    """
    (low, high), (bottom, top), delta = finding.interval, finding.region, finding.margin.discrepancy
    if bottom <= 0 < finding.reference:
        return high <= top - delta
    middle = min(max(finding.reference, bottom), top)
    return low <= max(top - delta, middle) and high >= min(bottom + delta, middle)
