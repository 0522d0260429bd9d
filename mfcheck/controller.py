"""The controller's side of a run: it collects evidence test by test and writes the report at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mfcheck import options
from mfcheck.cache import prune

if TYPE_CHECKING:
    from mfcheck.reporting.record import Recorder
    from mfcheck.run import Run

CLAIM_PROPERTY, FINDING_PROPERTY = "mfcheck_claim", "mfcheck_finding"


class Controller:
    """Registered on the process that the user started, xdist's controller or the only one; idle without claims."""

    def __init__(self, run: Callable[[], Run], *, ahead: bool) -> None:
        self._run, self._ahead = run, ahead
        self._recorder: Recorder | None = None
        self._claims: dict[str, dict[str, str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if CLAIM_PROPERTY in properties:
            self._claims[_function(report)] = json.loads(str(properties[CLAIM_PROPERTY]))
        # A crashed worker's report has no properties: its test is known by the cells that came before it.
        claim = self._claims.get(_function(report))
        if claim is None and not (self._recorder and str(report.when) == "???"):
            return
        findings = [json.loads(str(value)) for name, value in report.user_properties if name == FINDING_PROPERTY]
        if report.when == "call" and findings:
            for finding in findings:
                self._record().add(finding)
        elif report.failed:
            cell = report.nodeid.partition("[")[2].removesuffix("]") or report.nodeid
            crashed = {"id": "run/crashed-worker", "says": "Every test runs to its end."}
            self._record().add_error(claim or crashed, cell, _message(report))

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        # From here on no page of an earlier run may be taken for this one's, even if this one breaks off.
        if self._ahead and not session.config.option.collectonly:
            self._record()

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._recorder is not None and (kept := self._recorder.settings.cache) is not None:
            prune(kept)
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if self._recorder is not None and ended and not (session.shouldfail or session.shouldstop):
            full = options.whole_suite_runs(session.config)
            if self._recorder.finish(full=full) and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._recorder is None or self._recorder.report is None:
            return
        from mfcheck.reporting.terminal import terminal_lines

        terminalreporter.section("theory verdicts")
        for text, style in terminal_lines(self._recorder.report):
            terminalreporter.write_line(text, **({style: True} if style else {}))
        terminalreporter.write_line(f"report: {self._recorder.folder / 'report.html'}")

    def _record(self) -> Recorder:
        if self._recorder is None:
            from mfcheck.reporting.record import Recorder

            run = self._run()
            self._recorder = Recorder(run.settings, run.theory, run.expectations)
        return self._recorder


def _function(report: pytest.TestReport) -> str:
    return report.nodeid.partition("[")[0]


def _message(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else str(report.longrepr)
