"""The shape of what a report says of a theory's coverage, and of a finding's pins."""

from __future__ import annotations

from typing import Any

from mfcheck.findings.checks import (
    a_count,
    a_label,
    a_name,
    a_number,
    a_switch,
    a_text,
    a_value,
    an_object,
    each,
    each_of,
    must,
    or_null,
)


def check_coverage(report: Any) -> None:
    """Raise ValueError naming the first field of a report's coverage that is missing or is not what it must be."""
    COVERAGE(report, "")


LEAST = an_object({"factor": a_number, "claim": a_name, "cell": a_name, "engine": a_label})
ROW = an_object(
    {
        "argument": a_label,
        "values": each(a_value),
        "twins": a_count(),
        "holes": each(a_text),
        "least": or_null(LEAST),
        "declared": a_text,
    }
)
COVERED = an_object(
    {"formula": a_name, "findings": a_count(), "exact": or_null(LEAST), "sampled": or_null(LEAST), "rows": each(ROW)}
)
COVERAGE = an_object({"coverage": each(COVERED)}, {"full": a_switch})

SIDES = each(a_switch)
AT = each_of(each(a_value))
PIN = an_object(
    {"formula": a_name, "up": a_number, "down": a_number, "place": a_count()},
    {
        "added": or_null(each(or_null(a_number))),
        "slants": each_of(each(or_null(each(a_number)))),
        "kinds": each_of(each_of(SIDES)),
    },
)


def a_pins(value: Any, where: str) -> None:
    """The pins of a finding, each at one of its places."""
    an_object({"places": each(AT), "pins": each(PIN), "by_calculus": each(a_label)})(value, where)
    for number, pin in enumerate(value["pins"]):
        must(
            pin["place"] < len(value["places"]), f"{where}.pins[{number}].place", "the number of a place", pin["place"]
        )
        slants = list(pin.get("slants", {}).values())
        sides = [
            *([pin["added"]] if pin.get("added") else []),
            *slants,
            *(kept for sides in slants for kept in sides if kept),
            *(one for of in pin.get("kinds", {}).values() for one in of.values()),
        ]
        must(all(len(one) == 2 for one in sides), f"{where}.pins[{number}]", "with two sides each", pin)
