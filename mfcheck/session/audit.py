"""`mfcheck.audit`: the suite's claims on an architecture of one's own, from Python, with findings as records."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfcheck.findings.claim import check_claims, is_asked_for
from mfcheck.findings.finding import Finding
from mfcheck.findings.states import claims_of
from mfcheck.given import path_at
from mfcheck.imports import calm_warnings
from mfcheck.session import machines
from mfcheck.session.options import spelt
from mfcheck.settings import Settings, level_named
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory.loading import PAPER_THEORY
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from mfcheck.decisions.decide import Decider
    from mfcheck.decisions.suite import ClaimTest
    from mfcheck.findings.cell import Cell


@dataclass(frozen=True, eq=False)
class Report:
    """What an audit found: every finding, and all of it as plain data (report.json), errors too."""

    findings: tuple[Finding, ...]
    record: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The worst of its gating theorems': refuted if any is, supported only if all that apply are."""
        return Verdict(self.record["verdict"])

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of every claim by its id."""
        return {claim["id"]: Verdict(claim["verdict"]) for claim in claims_of(self.record)}

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Claim, cell and message of every cell without a verdict."""
        claims = claims_of(self.record)
        return [(claim["id"], error["cell"], error["message"]) for claim in claims for error in claim["errors"]]

    def write(self, folder: Path | str) -> None:
        """Write report.json, report.md and report.html into a folder, each whole or not at all."""
        from mfcheck.reporting.pages import write_pages

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_pages(folder, self.record)


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
    data_dir: str | os.PathLike[str] | None = None,
    input_shape: Sequence[int] = (),
    outputs: int | None = None,
    backend: str = "serial",
    workers: int | None = None,
    scheduler: str = "",
) -> Report:
    """Decide the suite's claims, or those with the given ids or globs, on one architecture, in this process.

    `factory` is package.module:factory, an entry point's name, or a function or class that can be imported by its name
    (`mfcheck.architectures` says what it may declare); of a constructor that takes no spec, `input_shape` and `outputs`
    are its sizes; `data_dir` is where "mnist" or "fashion-mnist" lies. The same seed gives the findings of `mfcheck
    audit`, and of `pytest claims` with the scale that its pre-flight measures. Where the pre-flight is fatal that is
    all that is found. `backend` "loky", "dask" or "ray" has draws made by so many `workers`, processes of this machine
    (all usable cores if None), or by those of a cluster whose `scheduler` has an address; they show in no finding.
    Raises ValueError, before any work, for what cannot be used.
    """
    from mfcheck.decisions.decide import Decider
    from mfcheck.decisions.suite import suite_claims
    from mfcheck.ensembles.facts import forget
    from mfcheck.ensembles.store import ChunkStore
    from mfcheck.findings.expected import declare, owners_expectations
    from mfcheck.findings.record import as_plain, codes_of
    from mfcheck.session.preflight import by_claim, preflight, with_scale
    from mfcheck.session.whole_record import whole_record
    from mfcheck.theorems.cells_of_a_run import each_cell

    forget()
    named = factory if isinstance(factory, str) else importable(factory)
    machine = machines.asked_for(backend, workers, scheduler)
    settings = Settings(
        seed,
        level_named(level),
        alpha,
        device,
        dataset,
        theory,
        (named,),
        tuple(input_shape),
        outputs,
        cache=cache,
        data_dir=None if data_dir is None else path_at(os.fsdecode(data_dir)),
    )
    (path,) = settings.architectures
    with calm_warnings():
        loaded, tests, codes = settings.load(), suite_claims(), codes_of(settings)
    expectations = owners_expectations((path,), settings.level.name)
    check_claims(claims or (), set(tests))
    chosen = [tests[id] for id in sorted(tests) if is_asked_for(id, claims or ())]
    store, findings, errors = ChunkStore(cache), [], []
    fatal = dict[str, str]()
    if path not in ARCHITECTURES:
        with calm_warnings():
            flown = preflight(path, settings, loaded, chosen)
        settings, fatal = with_scale(settings, flown), by_claim(flown)
    if fatal:  # also where the claim that says so was not asked for
        chosen = [tests[id] for id in sorted({*fatal, *(claim.id for claim, _ in chosen)})]
    # A glance looks where formulas are asked, and a pre-flight asks none.
    where = replace(settings, level=replace(settings.level, glance=False)) if fatal else settings
    with machines.opened(machine, device) as store.workers:
        for claim, test, cell in each_cell(chosen, where):
            decider = Decider(claim, cell, settings, loaded, store, _command(claim.id, settings))
            try:
                _decide(test, cell, decider, fatal.get(claim.id, ""), next(iter(fatal.values()), ""))
            except (ArithmeticError, ValueError, RuntimeError) as error:
                message = f"{type(error).__name__}: {error}"
                errors.append(({"id": claim.id, "says": claim.says}, {"cell": cell.id, "message": message}))
            findings += decider.findings
    if store.complaint:
        warnings.warn(store.complaint, stacklevel=2)
    findings = [declare(finding, expectations)[0] for finding in findings]
    plain, narrowed = [as_plain(finding) for finding in findings], bool(claims or fatal or settings.level.glance)
    record = whole_record(
        settings,
        loaded,
        plain,
        errors,
        expectations,
        full=False,
        narrowed=narrowed,
        selection=() if fatal or settings.level.glance else sorted(claims or ()),
        codes=codes,
    )
    return Report(tuple(findings), record)


def _decide(test: ClaimTest, cell: Cell, decider: Decider, fatal: str, stopped: str) -> None:
    """Have a claim decided in a cell, by the pre-flight where that is fatal to it, unless it stopped the audit."""
    if cell.inapplicable:
        decider.does_not_apply(cell.inapplicable)
    elif fatal:
        decider.fact(fatal, name="pre-flight")
    elif stopped:
        decider.does_not_apply(f"the pre-flight stopped the audit: {stopped}")
    else:
        with calm_warnings():
            test(cell, decider)


def _command(claim: str, settings: Settings) -> str:
    """The command that finds the same of one claim: with what is not as `mfcheck audit` would take it by itself."""
    usual = Settings(settings.seed, settings.level)
    texts = {"claim": claim, "seed": str(settings.seed), "level": settings.level.title, "device": settings.device}
    texts |= {
        name: str(getattr(settings, name))
        for name in ("alpha", "dataset", "data_dir", "theory", "outputs")
        if getattr(settings, name) != getattr(usual, name)
    }
    if settings.input_shape:
        texts["input"] = "x".join(map(str, settings.input_shape))
    options = (f"{spelt(name)} {shlex.quote(text)}" for name, text in texts.items())
    return " ".join(("mfcheck audit", *map(shlex.quote, settings.architectures), *options))


def importable(factory: Callable[..., object]) -> str:
    """The package.module:name by which a function or class can be imported; ValueError where there is none."""
    module, name = getattr(factory, "__module__", None), getattr(factory, "__qualname__", "")
    if module is None or not name.isidentifier():
        raise ValueError(f"architecture {factory!r} cannot be imported by its name; define it at the top of a module")
    if _is_it(getattr(sys.modules.get(module), name, None), factory):
        return f"{module}:{name}"
    # functools.wraps, say, gives it the name of another, and of another module perhaps.
    for home in dict.fromkeys((getattr(factory, "__globals__", {}).get("__name__", module), module)):
        members = vars(sys.modules[home]) if home in sys.modules else {}
        if own := next((own for own, member in members.items() if member is factory), ""):
            return f"{home}:{own}"
    raise ValueError(
        f"architecture {factory!r} is another object than its module has by its name: import it anew, define it at the "
        "top of a module, or give package.module:factory"
    )


def _is_it(found: object, factory: object) -> bool:
    """Whether a module has a factory, or the same code under its name, as after it was loaded anew."""
    code = getattr(factory, "__code__", None) if getattr(factory, "__closure__", None) is None else None
    return found is factory or (code is not None and getattr(found, "__code__", None) is code)
