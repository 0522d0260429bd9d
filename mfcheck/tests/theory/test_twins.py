"""Wrong twins: there are enough of every kind, each is wrong in one formula, and what changes nothing is told."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.spec import dual_exponent
from mfcheck.theory.arguments import ARGUMENTS, formulas, parameters
from mfcheck.theory.corrections import CORRECTIONS
from mfcheck.theory.norms import chevet_beta, expected_norm
from mfcheck.theory.reshaped import SHAPES
from mfcheck.theory.rewritten import SWAPS
from mfcheck.theory.sample_places import PAIRS, _sample_specs, sample_places
from mfcheck.theory.twins import Twin, twins, value_at

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
    "sign": lambda change: "sign changed" in change,
    "one term more": lambda change: change.endswith("one term more"),
    "one term less": lambda change: change.endswith("one term less"),
    "cases": lambda change: change.endswith("cases swapped"),
    "swap": lambda change: change.endswith("swapped") and not change.endswith("cases swapped"),
    "eps squared": lambda change: change == "eps squared",
    "eps left out": lambda change: change == "eps left out",
    "another shape": lambda change: change in SHAPES,
    "what the width adds": lambda change: change in CORRECTIONS,
}


def places(formula: str) -> list[tuple[Any, ...]]:
    return sample_places(parameters(THEORY, formula))


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
    assert len(found) > 100
    kinds = Counter(kind for twin in found for kind, is_kind in KINDS.items() if is_kind(change_of(twin)))
    assert set(kinds) == set(KINDS)
    assert sum(kinds.values()) == len(found)
    swapped = {change_of(twin) for twin in found if KINDS["swap"](change_of(twin))}
    assert len(swapped) >= 4
    assert swapped <= {f"{one} and {other} swapped" for one, other in SWAPS}


def test_every_formula_of_a_network_its_budget_or_norms_has_twins() -> None:
    tried = formulas(THEORY)
    assert {"omega", "jacobian_entry_variance", "jacobian_entry", "offset_variance", "excess_kurtosis"} <= set(tried)
    assert {"beta", "chevet_beta", "adversarial_bound", "variance_rate"} <= set(tried)
    assert {parameters(THEORY, formula) for formula in tried} == set(ARGUMENTS)
    assert {twin.formula for twin in twins(THEORY)} == set(tried)


def test_names_are_unique_and_name_their_formula() -> None:
    names = [twin.name for twin in twins(THEORY)]
    assert len(set(names)) == len(names)
    assert all(twin.name.startswith(f"{twin.formula}: ") for twin in twins(THEORY))


def test_twins_are_the_same_every_time() -> None:
    def printed(found: tuple[Twin, ...]) -> list[object]:
        values = [[value_at(twin.theory, twin.formula, (spec,)) for spec in SPECS[::5]] for twin in found]
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
        values = [
            (value_at(THEORY, twin.formula, p), value_at(twin.theory, twin.formula, p)) for p in places(twin.formula)
        ]
        usable = [(mine, other) for mine, other in values if other is not None]
        assert usable, twin.name
        apart = any(differs(mine, other) for mine, other in usable) or change_of(twin) in SHAPES
        assert apart == (not twin.equivalent), twin.name


def test_hardly_any_twin_of_the_paper_is_equivalent() -> None:
    found = twins(THEORY)
    assert sum(bool(twin.equivalent) for twin in found) < len(found) / 4
    assert not [twin.name for twin in found if twin.equivalent and "×" in change_of(twin)]


def test_a_factor_is_the_factor() -> None:
    for twin in twins(THEORY):
        for factor in (1.05, 1.25):
            if change_of(twin) == f"× {factor}":
                at = places(twin.formula)
                power = 2 if hasattr(getattr(THEORY, twin.formula)(*at[0]), "var") else 1  # of a law, the scale's
                for place in at:
                    mine = value_at(THEORY, twin.formula, place)
                    assert mine is not None
                    assert value_at(twin.theory, twin.formula, place) == pytest.approx(factor**power * mine)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("omega: 1 + gain, first term dropped", lambda s: s.activation.alpha * s.weight_variance),
        ("omega: 1 + gain, second term dropped", lambda s: 1.0),
        ("omega: 1 + gain, sign changed", lambda s: 1 - s.activation.alpha * s.weight_variance),
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
    assert value_at(twin.theory, twin.formula, (spec,)) == pytest.approx(expected(spec))


def test_a_twin_changes_its_own_formula_alone() -> None:
    """No other formula has another function; its value moves only where it reads the changed one."""
    for twin in twins(THEORY):
        assert set(formulas(twin.theory)) == set(formulas(THEORY))
        assert set(vars(type(twin.theory))) & set(formulas(THEORY)) == {twin.formula}
        assert type(twin.theory).__mro__[1] is PaperTheory


CAPACITIES = {"fisher_rao", "fisher_rao_of_biases", "full_fisher_rao"}
LAWS = {"omega", "jacobian_entry_variance", "jacobian_entry", "offset_variance", "offset", "standard_rate"} | CAPACITIES
RATES = {"regularisation", "variance_rate", "capacity_rate", "weight_variance", "collapse_time"}
BOUNDS = {"adversarial_bound"} | RATES
READS = {
    "omega": LAWS | BOUNDS,
    "jacobian_entry_variance": {"jacobian_entry_variance", "jacobian_entry"},
    "offset_variance": {"offset_variance", "offset"},
    "excess_kurtosis": {"excess_kurtosis", "gaussian_distance"},
    "beta": {"beta"} | BOUNDS,
    "adversarial_bound": BOUNDS,
    "regularisation": RATES,
    "variance_rate": {"variance_rate", "capacity_rate"},
}


def test_other_formulas_move_only_through_the_changed_one() -> None:
    spec = SPECS[4]
    budget = ("spec", "eps", "p", "q")
    at = {("spec",): (spec,), budget: (spec, 0.3, 2, 1), (*budget, "t"): (spec, 0.3, 2, 1, 5.0)}
    at[(*budget, "lower")] = (spec, 0.3, 2, 1, 0.02)

    def values(theory: PaperTheory) -> dict[str, float | None]:
        return {f: value_at(theory, f, at.get(parameters(theory, f), (2, 1, 31, 7))) for f in formulas(THEORY)}

    mine = values(THEORY)
    for twin in twins(THEORY):
        if twin.equivalent or change_of(twin) not in ("× 1.05", "× 1.25"):
            continue
        moved = {formula for formula, value in values(twin.theory).items() if differs(value, mine[formula])}
        assert moved == READS.get(twin.formula, {twin.formula}), twin.name


# Formulas of a budget and its norms ----------------------------------------------------------------------------


BOUND = NetworkSpec("residual", 31, 7, 20, 3, 0.6, 0.3)


def bound(eps: float, p: float, q: float, *, d: int = 31, k: int = 7, depth: float = 3, root: float = 0.5) -> float:
    """ε β ω^{L/2} with Chevet's β, ω = 1.3."""
    return eps * chevet_beta(p, q, d, k) * (1.3**root) ** depth


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("eps squared", bound(0.09, 4, 1.5)),
        ("eps left out", bound(1, 4, 1.5)),
        ("math.sqrt(self.omega(spec)) ** spec.depth, exponent + 1", bound(0.3, 4, 1.5, depth=4)),
        ("math.sqrt(self.omega(spec)) ** spec.depth, exponent − 1", bound(0.3, 4, 1.5, depth=2)),
        ("math.sqrt(self.omega(spec)) without the root", bound(0.3, 4, 1.5, root=1)),
        ("width and depth swapped", bound(0.3, 4, 1.5, depth=20)),
        ("input_dim and output_dim swapped", bound(0.3, 4, 1.5, d=7, k=31)),
        ("p and q swapped", bound(0.3, 1.5, 4)),
        ("× 1.05", 1.05 * bound(0.3, 4, 1.5)),
        ("× 1.25", 1.25 * bound(0.3, 4, 1.5)),
    ],
)
def test_a_twin_of_the_adversarial_bound_computes_what_its_name_says(change: str, expected: float) -> None:
    assert THEORY.adversarial_bound(BOUND, 0.3, 4, 1.5) == pytest.approx(bound(0.3, 4, 1.5))
    twin = named(THEORY, f"adversarial_bound: {change}")
    assert twin.theory.adversarial_bound(BOUND, 0.3, 4, 1.5) == pytest.approx(expected)


def chevet(
    p: float, q: float, *, outer: float = 1, inner: float = 1, d: int = 31, k: int = 7, root: float = 0.5
) -> float:
    """Chevet's constant with factors on its terms, from its definition."""
    first = k ** max(0, 1 / q - 0.5) * expected_norm(d, dual_exponent(p))
    second = d ** max(0, 0.5 - 1 / p) * expected_norm(k, q)
    return (outer * first + inner * second) / d**root


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("outer + inner, first term dropped", chevet(4, 1.5, outer=0)),
        ("outer + inner, second term dropped", chevet(4, 1.5, inner=0)),
        ("outer + inner, sign changed", chevet(4, 1.5, inner=-1)),
        ("output_dim ** max(0.0, 1 / q - 0.5), exponent + 1", chevet(4, 1.5, outer=7)),
        ("output_dim ** max(0.0, 1 / q - 0.5), exponent − 1", chevet(4, 1.5, outer=1 / 7)),
        ("input_dim ** max(0.0, 0.5 - 1 / p), exponent + 1", chevet(4, 1.5, inner=31)),
        ("input_dim ** max(0.0, 0.5 - 1 / p), exponent − 1", chevet(4, 1.5, inner=1 / 31)),
        ("math.sqrt(input_dim) without the root", chevet(4, 1.5, root=1)),
        ("1 / q - 0.5, second term dropped", chevet(4, 1.5, outer=7**0.5)),
        ("0.5 - 1 / p, second term dropped", chevet(4, 1.5, inner=31**0.25)),
        ("input_dim and output_dim swapped", chevet(4, 1.5, d=7, k=31)),
        ("p and q swapped", chevet(1.5, 4)),
    ],
)
def test_a_twin_of_chevets_constant_computes_what_its_name_says(change: str, expected: float) -> None:
    assert THEORY.chevet_beta(4, 1.5, 31, 7) == pytest.approx(chevet(4, 1.5))
    assert named(THEORY, f"chevet_beta: {change}").theory.chevet_beta(4, 1.5, 31, 7) == pytest.approx(expected)


def test_twins_of_the_papers_constant_move_what_it_states_and_what_it_borrows() -> None:
    root = named(THEORY, "beta: math.sqrt(2 * input_dim / math.pi) without the root").theory
    assert root.beta(math.inf, math.inf, 31, 7) == pytest.approx(62 / math.pi)
    assert root.beta(2, 1, 31, 7) == THEORY.beta(2, 1, 31, 7)
    swapped = named(THEORY, "beta: p and q swapped").theory
    assert swapped.beta(math.inf, 2, 31, 7) == 1
    assert swapped.beta(2, 1, 31, 7) == THEORY.beta(1, 2, 31, 7)
    sizes = named(THEORY, "beta: input_dim and output_dim swapped").theory
    assert sizes.beta(math.inf, math.inf, 31, 7) == pytest.approx(math.sqrt(14 / math.pi))
    assert sizes.beta(2, 1, 31, 7) == pytest.approx(chevet_beta(2, 1, 7, 31))


@pytest.mark.parametrize("formula", ["beta", "chevet_beta", "adversarial_bound", "variance_rate"])
def test_no_twin_of_a_bound_is_equivalent_without_a_reason(formula: str) -> None:
    found = [twin for twin in twins(THEORY) if twin.formula == formula]
    assert {"× 1.05", "× 1.25", "p and q swapped"} <= {change_of(twin) for twin in found}
    assert [twin.name for twin in found if twin.equivalent] == []


def test_pairs_of_norms_tell_p_from_q_and_hold_all_that_the_paper_speaks_of() -> None:
    assert {(2, math.inf), (math.inf, math.inf)} <= set(PAIRS)
    assert len({p for p, _ in PAIRS}) > 3
    for d, k in ((31, 7), (7, 31)):
        apart = [(p, q) for p, q in PAIRS if p != q]
        assert all(differs(chevet_beta(p, q, d, k), chevet_beta(q, p, d, k)) for p, q in apart)


def test_a_bound_of_ones_own_has_twins_of_its_budget(load: Callable[[str], PaperTheory]) -> None:
    theory = load(
        "class Mine(PaperTheory):\n"
        "    def adversarial_bound(self, spec, eps, p, q):\n"
        "        return eps * math.sqrt(spec.depth)\n"
    )
    found = [change_of(twin) for twin in twins(theory) if twin.formula == "adversarial_bound"]
    assert found == [
        "× 1.05",
        "× 1.25",
        "eps squared",
        "eps left out",
        "math.sqrt(spec.depth) without the root",
        "width and depth swapped",
    ]


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
    assert value_at(theory, "omega", (spec,)) == pytest.approx(1.1 * paper + 0.25)
    assert value_at(twin.theory, "omega", (spec,)) == pytest.approx(1.25 * (1.1 * paper + 0.25))
    cubed = named(theory, "omega: spec.bias_variance ** 2, exponent + 1")
    assert value_at(cubed.theory, "omega", (spec,)) == pytest.approx(1.1 * paper + 0.125)
    # What it does not override has twins as before, and they read its ω.
    entry = named(theory, "jacobian_entry_variance: × 1.05")
    assert value_at(entry.theory, "jacobian_entry_variance", (spec,)) == pytest.approx(
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
    assert value_at(THEORY, "jacobian_entry", (spec,)) == pytest.approx(THEORY.jacobian_entry_variance(spec))
    assert value_at(THEORY, "omega", (replace(spec, architecture="nowhere:factory"),)) is None
    assert value_at(THEORY, "offset_variance", (replace(spec, bias_variance=0.0),)) is None
