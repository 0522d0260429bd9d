"""A plugin of pytest that plants one fault in the package, named in the environment: the study must find it out."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from mfcheck.tests.reliability.damaged_files import EDITS, POISONS
from mfcheck.tests.reliability.faults import Fault
from mfcheck.tests.reliability.stories import damaged, poisoned, struck

PLANT = "STRIKE_PLANT"
"""Where the environment names the fault."""


def _journal_read_as(change: Callable[[list[Any]], list[Any]]) -> None:
    """Let what an interrupted run has found come back as something else."""
    from mfcheck.session import run

    read = run.read_journal
    run.read_journal = lambda folder, name: change(read(folder, name))


def _believe_any_line() -> None:
    """Take every line of a journal as it stands, without its digest."""
    from mfcheck.session import journal

    journal._digest = lambda finding, entry: _Anything()


class _Anything(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def _believe_any_chunk() -> None:
    """Take every array that numpy can read, without its digest."""
    from mfcheck.ensembles.store import ChunkStore

    def read(self: Any, key: str, draws: int | None) -> Any:
        try:
            content = (self._directory / f"{key}.npy").read_bytes()
            return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        except (OSError, ValueError):
            return None

    ChunkStore._read = read


def _refuse_at_length() -> None:
    """Refuse to go on with a run by whatever exception comes."""
    from mfcheck.session import run

    def read(folder: object) -> None:
        raise LookupError(str(folder))

    run.read_run = read


PLANTS: dict[str, tuple[Callable[[], object], Fault]] = {
    "a resumed run takes every finding twice": (
        lambda: _journal_read_as(lambda found: [one for one in found for _ in range(2)]),
        Fault("doubled", "", struck("cell, 4, kill")),
    ),
    "a resumed run forgets the last finding of a cell": (
        lambda: _journal_read_as(lambda found: found[:-1]),
        Fault("lost", "", struck("cell, 5, kill")),
    ),
    "a line of the journal is believed without its digest": (
        _believe_any_line,
        Fault("invented", "", damaged(EDITS["another estimate"])),
    ),
    "a kept chunk is believed without its digest": (
        _believe_any_chunk,
        Fault("invented", "", poisoned(POISONS["numbers × 1.3"])),
    ),
    "what cannot be resumed ends in a traceback": (
        _refuse_at_length,
        Fault("tracebacks", "", struck("cell, 4, kill")),
    ),
}
"""What is planted, how, and the fault of a run by which it must be found out, named by what it must show."""


def pytest_configure() -> None:
    """Plant the fault."""
    if PLANT in os.environ:
        PLANTS[os.environ[PLANT]][0]()
