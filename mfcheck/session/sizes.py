"""At which of the sizes that an audit asks for networks of one's own are sound, and at which others they would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from mfcheck.decisions.probes import image
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.findings.cell import Cell
from mfcheck.numerics import one_thread
from mfcheck.observables.checks import CHECKS
from mfcheck.observables.preflight import first_problem
from mfcheck.settings import Settings
from mfcheck.spec import ModuleSpec, NetworkSpec

TAKEN = ("factory", "shape")
"""Checks that a network fails at sizes that it does not take."""
INPUT, OUTPUT = "input_dim", "output_dim"
OPTIONS = {INPUT: "--mf-input", OUTPUT: "--mf-outputs"}
USUAL: dict[str, tuple[int, ...]] = {INPUT: (784, 3072), OUTPUT: (10, 1), "width": (), "depth": ()}
"""Sizes that networks are written for and no others, beside those that the audit has found to be taken."""
SHAPES = {784: (1, 28, 28), 3072: (3, 32, 32)}


def unsound(sizes: Sequence[NetworkSpec], settings: Settings) -> list[str]:
    """A sentence for every check that fails at some size, with what sizes it passes at where some it does."""
    failed: dict[str, tuple[str, NetworkSpec]] = {}
    passed = []
    for spec in sizes:
        if (found := _problem(spec, settings)) is None:
            passed.append(spec)
        else:
            failed.setdefault(found[0], (found[1], spec))
    return [
        CHECKS[name].sentence(what) + _elsewhere(name, spec, passed, settings) for name, (what, spec) in failed.items()
    ]


def _problem(spec: NetworkSpec, settings: Settings) -> tuple[str, str] | None:
    """The first check that fails at a size, and how; None if all pass."""
    x = torch.as_tensor(input_of(spec, settings).x, dtype=torch.float32, device=settings.device)
    with one_thread():
        return first_problem(spec, torch.cat([x, -x]), derive_seed(settings.seed, "preflight", spec))


def _elsewhere(check: str, spec: NetworkSpec, passed: Sequence[NetworkSpec], settings: Settings) -> str:
    """How to audit a network at the sizes that it does take: the fewest of its sizes that must be others."""
    if check not in TAKEN:
        return ""
    tried = {name: dict.fromkeys([*(getattr(one, name) for one in passed), *usual]) for name, usual in USUAL.items()}
    changes = [{name: value} for name, values in tried.items() for value in values if value != getattr(spec, name)]
    changes += [{INPUT: d, OUTPUT: k} for d in tried[INPUT] for k in tried[OUTPUT]]
    for change in changes:
        other = _changed(spec, change)
        found = _problem(other, replace(settings, dataset="noise"))  # which there is at any size
        if found is None or found[0] not in TAKEN:
            where = " and ".join(f"{name}={value}" for name, value in change.items())
            if not change.keys() <= OPTIONS.keys():
                return f"; it is sound at {where}: a factory that takes no {next(iter(change))} is asked for no other"
            shape = getattr(other, "input_shape", ()) or (other.input_dim,)
            given = {INPUT: "x".join(map(str, shape)), OUTPUT: str(other.output_dim)}
            how = " ".join(f"{OPTIONS[name]} {given[name]}" for name in change)
            return f"; it is sound at {where}, so audit it there alone with {how}"
    return ""


def _changed(spec: NetworkSpec, change: dict[str, int]) -> NetworkSpec:
    """A network of other sizes; where its inputs have a shape, others have that of images of their size, or none."""
    given: dict[str, Any] = dict(change)
    if isinstance(spec, ModuleSpec) and spec.input_shape and INPUT in change:
        given["input_shape"] = SHAPES.get(change[INPUT], ())
    return replace(spec, **given)


def input_of(spec: NetworkSpec, settings: Settings) -> Probe:
    """An input of the run's data set at a network's size."""
    return image(settings, Cell(spec, "dense"))
