"""What a whole comes to whose parts may hold apart: the verdict of a claim or theorem from all of its findings.

A whole is judged by what is certain, however its open findings would come out (docs/decisions.md#regimes).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from mfcheck.findings.finding import LOGARITHM, over_reference
from mfcheck.findings.regimes import EARLY, LATE, LIMIT, LINEAR, MECHANISM, OUTCOME, PULL, START, is_granted
from mfcheck.findings.stated import Bounds, declared_in
from mfcheck.verdict import Verdict, combine

Plain = Mapping[str, Any]
IN_ORDER = (START, LINEAR, EARLY, LATE, OUTCOME, MECHANISM, LIMIT, PULL)
"""The regimes that pages speak of first; others follow by name."""


@dataclass(frozen=True)
class Off:
    """The spread of refuted estimates of one claim and statistic: where the theory has one `reference`, or where no
    law gives a value and the bounds `allowed` were declared; or else of estimates over the theory's values."""

    low: float
    median: float
    high: float
    reference: float | None
    allowed: Bounds | None = None
    claim: str = ""
    statistic: str = ""

    @property
    def plain(self) -> dict[str, float | None] | None:
        """Its numbers beside the theory's; None where no law gives one."""
        numbers = {"low": self.low, "median": self.median, "high": self.high, "reference": self.reference}
        return numbers if self.allowed is None else None


@dataclass(frozen=True)
class Part:
    """What the findings of one regime come to; the `regime` is empty of those that speak of no part.

    `bearing` counts those findings whose support makes the regime hold; `caveats` are the others' reasons. `off` says
    how far refuted estimates are from the theory, or else `apart` where they are of several claims or statistics, which
    have no median together; and `instead` in how many refuted findings which other law holds. `kept` are the claims of
    a refuted regime that hold there all the same, with their findings.
    """

    regime: str
    verdict: Verdict
    findings: int
    supported: int
    refuted: int
    bearing: int
    caveats: tuple[str, ...]
    off: Off | None
    instead: Mapping[str, int]
    apart: tuple[Off, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many findings are undecided."""
        return self.findings - self.supported - self.refuted

    @property
    def holds(self) -> bool:
        """Whether all findings are supported, and one at least without a caveat."""
        return self.supported == self.findings and self.bearing > 0

    @property
    def may_hold(self) -> bool:
        """Whether it would hold if the open findings were supported."""
        return not self.refuted and self.bearing > 0

    @property
    def plain(self) -> dict[str, Any]:
        """The part in JSON's own types, as a report holds it: how far it is off where that is from a law, and one."""
        own = {"verdict": self.verdict.value, "caveats": list(self.caveats), "instead": dict(self.instead)}
        found = {**asdict(self), **own, "off": self.off.plain if self.off else None, "holds": self.holds}
        return {name: value for name, value in found.items() if name not in ("apart", "kept")}


def whole_verdict(findings: Iterable[Plain], *, errors: bool = False) -> Verdict:
    """The verdict of a whole from its findings, and from whether some cells ended in an error.

    Supported if all findings are and one at least bears it; in part if that is so of a named regime, or of all claims
    but those that rest on what is granted (a finding of several claims names its own); refuted if no way in which the
    open findings may come out leaves it more. A cell that ended in an error may be of any regime.

    >>> early = {"regime": "early", "caveat": "", "verdict": "supported"}
    >>> late = {"regime": "late", "caveat": "", "verdict": "refuted"}
    >>> whole_verdict([early, late]).value, whole_verdict([late]).value
    ('holds in part', 'refuted')
    """
    findings = list(findings)
    parts = parts_of(findings)
    worst = combine([part.verdict for part in parts] + [Verdict.UNDECIDED] * errors)
    if worst is Verdict.NOT_APPLICABLE:
        return worst
    if worst is Verdict.SUPPORTED:
        if not any(part.bearing for part in parts):
            return Verdict.UNDECIDED
        return Verdict.IN_PART if _some_claim_is_granted(findings) else worst
    named = [part for part in parts if part.regime and part.verdict is not Verdict.NOT_APPLICABLE]
    if not errors and any(part.holds for part in named):
        return Verdict.IN_PART
    if worst is Verdict.REFUTED and not any(part.may_hold for part in named) and not (errors and named):
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def _some_claim_is_granted(findings: Iterable[Plain]) -> bool:
    """Whether all that was decided of a claim rests on what is granted."""
    caveats: dict[str, list[str]] = {}
    for finding in findings:
        if finding["verdict"] != Verdict.NOT_APPLICABLE:
            caveats.setdefault(str(finding.get("claim", "")), []).append(str(finding.get("caveat", "")))
    return any(all(is_granted(one) for one in those) for those in caveats.values())


def parts_of(findings: Iterable[Plain]) -> list[Part]:
    """The parts of a whole in the order of training, those without a regime last."""
    groups: dict[str, list[Plain]] = {}
    for finding in findings:
        groups.setdefault(str(finding.get("regime", "")), []).append(finding)
    places = {regime.name: place for place, regime in enumerate(IN_ORDER)}
    ordered = sorted(groups, key=lambda name: (not name, places.get(name, len(places)), name))
    return [_part(regime, groups[regime]) for regime in ordered]


def has_parts(parts: Sequence[Part]) -> bool:
    """Whether a whole speaks of any regime, or has any caveat, so that there is more to say than its verdict."""
    return any(part.findings and (part.regime or part.caveats) for part in parts)


def _part(regime: str, findings: Sequence[Plain]) -> Part:
    applicable = [finding for finding in findings if finding["verdict"] != Verdict.NOT_APPLICABLE]
    refuted = [finding for finding in applicable if finding["verdict"] == Verdict.REFUTED]
    caveats = [str(finding["caveat"]) for finding in applicable if finding.get("caveat")]
    offs = _offs(refuted)
    return Part(
        regime=regime,
        verdict=combine(Verdict(finding["verdict"]) for finding in findings),
        findings=len(applicable),
        supported=sum(finding["verdict"] == Verdict.SUPPORTED for finding in applicable),
        refuted=len(refuted),
        bearing=len(applicable) - len(caveats),
        caveats=tuple(dict.fromkeys(caveats)),
        off=offs[0] if len(offs) == 1 else None,
        instead=Counter(law for finding in refuted for law in _laws_instead(finding)),
        apart=offs if len(offs) > 1 else (),
        kept=_kept(applicable) if refuted else {},
    )


def _kept(applicable: Sequence[Plain]) -> dict[str, int]:
    """The claims of which all is supported, and one finding at least without a caveat, with how many there are."""
    claims: dict[str, list[Plain]] = {}
    for finding in applicable:
        claims.setdefault(str(finding.get("claim", "")), []).append(finding)
    return {
        claim: len(found)
        for claim, found in claims.items()
        if all(one["verdict"] == Verdict.SUPPORTED for one in found) and not all(one.get("caveat") for one in found)
    }


def _offs(refuted: Sequence[Plain]) -> tuple[Off, ...]:
    """How far they are off, of every claim and statistic apart; nothing of laws that are to break, for which the
    theory's value is not the one to meet."""
    groups: dict[tuple[str, str, Bounds | None], list[Plain]] = {}
    for one in refuted:
        if not one.get("breaks") and one.get("estimate") is not None and one.get("reference") is not None:
            key = str(one.get("claim", "")), str(one.get("statistic", "")), declared_in(one)
            groups.setdefault(key, []).append(one)
    return tuple(off for key, found in groups.items() if (off := _off(*key, found)) is not None)


def _off(claim: str, statistic: str, allowed: Bounds | None, findings: Sequence[Plain]) -> Off | None:
    known = [(float(one["estimate"]), float(one["reference"])) for one in findings]
    estimates, reference = [estimate for estimate, _ in known], known[0][1]
    alike = all(math.isclose(value, reference, rel_tol=1e-3, abs_tol=1e-12) for _, value in known)
    if allowed is not None:
        return _spread(estimates, None, allowed, claim, statistic)
    if alike and not statistic.startswith(LOGARITHM):
        return _spread(estimates, reference, None, claim, statistic)
    ratios = [ratio for one in known if (ratio := over_reference(statistic, *one)) is not None]
    return _spread(ratios, None, None, claim, statistic) if ratios else None


def _spread(
    values: Sequence[float], reference: float | None, allowed: Bounds | None, claim: str, statistic: str
) -> Off:
    return Off(min(values), median(values), max(values), reference, allowed, claim, statistic)


def _laws_instead(finding: Plain) -> list[str]:
    """The law that was declared to hold in a refuted one's place, or else all that were found to."""
    return [finding["instead"]] if finding.get("instead") else list(finding.get("holds_instead", ()))
