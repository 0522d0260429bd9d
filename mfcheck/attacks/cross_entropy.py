"""The cross-entropy at attacked inputs, as practitioners raise it."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.attacks.ascent import AttackResult, ascend, assert_finite, assert_within, boxed, on_sphere
from mfcheck.attacks.networks import Function, reserve
from mfcheck.attacks.search import check
from mfcheck.spec import norm_exponent, positive_integer


def adversarial_cross_entropy(
    f: Function,
    x: Tensor,
    labels: Tensor,
    eps: float,
    p: float,
    *,
    steps: int,
    generator: torch.Generator,
    start: Tensor | None = None,
    box: tuple[float, float] | None = None,
) -> AttackResult:
    """Maximise the cross-entropy −log softmax(f(x+η))_y over ‖η‖_p ≤ ε, as practitioners attack; labels y `[B]`.

    The ascent of `adversarial_loss`, once, along the directions `start [B, d]` or from a random point of the sphere.
    Raises what `adversarial_loss` raises, and ValueError for labels that are no outputs of f.
    """
    p, steps = norm_exponent("p", p), positive_integer("steps", steps)
    eps = check(x, eps, "random" if start is None else start, box)
    if labels.is_floating_point() or labels.is_complex():
        raise ValueError(f"labels must be whole numbers, got {labels.dtype}")
    labels = labels.long()
    reserve(f, x.shape[-2] * (steps + 2))
    with torch.no_grad():
        clean = f(x[..., :1, :])  # one input tells the outputs there are, and the axes before them
    assert_finite(clean, "an input")
    if labels.shape != x.shape[-2:-1] or not 0 <= int(labels.min()) <= int(labels.max()) < clean.shape[-1]:
        allowed = f"{x.shape[-2]} of 0…{clean.shape[-1] - 1}"
        raise ValueError(f"labels must be {allowed}, got {tuple(labels.shape)} from {labels.min()} to {labels.max()}")
    return climb_cross_entropy(
        f, x.expand(*clean.shape[:-2], *x.shape[-2:]).detach(), labels, eps, p, steps, generator, start, box
    )


def climb_cross_entropy(
    f: Function,
    x: Tensor,
    labels: Tensor,
    eps: float,
    p: float,
    steps: int,
    generator: torch.Generator,
    start: Tensor | None = None,
    box: tuple[float, float] | None = None,
) -> AttackResult:
    """The same where nothing need be asked of f: of a network of our own, at inputs `[R, B, d]` of each replicate."""
    first = torch.empty_like(x).uniform_(-1, 1, generator=generator) if start is None else start.expand_as(x)
    eta = boxed(on_sphere(first, p, eps), x, box)

    def rises(output: Tensor) -> Tensor:
        return -output.log_softmax(dim=-1).take_along_dim(labels.expand(output.shape[:-1])[..., None], dim=-1)[..., 0]

    perturbation, trace = ascend(f, x, eta, rises, p, eps, steps, box)
    assert_within(perturbation, p, eps)
    return AttackResult(trace[-1], perturbation, trace, None)
