"""The shape of a report: the type and range of every field that a comparison, a baseline or a table of twins uses."""

from __future__ import annotations

from typing import Any

from mfcheck.findings.checks import (
    a_count,
    a_label,
    a_name,
    a_number,
    a_pair,
    a_share,
    a_switch,
    a_text,
    an_object,
    details,
    each,
    one_of,
    or_null,
)
from mfcheck.findings.coverage_shape import a_pins
from mfcheck.settings import LEVELS
from mfcheck.verdict import OF_ONE_DECISION, Verdict

MOST_SEED = 2**63 - 1
STATUSES = ("survived", "untested", "killed", "equivalent")
"""What may become of a wrong twin, in the order of how much it asks of the reader."""


def check_report(report: Any) -> None:
    """Raise ValueError naming the first field of a report that is missing or is not what it must be."""
    REPORT(report, "")


def check_twins(report: Any) -> None:
    """The same of what a table of wrong twins uses."""
    TWINS(report, "")


def check_finding(finding: Any, where: str) -> None:
    """The same of one finding by itself, as the journal of a run holds it."""
    an_object({"claim": a_name, "says": a_text})(finding, where)
    _finding(finding, where)


PARAMETERS = an_object({}, {"device": a_label})
ANY_FINDING = an_object(
    {"cell": a_name, "engine": a_label, "verdict": one_of(*OF_ONE_DECISION), "expected": a_text},
    {
        "explored": a_switch,
        "draws": a_count(),
        "estimate": a_number,
        "parameters": PARAMETERS,
        "statistic": a_label,
        "decides": a_text,
        "reason": a_text,
        "holds_instead": each(a_text),
        "instead": a_text,
        "regime": a_label,
        "caveat": a_label,
        "interval": a_pair,
        "reference": a_number,
        "region": a_pair,
        "alpha": a_share,
        "pins": a_pins,
    },
)
DECIDED = ("statistic", "interval", "reference", "region", "alpha")
"""What a finding has besides, unless it is not applicable."""


def _finding(value: Any, where: str) -> None:
    ANY_FINDING(value, where)
    if value["verdict"] == Verdict.NOT_APPLICABLE:
        return
    for name in DECIDED:
        if name not in value:
            raise ValueError(f"{where}.{name} is missing")
    if None in value["interval"]:
        raise ValueError(f"{where}.interval of {value['statistic']} has no end")


TWIN = an_object(
    {"name": a_name, "formula": a_name, "status": one_of(*STATUSES), "killed_by": each(a_name)},
    {"reason": or_null(a_text)},
)
CLAIM = an_object(
    {"id": a_name, "findings": each(_finding), "errors": each(an_object({"cell": a_name, "message": a_text}))},
    {"says": a_text, "verdict": a_label},
)
FILE = an_object({"file": a_name, "sha256": a_name}, {"origin": a_text, "note": a_text})
DATASET = an_object({"name": a_name, "files": each(FILE)}, {"norm": a_text})
THEOREM = an_object({"claims": each(CLAIM)}, {"id": a_name, "title": a_text, "verdict": a_label})
REPORT = an_object(
    {
        "level": one_of(*LEVELS),
        "seed": a_count(MOST_SEED),
        "alpha": a_share,
        "mfcheck": a_name,
        "theory": a_name,
        "architectures": each(a_name, least=1),
        "dataset": DATASET,
        "environment": details,
        "theorems": each(THEOREM),
    },
    {
        "full": a_switch,
        "narrowed": a_switch,
        "selection": each(a_text),
        "theory_code": a_text,
        "architecture_code": details,
        "created": a_text,
        "verdict": a_label,
        "devices": each(a_label),
        "mutants": or_null(each(TWIN)),
    },
)
TWINS = an_object(
    {"mutants": or_null(each(TWIN)), "theorems": each(an_object({"claims": each(an_object({"id": a_name}))}))},
    {"full": a_switch},
)
