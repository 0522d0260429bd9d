"""Whether reports can be pooled: of several seeds, and otherwise of one kind; and in what else they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mfcheck.findings.snapshot import FILES, chosen_dataset, circumstances_of
from mfcheck.given import shown

SAME = ("schema", "level", "theory", "alpha")
"""What reports must have in common, as they name it; besides the data set and the architectures."""
WHOLE = "give the report.json of a run"
FREE = (FILES, "cores")
"""Circumstances that say nothing of what was drawn: files by one name are the same, and a part of a run opens fewer."""


def check_poolable(reports: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError, in one sentence, unless the reports are of several seeds and otherwise of one kind."""
    if len(reports) < 2:
        raise ValueError(f"to pool takes two reports at least, got {len(reports)}")
    for name, report in reports.items():
        bound = report.get("family_error_bound")
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not 0 <= bound < math.inf:
            found = f"gives {shown(bound)} for it" if "family_error_bound" in report else "has none"
            raise ValueError(f"{name!r} must hold a family_error_bound of at least 0, and {found}; {WHOLE}")
    (first, one), *others = reports.items()
    seeds = {one["seed"]: first}
    for name, other in others:
        for what in SAME:
            if other.get(what) != one.get(what):
                raise ValueError(
                    f"{first!r} is of {what} {shown(one.get(what))} and {name!r} of {shown(other.get(what))}; "
                    "only reports that agree in it can be pooled"
                )
        for what, own, its in (
            ("data set", chosen_dataset(one), chosen_dataset(other)),
            ("architectures", sorted(one["architectures"]), sorted(other["architectures"])),
        ):
            if own != its:
                raise ValueError(f"{first!r} has {what} {shown(own)} and {name!r} {shown(its)}; pool like with like")
        if other["seed"] in seeds:
            raise ValueError(
                f"{seeds[other['seed']]!r} and {name!r} are both of seed {other['seed']}: the same draws count once"
            )
        seeds[other["seed"]] = name
    _check_of_one_content(reports)


def _check_of_one_content(reports: Mapping[str, Mapping[str, Any]]) -> None:
    """The same of what stands behind one name: code, as far as it is known, and files of images."""
    met: dict[tuple[str, str], tuple[set[str], str]] = {}
    for name, report in reports.items():
        found: dict[tuple[str, str], set[str]] = {}
        for what, of, digest in _contents(report):
            found.setdefault((what, of), set()).add(digest)
        for (what, of), digests in found.items():
            others, first = met.setdefault((what, of), (digests, name))
            if others.isdisjoint(digests):  # two data sets may have files of one name
                raise ValueError(f"{first!r} and {name!r} are of {what.format(of)}; pool like with like")


def _contents(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What a difference is to be called, the name that it is of, and a digest of what stands behind that name."""
    if code := report.get("theory_code"):
        yield "different code of their theory, or of what it imports", "", str(code)
    for path, code in dict(report.get("architecture_code") or {}).items():
        if code:
            yield "different code of the architecture {!r}, or of what it imports", str(path), str(code)
    for file in report["dataset"]["files"]:
        yield "different images: {!r} is another file", str(file["file"]), str(file["sha256"])


def differences(reports: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Circumstances in which reports differ though they can be pooled, each with what it is in every report."""
    each = [circumstances_of(report) for report in reports]
    names = dict.fromkeys(name for one in each for name in one)
    told = {name: [one.get(name, "not stated") for one in each] for name in names if name not in FREE}
    return {name: values for name, values in told.items() if len(set(values)) > 1}
