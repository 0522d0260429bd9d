"""The record of a run: findings as plain values, collected on the controller and written at the end."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import json
import math
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mfcheck
from mfcheck.datasets import NORM, open_dataset
from mfcheck.expectations import Expectation, outcomes
from mfcheck.reporting import words
from mfcheck.reporting.changes_record import theory_changes
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory
from mfcheck.theory.twins import twins
from mfcheck.verdict import OPEN, Finding, Verdict, combine

if TYPE_CHECKING:
    from mfcheck.snapshot import Snapshot

SCHEMA = 1
TITLES = {
    "preflight": "Pre-flight — is a network what it is declared to be?",
    "thm4.1": "Theorem 4.1 — law of the network",
    "thm5.1": "Theorem 5.1 — bound on the adversarial loss",
    "thm5.3": "Theorem 5.3 — standard training",
    "thm5.4": "Theorem 5.4 — weight variance under adversarial training",
    "thmG.9": "Theorem G.9 — residual networks",
    "thm5.7": "Theorem 5.7 — vanilla networks become untrainable",
    "thm5.8": "Theorem 5.8 — residual networks stay trainable",
    "thm5.9": "Theorem 5.9 — capacity",
    "assumption": "Assumptions of the theory",
    "break": "Break conditions — what must fail",
    OPEN: "Open questions — explored, never gating",
}
PAGES = ("report.json", "report.md", "report.html")
JOURNAL = "findings.jsonl"
COMPARISON = "comparison.md"
PACKAGES = ("torch", "numpy", "scipy", "pytest")


def as_plain(finding: Finding) -> dict[str, Any]:
    """A finding in JSON's own types; numbers of a decision that was not made become None."""
    plain = _plain(asdict(finding))
    assert isinstance(plain, dict)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, Verdict):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None


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
        write_atomically(self._journal, _lines(taken))

    def add(self, *findings: dict[str, Any]) -> None:
        """Take all findings of one cell, in one piece so that a kill hardly ever parts them."""
        self._findings.extend(findings)
        fresh = [finding for finding in findings if (finding["claim"], finding["cell"]) not in self._standing]
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(_lines(fresh))
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
        write_pages(self.folder, self.report)
        survivors = [twin["name"] for twin in self.report["mutants"] if twin["status"] == "survived"]
        unmatched = [found["claim"] for found in self.report["expectations"] if found["status"] == "unmatched"]
        return regressions + (survivors + unmatched if full else [])

    def _compare(self, report: dict[str, Any], baseline: Snapshot) -> list[str]:
        """Put the comparison with an older run into the report and on a page of its own; what fell behind."""
        from mfcheck.comparison import compare
        from mfcheck.reporting.comparison_text import comparison_markdown
        from mfcheck.snapshot import snapshot_of

        comparison = compare(baseline, snapshot_of(report, "this run"))
        report["comparison"] = asdict(comparison)
        write_atomically(self.folder / COMPARISON, comparison_markdown(comparison))
        return [change.says for change in comparison.regressions]


def assemble(
    settings: Settings,
    findings: Sequence[dict[str, Any]],
    errors: Sequence[tuple[dict[str, str], dict[str, str]]],
) -> dict[str, Any]:
    """The whole report as plain data (report.json), findings in the order of theorem, claim and cell."""
    claims: dict[str, dict[str, Any]] = {}
    for finding in sorted(findings, key=lambda finding: (finding["claim"], finding["cell"])):
        entry = claims.setdefault(finding["claim"], _empty(finding["claim"], finding["says"]))
        explored = {} if words.gates(entry) else {"explored": True}
        entry["findings"].append({k: v for k, v in finding.items() if k not in ("claim", "says")} | explored)
    for claim, error in sorted(errors, key=lambda pair: (pair[0]["id"], pair[1]["cell"], pair[1]["message"])):
        claims.setdefault(claim["id"], _empty(claim["id"], claim["says"]))["errors"].append(error)
    for entry in claims.values():
        # A cell without a verdict leaves its claim open, whatever the other cells say, short of a refutation.
        open_cells = [Verdict.UNDECIDED] if entry["errors"] else []
        entry["verdict"] = combine([Verdict(f["verdict"]) for f in entry["findings"]] + open_cells).value
    theorems: dict[str, dict[str, Any]] = {}
    places = {section: place for place, section in enumerate(TITLES)}
    for id in sorted(claims, key=lambda id: (places.get(id.split("/")[0], len(places)), id)):
        section = id.split("/")[0]
        theorem = theorems.setdefault(section, {"id": section, "title": TITLES.get(section, section), "claims": []})
        theorem["claims"].append(claims[id])
    for theorem in theorems.values():
        theorem["verdict"] = combine(Verdict(claim["verdict"]) for claim in theorem["claims"]).value
    return {
        "schema": SCHEMA,
        "mfcheck": mfcheck.__version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "environment": environment(),
        "seed": settings.seed,
        "level": settings.level.name,
        "alpha": settings.alpha,
        "family_error_bound": math.fsum(finding["alpha"] for finding in findings),
        "theory": settings.theory,
        "architectures": list(settings.architectures),
        "dataset": inputs_of(settings, findings),
        "verdict": combine(Verdict(theorem["verdict"]) for id, theorem in theorems.items() if id != OPEN).value,
        "theorems": list(theorems.values()),
    }


def fates(theory: PaperTheory, findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of every wrong twin of the theory: killed and by which claims, survived, equivalent or untested."""
    seen = {name for finding in findings for name in finding["twins_seen"]}
    found = []
    for twin in twins(theory):
        killers = sorted({finding["claim"] for finding in findings if twin.name in finding["twins_refuted"]})
        tested = "killed" if killers else "survived" if twin.name in seen else "untested"
        status = "equivalent" if twin.equivalent else tested
        reason = {"equivalent": twin.equivalent, "untested": "no claim that ran looks at this formula"}.get(status, "")
        fate = {"name": twin.name, "formula": twin.formula, "status": status, "killed_by": killers, "reason": reason}
        found.append(fate)
    return found


def inputs_of(settings: Settings, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The data sets of a run and its findings: names, the norm of inputs, and the files read with their checksums."""
    looked_at = (str(finding["parameters"].get("dataset", settings.dataset)) for finding in findings)
    names = list(dict.fromkeys([settings.dataset, *sorted(looked_at)]))
    sets = [open_dataset(name, settings.data_dir) for name in names]
    files = [asdict(file) for found in sets if found for file in found.provenance]
    return {"name": " and ".join(names), "norm": NORM, "files": files}


def environment() -> dict[str, Any]:
    """What the run ran on."""
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    machine = {"platform": platform.platform(), "cores": os.cpu_count() or 0, "float32_matmul": "ieee (no TF32)"}
    return {"python": platform.python_version(), **versions, **machine}


def write_pages(folder: Path, report: dict[str, Any]) -> None:
    """Write report.json, report.md and report.html into a folder, each atomically."""
    from mfcheck.reporting.html import render_html
    from mfcheck.reporting.markdown import render_markdown

    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    for page, content in zip(PAGES, (text, render_markdown(report), render_html(report)), strict=True):
        write_atomically(folder / page, content)


def write_atomically(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _lines(findings: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(finding, ensure_ascii=False) + "\n" for finding in findings)


def _empty(id: str, says: str) -> dict[str, Any]:
    return {"id": id, "says": says, "verdict": "", "findings": [], "errors": []}
