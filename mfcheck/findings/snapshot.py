"""What a comparison looks at in a report: states, intervals and circumstances, read from report.json or a baseline."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfcheck.findings import states, wording
from mfcheck.findings.record import SCHEMA
from mfcheck.verdict import Verdict

HOW = "write one with: mfcheck baseline reports/report.json -o FILE"
FILES = "data files"
"""The circumstance that says which images there were to look at."""
Place = tuple[str, str]
"""A claim and one of its cells."""


@dataclass(frozen=True)
class Seen:
    """One finding: its state, and the interval with what it is an interval for; nothing but a state without one."""

    state: str
    statistic: str
    engine: str
    interval: tuple[float, float] | None
    reference: float
    region: tuple[float, float]
    alpha: float


@dataclass(frozen=True)
class Snapshot:
    """A run as a comparison sees it; `name` is the file it was read from.

    `narrowed` says that claims or cells were left out on purpose, `full` that all of the suite ran.
    """

    name: str
    level: str
    seed: int
    dataset: str
    architectures: tuple[str, ...]
    narrowed: bool
    full: bool
    cells: Mapping[Place, tuple[Seen, ...]]
    errors: Mapping[Place, str]
    twins: Mapping[str, str]
    circumstances: Mapping[str, str]

    @property
    def places(self) -> list[Place]:
        """All cells, those that ended in an error too."""
        return sorted({*self.cells, *self.errors})


def snapshot_of(report: Mapping[str, Any], name: str) -> Snapshot:
    """The snapshot of a report as plain data; KeyError, TypeError or ValueError where it is damaged."""
    cells: dict[Place, tuple[Seen, ...]] = {}
    errors: dict[Place, str] = {}
    for theorem in report["theorems"]:
        for claim in theorem["claims"]:
            for finding in claim["findings"]:
                place = str(claim["id"]), str(finding["cell"])
                cells[place] = (*cells.get(place, ()), _seen(finding))
            for error in claim["errors"]:
                errors[str(claim["id"]), str(error["cell"])] = str(error["message"])
    full = bool(report.get("full", True))
    return Snapshot(
        name=name,
        level=str(report["level"]),
        seed=int(report["seed"]),
        dataset=str(report["dataset"]["name"]).split(" and ")[0],
        architectures=tuple(map(str, report["architectures"])),
        narrowed=bool(report.get("narrowed", not full)),
        full=full,
        cells=cells,
        errors=errors,
        twins={str(twin["name"]): str(twin["status"]) for twin in report.get("mutants") or []},
        circumstances=_circumstances(report),
    )


def devices_of(report: Mapping[str, Any]) -> list[str]:
    """The kinds of device that drew a report's findings: cpu, cuda."""
    if "devices" in report:
        return sorted(map(str, report["devices"]))
    claims = (claim for theorem in report["theorems"] for claim in theorem["claims"])
    parameters = (finding["parameters"] for claim in claims for finding in claim["findings"])
    return sorted({str(found["device"]).split(":")[0] for found in parameters if "device" in found})


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a report.json or baseline file; ValueError, in one sentence, for one that cannot be used."""
    return sound_snapshot(read_report(path), str(path))


def sound_snapshot(report: Mapping[str, Any], name: str) -> Snapshot:
    """The snapshot of a report called `name`; ValueError, in one sentence, where it is damaged or holds no finding."""
    try:
        found = snapshot_of(report, name)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise ValueError(f"{name!r} is a damaged report ({wording.cut(problem, 120)}); {HOW}") from None
    if not found.cells:
        raise ValueError(f"{name!r} holds no finding, so there is nothing to compare with; {HOW}")
    return found


def read_report(path: Path) -> dict[str, Any]:
    """The report in a file as plain data; ValueError for a file of another kind or schema."""
    name = str(path)
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{name!r} cannot be read ({error.strerror or error}); {HOW}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name!r} is not JSON, or was cut short ({wording.cut(str(error), 120)}); {HOW}") from None
    if not isinstance(report, dict) or "schema" not in report or "theorems" not in report:
        raise ValueError(f"{name!r} is no report of mfcheck: it has no schema or no theorems; {HOW}")
    if report["schema"] != SCHEMA:
        raise ValueError(f"{name!r} has schema {report['schema']!r}, this version reads schema {SCHEMA}; {HOW}")
    return report


def check_comparable(old: Snapshot, new: str, *, level: str, dataset: str, architectures: Sequence[str]) -> None:
    """Raise ValueError unless a run of this level, data set and architectures, called `new`, compares with `old`."""
    if old.level != level:
        raise ValueError(f"{old.name!r} is of level {old.level!r} and {new} of level {level!r}; levels must agree")
    if old.dataset != dataset:
        raise ValueError(f"{old.name!r} is of data set {old.dataset!r} and {new} of {dataset!r}; data sets must agree")
    if not set(old.architectures) & set(architectures):
        raise ValueError(
            f"{old.name!r} is of architectures {', '.join(old.architectures)} and {new} of {', '.join(architectures)}; "
            "one at least must be in both"
        )


def _seen(finding: Mapping[str, Any]) -> Seen:
    verdict = Verdict(finding["verdict"])
    expected = verdict is Verdict.REFUTED and finding["expected"]
    state = states.EXPECTED if expected else verdict.value
    engine = str(finding["engine"])
    if verdict is Verdict.NOT_APPLICABLE:
        return Seen(state, "", engine, None, math.nan, (math.nan, math.nan), 0.0)
    interval = _pair(finding["interval"])
    if not all(map(math.isfinite, interval)):
        raise ValueError(f"the interval of {finding['statistic']} has no end")
    return Seen(
        state=state,
        statistic=str(finding["statistic"]),
        engine=engine,
        interval=interval,
        reference=_number(finding["reference"]),
        region=_pair(finding["region"]),
        alpha=_number(finding["alpha"]),
    )


def _pair(values: Any) -> tuple[float, float]:
    low, high = map(_number, values)
    if low > high:
        raise ValueError(f"[{low}, {high}] is no interval")
    return low, high


def _number(value: Any) -> float:
    """A JSON number; what has none, such as an unbounded side, is not a number."""
    return math.nan if value is None else float(value)


def _circumstances(report: Mapping[str, Any]) -> dict[str, str]:
    """What may differ between two runs that can be compared, as texts by name."""
    files = (f"{file['file']} ({str(file['sha256'])[:12]}…)" for file in report["dataset"]["files"])
    named = {
        "mfcheck": report["mfcheck"],
        "theory": report["theory"],
        "architectures": ", ".join(map(str, report["architectures"])),
        FILES: ", ".join(sorted(files)) or "none",
        "α": f"{report['alpha']:g}",
        "device": ", ".join(devices_of(report)) or "none",
    }
    return {name: str(value) for name, value in (named | dict(report["environment"])).items()}
