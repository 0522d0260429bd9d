"""The coverage of a theory: what closes an argument of a formula, and what leaves a hole."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.findings.coverage import Covered, Row, coverage, holes
from mfcheck.findings.coverage_record import coverage_of, plain_coverage
from mfcheck.findings.coverage_shape import a_pins, check_coverage
from mfcheck.theory.arguments import arguments_of, formulas, parameters

AT: dict[str, tuple[float | str, ...]] = {
    "architecture": ("vanilla",),
    "input_dim": (50.0,),
    "output_dim": (3.0,),
    "width": (60.0,),
    "depth": (5.0,),
    "weight_variance": (1.8,),
    "bias_variance": (0.0,),
    "u": (1.0,),
    "v": (0.0,),
}
NORMS: dict[str, tuple[float | str, ...]] = {"p": (2.0,), "q": (1.0,), "input_dim": (50.0,), "output_dim": (3.0,)}


def finding(
    formula: str = "omega", up: float | None = 1.1, down: float | None = 1.1, calculus: tuple[str, ...] = (), **at: Any
) -> dict[str, Any]:
    """A finding that holds, and pins one formula down so far."""
    more = {name: at.pop(name, {}) for name in ("slants", "kinds")} | {"added": at.pop("added", None)}
    changed = {name: at.pop(name) for name in ("claim", "verdict", "engine", "foreign") if name in at}
    usual = NORMS if formula in ("beta", "chevet_beta") else AT
    places = usual | {name: value if isinstance(value, tuple) else (value,) for name, value in at.items()}
    return {
        "claim": changed.get("claim", "thm4.1/entries-variance"),
        "cell": "a-cell",
        "engine": changed.get("engine", "wishart"),
        "verdict": changed.get("verdict", "supported"),
        "parameters": {"architecture": changed.get("foreign", "vanilla")},
        "pins": {
            "places": [places],
            "pins": [{"formula": formula, "up": up, "down": down, "place": 0, **more}],
            "by_calculus": list(calculus),
        },
    }


def covered(*findings: dict[str, Any], formula: str = "omega", theory: PaperTheory | None = None) -> Covered:
    (one,) = (one for one in coverage(theory or PaperTheory(), findings) if one.formula == formula)
    return one


def row(argument: str, *findings: dict[str, Any], formula: str = "omega", theory: PaperTheory | None = None) -> Row:
    (one,) = (row for row in covered(*findings, formula=formula, theory=theory).rows if row.argument == argument)
    return one


def test_every_formula_has_a_row_for_every_argument_and_without_findings_all_are_open() -> None:
    found = coverage(PaperTheory(), [])
    assert [one.formula for one in found] == list(formulas(PaperTheory()))
    for one in found:
        assert tuple(row.argument for row in one.rows) == arguments_of(parameters(PaperTheory(), one.formula))
        assert all(row.holes for row in one.rows if not row.declared)


def test_an_argument_seen_at_one_value_alone_is_a_hole_and_a_second_value_closes_it() -> None:
    assert row("output_dim", finding()).holes == ("omega: seen at output_dim = 3 alone",)
    assert row("output_dim", finding(), finding()).holes == ("omega: seen at output_dim = 3 alone",)
    closed = row("output_dim", finding(), finding(output_dim=6.0))
    assert (closed.values, closed.holes, closed.twins) == ((3.0, 6.0), (), 4)


def test_values_too_near_for_the_findings_to_tell_leave_holes() -> None:
    # At 1.25 times the anchor a slant is off by 7 %, which findings that refute 10 % do not see.
    assert len(row("output_dim", finding(), finding(output_dim=3.75)).holes) == 4
    assert not row("output_dim", finding(up=1.05, down=1.05), finding(up=1.05, down=1.05, output_dim=3.75)).holes
    blunt = row("output_dim", finding(up=None, down=None), finding(up=None, down=None, output_dim=300.0))
    assert len(blunt.holes) == 4


def test_a_row_says_how_far_off_its_hardest_twin_must_be() -> None:
    # Findings that refute 10 % and stand four times apart refute what is 5 % off at twice the argument.
    apart = row("width", finding(), finding(width=240.0))
    assert apart.least
    assert apart.least.factor == pytest.approx(1.1**0.5)
    kinds = row("v", finding(up=1.02, down=1.03), finding(v=-0.2, up=1.2, down=1.1))
    assert kinds.least
    assert kinds.least.factor == 1.2
    assert row("v", finding()).least is None


def test_each_side_is_asked_for_by_itself() -> None:
    one_sided = row("width", finding(down=None), finding(down=None, width=120.0))
    # Slants that are too large at the other of the two values are refuted, and those too small are not.
    assert one_sided.holes == ("omega × (width/60)^−0.32", "omega × (width/120)^0.32")


def test_a_bound_from_above_must_be_refuted_where_it_is_too_low_alone() -> None:
    low = [finding("beta", up=None, input_dim=at) for at in (50.0, 100.0)]
    assert not row("input_dim", *low, formula="beta").holes
    high = [finding("beta", down=None, input_dim=at) for at in (50.0, 100.0)]
    assert row("input_dim", *high, formula="beta").holes
    told = row("p", *low, finding("beta", up=None, p=math.inf), formula="beta")
    assert told.holes == ("beta × 0.8 where p is 1", "beta × 0.8 where p is another")


def test_kinds_of_values_are_asked_for_one_by_one() -> None:
    open_ones = row("v", finding(), finding(v=-0.2, down=1.4))
    assert open_ones.holes == ("omega × 0.8 where v is another",)
    assert not row("v", finding(), finding(v=-0.2)).holes
    assert row("architecture", finding()).holes == (
        "omega × 1.25 where architecture is residual",
        "omega × 0.8 where architecture is residual",
    )


def test_findings_over_several_values_say_for_themselves() -> None:
    over = finding(up=None, down=None, depth=(2.0, 4.0), slants={"depth": [None, None]})
    assert not row("depth", over).holes
    half = finding(up=None, down=None, depth=(2.0, 4.0), slants={"depth": [None, [1.5, 3.0]]})
    assert row("depth", half).holes == ("omega × (depth/2)^−0.32",)
    endless = finding(up=None, down=None, depth=(2.0, 4.0), slants={"depth": [[None, 3.0], [3.0, None]]})
    assert row("depth", endless).holes == ("omega × (depth/2)^0.32", "omega × (depth/4)^−0.32")
    kinds = {"v": {"0": [True, True], "another": [True, False]}}
    assert row("v", finding(v=(0.0, 0.2), kinds=kinds)).holes == ("omega × 0.8 where v is another",)


def test_of_a_formula_with_a_limit_what_the_width_adds_is_asked_for() -> None:
    """Findings that refute a constant of 2 % see next to nothing of an excess of as much."""
    name = "apart_square_ratio"
    blunt = [finding(name, up=1.02, down=1.02, added=[1.5, None], width=at) for at in (60.0, 240.0)]
    found, what = row("width", *blunt, formula=name), f"{name}, what the width adds"
    assert found.holes == (f"{what} × (width/60)^−0.32", f"{what} × (width/240)^0.32")
    sharp = [finding(name, up=1.02, down=1.02, added=[1.2, 1.2], width=at) for at in (60.0, 240.0)]
    closed = row("width", *sharp, formula=name)
    assert not closed.holes
    assert closed.least
    assert closed.least.factor == pytest.approx(1.2**0.5)
    exact = covered(*sharp, formula=name).exact
    assert exact
    assert exact.factor == 1.02  # a constant is one of the whole
    # One written before there was such a thing counts by its constant.
    old = [finding(name, up=1.02, down=1.02, width=at) for at in (60.0, 240.0)]
    for one in old:
        del one["pins"]["pins"][0]["added"]
    assert not row("width", *old, formula=name).holes


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": "refuted"},
        {"verdict": "undecided"},
        {"claim": "open/validity-horizon"},
        {"foreign": "mynet:Net"},
    ],
)
def test_what_does_not_hold_gate_or_speaks_of_other_networks_counts_for_nothing(changed: dict[str, str]) -> None:
    assert covered(finding(**changed), finding(output_dim=6.0, **changed)).findings == 0


def test_what_an_engine_enters_by_calculus_counts_neither_for_the_argument_nor_for_the_constant() -> None:
    pair = [finding(calculus=("depth", "factor"), depth=at) for at in (5.0, 10.0)]
    assert row("depth", *pair).values == ()
    assert row("depth", *pair).holes == ("omega: no finding of depth",)
    assert covered(*pair).exact is None
    assert not row("depth", *pair, finding(), finding(depth=10.0, engine="lazy")).holes


def test_the_least_factor_is_told_by_engine_and_is_the_worse_of_two_sides() -> None:
    found = covered(finding(up=1.02, down=1.03), finding(up=1.2, down=1.1, engine="dense"))
    assert found.exact
    assert found.sampled
    assert (found.exact.factor, found.sampled.factor) == (1.03, 1.2)
    assert (found.exact.claim, found.sampled.engine) == ("thm4.1/entries-variance", "sampled")


class Declares(PaperTheory):
    """Declares that its gain knows no outputs, and adds a formula."""

    declares = {"omega": {"output_dim": "of one layer", "v=another": "for rectifiers alone"}}  # noqa: RUF012

    def added(self, spec: NetworkSpec) -> float:
        return 2.0


def test_a_theory_may_declare_with_a_reason_what_needs_no_finding() -> None:
    declared = row("output_dim", finding(), theory=Declares())
    assert (declared.holes, declared.twins, declared.declared) == ((), 0, "of one layer")
    assert not row("v", finding(), theory=Declares()).holes
    assert row("width", finding(), theory=Declares()).holes
    assert covered(formula="added", theory=Declares()).holes


@pytest.mark.parametrize("written", [3, {"omega": 3}, {"omega": {"width": ""}}, {"omega": {"width": 2}}, {3: {}}])
def test_what_is_declared_must_be_texts_by_formula_and_argument(written: object) -> None:
    class Wrong(PaperTheory):
        declares = written

    with pytest.raises(ValueError, match="declares of theory Wrong must map formulas"):
        coverage(Wrong(), [])


def test_the_coverage_reads_back_from_json_as_it_was() -> None:
    found = coverage(PaperTheory(), [finding("beta", p=math.inf), finding()])
    report = {"coverage": json.loads(json.dumps(plain_coverage(found), allow_nan=False))}
    check_coverage(report)
    assert coverage_of(report) == found
    assert coverage_of({}) == []
    assert holes(found) == holes(coverage_of(report))


@pytest.mark.parametrize(
    "damage",
    [
        lambda pins: pins["pins"][0].update(place=1),
        lambda pins: pins["pins"][0].update(up="far"),
        lambda pins: pins["pins"][0].update(added=[2.0]),
        lambda pins: pins["pins"][0].update(added=[2.0, "far"]),
        lambda pins: pins["pins"][0].update(slants={"width": [[2.0]]}),
        lambda pins: pins["pins"][0].update(kinds={"v": [True, True]}),
        lambda pins: pins.update(places=[{"width": [{}]}]),
        lambda pins: pins.pop("by_calculus"),
    ],
)
def test_damaged_pins_of_a_finding_are_told(damage: Any) -> None:
    pins = json.loads(json.dumps(finding()["pins"]))
    a_pins(pins, "pins")
    damage(pins)
    with pytest.raises(ValueError, match="pins"):
        a_pins(pins, "pins")
