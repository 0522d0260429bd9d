"""Networks at the far ends of the theory's domain, where formulas that are right in its middle may go wrong.

Deep and of one layer, with more outputs than inputs, narrower than their inputs, of small and of large weights, with
biases, with every kind of activation: each a few of these at once. For claims that the exact chain decides, where
neither width nor inputs cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems.activations import ABSOLUTE, LEAKY, LINEAR

CORNERS = (
    NetworkSpec("vanilla", 16, 100, 4000, 50, 2.0, 0.2),
    NetworkSpec("vanilla", 4096, 3, 400, 1, 0.5, 4.0, LEAKY),
    NetworkSpec("vanilla", 64, 5, 200, 3, 1.3, 0.3, LINEAR),
    NetworkSpec("residual", 2500, 20, 1000, 25, 0.15, 1.5, LEAKY),
    NetworkSpec("residual", 9, 40, 3000, 7, 6.0, 0.05, ABSOLUTE),
    *(
        NetworkSpec("vanilla", 784, 2, 3000, 50, 2.03, 0.1),
        NetworkSpec("vanilla", 25, 6, 2000, 30, 1.97, 0.6),
        NetworkSpec("residual", 100, 4, 3000, 40, 0.02, 0.4),
    ),
)
"""The last three have ω within 0.015 of 1, but are so deep that ω^L is not: ω = 1 is a boundary, and no band."""


def corners(settings: Settings, *, biased: bool = True, outputs: int = 100) -> Iterator[NetworkSpec]:
    """Those of the run's architectures, with their biases or without, and with so many outputs at most."""
    for spec in CORNERS:
        if spec.architecture in settings.architectures:
            bias = spec.bias_variance if biased else 0.0
            yield replace(spec, bias_variance=bias, output_dim=min(outputs, spec.output_dim))
