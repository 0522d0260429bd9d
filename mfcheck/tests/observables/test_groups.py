"""A draw of groups is the mean over several networks: of the same mean, and a spread as much smaller."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from mfcheck import NetworkSpec
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import slopes
from mfcheck.observables.groups import means_of
from mfcheck.observables.slopes import DRIFT
from mfcheck.theory.cross_entropy import standard_pull
from mfcheck.training.objectives import Objective

SPEC = NetworkSpec("vanilla", 4, 3, 16, 2, 1.0)
PROBE = Probe(np.array([[1.0, -1.0, 1.0, 1.0]]), labels=np.array([1]))
SOURCE = slopes.at_start(Objective("standard"))


@pytest.mark.parametrize("networks", [2, 8])
def test_they_have_the_mean_of_one_network_and_less_spread(networks: int) -> None:
    with one_thread():
        one = SOURCE.engines["dense"](SPEC, PROBE, Stream(1), 20_000)[:, DRIFT].double().numpy()
        many = means_of(SOURCE, networks).engines["dense"](SPEC, PROBE, Stream(2), 20_000)[:, DRIFT].numpy()
    known, error = 2 / SPEC.width * standard_pull(SPEC), one.std() / np.sqrt(len(one))
    assert one.mean() == pytest.approx(known, abs=5 * error)
    assert many.mean() == pytest.approx(known, abs=5 * error / np.sqrt(networks))
    assert many.var() * networks == pytest.approx(one.var(), rel=0.2)
    assert abs(np.median(many) - known) < abs(np.median(one) - known)


def test_every_network_of_a_group_is_another() -> None:
    """The first of a stack's are those that the source draws by itself from the same stream."""
    with one_thread():
        first, second = (SOURCE.engines["dense"](SPEC, PROBE, stream, 5) for stream in [Stream(3)] * 2)
        found = means_of(SOURCE, 2).engines["dense"](SPEC, PROBE, Stream(3), 5)
    np.testing.assert_allclose(found, (first.double() + second.double()) / 2)
    assert not np.isclose(first, second).any(axis=1).all()


def test_they_cost_as_many_passes_and_other_processes_make_them_again() -> None:
    groups = means_of(SOURCE, 8)
    assert groups is means_of(SOURCE, 8)
    assert groups.passes == 8 * SOURCE.passes
    assert groups.chunk_draws(SPEC, "dense") == SOURCE.chunk_draws(SPEC, "dense")
    assert pickle.loads(pickle.dumps(groups)) is groups
    assert "8 networks" in groups.name
