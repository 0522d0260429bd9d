"""How far a median or a share may lie from the theory for a reason that is known."""

from __future__ import annotations

from dataclasses import dataclass

from mfcheck.settings import Level


@dataclass(frozen=True)
class Allowance:
    """How far θ may lie below and above the theory for a reason that is known, relative to it, and that reason."""

    below: float
    above: float
    origin: str


def origin_with_delta(allowed: Allowance, delta: float, level: Level) -> str:
    """The origin of a margin: that of the allowance, and whose δ is added."""
    whose = f"δ of level {level.name}" if delta in (level.exact, level.ratio, level.slope) else "δ of the claim"
    return f"{allowed.origin}; {whose}"
