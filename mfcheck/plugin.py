"""The pytest plugin: options, fixtures and hooks; inert unless claims are collected. Imports no torch by itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any, cast

import pytest

from mfcheck.findings.claim import Claim, is_asked_for
from mfcheck.imports import calm_warnings
from mfcheck.session import gpu_trouble, options, ordering, settled
from mfcheck.session.claim_files import ClaimFiles
from mfcheck.session.collected import Collected
from mfcheck.session.controller import Controller
from mfcheck.session.deciders import DECIDER, AlreadyDecided, decider_for
from mfcheck.session.outcome import (
    COMPLAINT_PROPERTY,
    RUNS,
    announce,
    begin_attempt,
    claim_of,
    conclude,
    follow_verdicts,
)
from mfcheck.session.progress_display import StatusFile
from mfcheck.session.refusal import REFUSAL
from mfcheck.session.resources import STATUS
from mfcheck.session.time_budget import watch

if TYPE_CHECKING:
    from mfcheck.decisions.decide import Decider
    from mfcheck.findings.cell import Cell
    from mfcheck.session.run import Run

RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mfcheck", "mfcheck: claims of a theory, decided statistically")
    options.declare(group.addoption)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> Generator[None, object, object]:
    result = yield
    # By now every plugin has its options, and pytest is about to refuse what is none of them without a suggestion.
    options.check_spelling(parser.parse_known_and_unknown_args(args)[1])
    return result


def pytest_configure(config: pytest.Config) -> None:
    sent = getattr(config, "workerinput", {})
    config.stash[settled.SEED] = sent.get("mfcheck_seed", SystemRandom().randrange(2**31))
    if "mfcheck_status" in sent:
        config.stash[STATUS] = StatusFile(Path(sent["mfcheck_status"]))
    if config.option.help or config.option.version:
        return
    ahead = bool(ClaimFiles.of(config).ids)
    if ahead or options.given_on_command_line(config):
        _run(config)
    config.pluginmanager.register(AlreadyDecided(), "mfcheck-already-decided")
    config.pluginmanager.register(Collected(lambda: _run(config)), "mfcheck-collected")
    if not hasattr(config, "workerinput"):
        if ahead and getattr(config.option, "maxschedchunk", 1) is None:
            config.option.maxschedchunk = 1  # so that xdist hands out the dear cells, which come first, one by one
        controller = Controller(lambda: _run(config), ahead=ahead)
        config.pluginmanager.register(controller, "mfcheck-controller")


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None and run.workers is not None:
        run.workers.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    run = config.stash.get(RUN, None)
    if run is None:
        return []
    chosen = run.settings
    resumed = [f"mfcheck: resumed: {len(run.taken)} findings taken over"] if run.resumed else []
    return [
        f"mfcheck: {run.as_options} (alpha {chosen.alpha:g} a decision, theory {chosen.theory})",
        f"mfcheck: architectures {', '.join(chosen.architectures)}; dataset {chosen.dataset}; device {chosen.device}",
        *([f"mfcheck: draws by {run.workers}"] if run.workers else []),
        *resumed,
        *_contradicting(run),
    ]


def _contradicting(run: Run) -> list[str]:
    """The formulas of a theory on trial that do not follow from each other, told before any draw."""
    from mfcheck.theory.changes import is_papers
    from mfcheck.theory.consistency import contradictions

    tried = run.settings.papers_architectures and not is_papers(run.theory)
    found = contradictions(run.theory) if tried else ()
    names = ", ".join(dict.fromkeys(name for one in found for name in one.formulas))
    said = f"mfcheck: formulas of this theory do not follow from each other, as the report tells: {names}"
    return [said] if found else []


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    config, ahead = node.config, bool(ClaimFiles.of(node.config).ids)
    settled.hand_over(node, config.stash.get(RUN, None), lambda: _run(config), ahead=ahead)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or not ClaimFiles.of(config).ids:
        return None
    from mfcheck.ensembles.devices import auto_workers

    # Asked before pytest_configure, so before anything is validated.
    device = options.from_command_line(config).get("device") or os.environ.get(f"{options.PREFIX}DEVICE")
    return auto_workers(device or "auto")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    claim = getattr(metafunc.function, "mfcheck_claim", None)
    if not isinstance(claim, Claim):
        return
    from mfcheck.theorems.cells_of_a_run import cells_of

    try:
        settings = _run(metafunc.config).settings
    except pytest.UsageError as error:  # of the run, not of this module: said once all is collected
        metafunc.config.stash[REFUSAL] = str(error)
        metafunc.parametrize("cell", [])
        return
    try:
        with calm_warnings():
            cells = cells_of(claim, settings)
    except ValueError as error:  # such as a map that would not fit in memory
        raise pytest.UsageError(f"{claim.id}: {error}") from None
    ids = [cell.id for cell in cells]
    if len(set(ids)) != len(ids):
        raise ValueError(f"claim {claim.id} has two cells of one id among {', '.join(ids)}")
    metafunc.parametrize("cell", cells, ids=ids)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    claims = {item: claim for item in items if (claim := claim_of(item))}
    if not claims:
        return
    patterns = _run(config).claims
    dropped = []
    for item, claim in claims.items():
        announce(item, claim)
        if not is_asked_for(claim.id, patterns):
            dropped.append(item)
    run, kept = _run(config), [item for item in claims if item not in dropped]
    if run.settings.level.glance:
        dropped += ordering.glanced(kept, run)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]
    if not run.settings.level.glance and getattr(config, "workerinput", {}).get("workercount", 1) > 1:
        items[:] = ordering.dearest_first(items, run)


@pytest.fixture
def decide(request: pytest.FixtureRequest, cell: Cell) -> Decider:
    """Decides the claim of this test in its cell, under the run's theory."""
    return decider_for(request, cell, _run(request.config))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    claim = claim_of(pyfuncitem)
    if claim is None:
        return (yield)
    cell = cast("Cell", pyfuncitem.funcargs["cell"])
    status = pyfuncitem.config.stash.get(STATUS, None)
    pyfuncitem.stash[RUNS] = True
    try:
        with status.watching(claim.id, cell.id) if status else contextlib.nullcontext():
            result = yield
    except RuntimeError as error:
        gpu_trouble.end_worker(error)
        raise
    finally:
        pyfuncitem.stash[RUNS] = False
        if (decider := pyfuncitem.stash.get(DECIDER, None)) is not None:
            decider.ended = True
        gpu_trouble.give_back(_run(pyfuncitem.config).settings.device)
    if complaint := _run(pyfuncitem.config).store.complaint:
        pyfuncitem.user_properties.append((COMPLAINT_PROPERTY, complaint))
    conclude(claim, pyfuncitem, decider.findings if decider else [], _run(pyfuncitem.config).expectations)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    # Within pytest's own wrapper, which applies the filters of ini files, options and marks.
    with calm_warnings() if claim_of(item) is not None else contextlib.nullcontext():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if claim_of(item) is not None:
        begin_attempt(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if claim_of(item) is not None:
        follow_verdicts(item, report)
    return report


def _run(config: pytest.Config) -> Run:
    if RUN not in config.stash:
        from mfcheck.session.run import make_run

        settled.check_not_refused(config)
        try:
            with calm_warnings():
                config.stash[RUN] = make_run(config, fresh_seed=config.stash[settled.SEED])
        except ValueError as error:
            raise pytest.UsageError(" ".join(str(error).split())) from None
        watch(config, config.stash[RUN].done, config.stash[RUN].budget)
    return config.stash[RUN]
