"""The pre-flight of an audit: a network of one's own at every size that the audit will use, in seconds, before it."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch

from mfcheck.architectures import declared_scale, declares_omega
from mfcheck.decisions.decide import asked
from mfcheck.decisions.suite import ClaimTest
from mfcheck.decisions.trial import Ask, Trial, made
from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.numerics import one_thread
from mfcheck.observables.initialisation import INITIALISATIONS, drawn_matrices, initialisation
from mfcheck.observables.measured_scale import Nature, nature
from mfcheck.observables.nearby import ALIVE, nearby
from mfcheck.session.sizes import input_of, unsound
from mfcheck.settings import Settings
from mfcheck.spec import ModuleSpec, NetworkSpec
from mfcheck.theorems import foreign
from mfcheck.theorems.cells_of_a_run import each_cell
from mfcheck.theory import PaperTheory

SOUND, LIVELY, SECTION = "preflight/sound", "preflight/alive", "preflight/"
LOOKED_AT = 16
"""Networks of each size that are asked whether they answer at all."""
FAR = 1.25
"""Beyond which factor from 1 a scale is taken for one, and not for a fault of the weights, which other claims see."""
Tests = Sequence[tuple[Claim, ClaimTest]]


@dataclass(frozen=True)
class Fatal:
    """What stops an audit: the claim that it refutes, and why, in a sentence."""

    claim: str
    sentence: str


@dataclass(frozen=True)
class Asked:
    """A cell that an audit will decide: what its test asks, at which networks."""

    claim: Claim
    cell: Cell
    asks: tuple[Ask, ...]
    trial: Trial
    specs: tuple[NetworkSpec, ...]


@dataclass(frozen=True)
class Preflight:
    """What was found of one architecture: what stops its audit, or what it is and by which scale it is audited."""

    architecture: str
    spec: NetworkSpec
    probe: Probe
    fatal: tuple[Fatal, ...]
    sizes: int
    nature: Nature | None
    scale: float | None
    asked: tuple[Asked, ...]
    silent: tuple[tuple[str, str], ...]
    """Claims that do not apply, and what would make them."""
    seconds: float


def preflight(architecture: str, settings: Settings, theory: PaperTheory, tests: Tests) -> Preflight:
    """Look at an architecture at every size that these claims will use; ValueError where it must declare its sizes."""
    start, scales = time.perf_counter(), tuple(one for one in settings.scales if one[0] == architecture)
    own = replace(settings, architectures=(architecture,), scales=scales)
    spec = foreign.spec_of(architecture, own)
    probe = input_of(spec, own)
    with one_thread(), contextlib.redirect_stdout(sys.stderr):  # what factories print is no answer of ours
        cells = [(claim, test, cell) for claim, test, cell in each_cell(tests, own)]
        asking, silent = _asking(cells, own, theory)
        sizes = _sizes(spec, asking)
        fatal = [Fatal(SOUND, sentence) for sentence in unsound(sizes, own)] or _dead(sizes, own)
        wanted = any(not one.claim.id.startswith(SECTION) for one in asking)
        found = None if fatal or not wanted else _nature(spec, probe, own)
        scale = None if found is None else scale_in_use(spec, found)
        if scale is not None:  # by which more claims apply
            own = replace(own, scales=((architecture, scale),))
            asking, silent = _asking(list(each_cell(tests, own)), own, theory)
    seconds = time.perf_counter() - start
    return Preflight(
        architecture, spec, probe, tuple(fatal), len(sizes), found, scale, tuple(asking), tuple(silent), seconds
    )


def scale_in_use(spec: NetworkSpec, found: Nature) -> float | None:
    """The measured scale in whose units an audit takes outputs; None where it is declared, by the factory or the run,
    or 1 as far as can be told.

    Of networks without a depth all growth is in it. An initialisation that is recognised has its own.
    """
    measured = found.scale
    if is_gaussian(spec.architecture) or declared_scale(spec) is not None:
        return None
    if not 0 < measured.value < math.inf:
        return None
    whole = call_of(spec.architecture).knobs.isdisjoint({"depth"}) and not declares_omega(spec.architecture)
    if not whole and not (measured.low > FAR or measured.high < 1 / FAR):
        return None
    name = initialisation(drawn_matrices(spec))
    for value, known in INITIALISATIONS.items():
        if name == known and measured.low <= value**2 <= measured.high:
            return float(f"{value**2:.6g}")
    return float(f"{measured.value:.4g}")


def replace_scale(spec: NetworkSpec, scale: float | None) -> NetworkSpec:
    """The same network, measured in other units."""
    return replace(spec, scale=scale) if isinstance(spec, ModuleSpec) else spec


def with_scale(settings: Settings, found: Preflight) -> Settings:
    """Settings with the scale that was measured."""
    if found.scale is None:
        return settings
    return replace(settings, scales=(*settings.scales, (found.architecture, found.scale)))


def by_claim(found: Preflight) -> dict[str, str]:
    """What stops the audit, by the claim that it refutes."""
    said = dict.fromkeys((one.claim for one in found.fatal), "")
    for one in found.fatal:
        said[one.claim] += ("; " if said[one.claim] else "") + one.sentence
    return said


def _asking(
    cells: Iterable[tuple[Claim, ClaimTest, Cell]], settings: Settings, theory: PaperTheory
) -> tuple[list[Asked], list[tuple[str, str]]]:
    """What the claims ask of cells that apply, but for soundness itself, and why the others do not."""
    asking, silent, store = [], [], ChunkStore()  # what plans draw is drawn once
    for claim, test, cell in cells:
        if cell.inapplicable:
            silent.append((claim.id, cell.inapplicable))
            continue
        asks: tuple[Ask, ...] = ()
        trial = Trial(claim, cell, settings, theory, store)
        if claim.id != SOUND:
            with contextlib.suppress(ArithmeticError, ValueError, RuntimeError):  # said when it is decided
                found, trial = asked(test, claim, cell, settings, theory, store)
                asks = tuple(found)
        asking.append(Asked(claim, cell, asks, trial, _specs(cell, asks, theory)))
    return asking, silent


def _specs(cell: Cell, asks: Iterable[Ask], theory: PaperTheory) -> tuple[NetworkSpec, ...]:
    """The networks that statements draw: the cell's, or those of a trend's groups."""
    found = [cell.spec]
    for ask in asks:
        with contextlib.suppress(ArithmeticError, ValueError):  # a theory with nothing to say here
            found += [group.spec for group in getattr(made(ask, theory), "groups", ())]
    return tuple(found)


def _sizes(spec: NetworkSpec, asking: Iterable[Asked]) -> list[NetworkSpec]:
    """One network for each size that differs in what its constructor is given."""
    knobs = sorted(call_of(spec.architecture).knobs)
    found: dict[tuple[object, ...], NetworkSpec] = {}
    for one in (spec, *(one for ask in asking for one in ask.specs)):
        size = one.input_dim, one.output_dim, *(getattr(one, name) for name in knobs)
        found.setdefault(size, one)
    return list(found.values())


def _dead(sizes: Sequence[NetworkSpec], settings: Settings) -> list[Fatal]:
    """A sentence for the first size at which most networks' outputs are 0, or the same everywhere."""
    for spec in sizes:
        seed = derive_seed(settings.seed, "preflight alive", spec)
        with one_thread(), torch.no_grad():
            count = min(LOOKED_AT, nearby.chunk_draws(spec, "dense", settings.device) * 4)
            drawn = nearby.engines["dense"](spec, input_of(spec, settings), Stream(seed, settings.device), count)
        if (dead := int((drawn[:, ALIVE] == 0).sum())) > count / 2:
            where = f"input_dim={spec.input_dim}, output_dim={spec.output_dim}, width={spec.width}, depth={spec.depth}"
            return [
                Fatal(
                    LIVELY,
                    f"the output of {dead} in {count} networks of {spec.architecture} is 0, or the same everywhere, "
                    f"at {where}: gradients vanish; check the activation and the variances at these sizes",
                )
            ]
    return []


def _nature(spec: NetworkSpec, probe: Probe, settings: Settings) -> Nature:
    bare, seed = replace_scale(spec, None), derive_seed(settings.seed, "preflight nature", spec)
    open_to_all = not is_gaussian(spec.architecture) and declared_scale(bare) is None
    return nature(bare, probe, seed, settings.device, over_widths=open_to_all)
