"""Theorem 4.1: the law of the offset a(x), and the independence of its entries and those of J(x)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import NamedTuple

from mfcheck import Cell, NetworkSpec, PaperTheory, ReLULike, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.laws import Law
from mfcheck.decisions.means import MeanRatio
from mfcheck.observables import joint
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.statistics.intervals import dkw_half_width
from mfcheck.statistics.means import Tail
from mfcheck.theorems.activations import ABSOLUTE, LEAKY, STEEP_BENT
from mfcheck.theorems.corners import corners
from mfcheck.theory import finite_width
from mfcheck.theory.gram_moments import apart_moment, offset_moment, row_moment
from mfcheck.theory.mixtures import MANY, Mixture

WIDER = {"quick": 1, "standard": 4, "paper": 16}
MIXED = {"quick": 2**17, "standard": 2**18, "paper": 2**20}
"""Conditional variances that tell the offset's law at a width, by level."""

Sizes = dict[str, tuple[int, int]]
SIZES: Sizes = {"vanilla": (784, 10), "residual": (3136, 5)}
SMALL: Sizes = {"vanilla": (16, 2), "residual": (4, 3)}
"""Inputs and outputs of networks by architecture, and of dense ones of few rows."""


class Row(NamedTuple):
    """What networks of a grid differ in, in the order of a spec."""

    width: int
    depth: int
    weight_variance: float
    bias_variance: float = 0.0
    activation: ReLULike = ReLULike()


Grid = dict[str, tuple[Row, ...]]
OFFSETS: Grid = {
    "vanilla": (Row(1000, 6, 1.6, 0.5), Row(1000, 8, 2.3, 0.05), Row(500, 4, 1.0, 0.5, ABSOLUTE)),
    "residual": (Row(1000, 5, 0.5, 2.0, LEAKY), Row(500, 6, 0.3, 0.5)),
}
LIMIT: Grid = {"vanilla": (Row(2000, 5, 1.9),), "residual": (Row(2000, 4, 1.0, 0.4, LEAKY),)}
NARROW: Grid = {
    "vanilla": (Row(14, 1, 0.6, 0.0, ABSOLUTE), Row(400, 14, 2.2, 0.1)),
    "residual": (Row(24, 2, 0.8, 0.4, LEAKY),),
}
DEEP: Grid = {"vanilla": (Row(24, 3, 2.2, 0.1), Row(12, 2, 1.2, 0.0, LEAKY))}
COLUMNS: Grid = {"vanilla": (Row(24, 1, 1.2),)}
POWERS: Grid = {"vanilla": (Row(24, 4, 1.7),), "residual": (Row(24, 5, 1.5, 0.0, ABSOLUTE),)}
FEW: Grid = {"vanilla": (Row(6, 1, 1.0),), "residual": (Row(5, 1, 6.0, 0.4, STEEP_BENT),)}
BESIDE: Grid = {"vanilla": (Row(4, 1, 0.7, 0.1),), "residual": (Row(3, 1, 6.0, 0.2, STEEP_BENT),)}
"""Networks of few rows, in which entries of different rows and columns (`DEEP`, on the chain, and `FEW`) or of one
column (`COLUMNS`), or an offset and an entry, depend on each other so much that a quarter of it is twice level quick's
finer δ; and those of `POWERS` so much that the powers of one layer's are not their leading terms, to the coarser δ."""


class Moment(StrEnum):
    """What is stated of a Gaussian law: all of it, or its variance, which holds at every width."""

    LAW = "law"
    VARIANCE = "variance"


class Entries(StrEnum):
    """Where two entries of J stand: in the order of the columns of their products."""

    APART = "apart"
    ROW = "row"
    COLUMN = "column"


class Dependence(StrEnum):
    """None in the limit; so much at every width; so much, to a coarser δ where draws are dear."""

    LIMIT = "limit"
    EVERY_WIDTH = "every-width"
    COARSE = "dependence"


@dataclass(frozen=True, kw_only=True)
class OffsetCell(Cell):
    """A network of whose offset one thing is stated."""

    statement: Moment


@dataclass(frozen=True, kw_only=True)
class PairCell(Cell):
    """A network of two of whose entries, one of them of the offset unless `entries` says where both stand, it is stated
    how they depend on each other."""

    statement: Dependence
    entries: Entries | None = None

    def finite_width(self, ratio: float) -> Callable[[], float] | None:
        """The distance to the limit where that is stated, 0 for the coarser δ, None for the finer."""
        known = {Dependence.LIMIT: lambda: ratio - 1, Dependence.COARSE: lambda: 0.0}
        return known.get(self.statement)


def specs(grid: Grid, architecture: str, wider: int = 1, sizes: Sizes = SIZES) -> list[NetworkSpec]:
    """The networks of a grid, so many times as wide."""
    rows = [row._replace(width=row.width * wider) for row in grid.get(architecture, ())]
    return [NetworkSpec(architecture, *sizes[architecture], **row._asdict()) for row in rows]


def offset_cells(settings: Settings) -> Iterator[OffsetCell]:
    for architecture in settings.architectures:
        for statement in Moment:
            for spec in specs(OFFSETS, architecture, WIDER[settings.level.name]):
                yield OffsetCell(spec, "wishart", statement=statement)
            if architecture in ARCHITECTURES:
                narrow = NetworkSpec(architecture, 16, 1, 24, 2, 1.7, 0.5, LEAKY)
                yield OffsetCell(narrow, "dense", statement=statement)
    for statement in Moment:
        for spec in corners(settings, outputs=20):
            yield OffsetCell(spec, "wishart", statement=statement)


def entry_pair_cells(settings: Settings) -> Iterator[PairCell]:
    """Wide networks for the limit; narrow ones, where entries depend on each other, for the exact law of how much.

    One layer at N = 14 shows every term of that law; the deeper networks its growth with depth. Dense networks, dear as
    they are, show the dependence at N = 16, to a coarser δ that still tells it from none, and at five and six rows,
    where draws are cheap, to the finer one.
    """
    for architecture in settings.architectures:
        for entries in Entries:
            for spec in specs(LIMIT, architecture, WIDER[settings.level.name]):
                yield PairCell(spec, "wishart", entries=entries, statement=Dependence.LIMIT)
            grids = {Entries.APART: (NARROW, DEEP), Entries.COLUMN: (NARROW, COLUMNS)}.get(entries, ())
            for spec in chain.from_iterable(specs(grid, architecture) for grid in grids):
                yield PairCell(spec, "wishart", entries=entries, statement=Dependence.EVERY_WIDTH)
        for spec in specs(POWERS, architecture):
            yield PairCell(spec, "wishart", entries=Entries.COLUMN, statement=Dependence.COARSE)
        for spec in specs(FEW, architecture, sizes=SMALL):
            yield PairCell(spec, "dense", entries=Entries.APART, statement=Dependence.EVERY_WIDTH)
        if architecture in ARCHITECTURES:
            vanilla = architecture == "vanilla"
            spec = NetworkSpec(architecture, 4, 1, 16 if vanilla else 48, 1, 1.6)
            statement = Dependence.COARSE if vanilla else Dependence.LIMIT
            yield PairCell(spec, "dense", entries=Entries.APART, statement=statement)
            if vanilla:  # of the same draws
                yield PairCell(spec, "dense", entries=Entries.COLUMN, statement=statement)


def offset_pair_cells(settings: Settings) -> Iterator[PairCell]:
    """Dense only: the Wishart chain assumes that gates are coins, which is what makes J and a independent of x."""
    for architecture in settings.papers_architectures:
        for spec in specs(BESIDE, architecture, sizes=SMALL):
            yield PairCell(spec, "dense", statement=Dependence.EVERY_WIDTH)
        wide = NetworkSpec(architecture, 4, 1, 48, 1, 1.6, 0.5)
        yield PairCell(wide, "dense", statement=Dependence.LIMIT)
        if architecture == "residual":
            shortcut = NetworkSpec(architecture, 16, 2, 32, 2, 0.7, 0.2, LEAKY)
            yield PairCell(shortcut, "dense", statement=Dependence.COARSE)
        if architecture == "vanilla":
            # Of one layer an offset depends on an entry nearly as another entry does; of two by half as much. So few
            # rows tell a quarter of what the dependence is.
            narrow = NetworkSpec(architecture, 4, 1, 8, 2, 1.6, 0.5)
            yield PairCell(narrow, "dense", statement=Dependence.EVERY_WIDTH)
            # And of so many how it grows with depth.
            deep = NetworkSpec(architecture, 4, 1, 12, 4, 1.6, 0.5)
            yield PairCell(deep, "dense", statement=Dependence.COARSE)
            # One layer of |z| leaves no dependence: the finest test of the product itself.
            independent = NetworkSpec(architecture, 4, 1, 24, 1, 1.6, 0.5, ABSOLUTE)
            yield PairCell(independent, "dense", statement=Dependence.EVERY_WIDTH)


def offset_law(cell: OffsetCell, decide: Decider) -> Law:
    """The offset's law is the limit's, at this width: with its conditional variance as measured on the exact chain."""
    spec, alpha = cell.spec, decide.settings.alpha
    draws = MIXED[decide.settings.level.name]
    # t ↦ Φ(t/√g) is monotone and moves by ½, so a law of G that is off by so much moves it by half of that at most.
    off = (dkw_half_width(draws, alpha) + 1 / MANY) / 2

    def at_width() -> Mixture:
        variances = decide.on_chain(joint.offset, lambda draws: draws[:, 1], spec)(draws)
        return Mixture.of_draws(variances, PaperTheory().offset_variance(spec))

    return Law(
        joint.offset,
        quantity="a_i",
        component=0,
        reference=lambda theory: theory.offset(spec),
        finite_width=lambda: off,
        origin=f"the law at this width, by {draws} conditional variances on the exact chain",
        at_width=at_width,
        charged=alpha,
    )


def offset_variance(cell: OffsetCell, decide: Decider) -> MeanRatio:
    """The offset's variance is the theory's at every width."""
    spec = cell.spec
    return MeanRatio(
        joint.offset,
        quantity="a_i²",
        statistic=lambda draws: draws[:, 1],
        reference=lambda theory: float(theory.offset(spec).var()),
        tail=lambda: granted(offset_moment, spec),
    )


@claim("thm4.1/offset-gaussian", cells=offset_cells)
def test_offset_gaussian(cell: OffsetCell, decide: Decider) -> None:
    """Entries of a(x) are N(0, α σ_b² Σ_{k<L} ω^k) as N → ∞; the variance holds at every width."""
    decide((offset_law if cell.statement is Moment.LAW else offset_variance)(cell, decide))


def granted(moment: Callable[[NetworkSpec, int], float], spec: NetworkSpec) -> Tail:
    """What is granted of a statistic of which all moments are known, by their order."""
    mean = moment(spec, 1)
    return Tail(moment(spec, 2) / mean**2, moment(spec, 4) / mean**4)


def column_moment(spec: NetworkSpec, order: int) -> float:
    """E Γ^2k, k = `order`, of one column's own scale in units of its mean."""
    return finite_width.scale_moment(spec, 2 * order)


def entries_product(cell: PairCell) -> MeanRatio:
    """The mean of J²J'² is that of independent entries in the limit, and the exact one at every width."""
    spec, entries = cell.spec, cell.entries or Entries.APART
    apart = entries is Entries.APART

    def reference(theory: PaperTheory) -> float:
        dependence = theory.apart_square_ratio if apart else theory.shared_square_ratio
        return theory.jacobian_entry_variance(spec) ** 2 * (
            1 if cell.statement is Dependence.LIMIT else dependence(spec)
        )

    moment = {Entries.APART: apart_moment, Entries.ROW: row_moment, Entries.COLUMN: column_moment}[entries]
    return MeanRatio(
        joint.pair,
        quantity="J²J'²",
        statistic=lambda draws: draws[:, list(Entries).index(entries)],
        reference=reference,
        tail=lambda: granted(moment, spec),
        finite_width=cell.finite_width(moment(spec, 1)),
    )


@claim("thm4.1/entries-independent", cells=entry_pair_cells)
def test_entries_independent(cell: PairCell, decide: Decider) -> None:
    """Distinct entries of J(x) become independent: E J²J'² over the product of variances tends to 1 like L/N, and is
    known at every width."""
    decide(entries_product(cell))


def offset_product(cell: PairCell) -> MeanRatio:
    """The mean of J²a² is that of independent entries in the limit, and the exact one at every width."""
    spec, moment = cell.spec, partial(apart_moment, offset=True)

    def reference(theory: PaperTheory) -> float:
        independent = theory.jacobian_entry_variance(spec) * theory.offset_variance(spec)
        return independent * (1 if cell.statement is Dependence.LIMIT else theory.offset_square_ratio(spec))

    return MeanRatio(
        joint.offset,
        quantity="J²a²",
        statistic=lambda draws: draws[:, 2],
        reference=reference,
        tail=lambda: granted(moment, spec),
        finite_width=cell.finite_width(moment(spec, 1)),
    )


@claim("thm4.1/offset-independent", cells=offset_pair_cells)
def test_offset_independent(cell: PairCell, decide: Decider) -> None:
    """J(x) and a(x) become independent: E J²a² over the product of variances tends to 1, and is known at any width."""
    decide(offset_product(cell))
