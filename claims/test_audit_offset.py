"""Audit: the offset a(x) of networks of one's own, f(x) = J(x) x + a(x) of Theorem 4.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from scipy import stats

from mfcheck import Cell, claim
from mfcheck.architectures import declares_biases
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.laws import Law
from mfcheck.decisions.majority import Majority
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import image_scaled_and_noise
from mfcheck.decisions.same_medians import SameMedian
from mfcheck.decisions.statement import Statement
from mfcheck.observables import own_scale
from mfcheck.settings import Settings
from mfcheck.theorems import foreign, own_sizes
from mfcheck.theorems.granted import DISTANCE
from mfcheck.verdict import NotCovered

NOTHING = 1e-4
"""What roundings of float32 leave of an offset that is 0, relative to the output."""
FACTOR = 1.25
"""The factor between the sizes of offsets at different inputs beyond which they are not one."""
APART, PILOT = "size of offsets", {False: 256, True: 24}
"""What names the seed of networks that tell how large offsets are; how many they are, of others and of dear ones."""
COARSE = {False: 4, True: own_sizes.COARSER_LAW}
"""How many times a level's δ for laws is told here, of others and of dear networks."""
TOLD = {False: 0.05, True: 0.25}
"""δ of the median product of two standard variables: at a correlation of 0.2 it is 0.05, and at 0.5 it is 0.25."""

FIRST = {False: 200, True: 20}
"""How many times the least sample the first look at that takes, for an interval half as wide as δ."""


class Offset(StrEnum):
    """That its law does not depend on the input, by its size; that this law is Gaussian; that it knows nothing of J."""

    SAME = "input-independent"
    LAW = "gaussian"
    INDEPENDENT = "independent"


@dataclass(frozen=True, kw_only=True)
class OffsetCell(Cell):
    """A network of whose offset one thing is stated."""

    statement: Offset


def free_cells(settings: Settings) -> Iterator[Cell]:
    """Networks that do not say themselves that they have biases."""
    for cell in foreign.jacobian_cells(settings):
        biased = declares_biases(cell.spec.architecture)
        reason = "its factory declares homogeneous = False, so that audit/offset-law decides what its offset is"
        yield replace(cell, inapplicable=reason) if biased else cell


def offset_cells(settings: Settings) -> Iterator[OffsetCell]:
    """Networks that do."""
    for cell in foreign.jacobian_cells(settings):
        reason = (
            "its factory declares no biases, so no offset; let it declare homogeneous = False, and its law is decided"
        )
        kept = reason if not declares_biases(cell.spec.architecture) else ""
        for statement in Offset if not kept else (Offset.SAME,):
            details = {"dataset": settings.dataset}
            yield OffsetCell(cell.spec, "dense", details, statement=statement, inapplicable=kept)


def is_nothing(draws: Floats) -> Floats:
    """Whether the largest offset is rounding beside the largest output."""
    return (draws[:, own_scale.OFFSET] <= NOTHING).astype(float)


@claim("audit/offset-zero", cells=free_cells)
def test_offset_zero(cell: Cell, decide: Decider) -> None:
    """Without biases there is no offset: f(x) = J(x) x, up to rounding, in most networks."""
    statement = Majority(
        own_scale.views, property=is_nothing, quantity="f(x) = J(x) x", looks_at=image_scaled_and_noise
    )
    decide(statement)


def apart(cell: OffsetCell, decide: Decider) -> Floats:
    """Views of networks apart; NotCovered where their offset is rounding, and has no law."""
    probe = image_scaled_and_noise(decide.settings, cell)
    found = decide.trial.sampling.draws(own_scale.views, probe, apart=APART)(PILOT[own_sizes.is_dear(cell.spec)])
    if is_nothing(found).mean() > 0.5:
        raise NotCovered(f"the offset of {cell.spec.architecture} is 0, and has no law; leave out homogeneous = False")
    return found


def one_size(cell: OffsetCell, decide: Decider) -> SameMedian:
    """The mean square of the offset over outputs has one median at all inputs."""
    apart(cell, decide)
    sizes = slice(own_scale.offset_size_at(0), own_scale.offset_size_at(own_scale.INPUTS))
    return SameMedian(
        own_scale.views,
        quantity="the size mean a² of the offset",
        statistic=lambda draws: draws[:, sizes],
        delta=FACTOR - 1,
        looks_at=image_scaled_and_noise,
    )


def scale_of_offset(cell: OffsetCell, decide: Decider) -> float:
    """The root mean square of the offset's entries, of networks apart."""
    return float(np.sqrt(apart(cell, decide)[:, own_scale.offset_size_at(0)].mean()))


def gaussian(cell: OffsetCell, decide: Decider) -> Law:
    """Its entries are Gaussian, of the size measured on networks apart."""
    scale = scale_of_offset(cell, decide)
    return Law(
        own_scale.views,
        quantity="a_i",
        component=own_scale.offset_entry_at(0),
        reference=lambda theory: stats.norm(scale=scale),
        finite_width=lambda: 0.0,
        origin="granted: at the limit, at its measured size",
        times=COARSE[own_sizes.is_dear(cell.spec)],
        looks_at=image_scaled_and_noise,
        caveat=f"{DISTANCE}, at its measured size",
    )


def independent(cell: OffsetCell, decide: Decider) -> MedianWithin:
    """The product of an entry of J and one of a is as often above as below 0."""
    apart(cell, decide)

    def product(draws: Floats) -> Floats:
        unit = np.sqrt(np.maximum(draws[:, own_scale.offset_size_at(0)], np.finfo(float).tiny))
        found: Floats = draws[:, own_scale.entry_at(0)] * draws[:, own_scale.offset_entry_at(0)] / unit
        return found

    told = TOLD[own_sizes.is_dear(cell.spec)]
    return MedianWithin(
        own_scale.views,
        statistic=product,
        name="median of J_ij a_i, each in units of its own network's",
        low=-told,
        high=told,
        origin="δ of the claim; the median of two that are independent and symmetric is 0",
        looks_at=image_scaled_and_noise,
        first=FIRST[own_sizes.is_dear(cell.spec)],
    )


STATEMENTS: dict[Offset, Callable[[OffsetCell, Decider], Statement[Any]]] = {
    Offset.SAME: one_size,
    Offset.LAW: gaussian,
    Offset.INDEPENDENT: independent,
}


@claim("audit/offset-law", cells=offset_cells)
def test_offset_law(cell: OffsetCell, decide: Decider) -> None:
    """The law of the offset a(x) does not depend on x, is Gaussian as the width grows, and J(x) says nothing of it."""
    decide(lambda theory: STATEMENTS[cell.statement](cell, decide))
