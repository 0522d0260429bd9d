"""Tables for people who use the theory: which constant, how wide, until when, and what the run would have noticed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import LINEAR_SHARE
from mfcheck.findings.report import Report, state_of
from mfcheck.findings.states import glyph
from mfcheck.reporting.curves.constants import Whose, whose
from mfcheck.reporting.curves.falls import Fall, falls
from mfcheck.reporting.curves.horizon import ENOUGH, horizon
from mfcheck.reporting.curves.profiles import needed_widths, network, pair_of, profiles
from mfcheck.reporting.curves.trajectories import REGIMES, trajectory
from mfcheck.reporting.early_answers import linear_until
from mfcheck.reporting.studies import Study
from mfcheck.reporting.words import coverage_table, notation, phrases
from mfcheck.reporting.words.distances import size
from mfcheck.reporting.words.numbers import figures, percent
from mfcheck.spec import NormPair

MISSING, NONE_STATED = "—", "none stated"
FLOW = "flow"


def answer_tables(report: Report) -> list[Study]:
    """The tables that a report's findings suffice for."""
    found = [_constants(report), *_widths(report), _times(report), _coverage(report)]
    return [study for study in found if study.rows]


def _constants(report: Report) -> Study:
    """Whether the theory's constant bounds the median network, by norm pair, and whether Chevet's does.

    Where the paper states no constant the theory's is Chevet's, and stands under that name.
    """
    entries = [
        (pair, finding)
        for finding in report.findings
        if finding.parameters.get("statement") == "median" and "constant" in finding.parameters
        if (pair := pair_of(finding)) is not None
    ]
    places: dict[tuple[NormPair, str], dict[Whose, Finding]] = {}
    for pair, finding in entries:
        place = f"{network(finding)}, N = {size(finding.parameters.get('width', 0))}"
        own = Whose.CHEVET if whose(finding, pair) is Whose.CHEVET else Whose.THEORY
        places.setdefault((pair, place), {}).setdefault(own, finding)
    rows = [
        (notation.pair(pair), place, *_own(found.get(Whose.THEORY)), *_constant(found.get(Whose.CHEVET)))
        for (pair, place), found in sorted(
            places.items(), key=lambda entry: (entry[0][0].p, entry[0][0].q, entry[0][1])
        )
    ]
    return Study(
        "Which constant β to use",
        "medians over networks of the largest gain ‖J‖_{p,q}, divided by the bound with each constant, with their "
        "intervals: a constant holds where that is at most 1 and its margin; where the paper states none, the "
        "theory's is Chevet's, which is tried beside it where the two differ",
        columns=("(p, q)", "network", "over the theory's β", "the theory's β", "over Chevet's β", "Chevet's β"),
        rows=tuple(rows),
    )


def _own(finding: Finding | None) -> tuple[str, str]:
    """The same of the theory's own constant, of which there is none where it is Chevet's."""
    return (MISSING, NONE_STATED) if finding is None else _constant(finding)


def _constant(finding: Finding | None) -> tuple[str, str]:
    """The median over the bound with one constant, and what that says of the constant."""
    if finding is None or not math.isfinite(finding.estimate):
        return MISSING, MISSING
    shown, state = phrases.evidence(finding), state_of(finding)
    word = {"supported": "holds", "undecided": "open"}.get(state, state)
    if finding.verdict == "refuted" and finding.estimate > finding.reference > 0:
        word = f"{percent(finding.estimate / finding.reference - 1)} too low"
    return f"{shown.estimate} {shown.interval}", f"{glyph(state)} {word}"


def _widths(report: Report) -> Iterator[Study]:
    """From which width on the bound holds within some percent, by pair."""
    for claim in report.claims:
        if found := profiles(claim):
            columns, rows = needed_widths(found)
            yield Study(
                "How wide a network must be",
                f"{claim.id}: the width N beyond which the median network exceeds ε β ω^{{L/2}} by at most x %, "
                "interpolated between the widths drawn; ≤ and > name the narrowest and the widest of them",
                columns=columns,
                rows=tuple(rows),
            )


def _times(report: Report) -> Study:
    """Until when each law of training describes what was measured."""
    rows = [_linear(entry) for entry in _falls(report)]
    for finding in report.findings:
        one = trajectory(finding)
        if one is None or one.regime != FLOW or one.width <= 0:
            continue
        found = horizon(one, one.predicted)
        if found is not None:
            rows.append(
                (
                    f"{network(finding)}, N = {size(one.width)}; {REGIMES[FLOW]}",
                    f"{one.quantity[1]} as the theory has it, within {100 * (1 - ENOUGH):.0f} %",
                    _until(found.time, found.last),
                    f"{'at most ' * found.share_is_bound}{figures(found.share)}" if found.time < math.inf else MISSING,
                    f"{finding.claim}",
                )
            )
    return Study(
        "Until when a law of training lasts",
        "the time, in units of the flow, at which the medians leave the law; and that time over the one in which the "
        "theory halves σ_w²; linear means: the decrease is at least "
        f"{LINEAR_SHARE:g} of t times each network's own slope at t = 0",
        columns=("training", "law", "lasts until t", "over the theory's half-life", "claim"),
        rows=tuple(dict.fromkeys(rows)),
    )


def _falls(report: Report) -> list[tuple[str, Fall]]:
    found: dict[str, tuple[str, Fall]] = {}
    for claim in report.claims:
        for fall in falls(claim):
            found.setdefault(fall.name, (claim.id, fall))
    return list(found.values())


def _linear(entry: tuple[str, Fall]) -> tuple[str, ...]:
    claim, fall = entry
    return fall.name, "σ_w² falls linearly", _until(linear_until(fall), fall.times[-1]), MISSING, claim


def _until(time: float, last: float) -> str:
    if math.isnan(time):
        return MISSING
    return f"> {figures(last)}" if math.isinf(time) else figures(time)


def _coverage(report: Report) -> Study:
    """Of every formula, the least wrong constant that a finding refutes, and what no finding would have noticed."""
    rows = [
        (
            one.formula,
            str(one.findings),
            _factor(coverage_table.factor(one.exact)),
            _factor(coverage_table.factor(one.sampled)),
            str(len(one.holes) or "none"),
        )
        for one in report.coverage
    ]
    return Study(
        "What this run would have noticed",
        "of every formula of the theory, the least constant factor by which it could be wrong and be refuted, on an "
        "exact law and on sampled networks; a hole is a dependence on one argument that no finding would have noticed",
        columns=("formula", "supported findings that read it", "exact law", "sampled networks", "holes"),
        rows=tuple(rows),
    )


def _factor(text: str) -> str:
    return text if text == MISSING else f"× {text}"
