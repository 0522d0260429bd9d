"""Whose constant β a finding was made with, told from its theory's changes and the paper's formulas at its sizes."""

from __future__ import annotations

import math
from enum import StrEnum

from mfcheck.findings.finding import Finding
from mfcheck.spec import NormPair
from mfcheck.theory.norms import chevet_beta, paper_beta

FORMULAS = frozenset({"beta", "chevet_beta"})
"""The formulas of a theory that make its β."""


class Whose(StrEnum):
    """A constant that the paper states; Chevet's, where it states none or that was tried beside it; or another's."""

    PAPER = "the paper's"
    CHEVET = "Chevet's"
    THEORY = "the theory's"


def whose(finding: Finding, pair: NormPair | None) -> Whose:
    """Whose constant a finding's bound, of a norm pair, is made with.

    A theory on trial has the paper's where the finding saw no change of it; what names no sizes is the theory's.
    """
    parameters = finding.parameters
    if parameters.get("constant") == "chevet":
        return Whose.CHEVET
    sizes = parameters.get("input_dim"), parameters.get("output_dim")
    if pair is None or not all(isinstance(size, int) for size in sizes) or FORMULAS & {*finding.changes_seen}:
        return Whose.THEORY
    place = (*pair, int(parameters["input_dim"]), int(parameters["output_dim"]))
    return Whose.CHEVET if math.isclose(paper_beta(*place), chevet_beta(*place)) else Whose.PAPER
