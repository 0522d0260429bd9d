"""Where finite sizes put ‖J‖ and the pull is what networks have, and owes nothing to the theory on trial."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.trial import Trial
from mfcheck.ensembles.samples import Probe
from mfcheck.observables import losses
from mfcheck.tests.support.bounded_draws import decider
from mfcheck.theorems import on_chain
from mfcheck.theory.norms import exact_quantile, paper_beta

INF, TWO, ONE = NormPair(math.inf, math.inf), NormPair(2, math.inf), NormPair(1, 1)
SPEC = NetworkSpec("vanilla", 49, 3, width=64, depth=2, weight_variance=1.6)


def at(spec: NetworkSpec = SPEC, theory: PaperTheory | None = None) -> Decider:
    made = decider(theory)
    made.cell = Cell(spec, "wishart")
    made.trial = Trial(made.claim, made.cell, made.settings, made.trial.own, made.store)
    return made


def beta(pair: NormPair, spec: NetworkSpec = SPEC) -> float:
    return paper_beta(*pair, spec.input_dim, spec.output_dim)


@pytest.mark.parametrize("pair", [INF, TWO, ONE], ids=str)
def test_dense_networks_lie_where_the_chain_has_them(pair: NormPair) -> None:
    known = on_chain.norm_beside(at(), SPEC, pair, beta(pair))()
    draws = at().trial.sampling.draws(losses.operator_norms(*pair), _image(SPEC), spec=SPEC, engine="dense")(2000)
    ratio = float(np.median(draws[:, 0])) / (beta(pair) * 0.8)  # ω^{L/2}
    assert known.below < 0.03
    assert abs(ratio / known.centre - 1) < known.reach + 4 * (known.spread or 0) * 1.25 / math.sqrt(2000)
    assert abs(known.shift) > 0.02  # and not where the limit is


def _image(spec: NetworkSpec) -> Probe:
    x = np.random.default_rng(1).standard_normal((1, spec.input_dim))
    return Probe(x * math.sqrt(spec.input_dim) / np.linalg.norm(x))


def test_another_theory_does_not_move_it() -> None:
    class Steep(PaperTheory):
        def omega(self, spec: NetworkSpec) -> float:
            return 1.3 * super().omega(spec)

        def beta(self, p: float, q: float, input_dim: int, output_dim: int) -> float:  # type: ignore[override]
            return 1.3 * paper_beta(p, q, input_dim, output_dim)

    own = on_chain.pull_beside(at(), SPEC, TWO)()
    assert on_chain.pull_beside(at(theory=Steep()), SPEC, TWO)() == own


def test_a_bound_is_not_excused_by_a_constant_that_is_too_small() -> None:
    limit = exact_quantile(*TWO, SPEC.input_dim, SPEC.output_dim)
    assert limit is not None
    assert limit > beta(TWO) == 1.0
    below, beside = (made(at(), SPEC, TWO, 1.0)() for made in (on_chain.norm_below, on_chain.norm_beside))
    assert below.centre == pytest.approx(beside.centre / limit)
    loose = [made(at(), SPEC, ONE, beta(ONE))() for made in (on_chain.norm_below, on_chain.norm_beside)]
    assert loose[0].centre == pytest.approx(loose[1].centre)
    assert loose[0].centre < 0.9


def test_a_time_lies_where_its_rate_does() -> None:
    rate, time = (made(at(), SPEC, INF)() for made in (on_chain.pull_beside, on_chain.time_beside))
    assert rate.centre * time.centre == pytest.approx(1)
    assert time.above == pytest.approx(rate.below / (1 - rate.below))


def test_the_pull_of_wide_residual_networks_is_the_limits() -> None:
    wide = replace(SPEC, architecture="residual", width=10**6, input_dim=4096, output_dim=1, weight_variance=0.6)
    known = on_chain.pull_beside(at(wide), wide, TWO)()
    assert abs(known.shift) < known.reach + 0.005
    narrow = on_chain.of_several(on_chain.pull_beside(at(wide), wide, TWO))()
    assert narrow.above > known.above
    assert narrow.below == known.below
