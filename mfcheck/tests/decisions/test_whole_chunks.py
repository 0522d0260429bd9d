"""A first look takes the draws that are made for it anyway, up to a number of times as many as it needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mfcheck.decisions.sampling import SPARE, Drawing
from mfcheck.ensembles.samples import Probe, Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.tests.support.bounded_draws import SPEC, first, source


def drawing(most: int) -> Drawing:
    made = replace(source("made"), most=most)
    return Drawing("claim", Sample(made, SPEC, "wishart", Probe(np.ones((1, 2))), 1, "cpu", ChunkStore(None)), first)


@pytest.mark.parametrize(("chunk", "planned", "taken"), [(22, 22, 22), (22, 23, 44), (32, 22, 32), (4096, 22, 88)])
def test_a_look_takes_whole_chunks_and_no_more_than_it_may(chunk: int, planned: int, taken: int) -> None:
    draw = drawing(chunk)
    assert draw.sample.chunk == chunk
    assert draw.made_for(planned) == taken
    assert planned <= taken <= SPARE * planned
    assert len(draw(taken)) == taken


def test_a_pilot_makes_no_more_draws_than_it_says() -> None:
    draw = drawing(4096)
    assert replace(draw, sample=replace(draw.sample, few=16)).made_for(16) == 16


def test_cheap_networks_are_drawn_some_times_as_often_as_is_asked_for() -> None:
    draw = replace(drawing(22), times=3)
    assert np.array_equal(draw(5), drawing(22)(15))
    assert draw.made_for(7) == 7
    assert draw.made_for(8) == 44 // 3
