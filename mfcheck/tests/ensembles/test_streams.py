"""Normals drawn ahead are independent ones, each handed out once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mfcheck.ensembles import streams
from mfcheck.ensembles.streams import Stream

requests = st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=20)
USED = 99.0
"""No normal's value."""


@given(st.integers(0, 2**32), requests)
def test_what_is_drawn_ahead_is_handed_out_once(seed: int, asked: list[tuple[int, bool]]) -> None:
    """Whatever is asked, in either dtype, and whoever writes over what they got."""
    stream = Stream(seed)
    for count, single in asked:
        got = stream.ahead(count, torch.float32 if single else torch.float64)
        assert (got.shape, got.dtype) == ((count,), torch.float32 if single else torch.float64)
        assert bool((got.abs() < USED).all())
        got.fill_(USED)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_what_is_drawn_ahead_is_normal(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_AHEAD", 100)
    stream = Stream(3)
    drawn = torch.cat([stream.ahead(count % 150, dtype) for count in range(400)]).double().numpy()
    assert stats.kstest(drawn, stats.norm.cdf).pvalue > 1e-6
    assert stats.kstest(1.1 * drawn, stats.norm.cdf).pvalue < 1e-6


def test_one_draw_serves_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, launches = Stream(1), list[int]()
    overwrite = stream.overwrite

    def counted(values: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        launches.append(values.numel())
        return overwrite(values, scale)

    monkeypatch.setattr(stream, "overwrite", counted)
    for _ in range(streams.AHEAD):
        stream.ahead(30, torch.float32)
    assert launches == [30 * streams.AHEAD]
    stream.ahead(streams.MOST_AHEAD + 1, torch.float32)
    assert launches[1:] == [streams.MOST_AHEAD + 1]
