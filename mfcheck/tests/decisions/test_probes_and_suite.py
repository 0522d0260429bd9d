"""The inputs that claims look at, the claims of a file, and what a first look costs."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from mfcheck import Cell, NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import batch, inputs
from mfcheck.decisions import cost
from mfcheck.decisions.cost import seconds_needed
from mfcheck.decisions.probes import image, image_scaled_and_noise, images
from mfcheck.decisions.statement import Plan
from mfcheck.decisions.suite import file_claims, suite_claims
from mfcheck.findings.finding import Margin
from mfcheck.settings import LEVELS, Settings

SPEC = NetworkSpec("vanilla", 49, 3, width=8, depth=2, weight_variance=2.0)
SETTINGS = Settings(seed=7, level=LEVELS["quick"])


def test_an_image_is_looked_at_along_its_brightest_pixel() -> None:
    found = image(SETTINGS, Cell(SPEC, "dense"))
    assert np.array_equal(found.x, inputs("digits", 49, 1, 7, None))
    assert abs(found.x[0, found.column]) == np.abs(found.x[0]).max()
    noise = image(SETTINGS, Cell(SPEC, "dense", {"dataset": "noise"}))
    assert np.array_equal(noise.x, inputs("noise", 49, 1, 7, None))
    nowhere = image(SETTINGS, Cell(SPEC, "wishart"))
    assert nowhere.x.tolist() == [[1.0] * 49]
    assert nowhere.column == 0


def test_three_inputs_are_an_image_a_tenth_of_it_and_noise() -> None:
    found = image_scaled_and_noise(SETTINGS, Cell(SPEC, "dense"))
    real, tenth, noise = found.x
    assert np.array_equal(real, inputs("digits", 49, 1, 7, None)[0])
    assert tenth == pytest.approx(real / 10)
    assert np.linalg.norm(tenth) == pytest.approx(0.7)
    assert np.array_equal(noise, inputs("noise", 49, 1, 8)[0])
    assert abs(real[found.column]) == np.abs(real).max()


def test_so_many_images_come_with_labels_of_as_many_classes_as_there_are_outputs() -> None:
    found = images(SETTINGS, Cell(SPEC, "dense", {"images": 12, "trained": 9}))
    drawn = batch("digits", 49, 12, 7, None)
    assert np.array_equal(found.x, drawn.x)
    assert drawn.labels is not None
    assert found.labels is not None
    assert found.labels.tolist() == (drawn.labels % 3).tolist()
    assert set(found.labels.tolist()) <= {0, 1, 2}
    assert (found.train, found.column) == (9, 0)
    one = images(SETTINGS, Cell(SPEC, "dense", {"dataset": "noise"}))
    assert (len(one.x), one.labels, one.train) == (1, None, None)


CLAIMS = """
import helper_beside
from mfcheck import claim


@claim("mine/first", cells=lambda settings: [])
def test_first(cell, decide):
    '''One.'''


def test_no_claim():
    '''Two.'''
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of claims with a module beside them, on a path that is as it was afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "helper_beside.py").write_text("here = True\n", encoding="utf-8")
    return tmp_path


def test_the_claims_of_a_file_see_the_modules_beside_it(folder: Path) -> None:
    file = folder / "test_mine.py"
    file.write_text(CLAIMS, encoding="utf-8")
    found = file_claims(file)
    assert list(found) == ["mine/first"]
    claim, test = found["mine/first"]
    assert (claim.says, test.__name__) == ("One.", "test_first")
    assert sys.path[0] == str(folder)
    file_claims(file)
    assert sys.path.count(str(folder)) == 1


OWN_CELL = """
from __future__ import annotations

from dataclasses import dataclass

from mfcheck import Cell, claim


@dataclass(frozen=True, kw_only=True)
class TaughtCell(Cell):
    trained: int | None = None


@claim("mine/cells", cells=lambda settings: [TaughtCell.__name__])
def test_first():
    '''One.'''
"""


def test_the_claims_of_a_file_may_have_cells_of_their_own(folder: Path) -> None:
    (folder / "cells.py").write_text(OWN_CELL, encoding="utf-8")
    assert list(file_claims(folder / "cells.py")) == ["mine/cells"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("missing.py", None, "is no Python file"),
        ("claims.txt", CLAIMS, "is no Python file"),
        ("empty.py", "", "holds no claim: mark a test with @mfcheck.claim"),
        ("broken.py", "1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_without_claims_is_refused_with_its_name(folder: Path, name: str, text: str | None, said: str) -> None:
    file = folder / name
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="claim file") as refused:
        file_claims(file)
    assert str(refused.value) == f"claim file {str(file)!r} {said}"


def test_the_suite_has_its_claims_by_id() -> None:
    found = suite_claims()
    assert len(found) >= 46
    assert all(id == claim.id for id, (claim, _) in found.items())


def test_a_first_look_takes_the_time_of_a_chunk_for_every_chunk_of_every_group(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    times = iter([10.0, 13.0, 20.0, 24.0])

    def draw(n: int) -> Floats:
        asked.append(n)
        return np.zeros(n)

    monkeypatch.setattr(cost.time, "perf_counter", lambda: next(times))
    plan = Plan(Margin(0.0, 1.0, "none"), first=25, draws_of=(draw, draw), chunk=10)
    assert seconds_needed(plan) == (3 + 4) * math.ceil(25 / 10)
    assert asked == [1, 11, 1, 11]
