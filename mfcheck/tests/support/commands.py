"""The command `mfcheck` run in this process: its exit status and what it printed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass

from mfcheck.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def refused(self) -> bool:
        """Whether it ended as misuse does: status 4, nothing on standard output, one sentence on standard error."""
        return self.status == 4 and not self.out and self.err.startswith("mfcheck: ") and self.err.count("\n") == 1


def refusal(call: Callable[[], object]) -> str:
    """The sentence with which a call refuses what it was given; empty where it takes it."""
    try:
        call()
    except ValueError as error:
        return str(error) or "no sentence"
    return ""


def ran(*arguments: object) -> Ran:
    """Run a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Ran(status, out.getvalue(), err.getvalue())
