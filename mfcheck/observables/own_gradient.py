"""Whether the gradient that comes back through a network of one's own is that of what it computes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mfcheck.ensembles.streams import Stream

STEPS = tuple(10.0**-k for k in range(3, 9))
"""Steps, in units of the input's length: down to where hardly a gate turns where all that is not blank is ASIDE's, and
up to where what rounds to float32 inside shows its differences; what is right agrees at one of them at least."""
ROUNDINGS, TOLD = 64, 1e-3
"""Roundings of the output within which a difference tells nothing, and what share of the slopes they may be."""
ASIDE = 0.01
"""How far from the inputs, in units of their length: where a patch of an image is empty, a convolution without biases
stands exactly on its walls, and has no one gradient."""
DIRECTIONS = 4


def astray(f: Callable[[Tensor], Tensor], x: Tensor) -> float:
    """How far the gradient of f is from its differences near inputs `[B, d]`, of their size; both of one random output.

    At the step at which they agree best, over random directions, of those whose differences are no mere rounding; 0
    where all are, and where f does not change and has no gradient. Numbers that are not finite are as far as can be.
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
        if not bool(slopes.isfinite().all()):
            return math.inf
        rounding = ROUNDINGS * torch.finfo(x.dtype).eps * float((output.abs() @ mixed.abs()).max())
        found = [_apart(slopes, _differences(f, leaf, h * directions) @ mixed / (2 * h), rounding / h) for h in STEPS]
    return min((one for one in found if one is not None), default=0.0)


def _differences(f: Callable[[Tensor], Tensor], x: Tensor, moves: Tensor) -> Tensor:
    """f(x + v) − f(x − v) for every input and every move v, `[B, moves, K]`."""
    points = torch.cat([x[:, None] + moves, x[:, None] - moves], dim=1)
    found = f(points.flatten(0, 1)).reshape(len(x), 2, len(moves), -1)
    return found[:, 0] - found[:, 1]


def _apart(slopes: Tensor, differences: Tensor, rounding: float) -> float | None:
    """The distance of two vectors over the larger of their lengths; None where that is little beside rounding."""
    size = float(torch.maximum(slopes.norm(), differences.norm()).nan_to_num(torch.inf))
    if size == 0 or rounding * slopes.numel() ** 0.5 > TOLD * size:
        return None
    return float((slopes - differences).norm().nan_to_num(torch.inf)) / size if math.isfinite(size) else math.inf
