"""What cells would cost, reckoned without a single draw: from the draws of a first look, and what each goes through.

The same on every machine, so that processes which do not speak to each other put cells in one order, and rough: within
a factor of a few of the seconds on one core of a machine that multiplies 50 GFLOP/s. `cost` times the draws instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mfcheck.arrays import Floats
from mfcheck.decisions.decide import asked
from mfcheck.decisions.sampling import Drawing
from mfcheck.decisions.trial import Ask, Trial, made
from mfcheck.ensembles.samples import Sample, Source
from mfcheck.ensembles.sources import MANY
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.given import reason
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.theory import PaperTheory
from mfcheck.theory.watched import Reading
from mfcheck.verdict import NotCovered

ClaimTest = Callable[..., object]
FLOPS, NORMALS = 5e10, 1.2e8
"""Operations of products and normal variates a second, on one core."""
CALL = 3e-5
"""Seconds that a call of the linear algebra takes however small it is, a layer and a pass."""
GAMMA = 1e-7
"""Seconds of one variate of a chain's factors."""
DEAR = 65536
"""A chain's source with fewer draws in a chunk looks at whole Jacobians, the others at a few entries."""
BATCH = 32
"""Inputs that a step of a long training goes through."""
OPEN = 30
"""Draws that are reckoned with, where a plan needs draws of its own and nothing tells the source: as of a median."""
PILOTED = 128
"""The same of a source whose draws are not as dear as trainings, of which pilots ask for some hundred: of wide networks
these are many chunks, and belong to the dearest of a run."""
MODULE = 1e5
"""Parameters that are reckoned with for a module of one's own."""


class NeedsDrawsError(Exception):
    """A plan that takes draws to be made."""


class _NoDraws(ChunkStore):
    def there(self, key: str, keep: Callable[[], bool] | None, draws: int | None = None) -> Floats | None:
        raise NeedsDrawsError


@dataclass(frozen=True)
class Forecast:
    """Draws and seconds of a first look and bytes of a chunk; which formulas it asks; `reason` where nothing is drawn.

    `rough` where the number of draws is not known without drawing, `unplanned` where a run alone tells what is asked.
    """

    draws: int = 0
    seconds: float = 0.0
    bytes: float = 0.0
    formulas: frozenset[str] = frozenset()
    rough: bool = False
    reason: str = ""
    unplanned: bool = False
    parts: tuple[tuple[str, float], ...] = ()
    """The seconds by what is drawn: claims that need the same draws share them."""


def forecast(claim: Claim, test: ClaimTest, cell: Cell, settings: Settings, theory: PaperTheory) -> Forecast:
    """What all statements of a claim would cost in a cell; none is drawn, and nothing of it raises."""
    if cell.inapplicable:
        return Forecast(reason=cell.inapplicable)
    reading, found = Reading(theory), Forecast()
    try:
        asks, trial = asked(test, claim, cell, settings, theory, _NoDraws())
    except NeedsDrawsError:  # a test that draws before it asks
        return Forecast(OPEN, OPEN * seconds_of_a_draw(cell.spec, cell.engine, None, 1), rough=True, unplanned=True)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a test raises, pytest.skip too, is told when the cell is run
        return Forecast(reason=reason(error), unplanned=True)
    for ask in asks:
        found = _sum(found, _of(ask, trial, reading))
    return found


def _of(ask: Ask, trial: Trial, reading: Reading) -> Forecast:
    reading.noted.clear()
    statement: object = None
    try:
        statement = made(ask, reading.theory)
        if statement.formula is not None:
            statement.formula(reading.theory)
        seen = frozenset(name for name, _ in reading.noted)
        plan = statement.plan(reading.theory, trial.rule_of(statement), trial.sampling)
    except NeedsDrawsError:
        seen, source = frozenset(name for name, _ in reading.noted), getattr(statement, "source", None)
        spec, engine = trial.cell.spec, trial.cell.engine
        if not isinstance(source, Source) or engine not in source.engines:
            return Forecast(OPEN, OPEN * seconds_of_a_draw(spec, engine, None, 1), formulas=seen, rough=True)
        draws = max(source.chunk_draws(spec, engine, trial.sampling.settings.device), min(source.most, PILOTED))
        return Forecast(draws, draws * seconds_of_a_draw(spec, engine, source, 1), formulas=seen, rough=True)
    except Exception as error:
        return Forecast(reason=reason(error), unplanned=not isinstance(error, NotCovered))
    draws = -(-plan.first // plan.chunk) * plan.chunk
    drawn = [draw for draw in plan.draws_of if isinstance(draw, Drawing)]
    parts = tuple((_drawn(one.sample), draws * one.times * _seconds(one.sample)) for one in drawn)
    draws, seconds = draws * sum(one.times for one in drawn), sum(one for _, one in parts)
    return Forecast(draws, seconds, max(map(_bytes, plan.draws_of), default=0.0), seen, parts=parts)


def _drawn(sample: Sample) -> str:
    """What a sample is of, as its chunks are seeded by it."""
    probe = sample.probe if sample.source.uses_input[sample.engine] else "any input"
    return "\x1f".join(map(str, (sample.seed, sample.source.name, sample.engine, sample.spec, probe)))


def _seconds(sample: Sample) -> float:
    return seconds_of_a_draw(sample.spec, sample.engine, sample.source, len(sample.probe.x))


def seconds_of_a_draw(spec: NetworkSpec, engine: str, source: Source | None, inputs: int) -> float:
    """Roughly what one draw of a source takes that looks at so many inputs."""
    passes, n, k, d = 1 if source is None else source.passes, spec.width, spec.output_dim, spec.input_dim
    layers = spec.square_matrices
    if engine == "wishart":
        whole = d * k * (1 + passes) / NORMALS if source is not None and source.most < DEAR else 0.0
        return layers * (GAMMA * k + 2 * k**3 / FLOPS) + whole
    if engine == "lazy":
        columns = inputs * (MANY if source is None else source.columns).of(spec)
        return layers * n * columns * (2 / NORMALS + 8 * columns / FLOPS)
    inputs = min(inputs, BATCH) if passes > BATCH else inputs
    numbers = n * (d + k) + layers * n * n if spec.architecture in ARCHITECTURES else MODULE
    return numbers * (1 / NORMALS + 6 * inputs * passes / FLOPS) + CALL * layers * passes / 16


def _bytes(draw: Draw) -> float:
    """What a chunk of it holds at least, in bytes."""
    if not isinstance(draw, Drawing):
        return 0.0
    sample = draw.sample
    spec, inputs = sample.spec, len(sample.probe.x)
    size = sample.source.chunk_draws(spec, sample.engine, sample.device, inputs)
    n, k, d = spec.width, spec.output_dim, spec.input_dim
    layers = spec.square_matrices
    held = {
        "wishart": 8.0 * k * k * spec.depth + (4 * d * k if sample.source.most < DEAR else 0),
        "lazy": 16.0 * layers * n * inputs * sample.source.columns.of(spec),
        "dense": 4.0 * (n * (d + k) + layers * n * n + inputs * layers * n),
    }
    return size * held.get(sample.engine, held["dense"])


def _sum(one: Forecast, other: Forecast) -> Forecast:
    """Both; a reason stands only where nothing is drawn."""
    return Forecast(
        one.draws + other.draws,
        one.seconds + other.seconds,
        max(one.bytes, other.bytes),
        one.formulas | other.formulas,
        one.rough or other.rough,
        "" if one.draws or other.draws else one.reason or other.reason,
        one.unplanned or other.unplanned,
        one.parts + other.parts,
    )


def core_seconds(forecasts: Iterable[Forecast]) -> float:
    """Seconds on one core of all of them, where what several draw is drawn once, as often as the dearest needs."""
    shared, own = dict[str, float](), 0.0
    for one in forecasts:
        own += one.seconds - sum(seconds for _, seconds in one.parts)
        for name, seconds in one.parts:
            shared[name] = max(shared.get(name, 0.0), seconds)
    return own + sum(shared.values())
