"""What all processes of a run go by is settled once, before any worker starts, whether or not a text told of claims.

Where none did, a run of other people's tests must not notice: what cannot be used is then held against claims alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mfcheck.session import own_plugins
from mfcheck.session.options import DOWNLOAD, PREFIX, RESUME
from mfcheck.session.refusal import REFUSAL
from mfcheck.session.resources import STATUS
from mfcheck.session.time_budget import DEADLINE

if TYPE_CHECKING:
    from mfcheck.session.run import Run

SEED = pytest.StashKey[int]()
"""The seed of a run that is given none."""
SENT_REFUSAL, SENT_AHEAD = "mfcheck_refusal", "mfcheck_ahead"
SHARED = tuple(f"{PREFIX}{name.upper()}" for name in (RESUME, DOWNLOAD, "time_budget", "baseline"))
"""Variables that workers cannot follow each by itself; on the command line options tell of claims."""

PATIENCE = 2.0
"""Seconds in which the workers of a run have all looked at its folder, one at a time."""


def hand_over(node: Any, run: Run | None, make: Callable[[], Run], *, ahead: bool) -> None:
    """Tell a worker, before it starts, what it shares with the others; `run` is None where no text told of claims."""
    config, sent = node.config, node.workerinput
    if run is None and REFUSAL not in config.stash and any(os.environ.get(name) for name in SHARED):
        try:
            run = make()
        except pytest.UsageError as error:
            config.stash[REFUSAL] = str(error)
    sent["mfcheck_seed"] = run.settings.seed if run else config.stash[SEED]
    sent["mfcheck_taken"] = json.dumps(run.taken if run else [])
    sent[own_plugins.SENT] = own_plugins.written_out(config)
    sent[SENT_AHEAD], sent[SENT_REFUSAL] = ahead, config.stash.get(REFUSAL, "")
    if (deadline := config.stash.get(DEADLINE, None)) is not None:
        sent["mfcheck_deadline"] = deadline
    if (status := config.stash.get(STATUS, None)) is not None:
        sent["mfcheck_status"] = str(status.beside(node.gateway.id).path)


def check_not_refused(config: pytest.Config) -> None:
    """Raise pytest's error in a worker whose controller could not make out the run."""
    if why := getattr(config, "workerinput", {}).get(SENT_REFUSAL):
        raise pytest.UsageError(why)


def check_folder(config: pytest.Config, run: Run) -> None:
    """Raise ValueError in a worker whose controller knew of no claims, and did not see to the report folder yet."""
    sent = getattr(config, "workerinput", None)
    if sent is None or sent[SENT_AHEAD]:
        return
    from mfcheck.ensembles.devices import worker_index
    from mfcheck.session.folder import take
    from mfcheck.session.machines import test_processes

    if worker_index() < test_processes():  # none that comes for one that crashed, while the run has its folder
        take(run.settings.report, PATIENCE)()
