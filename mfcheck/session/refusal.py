"""A run is refused in one sentence and before any draw, whichever of its processes comes upon the reason."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

REFUSAL = pytest.StashKey[str]()
"""Why claims cannot be decided, if some are there."""
REFUSED = "mfcheck_refused"
"""Under which name a worker hands the sentence over."""


def refuse(config: pytest.Config, why: str) -> NoReturn:
    """End the run with pytest's error. A worker can only end itself, and the process that started it says why.

    All workers of a run must come to it, or one of the others may begin with a test.
    """
    config.stash[REFUSAL] = why
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is None:
        raise pytest.UsageError(why)
    output[REFUSED] = why
    pytest.exit(why, returncode=pytest.ExitCode.USAGE_ERROR)


def pass_on(config: pytest.Config, output: dict[str, Any]) -> None:
    """End the run with the error that a worker has handed over, if it has."""
    if why := output.get(REFUSED):
        refuse(config, why)
