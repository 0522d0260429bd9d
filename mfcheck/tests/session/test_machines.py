"""Who draws is chosen before any work, in one sentence where it cannot be, and shows in no finding."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping

import pytest

from mfcheck.ensembles.workers import ClusterError, Workers
from mfcheck.session import machines
from mfcheck.session.machines import Machine, chosen, open_workers
from mfcheck.tests.support.runs import report, run
from mfcheck.tests.support.toy_claims import GAUSSIAN, TOY

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"backend": "slurm"}, "backend 'slurm' is unknown; allowed are serial, loky, dask, ray"),
        (
            {"scheduler": "tcp://a:1"},
            "scheduler 'tcp://a:1' is the address .* back end serial has none of; .*dask or ray",
        ),
        ({"backend": "loky", "scheduler": "tcp://a:1"}, "back end loky has none of"),
        ({"workers": "2"}, "workers '2' cannot be chosen: back end serial has none"),
        ({"backend": "loky", "workers": "0"}, r"workers must lie in 1…4096, got 0"),
        ({"backend": "loky", "workers": "two"}, "workers must be an integer in decimal digits, got 'two'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(texts: Mapping[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        chosen(texts)


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_back_end_that_is_not_installed_says_how_to_get_it(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=re.escape(f"pip install 'mfcheck[{backend}]'")):
        chosen({"backend": backend})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert chosen({"backend": backend, "scheduler": "a:1"}) == Machine(backend, None, "a:1")
    with pytest.raises(ValueError, match="workers '2' cannot be chosen: a cluster has its own"):
        chosen({"backend": backend, "scheduler": "a:1", "workers": "2"})


@pytest.mark.parametrize(("processes", "count"), [("", 8), ("1", 8), ("2", 4), ("3", 2), ("16", 1)])
def test_test_processes_share_the_workers(processes: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "usable_cores", lambda: 8)
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", processes)
    assert chosen({"backend": "loky"}) == Machine("loky", count)
    assert chosen({"backend": "loky", "workers": "4"}).count == max(1, count // 2)


def test_a_cluster_out_of_reach_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(self: Workers, device: str) -> None:
        raise ClusterError(f"no dask cluster at {self.address} can be reached: timed out on {device}")

    monkeypatch.setattr(Workers, "check", refuses)
    with pytest.raises(ValueError, match="no dask cluster at tcp://nowhere:1 can be reached: timed out on cpu"):
        open_workers(Machine("dask", None, "tcp://nowhere:1"), "auto", only_asks=True)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")  # whose controller has asked
    assert open_workers(Machine("dask", None, "tcp://nowhere:1"), "cpu", only_asks=False) is not None
    assert open_workers(Machine("loky", 1), "cpu", only_asks=False) is None
    assert open_workers(Machine(), "cpu", only_asks=False) is None


def test_findings_are_the_same_by_another_back_end_and_name_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + GAUSSIAN)
    found = []
    for options in ((), ("--mf-backend", "loky", "--mf-workers", "2")):
        result = run(pytester, "--mf-seed", "3", "--mf-no-cache", *options)
        assert result.ret == 0
        result.stdout.no_fnmatch_line("*Warning*")
        (theorem,) = report(pytester)["theorems"]
        found.append([{**one, "seconds": 0} for claim in theorem["claims"] for one in claim["findings"]])
    result.stdout.fnmatch_lines(["mfcheck: draws by loky, 2 workers"])
    assert found[0] == found[1]
