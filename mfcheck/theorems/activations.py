"""Activations that claims share: like ReLU, with other slopes on the two sides of 0."""

from mfcheck.spec import ReLULike

LEAKY = ReLULike(0.8, 0.3)
LINEAR = ReLULike(0.9, 0.9)
ABSOLUTE = ReLULike(1, -1)
BENT, STEEP_BENT = ReLULike(0.5, -0.2), ReLULike(1.2, -0.1)
"""Positive on both sides of 0, as |x| is, with two slopes."""
