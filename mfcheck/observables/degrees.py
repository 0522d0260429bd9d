"""Of which degree a network is homogeneous in its parameters, tensor by tensor: what Euler's identity takes.

Found on one network, by doubling: f(…, cθ, …) = c^k f(…, θ, …). Where a tensor alone has no degree, it may have one
together with the biases from it on, as in a network with biases (docs/theory.md#euler-identities).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mfcheck.ensembles.construction import draw_modules, shaped, trainable
from mfcheck.ensembles.facts import kept
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.placement import differentiable, in_dtype
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.spec import NetworkSpec

TOLERANCE = 1e-3
"""Relative to the output: what the small constants of normalisation leave of a degree."""
MOST = 6
"""The largest degree that is looked for, as of a tensor that is tied over so many layers."""


@dataclass(frozen=True)
class Group:
    """Parameters by name in which, together, f is homogeneous of a degree; the first of them is what it is about."""

    names: tuple[str, ...]
    degree: int
    matrix: bool = True
    """Whether the first of them has rows and columns, as weights have."""


@kept(128)
def groups(spec: NetworkSpec) -> tuple[Group, ...]:
    """The groups of a module's parameters that train and have a degree, in its order; none of networks on Gaussian
    matrices."""
    if is_gaussian(spec.architecture):
        return ()
    with one_thread(), torch.no_grad(), differentiable():
        try:
            (drawn,) = draw_modules(spec, Stream(4), 1)
        except ValueError:  # said by the pre-flight
            return ()
        x, module = Stream(5).normal(1, spec.input_dim), in_dtype(drawn, spec, torch.float64)
        trained = dict(module.named_parameters())
        try:
            parameters = {name: trained[name] for name in trainable(drawn) if bool((trained[name] != 0).any())}
            base = module(shaped(spec, x))
            found = [_group(spec, module, parameters, name, x, base) for name in parameters]
        except (Exception, SystemExit):  # no module for float64, say
            return ()
    return tuple(one for one in found if one is not None)


def _group(
    spec: NetworkSpec, module: nn.Module, parameters: Mapping[str, Tensor], name: str, x: Tensor, base: Tensor
) -> Group | None:
    later = list(parameters)[list(parameters).index(name) :]
    biases = tuple(one for one in later if parameters[one].ndim < 2 and one != name)
    for names in dict.fromkeys(((name,), (name, *biases))):
        degree = _degree(lambda: module(shaped(spec, x)), [parameters[one] for one in names], base)
        if degree is not None and (len(names) == 1 or parameters[name].ndim >= 2):
            return Group(names, degree, parameters[name].ndim >= 2)
    return None


def _degree(output: Callable[[], Tensor], tensors: Iterable[Tensor], base: Tensor) -> int | None:
    """The k with f = 2^k base after these tensors were doubled, which are then as before."""
    twice, size = with_doubled(tensors, output), base.abs().amax()
    if not bool(size > 0) or not bool(torch.isfinite(twice).all()):
        return None
    near = [bool((twice - 2.0**k * base).abs().amax() <= TOLERANCE * 2.0**k * size) for k in range(MOST + 1)]
    return near.index(True) if True in near else None


def with_doubled(tensors: Iterable[Tensor], output: Callable[[], Tensor]) -> Tensor:
    """What comes out with these tensors doubled, which are then as before."""
    changed = list(tensors)
    for one in changed:
        one.mul_(2.0)
    try:
        return output()
    finally:
        for one in changed:
            one.mul_(0.5)


def told(found: Sequence[Group]) -> str:
    """Degrees and how many tensors have them, as a phrase.

    >>> told([Group(("a",), 1), Group(("b",), 1), Group(("c",), 3)])
    'k = 1 of 2 tensors, k = 3 of 1 tensor'
    """
    counts = {k: sum(one.degree == k for one in found) for k in sorted({one.degree for one in found})}
    return ", ".join(f"k = {k} of {count} tensor{'s' if count > 1 else ''}" for k, count in counts.items())
