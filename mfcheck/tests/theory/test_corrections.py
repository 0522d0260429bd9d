"""Twins of what a width adds to a limit: of which formulas there are any, and what they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest

from mfcheck.spec import NetworkSpec
from mfcheck.theory import PaperTheory
from mfcheck.theory.corrections import CORRECTIONS
from mfcheck.theory.twins import Twin, twins

SPEC = NetworkSpec("vanilla", 4, 3, 20, 3, 1.6, 0.5)


def corrected(theory: PaperTheory) -> dict[str, list[Twin]]:
    found: dict[str, list[Twin]] = {}
    for twin in twins(theory):
        if any(change in twin.name for change in CORRECTIONS):
            found.setdefault(twin.formula, []).append(twin)
    return found


def test_formulas_with_a_limit_that_widths_move_have_two_each_and_no_others_have_any() -> None:
    """Of L_adv's rates, which are of order 1/N, of times, of order N, and of what no width moves there are none."""
    found = corrected(PaperTheory())
    assert set(found) == {"apart_square_ratio", "offset_square_ratio", "shared_square_ratio", "weight_variance"}
    assert all(len(both) == len(CORRECTIONS) and not any(twin.equivalent for twin in both) for both in found.values())


@pytest.mark.parametrize("formula", ["apart_square_ratio", "offset_square_ratio", "shared_square_ratio"])
def test_they_change_the_excess_alone(formula: str) -> None:
    def of(theory: PaperTheory, width: int) -> float:
        return float(getattr(theory, formula)(replace(SPEC, width=width)))

    for twin, share in zip(corrected(PaperTheory())[formula], CORRECTIONS.values(), strict=True):
        for width in (3, 20, 4000):
            excess = of(PaperTheory(), width) - 1
            assert excess > 0
            assert of(twin.theory, width) - 1 == pytest.approx(share * excess, rel=1e-3)


def test_of_a_variance_in_training_they_change_how_far_it_has_moved() -> None:
    at = (0.3, 2.0, 2.0, 40.0)
    fell = SPEC.weight_variance - PaperTheory().weight_variance(SPEC, *at)
    assert fell > 0.1
    for twin, share in zip(corrected(PaperTheory())["weight_variance"], CORRECTIONS.values(), strict=True):
        assert SPEC.weight_variance - twin.theory.weight_variance(SPEC, *at) == pytest.approx(share * fell, rel=1e-3)


@dataclass(frozen=True)
class Own(PaperTheory):
    """Formulas of one's own: one that a width moves from 7, one that grows with it."""

    def gap(self, spec: NetworkSpec) -> float:
        return 7 - spec.depth / spec.width

    @staticmethod
    def rows(spec: NetworkSpec) -> float:
        return 7.0 * spec.width

    def summed(self, spec: NetworkSpec) -> float:
        """As a formula may be written: a sum over rows, and nothing to say of wide networks."""
        if spec.width > 100_000:
            raise ValueError("not stated for wide networks")
        return sum(1 + 1 / spec.width for _ in range(spec.width)) / spec.width

    def falling(self, spec: NetworkSpec) -> float:
        return 1 / math.sqrt(spec.width)

    def growing(self, spec: NetworkSpec) -> float:
        return math.log(1 + spec.width)


def test_formulas_of_ones_own_have_them_too() -> None:
    found = corrected(Own())
    assert found.keys() >= {"gap", "summed"}
    assert not found.keys() & {"rows", "falling", "growing"}
    some, _ = found["summed"]
    assert some.theory.summed(SPEC) == pytest.approx(1 + 0.75 / 20, rel=1e-4)  # type: ignore[attr-defined]
    wide = replace(SPEC, width=2000)
    assert some.theory.summed(wide) == Own().summed(wide)  # type: ignore[attr-defined]
    less, more = found["gap"]
    assert less.theory.gap(SPEC) == pytest.approx(7 - 0.75 * 3 / 20)  # type: ignore[attr-defined]
    assert more.theory.gap(SPEC) == pytest.approx(7 - 1.25 * 3 / 20)  # type: ignore[attr-defined]
