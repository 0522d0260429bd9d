"""Exact moments of the full form of the capacity at finite width: how a network moves as all its weights grow alike.

With x' = d x/ds as every W becomes e^s W, a row of W, and of a shortcut P, takes (x, x') to (D h + p, D(h + h') + p'):
h and h' are its products with x and x', p and p' the shortcut's. D is a fair coin given all that is even in them
(docs/theory.md#capacity), so that in every even moment such a row is N(0, T), T = D²σ_w² M Γ Mᵀ with M = (1 0; 1 1),
and Γ more where there is a shortcut, of the Gram matrix Γ of (x, x') over N. The next Γ is the mean over N rows. Its
k-th moment is the sum over partitions of k factors into rows, and of Wick's pairings in each: a linear map of the
former k-th moment. Of the last Γ₂₂ the full form is Γ₂₂ χ²_K.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.spec import NetworkSpec
from mfcheck.theory.finite_width import mean_gain
from mfcheck.verdict import NotCovered

GROWN = np.array([[1.0, 0.0], [1.0, 1.0]])
"""M: h' has a part h of its own weights, and one of x'."""


@lru_cache(maxsize=256)
def full_form_moment(spec: NetworkSpec, order: int) -> float:
    """E F^k/(E F)^k, k = `order` from 1 to 4, of the full form F = Σ_k ⟨w, ∂f_k⟩² without biases; exact at every N.

    NotCovered with biases, which T would have more of. Derived here; of vanilla networks, whose F is L²‖f‖², it is the
    moment of ‖f‖².
    """
    if spec.bias_variance:
        raise NotCovered("moments of the full form are known without biases")
    outputs = math.prod(spec.output_dim + 2 * j for j in range(order)) / spec.output_dim**order
    return float(outputs * _last(spec, order) / _last(spec, 1) ** order)


def _last(spec: NetworkSpec, order: int) -> float:
    """E Γ₂₂^k after the last layer, in units that the mean gain of all layers sets."""
    act, omega = spec.activation, mean_gain(spec)
    shortcut = np.eye(4) * (spec.architecture == "residual")
    each = [(slope**2 * spec.weight_variance * np.kron(GROWN, GROWN) + shortcut) / omega for slope in (act.u, act.v)]
    moment = np.zeros((4,) * order)
    moment[(0,) * order] = math.prod(spec.width + 2 * j for j in range(order)) / float(spec.width) ** order
    for _ in range(spec.depth):
        moment = _layer(moment, each, spec.width)
    return float(moment[(3,) * order])


def _layer(moment: Floats, each: Sequence[Floats], rows: int) -> Floats:
    """E Γ^{⊗k} of the next Gram matrix, `[4, …, 4]`, from that of the one before; `each` takes Γ to T, by gate."""
    order = moment.ndim
    found = np.zeros((2,) * (2 * order))
    for blocks in _partitions(tuple(range(order))):
        share = math.perm(rows, len(blocks)) / float(rows) ** order / 2 ** len(blocks)
        for gates in itertools.product(each, repeat=len(blocks)):
            taken = moment
            for block, gate in zip(blocks, gates, strict=True):
                for factor in block:
                    taken = np.moveaxis(np.tensordot(gate, taken, axes=(1, factor)), 0, factor)
            pairs = share * taken.reshape((2,) * (2 * order))
            wanted = (_pairings(tuple(2 * factor + side for factor in block for side in (0, 1))) for block in blocks)
            for paired in itertools.product(*wanted):
                # Factor l of T ends up at the two places of the l-th pair.
                places = [place for pairing in paired for pair in pairing for place in pair]
                found += pairs.transpose(np.argsort(places))
    return found.reshape(moment.shape)


def _partitions(items: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """All ways to part items into blocks, each in the order of its first.

    >>> list(_partitions((0, 1)))
    [[(0, 1)], [(0,), (1,)]]
    """
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for size in range(len(rest), -1, -1):
        for others in itertools.combinations(rest, size):
            for blocks in _partitions(tuple(one for one in rest if one not in others)):
                yield [(first, *others), *blocks]


def _pairings(places: tuple[int, ...]) -> list[list[tuple[int, int]]]:
    """All ways to pair an even number of places.

    >>> len(_pairings(tuple(range(8))))
    105
    """
    if not places:
        return [[]]
    first, rest = places[0], places[1:]
    return [
        [(first, other), *pairing]
        for other in rest
        for pairing in _pairings(tuple(one for one in rest if one != other))
    ]
