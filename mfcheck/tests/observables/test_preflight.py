"""Every pre-flight check names what is wrong with an architecture and what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest
import torch

from mfcheck.observables import preflight
from mfcheck.observables.checks import CHECKS
from mfcheck.tests.support.exact_factories import EXACT_FACTORIES
from mfcheck.tests.support.factories import EXAMPLES, FACTORIES, X, spec_of
from mfcheck.tests.support.further_factories import FURTHER


def test_what_two_networks_share_by_chance_passes_pre_flight(factory_paths: Callable[[str], str]) -> None:
    spec = spec_of(factory_paths("Signed"))
    assert {preflight.problem(spec, X, seed) for seed in range(1, 13)} == {""}


@pytest.mark.parametrize("factory", ["Vanilla", "Global", "Settled", "Biased", "Lazy", "Gained"])
def test_a_sound_network_of_ones_own_passes_pre_flight(factory_paths: Callable[[str], str], factory: str) -> None:
    assert preflight.problem(spec_of(factory_paths(factory)), X, seed=1) == ""


@pytest.mark.parametrize(
    ("factory", "check", "found"),
    [
        ("Raising", "factory", "raised RuntimeError: no such layer"),
        ("nothing", "factory", r"must return a torch\.nn\.Module, got None"),
        ("Forgetful", "seeded", "from one state of the generator differ"),
        ("Alike", "alike", "from one generator are equal"),
        ("HalfSeeded", "alike", "first is the same in networks of .* from one generator, and another from other seeds"),
        ("Mirrored", "alike", "last of a network of .* is that of the one before it with its sign changed"),
        ("Overwriting", "input", "writes into its input"),
        ("Batched", "batch", "depends on its batch mates"),
        ("Placed", "batch", "depends on its batch mates"),
        ("Mixing", "batch", "depends on its batch mates"),
        ("Numbered", "batch", "depends on its batch mates"),
        ("Pair", "batch", "takes no input by itself, and raised ValueError: more than one value per channel"),
        ("Detached", "gradient", "no gradient comes from the output"),
        ("Rooted", "gradient", "the gradient of .* is NaN or infinite"),
        ("Filled", "float64", r"in float64 is torch\.float32"),
        ("Cast", "float64", "in float64 raised RuntimeError"),
        ("Autocast", "digits", "more than a thousandth apart"),
        ("needs", "factory", "must be given flavour, of which an audit knows nothing"),
        ("Constant", "drawn", "from two seeds are equal"),
        ("Dropping", "deterministic", "two passes of one network"),
        ("Double", "dtype", "is torch.float64"),
        ("Wide", "shape", r"maps \(2, 6\) to \(2, 10\), expected \(2, 5\)"),
        (
            "Listed",
            "registered",
            r"keep what torch does not see in layers \(a list\), and a module of .* raised RuntimeError",
        ),
        ("Nested", "registered", r"in body\.parts \(a dict\)"),
        ("Plain", "registered", r"in first \(a Tensor\)"),
        ("Aliased", "float64", "in float64 raised RuntimeError"),
        ("Squeezed", "shape", r"maps \(1, 6\) to \(5,\), expected \(1, 5\)"),
        ("Tupled", "output", "returns a tuple, which is no tensor"),
        ("Named", "output", "returns a dict, which is no tensor"),
        ("Wronged", "slope", "is 0.33 of its size off what short steps do to its output"),
        ("Infinite", "finite", "is NaN or infinite"),
        ("Precise", "exact products", "matmul precision is 'high'"),
        ("WrongOmega", "declarations", "must be positive and finite, got nan"),
        ("WrongLayers", "declarations", "names 'absent'; there are first"),
        (
            "RaisingLayers",
            "declarations",
            r"layer_variances\(spec\) of .* raised KeyError: 'none'; where that is something else",
        ),
        (
            "Multiplying",
            "declarations",
            r"scale\(spec\) of .* raised TypeError: .*; where that is something else in its class",
        ),
    ],
)
def test_every_pre_flight_check_names_what_is_wrong_and_what_to_do(
    factory_paths: Callable[[str], str], factory: str, check: str, found: str
) -> None:
    before = torch.get_float32_matmul_precision()
    try:
        said = preflight.problem(spec_of(factory_paths(factory)), X, seed=1)
    finally:
        torch.set_float32_matmul_precision(before)
    assert re.search(found, said)
    assert said.endswith(f"{CHECKS[check].means}; {CHECKS[check].do}")


def test_the_documentation_lists_every_pre_flight_check() -> None:
    page = EXAMPLES.parents[1].joinpath("architectures.md").read_text()
    for check in CHECKS.values():
        assert f"| sound | {check.raised_if} | {check.means} | {check.do} |" in page


def test_no_two_factories_that_tests_know_have_one_name() -> None:
    """They stand in one module, in which the later would replace the earlier."""
    names = [one.name for one in ast.parse(FACTORIES + EXACT_FACTORIES + FURTHER).body if isinstance(one, ast.ClassDef)]
    assert len(names) == len(set(names))
