"""What rests on a grant may be supported, never refuted: one rule, by a statement's caveat.

The margin of a limit at finite width, and the tail of a squared Jacobian entry, are taken as a vanilla network's where
networks are one's own. Where the draws lie outside, it may be the grant that fails and not the law; so the statement is
left open, and says so. Where they lie inside, the finding's caveat names the grant: it makes no theorem hold, and
counts in no coverage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mfcheck.decisions.statement import Evidence, Statement
from mfcheck.findings.regimes import is_granted
from mfcheck.verdict import Verdict

LOOKS = 2
"""Looks at most at what a grant can only support: a second one, at twice the draws, where the first is marginal."""
OPEN = "left open: outside its region only if the network is granted the tail or distance of a vanilla one"
CONTRADICTED = "; its draws contradict that grant, since the interval excludes their own mean"


def caveat_of(statement: Statement[Any]) -> str:
    """Why a statement's support makes no theorem hold, by itself or by its regime; empty if it does."""
    return statement.caveat or statement.regime.caveat


def rests_on_a_grant(statement: Statement[Any]) -> bool:
    """Whether its caveat says that something is granted."""
    return is_granted(caveat_of(statement))


def held_back(evidence: Evidence) -> Evidence:
    """Evidence that refutes nothing by what is granted."""
    decided = evidence.decision
    if decided.verdict is not Verdict.REFUTED:
        return evidence
    found = decided.estimate
    reason = OPEN if found.low <= found.value <= found.high else OPEN + CONTRADICTED
    reasons = "; ".join(filter(None, (evidence.reason, reason)))
    return replace(evidence, decision=replace(decided, verdict=Verdict.UNDECIDED), reason=reasons, resolution=None)


def never_refuted(verdict: Verdict) -> Verdict:
    """A verdict on another reference that refutes nothing by what is granted."""
    return Verdict.UNDECIDED if verdict is Verdict.REFUTED else verdict
