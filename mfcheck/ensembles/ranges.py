"""Whether a network's numbers fit their dtype, asked of the spec before anything is drawn.

Signals grow as ω^{l/2}. Beyond the largest float they are infinite, and below the smallest 0 without a word; but 0 is
also what a narrow ReLU network is once its gates have all closed. So the scale to be expected decides, not a draw.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import replace

import torch

from mfcheck.architectures import declared_omega, declares_omega
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.verdict import NotCovered

ROOM = math.log(1e6)
"""How far from either end of its dtype's range a scale must stay, for what fluctuates about it."""
WIDE = 20
"""Width from which a product of layers is about log-normal; below, single gates decide how large it is."""


def gains(spec: NetworkSpec) -> tuple[float, float]:
    """λ = (1 +) D²σ_w² for D = u, v: what one row of the architecture does to a squared column; else NotCovered."""
    if spec.architecture not in ARCHITECTURES:
        raise NotCovered(f"the wishart engine knows no chain for architecture {spec.architecture}")
    skip = float(spec.architecture == "residual")
    return skip + spec.activation.u**2 * spec.weight_variance, skip + spec.activation.v**2 * spec.weight_variance


def log_scales(spec: NetworkSpec) -> tuple[float, float] | None:
    """log of how little and of how much a signal grows over all layers in nearly every draw; None where ω is not known.

    A layer's gain has mean ω and relative variance v = c/N, so the logarithm of all of them has mean L(log ω − v/2) and
    variance Lv; a signal grows by their root, here four deviations to either side.
    """
    try:
        up, down = gains(spec)
    except NotCovered:
        try:
            root = spec.depth / 2 * math.log(declared_omega(spec)) if declares_omega(spec.architecture) else None
        except ValueError:  # its own pre-flight claims say so
            root = None
        return None if root is None else (root, root)
    omega = (up + down) / 2
    if not 0 < omega < math.inf:
        return (-math.inf, -math.inf) if omega <= 0 else (math.inf, math.inf)
    spread = ((up / omega) ** 2 + (down / omega) ** 2 + (up / omega - down / omega) ** 2 / 4) / spec.width
    root = spec.depth / 2 * math.log(omega)
    if spec.width < WIDE:
        return root, root
    typical, far = root - spec.depth * spread / 4, 2 * math.sqrt(spec.depth * spread)
    return typical - far, max(root, typical + far)


def check_range(
    spec: NetworkSpec, dtype: torch.dtype, what: str, *, jacobian: bool = True, squared: bool = False
) -> None:
    """Raise ValueError where the entries of f(x), ‖x‖² = d, or of the Jacobian would leave the range of a dtype.

    f of a network with biases may forget its input; its Jacobian may not. `squared` asks it of the entries' squares.
    """
    power, info = 2 if squared else 1, torch.finfo(dtype)
    low, high = (math.log(info.tiny) + ROOM) / power, (math.log(info.max) - ROOM) / power

    def beyond(depth: int) -> float | None:
        """log of the entries that leave the range, at this depth."""
        scales = log_scales(replace(spec, depth=depth))
        if scales is None:
            return None
        biases = max(0.0, math.log(spec.bias_variance) / 2 if spec.bias_variance else 0.0)
        least = min(scales[0], 0.0) - (math.log(spec.input_dim) / 2 if jacobian else 0.0)
        most = max(scales[1], 0.0) + biases
        forgets = spec.bias_variance and not jacobian
        return most if most > high else least if least < low and not forgets else None

    if (at := beyond(spec.depth)) is None:
        return
    deepest = bisect.bisect_left(range(1, spec.depth + 1), True, key=lambda depth: beyond(depth) is not None)
    allowed = f"depth up to {deepest}" if deepest else "other variances"
    raise ValueError(
        f"{what} of {spec} have entries near 10^{at / math.log(10):.0f}, and {str(dtype).removeprefix('torch.')} holds "
        f"10^{low / math.log(10):.0f} to 10^{high / math.log(10):.0f} with room to spare; allowed are {allowed}"
    )
