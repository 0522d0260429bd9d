"""What is seen of a network at its own scale: free of its units, the same by attack as by norm, narrower with width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables import own_scale
from mfcheck.spec import NetworkSpec
from mfcheck.tests.support.exact_factories import ORDINARY

PROBE = Probe(np.linspace(-1, 1, 18).reshape(3, 6) + 0.1, 2)


def small(path: str, **sizes: int) -> NetworkSpec:
    return replace(NetworkSpec(path, 6, 4, 16, 3, 1.6), **sizes)


def test_norms_over_the_own_scale_know_no_units(factory_paths: Callable[[str], str]) -> None:
    plain, scaled = (
        own_scale.views.engines["dense"](small(factory_paths(name)), PROBE, Stream(3), 5)
        for name in ("Vanilla", "Scaled")
    )
    torch.testing.assert_close(scaled[:, :3], 4 * plain[:, :3])  # its last layer is doubled
    offsets = own_scale.offset_size_at(0)
    torch.testing.assert_close(scaled[:, 3:offsets], plain[:, 3:offsets])


def test_every_column_is_what_it_is_called(factory_paths: Callable[[str], str]) -> None:
    spec = small(factory_paths("Vanilla"))
    drawn = own_scale.views.engines["dense"](spec, PROBE, Stream(5), 3)
    x = torch.as_tensor(PROBE.x, dtype=torch.float32)
    jacobian = draw_stack(spec, Stream(5), replicates=3).jacobian(x).double()
    size = 6 * jacobian.square().mean(dim=(2, 3))
    torch.testing.assert_close(drawn[:, :3], size)
    torch.testing.assert_close(drawn[:, own_scale.entry_at(1)], jacobian[:, 1, 0, 2] / (size[:, 1] / 6).sqrt())
    rows = jacobian[:, 0].abs().sum(dim=2).amax(dim=1)  # ‖J‖ from ℓ∞ to ℓ∞
    torch.testing.assert_close(drawn[:, own_scale.norm_of(own_scale.NINE[-1])], rows / size[:, 0].sqrt())


@pytest.mark.parametrize(("name", "offset"), [("Vanilla", False), ("Offset", True), ("Tilted", True)])
def test_an_offset_is_what_the_output_has_beside_the_jacobian(
    factory_paths: Callable[[str], str], name: str, offset: bool
) -> None:
    spec = small(factory_paths(name))
    drawn = own_scale.views.engines["dense"](spec, PROBE, Stream(5), 3)
    network, x = draw_stack(spec, Stream(5), replicates=3), torch.as_tensor(PROBE.x, dtype=torch.float32)
    left = network(x) - (network.jacobian(x) @ x[..., None])[..., 0]
    torch.testing.assert_close(drawn[:, own_scale.offset_entry_at(2)].float(), left[:, 2, 0], rtol=1e-3, atol=1e-5)
    sizes = drawn[:, own_scale.offset_size_at(0) : own_scale.offset_size_at(3)]
    torch.testing.assert_close(sizes.float(), left.square().mean(dim=2), rtol=1e-3, atol=1e-9)
    assert bool((drawn[:, own_scale.OFFSET] > 1e-4).all()) is offset


def test_losses_at_small_budgets_are_in_proportion_to_them(factory_paths: Callable[[str], str]) -> None:
    drawn = own_scale.over_budgets((0.001, 0.002), 2).engines["dense"](
        small(factory_paths("Vanilla")), PROBE, Stream(1), 4
    )
    ratios = drawn.reshape(4, 9, 2)[..., 1] / drawn.reshape(4, 9, 2)[..., 0]
    torch.testing.assert_close(
        ratios.median(dim=0).values, torch.full((9,), 2.0, dtype=torch.float64), rtol=1e-3, atol=0
    )


def test_an_attack_on_a_linear_network_finds_the_norm(factory_paths: Callable[[str], str]) -> None:
    spec = small(factory_paths("linear"))
    norms = own_scale.views.engines["dense"](spec, PROBE, Stream(1), 4)
    found = own_scale.attacks(0.1, 3).engines["dense"](spec, PROBE, Stream(1), 4)
    for place, pair in enumerate(own_scale.NINE):
        torch.testing.assert_close(found[:, place], norms[:, own_scale.norm_of(pair)], rtol=1e-4, atol=1e-5)


def test_sizes_of_two_networks_come_together_with_the_width(factory_paths: Callable[[str], str]) -> None:
    drawn = [
        own_scale.size_pairs.engines["dense"](
            small(factory_paths("Vanilla"), width=n, output_dim=200), PROBE, Stream(2), 80
        )
        for n in (8, 128)
    ]
    narrow, wide = (float(one.median()) for one in drawn)
    assert narrow > 4 * wide


@pytest.mark.slow
@pytest.mark.parametrize("name", ["He", "MuP"])
def test_vanilla_he_and_mup_have_the_same_nine_ratios(factory_paths: Callable[[str], str], name: str) -> None:
    assert name in ORDINARY

    def medians(path: str) -> torch.Tensor:
        spec = NetworkSpec(path, 16, 4, 128, 2, 1.6)
        probe = Probe(np.random.default_rng(1).normal(size=(3, 16)))
        drawn = [own_scale.views.engines["dense"](spec, probe, Stream(seed), 64) for seed in range(4)]
        return torch.cat(drawn)[:, 6 : own_scale.offset_size_at(0)].median(dim=0).values

    ratio = medians(factory_paths(name)) / medians(factory_paths("Vanilla"))
    assert ((ratio - 1).abs() < 0.06).all(), ratio
