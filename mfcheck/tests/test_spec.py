"""A spec is valid or does not exist, and its text is the spec."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.spec import ARCHITECTURES, ModuleSpec, NetworkSpec, ReLULike

NAMES = st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True)
IMPORT_PATHS = st.builds(lambda parts, name: ".".join(parts) + ":" + name, st.lists(NAMES, min_size=1), NAMES)
SIZES = st.integers(min_value=1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Slopes of either sign over all sizes whose square is a positive float.
SLOPES = st.floats(1e-150, 1e150) | st.floats(-1e150, -1e-150)
ACTIVATIONS = st.builds(ReLULike, SLOPES | st.sampled_from([0.0, -0.0]), SLOPES) | st.builds(
    ReLULike, SLOPES, SLOPES | st.sampled_from([0.0, -0.0])
)
SPECS = st.builds(
    NetworkSpec,
    architecture=st.sampled_from(ARCHITECTURES) | IMPORT_PATHS,
    input_dim=SIZES,
    output_dim=SIZES,
    width=SIZES,
    depth=SIZES,
    weight_variance=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    bias_variance=st.floats(min_value=0, allow_infinity=False),
    activation=ACTIVATIONS,
)
VALID: dict[str, Any] = {
    "architecture": "vanilla",
    "input_dim": 784,
    "output_dim": 10,
    "width": 100,
    "depth": 3,
    "weight_variance": 2.0,
}
TEXT = str(NetworkSpec(**VALID))
SIZE_NAMES = ["input_dim", "output_dim", "width", "depth"]
HUGE = pytest.param(10**400, id="too large for a float")


@given(SPECS)
def test_a_spec_reads_back_as_itself(spec: NetworkSpec) -> None:
    again = NetworkSpec.parse(str(spec))
    assert again == spec
    assert hash(again) == hash(spec)
    assert str(again) == str(spec)


@given(ACTIVATIONS)
def test_an_activation_reads_back_as_itself(activation: ReLULike) -> None:
    assert ReLULike.parse(str(activation)) == activation
    assert str(ReLULike.parse(str(activation))) == str(activation)


def test_surrounding_space_does_not_change_what_is_read() -> None:
    assert NetworkSpec.parse(f"  {TEXT}\n") == NetworkSpec(**VALID)


@given(SPECS)
def test_labels_can_stand_in_a_test_id(spec: NetworkSpec) -> None:
    assert spec.label
    assert not re.search(r"[\s\[\]():]", spec.label)


@pytest.mark.parametrize(
    ("activation", "label"),
    [(ReLULike(), "relu"), (ReLULike(1, -1), "abs"), (ReLULike(1, 1), "linear"), (ReLULike(1, 0.25), "u1v0.25")],
)
def test_well_known_activations_have_names(activation: ReLULike, label: str) -> None:
    assert activation.label == label
    assert NetworkSpec(**VALID, activation=activation).label.endswith(label)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "residual"},
        {"input_dim": 196},
        {"output_dim": 2},
        {"width": 101},
        {"depth": 4},
        {"weight_variance": 1.5},
        {"bias_variance": 0.1},
        {"activation": ReLULike(1, 0.5)},
    ],
)
def test_every_field_shows_in_the_text_and_in_the_label(change: dict[str, Any]) -> None:
    changed = NetworkSpec(**(VALID | change))
    assert str(changed) != TEXT
    assert changed.label != NetworkSpec(**VALID).label


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(NetworkSpec)])
def test_a_spec_cannot_be_changed(name: str) -> None:
    spec = NetworkSpec(**VALID)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(spec, name, getattr(spec, name))


def test_an_activation_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ReLULike().u = 2.0  # type: ignore[misc]


@given(FINITE.filter(lambda u: abs(u) < 1e150), FINITE.filter(lambda v: 1e-150 < abs(v) < 1e150))
def test_alpha_is_the_mean_squared_slope(u: float, v: float) -> None:
    assert ReLULike(u, v).alpha == pytest.approx((u * u + v * v) / 2, rel=1e-15)  # three roundings of 2⁻⁵³


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.int64, np.uint8])
def test_numpy_integers_are_sizes(kind: type[np.integer[Any]]) -> None:
    sizes = {name: kind(VALID[name] % 100 + 1) for name in SIZE_NAMES}
    spec = NetworkSpec(**(VALID | sizes))
    assert all(type(getattr(spec, name)) is int for name in SIZE_NAMES)
    assert NetworkSpec.parse(str(spec)) == spec


def test_numpy_floats_and_integers_are_variances_and_slopes() -> None:
    spec = NetworkSpec(**(VALID | {"weight_variance": np.float32(2), "activation": ReLULike(np.float64(1), 0)}))
    assert spec == NetworkSpec(**VALID)
    assert str(spec) == TEXT


@pytest.mark.parametrize("name", SIZE_NAMES)
@pytest.mark.parametrize("value", [0, -3, 2.0, 2.5, True, False, np.True_, np.float64(3), math.nan, "7", None])
def test_a_size_that_is_no_positive_integer_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{name} .*{re.escape(repr(value))}"):
        NetworkSpec(**(VALID | {name: value}))


@pytest.mark.parametrize("name", ["weight_variance", "bias_variance"])
@pytest.mark.parametrize("value", [-1.0, -5e-324, math.nan, math.inf, -math.inf, True, np.True_, "2", None, 1j, HUGE])
def test_a_variance_that_is_negative_or_no_finite_number_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{name} .*{re.escape(repr(value))}"):
        NetworkSpec(**(VALID | {name: value}))


def test_weights_need_variance_and_biases_do_not() -> None:
    with pytest.raises(ValueError, match=r"weight_variance .*0\.0"):
        NetworkSpec(**(VALID | {"weight_variance": 0}))
    assert NetworkSpec(**VALID, bias_variance=0).bias_variance == 0


@pytest.mark.parametrize("slopes", [(0, 0), (0.0, -0.0)])
def test_an_activation_of_zero_is_refused(slopes: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="u=v=0"):
        ReLULike(*slopes)


@pytest.mark.parametrize("name", ["u", "v"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, HUGE])
def test_a_slope_that_is_no_finite_number_is_refused(name: str, value: object) -> None:
    slopes: dict[str, Any] = {"u": 1.0, "v": 1.0, name: value}
    with pytest.raises(ValueError, match=rf"{name} .*{re.escape(repr(value))}"):
        ReLULike(**slopes)


@pytest.mark.parametrize("value", ["relu", (1, 0), None, 1.0])
def test_an_activation_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=rf"activation .*{re.escape(repr(value))}"):
        NetworkSpec(**VALID, activation=value)


@pytest.mark.parametrize(
    "value",
    ["", "Vanilla", "resnet", "module", ":factory", "module:", "a.b", "a:b:c", "a b:c", "1a:b", "a:b.c", ".a:b", None],
)
def test_an_unknown_architecture_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(value))):
        NetworkSpec(**(VALID | {"architecture": value}))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("width=100, ", "", "width"),
        ("width=100", "width=100, width=200", "width"),
        ("width=100", "width=100, colour=3", "colour"),
        ("width=100", "width=0", "0"),
        ("width=100", "width=1e2", "100.0"),
        ("width=100", "width=wide", "wide"),
        ("width=100", "width 100", "width 100"),
        ("width=100,", "width=100;", "100;"),
        ("width=100", "width=relu_like(1, 0)", "relu_like"),
        ("weight_variance=2.0", "weight_variance=nan", "nan"),
        ("weight_variance=2.0", "weight_variance=-2.0", "-2.0"),
        pytest.param("weight_variance=2.0", "weight_variance=" + "9" * 400, "999", id="too large for a float"),
        ("relu_like(1.0, 0.0)", "relu_like(0, 0)", "u=v=0"),
        ("relu_like(1.0, 0.0)", "relu_like(1.0)", "relu_like"),
        ("relu_like(1.0, 0.0)", "7", "7"),
        ("vanilla", "plain", "plain"),
        ("vanilla(", "(", "(input_dim"),
        ("vanilla(", "vanilla", "vanillainput_dim"),
        ("0.0))", "0.0)", "relu_like(1.0, 0.0"),
    ],
)
def test_malformed_text_is_refused(old: str, new: str, named: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    with pytest.raises(ValueError, match=re.escape(named)):
        NetworkSpec.parse(text)


@pytest.mark.parametrize("said", ["true", "maybe", "1"])
def test_whether_the_depth_is_fixed_is_true_or_false(said: str) -> None:
    spec = ModuleSpec(**VALID | {"architecture": "own:Net"})
    for fixed in (True, False):
        assert ModuleSpec.parse(str(dataclasses.replace(spec, depth_is_fixed=fixed))).depth_is_fixed is fixed
    with pytest.raises(ValueError, match=said):
        ModuleSpec.parse(str(spec).replace("depth_is_fixed=False", f"depth_is_fixed={said}"))


@given(st.text())
def test_text_that_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not read as"):
        NetworkSpec.parse(text)
    with pytest.raises(ValueError, match="does not read as"):
        ReLULike.parse(text)


@pytest.mark.parametrize("text", ["relu_like(1)", "relu_like(1, 2, 3)", "relu_like(1, two)", "relu_like(nan, 1)"])
def test_a_malformed_activation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"relu|two|nan"):
        ReLULike.parse(text)
