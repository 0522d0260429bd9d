"""The findings of a run so far, written one by one as they come, and as a report at the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mfcheck.findings.expected import Expectation, outcomes
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory

if TYPE_CHECKING:
    from mfcheck.findings.snapshot import Snapshot
from mfcheck.findings.files import COMPARISON, JOURNAL, PAGES, write_atomically
from mfcheck.findings.record import assemble, fates


class Recorder:
    """Keeps a run's findings, appends each to findings.jsonl as it comes, and writes the pages at the end.

    `taken` are an interrupted run's findings, which stand in findings.jsonl from the start; they too must be added.
    """

    def __init__(
        self,
        settings: Settings,
        theory: PaperTheory,
        expectations: Sequence[Expectation] = (),
        taken: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.settings, self.folder = settings, settings.report
        self._theory, self._expectations = theory, expectations
        self.report: dict[str, Any] | None = None
        self._findings: list[dict[str, Any]] = []
        self._errors: list[tuple[dict[str, str], dict[str, str]]] = []
        self.folder.mkdir(parents=True, exist_ok=True)
        for page in (*PAGES, COMPARISON):  # a page of an earlier run must not stand beside this run's findings
            (self.folder / page).unlink(missing_ok=True)
        self._journal = self.folder / JOURNAL
        self._standing = {(finding["claim"], finding["cell"]) for finding in taken}
        self.kept = len(taken)
        """How many findings stand in findings.jsonl."""
        write_atomically(self._journal, journal_lines(taken))

    def add(self, *findings: dict[str, Any]) -> None:
        """Take all findings of one cell, in one piece so that a kill hardly ever parts them."""
        self._findings.extend(findings)
        fresh = [finding for finding in findings if (finding["claim"], finding["cell"]) not in self._standing]
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(journal_lines(fresh))
        self.kept += len(fresh)

    @property
    def errors(self) -> int:
        """How many cells ended without a verdict."""
        return len(self._errors)

    def add_error(self, claim: dict[str, str], cell: str, message: str) -> None:
        """Take a cell that ended without a verdict."""
        self._errors.append((claim, {"cell": cell, "message": message}))

    def finish(self, *, full: bool, narrowed: bool = False, baseline: Snapshot | None = None) -> list[str]:
        """Assemble the report and write its pages, each atomically; what fails the run beyond its findings.

        `narrowed` says that claims or cells were left out; `baseline` is the older run to compare with.
        """
        self.report = assemble(self.settings, self._findings, self._errors)
        self.report |= {"full": full, "narrowed": narrowed}
        self.report["mutants"] = fates(self._theory, self._findings)
        self.report["theory_changes"] = theory_changes(self._theory, self._findings)
        self.report["expectations"] = outcomes(self._expectations, self._findings)
        regressions = self._compare(self.report, baseline) if baseline is not None else []
        from mfcheck.reporting.pages import write_pages  # brings matplotlib, which no worker needs

        write_pages(self.folder, self.report)
        survivors = [twin["name"] for twin in self.report["mutants"] if twin["status"] == "survived"]
        unmatched = [found["claim"] for found in self.report["expectations"] if found["status"] == "unmatched"]
        return regressions + (survivors + unmatched if full else [])

    def _compare(self, report: dict[str, Any], baseline: Snapshot) -> list[str]:
        """Put the comparison with an older run into the report and on a page of its own; what fell behind."""
        from mfcheck.findings.comparison import compare
        from mfcheck.findings.snapshot import snapshot_of
        from mfcheck.reporting.words.comparison_text import comparison_markdown

        comparison = compare(baseline, snapshot_of(report, "this run"))
        report["comparison"] = asdict(comparison)
        write_atomically(self.folder / COMPARISON, comparison_markdown(comparison))
        return [change.says for change in comparison.regressions]


def journal_lines(findings: Sequence[dict[str, Any]]) -> str:
    """Findings as lines of the journal."""
    return "".join(json.dumps(finding, ensure_ascii=False) + "\n" for finding in findings)
