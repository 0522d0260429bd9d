"""The shape of a report: the type and range of every field that a comparison, a baseline or a table of twins uses.

A check is called with a value and where it stands, and raises ValueError in words such as "theorems[0].id must be …".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mfcheck.given import shown
from mfcheck.settings import LEVELS
from mfcheck.verdict import OF_ONE_DECISION, Verdict

Check = Callable[[Any, str], None]
MOST_SEED = 2**63 - 1
LONGEST_NAME = 2000
"""Characters of an id, a cell, a formula's name: they are shown in tables and wrapped on terminals."""
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
    _object({"claim": _name, "says": _text})(finding, where)
    _finding(finding, where)


def _must(right: bool, where: str, what: str, value: Any) -> None:
    if not right:
        raise ValueError(f"{where or 'it'} must be {what}, got {_brief(value)}")


def _brief(value: Any) -> str:
    """A value as JSON shows it, containers by their size alone."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else shown(value)


def _text(value: Any, where: str) -> None:
    _must(isinstance(value, str), where, "a text", value)


def _name(value: Any, where: str) -> None:
    right = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME
    _must(right, where, f"a text of 1 to {LONGEST_NAME} characters", value)


def _label(value: Any, where: str) -> None:
    _must(isinstance(value, str) and len(value) <= LONGEST_NAME, where, f"a text of at most {LONGEST_NAME}", value)


def _switch(value: Any, where: str) -> None:
    _must(isinstance(value, bool), where, "true or false", value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any, where: str) -> None:
    _must(value is None or _is_number(value), where, "a number or null", value)


def _count(most: float = float("inf")) -> Check:
    def check(value: Any, where: str) -> None:
        right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
        _must(
            right, where, "a whole number from 0 on" if most == float("inf") else f"a whole number in 0…{most}", value
        )

    return check


def _share(value: Any, where: str) -> None:
    _must(_is_number(value) and 0 <= value <= 1, where, "a number in 0…1", value)


def _pair(value: Any, where: str) -> None:
    _must(isinstance(value, list) and len(value) == 2, where, "a list of two numbers", value)
    for place, end in enumerate(value):
        _number(end, f"{where}[{place}]")
    low, high = value
    if low is not None and high is not None and low > high:
        raise ValueError(f"{where} is no interval: it begins at {low} and ends at {high}")


def _one_of(*allowed: str) -> Check:
    def check(value: Any, where: str) -> None:
        _must(isinstance(value, str) and value in allowed, where, f"one of {', '.join(allowed)}", value)

    return check


def _each(check: Check, least: int = 0) -> Check:
    def checked(value: Any, where: str) -> None:
        _must(
            isinstance(value, list) and len(value) >= least, where, f"a list{' of one at least' * bool(least)}", value
        )
        for place, one in enumerate(value):
            check(one, f"{where}[{place}]")

    return checked


def _or_null(check: Check) -> Check:
    return lambda value, where: None if value is None else check(value, where)


def _object(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields; others may stand beside them, and nobody reads those."""
    checks = {**needed, **(optional or {})}

    def checked(value: Any, where: str) -> None:
        _must(isinstance(value, dict), where, "an object", value)
        for name, check in checks.items():
            place = f"{where}.{name}" if where else name
            if name in value:
                check(value[name], place)
            elif name in needed:
                raise ValueError(f"{place} is missing")

    return checked


def _details(value: Any, where: str) -> None:
    """An object of plain values, none of them long."""
    _must(isinstance(value, dict), where, "an object", value)
    for name, one in value.items():
        plain = one is None or isinstance(one, (int, float)) or (isinstance(one, str) and len(one) <= LONGEST_NAME)
        _must(plain and len(name) <= LONGEST_NAME, f"{where}.{shown(name)}", "a plain value, and short", one)


PARAMETERS = _object({}, {"device": _label})
ANY_FINDING = _object(
    {"cell": _name, "engine": _label, "verdict": _one_of(*OF_ONE_DECISION), "expected": _text},
    {
        "explored": _switch,
        "draws": _count(),
        "estimate": _number,
        "parameters": PARAMETERS,
        "statistic": _label,
        "decides": _text,
        "regime": _label,
        "caveat": _label,
        "interval": _pair,
        "reference": _number,
        "region": _pair,
        "alpha": _share,
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


TWIN = _object(
    {"name": _name, "formula": _name, "status": _one_of(*STATUSES), "killed_by": _each(_name)},
    {"reason": _or_null(_text)},
)
CLAIM = _object(
    {"id": _name, "findings": _each(_finding), "errors": _each(_object({"cell": _name, "message": _text}))},
    {"says": _text, "verdict": _label},
)
FILE = _object({"file": _name, "sha256": _name}, {"origin": _text, "note": _text})
DATASET = _object({"name": _name, "files": _each(FILE)}, {"norm": _text})
THEOREM = _object({"claims": _each(CLAIM)}, {"id": _name, "title": _text, "verdict": _label})
REPORT = _object(
    {
        "level": _one_of(*LEVELS),
        "seed": _count(MOST_SEED),
        "alpha": _share,
        "mfcheck": _name,
        "theory": _name,
        "architectures": _each(_name, least=1),
        "dataset": DATASET,
        "environment": _details,
        "theorems": _each(THEOREM),
    },
    {
        "full": _switch,
        "narrowed": _switch,
        "created": _text,
        "verdict": _label,
        "devices": _each(_label),
        "mutants": _or_null(_each(TWIN)),
    },
)
TWINS = _object(
    {"mutants": _or_null(_each(TWIN)), "theorems": _each(_object({"claims": _each(_object({"id": _name}))}))},
    {"full": _switch},
)
