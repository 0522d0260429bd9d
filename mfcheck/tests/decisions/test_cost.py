"""What a first look costs: by a chunk, or by a few steps of one that trains."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from mfcheck import progress
from mfcheck.arrays import Floats
from mfcheck.decisions.cost import Cost, cost_of, seconds_needed, seconds_of_first
from mfcheck.decisions.statement import Plan
from mfcheck.findings.finding import Margin

A = torch.ones(3, 8, 8)


class Training:
    """Draws that come of so many steps, each a product and a wait."""

    def __init__(self, steps: int, wait: float) -> None:
        self.steps, self.wait, self.made = steps, wait, 0

    def __call__(self, n: int) -> Floats:
        for step in range(self.steps + 1):
            progress.report(step, self.steps)
            if step < self.steps:
                torch.bmm(A, A)
                time.sleep(self.wait)
                self.made += 1
        return np.zeros(n)


def planned(*draws: Training, first: int = 30, chunk: int = 10) -> Plan:
    return Plan(Margin(0.0, 0.1, "none"), first, draws, chunk)


def test_a_long_training_is_timed_by_a_few_of_its_steps() -> None:
    long = Training(10_000, 0.002)
    found = cost_of(planned(long))
    assert long.made < 20
    assert 3 * 10_000 * 0.002 <= found.seconds <= 100 * 3 * 10_000 * 0.002  # a busy machine sleeps longer
    assert found.flop == 3 * 10_000 * 3 * 2 * 8**3  # three chunks of so many steps, each a product of three pairs


def test_slow_steps_are_timed_by_two_of_them() -> None:
    slow = Training(1000, 0.6)
    assert 3 * 1000 * 0.6 <= cost_of(planned(slow)).seconds <= 10 * 3 * 1000 * 0.6
    assert slow.made <= 4


def test_what_does_not_train_or_trains_briefly_is_timed_by_a_chunk() -> None:
    brief = Training(2, 0.01)
    found = cost_of(planned(brief))
    assert found.flop == 0
    assert 3 * 0.02 <= found.seconds <= 100 * 3 * 0.02
    assert brief.made == 4
    assert seconds_needed(replace(planned(brief), draws_of=())) == 0


def test_a_first_chunk_is_drawn_once_and_a_long_training_left() -> None:
    brief, long = Training(2, 0.01), Training(10_000, 0.002)
    assert seconds_of_first(brief) < 1
    assert brief.made == 2
    assert seconds_of_first(long) >= 10_000 * 0.002
    assert long.made < 20


def test_costs_add_up_and_nobody_else_hears_of_the_steps() -> None:
    heard: list[str] = []
    with progress.shown(lambda now: heard.append(now.what)):
        found = cost_of(planned(Training(500, 0.001), Training(500, 0.001)))
    assert not heard
    assert found.flop == 2 * 3 * 500 * 3 * 2 * 8**3
    assert Cost(1.0, 2.0) + Cost(3.0) * 2 == Cost(7.0, 2.0)
