"""Forty wrong theories that no generator makes, with a place where each is wrong, and whether quick looks there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mfcheck import NetworkSpec, PaperTheory, ReLULike
from mfcheck.tests.support import wrong_laws as laws
from mfcheck.tests.support import wrong_training as training
from mfcheck.theory.twins import formulas

INF = math.inf
RELU, LEAKY, HALF, FOLDED = ReLULike(), ReLULike(1, 0.5), ReLULike(0.5, 0.0), ReLULike(1, -0.7)


@dataclass(frozen=True)
class Wrong:
    """A theory with one wrong formula; `place` holds arguments, in the paper's own domain, where it is wrong.

    `on_grid` says that the claims' cells at level quick looked at such places already when it was written; elsewhere
    it was within 2 % of the paper's wherever they looked.
    """

    name: str
    formula: str
    theory: type[PaperTheory]
    on_grid: bool
    says: str
    place: tuple[Any, ...]


def vanilla(
    depth: int, width: int = 1000, inputs: int = 784, outputs: int = 10, variance: float = 2.0,
    biases: float = 0.0, activation: ReLULike = RELU,
) -> NetworkSpec:  # fmt: skip
    """A vanilla network of a depth."""
    return NetworkSpec("vanilla", inputs, outputs, width, depth, variance, biases, activation)


def residual(depth: int, variance: float, biases: float = 0.0, activation: ReLULike = RELU) -> NetworkSpec:
    """A residual network of a depth."""
    return NetworkSpec("residual", 784, 10, 1000, depth, variance, biases, activation)


_ON_GRID: tuple[tuple[type[PaperTheory], tuple[Any, ...]], ...] = (
    (laws.LeakyShortcut, (residual(2, 2.2, activation=LEAKY),)),
    (laws.HeavyTails, (vanilla(5, 5000),)),
    (laws.TwoLumps, (vanilla(5, 5000),)),
    (laws.OddDepths, (vanilla(5),)),
    (laws.KurtosisOfReLU, (residual(8, 1.0, activation=LEAKY),)),
    (laws.OffCentre, (vanilla(5, biases=0.5),)),
    (laws.SkewedWhenLeaky, (vanilla(5, biases=0.5, activation=LEAKY),)),
    (laws.RoundedOffset, (vanilla(5, biases=0.5),)),
    (laws.OneLayerTooMany, (vanilla(1, biases=0.5),)),
    (laws.LogarithmOfTheBudget, (vanilla(5, 100_000), 1.0, 2.0, 2.0)),
    (training.SaturatingPull, (vanilla(5, 100_000), 1.0, 2.0, INF)),
    (training.SpreadOfEqualOutputs, (vanilla(5),)),
    (training.SlowerLate, (vanilla(5), 0.3, INF, INF, 100.0)),
    (training.StartsAtOne, (vanilla(5, variance=2.3), 0.3, INF, INF, 0.1)),
    (training.OddDepthsHoldMore, (vanilla(5),)),
    (training.ExponentialFullForm, (residual(3, 1.0),)),
)
_OFF_GRID: tuple[tuple[type[PaperTheory], tuple[Any, ...]], ...] = (
    (laws.OpenGateOnce, (vanilla(3, variance=6.0, activation=HALF),)),
    (laws.SaturatingGain, (vanilla(3, variance=6.0),)),
    (laws.DeadWhenDeep, (vanilla(30, 5000),)),
    (laws.PeakedForManyOutputs, (vanilla(3, inputs=20, outputs=100),)),
    (laws.NarrowWithManyInputs, (vanilla(3, 500, 2000),)),
    (laws.DistanceInLogarithms, (vanilla(50, 10_000),)),
    (laws.ApartToFirstOrder, (vanilla(5, 16, 4),)),
    (laws.SharedUpToEight, (vanilla(50, 300),)),
    (laws.SaturatingBiases, (vanilla(3, biases=4.0),)),
    (laws.OutputsShareTheirOffsets, (vanilla(1, 16, biases=0.5),)),
    (laws.OneTermBetweenNorms, (1.5, 2.0, 100, 100)),
    (laws.LargestOutputBetweenNorms, (2.0, 3.0, 100, 100)),
    (laws.NoMoreOutputsThanInputs, (INF, 2.0, 20, 100)),
    (laws.RootOfTheSumOfSquares, (2.0, 2.0, 100, 100)),
    (laws.OpenGatesAlone, (vanilla(5, activation=LEAKY), 0.1, 2.0, 2.0)),
    (laws.BiasesShield, (vanilla(5, biases=1.0), 0.1, 2.0, 2.0)),
    (training.FoldedSlopes, (vanilla(5, activation=FOLDED), 0.1, INF, INF)),
    (training.ShallowStandardDrift, (vanilla(14, variance=2.2),)),
    (training.OneLayerDecaysForever, (vanilla(1), 0.3, INF, INF, 90.0)),
    (training.LogarithmOfTheEdge, (vanilla(5), 0.3, INF, INF, 0.01)),
    (training.LeakyShortcutHoldsLess, (residual(4, 1.0, activation=LEAKY),)),
    (training.TwoLayersBack, (vanilla(6, biases=0.5),)),
    (training.LogarithmOfOutputs, (vanilla(3, outputs=100),)),
    (training.TenLayersDecay, (vanilla(20), 0.3, INF, INF)),
)


def _wrong(theory: type[PaperTheory], place: tuple[Any, ...], on_grid: bool) -> Wrong:
    (formula,) = set(formulas(PaperTheory())) & set(vars(theory))
    return Wrong(theory.__name__, formula, theory, on_grid, (theory.__doc__ or "").strip(), place)


WRONG: tuple[Wrong, ...] = (
    *(_wrong(theory, place, on_grid=True) for theory, place in _ON_GRID),
    *(_wrong(theory, place, on_grid=False) for theory, place in _OFF_GRID),
)
