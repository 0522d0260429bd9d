"""What networks train on, the theory's losses and the practitioners', and the cross-entropy with its gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from mfcheck.given import plain, real, whole
from mfcheck.spec import Attack, norm_exponent, positive_integer

OBJECTIVES = ("adversarial", "standard", "theory", "attacked")


@dataclass(frozen=True)
class Objective:
    """A loss: "adversarial" L_adv alone, "standard" cross-entropy, "theory" their sum, "attacked" cross-entropy at
    inputs that were attacked to raise it (the practitioners' form).

    ‖η‖_p ≤ eps in the units of x, L_adv measured in ℓq, attacks of so many `steps`; L_adv takes 0 of them too, where
    the linear map at x is the network: its own maximiser is the attack. Raises ValueError for a name, budget, exponent
    or count that cannot be.

    >>> Objective("theory", eps=0.3, p=math.inf, q=2).attacks
    True
    """

    name: str
    eps: float = 0.0
    p: float = math.inf
    q: float = math.inf
    steps: int = 5

    def __post_init__(self) -> None:
        if self.name not in OBJECTIVES:
            raise ValueError(f"objective {self.name!r} is unknown; allowed are {', '.join(OBJECTIVES)}")
        norm_exponent("p", self.p)
        norm_exponent("q", self.q)
        if not (self.is_linear and self.name in ("adversarial", "theory")):
            positive_integer("steps", self.steps)
        if self.attacks and not 0 < real(self.eps) < math.inf:
            raise ValueError(f"eps must be positive and finite for objective {self.name!r}, got {self.eps!r}")
        for name in ("eps", "p", "q", "steps"):  # it prints, and so seeds, alike whatever kind of number it is
            object.__setattr__(self, name, plain(getattr(self, name)))

    @property
    def passes(self) -> int:
        """About how often a gradient goes through the network: once for each step of the attack, and for the loss."""
        return 2 + (self.steps if self.attacks else 0)

    @property
    def attacks(self) -> bool:
        """Whether inputs are attacked."""
        return self.name != "standard"

    @property
    def is_linear(self) -> bool:
        """Whether attacks are the linear map's own maximiser, and take no step."""
        return whole(self.steps) == 0

    @property
    def attack(self) -> Attack:
        """The budget and norms."""
        return Attack(self.eps, self.p, self.q)


def cross_entropy(output: Tensor, labels: Tensor) -> Tensor:
    """−log softmax(f)_y, `[…, B, K]` and labels `[B]` → `[…, B]`."""
    return functional.cross_entropy(output.movedim(-1, 1), labels.expand(output.shape[:-1]), reduction="none")


def residual(output: Tensor, labels: Tensor) -> Tensor:
    """softmax(f) − y, the gradient of the cross-entropy in f: `[…, B, K]`."""
    return output.softmax(dim=-1) - functional.one_hot(labels, output.shape[-1]).to(output)
