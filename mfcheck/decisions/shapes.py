"""What a verb takes of every network: one number, bounds of it, a 0 or 1, or a number for each of several inputs.

Intervals count rows as networks that were drawn independently. A statistic that gives more or fewer rows, or rows of
another shape, would be decided on as what it is not; so it is refused, in a sentence that says what it gave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats

Statistic = Callable[[Floats], Floats]
"""From draws `[n, …]` to a number each, `[n]`; for medians also to bounds of it, `[n, 2]`."""


class WrongShapeError(ValueError):
    """A statistic gives what its verb does not take."""


@dataclass(frozen=True, eq=False)
class Shaped:
    """A statistic of which a verb takes `words` for every draw: rows of one of these shapes, all if there are none."""

    statistic: Statistic
    words: str = "a row"
    rows: tuple[tuple[int, ...], ...] = ()
    marks: bool = False
    """Whether all numbers are to be 0 or 1."""

    def __call__(self, draws: Floats) -> Floats:
        """The statistic of draws, as real numbers; WrongShapeError where it gives anything else than is taken."""
        given = self.statistic(draws)
        values, count = np.asarray(given), len(draws)
        right = values.ndim > 0 and len(values) == count and (not self.rows or values.shape[1:] in self.rows)
        if not right or values.dtype.kind not in "biuf":
            got = f"an array {list(values.shape)} of {values.dtype}" if values.ndim else f"one {type(given).__name__}"
            raise WrongShapeError(
                f"a statistic must give {self.words} for each of {count} draws, {self._shapes(count)}; it gave {got}"
            )
        values = values.astype(float, copy=False)
        if self.marks and not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise WrongShapeError(f"a statistic must give {self.words}, as 0 or 1; it gave other numbers")
        if self.rows and values.shape[1:] == (2,) and (2,) in self.rows[1:] and (values[:, 0] > values[:, 1]).any():
            raise WrongShapeError(f"a statistic must give {self.words}, the lower one first; it gave them reversed")
        return values

    def _shapes(self, count: int) -> str:
        shapes = [[count, *row] for row in self.rows]
        return " or ".join(f"an array {shape} of real numbers" for shape in shapes) or "in an array of real numbers"


def rows(statistic: Statistic) -> Shaped:
    """A statistic that may make of a draw what it likes, but of each draw one thing."""
    return statistic if isinstance(statistic, Shaped) else Shaped(statistic)


def numbers(statistic: Statistic) -> Shaped:
    """A statistic that makes one number of each draw."""
    return Shaped(statistic, "one number", ((),))


def bounds(statistic: Statistic) -> Shaped:
    """A statistic that makes of each draw a number, or bounds of it."""
    return Shaped(statistic, "one number, or bounds of it", ((), (2,)))


def marks(statistic: Statistic) -> Shaped:
    """A statistic that says of each draw whether it has a property, or bounds of that."""
    return Shaped(statistic, "whether it has a property, or bounds of that", ((), (2,)), marks=True)


def columns(statistic: Statistic, count: int) -> Shaped:
    """A statistic that makes so many numbers of each draw."""
    return Shaped(statistic, f"{count} numbers", ((count,),))
