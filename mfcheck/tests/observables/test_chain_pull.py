"""The pull by the parts of J on the exact chain has the law of dense networks', of every architecture."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from mfcheck import NetworkSpec, NormPair, ReLULike
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import mirrored_factor
from mfcheck.ensembles.wishart_parts import parted_factor
from mfcheck.numerics import one_thread
from mfcheck.observables import chain_pull, slopes
from mfcheck.observables.slopes import DRIFT
from mfcheck.theorems.pull import LINEAR_STEPS, instant
from mfcheck.training.objectives import Objective

INF, TWO, ONE = NormPair(math.inf, math.inf), NormPair(2, 2), NormPair(1, 2)
DRAWS = 2048
CASES = {
    "residual, rows": (NetworkSpec("residual", 20, 4, 24, 3, 0.6), INF),
    "residual, singular values": (NetworkSpec("residual", 20, 3, 24, 2, 0.6, 0.0, ReLULike(1, 0.2)), TWO),
    "residual, columns": (NetworkSpec("residual", 20, 3, 24, 2, 1.0), ONE),
    "residual, one output": (NetworkSpec("residual", 20, 1, 16, 2, 0.6), TWO),
    "vanilla": (NetworkSpec("vanilla", 20, 3, 24, 2, 1.6), NormPair(math.inf, 1)),
}


def by_parts(spec: NetworkSpec, pair: NormPair) -> Floats:
    with one_thread():
        found: Floats = (
            chain_pull.pull(pair).engines["wishart"](spec, Probe(np.ones((1, 20))), Stream(1), DRAWS).numpy()
        )
    return found[:, 0]


def dense(spec: NetworkSpec, pair: NormPair) -> Floats:
    x = np.random.default_rng(0).standard_normal((1, 20))
    eps = instant(pair, 20)
    objective = Objective("adversarial", eps, pair.p, pair.q, LINEAR_STEPS)
    with one_thread():
        drawn = slopes.at_start(objective).engines["dense"]
        found = drawn(spec, Probe(x * math.sqrt(20) / np.linalg.norm(x)), Stream(2), DRAWS).numpy()
    return np.asarray(found[:, DRIFT] * spec.width / 2 / eps)


@pytest.mark.parametrize("name", CASES)
def test_the_pull_by_parts_has_the_law_of_dense_networks(name: str) -> None:
    mine, theirs = by_parts(*CASES[name]), dense(*CASES[name])
    assert stats.ks_2samp(mine, theirs).pvalue > 1e-4
    assert stats.ks_2samp(1.2 * mine, theirs).pvalue < 1e-6


def test_the_first_columns_of_the_parts_are_the_jacobian_itself() -> None:
    spec = NetworkSpec("residual", 20, 3, 24, 2, 0.6)
    with one_thread():
        parts, whole = parted_factor(spec, DRAWS, Stream(3)), mirrored_factor(spec, DRAWS, Stream(4))
    assert torch.equal(parts, parts.triu())
    own = (parts.mT @ parts)[:, :3, :3].numpy()
    alone = (whole.mT @ whole).numpy()
    for i, j in ((0, 0), (0, 1), (2, 2)):
        assert stats.ks_2samp(own[:, i, j], alone[:, i, j]).pvalue > 1e-4


def test_of_vanilla_networks_every_part_is_the_whole() -> None:
    spec = NetworkSpec("vanilla", 20, 2, 24, 3, 1.6)
    with one_thread():
        parts = parted_factor(spec, 8, Stream(5))
    gram = parts.mT @ parts
    assert torch.allclose(gram, gram[:, :2, :2].repeat(1, 4, 4), rtol=1e-9, atol=1e-12)
