"""Numbers that a dtype cannot hold are refused before they are drawn, and a ReLU network that is dead is not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mfcheck
from mfcheck import Network, NetworkSpec, NotANumber, ReLULike, Stream
from mfcheck.ensembles import sampling, wishart
from mfcheck.ensembles.ranges import check_range, log_scales
from mfcheck.ensembles.samples import Probe, Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.observables import jacobian, losses

ABS = ReLULike(1, -1)
TOO_LARGE = [
    NetworkSpec("vanilla", 20, 5, 30, 200, 8.0),
    NetworkSpec("residual", 20, 5, 30, 300, 2.0),
    NetworkSpec("vanilla", 20, 5, 30, 1, 1e80),
    NetworkSpec("vanilla", 20, 5, 30, 400, 2.0, activation=ABS),
    NetworkSpec("vanilla", 20, 5, 10**6, 200, 8.0),
    NetworkSpec("vanilla", 20, 5, 30, 10**6, 8.0),
]
TOO_SMALL = [
    NetworkSpec("vanilla", 20, 5, 30, 200, 0.01),
    NetworkSpec("vanilla", 20, 5, 30, 1, 1e-80),
    NetworkSpec("vanilla", 20, 5, 30, 2000, 2.0),  # ω = 1, but typically e^{−Lc/(4N)}
    NetworkSpec("vanilla", 20, 5, 30, 10**6, 0.01),
]
X = torch.ones(2, 20)


def ids(spec: NetworkSpec) -> str:
    return spec.label


def doors(spec: NetworkSpec) -> dict[str, Callable[[], Any]]:
    """Every way to a Jacobian of a spec in float32."""
    narrow = replace(spec, width=min(spec.width, 64))
    return {
        "wishart, mirrored": lambda: mfcheck.sample_jacobian(spec, 3, 10),
        "wishart, forward": lambda: mfcheck.sample_jacobian(spec, 3, 2),
        "dense": lambda: mfcheck.sample_jacobian(narrow, 3, 10, "dense"),
        "network": lambda: mfcheck.draw_network(narrow, "dense").jacobian(X),
        "lazy network": lambda: mfcheck.draw_network(spec, "lazy").jacobian(X),
        "Network": lambda: Network(narrow, Stream(0)).jacobian(X),
        "columns": lambda: Network(narrow, Stream(0)).feature_jacobian(X, [0]),
        "norms": lambda: losses.operator_norms(2.0, 2.0).engines["wishart"](
            spec, Probe(np.ones((1, 20))), Stream(0), 2
        ),
    }


@pytest.mark.parametrize("spec", [*TOO_LARGE, *TOO_SMALL], ids=ids)
@pytest.mark.parametrize("door", list(doors(TOO_LARGE[0])))
def test_what_float32_cannot_hold_is_refused_at_every_door(spec: NetworkSpec, door: str) -> None:
    with pytest.raises(ValueError, match=r"have entries near .* and float32 holds") as error:
        doors(spec)[door]()
    assert "\n" not in str(error.value)
    assert str(replace(spec, width=min(spec.width, 64)))[:40] in str(error.value) or str(spec) in str(error.value)


@pytest.mark.parametrize("spec", [*TOO_LARGE[:2], *TOO_LARGE[3:5], *TOO_SMALL[:1], TOO_SMALL[2]], ids=ids)
def test_the_depth_that_is_allowed_is_said_and_right(spec: NetworkSpec) -> None:
    with pytest.raises(ValueError, match="allowed are depth up to") as error:
        mfcheck.sample_jacobian(spec, 3, 10)
    found = re.search(r"up to (\d+)", str(error.value))
    assert found
    allowed = replace(spec, depth=int(found[1]))
    for columns in (2, 10):
        drawn = mfcheck.sample_jacobian(allowed, 50, columns).double()
        assert bool(drawn.isfinite().all())
        assert bool((drawn != 0).all())


@pytest.mark.parametrize("spec", [*TOO_LARGE, *TOO_SMALL], ids=ids)
def test_networks_themselves_are_refused_when_drawn(spec: NetworkSpec) -> None:
    for engine in ("dense", "lazy"):
        with pytest.raises(ValueError, match=f"{engine} networks of .* have entries near"):
            mfcheck.draw_network(replace(spec, width=min(spec.width, 64)), engine)


def test_with_biases_a_network_that_forgets_its_input_is_drawn_and_its_jacobian_refused() -> None:
    f = mfcheck.draw_network(NetworkSpec("vanilla", 20, 5, 30, 200, 0.01, 1.0))
    assert bool(f(X).isfinite().all())
    assert bool(f(X).any())
    with pytest.raises(ValueError, match=r"Jacobians of dense networks .* near 10\^-2"):
        f.jacobian(X)
    with pytest.raises(ValueError, match="dense networks"):
        mfcheck.draw_network(NetworkSpec("vanilla", 20, 5, 30, 3, 2.0, 1e90))


def test_in_float64_more_is_held() -> None:
    deep = NetworkSpec("vanilla", 20, 5, 30, 200, 8.0)
    found = Network(deep, Stream(0), replicates=4, dtype=torch.float64).jacobian(X.double())
    assert bool(found.isfinite().all())
    assert 30 < float(found.abs().max().log10()) < 65
    scales = wishart.entry_scales(deep, 100, Stream(0))
    assert bool(scales.isfinite().all())
    low, high = log_scales(deep) or (0, 0)
    grown = (scales.log() + math.log(20)) / 2
    assert low < float(grown.min()) < float(grown.max()) < high
    assert float(grown.max() - grown.min()) > 0.4 * (high - low)
    with pytest.raises(ValueError, match="float64 holds"):
        wishart.entry_scales(replace(deep, depth=1000), 10, Stream(0))
    with pytest.raises(ValueError, match="float64 holds"):
        Network(replace(deep, depth=2000), Stream(0), dtype=torch.float64)


@pytest.mark.parametrize("engine", ["wishart", "dense"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_dead_networks_are_no_underflow(width: int, engine: str) -> None:
    drawn = mfcheck.sample_jacobian(NetworkSpec("vanilla", 6, 2, width, 6, 2.0), 500, 2, engine)
    dead = float((drawn == 0).flatten(1).all(dim=1).double().mean())
    alive = (1 - 2.0**-width) ** 6
    assert dead == pytest.approx(1 - alive, abs=5 * math.sqrt(alive * (1 - alive) / 500))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["vanilla", "residual"]),
    st.integers(20, 80),
    st.integers(1, 600),
    st.floats(-3, 1.3),
    st.sampled_from([ReLULike(), ABS, ReLULike(1, 0.2), ReLULike(0.5, 0.5)]),
)
def test_whatever_is_not_refused_is_neither_infinite_nor_zero(
    architecture: str, width: int, depth: int, power: float, activation: ReLULike
) -> None:
    spec = NetworkSpec(architecture, 9, 3, width, depth, 10**power, activation=activation)
    try:
        check_range(spec, torch.float32, "networks")
    except ValueError:
        return
    for engine, columns in (("wishart", 2), ("wishart", 9), ("dense", 9)):
        if engine == "dense" and depth > 60:
            continue
        drawn = mfcheck.sample_jacobian(spec, 20, columns, engine)
        assert bool(drawn.isfinite().all())
        assert bool(drawn.flatten(1).any(dim=1).all())


def test_a_sample_beyond_its_range_is_no_sample() -> None:
    probe = Probe(np.ones((1, 20)))
    for spec in (TOO_LARGE[5], TOO_SMALL[3]):
        for engine in ("wishart", "dense"):
            with pytest.raises(ValueError, match="have entries near"):
                Sample(jacobian.entry, replace(spec, width=8), engine, probe, 0, "cpu", ChunkStore()).first(2)


def test_a_draw_that_is_infinite_all_the_same_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = NetworkSpec("vanilla", 6, 2, 9, 2, 2.0)
    monkeypatch.setattr(sampling.wishart, "jacobian", lambda *_: torch.tensor([[[math.inf, 1.0], [math.nan, 0.0]]]))
    with pytest.raises(NotANumber, match=r"2 of 4 entries .*\(wishart engine, vanilla\(input_dim=6.*seed 7"):
        mfcheck.sample_jacobian(spec, 1, 2, seed=7)


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_what_is_drawn_in_any_mode_can_be_differentiated(mode: Callable[[], Any]) -> None:
    spec = NetworkSpec("vanilla", 20, 2, 9, 2, 2.0)
    for engine in ("dense", "lazy"):
        with mode():
            f, drawn = (
                mfcheck.draw_network(spec, engine),
                mfcheck.sample_jacobian(spec, 2, 3, x=torch.ones(20), engine="dense"),
            )
        x = X.clone().requires_grad_()
        f(x).sum().backward()
        assert x.grad is not None
        assert not drawn.is_inference()
        assert not drawn.requires_grad
