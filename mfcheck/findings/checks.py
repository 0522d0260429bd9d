"""Checks of plain data, put together field by field: the type and range of what a file holds.

A check is called with a value and where it stands, and raises ValueError in words such as "theorems[0].id must be …".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mfcheck.given import shown

Check = Callable[[Any, str], None]
LONGEST_NAME = 2000
"""Characters of an id, a cell, a formula's name: they are shown in tables and wrapped on terminals."""


def must(right: bool, where: str, what: str, value: Any) -> None:
    if not right:
        raise ValueError(f"{where or 'it'} must be {what}, got {_brief(value)}")


def _brief(value: Any) -> str:
    """A value as JSON shows it, containers by their size alone."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else shown(value)


def a_text(value: Any, where: str) -> None:
    must(isinstance(value, str), where, "a text", value)


def a_name(value: Any, where: str) -> None:
    right = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME
    must(right, where, f"a text of 1 to {LONGEST_NAME} characters", value)


def a_label(value: Any, where: str) -> None:
    must(isinstance(value, str) and len(value) <= LONGEST_NAME, where, f"a text of at most {LONGEST_NAME}", value)


def a_switch(value: Any, where: str) -> None:
    must(isinstance(value, bool), where, "true or false", value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def a_number(value: Any, where: str) -> None:
    must(value is None or _is_number(value), where, "a number or null", value)


def a_count(most: float = float("inf")) -> Check:
    def check(value: Any, where: str) -> None:
        right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
        must(right, where, "a whole number from 0 on" if most == float("inf") else f"a whole number in 0…{most}", value)

    return check


def a_share(value: Any, where: str) -> None:
    must(_is_number(value) and 0 <= value <= 1, where, "a number in 0…1", value)


def a_pair(value: Any, where: str) -> None:
    must(isinstance(value, list) and len(value) == 2, where, "a list of two numbers", value)
    for place, end in enumerate(value):
        a_number(end, f"{where}[{place}]")
    low, high = value
    if low is not None and high is not None and low > high:
        raise ValueError(f"{where} is no interval: it begins at {low} and ends at {high}")


def one_of(*allowed: str) -> Check:
    def check(value: Any, where: str) -> None:
        must(isinstance(value, str) and value in allowed, where, f"one of {', '.join(allowed)}", value)

    return check


def each(check: Check, least: int = 0) -> Check:
    def checked(value: Any, where: str) -> None:
        must(isinstance(value, list) and len(value) >= least, where, f"a list{' of one at least' * bool(least)}", value)
        for place, one in enumerate(value):
            check(one, f"{where}[{place}]")

    return checked


def each_of(check: Check) -> Check:
    """An object of any fields, each of which passes a check."""

    def checked(value: Any, where: str) -> None:
        must(isinstance(value, dict), where, "an object", value)
        for name, one in value.items():
            check(one, f"{where}.{shown(name)}")

    return checked


def or_null(check: Check) -> Check:
    return lambda value, where: None if value is None else check(value, where)


def an_object(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields; others may stand beside them, and nobody reads those."""
    checks = {**needed, **(optional or {})}

    def checked(value: Any, where: str) -> None:
        must(isinstance(value, dict), where, "an object", value)
        for name, check in checks.items():
            place = f"{where}.{name}" if where else name
            if name in value:
                check(value[name], place)
            elif name in needed:
                raise ValueError(f"{place} is missing")

    return checked


def a_value(value: Any, where: str) -> None:
    """A value of an argument: a number or a short text."""
    (a_label if isinstance(value, str) else a_number)(value, where)


def details(value: Any, where: str) -> None:
    """An object of plain values, none of them long."""
    must(isinstance(value, dict), where, "an object", value)
    for name, one in value.items():
        plain = one is None or isinstance(one, (int, float)) or (isinstance(one, str) and len(one) <= LONGEST_NAME)
        must(plain and len(name) <= LONGEST_NAME, f"{where}.{shown(name)}", "a plain value, and short", one)
