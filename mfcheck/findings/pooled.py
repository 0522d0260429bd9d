"""Reports of several seeds side by side: what each says of every decision, and what they say together.

Seeds are independent runs of one plan. Each interval holds θ but for its own error rate, so all of them do at once but
for the sum of the rates, and θ then lies where they overlap: that is the pooled interval, and the sum the error bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mfcheck.findings import states
from mfcheck.findings.parts import whole_verdict
from mfcheck.findings.sections import section_of
from mfcheck.findings.snapshot import chosen_dataset
from mfcheck.given import shown
from mfcheck.verdict import Verdict

SAME = ("schema", "level", "theory", "alpha")
"""What reports must have in common, as they name it; besides the data set and the architectures."""
Place = tuple[str, str, int]
"""A claim, a cell, and which of the cell's findings."""
WHOLE = "give the report.json of a run"
CONTRADICT = "seeds contradict each other"


@dataclass(frozen=True)
class PooledFinding:
    """One decision by all seeds: its state by each (none where it has none), together, and what is to be said of it."""

    claim: str
    cell: str
    by_seed: Mapping[int, str]
    state: str
    note: str = ""


@dataclass(frozen=True)
class Pooled:
    """Reports of several seeds together; `theorems` have a verdict and what each seed says, `errors` those of cells."""

    seeds: tuple[int, ...]
    level: str
    theory: str
    error_bound: float
    theorems: Mapping[str, tuple[str, tuple[str, ...]]]
    findings: tuple[PooledFinding, ...]
    errors: tuple[str, ...]

    @property
    def decided_nothing(self) -> bool:
        """Whether no seed has decided anything that gates."""
        gating = (one for one in self.findings if section_of(one.claim).gates)
        return all(one.state == Verdict.NOT_APPLICABLE for one in gating)

    @property
    def failing(self) -> list[PooledFinding]:
        """What gates and is not as it should be."""
        return [one for one in self.findings if section_of(one.claim).gates and one.state in states.UNSUPPORTED]


def pooled(reports: Mapping[str, dict[str, Any]]) -> Pooled:
    """Reports by the name of their file, as `read_report` gives them; ValueError for those that cannot be pooled."""
    check_poolable(reports)
    seeds = {int(report["seed"]): report for report in reports.values()}
    by_seed = {seed: dict(_findings(report)) for seed, report in seeds.items()}
    places = sorted({place for found in by_seed.values() for place in found})
    together, findings = dict[str, list[dict[str, Any]]](), []
    for place in places:
        found = {seed: found[place] for seed, found in by_seed.items() if place in found}
        one, finding = _together(place, found)
        findings.append(finding)
        together.setdefault(section_of(place[0]).id, []).append({**one, "claim": place[0]})
    decided = {place[:2] for place in places}
    errors = tuple(
        f"{claim['id']} in {error['cell']}, seed {seed}: {error['message']}"
        for seed, report in seeds.items()
        for claim in states.claims_of(report)
        for error in claim["errors"]
    )
    lost = {
        section_of(str(claim["id"])).id
        for report in seeds.values()
        for claim in states.claims_of(report)
        for error in claim["errors"]
        if (claim["id"], error["cell"]) not in decided
    }
    first = next(iter(seeds.values()))
    return Pooled(
        seeds=tuple(seeds),
        level=str(first["level"]),
        theory=str(first["theory"]),
        error_bound=math.fsum(float(report["family_error_bound"]) for report in seeds.values()),
        theorems={
            id: (whole_verdict(together.get(id, []), errors=id in lost).value, tuple(_verdicts(id, seeds.values())))
            for id in dict.fromkeys([*together, *sorted(lost)])
            if section_of(id).gates
        },
        findings=tuple(findings),
        errors=errors,
    )


def check_poolable(reports: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError, in one sentence, unless the reports are of several seeds and otherwise of one kind."""
    if len(reports) < 2:
        raise ValueError(f"to pool takes two reports at least, got {len(reports)}")
    for name, report in reports.items():
        bound = report.get("family_error_bound")
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not 0 <= bound < math.inf:
            found = f"gives {shown(bound)} for it" if "family_error_bound" in report else "has none"
            raise ValueError(f"{name!r} must hold a family_error_bound of at least 0, and {found}; {WHOLE}")
    codes = {code: name for name, report in reports.items() if (code := report.get("theory_code"))}
    if len(codes) > 1:
        first, second, *_ = codes.values()
        raise ValueError(
            f"{first!r} and {second!r} are of different code of their theory, or of what it imports; pool runs of one "
            "theory"
        )
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


def _findings(report: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for claim in states.claims_of(report):
        counted: dict[str, int] = {}
        for finding in claim["findings"]:
            number = counted[finding["cell"]] = counted.get(finding["cell"], -1) + 1
            yield (str(claim["id"]), str(finding["cell"]), number), finding


def _together(place: Place, found: Mapping[int, dict[str, Any]]) -> tuple[dict[str, Any], PooledFinding]:
    """One finding that says what those of all seeds say, as plain data and for a page."""
    verdicts = {Verdict(finding["verdict"]) for finding in found.values()} - {Verdict.NOT_APPLICABLE}
    note = ""
    if not verdicts:
        verdict = Verdict.NOT_APPLICABLE
    elif {Verdict.SUPPORTED, Verdict.REFUTED} <= verdicts:
        verdict, note = Verdict.UNDECIDED, CONTRADICT
    elif Verdict.SUPPORTED in verdicts or Verdict.REFUTED in verdicts:
        verdict = Verdict.SUPPORTED if Verdict.SUPPORTED in verdicts else Verdict.REFUTED
    else:
        verdict, note = _where_they_overlap(list(found.values()))
    like = next((one for one in found.values() if one["verdict"] == verdict), next(iter(found.values())))
    one = {**like, "verdict": verdict.value}
    if verdict is Verdict.REFUTED and not all(
        finding.get("expected") for finding in found.values() if finding["verdict"] == Verdict.REFUTED
    ):
        one["expected"] = ""
    by_seed = {seed: states.state(finding) for seed, finding in found.items()}
    return one, PooledFinding(place[0], place[1], by_seed, states.state(one), note)


def _where_they_overlap(findings: Sequence[Mapping[str, Any]]) -> tuple[Verdict, str]:
    """The verdict of open decisions on one number: by the part that their intervals, and their regions, share."""
    if len({finding["statistic"] for finding in findings}) > 1:
        return Verdict.UNDECIDED, ""
    low, high = _shared(finding["interval"] for finding in findings)
    if low > high:
        return Verdict.UNDECIDED, CONTRADICT
    regions = [finding["region"] for finding in findings]
    least, most = _shared(regions)
    widest = min(_low(one) for one in regions), max(_high(one) for one in regions)
    if least <= low and high <= most:
        return Verdict.SUPPORTED, "where all intervals overlap"
    if high < widest[0] or low > widest[1]:
        return Verdict.REFUTED, "where all intervals overlap"
    return Verdict.UNDECIDED, ""


def _shared(pairs: Iterable[Sequence[float | None]]) -> tuple[float, float]:
    pairs = list(pairs)
    return max(map(_low, pairs)), min(map(_high, pairs))


def _low(pair: Sequence[float | None]) -> float:
    return -math.inf if pair[0] is None else pair[0]


def _high(pair: Sequence[float | None]) -> float:
    return math.inf if pair[1] is None else pair[1]


def _verdicts(theorem: str, reports: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for report in reports:
        yield next((str(one["verdict"]) for one in report["theorems"] if one["id"] == theorem), "")
