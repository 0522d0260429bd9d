"""One clause for each theorem: where it holds, how far off it is elsewhere, until when, and what holds instead.

Every number in it is computed from the findings of the report at hand, whatever ran.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from mfcheck.findings import states
from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import LINEAR
from mfcheck.findings.report import ClaimRecord, TheoremRecord, state_of
from mfcheck.findings.sections import section_of
from mfcheck.findings.stated import COUNTED
from mfcheck.findings.wording import plural
from mfcheck.reporting.curves.constants import Whose, whose
from mfcheck.reporting.curves.falls import Fall, falls
from mfcheck.reporting.curves.profiles import pair_of
from mfcheck.reporting.early_answers import linear_until
from mfcheck.reporting.words import phrases
from mfcheck.reporting.words.distances import distance, joined, reach, share, where
from mfcheck.reporting.words.numbers import percent, spread
from mfcheck.verdict import Verdict

SHARP = 0.5
"""Resolutions from here on say nothing in a summary."""
MOST_GROUPS, MOST_LAWS = 2, 2
"""Of so many groups of refuted findings a clause tells, and of so many laws that hold in the place of each."""


def clause(theorem: TheoremRecord) -> str:
    """What the findings of a section come to, in one clause."""
    decided = [finding for claim in theorem.claims for finding in claim.decided]
    if theorem.standing == states.EXPLORED and decided:
        return _explored(theorem)
    refuted = [finding for finding in decided if finding.verdict is Verdict.REFUTED]
    undecided = [finding for finding in decided if finding.verdict is Verdict.UNDECIDED]
    errors = sum(len(claim.errors) for claim in theorem.claims)
    if not decided:
        return _nothing(theorem, errors)
    if not refuted and not undecided and not errors:
        return _held(theorem, decided)
    told = [*_holding(theorem), *_failing(theorem, refuted), *_open(undecided, decided)]
    told += [f"{plural(errors, 'cell')} ended in an error"] * bool(errors)
    return ". ".join(told)


def _nothing(theorem: TheoremRecord, errors: int) -> str:
    reasons = list(dict.fromkeys(f.reason.rstrip(".") for f in theorem.findings if f.reason))
    said = f"does not apply: {reasons[0]}" if reasons else "nothing was decided"
    return f"{said}; {plural(errors, 'cell')} ended in an error" if errors else said


def _held(theorem: TheoremRecord, decided: Sequence[Finding]) -> str:
    """Of a whole without a refutation: how many findings, over what, and how large an error would have shown."""
    unborne = all(finding.caveat for finding in decided)
    if section_of(theorem.id).breaks and any(finding.breaks for finding in decided):
        return _broken(decided)
    word = "supported in" if unborne else "holds in"
    over = f" ({found})" if (found := reach(decided)) else ""
    until = f"; {found}" if (found := _until(theorem)) else ""
    why = f", but {decided[0].caveat}" if unborne else ""
    granted = sum(state_of(finding) == states.GRANTED for finding in decided) if not unborne else 0
    proven = len(decided) - granted
    count = f"{'all ' * (proven == len(decided) > 1)}{plural(proven, 'finding')}"
    more = f", and in {granted} more by what is granted" * bool(granted)
    return f"{word} {count}{more}{over}{why}{until}{_sharpest(decided)}"


def _broken(decided: Sequence[Finding]) -> str:
    """Of laws that all fail as they must: in how many findings, and in how many another law holds in their place."""
    broken, others = ([one for one in decided if one.breaks is breaks] for breaks in (True, False))
    count = f"{'all ' * (len(broken) > 1)}{plural(len(broken), 'finding')}"
    over = f" ({found})" if (found := reach(broken)) else ""
    failed = f"the law fails as it must in {count}{over}{_sharpest(broken, breaks=True)}"
    if not others:
        return failed
    held = f"the law in its place holds in {plural(len(others), 'finding')}"
    return f"{failed}. {held}{_sharpest(others)}"


def _sharpest(decided: Sequence[Finding], *, breaks: bool = False) -> str:
    """The least relative error of the theory that would have shown, in any finding and in half of them; or, of laws
    that are to break, the least departure from them. What only counts networks knows of no such error."""
    what, seen = ("a departure", "shown") if breaks else ("an error", "refuted")
    laws = [one for one in decided if not one.absolute and one.statistic != COUNTED and one.breaks is breaks]
    known = [f for f in laws if f.resolution is not None and f.resolution < SHARP]
    if not known:
        return ""
    best = min(known, key=lambda finding: finding.resolution or math.inf)
    middle = median(finding.resolution or 0.0 for finding in known)
    name = best.claim.split("/")[-1]
    least, usual = percent(best.resolution or 0.0), percent(middle)
    return f"; {what} of {least} would have been {seen} ({name})" + f", of {usual} in half of them" * (len(known) > 1)


def _holding(theorem: TheoremRecord) -> Iterator[str]:
    """The regimes in which a whole holds that does not hold in all, with until when training follows it; and, of those
    in which it does not, the claims that hold there."""
    held = [_course(theorem, part.regime) for part in theorem.parts if part.holds and part.regime]
    kept = [text for part in theorem.parts if part.refuted and part.regime for text in _kept(theorem, part.regime)]
    if held or kept:
        yield f"holds: {'; '.join([*([joined(held)] if held else []), *kept])}"


def _course(theorem: TheoremRecord, regime: str) -> str:
    """A regime that holds, of the course of early training with until when σ_w² falls linearly."""
    until = _until(theorem) if regime == LINEAR.name else ""
    return f"{regime} ({until})" if until else regime


def _kept(theorem: TheoremRecord, regime: str) -> Iterator[str]:
    """The claims that hold, all their findings and one at least without a caveat, in a regime that does not."""
    for claim in theorem.claims:
        found = [finding for finding in claim.decided if finding.regime == regime]
        holds = all(finding.verdict is Verdict.SUPPORTED for finding in found)
        if holds and not all(finding.caveat for finding in found):
            yield f"{regime} {claim.id.split('/')[-1]} (all of {plural(len(found), 'finding')})"


def _until(theorem: TheoremRecord) -> str:
    """Until when σ_w² falls linearly in the trainings of a section."""
    found: list[Fall] = [fall for claim in theorem.claims for fall in falls(claim)]
    times = [time for fall in found if math.isfinite(time := linear_until(fall))]
    return f"σ_w² falls linearly until t = {spread(times, 2)}" if times else ""


def _failing(theorem: TheoremRecord, refuted: Sequence[Finding]) -> Iterator[str]:
    """The refuted findings, those of one claim and regime together: how many, how far off, where, and what holds."""
    groups = _groups(theorem, refuted)
    shown = groups[:MOST_GROUPS]
    for claim, regime, group in shown:
        among = [finding for finding in claim.decided if finding.regime == regime] if regime else claim.decided
        place = where(group, claim.decided)
        count = share(group, among) if len(group) < len(among) else ""
        at = f" ({'; '.join(filter(None, (count, place)))})" if count or place else ""
        name, law = ", ".join(filter(None, (claim.id.split("/")[-1], regime))), _instead(group)
        yield f"{name}: {_how_far(group)}{at}" + f"; instead holds: {law}" * bool(law)
    if left := sum(len(group) for _, _, group in groups[MOST_GROUPS:]):
        yield f"{left} more refuted"


def _groups(theorem: TheoremRecord, refuted: Sequence[Finding]) -> list[tuple[ClaimRecord, str, list[Finding]]]:
    """Refuted findings by claim and regime: what nobody declared first, then those that bear on their theorem."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in refuted:
        found.setdefault((finding.claim, finding.regime), []).append(finding)
    claims = {claim.id: claim for claim in theorem.claims}
    order = {part.regime: place for place, part in enumerate(theorem.parts)}

    def weight(entry: tuple[tuple[str, str], list[Finding]]) -> tuple[bool, bool, int]:
        (_, regime), group = entry
        declared = all(state_of(finding) == states.EXPECTED for finding in group)
        return declared, all(finding.caveat for finding in group), order.get(regime, len(order))

    return [(claims[claim], regime, group) for (claim, regime), group in sorted(found.items(), key=weight)]


def _how_far(group: Sequence[Finding]) -> str:
    """How far a group of refuted findings is off, and of a constant that it is that."""
    if all(finding.breaks for finding in group):
        return "the law still holds"
    told = distance(group)
    named = all("constant" in finding.parameters for finding in group)
    owners = {whose(finding, pair_of(finding)) for finding in group} if named else set()
    if len(owners) == 1 and told.endswith(" above the theory"):
        own = "the β that the paper states" if owners == {Whose.PAPER} else f"{owners.pop()} β"
        return f"{own} is {told.removesuffix(' above the theory')} too low"
    return told or phrases.evidence(group[0]).estimate


def _instead(group: Sequence[Finding]) -> str:
    """The laws that the same draws support, each with in how many where that is not all."""
    laws = Counter(
        law for finding in group for law in ([finding.instead] if finding.instead else finding.holds_instead[:1])
    )
    named = [law if count == len(group) else f"{law} (in {count})" for law, count in laws.most_common(MOST_LAWS)]
    return joined(named) if named else ""


def _open(undecided: Sequence[Finding], decided: Sequence[Finding]) -> Iterator[str]:
    if undecided:
        first = undecided[0]
        shown = phrases.evidence(first)
        yield (
            f"open in {share(undecided, decided)}: {first.claim.split('/')[-1]} is at {shown.interval}, "
            f"{'to leave' if first.breaks else 'allowed'} {shown.allowed.removeprefix('must leave ')}"
        )


def _explored(theorem: TheoremRecord) -> str:
    """What open questions come to: how many hold as they are put, which do not, and how many are open."""
    names: dict[str, list[str]] = {}
    for claim in theorem.claims:
        names.setdefault(claim.verdict, []).append(claim.id.split("/")[-1])
    words = {Verdict.SUPPORTED: "as put", Verdict.REFUTED: "not as put", Verdict.UNDECIDED: "open"}
    told = [f"{word}: {', '.join(names[verdict])}" for verdict, word in words.items() if verdict in names]
    return f"{plural(len(theorem.findings), 'finding')} on {plural(len(theorem.claims), 'question')}; " + "; ".join(
        told
    )
