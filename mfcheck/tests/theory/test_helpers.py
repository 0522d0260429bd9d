"""What a theory writes for itself is no formula: helpers that give texts or tuples, memos, domains of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import pytest

from mfcheck import NetworkSpec, NotCovered, PaperTheory
from mfcheck.theory import agreement
from mfcheck.theory.agreement import agrees
from mfcheck.theory.arguments import formulas
from mfcheck.theory.changes import changes, check_theory
from mfcheck.theory.sample_places import FAR, NEAR, networks
from mfcheck.theory.twins import twins

PAPER = PaperTheory()


class Helped(PaperTheory):
    """The paper's, by helpers that take what formulas do."""

    def regime(self, spec: NetworkSpec) -> str:
        return "wide" if spec.width > 10 * spec.depth else "narrow"

    def gains(self, spec: NetworkSpec) -> tuple[float, float]:
        return spec.activation.alpha, spec.weight_variance

    def is_wide(self, spec: NetworkSpec) -> bool:
        return self.regime(spec) == "wide"

    def share(self, spec: NetworkSpec) -> float:
        return spec.activation.alpha

    def omega(self, spec: NetworkSpec) -> float:
        alpha, variance = self.gains(spec)
        return alpha * variance + (spec.architecture == "residual") if self.regime(spec) and self.share(spec) else 0.0


def test_what_gives_no_number_is_no_formula() -> None:
    assert set(formulas(Helped())) == {*formulas(PAPER), "share"}
    assert [change.name for change in changes(Helped())] == ["gains", "is_wide", "omega", "regime", "share"]
    assert {twin.formula for twin in twins(Helped())} <= {*formulas(PAPER), "share"}
    check_theory(Helped(), "mine:Helped")


@dataclass(frozen=True)
class Memo(PaperTheory):
    """One that keeps what it has found, in both ways that a frozen class has."""

    found: dict[Any, float] = field(default_factory=dict, compare=False)

    @cached_property
    def _more(self) -> dict[Any, float]:
        return {}

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        for kept in (self.found, self._more):
            if spec not in kept:
                kept[spec] = self.omega(spec) ** spec.depth / spec.input_dim
        return self._more[spec]


class Wrong(Memo):
    """The same with an ω that is off."""

    def omega(self, spec: NetworkSpec) -> float:
        return 1.5 * super().omega(spec)


SPEC = NetworkSpec("vanilla", 31, 7, 150, 6, 1.7, 0.3)


def test_what_a_theory_keeps_is_its_own() -> None:
    theory = Wrong()
    assert theory.jacobian_entry_variance(SPEC) == pytest.approx(1.5**6 * PAPER.jacobian_entry_variance(SPEC))
    alone = {change.name: change.theory for change in changes(theory)}
    papers = pytest.approx(PAPER.jacobian_entry_variance(SPEC))
    assert alone["jacobian_entry_variance"].jacobian_entry_variance(SPEC) == papers
    found = [twin for twin in twins(Memo()) if twin.formula == "omega" and not twin.equivalent]
    assert any(twin.theory.jacobian_entry_variance(SPEC) != papers for twin in found)


def test_a_class_with_slots_is_refused() -> None:
    kind = type("Slotted", (PaperTheory,), {"__slots__": ("terms",)})
    with pytest.raises(ValueError, match="class Slotted has __slots__, and must be a plain class"):
        check_theory(kind(), "mine:Slotted")


class Narrower(PaperTheory):
    """The paper's where networks are wide, and nothing elsewhere."""

    def omega(self, spec: NetworkSpec) -> float:
        if spec.width < 20:
            raise NotCovered("networks are to be wide")
        return super().omega(spec)


class Broken(PaperTheory):
    """The paper's where networks are wide, and an accident elsewhere."""

    def omega(self, spec: NetworkSpec) -> float:
        return super().omega(spec) if spec.width >= 20 else float("none")


def test_a_domain_of_its_own_is_no_other_value_and_an_accident_is() -> None:
    assert agrees(Narrower(), "omega")
    assert not agrees(Broken(), "omega")


@pytest.mark.parametrize("least", [agreement.FEW, agreement.FEWER])
def test_any_two_values_of_two_axes_meet_in_a_network_that_is_looked_at(least: int) -> None:
    def axes(spec: NetworkSpec) -> list[tuple[str, Any]]:
        sizes = (spec.input_dim, spec.output_dim)
        y = spec.activation.alpha * spec.weight_variance
        near = round(y + FAR if spec.architecture == "residual" else y, 9)
        variance = near if near in NEAR else spec.weight_variance
        values = (spec.architecture, sizes, spec.width, spec.depth, variance, spec.bias_variance)
        return list(enumerate((*values, str(spec.activation))))  # type: ignore[arg-type]

    found = networks(least)
    assert least <= len(found) < 2 * least + 100
    every = [axes(spec) for spec in found]
    single = {pair for one in every for pair in one}
    wanted = {frozenset(pair) for pair in combinations(single, 2) if pair[0][0] != pair[1][0]}
    assert {frozenset(pair) for one in every for pair in combinations(one, 2)} == wanted


@pytest.mark.parametrize(
    ("formula", "where"),
    [
        ("beta", lambda p, q, d, k: 5 < p < float("inf")),
        ("collapse_time", lambda spec, eps, p, q, lower: eps > 1),
        ("weight_variance", lambda spec, eps, p, q, t: eps < 0.1),
        ("regularisation", lambda spec, eps, p, q: spec.depth == 1 and spec.activation.v < 0),
        ("adversarial_bound", lambda spec, eps, p, q: spec.bias_variance > 0 and spec.depth == 3),
    ],
)
def test_corners_that_no_cell_has_are_looked_at(formula: str, where: Any) -> None:
    def changed(self: PaperTheory, *place: Any) -> float:
        value = float(getattr(PAPER, formula)(*place))
        return 1.2 * value if where(*place) else value

    import inspect

    changed.__signature__ = inspect.signature(getattr(PaperTheory, formula))  # type: ignore[attr-defined]
    assert not agrees(type("Wrong", (PaperTheory,), {formula: changed})(), formula)
