"""What cells cost is reckoned without a draw, the same everywhere, and a glance takes the cheapest of each formula."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.decisions import forecast as forecasts
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.forecast import Forecast, core_seconds, forecast, seconds_of_a_draw
from mfcheck.decisions.glance import cheapest, chosen
from mfcheck.decisions.suite import suite_claims
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.observables import initial_decay, jacobian, losses, slopes
from mfcheck.settings import Settings, level_named
from mfcheck.spec import Attack
from mfcheck.theorems.cells_of_a_run import each_cell
from mfcheck.training.objectives import Objective
from mfcheck.verdict import NotCovered

SPEC = NetworkSpec("vanilla", 16, 2, 32, 2, 1.5)
NONE = Allowance(0.0, 0.0, "none")
CLAIM = Claim("thm4.1/toy", "A toy holds.", lambda settings: [])


@pytest.fixture(autouse=True)
def never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def draws(order: Order) -> None:
        raise AssertionError("drew")

    monkeypatch.setattr(Order, "draw", draws)


def settings(level: str = "quick") -> Settings:
    return Settings(seed=0, level=level_named(level))


def reckoned(test: Callable[[Cell, Decider], object], cell: Cell = Cell(SPEC, "wishart")) -> Forecast:  # noqa: B008
    return forecast(CLAIM, test, cell, settings(), PaperTheory())


def variance(cell: Cell, decide: Decider) -> None:
    decide.law(jacobian.entry, component=0, reference=lambda t: t.jacobian_entry(cell.spec), finite_width=lambda: 0.001)


def test_a_law_is_reckoned_by_the_formula_that_it_asks_and_the_draws_that_it_takes() -> None:
    one, other = reckoned(variance), reckoned(variance, Cell(SPEC, "dense"))
    assert "jacobian_entry" in one.formulas
    assert one.draws > 1000
    assert 0 < one.seconds < other.seconds
    assert not one.rough


def test_what_needs_draws_to_be_planned_is_rough_and_what_raises_has_a_reason() -> None:
    def draws(cell: Cell, decide: Decider) -> None:
        decide.sketch(jacobian.entry, Probe(np.ones((1, 16))), cell.spec, 5)

    def raises(cell: Cell, decide: Decider) -> None:
        raise LookupError("no such image")

    assert reckoned(draws).rough
    assert reckoned(raises) == Forecast(reason="no such image", unplanned=True)
    assert reckoned(variance, Cell(SPEC, "wishart", inapplicable="not here")) == Forecast(reason="not here")


def by_a_theory_without_it(cell: Cell, decide: Decider) -> None:
    decide.law(jacobian.entry, component=0, reference=lambda t: t.no_such(cell.spec), finite_width=lambda: 0.0)


def skips(cell: Cell, decide: Decider) -> None:
    pytest.skip("not now")


def asserts(cell: Cell, decide: Decider) -> None:
    assert False, "no finding yet"  # noqa: B011, PT015


def with_a_fixture(cell: Cell, decide: Decider, fixture: object) -> None:
    variance(cell, decide)


def with_others(cell: Cell, *, fixture: object, more: int = 3) -> None:
    """Asks by a fixture alone."""


def silent(cell: Cell, decide: Decider) -> None:
    """Asks nothing."""


@pytest.mark.parametrize("test", [by_a_theory_without_it, skips, asserts, with_a_fixture, with_others, silent])
def test_what_only_a_run_tells_is_unplanned_and_in_a_glance(test: Callable[..., object]) -> None:
    cells = [Cell(replace(SPEC, width=width), "dense") for width in (64, 32, 128)]
    found = reckoned(test, cells[0])
    assert (found.unplanned, found.draws, found.formulas) == (True, 0, frozenset())
    assert found.reason
    assert chosen([(CLAIM, test, cell) for cell in cells], settings("glance"), PaperTheory()) == {
        (CLAIM.id, cells[1].id)
    }


def test_what_takes_its_arguments_in_another_order_or_only_one_of_them_is_planned() -> None:
    for test in (lambda decide, cell: variance(cell, decide), lambda decide: variance(Cell(SPEC, "wishart"), decide)):
        assert reckoned(test) == reckoned(variance)


def test_where_a_theory_says_nothing_is_no_cell_of_a_glance() -> None:
    def uncovered(cell: Cell, decide: Decider) -> None:
        def reference(theory: PaperTheory) -> float:
            raise NotCovered("not this one")

        decide.law(jacobian.entry, component=0, reference=reference, finite_width=lambda: 0.0)  # type: ignore[arg-type]

    assert reckoned(uncovered) == Forecast(reason="not this one")


def test_what_a_pilot_plans_is_reckoned_with_some_hundred_draws_or_a_chunk_of_trainings() -> None:
    def piloted(source: Source) -> Callable[[Cell, Decider], object]:
        def test(cell: Cell, decide: Decider) -> None:
            decide.median_ratio(
                source, quantity="a size", statistic=lambda draws: draws[:, 0], reference=lambda theory: 1.0,
                allowance=lambda: NONE, delta=0.1, pilot=32, probe=Probe(np.ones((1, 16))),
            )  # fmt: skip

        return test

    wide = Cell(replace(SPEC, width=1000, depth=5), "dense")
    drift, training = slopes.at_start(Objective("standard")), initial_decay.initial_decay(Attack(0.1, 2, 2), 2)
    assert drift.chunk_draws(wide.spec, "dense") < 8
    one, other = (reckoned(piloted(source), wide) for source in (drift, training))
    assert (one.draws, other.draws) == (128, training.most)
    assert one.rough
    assert other.rough


def test_more_of_everything_costs_more() -> None:
    for engine, source in (("dense", losses.attacked(2, 2, (0.1,), 5)), ("lazy", losses.attacked(2, 2, (0.1,), 5))):
        base = seconds_of_a_draw(SPEC, engine, source, 2)
        for wider in (replace(SPEC, width=64), replace(SPEC, depth=4), replace(SPEC, architecture="residual")):
            assert seconds_of_a_draw(wider, engine, source, 2) > base
        assert seconds_of_a_draw(SPEC, engine, losses.attacked(2, 2, (0.1,), 10), 2) > base
        assert seconds_of_a_draw(SPEC, engine, source, 4) > base


def test_what_claims_share_counts_once() -> None:
    one, other = (Forecast(1, seconds, parts=(("draws", seconds),)) for seconds in (3.0, 5.0))
    assert core_seconds([one, other, Forecast(1, 2.0)]) == 7.0


def test_a_glance_takes_the_cheapest_place_of_each_formula_and_none_in_vain() -> None:
    def at(seconds: float, *formulas: str) -> Forecast:
        return Forecast(1, seconds, formulas=frozenset(formulas))

    found = [
        (at(5.0, "a", "b"), "x", "dear"),
        (at(1.0, "a"), "x", "cheap"),
        (at(1.0, "a"), "x", "later"),
        (at(0.1), "x", "blind"),
        (at(2.0, "c"), "y", "own"),
    ]
    assert cheapest(found) == {("x", "dear"), ("y", "own")}, "the dear one sees b alone, and a with it"
    assert cheapest(found[1:]) == {("x", "cheap"), ("y", "own")}
    assert cheapest([]) == set()


@pytest.mark.parametrize("level", ["standard", "paper"])
def test_no_cell_of_a_level_raises(level: str) -> None:
    tests, asked = suite_claims(), settings(level)
    for claim, test, cell in each_cell([tests[id] for id in sorted(tests)], asked):
        found = forecast(claim, test, cell, asked, PaperTheory())
        assert found.draws > 0 or found.reason or not found.formulas, (claim.id, cell.id)


def test_a_glance_at_the_suite_is_the_same_in_every_process_and_sees_what_quick_sees() -> None:
    asked, tests = settings("glance"), suite_claims()
    cells = [(claim.id, cell.id) for claim, _, cell in each_cell([tests[id] for id in sorted(tests)], asked)]
    assert 5 <= len(cells) <= 40
    script = (
        "from mfcheck.decisions.suite import suite_claims as s; from mfcheck.settings import *; "
        "from mfcheck.theorems.cells_of_a_run import each_cell as e; t = s(); "
        "g = Settings(seed=5, level=level_named('glance')); "
        "print([(c.id, x.id) for c, _, x in e([t[i] for i in sorted(t)], g)])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == repr(cells)


def test_few_draws_are_reckoned_where_nothing_tells_the_source() -> None:
    assert forecasts.OPEN >= 22
