"""A network near one input: whether it answers, whether it is linear there, homogeneous, and how far it carries."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec

ALIVE, LINEAR, HOMOGENEOUS, GAIN = range(4)
"""Columns of `nearby`."""
ASIDE = 0.01
"""How far from the input, in units of its length, linearity is looked at: where a patch of an image is empty, a
convolution without biases stands exactly on its walls, as it does nearly nowhere else."""
SHRINK = 4.0
STEPS = tuple(1e-3 * SHRINK**-k for k in range(12))
"""How far an input is moved, in units of its length: from where a few gates turn to where none does, of millions."""
ROUNDINGS = (1e-11, 1e-12)
"""Steps so short that second differences are rounding alone, whatever the network is."""
ABRUPT = 8
"""How many times its rounding a second difference must exceed what it falls to, were it to fall like the square of the
step, to be said not to."""
PRECISION, COARSEST = 1e-14, 1e-9
"""Relative to the output, the least that rounding is taken for, and the most: beyond that nothing can be told."""
SAME = 1e-12
"""Relative to the output, how far apart roundings may leave f(2x) and 2f(x)."""
DIRECTIONS, SHORT = 4, 1e-7
"""Directions, and the step along them, by which the Jacobian's size is measured."""


def _nearby(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    stack = draw_stack(spec, stream, replicates=draws, dtype=torch.float64)
    x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)[:1].expand(draws, 1, -1)
    steps = torch.tensor([*STEPS, *ROUNDINGS], dtype=torch.float64, device=stream.device)
    along = steps[:, None] * stream.normal(draws, 1, spec.input_dim)
    short = SHORT * stream.normal(draws, DIRECTIONS, spec.input_dim)
    beside = x + ASIDE * stream.normal(draws, 1, spec.input_dim)
    moved = [beside + along, beside - along, x + short, x - short]
    output = stack(torch.cat([x, 2 * x, -x, beside, *moved], dim=1))
    (here, doubled, _, centre), rest = output[:, :4].unbind(1), output[:, 4:]
    plus, minus, right, left = torch.split(rest, [len(steps), len(steps), DIRECTIONS, DIRECTIONS], dim=1)
    size = output[:, :3].abs().amax(dim=(1, 2))
    alive = (here.abs() > 0).any(dim=1) & (output != output[:, :1]).flatten(1).any(dim=1)
    linear = _falls_abruptly((plus + minus - 2 * centre[:, None]).abs().amax(dim=2), size)
    homogeneous = (doubled - 2 * here).abs().amax(dim=1) <= SAME * size
    gain = ((right - left) / (2 * SHORT)).square().mean(dim=(1, 2))
    return torch.stack([alive, linear, homogeneous, gain], dim=1)


def _falls_abruptly(second: Tensor, size: Tensor) -> Tensor:
    """Whether second differences `[n, steps]` fall to rounding at once, and not like the square of the step, `[n]`.

    Between the walls of its gates a piecewise linear network has none at all; a smooth one has them at every step, a
    sixteenth of those at a step four times as long.
    """
    rounding = second[:, len(STEPS) :].amax(dim=1)
    floor = torch.maximum(ABRUPT * rounding, PRECISION * size)[:, None]
    none = second[:, : len(STEPS)] <= floor
    if_square = second[:, : len(STEPS) - 1] / SHRINK**2
    abrupt = none[:, 1:] & (if_square > ABRUPT * floor)
    return (none[:, 0] | abrupt.any(dim=1)) & (floor[:, 0] <= COARSEST * size)


nearby = Source("a network near an input", {"dense": _nearby}, {"dense": True}, most=512)
"""`[n, 4]`: whether a network's output is neither 0 there nor the same at other inputs; whether, a hundredth off the
input, its second differences vanish up to rounding as the step along a line shrinks, and do so abruptly; whether f(2x)
= 2f(x) up to rounding; and d times the mean square of the Jacobian's entries, by differences along random directions. A
curvature that is below rounding where the nearest gate turns is not seen."""
