"""Two sources of one name share draws only where the same function draws by the same values."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.known_by import KnownBy, known_by
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables import jacobian
from mfcheck.observables.groups import means_of
from mfcheck.tests.support.toy_samples import Counted, plain, same, sample

FACTOR = 1.0


@dataclass(frozen=True)
class Scale:
    k: float

    def draw(self, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return self.k * plain(spec, probe, stream, draws)

    @functools.cached_property
    def found_out(self) -> float:
        return self.k + 1


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k: float) -> None:
        self.k = k


def holding(k: object) -> Callable[..., Tensor]:
    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return (k if isinstance(k, float) else 1.0) * plain(spec, probe, stream, draws)

    return draw


def by_default(k: float) -> Callable[..., Tensor]:
    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int, *, k: float = k) -> Tensor:
        return k * plain(spec, probe, stream, draws)

    return draw


def of_a_class(k: float) -> Callable[..., Tensor]:
    class Local:
        def draw(self, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
            return k * plain(spec, probe, stream, draws)

    return Local().draw


def with_factor(k: float) -> Callable[..., Tensor]:
    global FACTOR
    FACTOR = k
    return named


def named(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    return FACTOR * plain(spec, probe, stream, draws)


def one(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    return plain(spec, probe, stream, draws)


def three(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    return 3 * plain(spec, probe, stream, draws)


DRAWN: dict[str, Callable[[float], Callable[..., Tensor]]] = {
    "a closure": holding,
    "a default": by_default,
    "a frozen dataclass": lambda k: Scale(k).draw,
    "a partial call": lambda k: functools.partial(by_default(1.0), k=k),
    "a class that a function makes": of_a_class,
    "a value of its module": with_factor,
    "another function": lambda k: one if k == 1 else three,
    "code of one name": lambda k: (
        (lambda s, p, stream, n: 1.0 * stream.normal(n, 2))
        if k == 1
        else (lambda s, p, stream, n: 3.0 * stream.normal(n, 2))
    ),
    "what it calls": lambda k: functools.wraps(one)(functools.partial(lambda f, *given: f(*given), holding(k))),
}


def scaled(function: Callable[..., Tensor]) -> Source:
    return Source("scaled", {"wishart": function}, {"wishart": False})


@pytest.mark.parametrize("make", DRAWN.values(), ids=DRAWN.keys())
def test_sources_of_one_name_share_no_draws_where_others_draw(
    make: Callable[[float], Callable[..., Tensor]], tmp_path: Path
) -> None:
    held = ChunkStore()
    for store in (lambda: held, lambda: ChunkStore(tmp_path)):
        right = sample(scaled(make(1.0)), store=store()).first(20)
        wrong = sample(scaled(make(3.0)), store=store()).first(20)
        assert same(wrong, 3 * right)
        assert same(sample(scaled(make(1.0)), store=store()).first(20), right)


VALUES: dict[str, Callable[[float], Any]] = {
    "a list": lambda k: [k],
    "a dictionary": lambda k: {"k": (k, [k])},
    "a set": lambda k: {k, "a", "b"},
    "an array": lambda k: np.full(100, k),
    "a tensor": lambda k: torch.full((100,), k, dtype=torch.bfloat16),
    "a module": lambda k: torch.nn.BatchNorm1d(3, eps=k),
    "a law": lambda k: stats.norm(scale=k),
    "an object with slots": Slotted,
    "a class": lambda k: type("Local", (), {"k": k}),
    "a dtype": lambda k: torch.float32 if k == 1 else torch.float64,
    "long bytes": lambda k: bytes(1000) + bytes([int(k)]),
    "a source": lambda k: scaled(holding(k)),
    "a true and a 1": lambda k: True if k == 1 else 1,
    "a ufunc": lambda k: np.exp if k == 1 else np.sin,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_function_is_known_by_the_content_of_what_it_holds(value: Callable[[float], Any]) -> None:
    first, other, again = (known_by(holding(value(k))) for k in (1.0, 3.0, 1.0))
    assert first.digest == again.digest != other.digest
    assert first.untold == ()


def test_what_an_object_has_only_found_out_is_no_part_of_it() -> None:
    scale = Scale(2.0)
    before = known_by(scale.draw)
    assert scale.found_out == 3
    assert known_by(scale.draw).digest == before.digest


def test_a_function_that_holds_itself_is_known_too() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    other: list[object] = [2]
    other.append(other)
    assert known_by(holding(loop)).digest != known_by(holding(other)).digest


def test_what_cannot_be_told_stands_for_itself_and_is_not_kept(tmp_path: Path) -> None:
    lock, counted = threading.Lock(), Counted()

    def draw(held: object) -> Callable[..., Tensor]:
        def drawn(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
            return counted.draw(spec, probe, stream, draws if held else 0)

        return drawn

    store = ChunkStore(tmp_path)
    for held, made in ((lock, 1), (lock, 1), (threading.Lock(), 2), (lock, 2)):
        sample(scaled(draw(held)), store=store).first(16)
        assert counted.made == made
    assert not list(tmp_path.glob("*.npy"))
    assert known_by(draw(lock)).untold == (lock,)


def test_a_function_of_no_module_is_told_by_what_it_sees_as_one() -> None:
    def made(k: float) -> tuple[Any, KnownBy]:
        seen: dict[str, Any] = {"K": [k]}
        exec("def draw(spec, probe, stream, n):\n    return K[0] * stream.normal(n, 2)", seen)
        return seen["draw"], known_by(seen["draw"])

    (draw, first), (_, other) = made(1.0), made(3.0)
    assert first.digest != other.digest
    assert known_by(draw).digest == first.digest


def test_a_function_that_holds_too_much_stands_for_itself() -> None:
    many = [(number,) for number in range(30_000)]
    draw = holding(many)
    assert known_by(draw).digest == known_by(draw).digest != known_by(holding(many)).digest
    assert known_by(draw).untold == (draw,)


def test_the_suites_own_are_told_without_remainder() -> None:
    for source in (jacobian.entry, jacobian.linearity, means_of(jacobian.entry, 3)):
        for function in source.engines.values():
            assert known_by(function).untold == ()
