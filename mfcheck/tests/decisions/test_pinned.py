"""What a finding pins down: the least wrong factor that its draws refute, along arguments and at kinds of values."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import NetworkSpec, PaperTheory, Verdict
from mfcheck.decisions.judgement import Judgement
from mfcheck.decisions.laws import Law
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.pinned import LARGEST, anchors_kept, least_factor, pinned
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.finding import Finding
from mfcheck.findings.pins import Pin
from mfcheck.tests.support import bounded_draws
from mfcheck.tests.support.bounded_draws import ANYWHERE, AROUND, NONE, SPEC, bound, decider, first, median, slope
from mfcheck.theory.slants import AtKind, Constant, Slant, altered

THEORY = PaperTheory()


def statement(**more: Any) -> MedianRatio:
    fields: dict[str, Any] = {
        "statistic": first,
        "probe": ANYWHERE,
        "reference": bound,
        "allowance": lambda: NONE,
        "spread": 0.2,
        "delta": 0.02,
    }
    return MedianRatio(AROUND, **(fields | more))


def judgement(asked: Any) -> Judgement:
    found: Judgement = decider().trial.judge(asked, THEORY)
    return found


def pins(found: Finding) -> dict[str, Pin]:
    return {pin.formula: pin for pin in found.pins.pins}


@given(st.floats(1.002, 60))
def test_the_least_factor_is_found_to_2_percent_of_its_logarithm(edge: float) -> None:
    found = least_factor(lambda by: by >= edge)
    assert found is not None
    assert math.log(edge) <= math.log(found) <= 1.02 * math.log(edge) + 1e-12
    assert least_factor(lambda by: False) is None


def test_a_median_pins_down_every_formula_that_its_reference_reads() -> None:
    judged = judgement(statement())
    found, asked = pinned(judged, THEORY)
    by_name = {pin.formula: pin for pin in found.pins}
    assert by_name.keys() == {"adversarial_bound", "beta", "omega"}
    assert 0 < asked < 60  # a number that was judged tells for all formulas
    for name, pin in by_name.items():
        assert pin.up
        assert pin.down
        # A hair below the least factor the draws do not refute the formula, and at it they do.
        for factor, refuted in ((pin.up, True), (1 / pin.down, True), (1 + 0.95 * (pin.up - 1), False)):
            assert judged.refutes(altered(THEORY, name, Constant(factor))) is refuted, (name, factor)
    assert by_name["omega"].up == pytest.approx(by_name["beta"].up ** (2 / SPEC.depth), rel=0.01)  # type: ignore[operator]
    at = found.places[by_name["omega"].place]
    assert (at["width"], at["v"], at["bias_variance"]) == ((60.0,), (0.0,), (0.4,))
    assert found.places[by_name["adversarial_bound"].place]["p"] == (2.0,)


def dependent(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    """The dependence of two entries of one column, times a little noise."""
    return THEORY.shared_square_ratio(spec) * torch.exp(0.2 * stream.normal(n, 2))


def test_of_a_formula_with_a_limit_what_the_width_adds_is_pinned_down_too() -> None:
    source = Source("dependent", {"wishart": dependent}, {"wishart": False})
    judged = judgement(replace(statement(), source=source, reference=lambda theory: theory.shared_square_ratio(SPEC)))
    found, _ = pinned(judged, THEORY)
    (pin,) = found.pins
    assert pin.up
    assert pin.down
    assert pin.added
    up, down = pin.added
    assert up
    assert down
    value = THEORY.shared_square_ratio(SPEC)
    share = (value - 1) / value
    assert 0.2 < share < 0.4
    # So many times of a share is a smaller factor of the whole.
    assert 1 + (up - 1) * share == pytest.approx(pin.up, rel=0.01)
    assert 1 - (1 - 1 / down) * share == pytest.approx(1 / pin.down, rel=0.01)
    for factor, refuted in ((up, True), (1 / down, True), (1 + 0.95 * (up - 1), False)):
        altered_so = altered(THEORY, "shared_square_ratio", Constant(factor), correction=True)
        assert judged.refutes(altered_so) is refuted, factor
    assert all(pin.added is None for pin in pinned(judgement(statement()), THEORY)[0].pins)


def test_a_bound_pins_down_only_what_is_too_low() -> None:
    decide = decider()
    decide(statement(upper_only=True))
    (found,) = decide.findings
    assert found.verdict is Verdict.SUPPORTED
    assert all(pin.up is None and pin.down is not None for pin in found.pins.pins)
    shares = bounded_draws.share(decider(), bounded_draws.source("within", lambda z: torch.exp(-0.3 - z.abs())))
    assert shares.verdict is Verdict.SUPPORTED
    pin = pins(shares)["adversarial_bound"]
    assert pin.up is None
    assert pin.down is not None
    assert pin.down < LARGEST
    assert shares.alpha > median(decider()).alpha  # each bound that was tried takes an interval of its own


def test_a_slope_pins_down_slants_and_no_constant() -> None:
    found = pins(slope(decider()))
    assert "beta" not in found  # it is the same at all depths
    assert found["adversarial_bound"].up is None
    assert found["omega"].up is not None  # a constant of ω is a slope of ω^{L/2}
    assert found["adversarial_bound"].slants == {"depth": (None, None)}
    assert found["adversarial_bound"].kinds == {}


def test_nothing_is_pinned_down_by_what_is_refuted_explored_or_to_break() -> None:
    decide = decider(bounded_draws.times(3.0))
    decide(statement())
    assert decide.findings[0].verdict is Verdict.REFUTED
    assert not decide.findings[0].pins.pins
    broken = decider()
    above = bounded_draws.source("above", lambda z: 3 * torch.exp(0.2 * z))
    found = median(broken, above, breaks="above")
    assert found.verdict is Verdict.SUPPORTED
    assert not found.pins.pins


def both_kinds(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    """The product of the bounds of a network and of its residual sister, times a little noise."""
    sister = replace(spec, architecture="residual")
    return bound(THEORY, spec) * bound(THEORY, sister) * torch.exp(0.2 * stream.normal(n, 2))


def test_where_a_formula_is_read_at_several_kinds_each_is_tried_alone() -> None:
    asked = replace(
        statement(),
        source=Source("both", {"wishart": both_kinds}, {"wishart": False}),
        reference=lambda theory: bound(theory, SPEC) * bound(theory, replace(SPEC, architecture="residual")),
    )
    judged = judgement(asked)
    found, _ = pinned(judged, THEORY)
    pin = next(pin for pin in found.pins if pin.formula == "omega")
    assert found.places[pin.place]["architecture"] == ("residual", "vanilla")
    for kind, sides in pin.kinds["architecture"].items():
        expected = tuple(
            judged.refutes(altered(THEORY, "omega", AtKind("architecture", kind, by))) for by in (1.25, 0.8)
        )
        assert tuple(sides) == expected == (True, True)


def both_widths(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    """The product of the bounds of a network and of one eight times as wide, times a little noise."""
    wide = replace(spec, width=480)
    return bound(THEORY, spec) * bound(THEORY, wide) * torch.exp(0.2 * stream.normal(n, 2))


def test_a_slant_over_several_places_is_refuted_wherever_it_is_right_or_is_not_said_to_be() -> None:
    asked = replace(
        statement(),
        source=Source("both widths", {"wishart": both_widths}, {"wishart": False}),
        reference=lambda theory: bound(theory, SPEC) * bound(theory, replace(SPEC, width=480)),
    )
    judged = judgement(asked)
    found, _ = pinned(judged, THEORY)
    pin = next(pin for pin in found.pins if pin.formula == "adversarial_bound")
    kept = pin.slants["width"][0]
    assert kept
    # Right halfway between, the two factors cancel.
    for anchor, refuted in (
        (math.sqrt(60 * 480), False),
        (kept[0], kept[0] <= 60),
        (0.9 * kept[0], True),
        (kept[1], kept[1] >= 480),
        (1.1 * kept[1], True),
    ):
        found_so = judged.refutes(altered(THEORY, "adversarial_bound", Slant("width", anchor, rises=True)))
        assert found_so is refuted, anchor


@given(st.floats(1.1, 50), st.floats(1.1, 50))
def test_the_anchors_that_are_kept_are_found_wherever_they_end(below: float, above: float) -> None:
    found = anchors_kept(lambda at: not 10 / below <= at <= 20 * above, 10.0, 20.0)
    assert found
    assert found[0] <= 10 / below <= 1.1 * found[0]
    assert found[1] / 1.1 <= 20 * above <= found[1]
    assert anchors_kept(lambda at: True, 10.0, 20.0) is None
    assert anchors_kept(lambda at: False, 10.0, 20.0) == (0.0, math.inf)


def test_a_law_pins_down_its_scale() -> None:
    def normal(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return math.sqrt(THEORY.jacobian_entry_variance(spec)) * stream.normal(n, 1)

    asked = Law(
        Source("normal", {"wishart": normal}, {"wishart": False}),
        component=0,
        probe=ANYWHERE,
        reference=lambda theory: theory.jacobian_entry(SPEC),
        finite_width=lambda: 0.0,
    )
    judged = judgement(asked)
    found, called = pinned(judged, THEORY)
    by_name = {pin.formula: pin for pin in found.pins}
    law, variance = by_name["jacobian_entry"], by_name["jacobian_entry_variance"]
    assert law.up
    assert variance.up
    assert variance.up == pytest.approx(law.up**2, rel=0.02)
    assert called < 50
    assert judged.refutes(altered(THEORY, "jacobian_entry", Constant(law.up)))
