"""All faults tried one after the other, each in a folder of its own, and counted by kind."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mfcheck.tests.reliability import toy
from mfcheck.tests.reliability.comparison import NONE, Tally
from mfcheck.tests.reliability.faults import Fault
from mfcheck.tests.reliability.scenes import Outcome, Scene, Whole, whole_run

OF_SUITE = (
    *("--pyargs", "mfcheck.suite", "--mf-claim", "thm4.1/entries-gaussian", "-k", "wishart"),
    *("-c", "pytest.ini", "--rootdir", "."),
)


@dataclass(frozen=True)
class Row:
    """What became of all faults of one kind."""

    tried: int = 0
    tally: Tally = NONE
    tracebacks: int = 0
    amiss: int = 0

    def __add__(self, outcome: Outcome) -> Row:
        """The same with one more fault."""
        return Row(
            self.tried + 1,
            self.tally + outcome.tally,
            self.tracebacks + outcome.tracebacks,
            self.amiss + bool(outcome.amiss),
        )


@dataclass(frozen=True)
class Bench:
    """A folder for runs, and the runs that nothing befalls."""

    folder: Path

    @cached_property
    def toy(self) -> Whole:
        """Of small claims made for this."""
        return whole_run(self.folder / "whole-toy", (), toy.lay)

    @cached_property
    def suite(self) -> Whole:
        """Of a few cells of the suite."""
        return whole_run(self.folder / "whole-suite", OF_SUITE, toy.lay)

    def tried(self, fault: Fault, environment: Mapping[str, str] | None = None) -> Outcome:
        """What became of a run that this fault befell."""
        whole = self.suite if fault.of_suite else self.toy
        scene = Scene(self.folder / "scene", whole, environment or {})
        shutil.rmtree(scene.folder, ignore_errors=True)
        whole.lay(scene.folder)
        try:
            fault.story(scene)
            return scene.outcome()
        except Exception as error:  # one that cannot be told to its end is counted, and the rest are tried
            return Outcome(Tally(), 0, (f"{type(error).__name__}: {error}",))


def study(bench: Bench, faults: Iterable[Fault]) -> dict[str, Row]:
    """What became of all faults, by kind; tells of each on standard error."""
    rows: dict[str, Row] = {}
    for fault in faults:
        outcome = bench.tried(fault)
        rows[fault.kind] = rows.get(fault.kind, Row()) + outcome
        told = "as it should be" if outcome.sound else f"WRONG: {outcome}"
        print(f"{fault.kind}: {fault.name}: {told}", file=sys.stderr, flush=True)
    return rows
