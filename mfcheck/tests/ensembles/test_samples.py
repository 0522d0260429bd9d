"""A sample is the same bits however it is asked for, and says so loudly when it cannot be drawn."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles import gathering
from mfcheck.ensembles.matrices.lazy import bytes_of
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Columns, Probe, Source, chunk_draws
from mfcheck.ensembles.sources import room_for
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.jacobian import entry, entry_at_inputs, linearity
from mfcheck.tests.support.toy_samples import TOY, Log, same, sample
from mfcheck.verdict import NotANumber, NotCovered

# Sizes that make short chunks: 16 draws by the wishart engine, 4 by the dense one.
SMALL = NetworkSpec("vanilla", 3, 300, 1000, 2, 2.0)
NETWORK = NetworkSpec("residual", 6, 3, 40, 3, 1.0, 0.5)
PROBE = Probe(np.linspace(-1, 1, 12).reshape(2, 6), 1)


@given(st.integers(1, 70), st.integers(1, 70))
def test_a_longer_sample_begins_with_the_shorter(first: int, second: int) -> None:
    short, long = sorted((first, second))
    drawn = sample()
    assert drawn.first(long).shape == (long, 2)
    assert same(drawn.first(long)[:short], sample().first(short))
    assert same(drawn.first(short), sample().first(short))


def test_a_pilot_makes_no_more_draws_than_it_asks_for() -> None:
    asked = Log()

    def noted(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        asked.append(draws)
        return stream.normal(draws)

    source, store = Source("noted", {"wishart": noted}, {"wishart": False}), ChunkStore()
    whole = sample(source, store=store)
    assert len(replace(whole, few=3).first(3)) == 3
    assert len(whole.first(3)) == 3
    assert len(replace(whole, few=3).first(7)) == 7
    assert asked == [3, 16, 3, 3]


@pytest.mark.parametrize("fails", [False, True])
def test_what_others_are_at_is_drawn_last_and_the_first_error_in_turn_is_told(tmp_path: Path, fails: bool) -> None:
    """Another process is at the first of four chunks, and lets go of it once it has seen that the rest are drawn."""
    order, let_go = Log(), Log()
    seeds = [Order(TOY, SMALL, "wishart", PROBE, 0, "cpu", index, 16).stream_seed for index in range(4)]

    def noted(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        index = seeds.index(stream.torch.initial_seed())
        order.append(index)
        if index == 3:
            let_go[0]()
        drawn = stream.normal(draws)
        return drawn / 0 if fails and index in (0, 2) else drawn

    source = Source("toy", {"wishart": noted}, {"wishart": False})
    asked = sample(source, store=ChunkStore(tmp_path))
    first = Order(source, SMALL, "wishart", PROBE, 0, "cpu", 0, 16)
    with contextlib.ExitStack() as others:
        let_go.append(others.close)
        others.enter_context(ChunkStore(tmp_path).alone(gathering._key(first, asked._code, asked._by)))
        if fails:
            threading.Timer(0.2, others.close).start()
            with pytest.raises(NotANumber, match="chunk 0,"):
                asked.first(64)
            assert order == [1, 2, 0]
        else:
            assert same(asked.first(64), sample(source).first(64))
            assert order == [1, 2, 3, 0, *range(4)]


@pytest.mark.parametrize(
    ("source", "engine"), [(entry, "wishart"), (entry, "dense"), (entry_at_inputs, "dense"), (linearity, "dense")]
)
def test_real_sources_do_not_see_the_number_of_threads(source: Source, engine: str) -> None:
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(sample(source, NETWORK, engine).first(300))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert same(found[0], found[1])
    assert same(found[0], found[2])


def test_real_sources_do_not_see_the_order_of_calls_or_the_global_generators() -> None:
    store = ChunkStore()
    one = [sample(source, NETWORK, "dense", store=store).first(100) for source in (entry, entry_at_inputs)]
    state = torch.get_rng_state()
    other = [sample(source, NETWORK, "dense").first(100) for source in (entry_at_inputs, entry)][::-1]
    assert all(same(a, b) for a, b in zip(one, other, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_sample_handed_out_can_be_changed_without_harm() -> None:
    drawn = sample()
    before = drawn.first(20).copy()
    drawn.first(20)[:] = 0
    assert same(drawn.first(20), before)


def test_everything_a_draw_is_for_changes_it() -> None:
    elsewhere = replace(PROBE, x=PROBE.x + 1e-12)
    renamed = replace(TOY, name="another")
    streams = [
        sample(engine="dense"),
        sample(engine="dense", seed=1),
        sample(engine="dense", spec=replace(SMALL, weight_variance=2.1)),
        sample(engine="dense", spec=replace(SMALL, bias_variance=0.1)),
        sample(engine="dense", spec=replace(SMALL, activation=ReLULike(1, 0.1))),
        sample(engine="dense", probe=elsewhere),
        sample(engine="dense", probe=replace(PROBE, column=0)),
        sample(engine="dense", source=renamed),
        sample(),
        sample(seed=1),
    ]
    # Several chunks each; if any value came up twice, two streams would share it.
    values = np.concatenate([one.first(32).ravel() for one in streams])
    assert len(np.unique(values)) == len(values)


def test_only_engines_that_look_at_the_input_are_seeded_by_it() -> None:
    elsewhere = Probe(2 * PROBE.x, 2)
    assert same(sample().first(20), sample(probe=elsewhere).first(20))
    for engine, ignored in (("wishart", True), ("dense", False)):
        here = sample(entry, NETWORK, engine).first(20)
        assert same(here, sample(entry, NETWORK, engine, elsewhere).first(20)) is ignored


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_chunk_that_is_not_finite_is_named(bad: float) -> None:
    def spoilt(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        drawn = stream.normal(draws, 2)
        if float(drawn[0, 0]) == late:
            drawn[3, 1] = bad
        return drawn

    late = float(sample().first(17)[16, 0])
    source = replace(TOY, engines={"wishart": spoilt})
    drawn = sample(source, seed=0)
    assert same(drawn.first(16), sample().first(16))
    with pytest.raises(NotANumber) as caught:
        drawn.first(17)
    message = str(caught.value)
    for part in ("1 of 32", "toy", "wishart", str(SMALL), "chunk 1", "seed 0"):
        assert part in message
    with pytest.raises(NotANumber):  # nor is the bad chunk kept
        drawn.first(17)


def test_an_engine_the_source_does_not_have_is_refused() -> None:
    with pytest.raises(NotCovered, match="cannot be drawn by engine wishart; allowed are dense"):
        sample(linearity, NETWORK, "wishart")
    with pytest.raises(NotCovered, match="lazy"):
        sample(engine="lazy")


@given(
    st.sampled_from(["vanilla", "residual"]),
    st.integers(1, 5000),
    st.integers(1, 200),
    st.integers(1, 4000),
    st.integers(1, 50),
    st.sampled_from(["wishart", "dense"]),
)
def test_chunks_fit_their_memory(
    architecture: str, input_dim: int, output_dim: int, width: int, depth: int, engine: str
) -> None:
    spec = NetworkSpec(architecture, input_dim, output_dim, width, depth, 1.0)
    draws = chunk_draws(spec, engine)
    assert draws & (draws - 1) == 0
    assert 1 <= draws <= (8192 if engine == "dense" else 65536)
    matrices = depth * width**2 * (2 if architecture == "residual" else 1) + width * (input_dim + output_dim)
    floats = matrices if engine == "dense" else output_dim**2
    assert draws == 1 or 4 * draws * floats <= 64 * 2**20


@given(
    st.sampled_from(["vanilla", "residual"]),
    st.integers(1, 5000),
    st.integers(1, 200),
    st.integers(1, 10**6),
    st.integers(1, 50),
    st.integers(0, 3),
    st.integers(1, 500),
)
def test_lazy_chunks_hold_what_networks_are_asked_for(
    architecture: str, input_dim: int, output_dim: int, width: int, depth: int, outputs: int, more: int
) -> None:
    """Four arrays a matrix in 128 MiB of float32, and in more than half of it unless no more draws may be."""
    spec, columns = NetworkSpec(architecture, input_dim, output_dim, width, depth, 1.0), Columns(outputs, more)
    draws = chunk_draws(spec, "lazy", columns.of(spec))
    shapes = [(width, input_dim), (output_dim, width)] + [(width, width)] * (
        depth * (2 if architecture == "residual" else 1)
    )
    taken = bytes_of(shapes, columns.of(spec), draws, torch.float32)
    assert draws == 1 or taken <= 128 * 2**20
    assert draws == 4096 or 2 * taken > 128 * 2**20
    source = replace(entry, engines={"lazy": entry.engines["dense"]}, most=4096, columns=columns)
    assert source.chunk_draws(spec, "lazy", inputs=4) <= source.chunk_draws(spec, "lazy") <= draws
    assert draws in (1, 2, 4, 4096) or source.chunk_draws(spec, "lazy", inputs=4) <= draws // 2


@given(
    st.sampled_from(["vanilla", "residual"]),
    st.integers(1, 3000),
    st.integers(1, 50),
    st.sampled_from([22, 23, 26, 256]),
)
def test_chunks_of_stored_networks_are_even_parts_of_what_a_first_look_takes(
    architecture: str, width: int, depth: int, most: int
) -> None:
    spec, source = NetworkSpec(architecture, 784, 10, width, depth, 1.0), replace(entry, most=most)
    size, room = source.chunk_draws(spec, "dense"), room_for(spec, "dense")
    assert 1 <= size <= min(room, most)
    whole = max(one for one in range(1, min(room, most) + 1) if most % one == 0)
    if 3 * whole >= min(room, most):
        assert size == whole
    else:
        assert -(-most // size) == -(-most // chunk_draws(spec, "dense"))


def test_the_memory_estimate_counts_what_a_dense_network_stores() -> None:
    spec = NetworkSpec("residual", 50, 10, 100, 3, 1.0)
    stored = sum(tensor.numel() for tensor in Network(spec, Stream(0)).stored)
    draws = chunk_draws(spec, "dense")
    assert 2**23 < draws * stored <= 2**24
