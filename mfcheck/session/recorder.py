"""The findings of a run so far, written one by one as they come, and as a report at the end."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mfcheck.findings.expected import Expectation
from mfcheck.findings.files import COMPARISON, JOURNAL, PAGES, write_atomically
from mfcheck.findings.sections import section_of
from mfcheck.findings.states import MISSING, NOTHING
from mfcheck.session.journal import Plain, cell_of, lines_of
from mfcheck.session.resume import discard_run, write_run
from mfcheck.session.whole_record import decides, failures, whole_record
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from mfcheck.findings.snapshot import Snapshot

Place = tuple[str, str]


class Recorder:
    """Keeps the findings of a run by cell, each cell's last attempt, and writes the pages at the end.

    The report folder stays as it is until something is decided. From then on findings.jsonl holds all findings so far,
    those `taken` over from the interrupted `run` included, and run.json the run's `identity`.
    """

    def __init__(
        self,
        settings: Settings,
        theory: PaperTheory,
        expectations: Sequence[Expectation] = (),
        taken: Sequence[Plain] = (),
        identity: Plain | None = None,
        run: str = "",
        codes: Mapping[str, str] | None = None,
    ) -> None:
        self.settings, self.folder = settings, settings.report
        self._theory, self._expectations, self._identity = theory, expectations, identity
        self._run, self._codes = run or uuid.uuid4().hex, codes or {}
        self.report: dict[str, Any] | None = None
        self._found: dict[Place, list[Plain]] = {}
        self._errors: dict[tuple[str, str, str], tuple[dict[str, str], dict[str, str]]] = {}
        self._journal: dict[Place, list[Plain]] = {}
        self._torn = False
        """Whether findings.jsonl may end in half a finding, or lack some."""
        self._signed = bool(taken)
        """Whether run.json says whose findings these are, as that of an interrupted run does."""
        for finding in taken:
            self._journal.setdefault(cell_of(finding), []).append(finding)
        self.begun = False
        """Whether anything was decided, so that the report folder is this run's."""
        self.written = self.decided_nothing = False
        self.unwritten = ""
        """What of the report folder could not be written, in one sentence."""

    @property
    def kept(self) -> int:
        """How many findings stand in findings.jsonl; none where it could not be written to its end."""
        return self._count if self.begun and not self._torn else 0

    @property
    def _count(self) -> int:
        return sum(map(len, self._journal.values()))

    @property
    def errors(self) -> int:
        """How many cells ended without a verdict."""
        return len(self._errors)

    def attempt(self, place: Place, process: str = "") -> None:
        """Note that a cell is tried, perhaps once more: what earlier attempts at it came to counts no longer."""
        self._errors.pop((*place, process), None)
        if self._found.pop(place, None) is not None and self._journal.pop(place, None) is not None and self.begun:
            self._write_journal()

    def add(self, *findings: Plain) -> None:
        """Take all findings of one cell, in one piece so that a kill hardly ever parts them."""
        place = cell_of(findings[0])
        known = self._journal.get(place)
        self._found[place] = self._journal[place] = list(findings)
        if not self.begun:
            if any(finding["verdict"] != Verdict.NOT_APPLICABLE for finding in findings):
                self._begin()
        elif known is None and not self._torn:
            self._torn = True
            lines = lines_of([findings], self._run, self._count - len(findings) + 1)
            with self._keeping():
                with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
                    journal.write(lines)
                self._torn = False
        elif known != list(findings):
            self._write_journal()

    def add_error(self, claim: Mapping[str, str], cell: str, message: str, process: str = "") -> None:
        """Take a cell that ended without a verdict."""
        entry = {"id": claim["id"], "says": claim["says"]}, {"cell": cell, "message": message}
        self._errors[claim["id"], cell, process] = entry

    def finish(
        self,
        *,
        full: bool,
        narrowed: bool = False,
        selection: Sequence[str] = (),
        baseline: Snapshot | None = None,
        selected: Iterable[Mapping[str, str]] = (),
        left: int = 0,
    ) -> list[str]:
        """Assemble the report and write its pages, each atomically; every reason for which the run fails.

        `narrowed` says that claims or cells were left out, by the `selection`; `baseline` is the older run to compare
        with; `selected` are the claims and cells that were to be decided, of which none may be without a verdict;
        claims without any cell have an empty one. So many more were `left` for another time. A run that decided nothing
        writes its pages only where they replace none.
        """
        self.mend()
        ended = {(id, cell) for id, cell, _ in self._errors} | self._found.keys()
        asked = [(one, (one["id"], one["cell"])) for one in selected]
        for one, place in asked:
            if place[1] and place not in ended:
                self.add_error(one, one["cell"], MISSING)
        gating = [place for _, place in asked if section_of(place[0]).gates]
        findings = [finding for found in self._found.values() for finding in found]
        self.report = whole_record(
            self.settings,
            self._theory,
            findings,
            list(self._errors.values()),
            self._expectations,
            full=full,
            narrowed=narrowed,
            selection=selection,
            codes=self._codes,
        )
        regressions = [] if baseline is None else self._compare(self.report, baseline)
        self.written = self.begun or not (self.folder / PAGES[0]).exists()
        if self.written:
            with self._keeping():
                self._write_pages(self.report)
            self.written = not self.unwritten
        self.decided_nothing = bool(gating or left) and not decides(findings)
        broken = [self.unwritten] if self.unwritten else []
        return [*regressions, *failures(self.report), *[NOTHING] * self.decided_nothing, *broken]

    def mend(self) -> None:
        """Write once more what an error or an interrupt kept from being written whole."""
        if self.begun and self._torn:
            self._write_journal()

    def withdraw(self) -> None:
        """Take back the pages of a report that was not written to its end."""
        self.report, self.written = None, False
        if self.begun:
            with self._keeping():
                self._remove_pages()

    def _begin(self) -> None:
        with self._keeping():
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._signed:  # until the journal is this run's, no run must lay claim to it
                discard_run(self.folder)
            self._remove_pages()  # those of an earlier run must not stand beside this run's findings
        self.begun = True
        self._write_journal()

    def _remove_pages(self) -> None:
        for page in (*PAGES, COMPARISON):
            (self.folder / page).unlink(missing_ok=True)

    def _write_journal(self) -> None:
        """Write all findings so far, and whose they are; what could not be written before is written then too."""
        self._torn = True
        with self._keeping():
            write_atomically(self.folder / JOURNAL, lines_of(self._journal.values(), self._run))
            if self._identity is not None and not self._signed:
                write_run(self.folder, self._identity, self._run)
                self._signed = True
            self._torn, self.unwritten = False, ""

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[None]:
        """Whatever cannot be written while the run goes on is told at its end: its findings are still in memory."""
        try:
            yield
        except OSError as error:
            self.unwritten = f"{error.filename or self.folder} cannot be written ({error.strerror or error})"

    def _write_pages(self, report: dict[str, Any]) -> None:
        from mfcheck.reporting.pages import write_pages  # brings matplotlib, which no worker needs
        from mfcheck.reporting.words.comparison_text import comparison_markdown

        self.folder.mkdir(parents=True, exist_ok=True)
        if "comparison" in report:
            from mfcheck.findings.compared import as_comparison

            write_atomically(
                self.folder / COMPARISON, comparison_markdown(as_comparison(report["comparison"]), os.environ)
            )
        write_pages(self.folder, report)

    def _compare(self, report: dict[str, Any], baseline: Snapshot) -> list[str]:
        """Put the comparison with an older run into the report; what fell behind."""
        from mfcheck.findings.comparison import compare
        from mfcheck.findings.snapshot import snapshot_of

        comparison = compare(baseline, snapshot_of(report, "this run"))
        report["comparison"] = asdict(comparison)
        return [change.says for change in comparison.regressions]
