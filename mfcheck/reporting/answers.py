"""Short answers on what training does, written from a report's findings."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import median

from mfcheck.findings import wording
from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import AT_MOST, FITS, LEARNS
from mfcheck.findings.report import ClaimRecord, Report
from mfcheck.findings.series import (
    BOTH_FIT,
    CONTROL,
    CONTROL_FITS,
    ENVELOPE,
    FACTOR_1,
    FIRST_LEFT,
    FIRST_OVER_LAST,
    FIRST_OVER_LAST_AT_START,
    GAIN,
    OUTCOMES,
)
from mfcheck.reporting.curves.horizon import ENOUGH, Horizon, horizon
from mfcheck.reporting.curves.training_map import MECHANISM, Trained, maps_of, training_maps
from mfcheck.reporting.curves.trajectories import REGIMES, VARIANCE, trajectory
from mfcheck.reporting.early_answers import early_answers
from mfcheck.reporting.open_answers import open_answers
from mfcheck.reporting.words import numbers
from mfcheck.spec import ARCHITECTURES
from mfcheck.verdict import Verdict

AT_START, FLOW = "rate", "flow"
"""Regimes in which σ_w² moves: at t = 0, and under gradient flow."""
STOPPED = (GAIN, CONTROL, FIRST_OVER_LAST_AT_START, FIRST_OVER_LAST, FIRST_LEFT)
"""What is told of networks that attacks keep from fitting."""
BESIDE = "ratio to the theory's scale"
"""The statistic of findings that hold a drift against a scale beside which it should be negligible."""


def answers(report: Report) -> list[str]:
    """The sentences of a report, for what of it ran: rate factors, horizon, mechanism, and standard training."""
    gating = [claim for claim in report.claims if claim.gates]
    decays = _by_architecture(claim for claim in gating if _follows_variance(claim))
    maps = _by_architecture(claim for claim in gating if training_maps(claim))
    found = [text for name, findings in decays.items() for text in _factors(f"{name.capitalize()} networks", findings)]
    found += [_horizon(f"{name.capitalize()} networks", findings) for name, findings in decays.items()]
    found += [_outcome(name, findings) for name, findings in maps.items()]
    found += [_mechanism(gating), _drift([f for claim in gating for f in claim.decided if f.statistic == BESIDE])]
    return [*(sentence for sentence in found if sentence), *early_answers(report), *open_answers(report)]


def _by_architecture(claims: Iterable[ClaimRecord]) -> dict[str, list[Finding]]:
    """The decided findings of some claims by the networks that they are about, vanilla ones first."""
    found: dict[str, list[Finding]] = {name: [] for name in ARCHITECTURES}
    for claim in claims:
        for finding in claim.decided:
            found.setdefault(str(finding.parameters.get("architecture", "")), []).append(finding)
    return {name: findings for name, findings in found.items() if findings}


def _follows_variance(claim: ClaimRecord) -> bool:
    """Whether a claim decides how σ_w² moves from t = 0 on: its rate there, and trajectories of σ_w²."""
    regimes = {finding.parameters.get("regime") for finding in claim.decided}
    paths = filter(None, map(trajectory, claim.decided))
    return AT_START in regimes and any(path.quantity == VARIANCE for path in paths)


def _factors(name: str, findings: list[Finding]) -> list[str]:
    """Which rate factor the findings of each regime support, and where they try the law as an upper bound alone."""
    tried = [finding for finding in findings if finding.caveat != AT_MOST]
    bounded = [finding for finding in findings if finding.caveat == AT_MOST]
    told = [(f"{name}: the decay law with rate factor 2 is supported", _regimes(tried))]
    told += [(f"{name}: as {AT_MOST}, the decay law is kept", _regimes(bounded))]
    return [f"{head} {found}. Estimates are over the theory's value." for head, found in told if found]


def _regimes(findings: list[Finding]) -> str:
    """What some findings come to in each regime that they are of."""
    groups = {regime: [f for f in findings if f.parameters.get("regime") == regime] for regime in REGIMES}
    return "; ".join(f"{REGIMES[regime]} {_counts(group)}" for regime, group in groups.items() if group)


def _counts(group: list[Finding]) -> str:
    rest = [finding for finding in group if finding.verdict != Verdict.SUPPORTED]
    rivals = [finding for finding in rest if FACTOR_1 in finding.holds_instead]
    neither = [finding for finding in rest if finding not in rivals]
    undecided = sum(finding.verdict == Verdict.UNDECIDED for finding in neither)
    estimate = median(f.estimate / f.reference if f.reference else f.estimate for f in group)
    caveats = dict.fromkeys(finding.caveat for finding in group if finding.caveat not in ("", AT_MOST))
    told = "; ".join([f"median estimate {estimate:.3f}", *caveats])
    parts = [f"in {len(group) - len(rest)} of {wording.plural(len(group), 'finding')} ({told})"]
    parts += [f"rate factor 1 instead in {len(rivals)}"] * bool(rivals)
    parts += [f"neither in {len(neither) - undecided}"] * (len(neither) > undecided)
    parts += [f"undecided in {undecided}"] * bool(undecided)
    return ", ".join(parts)


def _horizon(name: str, findings: list[Finding]) -> str:
    """How long, under gradient flow, the law describes the decrease of σ_w²: as predicted, and from the loss found."""
    flows = [one for f in findings if (one := trajectory(f)) is not None and one.regime == FLOW and one.width > 0]
    own = [left for one in flows if (left := horizon(one, one.predicted)) is not None]
    started = [one for one in flows if ENVELOPE in one.series]
    others = [left for one in started if (left := horizon(one, one.series[ENVELOPE])) is not None]
    if not own:
        return ""
    text = f"{name} {REGIMES[FLOW]}: the measured decrease of σ_w² {_lasting(own, 'of the predicted one')}."
    if others:
        text += f" Beside the same law started at the measured L_adv(0), it {_lasting(others, 'of that')}."
    return text


def _lasting(found: list[Horizon], law: str) -> str:
    """How many trajectories leave the law, and when."""
    at_once = [one for one in found if one.at_once]
    later = [one for one in found if not one.at_once and math.isfinite(one.time)]
    never = [one for one in found if math.isinf(one.time)]
    parts = []
    if later:
        parts.append(
            f"falls below {ENOUGH:g} {law} at t·N = {_over_widths(later, lambda one: one.time)} {_in(later, found)}, "
            f"after {_share_of_collapse(later)} of the time in which the theory halves σ_w²"
        )
    if at_once:
        first = _over_widths(at_once, lambda one: one.time)
        parts.append(f"is below {ENOUGH:g} {law} from the first point on, t·N = {first}, {_in(at_once, found)}")
    if never:
        last = _over_widths(never, lambda one: one.last)
        parts.append(f"stays at {ENOUGH:g} {law} or more to the end of the curve, t·N = {last}, {_in(never, found)}")
    return "; it ".join(parts)


def _in(part: list[Horizon], whole: list[Horizon]) -> str:
    return f"in {len(part)} of {wording.plural(len(whole), 'trajectory').replace('ys', 'ies')}"


def _over_widths(found: list[Horizon], time: Callable[[Horizon], float]) -> str:
    return _range([time(one) * one.width for one in found])


def _share_of_collapse(found: list[Horizon]) -> str:
    bound = "at most " if any(one.share_is_bound for one in found) else ""
    return bound + _range([one.share for one in found])


def _outcome(name: str, findings: list[Finding]) -> str:
    """What pairs of trainings came to over a map, beside where the theory has attacks end them, and the gradients."""
    cells = [one for found in maps_of(findings).values() for one in found.values()]
    if not cells:
        return ""
    groups = {outcome: [one for one in cells if one.outcome == outcome] for outcome in (*OUTCOMES, "")}
    said = [f"in {len(groups[outcome])} {outcome}" for outcome in OUTCOMES]
    said += [f"in {len(groups[''])} no outcome is certain of most"] * bool(groups[""])
    text = (
        f"Of {wording.plural(len(cells), f'{name} network')} trained over widths and depths, each in pairs from one "
        f"start with attacks and without, {', '.join(said)}"
    )
    stopped = groups[CONTROL_FITS]
    if any(math.isfinite(one.collapse) for one in cells):
        late = sum(one.doomed for one in stopped)
        others = sum(one.doomed for one in groups[BOTH_FIT])
        text += f"; the predicted T passes during training in {late} of the {len(stopped)} in which only the control "
        text += f"fits, and in {others} of the {len(groups[BOTH_FIT])} in which both do"
    return f"{text}.{_stopped(stopped)}"


def _stopped(cells: list[Trained]) -> str:
    """What became of networks that attacks alone keep from fitting: accuracies, weights and gradients."""
    known = [one for one in cells if all(map(math.isfinite, map(one.of, STOPPED)))]
    if not known:
        return ""
    gain, control, start, end, left = (_range([one.of(name) for one in known]) for name in STOPPED)
    return (
        f" Where only the control fits, the accuracy on clean training images is "
        f"{_range([one.accuracy for one in known])} after training with attacks and {control} after the control's "
        f"(from {LEARNS:g} on it counts as fitted, of the control from {FITS:g}); ω^L ends at {gain}; the gradient "
        f"in the first layer is {end} times that in the last ({start} times at the start), and "
        f"{left} times as large as at the start."
    )


def _mechanism(claims: Iterable[ClaimRecord]) -> str:
    """Whether networks fail to train because ω^L has left the window, and what holds in place of that."""
    decided = [finding for claim in claims for finding in claim.decided]
    found = [finding for finding in decided if finding.parameters.get("statement") == MECHANISM]
    if not found:
        return ""
    counts = {verdict: sum(f.verdict == verdict for f in found) for verdict in Verdict}
    shown = [f"{verdict} in {count}" for verdict, count in counts.items() if count]
    text = (
        "That networks become untrainable by the predicted mechanism, ω^L leaving the window as σ_w² decays, is "
        f"{', '.join(shown)} of {wording.plural(len(found), 'finding')} (ω^L after training: "
        f"{_range([f.estimate for f in found])})"
    )
    held: dict[str, int] = defaultdict(int)
    for finding in found:
        for law in finding.holds_instead if finding.verdict == Verdict.REFUTED else ():
            held[law] += 1
    text += "".join(f"; in {count} it is found instead that {law}" for law, count in held.items())
    return f"{text}."


def _drift(findings: list[Finding]) -> str:
    """How fast standard training alone moves σ_w², compared with the adversarial loss, by budget."""
    ratios: dict[float, list[float]] = defaultdict(list)
    findings = [finding for finding in findings if "eps" in finding.parameters]
    for finding in findings:
        ratios[float(finding.parameters["eps"])].append(finding.estimate)
    if not ratios:
        return ""
    (eps, values), *others = sorted(ratios.items())
    listed = f"{_range(values)} times as fast as the theory's law has L_adv move it at ε = {eps:g}"
    listed += "".join(f", {_range(values)} times at ε = {eps:g}" for eps, values in others)
    supported = sum(finding.verdict == Verdict.SUPPORTED for finding in findings)
    return (
        f"Standard training alone moves σ_w² {listed}; that it leaves σ_w² alone is supported "
        f"in {supported} of {wording.plural(len(findings), 'finding')}."
    )


def _range(values: list[float]) -> str:
    return numbers.between(_short(min(values)), _short(max(values)))


def _short(value: float) -> str:
    """A number to three figures, as a power of ten where it is very small or large."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}".replace("-", "−") if abs(value) < 1000 else f"{value:,.0f}".replace("-", "−")
    sign = "−" if value < 0 else ""
    return sign + numbers.scientific(abs(value))
