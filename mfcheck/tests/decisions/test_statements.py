"""What all statements have in common: verbs, sentences, chosen inputs, and what a theory makes of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from mfcheck import PaperTheory, Probe, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.facts import Fact
from mfcheck.decisions.laws import Law, SameLaw
from mfcheck.decisions.majority import Majority
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.median_slopes import MedianSlope
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.over_widths import OverWidths
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.same_medians import SameMedian
from mfcheck.decisions.slopes import Slope, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.findings.finding import Finding
from mfcheck.tests.support.bounded_draws import (
    AROUND,
    NONE,
    SPREAD,
    Steeper,
    bound,
    decider,
    first,
    median,
    share,
    slope,
    source,
)

VERBS: dict[str, type[Statement[Any]]] = {
    "law": Law,
    "same_law": SameLaw,
    "rate": Rate,
    "share": Share,
    "majority": Majority,
    "mean_ratio": MeanRatio,
    "negligible": Negligible,
    "median_ratio": MedianRatio,
    "median_within": MedianWithin,
    "median_beyond": MedianBeyond,
    "slope": Slope,
    "median_slope": MedianSlope,
    "steady": Steady,
    "same_median": SameMedian,
    "over_widths": OverWidths,
    "fact": Fact,
}


def of_the_median(reference: Callable[[PaperTheory], float] = bound, **more: Any) -> MedianRatio:
    return MedianRatio(
        AROUND,
        statistic=first,
        probe=Probe(np.ones((1, 50)), 0),
        reference=reference,
        allowance=lambda: NONE,
        spread=SPREAD,
        delta=0.02,
        **more,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_decides_the_statement_that_its_arguments_make(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    at = decider()
    at.answer = lambda ask: seen.append(ask) or at.trial.blank()  # type: ignore[func-returns-value]
    kind = VERBS[verb]
    looked_at = {"breaks": False, "instead": {}, "rivals": {}, "reference": bound, "target": bound, "delta": 0.1}
    values = {one.name: looked_at.get(one.name, one.name) for one in fields(kind)}
    positional = [one.name for one in fields(kind) if not one.kw_only]
    getattr(at, verb)(*positional, **{name: value for name, value in values.items() if name not in positional})
    (made,) = seen
    assert type(made) is kind
    assert {one.name: getattr(made, one.name) for one in fields(kind)} == values
    method = getattr(Decider, verb)
    assert (method.__name__, method.__qualname__) == (verb, f"Decider.{verb}")
    assert method.__doc__ == f"Decide: {kind.__doc__}"


def test_every_statement_of_the_package_has_a_verb() -> None:
    def kinds(of: type) -> set[type]:
        return {of}.union(*(kinds(one) for one in of.__subclasses__()))

    ours = {one for one in kinds(Statement) if one.__module__.startswith("mfcheck.decisions") and one is not Statement}
    assert ours == set(VERBS.values())
    assert not any(inspect.isabstract(one) for one in ours)


def test_what_does_not_apply_is_kept_behind_what_was_decided() -> None:
    at = decider()
    for name in ("checks", "more checks"):
        at(Fact("", name=name))
    finding = at.does_not_apply("the theory is silent here")
    assert at.findings[2:] == [finding]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_APPLICABLE, "the theory is silent here")


def test_statements_are_frozen() -> None:
    with pytest.raises(AttributeError):
        of_the_median().delta = 1.0  # type: ignore[misc]


OVER = "the median of ‖J‖ over the theory's value"
OTHERS = "around the bound"
SAYINGS: tuple[tuple[Callable[[Decider], Finding], str], ...] = (
    (lambda decide: decide(of_the_median(quantity="‖J‖")), f"{OVER} lies between 1 − 0.02 and 1 + 0.02"),
    (
        lambda decide: decide(of_the_median(quantity="‖J‖", upper_only=True)),
        "the median of ‖J‖ over the bound is at most 1 + 0.02",
    ),
    (lambda decide: decide(of_the_median(quantity="‖J‖", breaks="above")), f"{OVER} is above 1 + 0.02"),
    (
        lambda decide: median(decide, allowed=Allowance(0.03, 0.1, "why")),
        f"the median of {OTHERS} over the theory's value lies between 1 − 0.05 and 1 + 0.12",
    ),
    (
        lambda decide: share(decide, AROUND, Allowance(0.0, 0.5, "why")),
        f"{OTHERS} over the bound is at most 1 + 0.5 in at least 0.99 of networks",
    ),
    (slope, f"the slope of the log median of {OTHERS} against depth is the theory's -0.05268 ± 0.05"),
)


@pytest.mark.parametrize(("ask", "said"), SAYINGS)
def test_a_finding_says_what_was_decided_with_its_numbers(ask: Callable[[Decider], Finding], said: str) -> None:
    finding = ask(decider())
    assert finding.decides == said
    assert finding.verdict is not Verdict.NOT_APPLICABLE


def test_a_law_breaks_on_a_side_that_there_is() -> None:
    with pytest.raises(ValueError, match=r"two sides .* got True"):
        of_the_median(breaks=True)
    with pytest.raises(ValueError, match="got 'sideways'"):
        of_the_median(breaks="sideways")
    assert of_the_median(breaks=True, upper_only=True).breaks is True


def test_a_finding_tells_on_which_side_a_law_was_to_break() -> None:
    below = decider()(Fact("it is not", name="checks", breaks="below"))
    assert (below.verdict, below.breaks, below.side, below.reason) == (Verdict.SUPPORTED, True, "below", "it is not")
    above = decider()(Fact("it is not", name="checks", breaks="above"))
    assert (above.verdict, above.side) == (Verdict.REFUTED, "above")
    assert above.reason.startswith("it is not; it fails, but below its region")
    either = decider()(Fact("it is not", name="checks", breaks=True))
    assert (either.verdict, either.breaks, either.side) == (Verdict.SUPPORTED, True, "")
    assert decider()(Fact("it is not", name="checks")).side == ""


def test_what_a_statement_without_a_formula_reads_of_a_theory_is_seen() -> None:
    """A mean that is 0 beside any scale: all that the theory changes is the scale, and the paper's is asked too."""
    nothing = source("nothing beside the bound", lambda z: 1e-3 * z)
    finding = decider(Steeper())(
        Negligible(nothing, statistic=first, scale=bound, tail=lambda: Tail(1.0, 1.0), probe=Probe(np.ones((1, 50)), 0))
    )
    assert (finding.verdict, finding.changes_seen) == (Verdict.SUPPORTED, ("omega",))
    assert finding.paper_verdict == "supported"
    alone = decider()(
        Negligible(nothing, statistic=first, scale=bound, tail=lambda: Tail(1.0, 1.0), probe=Probe(np.ones((1, 50)), 0))
    )
    assert (alone.changes_seen, alone.paper_verdict) == ((), "")
    assert finding.alpha == pytest.approx(2 * alone.alpha)


def test_without_a_probe_a_statement_looks_at_the_inputs_that_it_chooses() -> None:
    chosen: list[str] = []

    def elsewhere(settings: Any, cell: Any) -> Probe:
        chosen.append(cell.id)
        return Probe(np.full((1, 50), 2.0), 0)

    at = decider()
    given = of_the_median()
    values = {one.name: getattr(given, one.name) for one in fields(given)} | {"probe": None, "looks_at": elsewhere}
    at(MedianRatio(values.pop("source"), **values))
    assert set(chosen) == {at.cell.id}


def test_a_statement_that_a_theory_makes_is_made_anew_for_the_papers() -> None:
    """Its statistic is in the theory's own units, so that every theory is right about it, the paper's too."""
    makers: list[PaperTheory] = []

    def in_own_units(theory: PaperTheory) -> MedianRatio:
        makers.append(theory)
        unit = bound(theory)
        made = of_the_median(lambda theory: 1.0)
        values = {one.name: getattr(made, one.name) for one in fields(made)}
        return MedianRatio(values.pop("source"), **values | {"statistic": lambda draws: draws[:, 0] / unit})

    at = decider(Steeper())
    finding = at(in_own_units)
    assert (finding.verdict, finding.paper_verdict) == (Verdict.REFUTED, "supported")
    assert finding.changes_seen == ("omega",)
    assert [type(one) for one in makers[1:]] == [PaperTheory]


def test_a_test_that_reads_the_theory_itself_has_no_answer_for_the_papers() -> None:
    at = decider(Steeper())
    unit = bound(at.theory)
    made = of_the_median(lambda theory: 1.0)
    values = {one.name: getattr(made, one.name) for one in fields(made)}
    finding = at(MedianRatio(values.pop("source"), **values | {"statistic": lambda draws: draws[:, 0] / unit}))
    assert (finding.verdict, finding.paper_verdict, finding.changes_seen) == (Verdict.REFUTED, "", ("omega",))


def test_the_figure_of_one_statement_says_nothing_of_what_the_next_reads() -> None:
    at = decider(Steeper())

    def shown(theory: PaperTheory) -> MedianRatio:
        def curve(draws: Any) -> Any:
            bound(theory)

        return of_the_median(lambda theory: bound(PaperTheory()), curve=curve)

    assert at(shown).changes_seen == ()
    second = at(of_the_median())
    assert (second.changes_seen, second.paper_verdict) == (("omega",), "supported")
