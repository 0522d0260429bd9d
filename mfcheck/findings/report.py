"""A report as typed records: what pages, exports and the terminal read, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mfcheck.findings import states
from mfcheck.findings.compared import Comparison
from mfcheck.findings.coverage import Covered
from mfcheck.findings.finding import Finding
from mfcheck.findings.parts import Part
from mfcheck.findings.sections import section_of
from mfcheck.findings.states import Tally
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory.consistency import Contradiction
from mfcheck.verdict import Verdict

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Failure:
    """A cell that ended in an error instead of a finding."""

    cell: str
    message: str


@dataclass(frozen=True)
class ClaimRecord:
    """A claim with all that a run found of it; `where` says in which regimes it holds, where it names any."""

    id: str
    says: str = ""
    verdict: str = ""
    where: str = ""
    findings: tuple[Finding, ...] = ()
    errors: tuple[Failure, ...] = ()

    @property
    def gates(self) -> bool:
        """Whether its verdict counts; that of an open question never does."""
        return section_of(self.id).gates

    @property
    def decided(self) -> list[Finding]:
        """Its findings but for those that are not applicable."""
        return [finding for finding in self.findings if finding.verdict is not Verdict.NOT_APPLICABLE]

    @property
    def tally(self) -> Tally:
        """Its findings by state."""
        return tally([self])

    @property
    def standing(self) -> str:
        """Its verdict as a page shows it."""
        return standing(self.verdict, [self])


@dataclass(frozen=True)
class TheoremRecord:
    """A section of a report: a theorem, or what stands beside them, with its claims and the parts it holds in."""

    id: str
    title: str = ""
    verdict: str = ""
    says: str = ""
    claims: tuple[ClaimRecord, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def tally(self) -> Tally:
        """Its findings by state."""
        return tally(self.claims)

    @property
    def standing(self) -> str:
        """Its verdict as a page shows it."""
        return standing(self.verdict, self.claims)

    @property
    def findings(self) -> list[Finding]:
        """All findings of its claims."""
        return [finding for claim in self.claims for finding in claim.findings]


@dataclass(frozen=True)
class Twin:
    """A wrong twin of the theory: what became of it, by which claims, and why, where that needs a reason."""

    name: str
    formula: str
    status: str
    killed_by: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class File:
    """A file of a data set, with where it came from."""

    file: str
    sha256: str
    origin: str = ""
    note: str = ""


@dataclass(frozen=True)
class Dataset:
    """The images that a run looked at."""

    name: str
    norm: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Declared:
    """A refutation declared beforehand, and what became of that."""

    claim: str
    reason: str
    instead: str
    status: str
    message: str = ""


@dataclass(frozen=True)
class ChangedFormula:
    """A formula that the theory on trial changes, with the claims that saw it, those that refuted it there, and those
    that asked it at all."""

    formula: str
    status: str
    seen_by: tuple[str, ...] = ()
    refuted_by: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedVerdict:
    """A cell whose verdict is another one by the theory on trial than by the paper's."""

    claim: str
    cell: str
    paper_verdict: str
    verdict: str


@dataclass(frozen=True)
class Changes:
    """What a theory on trial changes of the paper's; `unjudged` claims need draws of their own to judge the paper's."""

    formulas: tuple[ChangedFormula, ...] = ()
    verdicts: tuple[ChangedVerdict, ...] = ()
    unjudged: tuple[str, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True)
class Separating:
    """A level of effort at which an open finding would be decided anew: its margin, its first look, and its time.

    `separates` says that the estimate is farther from that margin's edge than such an interval is wide; `same_cell`
    that the cell is the same one there.
    """

    claim: str
    cell: str
    level: str
    margin: float
    draws: int
    seconds: float
    separates: bool
    same_cell: bool


@dataclass(frozen=True)
class Report:
    """A whole run. `full` says that all of the suite ran; `changes` is None of the paper's own theory."""

    theorems: tuple[TheoremRecord, ...]
    verdict: str = Verdict.UNDECIDED.value
    schema: int = 0
    mfcheck: str = ""
    created: str = ""
    environment: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    level: str = ""
    alpha: float = 0.0
    family_error_bound: float = 0.0
    theory: str = ""
    architectures: tuple[str, ...] = ()
    dataset: Dataset = Dataset("")
    full: bool = True
    narrowed: bool = False
    twins: tuple[Twin, ...] = ()
    coverage: tuple[Covered, ...] = ()
    changes: Changes | None = None
    expectations: tuple[Declared, ...] = ()
    comparison: Comparison | None = None
    separating: tuple[Separating, ...] = ()

    @property
    def of_own_networks(self) -> bool:
        """Whether it is of architectures of one's own alone, and so tries no theory."""
        return bool(self.architectures) and not set(self.architectures) & set(ARCHITECTURES)

    @property
    def claims(self) -> list[ClaimRecord]:
        """All claims in the order of their theorems."""
        return [claim for theorem in self.theorems for claim in theorem.claims]

    @property
    def findings(self) -> list[Finding]:
        """All findings in the order of their claims."""
        return [finding for claim in self.claims for finding in claim.findings]

    @property
    def tally(self) -> Tally:
        """Its findings by state."""
        return tally(self.claims)

    @property
    def standing(self) -> str:
        """The verdict of the run as a page shows it."""
        return standing(self.verdict, self.claims)

    @property
    def unmet(self) -> list[Declared]:
        """The expected refutations that did not come about or, in a full run, that matched no finding."""
        wanted = ("unmet", "unmatched") if self.full else ("unmet",)
        return [entry for entry in self.expectations if entry.status in wanted]

    def in_state(self, *wanted: str) -> Iterator[Finding]:
        """The findings in some of the states, in their order."""
        return (finding for finding in self.findings if state_of(finding) in wanted)


def state_of(finding: Finding) -> str:
    """The verdict, or "explored", "refuted, as expected" or "granted" where one of these applies."""
    return states.state_by(
        finding.verdict.value,
        explored=not section_of(finding.claim).gates,
        expected=bool(finding.expected),
        caveat=finding.caveat,
    )


def tally(claims: Iterable[ClaimRecord]) -> Tally:
    """The findings of some claims by state, and their errors."""
    known = list(claims)
    found = Counter(state_of(finding) for claim in known for finding in claim.findings)
    return Tally(found, sum(len(claim.errors) for claim in known))


def standing(verdict: str, claims: Sequence[ClaimRecord]) -> str:
    """The verdict of a whole as a page shows it (`mfcheck.findings.states.standing_by`)."""
    gating = [claim for claim in claims if claim.gates]
    limited = all(finding.caveat for claim in gating for finding in claim.decided)
    return states.standing_by(verdict, None if claims and not gating else tally(gating), limited=limited)
