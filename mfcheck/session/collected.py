"""What is seen to once tests are collected and before any of them runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mfcheck.session.outcome import cell_of, claim_of
from mfcheck.session.refusal import refuse

if TYPE_CHECKING:
    from mfcheck.session.run import Run

Place = tuple[str, str]


class Collected:
    """Registered in every process, of which those that collect look at what they have got."""

    def __init__(self, run: Callable[[], Run]) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        there = _places(items)
        result = yield
        if there:
            try:
                check_taken(self._run().settings.report, self._run().done, _places(items))
            except ValueError as error:
                refuse(config, str(error))
        return result


def check_taken(folder: Path, taken: Iterable[Place], selected: Collection[Place]) -> None:
    """Raise ValueError where cells taken over from an interrupted run are not selected: their findings would be lost.

    Options that choose tests are compared before; an earlier run, a conftest.py or a plugin may choose as well.
    """
    lost = [place for place in taken if place not in selected]
    if lost:
        (claim, cell), others = lost[0], f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise ValueError(
            f"the run in {folder} cannot be resumed: it has decided {claim} in {cell}{others}, which this one leaves out; "
            "ask for the same again, or start anew without --mf-resume"
        )


def _places(items: Iterable[pytest.Item]) -> set[Place]:
    """The claims and cells that tests are for."""
    claims = [(claim, cell_of(item)) for item in items if (claim := claim_of(item))]
    return {(claim.id, cell.id if cell else "") for claim, cell in claims}
