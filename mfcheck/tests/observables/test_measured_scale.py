"""What a pre-flight measures: scale and ω, the initialisation's name, Euler's degree, and knobs that do nothing."""

from __future__ import annotations

from collections.abc import Callable

from mfcheck.datasets.inputs import inputs
from mfcheck.ensembles.samples import Probe
from mfcheck.observables.measured_scale import degree, idle_knobs, nature
from mfcheck.spec import NetworkSpec

PROBE = Probe(inputs("digits", 49, 1, 0))


def spec_of(path: str, depth: int = 3) -> NetworkSpec:
    return NetworkSpec(path, 49, 8, 32, depth, 1.6)


def test_scale_and_omega_of_a_network_whose_last_layer_is_doubled(factory_paths: Callable[[str], str]) -> None:
    found = nature(spec_of(factory_paths("Scaled")), PROBE, 1, "cpu")
    assert found.omega is not None
    assert found.scale.low < 4 < found.scale.high < 5
    assert found.omega.low < 0.8 < found.omega.high < 0.9
    assert found.linear == found.homogeneous == found.alive == 1


def test_the_degree_counts_the_tensors_that_multiply(factory_paths: Callable[[str], str]) -> None:
    assert [degree(spec_of(factory_paths("Vanilla"), depth), PROBE) for depth in (1, 3)] == [3, 5]
    assert degree(spec_of(factory_paths("Biased")), PROBE) == 2  # its bias stands beside the first of two
    assert degree(spec_of(factory_paths("idle")), PROBE) is None


def test_knobs_that_change_nothing_are_named(factory_paths: Callable[[str], str]) -> None:
    assert idle_knobs(spec_of(factory_paths("Vanilla"))) == ()
    assert idle_knobs(spec_of(factory_paths("idle"))) == ("depth", "weight_variance")
    assert idle_knobs(spec_of(factory_paths("He"))) == ("weight_variance",)  # up to the rounding of σ_w² / σ_w²
    assert idle_knobs(spec_of(factory_paths("Raising"))) == ()
