"""A theory that has 0 in a place, no end, or another sign than the paper's is refuted there, and no error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from mfcheck import Cell, Finding, NetworkSpec, NotANumber, NotCovered, PaperTheory, Probe, Source, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.claim import Claim
from mfcheck.observables import jacobian
from mfcheck.settings import Settings, level_named
from mfcheck.theory import entry_law

SPEC = NetworkSpec("vanilla", 4, 1, width=32, depth=2, weight_variance=2.0)


def drawn(spec: NetworkSpec, probe: Probe, stream: Any, n: int) -> torch.Tensor:
    """A statistic of mean and median ω = 1."""
    return 1.0 + 0.1 * (torch.rand(n, 1, generator=stream.torch, dtype=torch.float64) - 0.5)


SOURCE = Source("around one", {"wishart": drawn}, {"wishart": False})
NONE = Allowance(0.0, 0.0, "none")


class Constant(PaperTheory):
    """ω as one number, or one that has nothing to say."""

    value: Any = 0.0

    def omega(self, spec: NetworkSpec) -> Any:
        if self.value is None:
            raise NotCovered("it says nothing here")
        if self.value == "error":
            return math.log(-1.0)
        return self.value


def theory(value: Any) -> PaperTheory:
    return type("Other", (Constant,), {"value": value, "__module__": __name__})()


def decider(value: Any) -> Decider:
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("toy.1/one", "A toy law.", lambda settings: [])
    own = value if isinstance(value, PaperTheory) else theory(value)
    return Decider(claim, Cell(SPEC, "wishart"), settings, own, ChunkStore(), "")


LOOK: dict[str, Any] = {"probe": Probe(np.ones((1, 4))), "reference": lambda theory: theory.omega(SPEC)}
FIRST = {"statistic": lambda draws: draws[:, 0]}


def mean(value: Any, **more: Any) -> Finding:
    tail = {"tail": lambda: Tail(1.01, 1.1), "finite_width": lambda: 0.0, "delta": 0.02}
    return decider(value).mean_ratio(SOURCE, **FIRST, **LOOK, **tail, **more)


def median(value: Any, **more: Any) -> Finding:
    return decider(value).median_ratio(SOURCE, **FIRST, **LOOK, allowance=lambda: NONE, spread=0.03, delta=0.02, **more)


def share(value: Any, **more: Any) -> Finding:
    return decider(value).share(SOURCE, **FIRST, **LOOK, allowance=lambda: Allowance(0, 0.1, "some"), **more)


def slope(value: Any) -> Finding:
    groups = [MedianGroup(x, SPEC, SOURCE, FIRST["statistic"]) for x in (0.0, 1.0)]
    return decider(value).median_slope(
        groups,
        probe=lambda spec: LOOK["probe"],
        x_label="x",
        rises=lambda theory, group: theory.omega(SPEC),
        allowance=lambda: Allowance(0.01, 0.02, "why"),
        spread=0.1,
    )


@pytest.mark.parametrize("decide", [mean, median])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_it_is_refuted_in_words_that_say_what_it_has(decide: Any, value: float) -> None:
    found = decide(value)
    assert found.verdict is Verdict.REFUTED
    assert found.paper_verdict == "supported"
    assert found.changes_seen == ("omega",)
    assert f"the theory has {value:.4g} here, where the paper's has 1" in found.reason
    assert f"this theory has {value:.4g}" in found.decides
    assert not found.region[0] <= found.estimate <= found.region[1]
    assert (found.twins_seen, found.resolution) == ((), None)


@pytest.mark.parametrize("decide", [mean, median])
@pytest.mark.parametrize("rounding", [2.2e-16, -2.2e-16])
def test_a_value_that_rounding_leaves_of_0_is_no_unit(decide: Any, rounding: float) -> None:
    """As of a slope between values that are all but equal: else its estimate is 10¹⁵ times the theory."""
    found, nothing = decide(rounding), decide(0.0)
    assert (found.verdict, found.estimate, found.region) == (nothing.verdict, nothing.estimate, nothing.region)
    assert found.reason == nothing.reason
    assert decide(1e-9).estimate == pytest.approx(1e9, rel=0.1)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_no_network_keeps_to_a_bound_of_nothing(value: float) -> None:
    found = share(value)
    assert (found.verdict, found.estimate, found.paper_verdict) == (Verdict.REFUTED, 0.0, "supported")


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_slope_of_what_has_no_logarithm_is_refuted(value: float) -> None:
    found = slope(value)
    assert found.verdict is Verdict.REFUTED
    assert "the theory has no value here" in found.reason


def test_a_theory_with_a_value_is_decided_as_ever() -> None:
    for decide in (mean, median):
        assert decide(1.0).verdict is Verdict.SUPPORTED
        assert "in units" not in decide(1.1).decides
        assert decide(1.1).verdict is Verdict.REFUTED


def test_a_theory_that_has_nothing_to_say_is_not_refuted() -> None:
    found = mean(None)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.reason == "it says nothing here"


def test_what_has_no_end_is_no_number_of_a_formula_that_is_no_time() -> None:
    with pytest.raises(NotANumber, match="formula omega gives inf"):
        mean(math.inf)


def test_the_papers_own_theory_is_never_held_against_itself() -> None:
    settings = Settings(seed=5, level=level_named("quick"))
    claim = Claim("toy.1/one", "A toy law.", lambda settings: [])
    decide = Decider(claim, Cell(SPEC, "wishart"), settings, PaperTheory(), ChunkStore(), "")
    found = decide.median_ratio(SOURCE, **FIRST, **LOOK, allowance=lambda: NONE, spread=0.03, delta=0.02)
    assert (found.verdict, found.paper_verdict, found.changes_told) == (Verdict.SUPPORTED, "", ())


@pytest.mark.parametrize("factor", [1 + 1e-6, 1.004, 1 / 1.004])
def test_a_theory_nearer_to_the_papers_than_draws_resolve_is_not_told_apart(factor: float) -> None:
    found = mean(factor)
    assert (found.verdict, found.paper_verdict, found.changes_told) == (Verdict.SUPPORTED, "supported", ())
    assert found.changes_seen == ("omega",)
    assert found.resolution is not None
    assert abs(factor - 1) < 0.01 < found.resolution


@pytest.mark.parametrize(("factor", "told"), [(1.0, ()), (1.2, ("omega",)), (1.03, ("omega",)), (0.9, ("omega",))])
def test_one_that_is_refuted_is_told_apart(factor: float, told: tuple[str, ...]) -> None:
    assert mean(factor).changes_told == told


def test_of_two_changes_the_one_that_the_draws_can_tell_is_named() -> None:
    both = type("Both", (Constant,), {"value": 1.3, "beta": lambda self, *place: 1.0, "__module__": __name__})()
    near = type("Near", (Constant,), {"value": 1 + 1e-7, "beta": lambda self, *place: 1.3, "__module__": __name__})()
    for theory, told in ((both, ("omega",)), (near, ())):
        found = mean(theory)
        assert (found.changes_seen, found.changes_told) == (("omega",), told)


def test_a_figure_that_asks_the_theory_is_not_made_where_it_has_0() -> None:
    asked = []

    def curve(draws: Any) -> Any:
        asked.append(draws)
        raise ZeroDivisionError

    assert median(0.0, curve=curve).verdict is Verdict.REFUTED
    assert not asked


def test_the_next_statement_of_a_cell_is_not_touched() -> None:
    decide = decider(0.0)
    more = {"allowance": lambda: NONE, "spread": 0.03, "delta": 0.02}
    first, second = (decide.median_ratio(SOURCE, **FIRST, **LOOK, **more) for _ in range(2))
    assert first.paper_verdict == second.paper_verdict == "supported"


def test_what_rests_on_a_grant_stays_open() -> None:
    assert mean(0.0, caveat="granted: a tail").verdict is Verdict.UNDECIDED


def test_a_break_is_no_refutation_and_the_theory_is_named() -> None:
    with pytest.raises(NotANumber, match="the theory has 0 here, the paper's 1: no break is measured by that"):
        mean(0.0, breaks="above")


def test_a_division_by_0_of_the_claims_own_stays_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        decider(0.0).median_ratio(
            SOURCE,
            **FIRST,
            probe=LOOK["probe"],
            reference=lambda theory: theory.omega(SPEC) / theory.omega(SPEC),
            allowance=lambda: NONE,
            spread=0.03,
            delta=0.02,
        )


def test_a_cell_that_a_theory_declines_tells_nothing_of_it() -> None:
    found = mean(None)
    assert (found.verdict, found.changes_told) == (Verdict.NOT_APPLICABLE, ())


def test_a_formula_that_a_theory_adds_and_that_declines_tells_nothing_either() -> None:
    def extra(self: PaperTheory, spec: NetworkSpec) -> float:
        raise NotCovered("nothing here")

    own = type("Added", (PaperTheory,), {"extra": extra, "__module__": __name__})()
    more: dict[str, Any] = {"allowance": lambda: NONE, "spread": 0.03, "delta": 0.02, "probe": LOOK["probe"]}
    found = decider(own).median_ratio(SOURCE, **FIRST, reference=lambda theory: theory.extra(SPEC), **more)
    assert (found.verdict, found.changes_told) == (Verdict.NOT_APPLICABLE, ())


@pytest.mark.parametrize(("power", "told"), [(1.998, ()), (1.9, ()), (0.7, ("jacobian_entry",))])
def test_a_law_of_nearly_the_papers_shape_is_not_told_apart(power: float, told: tuple[str, ...]) -> None:
    def entry(self: PaperTheory, spec: NetworkSpec) -> Any:
        unit = math.sqrt(self.jacobian_entry_variance(spec))
        return stats.gennorm(power, scale=unit * math.sqrt(math.gamma(1 / power) / math.gamma(3 / power)))

    own = type("Shaped", (PaperTheory,), {"jacobian_entry": entry, "__module__": __name__})()
    found = decider(own).law(
        jacobian.entry,
        component=0,
        reference=lambda theory: theory.jacobian_entry(SPEC),
        finite_width=lambda: entry_law(SPEC).distance_to_gaussian(),
    )
    assert (found.changes_seen, found.changes_told) == (("jacobian_entry",), told)
