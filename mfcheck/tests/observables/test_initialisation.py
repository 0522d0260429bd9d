"""An initialisation is known by all of its matrices, and what variances are in proportion to by two sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mfcheck import NetworkSpec
from mfcheck.observables.initialisation import drawn_matrices, initialisation, written_variances
from mfcheck.spec import ModuleSpec
from mfcheck.tests.support.factories import spec_of


def test_an_initialisation_is_known_by_all_of_its_matrices(factory_paths: Callable[[str], str]) -> None:
    assert initialisation(drawn_matrices(spec_of(factory_paths("idle")))) == "torch's default layers"
    matrices = drawn_matrices(spec_of(factory_paths("Vanilla")))
    assert initialisation(matrices) == ""
    assert abs(matrices["layers.0"].variance * matrices["layers.0"].fan_in / 1.6 - 1) < 0.15
    assert initialisation({}) == ""


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        ("Narrowing", {"first": "2 / spec.input_dim", "middle": "2 / 64", "last": "2 / spec.width"}),
        ("Turned", {"first": "2 / spec.input_dim", "last": "2 / spec.width"}),
        ("Mixture", {"experts": "2 / spec.width"}),
        ("Square", {}),
    ],
)
def test_variances_are_written_as_what_they_fall_with(
    factory_paths: Callable[[str], str], factory: str, expected: dict[str, str]
) -> None:
    spec = NetworkSpec(factory_paths(factory), 49, 10, 64, 3, 2.0)
    found = written_variances(spec, drawn_matrices(spec))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 32), (64,), ()])
def test_inputs_of_a_shape_are_looked_at_in_larger_ones(
    factory_paths: Callable[[str], str], shape: tuple[int, ...]
) -> None:
    """A stem over patches falls with no size, a last layer over all pixels with the input's."""
    spec = ModuleSpec(factory_paths("Pixels"), 64, 10, 16, 1, 2.0, input_shape=shape)
    found = written_variances(spec, drawn_matrices(spec))
    assert found == {"stem": "2 / 4", "last": "1 / spec.input_dim"}
