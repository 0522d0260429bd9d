"""A small network whose Jacobian has an exactly known law, and numbers of that law; draws that are no network's.

J is an entry of the Jacobian as the engine `wishart` draws it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, special

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe, Sampler, Source
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width

SPEC = NetworkSpec("vanilla", 8, 2, width=32, depth=1, weight_variance=1.8)
TWO_INPUTS = Probe(np.linspace(-1, 1, 16).reshape(2, 8))
MOST = 512
"""Draws in a chunk: a decision takes several at its later looks, so that seeds of chunks are replayed too."""


def entry(values: Floats) -> Floats:
    """J of every draw."""
    return values[:, 0]


def size(values: Floats) -> Floats:
    """|J| of every draw."""
    return np.abs(values[:, 0])


def variance(values: Floats) -> Floats:
    """The variance of J given all matrices but the last."""
    return values[:, 1]


def variance_in(theory: PaperTheory, spec: NetworkSpec = SPEC) -> float:
    """Var J under a theory; the paper's is exact at every width."""
    return theory.jacobian_entry_variance(spec)


@lru_cache
def size_quantile(share: float, spec: NetworkSpec = SPEC) -> float:
    """The quantile of |J|/√Var J, from its exact law."""
    law = entry_law(spec)
    return float(optimize.brentq(lambda t: 2 * float(law.cdf(t)) - 1 - share, 0.0, 50.0, xtol=1e-12))


@lru_cache
def width_distance() -> float:
    """The sup-distance of the law of J to the normal law that the theory states."""
    return entry_law(SPEC).distance_to_gaussian()


@lru_cache
def stretch_at(distance: float) -> float:
    """The factor > 1 by which a normal law must be wider to be at this sup-distance from that of J/√Var J."""
    t = np.linspace(0.0, 8.0, 1001)  # both laws are symmetric
    own = entry_law(SPEC).cdf(t)

    def short(stretch: float) -> float:
        return float(np.abs(own - special.ndtr(t / stretch)).max()) - distance

    return float(optimize.brentq(short, 1.2, 200.0, xtol=1e-12))


def tail_of(spec: NetworkSpec = SPEC) -> Tail:
    """The exact moments of `variance`."""
    return Tail(finite_width.scale_moment(spec, 2), finite_width.scale_moment(spec, 4))


def made_up(name: str, law: Sampler) -> Source:
    """A source of draws that are no network's."""
    return Source(name, {"wishart": law}, {"wishart": False}, most=MOST)
