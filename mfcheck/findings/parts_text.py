"""Where a claim or theorem holds, in sentences: its regimes, how far it is off in the others, and what holds there."""

from __future__ import annotations

from collections.abc import Sequence

from mfcheck.findings.parts import Off, Part, has_parts
from mfcheck.findings.stated import bounds_text, is_count
from mfcheck.findings.wording import plural
from mfcheck.verdict import Verdict

WITHOUT = "what names no regime"
"""What stands in a list of regimes for the findings that speak of none."""
MOST_LAWS = 3
"""Of so many laws that hold in a refuted one's place a sentence tells."""


def where_it_holds(verdict: Verdict, parts: Sequence[Part], errors: int = 0) -> str:
    """In which regimes a whole with this verdict holds and in which not; empty where nothing of it names any.

    `errors` is the number of its cells without a verdict.
    """
    if not has_parts(parts):
        return ""
    applicable = [part for part in parts if part.findings]
    holding = [part for part in applicable if part.holds]
    refuted = [part for part in applicable if part.refuted]
    open_ones = [part for part in applicable if part.open and not part.refuted]
    unborne = [part for part in applicable if not part.bearing and part.supported == part.findings]
    sentences = [
        *["Holds in none of its regimes."] * (verdict is Verdict.REFUTED),
        *_listed(_head(verdict), [f"{_name(part)} ({_held(part)})" for part in holding]),
        *_listed("Not", [f"{_name(part)} ({_refuted(part)})" for part in refuted]),
        *_listed("Undecided", [f"{_name(part)} ({_open(part)})" for part in open_ones]),
        *_listed("Supported, but makes no theorem hold", [f"{_name(part)} ({_unborne(part)})" for part in unborne]),
    ]
    if errors:
        sentences.append(f"{plural(errors, 'cell')} without a verdict may be of any regime.")
    return " ".join(sentences)


def _head(verdict: Verdict) -> str:
    heads = {Verdict.SUPPORTED: "Holds", Verdict.IN_PART: "Holds in part", Verdict.REFUTED: "Supported"}
    return heads.get(verdict, "Supported so far")


def _listed(head: str, entries: Sequence[str]) -> list[str]:
    return [f"{head}: {'; '.join(entries)}."] if entries else []


def _name(part: Part) -> str:
    return part.regime or WITHOUT


def _held(part: Part) -> str:
    caveat = "" if part.bearing == part.findings else f", {part.findings - part.bearing} of them with a caveat"
    return f"{_share(part.supported, part)}{caveat}"


def _share(count: int, part: Part) -> str:
    return f"{count} of {plural(part.findings, 'finding')}"


def _unborne(part: Part) -> str:
    return f"{_share(part.supported, part)}; {'; '.join(part.caveats)}"


def _open(part: Part) -> str:
    return f"{part.open} of {plural(part.findings, 'finding')} open"


def _refuted(part: Part) -> str:
    """How many are refuted, by how much, and which laws hold in its place: in all of them, or in how many;
    and the claims that hold there all the same."""
    said = f"refuted in {part.refuted} of {part.findings}"
    said += f", {part.open} open" * bool(part.open)
    far = [_distance(part.off)] if part.off else [_named(off, part.apart) for off in part.apart]
    said += f": {'; '.join(far)}" * bool(far)
    laws = sorted(part.instead.items(), key=lambda law: (-law[1], law[0]))[:MOST_LAWS]
    named = [law if count == part.refuted else f"{law} (in {count})" for law, count in laws]
    said += f"; instead holds: {', '.join(named)}" * bool(named)
    kept = [f"{claim.split('/')[-1]} ({count} of {count})" for claim, count in part.kept.items()]
    return said + f"; yet there holds {', '.join(kept)}" * bool(kept)


def _named(off: Off, among: Sequence[Off]) -> str:
    """How far those of one claim are off, and of one statistic where the claim has several."""
    several = sum(other.claim == off.claim for other in among) > 1
    return f"{off.statistic}: {_distance(off)}" if several else f"{_distance(off)} in {off.claim.split('/')[-1]}"


def _distance(off: Off) -> str:
    """How far refuted estimates are off, as one number or a range.

    >>> _distance(Off(0.93, 0.93, 0.93, 0.5))
    'estimate 0.93 where the theory has 0.5'
    >>> _distance(Off(0.25, 0.5, 0.75, None))
    'estimates 0.25 to 0.75 times what the theory has, 0.5 at the median'
    >>> _distance(Off(0.93, 0.93, 0.93, None, (0.0, 0.1)))
    'estimate 0.93 where at most 0.1 is allowed'
    """
    low, middle, high = map(_short, (off.low, off.median, off.high))
    one = low == high
    noun = "share" if is_count(off.statistic) else "estimate"
    values = f"{noun} {middle}" if one else f"{noun}s {low} to {high}"
    against = (
        " times what the theory has" if off.reference is None else f" where the theory has {_short(off.reference)}"
    )
    if off.allowed:
        against = f" where {bounds_text(off.allowed, _short)} is allowed"
    return f"{values}{against}" + ("" if one or low == middle or middle == high else f", {middle} at the median")


def _short(value: float) -> str:
    """A number to three figures.

    >>> _short(-0.12345), _short(2e-9)
    ('−0.123', '2e−09')
    """
    return f"{value:.3g}".replace("-", "−")
