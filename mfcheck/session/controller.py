"""What the main process of a pytest run does: collect findings, show progress, write the report."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mfcheck.findings.claim import is_asked_for
from mfcheck.session import selection
from mfcheck.session.claim_files import ids_in
from mfcheck.session.collected import LEFT_OUT, SELECTED
from mfcheck.session.outcome import CLAIM_PROPERTY, COMPLAINT_PROPERTY, FINDING_PROPERTY
from mfcheck.session.refusal import REFUSAL, pass_on
from mfcheck.session.resources import STATUS, Resources
from mfcheck.session.time_budget import DEADLINE
from mfcheck.spec import ARCHITECTURES

if TYPE_CHECKING:
    from mfcheck.session.recorder import Recorder
    from mfcheck.session.run import Run

UNCOLLECTED = "run/uncollected-module"
"""In place of a claim whose id the text of its module does not tell."""
BROKEN_OFF = "the run was broken off before all that it was asked for was decided"


class Controller:
    """Registered on the process that the user started, xdist's controller or the only one; idle without claims."""

    def __init__(self, run: Callable[[], Run], *, ahead: bool) -> None:
        self._run, self._ahead = run, ahead
        self._recorder: Recorder | None = None
        self._claims: dict[str, dict[str, str]] = {}
        self._selected: list[dict[str, str]] = []
        self._lost: list[dict[str, str]] = []
        """Claims whose modules were not collected."""
        self._tried: set[tuple[str, str]] = set()
        self._left = 0
        self._left_out = False  # by what no option tells, in a worker
        self._root = Path()
        self._resources = Resources()
        self._interrupted = False
        self._complaint = ""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if CLAIM_PROPERTY in properties:
            self._claims[_function(report)] = json.loads(str(properties[CLAIM_PROPERTY]))
        # A crashed worker's report has no properties: its test is known by the cells that came before it.
        claim = self._claims.get(_function(report))
        if claim is None and not (self._recorder and str(report.when) == "???"):
            return
        if COMPLAINT_PROPERTY in properties:
            self._complaint = str(properties[COMPLAINT_PROPERTY])
        process = str(getattr(getattr(report, "node", None), "gateway", ""))
        cell = claim["cell"] if claim and CLAIM_PROPERTY in properties else _cell(report)
        findings = [json.loads(str(value)) for name, value in report.user_properties if name == FINDING_PROPERTY]
        if report.when == "setup" and claim is not None:
            self._tried.add((claim["id"], cell))
            self._record().attempt((claim["id"], cell), process)
        if report.when == "call" and findings:
            self._record().add(*findings)
        elif report.failed:
            crashed = {"id": "run/crashed-worker", "says": "Every test runs to its end."}
            self._record().add_error(claim or crashed, cell, _message(report), process)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._root = session.config.rootpath
        if self._ahead:
            self._begin(session)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if not self._ahead and session.config.stash.get(SELECTED, []) and REFUSAL not in session.config.stash:
            self._begin(session)

    def _begin(self, session: pytest.Session) -> None:
        """Take what a run needs before any work."""
        if session.config.option.collectonly:
            return
        report = self._run().settings.report
        self._resources.take_folder(report)
        self._resources.interrupt_on_termination()
        if session.config.getoption("verbose", 0) > -2:
            self._resources.show_progress(session.config, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that skips itself, or cannot be imported, takes its claims with it: they were asked for."""
        file = self._root / report.nodeid
        if report.passed or not file.is_file():
            return
        says = f"Its module {'was skipped' if report.skipped else 'could not be collected'}."
        for id in sorted(ids_in(file)):
            named = {"id": id, "says": says, "cell": "all cells"}
            self._lost.append(named if id else {"id": UNCOLLECTED, "says": says, "cell": report.nodeid})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        try:
            failing = self._finish(session, exitstatus)
        except KeyboardInterrupt:
            self._break_off(session)
            failing = []
        try:
            yield
        except KeyboardInterrupt:
            self._cut_short(session)
        # After all other plugins: the status follows the verdicts, whatever they make of it.
        if failing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _finish(self, session: pytest.Session, exitstatus: int) -> list[str]:
        """Write the report of a run that was not broken off; why the run fails."""
        self._resources.stop_progress()
        if REFUSAL in session.config.stash:
            return []
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        ended = ended and not (session.shouldfail or session.shouldstop or session.config.option.collectonly)
        selected = self._started(session.config, [*session.config.stash.get(SELECTED, []), *self._selected])
        selected = [*self._wanted(selected), *self._asked_and_lost()]
        if ended and (selected or self._left or session.config.getoption("mf_baseline")):
            self._record()  # claims that left no trace, or a baseline of which all is lost
        if self._recorder is None:
            return []
        if (kept := self._recorder.settings.cache) is not None:
            from mfcheck.ensembles.store import prune

            prune(kept)
        if not ended:
            self._recorder.mend()
            return [] if session.config.option.collectonly else [BROKEN_OFF]
        both = set(ARCHITECTURES) <= set(self._recorder.settings.architectures)
        glance = self._recorder.settings.level.glance
        untold = bool(self._left) or glance or self._left_out or session.config.stash.get(LEFT_OUT, False)
        full = both and not untold and selection.whole_suite_runs(session.config)
        full = full and selection.ids_of_suite() <= {one["id"] for one in selected}
        narrowed = untold or selection.narrowed(session.config)
        chosen = () if untold else selection.chosen_by(session.config)
        failing = self._recorder.finish(
            full=full,
            narrowed=narrowed,
            selection=chosen,
            baseline=self._run().baseline,
            selected=selected,
            left=self._left,
        )
        if self._recorder.begun and not (self._recorder.errors or self._recorder.unwritten or self._left):
            from mfcheck.session.resume import discard_run

            with contextlib.suppress(OSError):  # a finished run can then be resumed, and nothing is left for it to do
                discard_run(self._recorder.folder)
        return failing

    def _break_off(self, session: pytest.Session) -> None:
        """Leave no page behind, for an interrupt came while they were written; what was found can be gone on with."""
        assert self._recorder is not None
        self._recorder.withdraw()
        self._interrupted = True
        session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _cut_short(self, session: pytest.Session) -> None:
        """Say in a line that an interrupt came when all was written and only the summary was not yet told."""
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line("mfcheck: interrupted while the summary was told; what was found is written")
        session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _started(self, config: pytest.Config, selected: list[dict[str, str]]) -> list[dict[str, str]]:
        """The selected cells, but for those that a time budget has left."""
        if time.time() <= config.stash.get(DEADLINE, math.inf):
            return selected
        started = [one for one in selected if (one["id"], one["cell"]) in self._tried]
        cells = {(one["id"], one["cell"]) for one in self._wanted(selected) if one["cell"]}
        self._left = len(cells - self._tried)
        return started

    def _wanted(self, selected: Sequence[dict[str, str]]) -> list[dict[str, str]]:
        """Those of the collected claims that the run was asked for."""
        return [one for one in selected if is_asked_for(one["id"], self._run().claims)]

    def _asked_and_lost(self) -> list[dict[str, str]]:
        """Claims of modules that were not collected; any that is not known by its id may have been asked for."""
        return [*self._wanted(self._lost), *(one for one in self._lost if one["id"] == UNCOLLECTED)]

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
    ) -> None:
        if self._recorder is None and not (self._ahead and not config.option.collectonly):
            return
        from mfcheck.session import closing_words

        recorder, run = self._recorder, self._run()
        closing_words.write_report(terminalreporter, recorder)
        if run.settings.level.glance:
            terminalreporter.write_line("mfcheck: a glance is no full run: the cheapest cell of each formula alone")
        if complaint := run.complaint or self._complaint:
            terminalreporter.write_line(f"mfcheck: {complaint}", yellow=True)
        stopped = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.TESTS_FAILED)
        broken_off = (stopped or self._interrupted) and (recorder is None or recorder.report is None)
        if broken_off and run.baseline is not None:
            terminalreporter.write_line("mfcheck: the run was broken off, so it is not compared with the baseline")
        arguments = list(map(str, config.invocation_params.args))
        closing_words.write_how_to_go_on(terminalreporter, recorder, arguments, broken_off=broken_off, left=self._left)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        if (status := node.config.stash.get(STATUS, None)) is not None:
            status.beside(node.gateway.id).remove()
        output = getattr(node, "workeroutput", {})  # a crashed worker leaves none; the others collected the same
        pass_on(node.config, output)
        self._left_out |= output.get("mfcheck_left_out", False)
        self._selected += json.loads(output.get("mfcheck_selected", "[]"))

    def pytest_unconfigure(self) -> None:
        self._resources.give_back()

    def _record(self) -> Recorder:
        if self._recorder is None:
            from mfcheck.session.recorder import Recorder

            run = self._run()
            self._resources.take_folder(run.settings.report)
            self._resources.interrupt_on_termination()
            self._recorder = Recorder(
                run.settings, run.theory, run.expectations, run.taken, run.identity, run.name, run.codes
            )
        return self._recorder


def _function(report: pytest.TestReport) -> str:
    return report.nodeid.partition("[")[0]


def _cell(report: pytest.TestReport) -> str:
    return report.nodeid.partition("[")[2].removesuffix("]") or report.nodeid


def _message(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else str(report.longrepr)
