"""Where the draws of a statement come from: the networks of one cell, by its engine, from the run's seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.shapes import Statistic, WrongShapeError, rows
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.verdict import NotANumber, NotCovered

LooksAt = Callable[[Settings, Cell], Probe]
"""The inputs at which a claim looks at the networks of a cell."""

SPARE = 4
"""Times as many draws as were planned that a first look takes at most, where they are made anyway: as many as a third
look would. So one network that lies far off does not spoil a look at the fewest that have an interval."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """The first n draws of a statistic of a sample, by calling it, or some `times` as many where networks are cheap
    beside those of other groups; of which sample, without drawing any."""

    claim: str
    sample: Sample
    statistic: Statistic
    times: int = 1

    def __call__(self, n: int) -> Floats:
        n *= self.times
        name, drawn = self.sample.source.name, self.sample.first(n)
        try:
            values = rows(self.statistic)(drawn)
        except WrongShapeError as error:
            raise WrongShapeError(f"{self.claim} on {name}: {error}") from None
        if bad := int(np.isnan(values).sum()):
            raise NotANumber(f"the statistic of {self.claim} is NaN in {bad} of {n} draws of {name}")
        return values

    def made_for(self, n: int) -> int:
        """So many draws, or all that are made for them since chunks are whole, up to `SPARE` times as many."""
        size, asked = self.sample.chunk, n * self.times
        return min(-(-asked // size) * size, SPARE * asked) // self.times


def check_moves(pilot: Floats, quantity: str) -> None:
    """Raise NotCovered where a pilot of a positive statistic, whose logarithm is to be taken, is 0 in some networks."""
    if not (pilot > 0).all():
        raise NotCovered(f"{quantity} is 0 in some of {len(pilot)} networks; where outputs move in all, it is decided")


def once(draw: Draw) -> tuple[Draw, int]:
    """A draw by which each is taken once, and how many times as many this one takes."""
    return (replace(draw, times=1), draw.times) if isinstance(draw, Drawing) else (draw, 1)


@dataclass(frozen=True, eq=False)
class Sampling:
    """Draws of one claim in one cell; what a statistic makes of them may hold no NaN, or NotANumber names it.

    Pilots are of so many draws at `most`, where nothing is decided by what they plan.
    """

    claim: str
    cell: Cell
    settings: Settings
    store: ChunkStore
    most: int | None = None

    def draws(
        self,
        source: Source,
        probe: Probe,
        statistic: Statistic = np.asarray,
        spec: NetworkSpec | None = None,
        engine: str = "",
        apart: str = "",
    ) -> Drawing:
        """The first n draws of a statistic, of the cell's network or another, by the cell's engine or another.

        Those of a name `apart` have a seed of their own: what was measured by them knows nothing of the decision's.
        """
        run = self.settings
        seed = derive_seed(run.seed, apart) if apart else run.seed
        where = (spec or self.cell.spec, engine or self.cell.engine, probe)
        return Drawing(self.claim, Sample(source, *where, seed, run.device, self.store), statistic)

    def pilot(
        self,
        source: Source,
        probe: Probe,
        statistic: Statistic,
        count: int,
        spec: NetworkSpec | None = None,
        name: str = "pilot",
    ) -> Floats:
        """So many draws of a statistic, by which others are planned: of a seed of their own, and no more are made."""
        draw = self.draws(source, probe, statistic, spec, apart=name)
        count = count if self.most is None else min(count, self.most)
        return replace(draw, sample=replace(draw.sample, few=count))(count)

    def probe(self, given: Probe | None, looks_at: LooksAt, spec: NetworkSpec | None = None) -> Probe:
        """The inputs that a statement was given, or else those that it looks at in the cell, or at another network."""
        if given is not None:
            return given
        return looks_at(self.settings, self.cell if spec is None else replace(self.cell, spec=spec))

    def chunk(self, source: Source, spec: NetworkSpec | None = None) -> int:
        """Draws in a chunk of the source, if it looks at one input."""
        return source.chunk_draws(spec or self.cell.spec, self.cell.engine, self.settings.device)
