"""A theory on trial beside the paper's: where draws cannot be held against it, and which of its changes they tell."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from typing import Any

from mfcheck.decisions.finite_sizes import papers_law
from mfcheck.decisions.granted import never_refuted, rests_on_a_grant
from mfcheck.decisions.judgement import Judgement, as_number, judged
from mfcheck.decisions.statement import Formula, Statement
from mfcheck.findings.finding import Finding
from mfcheck.imports import raised_on_purpose
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import PAPER, changes, is_added, shape_distance, without_changes
from mfcheck.theory.values import is_law, no_number
from mfcheck.verdict import NotANumber, NotCovered, Verdict

ROUNDING = 1e-14
"""What float64 leaves of a value that is 0, relative to the paper's: a slope between values that are all but equal."""


def no_unit(statement: Statement[Any], theory: PaperTheory, module: str) -> tuple[float, float] | None:
    """A theory's value and the paper's, where draws cannot be held against the first: it is endless, or a ratio to it
    says nothing since it is 0 or of another sign.

    None where they can, or where the paper's has no such value itself. `module` is where the theory is written.
    """
    if not callable(statement.formula) or not (statement.in_its_units or statement.of_logarithms):
        return None
    papers = papers_law(statement.formula)
    if papers is None and statement.in_its_units and statement.formula(theory) == 0:
        raise NotANumber("the theory has 0 here, which nothing can be measured in units of")
    if papers is None or is_law(papers) or no_number(papers):  # the last is said where it is planned
        return None
    if not math.isfinite(papers) or (statement.in_its_units and papers == 0):
        return None
    try:
        value = as_number(statement.formula(theory))
    except (ArithmeticError, ValueError) as error:
        # A division by 0 of the claim's own says nothing of the theory; a formula may have nothing to say, and say so.
        if statement.in_its_units or isinstance(error, NotCovered) or raised_on_purpose(error, module):
            raise
        value = math.nan
    if statement.in_its_units and abs(value) < ROUNDING * abs(papers):
        value = 0.0
    if math.isfinite(value) and (value * papers > 0 or not statement.in_its_units):
        return None
    if statement.breaks:
        raise NotANumber(f"the theory has {value:.4g} here, the paper's {papers:.4g}: no break is measured by that")
    return value, float(papers)


def in_the_papers_units(finding: Finding, judgement: Judgement, value: float, papers: float) -> Finding:
    """The finding on a theory that has 0, no end or another sign than the paper's here, by draws that the paper's
    planned; what rests on a grant leaves it open."""
    found, ratio = judged(finding, judgement, PAPER), value / papers if papers else math.nan
    if math.isfinite(ratio):
        reference, (low, high) = ratio * found.reference, sorted(ratio * edge for edge in found.region)
    else:
        reference = low = high = math.copysign(sys.float_info.max, value)
    has = "no value" if math.isnan(value) else f"{value + 0.0:.4g}"
    return replace(
        found,
        decides=f"{finding.decides}, where that is the paper's: this theory has {has}",
        verdict=never_refuted(Verdict.REFUTED) if rests_on_a_grant(judgement.statement) else Verdict.REFUTED,
        reference=reference + 0.0,
        region=(low + 0.0, high + 0.0),
        reason=f"the theory has {has} here, where the paper's has {papers:.4g}",
        resolution=None,
        twins_seen=(),
        twins_refuted=(),
    )


def papers_own(finding: Finding) -> Finding:
    """A finding that shows nothing of what a theory changes: what it says of the theory it says of the paper's."""
    return replace(finding, paper_verdict=finding.verdict.value, paper_instead=finding.holds_instead)


def changes_told(finding: Finding, formula: Formula | None, theory: PaperTheory) -> tuple[str, ...]:
    """The changes seen that the finding's draws tell from the paper's, each by itself; and what a theory adds. None of
    a finding that decides nothing."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return ()
    alone, plain = {one.name: one.theory for one in changes(theory)}, without_changes(theory)
    return tuple(
        name for name in finding.changes_seen if is_added(name) or _told_apart(finding, formula, alone[name], plain)
    )


def _told_apart(finding: Finding, formula: Formula | None, theory: PaperTheory, than: PaperTheory) -> bool:
    """Whether a theory's value is as far from another's as the finding's draws can tell: by its resolution, or of what
    is refuted by its margin and interval, as the shapes of laws are. So held where nobody knows; not of a statement
    that compares no value with anything, and only reads some while it is made."""
    low, high = finding.interval
    fine = finding.resolution if finding.resolution is not None else finding.margin.total + (high - low) / 2
    if formula is None:
        return False
    if not math.isfinite(fine):
        return True
    try:
        mine, others = formula(theory), formula(than)
        if is_law(mine) and shape_distance(mine, others) > finding.margin.total + (high - low) / 2:
            return True
        a, b = as_number(mine), as_number(others)
    except Exception:  # where one has no value they are apart, whatever it raises
        return True
    apart = abs(a - b) if finding.absolute else abs(a - b) / (min(abs(a), abs(b)) or math.nan)
    return not apart < fine
