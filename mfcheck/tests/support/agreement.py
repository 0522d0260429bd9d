"""Whether two samples of networks are of one law, and a stored copy of a lazily revealed network."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.statistics.intervals import dkw_half_width, two_sample_distance

ALPHA = 1e-6
Functionals = dict[str, NDArray[np.float64]]


def disagreements(first: Functionals, second: Functionals) -> dict[str, float]:
    """The functionals whose laws differ, with their distance."""
    assert first.keys() == second.keys()
    draws = len(next(iter(first.values())))
    assert {len(values) for values in (*first.values(), *second.values())} == {draws}
    # Two samples of n are as good as one of n/2 against its law.
    bound = dkw_half_width(draws // 2, ALPHA / len(first))
    distances = {name: two_sample_distance(first[name], second[name]) for name in first}
    return {name: distance for name, distance in distances.items() if distance > bound}


def ordered(found: dict[str, Tensor]) -> Functionals:
    """Functionals in double precision, each sorted."""
    return {name: np.sort(value.detach().double().numpy()) for name, value in found.items()}


def stored_copy(network: Network) -> Network:
    """The same networks on stored matrices, which reveals what was not known."""
    found = copy.copy(network)

    stored = [
        DenseMatrix(matrix.columns(range(columns)))
        for matrix, (_, columns) in zip(network.matrices, network.shapes, strict=True)
    ]
    depth = network.spec.depth
    found.input_projection, found.output_projection = stored[0], stored[-1]
    found.weights, found.shortcuts = list(stored[1 : depth + 1]), list(stored[depth + 1 : -1])
    return found
