"""Degrees in which networks are homogeneous, tensor by tensor, and Euler's identity with them along a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mfcheck import progress
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.degrees import groups
from mfcheck.observables.own_capacity import fall
from mfcheck.observables.own_flow import EARLY, EULER, LATE, LAW, flow
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

PROBE = Probe(np.linspace(-1, 1, 6)[None] + 0.1)


def small(path: str) -> NetworkSpec:
    return NetworkSpec(path, 6, 4, 16, 3, 1.6)


@pytest.mark.parametrize(
    ("factory", "degrees"),
    [
        ("Vanilla", {"first": 1, "layers.0": 1, "layers.1": 1, "layers.2": 1, "last": 1}),
        ("Tied", {"first": 1, "layers.0": 3, "last": 1}),
        ("Normed", {"first": 0, "layers.0": 0, "layers.1": 0, "layers.2": 0, "last": 1}),
        ("Biased", {"first": 1, "last": 1}),  # with the bias; its layers are not used
        ("Smooth", {}),
    ],
)
def test_degrees_are_those_of_the_architecture(
    factory_paths: Callable[[str], str], factory: str, degrees: dict[str, int]
) -> None:
    found = {
        group.names[0]: group.degree for group in groups(small(factory_paths(factory))) if "bias" not in group.names[0]
    }
    unused = {name for name in found if factory == "Biased" and name.startswith("layers")}
    assert {name: k for name, k in found.items() if name not in unused} == degrees


def test_a_bias_goes_with_the_matrix_before_it(factory_paths: Callable[[str], str]) -> None:
    first = next(one for one in groups(small(factory_paths("Biased"))) if one.names[0] == "first")
    assert first.names == ("first", "bias")


@pytest.mark.parametrize("factory", ["Vanilla", "Tied", "Normed", "Biased", "He"])
def test_the_pull_is_the_loss_times_the_degree(factory_paths: Callable[[str], str], factory: str) -> None:
    drawn = flow(0.025, 4, 40).engines["dense"](small(factory_paths(factory)), PROBE, Stream(2), 3)
    assert drawn[:, EULER].abs().max() < 0.01
    assert ((drawn[:, EARLY] - 1).abs() < 0.1).all()
    assert ((drawn[:, LAW] - 1).abs() < 0.05).all()
    assert (drawn[:, LATE] < drawn[:, EARLY]).all()


def test_a_wrong_degree_shows(factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    from mfcheck.observables import own_flow
    from mfcheck.observables.degrees import Group

    right = own_flow.groups
    monkeypatch.setattr(own_flow, "groups", lambda spec: tuple(Group(one.names, 1) for one in right(spec)))
    drawn = flow(0.025, 4, 8).engines["dense"](small(factory_paths("Tied")), PROBE, Stream(2), 2)
    assert (drawn[:, EULER] > 1.9).all()
    assert ((drawn[:, EARLY] - 5 / 3).abs() < 0.2).all()  # degrees 1, 3 and 1 taken for 1, 1 and 1


def test_a_network_without_a_degree_has_none(factory_paths: Callable[[str], str]) -> None:
    with pytest.raises(NotCovered, match="homogeneous"):
        flow(0.025, 4, 4).engines["dense"](small(factory_paths("Smooth")), PROBE, Stream(2), 1)


def test_where_nothing_can_be_lost_the_identity_is_zero_and_no_law_holds(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of these networks are 0 around the input: their drift is no division by 0, and it is near no law."""
    from mfcheck.observables import own_flow

    alike = own_flow.groups(small(factory_paths("Vanilla")))
    monkeypatch.setattr(own_flow, "groups", lambda spec: alike)
    drawn = flow(0.025, 4, 8).engines["dense"](small(factory_paths("Mute")), PROBE, Stream(2), 12)
    mute = (drawn[:, EARLY] == 0) & (drawn[:, LAW] == 0)
    assert 2 <= int(mute.sum()) <= 10
    assert (drawn[mute, EULER] == 0).all()
    assert (drawn[~mute, EULER].abs() < 0.05).all()


def test_deviations_to_either_side_do_not_cancel(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mfcheck.observables import own_flow

    real = own_flow.groups
    for by in (1, -1):
        off = tuple(replace(one, degree=one.degree + by) for one in real(small(factory_paths("Vanilla"))))
        monkeypatch.setattr(own_flow, "groups", lambda spec, off=off: off)
        drawn = flow(0.025, 2, 4).engines["dense"](small(factory_paths("Vanilla")), PROBE, Stream(2), 2)
        assert (drawn[:, EULER] - 1).abs().max() < 0.01


@pytest.mark.parametrize("source", [flow(0.05, 2, 5), fall(0.05, 5)], ids=["flow", "fall"])
def test_every_step_of_every_network_of_a_chunk_counts_as_progress(
    factory_paths: Callable[[str], str], source: Source
) -> None:
    seen: list[progress.Progress] = []
    with progress.shown(seen.append):
        source.engines["dense"](small(factory_paths("Vanilla")), PROBE, Stream(7), 3)
    counted = [now for now in seen if now.what == "step"]
    assert {now.total for now in counted} == {15}
    assert [now.done for now in counted] == list(range(15))
