"""What a run says at its end on the terminal: its verdicts, where the report is, and how to go on with it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mfcheck.findings.wording import plural
from mfcheck.session import options

if TYPE_CHECKING:
    import pytest

    from mfcheck.session.recorder import Recorder


def write_report(terminal: pytest.TerminalReporter, recorder: Recorder | None) -> None:
    """Write the summary of a report that was made, and where its pages are."""
    if recorder is None or recorder.report is None:
        return
    from mfcheck.findings.reading import report_of
    from mfcheck.findings.states import NOTHING
    from mfcheck.reporting.terminal import terminal_lines

    terminal.section("theory verdicts")
    for text, style in terminal_lines(report_of(recorder.report)):
        terminal.write_line(text, **({style: True} if style else {}))
    if recorder.decided_nothing:
        terminal.write_line(f"mfcheck: {NOTHING}", red=True)
    if recorder.unwritten:
        terminal.write_line(f"mfcheck: {recorder.unwritten}", red=True)
    if recorder.written:
        terminal.write_line(f"report: {recorder.folder / 'report.html'}")
    if "comparison" in recorder.report:
        from mfcheck.reporting.words.comparison_text import summary_lines

        terminal.section("compared with the baseline")
        for text, style in summary_lines(recorder.report["comparison"], os.environ):
            terminal.write_line(text, **({style: True} if style else {}))


def write_how_to_go_on(
    terminal: pytest.TerminalReporter,
    recorder: Recorder | None,
    arguments: Sequence[str],
    *,
    broken_off: bool,
    left: int = 0,
) -> None:
    """Write what a time budget has left, and the command that finishes a run of which something is kept."""
    if left:
        terminal.write_line(f"mfcheck: the time budget is spent; {plural(left, 'cell')} not started", yellow=True)
    unfinished = broken_off or bool(left)
    if recorder is None or not recorder.kept or not (unfinished or recorder.errors or recorder.unwritten):
        return
    resume = options.spelt(options.RESUME)
    finished = "the cells that ended in an error" if recorder.errors else "a report that can be written"
    what = "the rest" if unfinished else finished
    command = shlex.join(["pytest", *_to_the_end(one for one in arguments if one != resume), resume])
    kept = plural(recorder.kept, "finding") + (" is kept" if recorder.kept == 1 else " are kept")
    terminal.write_line(f"mfcheck: {kept}; for {what}: {command}")


def _to_the_end(arguments: Iterable[str]) -> Iterator[str]:
    """A command line without what stops at a first failure, which would be told once more and stop there again."""
    given = iter(arguments)
    for one in given:
        if one == "--maxfail":
            next(given, None)
        elif re.fullmatch("-[vqslx]*x[vqslx]*", one):  # short options in one word
            yield from [kept] if (kept := one.replace("x", "")) != "-" else []
        elif one not in ("--exitfirst", "--stepwise", "--sw") and not one.startswith("--maxfail="):
            yield one
