"""How often verbs of `decide` err and miss: whole decisions with a known truth, each from a root seed of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from mfcheck import Cell, PaperTheory, Verdict
from mfcheck.decisions.decide import Decider
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.settings import Settings
from mfcheck.tests.support.known_statements import LEVEL, STATEMENTS, Statement
from mfcheck.tests.support.known_truths import SPEC
from mfcheck.tests.support.replays import ALPHAS, rare_enough

REPLAYS = 2000
EDGE = 1e-3
"""How far beside the edge of the margin the truth is put, in margins."""
CLAIM = Claim("thm4.1/replayed", "A statement whose truth is known.", lambda settings: [])


def decided(statement: Statement, away: float, *, alpha: float, seed: int) -> Finding:
    """One run's finding, with the truth so many margins from the theory."""
    settings = Settings(seed=seed, level=LEVEL, alpha=alpha)
    decide = Decider(CLAIM, Cell(SPEC, "wishart"), settings, PaperTheory(), ChunkStore(), "no command")
    statement.decide(decide, away)
    (finding,) = decide.findings
    return finding


@dataclass(frozen=True)
class Place:
    """How many margins off the truth is put (None: where a violation is planted), which findings are then errors, and
    their stated rate if that is not α."""

    title: str
    away: float | None
    errs: Callable[[Statement, Finding], bool]
    stated: float | None = None


def _says_it_holds(statement: Statement, finding: Finding) -> bool:
    return finding.verdict is (Verdict.REFUTED if statement.breaks else Verdict.SUPPORTED)


def _says_it_fails(statement: Statement, finding: Finding) -> bool:
    return finding.verdict is (Verdict.SUPPORTED if statement.breaks else Verdict.REFUTED)


def _misses_that_it_fails(statement: Statement, finding: Finding) -> bool:
    return not _says_it_fails(statement, finding)


def _misses_at_once_that_it_holds(statement: Statement, finding: Finding) -> bool:
    return not (_says_it_holds(statement, finding) and finding.looks == 1)


PLACES = (
    Place("just outside: supported", 1 + EDGE, _says_it_holds),
    Place("just inside: refuted", 1 - EDGE, _says_it_fails),
    Place("far outside: not refuted", None, _misses_that_it_fails, LEVEL.beta),
    Place("theory right: not supported at once", 0.0, _misses_at_once_that_it_holds, LEVEL.beta),
)


@dataclass(frozen=True)
class Tally:
    """How many of so many replays erred."""

    statement: Statement
    place: Place
    alpha: float
    replays: int
    errors: int

    @property
    def stated(self) -> float:
        """The rate that errors keep to, as it is stated."""
        return self.alpha if self.place.stated is None else self.place.stated

    @property
    def convicted(self) -> bool:
        """Whether so many errors are not compatible with the stated rate."""
        return not rare_enough(self.errors, self.replays, self.stated)


QUESTIONS = tuple(product(STATEMENTS, ALPHAS, PLACES))
"""All that is replayed, in the order of the table."""


def errors(index: int, replays: int = REPLAYS, seed: int = 0) -> int:
    """How many replays of one of `QUESTIONS` err; each is a run of its own."""
    statement, alpha, place = QUESTIONS[index]
    names = (statement.verb, statement.data, alpha, place.title)
    away = statement.planted if place.away is None else place.away
    return sum(
        place.errs(statement, decided(statement, away, alpha=alpha, seed=derive_seed(seed, *names, number)))
        for number in range(replays)
    )


def tallies(counts: Sequence[int], replays: int = REPLAYS) -> list[Tally]:
    """The tallies of all `QUESTIONS` from their errors."""
    return [
        Tally(statement, place, alpha, replays, count)
        for (statement, alpha, place), count in zip(QUESTIONS, counts, strict=True)
    ]


def markdown(found: Sequence[Tally]) -> str:
    """Tallies of whole rows as a Markdown table: the errors in so many replays."""
    titles = ("verb", "draws", "α", "replays", *(place.title for place in PLACES))
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    for row in (found[at : at + len(PLACES)] for at in range(0, len(found), len(PLACES))):
        what, first = row[0].statement, row[0]
        data = what.data.replace("|", r"\|")
        numbers = " | ".join(f"**{one.errors}**" if one.convicted else str(one.errors) for one in row)
        lines.append(f"| `{what.verb}` | {data} | {first.alpha:g} | {first.replays} | {numbers} |")
    return "\n".join(lines)
