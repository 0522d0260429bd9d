"""What a pre-flight says on the terminal: what it found, lines to paste that declare it, and what will be decided."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

from mfcheck.architectures import declared_sizes, declares_biases, declares_omega, layer_variances
from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.construction import draw_modules, unfrozen
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.wording import plural
from mfcheck.imports import load_factory
from mfcheck.numerics import one_thread
from mfcheck.observables.initialisation import INITIALISATIONS, drawn_matrices, initialisation, written_variances
from mfcheck.observables.measured_scale import Nature, degree, idle_knobs
from mfcheck.reporting.words import numbers
from mfcheck.session.options import spelt
from mfcheck.session.preflight import Preflight
from mfcheck.session.preflight_costs import decided
from mfcheck.spec import ModuleSpec, NetworkSpec

MOST = 0.99
"""The share of networks from which a property is said to be theirs."""
MOST_MATRICES = 12
PROBE = "_mfcheck_probe"
"""An attribute that nobody has."""


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
    yield f"pre-flight, with what times this: {numbers.seconds(found.seconds + time.perf_counter() - begun)}"


def description(found: Preflight, nature: Nature) -> str:
    """What the networks are, as one phrase.

    "He initialisation: scale 4, ω about 1.00, bias-free, homogeneous of degree 5 in its parameters, piecewise linear"
    """
    name = initialisation(drawn_matrices(found.spec))
    exact = found.scale if found.scale in [value**2 for value in INITIALISATIONS] else None
    known = math.isfinite(nature.scale.value)
    said = [f"scale {exact:g}" if exact else f"scale {nature.scale}" if known else "scale unknown"]
    unknown = "ω unknown" + (", since depth is no argument" if known else "")
    said.append(f"ω about {nature.omega.value:.2f}" if nature.omega else unknown)
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
    if found.nature and (given := getattr(found.spec, "scale", None)) is not None:
        measured = f"measured is {found.nature.scale}"
        yield f"note: outputs are taken in units of √{given:g}, as {spelt('scale')} says; {measured}"
    if found.nature and found.nature.power:
        yield (
            f"note: the scale goes with the width to the power {found.nature.power:g}: until it is declared, "
            f"networks of other widths than {found.spec.width} are held against that of {found.spec.width}"
        )


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
    """Lines that declare what was found, as comments where they cannot stand so."""
    path, lines = found.architecture, list(_declarations(found, nature))
    factory, name = load_factory(path), path.split(":")[1]
    if lines and not _takes_attributes(factory):
        yield f"# {name} takes no attributes: audit a function that calls it, and declare beside that"
        yield from (f"# {line.removeprefix('# ')}" for line in lines)
        return
    own = draw_modules(found.spec, Stream(0), 1)[0] if isinstance(factory, type) and not is_gaussian(path) else None
    for line in lines:
        attribute = line.removeprefix("# ").removeprefix(f"{name}.").partition(" ")[0]
        if own is not None and not hasattr(factory, attribute) and hasattr(own, attribute):
            yield f"# {line}  # once its modules have no {attribute} of their own"
        else:
            yield line


def _takes_attributes(factory: object) -> bool:
    try:
        setattr(factory, PROBE, None)
        delattr(factory, PROBE)
    except (AttributeError, TypeError):
        return False
    return True


def _declarations(found: Preflight, nature: Nature) -> Iterator[str]:
    path, spec, name = found.architecture, found.spec, found.architecture.split(":")[1]
    shape, outputs = declared_sizes(path)
    if isinstance(spec, ModuleSpec) and not is_gaussian(path):
        if not shape and (spec.input_shape or call_of(path).needs_sizes):
            yield f"{name}.input_shape = {spec.input_shape or spec.input_dim}"
        if outputs is None and call_of(path).needs_sizes:
            yield f"{name}.outputs = {spec.output_dim}"
    if found.scale is not None:
        yield f"{name}.scale = lambda spec: {_over_widths(found.scale, nature.power, spec.width)}"
    if not declares_omega(path) and nature.omega is not None:
        at = "" if "weight_variance" in idle_knobs(spec) else f"  # at weight_variance={spec.weight_variance:g}"
        yield f"{name}.omega = lambda spec: {nature.omega.value:.3g}{at}"
    if nature.homogeneous < MOST and not declares_biases(path):
        yield f"{name}.homogeneous = False"
    matrices = drawn_matrices(spec)
    if "weight_variance" in idle_knobs(spec) and not layer_variances(spec) and len(matrices) <= MOST_MATRICES:
        written = (f'"{one}": {variance}' for one, variance in written_variances(spec, matrices).items())
        line = f"{name}.layer_variances = lambda spec: {{{', '.join(written)}}}"
        same = _has_at_another_depth(spec, matrices)
        yield line if same else f"# {line}  # at depth {spec.depth}; at others others are to be named"


def _over_widths(scale: float, power: float, width: int) -> str:
    """A scale measured at one width as an expression of the width.

    >>> _over_widths(63.7, 1.0, 64), _over_widths(0.0152, -1.0, 64), _over_widths(2.0, 0.0, 64)
    ('0.995 * spec.width', '0.973 * spec.width**-1', '2')
    """
    if not power:
        return f"{scale:g}"
    return f"{scale / width**power:.3g} * spec.width" + ("" if power == 1 else f"**{power:g}")


def _has_at_another_depth(spec: NetworkSpec, matrices: Collection[str]) -> bool:
    """Whether a deeper network has weight matrices of the same names; so held of one that takes no depth."""
    if "depth" not in call_of(spec.architecture).knobs or "depth" in idle_knobs(spec):
        return True
    try:
        return set(drawn_matrices(replace(spec, depth=spec.depth + 1))) == set(matrices)
    except ValueError:  # it has one depth, whatever it takes
        return True
