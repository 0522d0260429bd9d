"""A sample is the same bits however it is asked for, and says so loudly when it cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike, sample_jacobian
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Sample, Source, chunk_draws
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.jacobian import entry, entry_at_inputs, linearity
from mfcheck.verdict import NotANumber, NotCovered

# Sizes that make short chunks: 16 draws by the wishart engine, 4 by the dense one.
SMALL = NetworkSpec("vanilla", 3, 300, 1000, 2, 2.0)
NETWORK = NetworkSpec("residual", 6, 3, 40, 3, 1.0, 0.5)
PROBE = Probe(np.linspace(-1, 1, 12).reshape(2, 6), 1)


def plain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    return stream.normal(draws, 2)


TOY = Source("toy", {"wishart": plain, "dense": plain}, {"wishart": False, "dense": True})


class Counted:
    """A source that remembers how many chunks it had to make."""

    def __init__(self) -> None:
        self.made = 0
        self.source = Source("counted", {"wishart": self.draw}, {"wishart": False})

    def draw(self, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        self.made += 1
        return stream.normal(draws)


def sample(
    source: Source = TOY,
    spec: NetworkSpec = SMALL,
    engine: str = "wishart",
    probe: Probe = PROBE,
    seed: int = 0,
    store: ChunkStore | None = None,
) -> Sample:
    return Sample(source, spec, engine, probe, seed, "cpu", store or ChunkStore())


def same(one: Floats, other: Floats) -> bool:
    return one.dtype == other.dtype == np.float64 and one.tobytes() == other.tobytes()


@given(st.integers(1, 70), st.integers(1, 70))
def test_a_longer_sample_begins_with_the_shorter(first: int, second: int) -> None:
    short, long = sorted((first, second))
    drawn = sample()
    assert drawn.first(long).shape == (long, 2)
    assert same(drawn.first(long)[:short], sample().first(short))
    assert same(drawn.first(short), sample().first(short))


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


def test_chunks_on_disk_are_found_again(tmp_path: Path) -> None:
    fresh, directory = Counted(), tmp_path / "not yet there"
    expected = sample(fresh.source).first(40)
    again = Counted()
    assert same(sample(again.source, store=ChunkStore(directory)).first(40), expected)
    assert again.made == fresh.made == 3
    assert same(sample(again.source, store=ChunkStore(directory)).first(40), expected)
    assert again.made == 3
    assert same(sample(again.source, store=ChunkStore(directory)).first(50)[:40], expected)
    assert again.made == 4
    assert len(list(directory.glob("*.npy"))) == len(list(directory.iterdir())) == 4


CORRUPTIONS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "magic cut": lambda whole: whole[:4],
    "header cut": lambda whole: whole[:40],
    "data cut": lambda whole: whole[:-1],
    "no data": lambda whole: whole[:128],
    "zeros": lambda whole: bytes(len(whole)),
    "another file": lambda whole: b"not an array at all",
    "a pickle": lambda whole: b"\x80\x04N.",
    "header garbled": lambda whole: whole[:20] + b"(((" + whole[23:],
    "an archive": lambda whole: b"PK\x03\x04" + whole[4:],
}


@pytest.mark.parametrize("corrupt", CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_unreadable_chunks_are_made_again(corrupt: Callable[[bytes], bytes], tmp_path: Path) -> None:
    counted = Counted()
    expected = sample(counted.source, store=ChunkStore(tmp_path)).first(16)
    (file,) = tmp_path.iterdir()
    file.write_bytes(corrupt(file.read_bytes()))
    assert same(sample(counted.source, store=ChunkStore(tmp_path)).first(16), expected)
    assert same(sample(counted.source, store=ChunkStore(tmp_path)).first(16), expected)
    assert counted.made == 2


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
    assert 1 <= draws <= (4096 if engine == "dense" else 65536)
    matrices = depth * width**2 * (2 if architecture == "residual" else 1) + width * (input_dim + output_dim)
    floats = matrices if engine == "dense" else output_dim**2
    assert draws == 1 or 4 * draws * floats <= 64 * 2**20


def test_the_memory_estimate_counts_what_a_dense_network_stores() -> None:
    spec = NetworkSpec("residual", 50, 10, 100, 3, 1.0)
    stored = sum(tensor.numel() for tensor in Network(spec, Stream(0)).stored)
    draws = chunk_draws(spec, "dense")
    assert 2**23 < draws * stored <= 2**24


def test_the_store_forgets_the_longest_unused_first() -> None:
    kilobyte = np.zeros(128)
    store, made = ChunkStore(memory_bytes=3 * 1024), []

    def get(key: str, chunk: Floats = kilobyte) -> None:
        def make() -> Floats:
            made.append(key)
            return chunk

        assert store.get(key, make) is chunk

    for key in "abcabc":
        get(key)
    assert made == ["a", "b", "c"]
    get("a")
    get("d")  # b is the longest unused
    for key in "dac":
        get(key)
    assert made == ["a", "b", "c", "d"]
    get("b")
    assert made[4:] == ["b"]
    # One chunk above the limit is still held, alone.
    huge = np.zeros(1000)
    get("huge", huge)
    get("huge", huge)
    assert made[5:] == ["huge"]
    get("b")
    assert made[6:] == ["b"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"engine": "lazy"}, "engine 'lazy'"),
        ({"engine": ""}, "engine ''"),
        ({"draws": 0}, "draws must be a positive integer, got 0"),
        ({"draws": -3}, "draws"),
        ({"columns": 0}, "columns must be a positive integer, got 0"),
        ({"columns": 5}, r"columns must lie in 1…input_dim=4, got 5"),
        ({"x": torch.ones(3)}, r"shape \(4,\), got shape \(3,\)"),
        ({"x": torch.ones(1, 4)}, r"got shape \(1, 4\)"),
        ({"x": torch.tensor([1.0, 2.0, float("nan"), 0.0])}, "finite"),
        ({"x": torch.tensor([1.0, 2.0, float("inf"), 0.0]), "engine": "dense"}, "finite"),
        ({"spec": NetworkSpec("own:factory", 4, 3, 8, 2, 1.0)}, "own:factory"),
        ({"spec": NetworkSpec("own:factory", 4, 3, 8, 2, 1.0), "engine": "dense"}, "own:factory"),
    ],
    ids=str,
)
def test_impossible_jacobians_are_refused(changes: dict[str, object], says: str) -> None:
    arguments: dict[str, object] = {"spec": NetworkSpec("vanilla", 4, 3, 8, 2, 1.0), "draws": 2}
    with pytest.raises(ValueError, match=says):
        sample_jacobian(**(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["auto", "wishart", "dense"])
@pytest.mark.parametrize("columns", [1, 3, 4])
def test_jacobians_have_their_shape_and_their_seed(engine: str, columns: int) -> None:
    spec = NetworkSpec("residual", 4, 3, 8, 2, 1.0, 0.3)
    found = sample_jacobian(spec, 5, columns, engine, seed=3)
    assert found.shape == (5, 3, columns)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert torch.equal(found, sample_jacobian(spec, 5, columns, engine, seed=3))
    assert not torch.equal(found, sample_jacobian(spec, 5, columns, engine, seed=4))
    assert len(torch.unique(found[:, 0, 0])) == 5


def test_only_dense_jacobians_are_taken_at_the_input() -> None:
    spec, x = NetworkSpec("vanilla", 4, 3, 30, 2, 1.0), torch.tensor([1.0, -2.0, 0.5, 3.0])
    ones = torch.ones(4)
    assert torch.equal(sample_jacobian(spec, 3, engine="dense"), sample_jacobian(spec, 3, engine="dense", x=ones))
    assert not torch.equal(sample_jacobian(spec, 3, engine="dense"), sample_jacobian(spec, 3, engine="dense", x=x))
    assert torch.equal(sample_jacobian(spec, 3), sample_jacobian(spec, 3, x=x))
    assert torch.equal(sample_jacobian(spec, 3), sample_jacobian(spec, 3, engine="wishart"))


LINEARITY_SPECS = [
    NetworkSpec("vanilla", 6, 3, 30, 3, 2.0),
    NetworkSpec("vanilla", 6, 3, 30, 3, 2.0, 0.5, ReLULike(1, 0.2)),
    NetworkSpec("residual", 5, 2, 30, 4, 0.7, 0.3),
    NetworkSpec("residual", 5, 2, 30, 4, 0.7, 0.0, ReLULike(1, -1)),
]


@pytest.mark.parametrize("spec", LINEARITY_SPECS, ids=lambda spec: spec.label)
def test_networks_are_affine_in_their_region_and_not_beyond(spec: NetworkSpec) -> None:
    probe = Probe(np.linspace(-1, 2, spec.input_dim)[None], 0)
    inside, beyond = sample(linearity, spec, "dense", probe).first(500).T
    assert inside.all()
    # A crossed wall hides only where a whole later layer is shut, once in 2^30 networks.
    assert not beyond.any()


def test_a_network_without_gates_is_affine_everywhere() -> None:
    spec = NetworkSpec("residual", 5, 2, 30, 3, 0.7, 0.3, ReLULike(1, 1))
    assert sample(linearity, spec, "dense", Probe(np.ones((1, 5)), 0)).first(200).all()


@pytest.mark.parametrize("spec", LINEARITY_SPECS, ids=lambda spec: spec.label)
def test_a_wrong_offset_is_no_affine_identity(spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Network.with_gates
    monkeypatch.setattr(Network, "with_gates", lambda self, slopes, x: right(self, slopes, x) + 1e-6)
    probe = Probe(np.linspace(-1, 2, spec.input_dim)[None], 0)
    assert not sample(linearity, spec, "dense", probe).first(200)[:, 0].any()


def test_a_bent_network_is_no_affine_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, x: right(self, x) + 1e-6 * right(self, x).square())
    probe = Probe(np.linspace(-1, 2, 6)[None], 0)
    assert sample(linearity, LINEARITY_SPECS[1], "dense", probe).first(200)[:, 0].mean() < 0.1


@pytest.mark.parametrize("width", [1, 2])
def test_a_region_without_a_wall_on_the_ray_is_affine_too(width: int) -> None:
    """With so few gates a ray often crosses none of them."""
    spec = NetworkSpec("residual", 3, 2, width, 1, 1.0, 0.5)
    inside, _ = sample(linearity, spec, "dense", Probe(np.ones((1, 3)), 0)).first(200).T
    assert inside.all()
