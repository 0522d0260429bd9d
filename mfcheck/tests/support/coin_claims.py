"""Test modules of claims on coins, of which the verdicts are known: `CELLS` and any number of `written` claims."""

from __future__ import annotations

CELLS = """
import numpy as np
import pytest
import torch

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source

PROBE = Probe(np.ones((1, 4)), 0)
NARROW = NetworkSpec("vanilla", 4, 1, width=32, depth=2, weight_variance=1.5)


def cells(settings):
    return [Cell(NARROW, "wishart"), Cell(NetworkSpec("residual", 4, 1, 32, 2, 0.5), "wishart")]


def coins(share):
    def sampler(spec, probe, stream, n):
        return (torch.rand(n, 1, generator=stream.torch) < share).double()

    return Source(f"coins of {share}", {"wishart": sampler}, {"wishart": False})


def fair(decide):
    return decide.rate(coins(1), component=0, probe=PROBE)


def unfair(decide):
    return decide.rate(coins(0.5), component=0, probe=PROBE)
"""
CLAIM = '''
{mark}
@claim("{id}", cells=cells)
def test_{name}(cell, decide{fixtures}):
    """A coin that never fails."""
    {body}
'''


def written(name: str, body: str, *, id: str = "", mark: str = "", fixtures: str = "") -> str:
    return CLAIM.format(name=name, id=id or f"toy.1/{name}", body=body.strip(), mark=mark, fixtures=fixtures)
