"""A few quick claims that end in every way, and what a folder needs for runs of them."""

from __future__ import annotations

from pathlib import Path

CLAIMS = '''
import numpy as np
from scipy import stats

from mfcheck import Cell, NetworkSpec, Probe, Source, claim
from mfcheck.observables import jacobian

PROBE = Probe(np.ones((1, 4)), 0)


def one(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, 2, 1.5), "wishart")]


def three(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, 32, depth, 1.5), "wishart") for depth in (2, 3, 4)]


def nowhere(settings):
    return [Cell(NetworkSpec("nowhere:factory", 4, 1, 8, 2, 1.5), "dense")]


def small(spec, probe, stream, n):
    return (jacobian.entry.engines["wishart"](spec, probe, stream, n) < 1).double()


def tiny(spec, probe, stream, n):
    return (jacobian.entry.engines["wishart"](spec, probe, stream, n) < 0.1).double()


SMALL = Source("small entries", {"wishart": small}, {"wishart": False})
TINY = Source("tiny entries", {"wishart": tiny}, {"wishart": False})


def law(decide, cell, times):
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(scale=np.sqrt(times * theory.jacobian_entry_variance(cell.spec))),
        finite_width=lambda: 0.04,
        instead={"right": lambda theory: theory.jacobian_entry(cell.spec)},
    )


@claim("toy.1/right", cells=one)
def test_right(cell, decide):
    """The variance is right."""
    law(decide, cell, 1)


@claim("toy.2/wrong", cells=one)
def test_wrong(cell, decide):
    """The variance is four times as large."""
    law(decide, cell, 4)


@claim("toy.3/both", cells=three)
def test_both(cell, decide):
    """Entries are small, and nearly all are tiny."""
    decide.rate(SMALL, component=0, probe=PROBE)
    decide.rate(TINY, component=0, probe=PROBE)


@claim("toy.4/foreign", cells=nowhere)
def test_foreign(cell, decide):
    """Networks of others have it too."""
    law(decide, cell, 1)
'''
EXPECTED = """
[[expected]]
claim = "toy.2/wrong"
reason = "it is four times as large"
instead = "right"
"""


def lay(folder: Path) -> None:
    """Put the claims into a folder, with settings of pytest that keep those of folders above out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_toy.py").write_text(CLAIMS, encoding="utf-8")
    (folder / "expected.toml").write_text(EXPECTED, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
