"""Networks to test on, in short."""

from __future__ import annotations

from mfcheck.spec import NetworkSpec, ReLULike

RELU, LEAKY, ABS = ReLULike(), ReLULike(1, 0.3), ReLULike(1, -1)


def make_spec(
    architecture: str, width: int, depth: int, variance: float = 2.0, activation: ReLULike = RELU, **sizes: int
) -> NetworkSpec:
    """A network of four inputs and three outputs unless said otherwise."""
    dims = {"input_dim": 4, "output_dim": 3} | sizes
    return NetworkSpec(architecture, width=width, depth=depth, weight_variance=variance, activation=activation, **dims)


DENSE = [
    make_spec("vanilla", 24, 2),
    make_spec("vanilla", 24, 4, 1.5, ReLULike(1, 0.6)),
    make_spec("vanilla", 12, 1, 0.7, ABS),
    make_spec("residual", 16, 3, 1.0),
    make_spec("residual", 24, 2, 1.5, LEAKY),
    make_spec("residual", 12, 2, 0.4, ABS),
]
