"""What a comparison looks at in a report: states, intervals and circumstances, read from report.json or a baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfcheck.findings import states
from mfcheck.findings.report_file import HOW, read_report
from mfcheck.verdict import Verdict

FILES = "data files"
"""The circumstance that says which images there were to look at."""
Place = tuple[str, str]
"""A claim and one of its cells."""


@dataclass(frozen=True)
class Seen:
    """One finding: its state, and the interval with what it is an interval for; nothing but a state without one.

    `regime` is the part of its theorem that it speaks of, with its caveat; a baseline keeps no command to `reproduce`.
    """

    state: str
    statistic: str
    engine: str
    interval: tuple[float, float] | None
    reference: float
    region: tuple[float, float]
    alpha: float
    regime: str = ""
    reproduce: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A run as a comparison sees it; `name` is the file it was read from, `theorems` holds their verdicts.

    `narrowed` says that claims or cells were left out on purpose, `full` that all of the suite ran; `selection` are the
    texts that narrowed it, none where another run of the same texts may leave out others.
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
    theorems: Mapping[str, Verdict]
    schema: int
    twins: Mapping[str, str]
    circumstances: Mapping[str, str]
    selection: tuple[str, ...] = ()

    @property
    def places(self) -> list[Place]:
        """All cells, those that ended in an error too."""
        return sorted({*self.cells, *self.errors})


def snapshot_of(report: Mapping[str, Any], name: str) -> Snapshot:
    """The snapshot of a report as plain data: this run's own, or one that `read_report` has checked."""
    cells: dict[Place, tuple[Seen, ...]] = {}
    errors: dict[Place, str] = {}
    for claim in states.claims_of(report):
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
        dataset=chosen_dataset(report),
        architectures=tuple(map(str, report["architectures"])),
        narrowed=bool(report.get("narrowed", not full)),
        full=full,
        cells=cells,
        errors=errors,
        theorems=_verdicts(report),
        schema=int(report.get("schema", 1)),
        twins={str(twin["name"]): str(twin["status"]) for twin in report.get("mutants") or []},
        circumstances=circumstances_of(report),
        selection=tuple(map(str, report.get("selection", ()))),
    )


def chosen_dataset(report: Mapping[str, Any]) -> str:
    """The data set that was chosen; a report names those too that single claims look at."""
    return str(report["dataset"]["name"]).split(" and ")[0]


def devices_of(report: Mapping[str, Any]) -> list[str]:
    """The kinds of device that drew a report's findings: cpu, cuda."""
    if "devices" in report:
        return sorted(map(str, report["devices"]))
    parameters = (finding.get("parameters", {}) for claim in states.claims_of(report) for finding in claim["findings"])
    return sorted({str(found["device"]).split(":")[0] for found in parameters if "device" in found})


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a report.json or baseline file; ValueError, in one sentence, for one that cannot be used."""
    return sound_snapshot(read_report(path), str(path))


def sound_snapshot(report: Mapping[str, Any], name: str) -> Snapshot:
    """The snapshot of a report called `name`; ValueError, in one sentence, where it holds no finding."""
    found = snapshot_of(report, name)
    if not found.cells:
        raise ValueError(f"{name!r} holds no finding, so there is nothing to compare with; {HOW}")
    return found


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
    return Seen(
        state=state,
        statistic=str(finding["statistic"]),
        engine=engine,
        interval=_pair(finding["interval"]),
        reference=_number(finding["reference"]),
        region=_pair(finding["region"]),
        alpha=_number(finding["alpha"]),
        regime=": ".join(str(finding[name]) for name in ("regime", "caveat") if finding.get(name)),
        reproduce=str(finding.get("reproduce", "")),
    )


def _verdicts(report: Mapping[str, Any]) -> dict[str, Verdict]:
    """The verdicts of the theorems, as far as the report states any."""
    stated = ((str(one.get("id", "")), str(one.get("verdict", ""))) for one in report["theorems"])
    return {id: Verdict(verdict) for id, verdict in stated if id and verdict in tuple(Verdict)}


def _pair(values: Any) -> tuple[float, float]:
    low, high = map(_number, values)
    return low, high


def _number(value: Any) -> float:
    """A JSON number; what has none, such as an unbounded side, is not a number."""
    return math.nan if value is None else float(value)


def circumstances_of(report: Mapping[str, Any]) -> dict[str, str]:
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
    if code := report.get("theory_code"):
        named["the theory's code"] = code
    return {name: str(value) for name, value in (named | dict(report["environment"])).items()}
