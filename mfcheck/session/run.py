"""What one process of a run works with: settings, theory, store of draws, and findings of an interrupted run."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfcheck.ensembles import devices
from mfcheck.ensembles.facts import forget
from mfcheck.findings.claim import check_claims
from mfcheck.findings.expected import Expectation, owners_expectations, read_expectations
from mfcheck.findings.record import codes_of
from mfcheck.findings.snapshot import Snapshot, check_comparable, read_snapshot
from mfcheck.given import check_text, names_in, path_at
from mfcheck.imports import offer_folder
from mfcheck.session import machines, options, own_plugins, selection, time_budget
from mfcheck.session.claim_files import ClaimFiles
from mfcheck.session.folder import check_names
from mfcheck.session.resume import NAME, by_cell, check_same, identity, read_journal, read_run
from mfcheck.settings import Settings, settings_from
from mfcheck.theory import PaperTheory

if TYPE_CHECKING:
    import pytest

    from mfcheck.ensembles.store import ChunkStore
    from mfcheck.ensembles.workers import Workers
    from mfcheck.findings.finding import Finding


@dataclass(eq=False)
class Run:
    """What this process needs to decide claims; `as_options` repeats the run on a command line."""

    settings: Settings
    theory: PaperTheory
    claims: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    as_options: str
    identity: dict[str, Any]
    """What a run that goes on with this one must be asked for too."""
    resumed: bool = False
    taken: Sequence[dict[str, Any]] = ()
    """Findings of the interrupted run that this one goes on with."""
    name: str = ""
    """By which the journal of an interrupted run knows the run; empty of a new one."""
    complaint: str = ""
    """What the run does without, in a sentence."""
    baseline: Snapshot | None = None
    """The older run that this one must not fall behind."""
    workers: Workers | None = None
    """The processes that draw; None where this one does."""
    budget: float | None = None
    """Seconds after which no cell is started."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """What tells the code of the theory and of each architecture, as it was loaded, from that of another."""

    @cached_property
    def done(self) -> Mapping[tuple[str, str], list[Finding]]:
        """Those findings by claim and cell: what is not to be run again."""
        return by_cell(self.taken)

    @cached_property
    def store(self) -> ChunkStore:
        from mfcheck.ensembles.store import ChunkStore

        return ChunkStore(self.settings.cache, workers=self.workers)


def make_run(config: pytest.Config, *, fresh_seed: int) -> Run:
    """Read and check everything the run was given; ValueError, before any work, for what cannot be used."""
    forget()
    texts = {**options.from_environment(os.environ), **options.from_command_line(config)}
    for name, text in texts.items():
        check_text(options.spelt(name), text)
    patterns = names_in("claim", texts.pop("claim")) if "claim" in texts else ()
    given = ClaimFiles.of(config)
    for file in given.modules:
        check_text("the name of a claim file", str(file))
    if given.tell_all:
        check_claims(patterns, given.ids)
    files = selection.suite_expectations(given)
    if "expected" in texts:
        files.append(path_at(texts["expected"]))
    sent: dict[str, str] | None = getattr(config, "workerinput", None)
    if sent is not None:
        texts.pop(options.DOWNLOAD, "")  # the controller has downloaded before it starts workers
    resumed = bool(texts.pop(options.RESUME, ""))
    older = texts.pop("baseline", None)
    budget = time_budget.seconds_in(texts.pop("time_budget", None))
    machine = machines.chosen({name: texts.pop(name) for name in machines.OPTIONS if name in texts})
    cache, complaint = (None, "") if texts.pop(options.NO_CACHE, "") else _cache_folder(config)
    offer_folder(str(config.invocation_params.dir))
    settings = settings_from(texts, fresh_seed=fresh_seed, cache=cache)
    baseline = _baseline(path_at(older), settings) if older is not None and sent is None else None
    expectations = read_expectations(files, settings.level.name, settings.theory)
    theory = settings.load()
    codes = codes_of(settings) if sent is None else {}
    expectations += owners_expectations(settings.architectures, settings.level.name)
    devices.check_device(settings.device)
    left: dict[str, Any] = {}
    if resumed and sent is None:
        check_names(settings.report)
        left = read_run(settings.report)
    if left and "seed" not in texts:
        settings = replace(settings, seed=left["seed"])
    tests = selection.selected_tests(config)
    suite = [*selection.suite_code(given, config.rootpath), *own_plugins.own_files(config), *files]
    own_options = own_plugins.asked_of_them(config)
    asked = identity(settings, patterns, tests, own_options, suite) if sent is None else {}
    taken = json.loads(sent["mfcheck_taken"]) if sent is not None else []
    if left:
        check_same(settings.report, left, asked)
        taken = read_journal(settings.report, left[NAME])
    if not _leaves_work_to_workers(config):
        settings = replace(settings, device=devices.resolve_device(settings.device))
    workers = machines.open_workers(machine, settings.device, only_asks=_leaves_work_to_workers(config))
    shown = {"seed": str(settings.seed), "level": settings.level.title}
    shown |= {name: text for name, text in texts.items() if name not in ("seed", "level", "report", options.DOWNLOAD)}
    said = [f"{options.spelt(name)} {shlex.quote(text)}" for name, text in shown.items()]
    as_options = " ".join([*said, *filter(None, [own_plugins.written_out(config)])])
    return Run(
        settings=settings,
        theory=theory,
        claims=patterns,
        expectations=expectations,
        as_options=as_options,
        identity=asked,
        resumed=resumed,
        taken=taken,
        name=left.get(NAME, ""),
        complaint=complaint,
        baseline=baseline,
        workers=workers,
        budget=budget,
        codes=codes,
    )


def _baseline(file: Path, settings: Settings) -> Snapshot:
    found, level = read_snapshot(file), settings.level.title
    check_comparable(found, "this run", level=level, dataset=settings.dataset, architectures=settings.architectures)
    return found


def _cache_folder(config: pytest.Config) -> tuple[Path | None, str]:
    """Where draws are kept, or why they are not."""
    cache = getattr(config, "cache", None)
    if cache is None:
        return None, ""
    try:
        folder = Path(cache.mkdir("mfcheck"))
        with tempfile.TemporaryFile(dir=folder):
            return folder, ""
    except OSError as error:
        where, reason = error.filename or "pytest's cache folder", error.strerror or error
        return None, f"draws are not kept: {where} cannot be written ({reason})"


def _leaves_work_to_workers(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("dsession")
