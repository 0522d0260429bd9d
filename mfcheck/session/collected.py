"""What is seen to once tests are collected and before any of them runs: what is left out, and by whom."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mfcheck.findings.claim import check_claims
from mfcheck.session import before_a_cell, options, selection
from mfcheck.session.claim_files import ClaimFiles
from mfcheck.session.claim_text import UNTOLD
from mfcheck.session.outcome import cell_of, claim_of
from mfcheck.session.refusal import REFUSAL, refuse
from mfcheck.session.settled import check_folder

if TYPE_CHECKING:
    from mfcheck.session.run import Run

Place = tuple[str, str]

SELECTED = pytest.StashKey[list[dict[str, str]]]()
"""The claims and cells that this process has collected."""
LEFT_OUT = pytest.StashKey[bool]()
"""Whether a conftest.py or a plugin has left out claims or cells, which no option of the run tells."""
CHOOSERS = ("_pytest", "mfcheck")
"""Who leaves tests out as options say."""


class Collected:
    """Registered in every process, of which those that collect look at what they have got."""

    def __init__(self, run: Callable[[], Run]) -> None:
        self._run = run
        self._chosen: set[Place] = set()
        """What was left out as options say."""
        self._lost: set[Path] = set()
        """Modules that could not be collected, which is an error of their claims."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._lost.add(Path(report.nodeid))

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if _caller().partition(".")[0] in CHOOSERS:
            self._chosen |= _places(items)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        there, passed_over = _places(items), self._passed_over(config, items)
        with _refusing(config):
            self._check_asked_for(config, items)
        result = yield
        config.stash[LEFT_OUT] = passed_over or not there <= _places(items) | self._chosen
        if there:
            with _refusing(config):
                check_taken(self._run().settings.report, self._run().done, _places(items))
                check_folder(config, self._run())
        return result

    def _check_asked_for(self, config: pytest.Config, items: Iterable[pytest.Item]) -> None:
        """Raise ValueError for what the texts of modules did not tell: claims that are not there, code not known."""
        tests = [(item.path, claim.id) for item in items if (claim := claim_of(item))]
        if not tests and not options.given_on_command_line(config):
            return
        if why := config.stash.get(REFUSAL, ""):
            raise ValueError(why)
        run, given = self._run(), ClaimFiles.of(config)
        if not self._lost:  # which may hold whatever was asked for
            check_claims(run.claims, {id for _, id in tests} | given.ids - {UNTOLD})
        if run.resumed:
            check_known(run.settings.report, {path for path, _ in tests}, given.folders)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        stash, output = session.config.stash, getattr(session.config, "workeroutput", None)
        stash[before_a_cell.DOUBLED] = before_a_cell.doubled(session.items)
        claims = [(claim, cell_of(item)) for item in session.items if (claim := claim_of(item))]
        stash[SELECTED] = [
            {"id": claim.id, "says": claim.says, "cell": cell.id if cell else ""} for claim, cell in claims
        ]
        if output is not None:
            output["mfcheck_selected"] = json.dumps(stash[SELECTED])
            output["mfcheck_left_out"] = stash.get(LEFT_OUT, False)

    def _passed_over(self, config: pytest.Config, items: Iterable[pytest.Item]) -> bool:
        """Whether no test of some module of claims was collected, though no option says so."""
        if selection.leaves_out(config):
            return False
        met = {item.path.resolve() for item in items if claim_of(item)}
        met |= {(config.rootpath / lost).resolve() for lost in self._lost}
        return not met.issuperset(file.resolve() for file in ClaimFiles.of(config).modules)


def check_taken(folder: Path, taken: Iterable[Place], selected: Collection[Place]) -> None:
    """Raise ValueError where cells taken over from an interrupted run are not selected: their findings would be lost.

    Options that choose tests are compared before; an earlier run, a conftest.py or a plugin may choose as well.
    """
    lost = [place for place in taken if place not in selected]
    if lost:
        (claim, cell), others = lost[0], f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise ValueError(
            f"the run in {folder} cannot be resumed: it has decided {claim} in {cell}{others}, which this one leaves "
            "out; ask for the same again, or start anew without --mf-resume"
        )


def check_known(folder: Path, modules: Iterable[Path], folders: Iterable[Path]) -> None:
    """Raise ValueError where claims stand in a module that was not looked at when code was compared."""
    known = {one.resolve() for one in folders}
    if unknown := next((file for file in sorted(modules) if file.resolve().parent not in known), None):
        raise ValueError(
            f"the run in {folder} cannot be resumed: whether its code is the same is unknown, since nothing in "
            f"{unknown.name} tells that it holds claims; name that file, or start anew without --mf-resume"
        )


@contextlib.contextmanager
def _refusing(config: pytest.Config) -> Iterator[None]:
    """Refuse the run for what cannot be used."""
    try:
        yield
    except ValueError as error:
        refuse(config, str(error))


def _places(items: Iterable[pytest.Item]) -> set[Place]:
    """The claims and cells that tests are for."""
    claims = [(claim, cell_of(item)) for item in items if (claim := claim_of(item))]
    return {(claim.id, cell.id if cell else "") for claim, cell in claims}


def _caller() -> str:
    """The module that has called the hook whose implementation asks this."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__ and name.partition(".")[0] != "pluggy":
            return name
        frame = frame.f_back
    return ""
