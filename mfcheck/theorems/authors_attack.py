"""The attack against which the authors train: ε = 0.3 in ℓ_∞, on differences of outputs in ℓ_∞ (their Section 5)."""

import math

from mfcheck.spec import NormPair

EPS = 0.3
INF_INF = NormPair(math.inf, math.inf)
