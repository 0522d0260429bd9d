"""How many small changes of the package its own tests notice, in a random sample of them.

python -m mfcheck.tests.support.mutation_study --sample 100 --seed 1
"""

from __future__ import annotations

import ast
import contextlib
import queue
import random
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from mfcheck.tests.support.mutant_trials import PASSED, changed, copied, first_failure
from mfcheck.tests.support.mutants import Mutant, mutants, mutated
from mfcheck.tests.support.places import ROOT
from mfcheck.tests.support.tests_by_line import LineMap, measured, read_map

FOLDERS = ("statistics", "findings", "theory", "decisions")
MOST = 40.0
"""Seconds of tests that a change is held against: what only dearer ones would notice counts as unnoticed."""
CONTROLS = 3
"""So many tests of each file, the cheapest, must pass on copies without comments."""
HARMLESS = Path(__file__).with_name("equivalent_mutants.toml")


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: the first test that failed, or why none can; survived if neither."""

    mutant: Mutant
    killer: str
    reason: str

    @property
    def survived(self) -> bool:
        return not self.killer and not self.reason


@dataclass(frozen=True)
class Equivalent:
    """Changes without an effect: of a file and a function, each by its whole text or by a pattern, and the reason."""

    file: str
    within: str
    reason: str
    change: str = ""
    like: str = ""

    def covers(self, mutant: Mutant) -> bool:
        """Whether a mutant is one of them."""
        known = mutant.change == self.change if self.change else bool(re.fullmatch(self.like, mutant.change, re.DOTALL))
        return known and (mutant.file, mutant.within) == (self.file, self.within)


def equivalents(file: Path = HARMLESS) -> list[Equivalent]:
    """The changes listed by hand."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"]
    return [Equivalent(**entry) for entry in entries]


def all_mutants(root: Path, folder: str) -> list[Mutant]:
    """All mutants of a folder of the package."""
    files = (str(file.relative_to(root)) for file in sorted((root / "mfcheck" / folder).rglob("*.py")))
    return [mutant for file in files for mutant in mutants(root, file)]


def sampled(every: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """A random sample; all where there are no more."""
    return random.Random(seed).sample(list(every), min(size, len(every)))


def chosen_tests(mutant: Mutant, tests: LineMap) -> list[str]:
    """The tests that have to notice a change, the cheapest first: those of its own folder that run its lines.

    Where none does, as of lines that run on import, those of other folders that do; else all that run the file, and of
    a file that holds nothing but names all of its folder.
    """
    folder = mutant.file.removeprefix("mfcheck/").rpartition("/")[0]
    homes = (f"mfcheck/tests/{folder}/", f"mfcheck/{folder}/")
    of_lines, of_file = tests.of_lines(mutant.file, *mutant.lines), tests.of_file(mutant.file)
    own = [test for test in of_lines if test.startswith(homes)]
    of_home = [test for test in of_file or tests.cheapest(tests.seconds) if test.startswith(homes)]
    chosen = own or of_lines or of_home or of_file
    together = accumulate(tests.seconds[test] for test in chosen)
    return [test for test, seconds in zip(chosen, together, strict=True) if seconds <= MOST] or chosen[:1]


def tried(mutant: Mutant, root: Path, tests: LineMap) -> str:
    """The first test that notices a change made in a copy of the checkout; nothing if it survives."""
    chosen = chosen_tests(mutant, tests)
    if not chosen:
        return PASSED
    file = root / mutant.file
    with changed(file, mutated(file.read_text(encoding="utf-8"), mutant)):
        return first_failure(root, {test: tests.seconds[test] for test in chosen})


def check_unchanged(root: Path, tests: LineMap, files: Sequence[str]) -> None:
    """Raise RuntimeError where files that are only laid out anew fail a test: then a failure would prove nothing."""
    chosen = {test for file in files for test in tests.of_file(file)[:CONTROLS]}
    with contextlib.ExitStack() as stack:
        for file in files:
            stack.enter_context(changed(root / file, ast.unparse(ast.parse((root / file).read_text(encoding="utf-8")))))
        if failed := first_failure(root, {test: tests.seconds[test] for test in sorted(chosen)}):
            raise RuntimeError(f"without any change this fails: {failed}")


def study(
    chosen: Sequence[Mutant], tests: LineMap, copies: Sequence[Path], told: Callable[[Outcome], None]
) -> list[Outcome]:
    """What becomes of some mutants, each tried in one of the copies; `told` hears of each as it is known."""
    harmless = equivalents()
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def outcome(mutant: Mutant) -> Outcome:
        if known := next((one for one in harmless if one.covers(mutant)), None):
            return Outcome(mutant, "", known.reason)
        copy = free.get()
        found = Outcome(mutant, tried(mutant, copy, tests), "")
        free.put(copy)
        told(found)
        return found

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(outcome, chosen))


def share_killed(outcomes: Iterable[Outcome]) -> float:
    """Of the changes that something could notice, the share that a test did."""
    counted = Counter(outcome.survived for outcome in outcomes if not outcome.reason)
    return counted[False] / counted.total() if counted else 1.0


def run(
    folders: Sequence[str],
    size: int,
    seed: int,
    *,
    jobs: int = 1,
    known: Path | None = None,
    told: Callable[[Outcome], None] = lambda _: None,
) -> Mapping[str, tuple[int, list[Outcome]]]:
    """For each folder the number of its mutants, and what became of a sample of them."""
    targets = [place for folder in folders for place in (f"mfcheck/tests/{folder}", f"mfcheck/{folder}")]
    with tempfile.TemporaryDirectory() as scratch:
        copies = [copied(ROOT, Path(scratch, str(job))) for job in range(jobs)]
        tests = read_map(known) if known else measured(copies[0], [f"mfcheck/{folder}" for folder in folders], targets)
        every = {folder: all_mutants(ROOT, folder) for folder in folders}
        samples = {folder: sampled(found, size, seed) for folder, found in every.items()}
        check_unchanged(copies[0], tests, sorted({mutant.file for sample in samples.values() for mutant in sample}))
        return {folder: (len(every[folder]), study(sample, tests, copies, told)) for folder, sample in samples.items()}
