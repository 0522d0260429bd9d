"""Settings of the package's own tests, their options, and fixtures that many of them use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mfcheck.tests.support.effort import EFFORTS, Effort
from mfcheck.tests.support.exact_factories import EXACT_FACTORIES
from mfcheck.tests.support.factories import FACTORIES
from mfcheck.tests.support.further_factories import FURTHER

# Wall-clock deadlines would make tests depend on the machine; examples are the same in every run.
settings.register_profile("mfcheck", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("mfcheck")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--effort",
        choices=list(EFFORTS),
        default="cheap",
        help="how often replayed decisions are replayed: cheap (the default), or full, which takes far longer",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked slow to those who ask for them with -m."""
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def effort(request: pytest.FixtureRequest) -> Effort:
    """How much this run may spend on replays."""
    return EFFORTS[request.config.getoption("--effort")]


@pytest.fixture(scope="module")
def one_thread_each() -> Iterator[None]:
    """On matrices as small as those of the tests more threads only wait for each other."""
    from mfcheck.numerics import one_thread

    with one_thread():
        yield


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of pytest inside a test know nothing of the run that they are in."""
    foreign = ("MFCHECK_", "PYTEST_XDIST", "PYTEST_ADDOPTS", "GITHUB_ACTIONS")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a module rewritten within a second must be read anew


@pytest.fixture
def factory_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Paths of factories of one's own, sound and mistaken, in a module that only this test can import."""
    name = "audited_" + "".join(filter(str.isalnum, tmp_path.name))
    (tmp_path / f"{name}.py").write_text(FACTORIES + EXACT_FACTORIES + FURTHER)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda factory: f"{name}:{factory}"
