"""What one random start of an attack finds, step by step: as on the linear map of a network, and in closed form."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.numerics import one_thread
from mfcheck.observables.open_questions import shares_found
from mfcheck.spec import Attack, NetworkSpec, NormPair
from mfcheck.theory import attack_steps

SEED, DRAWS = 1, 512
"""The prediction's own draws: a number that a run computes and never varies."""


@lru_cache(maxsize=64)
def on_linear_map(spec: NetworkSpec, pair: NormPair, steps: int) -> Floats:
    """The shares found after each step, `[n, steps + 1]`, by the suite's ascent on Jacobians of the exact chain at this
    width, gates fixed: what an attack finds as ε → 0, if the theory's law of J is all there is to it."""
    source, nowhere = shares_found(Attack.of(1.0, pair), steps), Probe(np.ones((1, spec.input_dim)))
    with one_thread(), torch.no_grad():  # as every chunk is drawn, so that it is the same whatever runs beside it
        drawn: Floats = source.engines["wishart"](spec, nowhere, Stream(SEED), DRAWS).double().numpy()
    return drawn


def predicted(spec: NetworkSpec, pair: NormPair, steps: int) -> tuple[int, float]:
    """The steps that an ascent needs, by the closed form or else on linear maps, and what it then has of its end."""
    shares = on_linear_map(spec, pair, steps)
    step = attack_steps.steps_to_reach(spec, *pair, steps)
    if step is None:
        step = attack_steps.steps_needed(np.median(shares, axis=0))
    return step, float(np.median(shares[:, step] / shares[:, -1]))


def difficulty(spec: NetworkSpec, pair: NormPair, draws: Floats) -> Curve:
    """Shares found in networks beside those on their linear maps, with what a closed form says, 0 where none does: an
    ascent takes a step at least, and finds something."""
    steps = attack_steps.steps_to_reach(spec, *pair, draws.shape[1] - 1) or 0
    share = attack_steps.share_of_one_start(spec, *pair) or 0.0
    return Curve(
        kind=series.SHARES,
        x_label=series.OVER_STEPS,
        x=tuple(float(step) for step in range(draws.shape[1])),
        measured=tuple(np.median(draws, axis=0).tolist()),
        predicted=tuple(np.median(on_linear_map(spec, pair, draws.shape[1] - 1), axis=0).tolist()),
        exact=(),
        draws=len(draws),
        series={series.CLOSED_FORM: (float(steps), float(share))},
    )
