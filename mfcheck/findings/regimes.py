"""Regimes of a law: where, along training and in which limit, a finding speaks of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Regime:
    """A part of what a theorem says, which may hold where the rest does not; empty is the name of all of it.

    `caveat` says why findings there make no theorem hold, as of a limit or of dynamics that the paper does not speak
    of; it is empty where the paper claims the law.
    """

    name: str = ""
    caveat: str = ""


EVERYWHERE = Regime()
START = Regime("at the start")
"""At t = 0, in the paper's setting."""
LINEAR = Regime("early, its course")
"""Whether σ_w² falls linearly at first, at whatever rate."""
LINEAR_SHARE = 0.8
"""σ_w² falls linearly while it has fallen by at least this share of t times its own slope at t = 0; t* is the end."""
FITS = 0.95
"""The training accuracy from which on the control has fitted its images: short of it, it is not the attack that
keeps a network from them."""
LEARNS = 0.55
"""The accuracy on clean training images that training with attacks has to reach, halfway between chance, 1/K, and all
of K = 10 classes: attacks cost accuracy wherever they are trained on, and that alone makes nobody untrainable."""
EARLY = Regime("early, its rate")
"""The law itself while the early training lasts."""
LATE = Regime("late")
"""In the theory's own times: half-lives, and T."""
OUTCOME, MECHANISM = Regime("the outcome"), Regime("the mechanism")
LIMIT = Regime("at the start, for ε → 0", "a limit in which no gate flips, which the paper's training is not")
PULL = Regime("by the pull on W alone", "a flow on the weights' size alone, which no training follows")
BOUND = Regime("the bound itself")
GROWTH = Regime("how it grows")
"""With the budget, the depth and the numbers of inputs and outputs, whatever the constant."""
WIDE_LIMIT = Regime("its limit")
"""What the loss over the law tends to with the width."""
FEW_IMAGES = "trained on a few images, which the paper's training does not"
GRANTED = "granted: "
"""What the caveat of a finding begins with that rests on what is granted and not known."""
AT_MOST = "an upper bound, which a law that is far too large keeps too"
OTHERWISE = "the exact value of what the theorem says is nothing"


def is_granted(caveat: str) -> bool:
    """Whether a caveat says that a finding rests on what is granted and not known."""
    return caveat.startswith(GRANTED)
