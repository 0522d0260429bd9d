"""The plain-Python door to an audit: the suite's claims on an architecture of one's own, as records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfcheck.architectures import inapplicable
from mfcheck.levels import level_named
from mfcheck.settings import PAPER_THEORY, Settings
from mfcheck.verdict import Cell, Claim, Finding, NotANumber, Verdict

if TYPE_CHECKING:
    from mfcheck.decider import Decider
    from mfcheck.ensembles.chunks import ChunkStore
    from mfcheck.theory import PaperTheory


@dataclass(frozen=True, eq=False)
class Report:
    """What an audit found: every finding, the cells that ended in an error, and all as plain data (report.json)."""

    findings: tuple[Finding, ...]
    errors: tuple[tuple[str, str, str], ...]
    """Claim, cell and message of every cell without a verdict."""
    record: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        """Refuted if any gating claim is, supported only if all that apply are."""
        return Verdict(self.record["verdict"])

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of every claim by its id."""
        claims = (claim for theorem in self.record["theorems"] for claim in theorem["claims"])
        return {claim["id"]: Verdict(claim["verdict"]) for claim in claims}

    def write(self, folder: Path | str) -> None:
        """Write report.json, report.md and report.html into a folder, each whole or not at all."""
        from mfcheck.reporting.html import render_html
        from mfcheck.reporting.markdown import render_markdown
        from mfcheck.reporting.record import PAGES, write_atomically

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.record, ensure_ascii=False, indent=1, allow_nan=False)
        for page, content in zip(PAGES, (text, render_markdown(self.record), render_html(self.record)), strict=True):
            write_atomically(folder / page, content)


def audit(
    factory: str | Callable[..., object],
    claims: Sequence[str] | None = None,
    level: str = "quick",
    seed: int = 0,
    *,
    theory: str = PAPER_THEORY,
    dataset: str = "digits",
    device: str = "cpu",
    alpha: float = 1e-6,
    cache: Path | None = None,
) -> Report:
    """Decide the suite's claims, or those with the given ids or globs, on one architecture, in this process.

    `factory` is package.module:factory, an entry point's name, or a function or class that can be imported by its name
    (`mfcheck.architectures` says what it may declare). The same seed gives the findings of `mfcheck audit` and of
    `pytest claims`. Raises ValueError, before any work, for what cannot be used.
    """
    from mfcheck.cli import suite_claims
    from mfcheck.ensembles.chunks import ChunkStore
    from mfcheck.options import check_claims
    from mfcheck.reporting.record import as_plain, assemble, fates

    path = factory if isinstance(factory, str) else importable(factory)
    settings = Settings(seed, level_named(level), alpha, device, dataset, theory, (path,), cache=cache)
    loaded, tests = settings.load(), suite_claims()
    check_claims(claims or (), set(tests))
    chosen = [id for id in sorted(tests) if not claims or any(fnmatchcase(id, pattern) for pattern in claims)]
    store, findings, errors = ChunkStore(cache), [], []
    for claim, cell, test in _cells(settings, [tests[id] for id in chosen]):
        decider = _decider(claim, cell, settings, loaded, store)
        try:
            if cell.inapplicable:
                decider.does_not_apply(cell.inapplicable)
            else:
                test(cell, decider)
        except (ArithmeticError, ValueError, RuntimeError, NotANumber) as error:
            errors.append((claim.id, cell.id, f"{type(error).__name__}: {error}"))
        findings += decider.findings
    plain = [as_plain(finding) for finding in findings]
    says = {claim.id: claim.says for claim, _ in tests.values()}
    broken = [({"id": id, "says": says[id]}, {"cell": cell, "message": message}) for id, cell, message in errors]
    record = assemble(settings, plain, broken)
    record |= {"full": False, "mutants": fates(loaded, plain), "expectations": []}
    return Report(tuple(findings), tuple(errors), record)


def importable(factory: Callable[..., object]) -> str:
    """The package.module:name by which a function or class can be imported; ValueError where there is none."""
    module, name = getattr(factory, "__module__", None), getattr(factory, "__qualname__", "")
    if module is None or not name.isidentifier():
        raise ValueError(f"architecture {factory!r} cannot be imported by its name; define it at the top of a module")
    return f"{module}:{name}"


def _cells(settings: Settings, tests: Sequence[tuple[Claim, Test]]) -> Iterator[tuple[Claim, Cell, Test]]:
    for claim, test in tests:
        cells = list(claim.cells(settings))
        cells += inapplicable(claim.theorem, settings.architectures, cells)
        for cell in sorted(cells, key=lambda cell: cell.id):
            yield claim, cell, test


def _decider(claim: Claim, cell: Cell, settings: Settings, theory: PaperTheory, store: ChunkStore) -> Decider:
    from mfcheck.decider import Decider

    path = settings.architectures[0]
    reproduce = f"mfcheck audit {path} --mf-claim {claim.id} --mf-seed {settings.seed} --mf-level {settings.level.name}"
    return Decider(claim, cell, settings, theory, store, reproduce)


Test = Callable[[Cell, "Decider"], None]
