"""The decider of a test: what it knows before the test runs, and that nobody decides once its test has ended."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from mfcheck.session import before_a_cell
from mfcheck.session.outcome import claim_of

if TYPE_CHECKING:
    from mfcheck.decisions.decide import Decider
    from mfcheck.findings.cell import Cell
    from mfcheck.session.run import Run

DECIDER: pytest.StashKey[Decider] = pytest.StashKey()


def decider_for(request: pytest.FixtureRequest, cell: Cell, run: Run) -> Decider:
    """The decider of the claim of this test in its cell, which its test and fixtures may ask until the test ends."""
    from mfcheck.decisions.decide import Decider

    claim = claim_of(request.node)
    if claim is None:
        raise ValueError(f"{request.node.nodeid} uses the fixture decide without @mfcheck.claim")
    file = os.path.relpath(request.node.path, request.config.invocation_params.dir)
    test = f"{file}::{request.node.nodeid.partition('::')[2]}"
    reproduce = f"pytest {shlex.quote(test)} {run.as_options}"
    findings = run.done.get((claim.id, cell.id), [])
    before_a_cell.check(request.config, claim, cell, None if findings else run.settings)
    decider = Decider(claim, cell, run.settings, run.theory, run.store, reproduce, list(findings))
    if cell.inapplicable and not findings:
        decider.does_not_apply(cell.inapplicable)
    decider.settled = bool(decider.findings)
    request.node.stash[DECIDER] = decider
    return decider


class AlreadyDecided:
    """A cell that is settled before its test runs, taken over or since its claim does not apply, is not run."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        decider = pyfuncitem.stash.get(DECIDER, None)
        return True if claim_of(pyfuncitem) and decider is not None and decider.settled else None
