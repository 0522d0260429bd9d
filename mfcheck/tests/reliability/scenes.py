"""A folder in which something befalls a run, all runs that were tried in it, and what became of the findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mfcheck.tests.reliability import strikes
from mfcheck.tests.reliability.comparison import NONE, Finding, Tally, failed_in_report, held, in_journal, in_report
from mfcheck.tests.reliability.runs import Ended, Run, run

SEED = ("--mf-seed", "7")
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Whole:
    """The run that nothing befalls: what it is asked for, its exit status and its findings."""

    arguments: tuple[str, ...]
    lay: Callable[[Path], None]
    status: int
    findings: tuple[Finding, ...]
    folder: Path

    @property
    def cache(self) -> Path:
        """The draws that it kept."""
        return _cache(self.folder)

    @property
    def killed(self) -> Path:
        """A folder in which the same run was killed, once it is there."""
        return self.folder.with_name(f"{self.folder.name}-killed")


@dataclass
class Scene:
    """A folder in which something befalls a run, and all runs that were tried in it."""

    folder: Path
    whole: Whole
    environment: Mapping[str, str] = field(default_factory=dict)
    ended: list[Ended] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)
    """What is wrong besides findings, in sentences."""
    before: Tally = NONE
    """What pages said that were left before the run was gone on with."""

    @property
    def reports(self) -> Path:
        """The report folder."""
        return self.folder / "reports"

    @property
    def cache(self) -> Path:
        """Where draws are kept."""
        return _cache(self.folder)

    def start(self, *arguments: str, strike: str = "", mark: str = "struck") -> Run:
        """Start a run that is perhaps struck."""
        struck = {strikes.STRIKE: strike, strikes.MARK: str(self.folder / mark)} if strike else {}
        plugins = ["mfcheck.tests.reliability.strikes"] * bool(strike) + ["mfcheck.tests.reliability.plants"] * bool(
            self.environment
        )
        environment = {**self.environment, **struck, "PYTEST_PLUGINS": ",".join(plugins)}
        return Run(self.folder, *self.whole.arguments, *arguments, environment=environment)

    def end(self, started: Run) -> Ended:
        """Wait for the end of a run."""
        ended = started.end()
        self.ended.append(ended)
        return ended

    def try_run(self, *arguments: str, strike: str = "", mark: str = "struck") -> Ended:
        """A run from its beginning to its end; one that was to be struck must have been."""
        ended = self.end(self.start(*arguments, strike=strike, mark=mark))
        for file, blow in strikes.marks(strike, mark).items() if strike else ():
            if not (self.folder / file).exists():
                self.amiss.append(f"it was never struck at {blow}")
        return ended

    def look(self) -> None:
        """Hold a report that lies there already against the whole run, but for cells that it names as failed."""
        if (self.reports / "report.json").exists():
            failed = failed_in_report(self.reports / "report.json")
            due = [one for one in self.whole.findings if (one["claim"], one["cell"]) not in failed]
            self.before += held(due, in_report(self.reports / "report.json"))

    def go_on(self, *arguments: str) -> None:
        """Go on until the run ends as the whole one: with --mf-resume, or where that is refused, from its beginning."""
        for _ in range(MOST_ATTEMPTS):
            ended = self.try_run(*arguments, "--mf-resume")
            if ended.refused:
                ended = self.try_run(*arguments, *SEED)
            if ended.status == self.whole.status and (self.reports / "report.json").exists():
                return
        self.amiss.append("it never came to its end")

    def outcome(self) -> Outcome:
        """What became of the findings, and what else was wrong."""
        wrong = list(self.amiss)
        for place, ended in enumerate(self.ended, start=1):
            if ended.status is None:
                wrong.append(f"run {place} hung")
            if ended.status == 3 or (ended.status == 4 and not ended.refused):
                wrong.append(f"run {place} ended with status {ended.status}: {ended.said[-600:]}")
        if self.ended[-1].status != self.whole.status:
            wrong.append(f"the last run ended with status {self.ended[-1].status}")
        tally = self.before
        for name, read in (("report.json", in_report), ("findings.jsonl", in_journal)):
            try:
                tally += held(self.whole.findings, read(self.reports / name))
            except (OSError, ValueError) as error:
                wrong.append(f"{name} cannot be read: {error}")
                tally += Tally(lost=len(self.whole.findings))
        return Outcome(tally, sum(ended.tracebacks for ended in self.ended), tuple(wrong))


@dataclass(frozen=True)
class Outcome:
    """What became of a run's findings, how many tracebacks the user saw, and what else was wrong, in sentences."""

    tally: Tally
    tracebacks: int
    amiss: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether all is as if nothing had happened."""
        return self.tally == Tally() and not self.tracebacks and not self.amiss


def whole_run(folder: Path, arguments: tuple[str, ...], lay: Callable[[Path], None]) -> Whole:
    """The run that nothing befalls."""
    lay(folder)
    ended = run(folder, *arguments, *SEED)
    if ended.status not in (0, 1):
        raise RuntimeError(f"the run that nothing befalls ended with status {ended.status}:\n{ended.said}")
    findings = in_report(folder / "reports" / "report.json")
    return Whole(arguments, lay, ended.status, tuple(findings), folder)


def _cache(folder: Path) -> Path:
    return folder / ".pytest_cache" / "d" / "mfcheck"
