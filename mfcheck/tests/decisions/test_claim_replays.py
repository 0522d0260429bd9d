"""Whole decisions, from root seed to verdict, err and miss as rarely as they say, and a fault planted in them shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scipy import special

from mfcheck.arrays import Floats
from mfcheck.decisions import means, trial
from mfcheck.ensembles import orders
from mfcheck.statistics import intervals, medians, sequential
from mfcheck.tests.support import known_statements as known
from mfcheck.tests.support.claim_replays import PLACES, QUESTIONS, REPLAYS, Tally, decided, errors, markdown, tallies
from mfcheck.tests.support.replays import ALPHAS

FEW = 10
ALPHA = ALPHAS[0]
OUTSIDE, INSIDE, FAR, RIGHT = range(len(PLACES))
statements = pytest.mark.parametrize("statement", known.STATEMENTS, ids=lambda one: f"{one.verb}: {one.data}")


def replayed(rule: Callable[..., Any], place: int, replays: int) -> Tally:
    """So many replays of the statement that this rule decides."""
    (statement,) = (one for one in known.STATEMENTS if one.decide is rule)
    found = errors(QUESTIONS.index((statement, ALPHA, PLACES[place])), replays)
    return Tally(statement, PLACES[place], ALPHA, replays, found)


@pytest.mark.parametrize("place", range(len(PLACES)), ids=[place.title for place in PLACES])
@statements
def test_a_verb_errs_and_misses_as_rarely_as_it_says(statement: known.Statement, place: int) -> None:
    assert not replayed(statement.decide, place, FEW).convicted


@statements
def test_every_replay_draws_numbers_of_its_own(statement: known.Statement) -> None:
    if statement.verb not in ("rate", "share"):  # shares of few draws coincide
        found = {decided(statement, 1.0, alpha=ALPHA, seed=seed).estimate for seed in (1, 2)}
        assert len(found) == 2
    again = [decided(statement, 1.0, alpha=ALPHA, seed=1).estimate for _ in range(2)]
    assert again[0] == again[1]


# Faults that the study must see ------------------------------------------------------------------------------------


Plant = Callable[[pytest.MonkeyPatch], None]


def error_rate_doubled_ten_times(plant: pytest.MonkeyPatch) -> None:
    spent = sequential.spent
    plant.setattr(sequential, "spent", lambda alpha, look: min(0.5, 2**10 * spent(alpha, look)))


def looks_not_charged(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(sequential, "spent", lambda alpha, look: alpha)


def quantile_of_the_wrong_side(plant: pytest.MonkeyPatch) -> None:
    def upper(successes: int, draws: int, alpha: float) -> float:
        return float(special.betaincinv(max(successes, 1), draws - successes + 1, 1 - alpha))

    plant.setattr(intervals, "rate_lower", upper)
    plant.setattr(trial, "reportable", lambda finding: finding)  # its intervals end before they begin


def a_quarter_of_the_band(plant: pytest.MonkeyPatch) -> None:
    half_width = intervals.dkw_half_width
    plant.setattr(intervals, "dkw_half_width", lambda draws, alpha: half_width(draws, alpha) / 4)


def ranks_next_to_the_median(plant: pytest.MonkeyPatch) -> None:
    def middle(ordered: Floats, alpha: float) -> tuple[float, float]:
        half = len(ordered) // 2
        return float(ordered[half - 1]), float(ordered[half + 1])

    plant.setattr(medians, "median_interval", middle)


def one_seed_for_all_chunks(plant: pytest.MonkeyPatch) -> None:
    derive_seed = orders.derive_seed
    plant.setattr(known, "ENTRY", replace(known.ENTRY, most=32))
    plant.setattr(orders, "derive_seed", lambda root, *names: derive_seed(root, *names[:-1]))


def what_the_width_makes_forgotten(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(means, "moved", lambda value, papers, centre: 1.0)


def a_band_that_excludes_nothing(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(intervals, "dkw_half_width", lambda draws, alpha: 1.0)


FAULTS: dict[Plant, tuple[Callable[..., Any], int, int]] = {
    error_rate_doubled_ten_times: (known.decide_rate, OUTSIDE, 30),
    quantile_of_the_wrong_side: (known.decide_rate, INSIDE, 15),
    a_quarter_of_the_band: (known.decide_uniform_law, INSIDE, 15),
    ranks_next_to_the_median: (known.decide_median_slope, OUTSIDE, 30),
    one_seed_for_all_chunks: (known.decide_law, INSIDE, 15),
    what_the_width_makes_forgotten: (known.decide_mean_that_breaks, OUTSIDE, 15),
    a_band_that_excludes_nothing: (known.decide_same_law, FAR, 5),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_convicted(fault: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, place, replays = FAULTS[fault]
    assert not replayed(rule, place, replays).convicted
    fault(monkeypatch)
    assert replayed(rule, place, replays).convicted


@pytest.mark.slow
def test_looks_that_are_not_charged_are_convicted(monkeypatch: pytest.MonkeyPatch) -> None:
    looks_not_charged(monkeypatch)
    assert replayed(known.decide_rate, INSIDE, REPLAYS).convicted


# The table ---------------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_a_statement_and_rate_and_marks_what_is_convicted() -> None:
    counts = [0] * len(QUESTIONS)
    counts[:4] = (99, 200, 0, 1)
    lines = markdown(tallies(counts, 2000)).splitlines()
    assert len(lines) == 2 + len(known.STATEMENTS) * len(ALPHAS)
    assert lines[2] == "| `law` | J beside a wider normal law | 0.05 | 2000 | 99 | **200** | 0 | 1 |"
    assert r"| \|J\| |" in lines[-6]
