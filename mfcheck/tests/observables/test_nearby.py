"""Piecewise linear and homogeneous are judged apart: few gates or many, biases, and curves that are only gentle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mfcheck.datasets.inputs import inputs
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.nearby import ALIVE, GAIN, HOMOGENEOUS, LINEAR, nearby
from mfcheck.spec import NetworkSpec

NETWORKS = """
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, spec, g):
        super().__init__()
        n = spec.width
        self.first = nn.Linear(spec.input_dim, n, bias=False)
        self.second = nn.Linear(n, n)
        self.last = nn.Linear(n, spec.output_dim, bias=False)

    def act(self, x):
        return F.relu(x)

    def forward(self, x):
        return self.last(self.act(self.second(self.first(x))))


class Free(Net):
    def forward(self, x):
        return self.last(self.act(self.first(x) @ self.second.weight.T))


class Gelu(Free):
    act = staticmethod(F.gelu)


class Gentle(Free):
    def act(self, x):
        return F.relu(x) + 0.05 * torch.tanh(x)


class Normed(Free):
    def act(self, x):
        return F.relu(F.layer_norm(x, x.shape[-1:]))


class Pooled(Free):
    def act(self, x):
        return F.max_pool1d(torch.cat([x, -0.3 * x], 1)[:, None], 2)[:, 0].repeat(1, 2)[:, : x.shape[1]]


class Many(nn.Module):
    def __init__(self, spec, g):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(c, 48, 3, padding=1, bias=False) for c in (1, 48, 48))
        self.last = nn.Linear(48 * 49, spec.output_dim, bias=False)

    def forward(self, x):
        x = x.reshape(-1, 1, 7, 7)
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.last(x.flatten(1))


class Smoothed(Many):
    def forward(self, x):
        return super().forward(x) + 10 * super().forward(x).square()
"""


@pytest.mark.parametrize(
    ("network", "linear", "homogeneous"),
    [
        ("Net", True, False),
        ("Free", True, True),
        ("Gelu", False, False),
        ("Gentle", False, False),
        ("Normed", False, False),
        ("Pooled", True, True),
        ("Many", True, True),
        ("Smoothed", False, False),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_is_found_to_be_what_it_is(
    network: str, linear: bool, homogeneous: bool, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "near_" + "".join(filter(str.isalnum, tmp_path.name))
    (tmp_path / f"{name}.py").write_text(NETWORKS)
    monkeypatch.syspath_prepend(tmp_path)
    spec, probe = NetworkSpec(f"{name}:{network}", 49, 5, 24, 1, 1.0), Probe(inputs("digits", 49, 1, seed))
    with torch.no_grad():
        found = nearby.engines["dense"](spec, probe, Stream(seed), 24)
    assert found[:, ALIVE].all()
    assert float(found[:, LINEAR].mean()) == float(linear)
    assert float(found[:, HOMOGENEOUS].mean()) == float(homogeneous)


def test_the_gain_is_the_mean_square_of_the_jacobian_times_its_inputs(factory_paths: Callable[[str], str]) -> None:
    spec, probe = NetworkSpec(factory_paths("Scaled"), 49, 8, 32, 2, 1.6), Probe(inputs("digits", 49, 1, 0))
    with torch.no_grad():
        gain = nearby.engines["dense"](spec, probe, Stream(3), 512)[:, GAIN]
    expected = 4 * 0.8**2
    assert abs(float(gain.mean()) / expected - 1) < 5 * float(gain.std()) / expected / 512**0.5
