"""Claims that end in every way a claim can, as sources for runs of pytest inside a test."""

from __future__ import annotations

from pathlib import Path

import pytest

CELL = "wishart-vanilla-N32-L2-d4-K1-w1.5-relu"
TOY = """
import numpy as np
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.observables import jacobian
from mfcheck.theory import entry_law

PROBE = Probe(np.ones((1, 4)), 0)
NARROW = NetworkSpec("vanilla", 4, 1, width=32, depth=2, weight_variance=1.5)


def one(settings):
    return [Cell(NARROW, "wishart")]


def two(settings):
    return [Cell(NARROW, "wishart"), Cell(NetworkSpec("residual", 4, 1, 32, 2, 0.5), "wishart")]


def foreign(settings):
    return [Cell(NetworkSpec("nowhere:factory", 4, 1, 8, 2, 1.5), "dense")]


def coins(share):
    def sampler(spec, probe, stream, n):
        return (torch.rand(n, 1, generator=stream.torch) < share).double()

    return Source(f"coins of {share}", {"wishart": sampler}, {"wishart": False})


def broken(spec, probe, stream, n):
    return torch.full((n, 1), torch.nan)


def law(decide, cell, times):
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(scale=np.sqrt(times * theory.jacobian_entry_variance(cell.spec))),
        finite_width=lambda: 0.02,
    )
"""
GAUSSIAN = '''
@claim("toy.1/gaussian", cells=one)
def test_gaussian(cell, decide):
    """Entries are Gaussian."""
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
    )
'''
VARIANCE = '''
@claim("toy.1/variance", cells=two)
def test_variance(cell, decide):
    """The variance is right."""
    law(decide, cell, 1)
'''
COIN = '''
@claim("toy.1/coin", cells=two)
def test_coin(cell, decide):
    """A coin that never fails."""
    decide.rate(coins(1), component=0, probe=PROBE)
'''
WRONG = '''
@claim("toy.2/wrong", cells=one)
def test_wrong(cell, decide):
    """The variance is half as large again."""
    law(decide, cell, 1.5)
'''
# The truth stands exactly on the floor, so no budget decides it, but for one run in a million.
EDGE = '''
@claim("toy.3/edge", cells=one)
def test_edge(cell, decide):
    """A coin that fails as often as is just allowed."""
    decide.rate(coins(decide.settings.level.rate), component=0, probe=PROBE)
'''
FOREIGN = '''
@claim("toy.4/foreign", cells=foreign)
def test_foreign(cell, decide):
    """Networks of others have it too."""
    law(decide, cell, 1)
'''
BROKEN = '''
@claim("toy.5/nan", cells=one)
def test_nan(cell, decide):
    """A measurement breaks."""
    decide.rate(Source("broken", {"wishart": broken}, {"wishart": False}), component=0, probe=PROBE)
'''
FORGETS = '''
@claim("toy.6/forgets", cells=one)
def test_forgets(cell, decide):
    """Nobody decides."""
'''
EVERYTHING = TOY + GAUSSIAN + VARIANCE + WRONG + EDGE + FOREIGN + BROKEN + FORGETS
STALE = {"report.json": '{"verdict": "supported"}', "report.md": "supported", "report.html": "supported"}


def leave_stale_pages(pytester: pytest.Pytester) -> Path:
    """A report folder with the pages of an earlier run."""
    folder = pytester.mkdir("reports")
    for name, text in STALE.items():
        (folder / name).write_text(text)
    return folder


THEORIES = """
from mfcheck import PaperTheory


class TooLarge(PaperTheory):
    def omega(self, spec):
        return 1.05 * super().omega(spec)


class RootOfInputs(PaperTheory):
    @staticmethod
    def beta(p, q, input_dim, output_dim):
        return input_dim**0.5 if p == q == float("inf") else PaperTheory.beta(p, q, input_dim, output_dim)


class NeedsMore(PaperTheory):
    def __init__(self, more):
        pass


class NoTheory:
    pass


def factory_of_nothing():
    pass


number = 3
"""
