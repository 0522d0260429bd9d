"""Reports of several seeds side by side: what each says of every decision, and what they say together.

Seeds are independent runs of one plan. A decision of any seed is wrong but for its own error rate, so all that they
decide is right at once but for the sum of the rates. Intervals are not laid over each other to decide what all seeds
leave open: where networks are looked at on images, θ may depend on which images a seed picks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mfcheck.findings import states
from mfcheck.findings.parts import whole_verdict
from mfcheck.findings.poolable import check_poolable, differences
from mfcheck.findings.sections import section_of
from mfcheck.verdict import Verdict

Plain = Mapping[str, Any]
Key = tuple[str, int, int]
"""A statistic, which of a cell's findings of it, and of how many: others are not known to be the same ones."""
Place = tuple[str, str, Key | None]
"""A claim, a cell, and which of its decisions; none where it is not applicable."""
CONTRADICT = "seeds contradict each other"
APART = "two seeds' intervals for one number have nothing in common"


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
    """Reports of several seeds together; `theorems` have a verdict and what each seed says, `errors` those of cells.

    `narrowed` are the seeds of runs that left out claims or cells on purpose, and `differ` the circumstances that are
    not the same in all, by seed.
    """

    seeds: tuple[int, ...]
    level: str
    theory: str
    error_bound: float
    theorems: Mapping[str, tuple[str, tuple[str, ...]]]
    findings: tuple[PooledFinding, ...]
    errors: tuple[str, ...]
    narrowed: tuple[int, ...] = ()
    differ: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def decided_nothing(self) -> bool:
        """Whether no seed has decided anything that gates."""
        gating = (one for one in self.findings if section_of(one.claim).gates)
        return all(one.state == Verdict.NOT_APPLICABLE for one in gating)

    @property
    def failing(self) -> list[PooledFinding]:
        """What gates and is not as it should be."""
        return [one for one in self.findings if section_of(one.claim).gates and one.state in states.UNSUPPORTED]

    @property
    def by_all(self) -> list[PooledFinding]:
        """Decisions that every seed has made, or has found not applicable."""
        return [one for one in self.findings if len(one.by_seed) == len(self.seeds)]

    @property
    def by_some(self) -> list[PooledFinding]:
        """Decisions of cells that some of the seeds did not try."""
        return [one for one in self.findings if len(one.by_seed) < len(self.seeds)]


def pooled(reports: Mapping[str, dict[str, Any]]) -> Pooled:
    """Reports by the name of their file, as `read_report` gives them; ValueError for those that cannot be pooled."""
    check_poolable(reports)
    seeds = {int(report["seed"]): report for report in reports.values()}
    together, findings = dict[str, list[Plain]](), []
    for place, found in sorted(_by_place(seeds).items(), key=lambda one: (one[0][:2], one[0][2] or ("", 0, 0))):
        one, finding = _together(place, found)
        findings.append(finding)
        together.setdefault(section_of(place[0]).id, []).append({**one, "claim": place[0]})
    decided = {(one.claim, one.cell) for one in findings}
    ended = [
        (seed, str(claim["id"]), str(error["cell"]), str(error["message"]))
        for seed, report in seeds.items()
        for claim in states.claims_of(report)
        for error in claim["errors"]
    ]
    lost = {section_of(claim).id for _, claim, cell, _ in ended if (claim, cell) not in decided}
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
        errors=tuple(f"{claim} in {cell}, seed {seed}: {message}" for seed, claim, cell, message in ended),
        narrowed=tuple(seed for seed, report in seeds.items() if report.get("narrowed")),
        differ=differences(list(seeds.values())),
    )


def _by_place(seeds: Mapping[int, Plain]) -> dict[Place, dict[int, Plain]]:
    """What each seed has found of every decision; that a cell is not applicable counts for all that others decide."""
    cells: dict[tuple[str, str], dict[int, list[Plain]]] = {}
    for seed, report in seeds.items():
        for claim in states.claims_of(report):
            explored = not section_of(str(claim["id"])).gates
            for finding in claim["findings"]:
                found = cells.setdefault((str(claim["id"]), str(finding["cell"])), {})
                found.setdefault(seed, []).append({**finding, "explored": explored})
    places: dict[Place, dict[int, Plain]] = {}
    for (claim_id, cell), by_seed in cells.items():
        numbered = {seed: dict(_numbered(findings)) for seed, findings in by_seed.items()}
        keys: dict[Key | None, None] = dict.fromkeys(key for each in numbered.values() for key in each if key)
        for key in keys or {None: None}:
            of = {seed: each.get(key, each.get(None)) for seed, each in numbered.items()}
            places[claim_id, cell, key] = {seed: one for seed, one in of.items() if one is not None}
    return places


def _numbered(findings: Sequence[Plain]) -> Iterator[tuple[Key | None, Plain]]:
    """The findings of a cell by what they decide, which is nothing where one is not applicable."""
    decided = [str(one["statistic"]) for one in findings if one["verdict"] != Verdict.NOT_APPLICABLE]
    of, met = Counter(decided), Counter[str]()
    for finding in findings:
        if finding["verdict"] == Verdict.NOT_APPLICABLE:
            yield None, finding
            continue
        statistic = str(finding["statistic"])
        yield (statistic, met[statistic], of[statistic]), finding
        met[statistic] += 1


def _together(place: Place, found: Mapping[int, Plain]) -> tuple[Plain, PooledFinding]:
    """One finding that says what those of all seeds say, as plain data and for a page."""
    made = [one for one in found.values() if one["verdict"] != Verdict.NOT_APPLICABLE]
    verdicts = {Verdict(one["verdict"]) for one in made}
    note = CONTRADICT if {Verdict.SUPPORTED, Verdict.REFUTED} <= verdicts else APART if _is_apart(made) else ""
    if not verdicts:
        verdict = Verdict.NOT_APPLICABLE
    elif note:
        verdict = Verdict.UNDECIDED
    else:
        verdict = next((one for one in (Verdict.SUPPORTED, Verdict.REFUTED) if one in verdicts), Verdict.UNDECIDED)
    alike = [one for one in found.values() if one["verdict"] == verdict] or made
    one = {**alike[0], "verdict": verdict.value}
    if caveats := sorted(str(one["caveat"]) for one in alike if one.get("caveat")):
        one["caveat"] = caveats[0]  # whichever file came first
    if not all(one.get("expected") for one in alike):
        one["expected"] = ""
    by_seed = {seed: states.state(dict(finding)) for seed, finding in found.items()}
    return one, PooledFinding(place[0], place[1], by_seed, states.state(one), note)


def _is_apart(findings: Sequence[Plain]) -> bool:
    """Whether two seeds' intervals for one number share nothing: where no image is looked at, and the theory's value is
    the same."""
    known = [one for one in findings if one["engine"] == "wishart" and one["reference"] is not None]
    if any(not math.isclose(one["reference"], known[0]["reference"], rel_tol=1e-9, abs_tol=1e-12) for one in known):
        return False
    return bool(known) and max(one["interval"][0] for one in known) > min(one["interval"][1] for one in known)


def _verdicts(theorem: str, reports: Iterable[Plain]) -> Iterator[str]:
    for report in reports:
        yield next((str(one.get("verdict", "")) for one in report["theorems"] if one.get("id") == theorem), "")
