"""Short answers to the open questions, and on weight decay, written from a report's findings."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import groupby
from statistics import median
from typing import Any

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Report
from mfcheck.findings.wording import plural
from mfcheck.reporting.curves.difficulty import Difficulty, difficulties
from mfcheck.reporting.curves.exponents import is_errors, name, tried_of
from mfcheck.reporting.curves.profiles import pair_of
from mfcheck.reporting.curves.scatters import scatters, together
from mfcheck.reporting.words import notation, numbers
from mfcheck.spec import NormPair
from mfcheck.theory.full_training import BEST
from mfcheck.verdict import Verdict

WEIGHT_DECAY = "thm5.4/stronger-than-weight-decay"
CONTRAST, DIFFICULTY, CAPACITY = "open/contrastive-bound", "open/attack-difficulty", "open/capacity-exhaustion"
WHOLE, OTHER_NORM = "open/full-training-law", "open/other-norm"


def open_answers(report: Report) -> list[str]:
    """The sentences of a report, for what of it ran."""
    claims = {str(claim.id): claim for claim in report.claims}
    writers = {
        WEIGHT_DECAY: _weight_decay,
        CONTRAST: _contrast,
        DIFFICULTY: _difficulty,
        CAPACITY: _capacity,
        WHOLE: _whole,
        OTHER_NORM: _other_norm,
    }
    found = [sentence for id, write in writers.items() if id in claims for sentence in write(claims[id])]
    return [sentence for sentence in found if sentence]


def _decided(claim: ClaimRecord, **parameters: Any) -> list[Finding]:
    found = [finding for finding in claim.findings if finding.verdict is not Verdict.NOT_APPLICABLE]
    return [f for f in found if all(f.parameters.get(name) == value for name, value in parameters.items())]


def _weight_decay(claim: ClaimRecord) -> list[str]:
    """By how much the pull is above λ at the widths drawn, and at which width they would be equal."""
    found = sorted(_decided(claim), key=lambda f: (f.parameters["decay"], f.parameters["width"]), reverse=True)
    parts = []
    for decay, group in groupby(found, key=lambda finding: finding.parameters["decay"]):
        same = list(group)
        widths = [finding.parameters["width"] for finding in same]
        reached = [finding.parameters["width"] / finding.estimate for finding in same]
        law = [finding.parameters["width"] / finding.reference for finding in same if finding.reference > 0]
        times = _span([1 / finding.estimate for finding in same])
        parts.append(
            f"{times} times as strong as λ = {decay:g} at N = {_widths(widths)}, and as strong as it at N ≈ "
            f"{_span(reached)} (the theory: {_span(law) if law else 'none'})"
        )
    if not parts:
        return []
    return [
        f"The pull of L_adv on the weights is {'; '.join(parts)}, where it goes on falling like 1/N; "
        f"that it is stronger is supported in {_supported(found)}."
    ]


def _contrast(claim: ClaimRecord) -> list[str]:
    clean, attacked = (_decided(claim, distance=name) for name in ("clean", "attacked"))
    if not clean or not attacked:
        return []
    worst = max(attacked, key=lambda finding: finding.estimate)
    return [
        f"Two outputs ‖f(x) − f(x')‖_q lie {_estimates(clean)} times as far apart as the two-input law has them; an "
        f"attack on both inputs drives them to {_estimates(attacked)} of the bound derived from it, farthest for "
        f"{_place(worst)}."
    ]


def _difficulty(claim: ClaimRecord) -> list[str]:
    """Steps predicted and measured by pair, at every reach."""
    found = difficulties(claim)
    sentences = []
    for reach, group in groupby(found, key=lambda one: one.reach):
        same = list(group)
        agree = sum(abs(one.expected_steps - one.measured_steps) <= 1 for one in same)
        measured, predicted = ([getattr(one, name) for one in same] for name in ("measured_share", "predicted_share"))
        sentences.append(
            f"An attack from one random start that reaches {reach:g} ‖x‖ needs, as predicted (in closed form where "
            f"there is one, else on the linear map) and as measured, {'; '.join(map(_steps, same))} steps for 95 % "
            f"of what it finds, within one step of the prediction for {agree} of {plural(len(same), 'pair')}; "
            f"it finds {_span(measured)} of the largest loss known, {_span(predicted)} on the linear map."
        )
    return sentences


def _steps(one: Difficulty) -> str:
    return f"{notation.pair(one.pair)} {one.expected_steps:.0f} and {one.measured_steps}"


def _capacity(claim: ClaimRecord) -> list[str]:
    found = []
    for architecture, groups in scatters(claim, series.OVER_CAPACITY).items():
        left = [median(one.x) for one in groups]
        held = [median(one.y) for one in groups]
        found.append(
            f"{architecture.capitalize()} networks trained at attacked inputs end with {_span(left)} times the "
            f"capacity ‖w‖_FR that they began with, and an attacked accuracy of {_span(held)} on held-out images "
            f"(medians by network size); of the two, {together(groups)}."
        )
    return found


def _whole(claim: ClaimRecord) -> list[str]:
    found = [finding for finding in _decided(claim) if is_errors(finding)]
    sentences = []
    for finding in found:
        width, more = finding.parameters["width"], finding.own_curve.series
        rate, left, rows = more[series.INITIAL_RATE][0], more[series.LOSS_LEFT][0], tried_of(finding)
        others = ", ".join(f"{one.error:.2g} for p = {name(one)}" for one in rows)
        best = min(rows, key=lambda one: abs((one.exponent or math.inf) - BEST))
        sentences.append(
            f"With r = {rate:.3g} known at t = 0, L_adv(t) = L₀(1 + rt/p)^{{−p}} at N = {width} with p = {BEST:g} "
            f"is off by {_measured(finding)} in the root mean square of log L_adv to the end of training, where "
            f"{left:.2g} of L_adv is left (medians: {others}); it predicts {best.fall:.2g} of the measured fall of "
            f"σ_w² with L_std's pull as measured, and {best.fall_from_start:.2g} with that pull as it was at the start."
        )
    return sentences


def _other_norm(claim: ClaimRecord) -> list[str]:
    parts = []
    for finding in _decided(claim):
        curve, parameters = finding.curve, finding.parameters
        if curve is None or not curve.x:
            continue
        other = notation.pair(NormPair.parse(str(parameters["other"])))
        parts.append(
            f"{parameters['architecture']} networks trained against {_place(finding)} keep {median(curve.x):.2g} of "
            f"L_adv under it and {median(curve.measured):.2g} under {other}, the second over the first "
            f"{_measured(finding)}"
        )
    return [f"Trained with one norm and attacked with another: {'; '.join(parts)}."] if parts else []


def _supported(findings: list[Finding]) -> str:
    count = sum(finding.verdict == Verdict.SUPPORTED for finding in findings)
    return f"{count} of {plural(len(findings), 'finding')}"


def _estimates(findings: list[Finding]) -> str:
    """The range of some estimates, with that of their intervals."""
    low, high = (pick(f.interval[end] for f in findings) for end, pick in ((0, min), (1, max)))
    return f"{_span([f.estimate for f in findings])} (intervals within {low:.3g} to {high:.3g})"


def _measured(finding: Finding) -> str:
    low, high = finding.interval
    return f"{finding.estimate:.3g} ({low:.3g} to {high:.3g})"


def _place(finding: Finding) -> str:
    pair = pair_of(finding)
    return f"(p, q) = {notation.pair(pair)}" if pair else "its norm pair"


def _widths(widths: Collection[int]) -> str:
    return numbers.between(*(notation.whole(pick(widths)) for pick in (min, max)))


def _span(values: list[float]) -> str:
    return numbers.between(_short(min(values)), _short(max(values)))


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{round(value, -int(math.log10(abs(value))) + 1):,.0f}"
