"""Which tests run which lines of the package, and how long each test takes: measured in one run of them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

OPTIONS = ["-q", "-p", "no:benchmark", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""Of runs of tests in a process that knows the package already."""


@dataclass(frozen=True)
class LineMap:
    """Seconds of the processor by test, and the tests by file and line; line numbers are texts, as JSON has them."""

    seconds: Mapping[str, float]
    tests: Mapping[str, Mapping[str, Sequence[str]]]

    def of_lines(self, file: str, first: int, last: int) -> list[str]:
        """The tests that run one of some lines, the cheapest first."""
        lines = self.tests.get(file, {})
        return self.cheapest({test for line in range(first, last + 1) for test in lines.get(str(line), ())})

    def of_file(self, file: str) -> list[str]:
        """The tests that run any line of a file after its import, the cheapest first."""
        return self.cheapest({test for tests in self.tests.get(file, {}).values() for test in tests})

    def cheapest(self, tests: Collection[str]) -> list[str]:
        """The tests by the seconds they take."""
        return sorted(tests, key=lambda test: (self.seconds.get(test, 0.0), test))


def measured(root: Path, folders: Sequence[str], targets: Sequence[str]) -> LineMap:
    """Run the tests in `targets`, all of which must pass, and see which lines of which `folders` each of them runs."""
    found = root / "tests_by_line.json"
    command = [sys.executable, "-m", "mfcheck.tests.support.tests_by_line", str(found), ",".join(folders), *targets]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"the tests fail before any change:\n{result.stdout[-4000:]}\n{result.stderr[-2000:]}")
    return read_map(found)


def read_map(file: Path) -> LineMap:
    """A map that a run has written."""
    return LineMap(**json.loads(file.read_text(encoding="utf-8")))


class _Recorder:
    """Tells the measurement which test is running, and forgets what earlier tests left in caches of the package."""

    def __init__(self, coverage: object) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = {}
        self.began = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        for name in [name for name in sys.modules if name.startswith("mfcheck.")]:
            for value in vars(sys.modules[name]).values():
                if type(value) is functools._lru_cache_wrapper:
                    value.cache_clear()
        self.coverage.switch_context(nodeid)  # type: ignore[attr-defined]
        self.began = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] = time.process_time() - self.began
        self.coverage.switch_context("")  # type: ignore[attr-defined]


def _main(out: str, folders: str, *targets: str) -> int:
    import coverage

    root = Path.cwd()
    included = [f"{root}/{folder}/*" for folder in folders.split(",")]
    recording = coverage.Coverage(data_file=None, include=included, messages=False)
    recorder = _Recorder(recording)
    recording.start()
    status = pytest.main([*OPTIONS, *targets], plugins=[recorder])
    recording.stop()
    data = recording.get_data()
    tests = {
        str(Path(file).relative_to(root)): {
            str(line): sorted(filter(None, names)) for line, names in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    Path(out).write_text(json.dumps(asdict(LineMap(recorder.seconds, tests))), encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
