"""Whether the gradient that comes back through a network of one's own is that of what it computes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mfcheck.ensembles.streams import Stream

STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
"""Steps, in units of the input's length: short enough for smooth networks and for gates, long enough for a network that
rounds to float32 inside; what is right agrees at one of them at least."""
ASIDE = 0.01
"""How far from the inputs, in units of their length: where a patch of an image is empty, a convolution without biases
stands exactly on its walls, and has no one gradient."""
DIRECTIONS = 4


def astray(f: Callable[[Tensor], Tensor], x: Tensor) -> float:
    """How far the gradient of f is from its differences near inputs `[B, d]`, of their size; both of one random output.

    At the step at which they agree best, over random directions. 0 where f does not change and has no gradient, and 1
    where one of both is 0. Numbers that are not finite are as far as can be.
    """
    stream, size = Stream(2), x.norm(dim=1).mean()
    directions = size * stream.normal(DIRECTIONS, x.shape[1]).to(x) / x.shape[1] ** 0.5
    leaf = (x + ASIDE * size * stream.normal(*x.shape).to(x) / x.shape[1] ** 0.5).requires_grad_()
    with torch.enable_grad():
        output = f(leaf)
        mixed = stream.normal(output.shape[1]).to(output)
        gradient = torch.autograd.grad((output @ mixed).sum(), leaf)[0]
    slopes = gradient @ directions.T
    with torch.no_grad():
        return min(_apart(slopes, _differences(f, leaf, step * directions) @ mixed / (2 * step)) for step in STEPS)


def _differences(f: Callable[[Tensor], Tensor], x: Tensor, moves: Tensor) -> Tensor:
    """f(x + v) − f(x − v) for every input and every move v, `[B, moves, K]`."""
    points = torch.cat([x[:, None] + moves, x[:, None] - moves], dim=1)
    found = f(points.flatten(0, 1)).reshape(len(x), 2, len(moves), -1)
    return found[:, 0] - found[:, 1]


def _apart(slopes: Tensor, differences: Tensor) -> float:
    """The distance of two vectors over the larger of their lengths."""
    found = (slopes - differences).norm() / torch.maximum(slopes.norm(), differences.norm())
    return float(found.nan_to_num(torch.inf)) if bool(slopes.any() | differences.any()) else 0.0
