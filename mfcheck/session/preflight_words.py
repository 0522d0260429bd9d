"""What a pre-flight says on the terminal: what it found, lines to paste that declare it, and what will be decided."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch

from mfcheck import progress
from mfcheck.architectures import declared_sizes, declares_biases, declares_omega, layer_variances
from mfcheck.decisions.cost import seconds_of_first
from mfcheck.decisions.sampling import once
from mfcheck.decisions.statement import Plan
from mfcheck.decisions.trial import Trial, made
from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.construction import draw_modules, unfrozen
from mfcheck.ensembles.modules import ModuleStack, draw_stack, is_gaussian
from mfcheck.ensembles.samples import Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.wording import plural
from mfcheck.numerics import one_thread
from mfcheck.observables.initialisation import INITIALISATIONS, drawn_matrices, initialisation, written_variances
from mfcheck.observables.measured_scale import Nature, degree, idle_knobs
from mfcheck.session.preflight import Asked, Preflight
from mfcheck.spec import ModuleSpec, NetworkSpec
from mfcheck.verdict import NotCovered

MOST = 0.99
"""The share of networks from which a property is said to be theirs."""
FEW, FIRST, SOME = 64, 8, 256
"""Draws in a chunk up to which one is drawn to see how long it takes; and networks by which else the time is told: the
first few load what they need, or are all where they are evaluated one by one."""
PILOTS = 24
"""Draws of a pilot at most: only what a first look takes is told by them, and the audit plans it anew."""
MOST_MATRICES = 12


def lines(found: Preflight) -> Iterator[str]:
    """All that a pre-flight says; what stops the audit, or what it is and what will be decided."""
    said = _lines(found)
    while True:
        with one_thread(), contextlib.redirect_stdout(sys.stderr):  # what factories print is no answer of ours
            line = next(said, None)
        if line is None:
            return
        yield line


def _lines(found: Preflight) -> Iterator[str]:
    begun, sizes = time.perf_counter(), f"{found.sizes} size{'' if found.sizes == 1 else 's'}"
    yield f"pre-flight of {found.architecture} at {sizes}, {found.seconds:.1f} s"
    for fatal in found.fatal:
        yield f"✗ {fatal.claim}: {fatal.sentence}"
    if found.fatal:
        yield "the audit stops here: mend this first"
        return
    if found.nature is not None:
        yield f"found: {description(found, found.nature)}"
        yield from notes(found)
        if pasted := list(paste(found, found.nature)):
            yield "to declare it, paste beside the factory:"
            yield from (f"    {line}" for line in pasted)
    yield from decided(found)
    yield f"pre-flight, with what times this: {duration(found.seconds + time.perf_counter() - begun)}"


def description(found: Preflight, nature: Nature) -> str:
    """What the networks are, as one phrase.

    "He initialisation: scale 4, ω about 1.00, bias-free, homogeneous of degree 5 in its parameters, piecewise linear"
    """
    name = initialisation(drawn_matrices(found.spec))
    exact = found.scale if found.scale in [value**2 for value in INITIALISATIONS] else None
    known = math.isfinite(nature.scale.value)
    said = [f"scale {exact:g}" if exact else f"scale {nature.scale}" if known else "scale unknown"]
    said.append(f"ω about {nature.omega.value:.2f}" if nature.omega else "ω unknown, since depth is no argument")
    said.append("bias-free" if nature.homogeneous >= MOST else "with biases or normalisation, f(2x) ≠ 2f(x)")
    if (k := degree(found.spec, found.probe)) is not None:
        said.append(f"homogeneous of degree {k} in its parameters")
    said.append("piecewise linear" if nature.linear >= MOST else "not piecewise linear")
    return f"{name or 'no initialisation of a name'}: {', '.join(said)}"


def notes(found: Preflight) -> Iterator[str]:
    """What an owner should know that stops nothing: idle knobs, and units."""
    path = found.architecture
    if idle := idle_knobs(found.spec):
        yield f"note: {', '.join(idle)} of the spec change{'s' if len(idle) == 1 else ''} nothing in {path}"
    if not is_gaussian(path) and not call_of(path).by_spec:
        yield f"note: {path} is a constructor, so its networks are looked at after .eval()"
    if frozen := _frozen(found.spec):
        yield f"note: {frozen}"
    if not math.isfinite(found.nature.scale.value if found.nature else 0.0):
        yield f"note: {path} does not change with its input near the one looked at, as if piecewise constant: no scale"
    if found.scale is not None:
        yield f"note: outputs are taken in units of √{found.scale:g}, the measured scale, in this audit"


def _frozen(spec: NetworkSpec) -> str:
    """What becomes of the parameters that a factory leaves frozen, in words; empty if there are none."""
    if is_gaussian(spec.architecture):
        return ""
    (module,) = draw_modules(spec, Stream(3), 1)
    every, trains = len(list(module.parameters())), len(unfrozen(module))
    many = plural(every, "parameter")
    if trains == every:
        return ""
    if not trains:
        return f"requires_grad=False freezes all {many} of {spec.architecture}, so all of them are trained"
    return f"requires_grad=False keeps {every - trains} of {many} of {spec.architecture} as drawn where it trains"


def paste(found: Preflight, nature: Nature) -> Iterator[str]:
    """Lines that declare what was found."""
    path, spec, name = found.architecture, found.spec, found.architecture.split(":")[1]
    shape, outputs = declared_sizes(path)
    if isinstance(spec, ModuleSpec) and not is_gaussian(path):
        if not shape and (spec.input_shape or call_of(path).needs_sizes):
            yield f"{name}.input_shape = {spec.input_shape or spec.input_dim}"
        if outputs is None and call_of(path).needs_sizes:
            yield f"{name}.outputs = {spec.output_dim}"
    if found.scale is not None:
        yield f"{name}.scale = lambda spec: {found.scale:g}"
    if not declares_omega(path) and nature.omega is not None:
        at = "" if "weight_variance" in idle_knobs(spec) else f"  # at weight_variance={spec.weight_variance:g}"
        yield f"{name}.omega = lambda spec: {nature.omega.value:.3g}{at}"
    if nature.homogeneous < MOST and not declares_biases(path):
        yield f"{name}.homogeneous = False"
    matrices = drawn_matrices(spec)
    if "weight_variance" in idle_knobs(spec) and not layer_variances(spec) and len(matrices) <= MOST_MATRICES:
        written = (f'"{one}": {variance}' for one, variance in written_variances(spec, matrices).items())
        yield f"{name}.layer_variances = lambda spec: {{{', '.join(written)}}}"


@dataclass(frozen=True)
class Cost:
    """What a statement's first look takes."""

    draws: int
    seconds: float


def decided(found: Preflight) -> Iterator[str]:
    """Which claims will be decided, at which sizes, in how long; and which do not apply, and what would make them."""
    total, silent = 0.0, dict[str, list[str]]()
    for claim, reason in found.silent:
        silent.setdefault(reason, []).append(claim)
    rows, shared = dict[tuple[str, str], list[Cost]](), dict[tuple[object, ...], int]()
    errors = dict[tuple[str, str], int]()
    for place, one in enumerate(found.asked):
        progress.report(place, len(found.asked), "cell")
        try:
            costs, reason = _costs(one, shared)
        except (ArithmeticError, ValueError, RuntimeError) as error:
            failed = one.claim.id, " ".join(str(error).split())
            errors[failed] = errors.get(failed, 0) + 1
            continue
        if reason:
            silent.setdefault(reason, []).append(one.claim.id)
            continue
        whole = Cost(sum(cost.draws for cost in costs), sum(cost.seconds for cost in costs))
        total += whole.seconds
        rows.setdefault((one.claim.id, sizes_of(one)), []).append(whole)
    yield f"to be decided, about {duration(total)} on one core for one look at each:"
    for (claim, sizes), those in rows.items():
        draws, seconds = max(cost.draws for cost in those), duration(sum(cost.seconds for cost in those))
        yield f"  {claim + _often(len(those)):37} {sizes:33} {draws:>9,} networks {seconds:>9}"
    for (claim, why), cells in errors.items():
        yield f"  {claim + _often(cells):37} will end in an error: {why}"
    for reason, claims in silent.items():
        yield f"– not applicable: {', '.join(dict.fromkeys(claims))}: {reason}"


def _often(cells: int) -> str:
    return f" ×{cells}" if cells > 1 else ""


def sizes_of(one: Asked) -> str:
    """The sizes of a cell's networks, those alone that its constructor is given."""
    knobs = call_of(one.cell.spec.architecture).knobs
    spec, depths = one.cell.spec, sorted({each.depth for each in one.specs})
    said = [f"d {spec.input_dim}", f"K {spec.output_dim}"]
    if "width" in knobs:
        said.append(f"N {spec.width}")
    if "depth" in knobs:
        said.append(f"L {', '.join(map(str, depths[-3:] if len(depths) > 1 else depths))}")
    return "  ".join(said)


def _costs(one: Asked, shared: dict[tuple[object, ...], int]) -> tuple[list[Cost], str]:
    """What each statement of a cell takes beyond draws that an earlier one shares with it, or why none applies."""
    costs, reason = [], ""
    for ask in one.asks:
        try:
            plan = one.trial.plan(ask, pilots=PILOTS)
        except NotCovered as missing:
            reason = str(missing)
            continue
        source = getattr(made(ask, one.trial.own), "source", None)
        key = (source.name if isinstance(source, Source) else len(shared), one.specs)
        there = shared.get(key, 0)
        shared[key] = max(there, plan.first)
        new = max(0, plan.first - there) / plan.first
        costs.append(Cost(plan.first * max(1, plan.drawn), new * _seconds(plan, one.trial)))
    return costs, "" if costs or not one.asks else reason


def _seconds(plan: Plan, trial: Trial) -> float:
    """Seconds that a first look takes: by one chunk of it where chunks are small, else by a few networks like it."""
    if plan.chunk <= FEW:
        chunks = -(-plan.first // plan.chunk)
        return chunks * sum(times * seconds_of_first(draw) for draw, times in map(once, plan.draws_of))
    return plan.first * max(1, plan.drawn) * _each(trial.cell.spec, trial.settings.device)


@lru_cache(maxsize=64)
def _each(spec: NetworkSpec, device: str) -> float:
    """Seconds that a network takes to be drawn and differentiated along one input, in a stack."""
    x = torch.ones(3, spec.input_dim, device=device)
    with one_thread(), torch.no_grad():
        for count in (FIRST, SOME):
            start = time.process_time()
            stack = draw_stack(spec, Stream(0, device), replicates=count)
            if isinstance(stack, ModuleStack):
                stack.column(x, 0)
            else:
                stack(x)
            each = (time.process_time() - start) / count
            if isinstance(stack, ModuleStack) and not stack.at_once:  # more of them take as much each
                break
    return each


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(0.4), duration(75), duration(200_000)
    ('0.4 s', '1.2 min', '2.3 days')
    """
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
