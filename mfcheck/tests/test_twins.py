"""Wrong twins: there are enough of every kind, each is wrong in one formula, and what changes nothing is told."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.theory.twins import SWAPS, Twin, _sample_specs, formulas, twins, value_of

THEORY = PaperTheory()
SPECS = _sample_specs()
KINDS: dict[str, Callable[[str], bool]] = {
    "× 1.05": lambda change: change == "× 1.05",
    "× 1.25": lambda change: change == "× 1.25",
    "exponent + 1": lambda change: change.endswith("exponent + 1"),
    "exponent − 1": lambda change: change.endswith("exponent − 1"),
    "root left out": lambda change: change.endswith("without the root"),
    "first term dropped": lambda change: change.endswith("first term dropped"),
    "second term dropped": lambda change: change.endswith("second term dropped"),
    "swap": lambda change: change.endswith("swapped"),
}


def change_of(twin: Twin) -> str:
    return twin.name.removeprefix(f"{twin.formula}: ")


def named(theory: PaperTheory, name: str) -> Twin:
    (found,) = [twin for twin in twins(theory) if twin.name == name]
    return found


def differs(mine: float | None, other: float | None) -> bool:
    if mine is None or other is None:
        return mine is not other
    return not math.isclose(mine, other, rel_tol=1e-9)


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], PaperTheory]:
    """The theory named Mine of a module with this source, as a user's file would define it."""

    def from_source(source: str) -> PaperTheory:
        name = f"own_theory_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(f"import math\n\nfrom mfcheck import PaperTheory\n\n\n{source}")
        monkeypatch.syspath_prepend(tmp_path)
        theory = importlib.import_module(name).Mine()
        assert isinstance(theory, PaperTheory)
        return theory

    return from_source


def test_there_are_many_twins_of_every_kind() -> None:
    found = twins(THEORY)
    assert len(found) > 60
    kinds = Counter(kind for twin in found for kind, is_kind in KINDS.items() if is_kind(change_of(twin)))
    assert set(kinds) == set(KINDS)
    assert sum(kinds.values()) == len(found)
    swapped = {change_of(twin) for twin in found if KINDS["swap"](change_of(twin))}
    assert len(swapped) >= 2
    assert swapped <= {f"{one} and {other} swapped" for one, other in SWAPS}


def test_every_formula_of_one_network_has_twins() -> None:
    tried = formulas(THEORY)
    assert {"omega", "jacobian_entry_variance", "jacobian_entry", "offset_variance", "excess_kurtosis"} <= set(tried)
    assert not {"beta", "chevet_beta", "adversarial_bound", "variance_rate"} & set(tried)
    assert {twin.formula for twin in twins(THEORY)} == set(tried)


def test_names_are_unique_and_name_their_formula() -> None:
    names = [twin.name for twin in twins(THEORY)]
    assert len(set(names)) == len(names)
    assert all(twin.name.startswith(f"{twin.formula}: ") for twin in twins(THEORY))


def test_twins_are_the_same_every_time() -> None:
    def printed(found: tuple[Twin, ...]) -> list[object]:
        values = [[value_of(twin.theory, twin.formula, spec) for spec in SPECS[::5]] for twin in found]
        return [*zip([(t.name, t.formula, t.equivalent) for t in found], values, strict=True)]

    once = twins(THEORY)
    twins.cache_clear()
    again = twins(PaperTheory())
    assert once is not again
    assert printed(once) == printed(again)


def test_sample_networks_tell_sizes_apart_on_either_side_of_criticality() -> None:
    for spec in SPECS:
        assert len({spec.input_dim, spec.output_dim, spec.width, spec.depth}) == 4
        assert spec.bias_variance > 0
    gains = [THEORY.omega(spec) for spec in SPECS]
    assert min(gains) < 1 < max(gains)
    assert {spec.architecture for spec in SPECS} == {"vanilla", "residual"}


def test_every_twin_differs_from_its_formula_unless_it_says_why_not() -> None:
    for twin in twins(THEORY):
        apart = [differs(value_of(THEORY, twin.formula, s), value_of(twin.theory, twin.formula, s)) for s in SPECS]
        usable = [value_of(twin.theory, twin.formula, spec) is not None for spec in SPECS]
        both = [a for a, u in zip(apart, usable, strict=True) if u]
        assert any(usable), twin.name
        assert any(both) == (not twin.equivalent), twin.name


def test_hardly_any_twin_of_the_paper_is_equivalent() -> None:
    found = twins(THEORY)
    assert sum(bool(twin.equivalent) for twin in found) < len(found) / 4
    assert not [twin.name for twin in found if twin.equivalent and "×" in change_of(twin)]


def test_a_factor_is_the_factor() -> None:
    for twin in twins(THEORY):
        for factor in (1.05, 1.25):
            if change_of(twin) == f"× {factor}":
                power = 2 if hasattr(getattr(THEORY, twin.formula)(SPECS[0]), "var") else 1  # of a law, the scale's
                for spec in SPECS:
                    mine = value_of(THEORY, twin.formula, spec)
                    assert mine is not None
                    assert value_of(twin.theory, twin.formula, spec) == pytest.approx(factor**power * mine)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("omega: 1 + gain, first term dropped", lambda s: s.activation.alpha * s.weight_variance),
        ("omega: 1 + gain, second term dropped", lambda s: 1.0),
        ("omega: weight_variance and bias_variance swapped", lambda s: 1 + s.activation.alpha * s.bias_variance),
        (
            "jacobian_entry_variance: self.omega(spec) ** spec.depth, exponent − 1",
            lambda s: THEORY.omega(s) ** (s.depth - 1) / s.input_dim,
        ),
        (
            "jacobian_entry_variance: width and depth swapped",
            lambda s: THEORY.omega(s) ** s.width / s.input_dim,
        ),
    ],
)
def test_a_twin_computes_what_its_name_says(name: str, expected: Callable[[NetworkSpec], float]) -> None:
    spec = NetworkSpec("residual", 31, 7, 20, 3, 0.6, 0.3)
    twin = named(THEORY, name)
    assert value_of(twin.theory, twin.formula, spec) == pytest.approx(expected(spec))


def test_a_twin_changes_its_own_formula_alone() -> None:
    """No other formula has another function; its value moves only where it reads the changed one."""
    for twin in twins(THEORY):
        assert set(formulas(twin.theory)) == set(formulas(THEORY))
        assert set(vars(type(twin.theory))) & set(formulas(THEORY)) == {twin.formula}
        assert type(twin.theory).__mro__[1] is PaperTheory


READS = {
    "omega": {"omega", "jacobian_entry_variance", "jacobian_entry", "offset_variance", "offset", "fisher_rao"},
    "jacobian_entry_variance": {"jacobian_entry_variance", "jacobian_entry"},
    "offset_variance": {"offset_variance", "offset"},
    "excess_kurtosis": {"excess_kurtosis", "gaussian_distance"},
}


def test_other_formulas_move_only_through_the_changed_one() -> None:
    spec = SPECS[4]
    mine = {formula: value_of(THEORY, formula, spec) for formula in formulas(THEORY)}
    for twin in twins(THEORY):
        if twin.equivalent or change_of(twin) not in ("× 1.05", "× 1.25"):
            continue
        moved = {f for f, value in mine.items() if differs(value, value_of(twin.theory, f, spec))}
        assert moved == READS.get(twin.formula, {twin.formula}), twin.name


def test_twins_keep_the_fields_of_the_theory() -> None:
    assert {twin.theory.rate_factor for twin in twins(PaperTheory(rate_factor=1))} == {1}


def test_a_subclass_that_calls_super_has_twins(load: Callable[[str], PaperTheory]) -> None:
    theory = load(
        "class Mine(PaperTheory):\n"
        "    def omega(self, spec):\n"
        "        return 1.1 * super().omega(spec) + spec.bias_variance ** 2\n"
    )
    spec = replace(SPECS[0], bias_variance=0.5)
    paper = PaperTheory().omega(spec)
    twin = named(theory, "omega: × 1.25")
    assert value_of(theory, "omega", spec) == pytest.approx(1.1 * paper + 0.25)
    assert value_of(twin.theory, "omega", spec) == pytest.approx(1.25 * (1.1 * paper + 0.25))
    cubed = named(theory, "omega: spec.bias_variance ** 2, exponent + 1")
    assert value_of(cubed.theory, "omega", spec) == pytest.approx(1.1 * paper + 0.125)
    # What it does not override has twins as before, and they read its ω.
    entry = named(theory, "jacobian_entry_variance: × 1.05")
    assert value_of(entry.theory, "jacobian_entry_variance", spec) == pytest.approx(
        1.05 * (1.1 * paper + 0.25) ** spec.depth / spec.input_dim
    )


def test_a_formula_without_source_has_no_twins_and_raises_nothing() -> None:
    namespace: dict[str, object] = {"PaperTheory": PaperTheory}
    exec(
        "class Prompted(PaperTheory):\n    def omega(self, spec):\n        return 2 * super().omega(spec)\n",
        namespace,
    )
    theory = namespace["Prompted"]()  # type: ignore[operator]
    found = twins(theory)
    assert "omega" in formulas(theory)
    assert {twin.formula for twin in found} == set(formulas(THEORY)) - {"omega"}


def test_a_change_that_changes_nothing_says_so(load: Callable[[str], PaperTheory]) -> None:
    theory = load(
        "class Mine(PaperTheory):\n"
        "    def symmetric(self, spec):\n"
        "        act = spec.activation\n"
        "        return (act.u ** 2 + act.v ** 2) * spec.weight_variance\n\n"
        "    def lopsided(self, spec):\n"
        "        act = spec.activation\n"
        "        return (act.u ** 2 + 2 * act.v ** 2) * spec.weight_variance\n"
    )
    same = named(theory, "symmetric: u and v swapped")
    assert same.equivalent
    assert str(len(SPECS)) in same.equivalent
    assert not named(theory, "lopsided: u and v swapped").equivalent
    assert not named(theory, "symmetric: weight_variance and bias_variance swapped").equivalent
    assert [t.name for t in twins(theory) if t.formula == "symmetric" and t.equivalent] == [same.name]


def test_what_has_no_value_anywhere_is_no_twin(load: Callable[[str], PaperTheory]) -> None:
    """log 1 is 0 for every network: there is no such theory to refute."""
    theory = load("class Mine(PaperTheory):\n    def rest(self, spec):\n        return math.log(1 + spec.width)\n")
    changes = [change_of(twin) for twin in twins(theory) if twin.formula == "rest"]
    assert changes == ["× 1.05", "× 1.25", "1 + spec.width, first term dropped", "width and depth swapped"]


def test_a_value_is_one_positive_number_or_none() -> None:
    spec = SPECS[0]
    assert value_of(THEORY, "jacobian_entry", spec) == pytest.approx(THEORY.jacobian_entry_variance(spec))
    assert value_of(THEORY, "omega", replace(spec, architecture="nowhere:factory")) is None
    assert value_of(THEORY, "offset_variance", replace(spec, bias_variance=0.0)) is None
