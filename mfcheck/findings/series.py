"""Names of the curves that findings bring and of the series in them: who makes a curve and who draws it use the same.

A report stores these names, so that its pages find a curve by what it is, whichever claim brought it.
"""

from __future__ import annotations

LAW, TREND, PROFILE, TRAJECTORY, LAYERS, MAP = "law", "trend", "profile", "trajectory", "layers", "map"
STRENGTHS, FALL = "strengths", "fall"
"""The kinds of curves (`Curve.kind`)."""

OVER_WIDTHS, OVER_BUDGETS, OVER_TIME, OVER_LAYERS, OVER_DEPTHS = "width N", "ε", "t", "layer", "depth"
OVER_STEPS = "steps of the attack"
"""What a curve's x may be (`Curve.x_label`)."""

FACTOR_1 = "rate factor 1"
"""The rival law of a trajectory: half the rate of the theory's, whose rate factor is 2."""
ENVELOPE = "envelope"
"""The theory's law, started at the loss that was measured at t = 0 instead of its bound."""
LOSS = "L_adv over the bound"
LOWER_QUARTILE, UPPER_QUARTILE = "lower quartile", "upper quartile"
DISCRETISATION = "discretisation"
"""The estimated error of a trajectory's steps."""

COSINE = "cosine"
"""How far a layer's gradient is parallel to its weights."""

ATTACKED, HELD_OUT, VARIANCE, DIVERGED = "attacked", "held-out attacked", "variance", "diverged"
"""What a network of a map came to: accuracies under attack, σ_w² over its start, and the share that diverged."""

OWN, EULER = "own slope", "Euler's identity"
"""Beside a decrease of σ_w² over the law's: each network's own slope at t = 0, and its losses by Euler's identity."""
ALONE, ALONG_START = "L_std alone", "along W(0)"
"""The same under standard training, and without ‖W − W(0)‖²/N, by which what moves across W(0) raises it."""
LOSS_LEFT, LOSS_LEFT_STRONGER = "L_adv left", "L_adv left, by four times the steps"
