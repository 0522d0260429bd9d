"""`--mf-time-budget`: after a while no cell is started any more, and the run says what it has left."""

from __future__ import annotations

import re
import time
from collections.abc import Container

import pytest

from mfcheck.given import shown
from mfcheck.session.outcome import cell_of, claim_of

DEADLINE = pytest.StashKey[float]()
"""When the last cell may start, in seconds of `time.time`."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
PATTERN = re.compile("".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in UNITS), re.ASCII)


def seconds_in(text: str | None) -> float | None:
    """The seconds of a time as it is written: 90s, 10m, 1h30m; None of None.

    >>> seconds_in("1h30m"), seconds_in("0.5m")
    (5400.0, 30.0)
    """
    if text is None:
        return None
    found = PATTERN.fullmatch(text.strip().lower())
    parts = [] if found is None or len(text) > 40 else found.groups()
    total = sum(float(part) * unit for part, unit in zip(parts, UNITS.values(), strict=False) if part)
    if total <= 0:
        raise ValueError(f"time_budget must be a time such as 90s, 10m or 1h30m, above 0, got {shown(text)}")
    return total


def watch(config: pytest.Config, taken: Container[tuple[str, str]], budget: float | None) -> None:
    """Let no cell start after the budget, counted from now or as the process that has started this one counts."""
    if budget is not None:
        config.stash[DEADLINE] = getattr(config, "workerinput", {}).get("mfcheck_deadline", time.time() + budget)
        config.pluginmanager.register(StopsStarting(taken, config.stash[DEADLINE]), "mfcheck-time-budget")


class StopsStarting:
    """Registered in every process that decides, of a run with a time budget: no claim's cell starts after its end.

    Those `taken` over from an interrupted run are not started, but told again.
    """

    def __init__(self, taken: Container[tuple[str, str]], deadline: float) -> None:
        self._taken, self._deadline = taken, deadline

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        claim, cell = claim_of(item), cell_of(item)
        if claim is None or cell is None or (claim.id, cell.id) in self._taken:  # nothing is drawn
            return None
        if time.time() <= self._deadline:
            return None
        _leave(item, nextitem)
        return True


def _leave(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Tear down what the last item that ran had left for this one, and the next one does not need."""
    ends = (KeyboardInterrupt, pytest.exit.Exception)
    call = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), "teardown", ends)
    if call.excinfo is not None:
        item.ihook.pytest_runtest_logreport(report=item.ihook.pytest_runtest_makereport(item=item, call=call))
