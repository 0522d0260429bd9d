"""Attacks on networks that train: the perturbations that objectives ask for, where they start, and L_adv by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck import numerics
from mfcheck.attacks.ascent import largest_loss, on_sphere
from mfcheck.attacks.balls import all_finite
from mfcheck.attacks.cross_entropy import climb_cross_entropy
from mfcheck.attacks.networks import linear_start
from mfcheck.ensembles.matrices.lazy import Overflow
from mfcheck.ensembles.networks import Network, Pass
from mfcheck.ensembles.rough import rough_jacobian, rounded
from mfcheck.numerics import full_precision
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.training.losses import Objective

WIDE = 96
"""Width from which attacks go by rounded weights at first: far below, rounding them takes as long as it saves."""
MOVED = 0.05
"""How far attacks must take an input for that, as a share of its length and the biases': 25 times what rounding may."""


@full_precision()
def attacked_loss(
    network: Network,
    against: Attack,
    steps: int,
    x: Tensor,
    generator: torch.Generator,
    start: Tensor | None = None,
) -> Tensor:
    """L_adv alone at inputs x `[B, d]`, meaned over them, as an attack in so many steps finds it: `[R]`.

    In half the time of its `slope`, whose `start` is meant too; raises Overflow as that does.
    """
    x = x.expand(network.replicates, *x.shape[-2:])
    clean = network.passed(x)
    f, begun = _watched(network, against, x, clean), "jacobian" if start is None else start
    found = largest_loss(f, x, *against, steps=steps, generator=generator, start=begun, clean=f.known)
    return found.loss.double().mean(dim=1)


@dataclass(frozen=True, eq=False)
class Attacked:
    """What an attack found: the `perturbation [R, B, d]`, and the networks' pass there where it is asked for."""

    perturbation: Tensor
    passed: Callable[[], Pass]


@full_precision()
def attack(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    start: Tensor | None = None,
    clean: Pass | None = None,
) -> Attacked:
    """What the objective's attack finds at x `[R, B, d]`; `clean` is the pass there, if it is known.

    Raises Overflow where a network meets what is not finite; on a GPU, which is not waited for, it is NaN there.
    """
    f = _watched(network, objective.attack, x, clean)
    with numerics.unheeded():
        eta = _climbed(f, objective, x, labels, generator, start)
    return Attacked(eta, lambda: f.passed(x + eta))


def _climbed(
    f: _Watched,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    start: Tensor | None,
) -> Tensor:
    eps, p, q, steps = objective.eps, objective.p, objective.q, objective.steps
    if objective.name == "attacked":
        f.reserve(x.shape[-2] * (steps + 2))
        return climb_cross_entropy(f, x.contiguous(), labels, eps, p, steps, generator, start).perturbation
    if objective.is_linear:
        return on_sphere(linear_start(f, x, f.outputs, p, q), p, eps)
    begun: str | Tensor = "jacobian" if start is None else start
    return largest_loss(f, x, eps, p, q, steps=steps, generator=generator, start=begun, clean=f.known).perturbation


@full_precision()
def steepest(network: Network, against: Attack, x: Tensor) -> Tensor:
    """Where attacks start unless told otherwise, `[R, B, d]`: the directions that move the linear map at x most."""
    x = x.expand(network.replicates, *x.shape[-2:])
    return linear_start(_Watched(network), x, network.spec.output_dim, against.p, against.q)


class _Watched:
    """A network that says which of its replicates overflow, and does not show its gates: no flips are counted.

    Beyond the root of what the type holds, so that what an attack makes of an output is still finite. `clean` is its
    pass at the inputs at which its Jacobian is asked for, if that is known.
    """

    def __init__(self, network: Network, clean: Pass | None = None) -> None:
        self.reserve, self.outputs = network.reserve, network.spec.output_dim
        self._network, self._clean = network, clean
        self._most = torch.finfo(network.dtype).max ** 0.5
        self._last: tuple[Tensor, Pass] | None = None

    @property
    def known(self) -> Tensor | None:
        """The output at the clean inputs, if their pass is known."""
        return None if self._clean is None else self.sound(self._clean.output)

    def __call__(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() or numerics.is_far(x):
            return self.sound(self._network(x))
        self._last = x, self._network.passed(x)
        return self.sound(self._last[1].output)

    def passed(self, x: Tensor) -> Pass:
        """The pass at x: as it was met, where an attack ended at the best that it found, as all but always on L_adv."""
        if self._last is not None and torch.equal(self._last[0], x):
            return self._last[1]
        return self._network.passed(x)

    def sound(self, output: Tensor) -> Tensor:
        """The output; Overflow where it is too large."""
        if numerics.is_far(output):  # what is not finite stays with its network, and shows in its loss
            return output
        sound = (output.detach().abs() <= self._most).flatten(1).all(dim=1)
        if not bool(sound.all()):
            raise Overflow("the network's output at an attacked input is NaN, infinite or all but", ~sound)
        return output

    def jacobian(self, x: Tensor) -> Tensor:
        slopes = self._network.gate_slopes(x) if self._clean is None else self._clean.slopes
        found = rough_jacobian(self._network, slopes)
        if not numerics.is_far(found) and not all_finite(found):
            sound = found.isfinite().flatten(1).all(dim=1)
            raise Overflow("the network's Jacobian at an input is NaN or infinite", ~sound)
        return found


class _Rounded(_Watched):
    """One that has its weights rounded as well."""

    def __init__(self, network: Network, clean: Pass | None, rough: Network) -> None:
        super().__init__(network, clean)
        self._rough = rough

    def roughly(self, x: Tensor) -> Tensor:
        """f(x) to three digits."""
        return self.sound(self._rough(x.bfloat16()).float())


def _watched(network: Network, against: Attack, x: Tensor, clean: Pass | None) -> _Watched:
    """Networks as attacks of such a budget see them at x."""
    rough = rounded(network) if network.spec.width >= WIDE and _moves(network.spec, against, x) else None
    return _Watched(network, clean) if rough is None else _Rounded(network, clean, rough)


def _moves(spec: NetworkSpec, against: Attack, x: Tensor) -> bool:
    """Whether a budget takes every input, and the biases that are added to it, farther than rounding may."""
    if numerics.is_far(x):
        return False
    inputs = x.shape[-1]
    farthest = against.eps * inputs ** max(0.0, 0.5 - 1 / against.p)
    lengths = (torch.linalg.vector_norm(x, dim=-1).square() + inputs * spec.bias_variance).sqrt()
    return bool((farthest >= MOVED * lengths).all())
