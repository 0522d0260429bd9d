"""Where a median or a share may lie from the theory for a reason that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mfcheck.settings import Level


@dataclass(frozen=True)
class Allowance:
    """How far θ may lie `below` and `above` 1 + `shift`, in units of the theory's value, and the reason.

    For a slope all three are absolute: θ lies about the theory's value + `shift`. What was measured may tell the
    relative `spread` of draws, which plans them, and errs at a rate `alpha`.
    """

    below: float
    above: float
    origin: str
    shift: float = 0.0
    spread: float | None = None
    alpha: float = 0.0

    @property
    def reach(self) -> float:
        """The larger of the two."""
        return max(self.below, self.above)

    @property
    def centre(self) -> float:
        """Where a ratio to the theory is known to lie."""
        return 1 + self.shift

    @property
    def inverse(self) -> Allowance:
        """Where what is inverse to it lies."""
        below, above = self.above / (1 + self.above), self.below / (1 - self.below)
        return replace(self, below=below, above=above, shift=1 / self.centre - 1)


def origin_with_delta(allowed: Allowance, delta: float, level: Level) -> str:
    """The origin of a margin: that of the allowance, and whose δ is added."""
    whose = f"δ of level {level.name}" if delta in (level.exact, level.ratio, level.slope) else "δ of the claim"
    return f"{allowed.origin}; {whose}"
