"""Names of the curves that findings bring and of the series in them: who makes a curve and who draws it use the same.

A report stores these names, so that its pages find a curve by what it is, whichever claim brought it.
"""

from __future__ import annotations

LAW, TREND, PROFILE, TRAJECTORY, LAYERS, MAP = "law", "trend", "profile", "trajectory", "layers", "map"
STRENGTHS, FALL = "strengths", "fall"
SHARES, ERRORS, SCATTER = "shares", "errors", "scatter"
"""The kinds of curves (`Curve.kind`)."""
IN_STUDIES = (MAP, STRENGTHS, FALL, SHARES, ERRORS, SCATTER)
"""Those that are shown only together with the others of their claim."""

OVER_WIDTHS, OVER_BUDGETS, OVER_TIME, OVER_LAYERS, OVER_DEPTHS = "width N", "ε", "t", "layer", "depth"
OVER_STEPS, OVER_EXPONENTS = "steps of the attack", "exponent"
OVER_CAPACITY, OVER_OWN_LOSS = "capacity left", "own L_adv left"
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
HELD_OUT_CLEAN, GAIN, CAPACITY, UNDECIDED = "held-out", "ω^L", "capacity", "undecided"
"""What a network of a map came to: accuracies under attack and held out, σ_w² over its start, the share that diverged,
ω^L, ‖w‖_FR over its start, and the share of pairs of networks of which it is not known what they come to."""
NOTHING_FITS, CONTROL_FITS, BOTH_FIT = OUTCOMES = "nothing fits", "only the control fits", "both fit"
"""What a pair of trainings comes to, with attacks and without: the shares of pairs that have come to it and that still
may, and exact bounds of its share."""
CONTROL, CONTROL_HELD_OUT, CONTROL_DIVERGED = "control", "control held-out", "control diverged"
"""The same of its control, trained without attack."""
FIRST_OVER_LAST, FIRST_OVER_LAST_AT_START = "gradient first/last", "gradient first/last at the start"
FIRST_LEFT, CONTROL_FIRST_LEFT = "first gradient over its start", "control first gradient over its start"
"""The norm of the loss's gradient in the first layer over that in the last, and over itself at the start."""

OWN, EULER = "own slope", "Euler's identity"
"""Beside a decrease of σ_w² over the law's: each network's own slope at t = 0, and its losses by Euler's identity."""
ALONE, ALONG_START = "L_std alone", "along W(0)"
"""The same under standard training, and without ‖W − W(0)‖²/N, by which what moves across W(0) raises it."""
LOSS_LEFT, LOSS_LEFT_STRONGER = "L_adv left", "L_adv left, by four times the steps"

CLOSED_FORM = "closed form"
"""Of an ascent, the number of steps until it is near its end, and the share of the most that it ends with, each where a
formula gives it and 0 where none does."""

PREDICTED_FALL, FALL_FROM_START = "fall of σ_w²", "fall of σ_w² by L_std's pull at the start"
"""The predicted fall of σ_w² over the measured one, with L_std's part as measured, and as it is at the start."""
INITIAL_RATE = "initial rate"
"""The rate at which L_adv starts to fall."""
