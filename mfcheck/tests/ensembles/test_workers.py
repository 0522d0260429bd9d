"""Workers bring the bits that one process draws, whatever happens to them, and are believed only if they are alike."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec, progress
from mfcheck.arrays import Floats
from mfcheck.ensembles import gathering
from mfcheck.ensembles.memory import NoRoomError
from mfcheck.ensembles.orders import Kind, Order, Reply, carry_out, is_sticky, kind, packed, processor
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.workers import TRIES, ClusterError, Numbered, Workers
from mfcheck.observables import along_training, chain_pull, losses, projected, slopes
from mfcheck.spec import NormPair
from mfcheck.tests.support.processes import alive, until
from mfcheck.tests.support.toy_samples import Counted, same
from mfcheck.tests.support.worker_sources import breaking, murderous, shifted, whereabouts
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.verdict import NotANumber

SPEC = NetworkSpec("vanilla", 3, 2, 8, 2, 2.0)
PROBE = Probe(np.ones((1, 3)), 0)
DRAWS = 70


def sample(source: Source, workers: Workers | None = None, folder: Path | None = None) -> Sample:
    return Sample(source, SPEC, "dense", PROBE, 5, "cpu", ChunkStore(folder, workers=workers))


class Backwards(Workers):
    """Workers in this process, who bring the last order first and may change or lose what they bring."""

    def __init__(self, lost: int = 0, **changed: str) -> None:
        super().__init__("loky", 2)
        self.lost, self.changed, self.asked = lost, changed, 0

    def replies(self, orders: Iterable[Numbered], count: int) -> Generator[tuple[int, Reply], None, None]:
        for number, parcel in reversed(list(orders)):
            self.asked += 1
            if self.lost > 0:
                self.lost -= 1
                return
            yield number, replace(carry_out(parcel), **self.changed)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def loky() -> Iterator[Workers]:
    workers = Workers("loky", 2)
    yield workers
    workers.close()


@pytest.mark.parametrize(
    "source",
    [
        losses.operator_norms(2.0, 1.0),
        losses.attacked(2.0, 2.0, (0.1,), 3),
        slopes.at_start(Objective("standard")),
        projected.projected(Objective("adversarial", 0.1, 2, 2, 3), (1.0, 0.9)),
        chain_pull.pull(NormPair(2, 2)),
        along_training.recorded(Objective("standard"), SGD(0.1), (0.1,), 1),
        slopes.standard,
    ],
)
def test_a_source_comes_out_of_pickle_as_the_one_that_went_in(source: Source) -> None:
    again = pickle.loads(pickle.dumps(source))
    assert (again.name, again.most, again.columns) == (source.name, source.most, source.columns)
    assert list(again.engines) == list(source.engines)
    assert all(again.engines[name] is engine for name, engine in source.engines.items())


def test_other_processes_draw_and_the_bits_are_the_same(loky: Workers) -> None:
    assert same(sample(shifted(1.5), loky).first(DRAWS), sample(shifted(1.5)).first(DRAWS))
    assert sample(whereabouts(os.getpid()), loky).first(DRAWS).min() == 1.0
    assert sample(whereabouts(os.getpid())).first(DRAWS).max() == 0.0


@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_worker_costs_no_draw(loky: Workers, tmp_path: Path, times: int) -> None:
    source = murderous(str(tmp_path), os.getpid(), times)
    assert same(sample(source, loky).first(DRAWS), sample(source).first(DRAWS))
    assert len(list(tmp_path.iterdir())) == times


def test_chunks_that_no_worker_survives_are_drawn_here() -> None:
    workers = Backwards(lost=10**6)
    assert same(sample(shifted(2.0), workers).first(DRAWS), sample(shifted(2.0)).first(DRAWS))
    assert workers.asked == TRIES


@pytest.mark.parametrize("lost", [0, 2])
def test_the_order_of_arrival_does_not_show(lost: int) -> None:
    assert same(sample(shifted(0.5), Backwards(lost)).first(DRAWS), sample(shifted(0.5)).first(DRAWS))


@pytest.mark.parametrize("workers", [Backwards(), Backwards(1)])
def test_the_error_is_that_of_drawing_one_chunk_after_the_other(workers: Workers) -> None:
    with pytest.raises(NotANumber) as alone:
        sample(breaking(0.8)).first(DRAWS)
    with pytest.raises(NotANumber) as together:
        sample(breaking(0.8), workers).first(DRAWS)
    assert str(together.value) == str(alone.value)


def test_an_error_that_pickle_does_not_know_comes_as_one_of_its_kind(loky: Workers) -> None:
    with pytest.raises(ValueError, match="a chunk that begins high, code 3"):
        sample(breaking(0.8, deadly=True), loky).first(DRAWS)


def test_what_cannot_be_sent_is_drawn_here(loky: Workers) -> None:
    counted = Counted()
    source = Source(
        "local", {"dense": lambda spec, probe, stream, n: counted.draw(spec, probe, stream, n)}, {"dense": True}, 4
    )
    assert same(sample(source, loky).first(DRAWS), sample(source).first(DRAWS))
    assert counted.made == 2 * -(-DRAWS // 4)


def test_a_worker_without_the_code_leaves_the_draws_to_this_process() -> None:
    workers = Backwards(unusable="ModuleNotFoundError: No module named 'elsewhere'")
    assert same(sample(shifted(0.25), workers).first(DRAWS), sample(shifted(0.25)).first(DRAWS))


@pytest.mark.parametrize(
    "error", [NoRoomError("4 dense networks need 9.0 GiB"), MemoryError(), torch.OutOfMemoryError("CUDA out of memory")]
)
def test_a_worker_that_lacks_memory_beside_others_leaves_the_draws_to_this_process(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel, draw, short = packed(Order(shifted(0.75), SPEC, "dense", PROBE, 5, "cpu", 0, 4)), Order.draw, [True]

    def drawn(order: Order) -> Floats:
        if short[0]:
            raise error
        return draw(order)

    monkeypatch.setattr(Order, "draw", drawn)
    reply = carry_out(parcel)
    assert reply.unusable
    assert reply.error is None
    short[0] = False
    assert same(
        sample(shifted(0.75), Backwards(unusable=reply.unusable)).first(DRAWS), sample(shifted(0.75)).first(DRAWS)
    )


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (Kind("cpu riscv64", "mfcheck 9"), "a worker computes on cpu riscv64 and this process on cpu .*use workers of"),
        (Kind(processor("cpu"), "mfcheck 9, torch 1, numpy 1"), "a worker has mfcheck 9, torch 1, numpy 1 and this .*"),
    ],
)
def test_a_cluster_is_asked_for_its_kind_and_its_versions(
    other: Kind, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers("loky", 2)
    monkeypatch.setattr(workers, "_open", lambda: lambda asked: [other for _ in asked])
    with pytest.raises(ClusterError, match=says):
        workers.check("cpu")
    monkeypatch.setattr(workers, "_open", lambda: lambda asked: [kind("cpu") for _ in asked])
    workers.check("cpu")


def test_a_cluster_that_does_not_begin_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise TimeoutError("no worker after 10 s\nand more")

    workers = Workers("dask", None, "tcp://head:8786")
    monkeypatch.setattr(workers, "_open", fails)
    with pytest.raises(ClusterError, match=r"dask cluster at tcp://head:8786 cannot draw: no worker after 10 s$"):
        workers.check("cpu")


def test_another_kind_of_processor_is_refused() -> None:
    with pytest.raises(
        ClusterError, match=r"a worker computes on cpu riscv64 and this process on cpu .*use workers of"
    ):
        sample(shifted(1.0), Backwards(processor="cpu riscv64")).first(DRAWS)


def test_other_code_is_refused() -> None:
    with pytest.raises(ClusterError, match="a worker draws by other code than this process"):
        sample(shifted(1.0), Backwards(code="0" * 64)).first(DRAWS)


def test_what_a_worker_draws_by_a_function_of_other_values_is_drawn_here() -> None:
    workers = Backwards(by="0" * 64)
    assert same(sample(shifted(0.5), workers).first(DRAWS), sample(shifted(0.5)).first(DRAWS))
    assert workers.asked == -(-DRAWS // 4)


def test_what_workers_bring_is_kept_and_what_is_kept_is_not_asked_for(tmp_path: Path) -> None:
    first, second = Backwards(), Backwards()
    drawn = sample(shifted(3.0), first, tmp_path).first(DRAWS)
    assert len(list(tmp_path.glob("*.npy"))) == first.asked == -(-DRAWS // 4)
    assert not list(tmp_path.glob("*.part"))
    assert same(sample(shifted(3.0), second, tmp_path).first(2 * DRAWS)[:DRAWS], drawn)
    assert second.asked == -(-2 * DRAWS // 4) - first.asked


def test_a_chunk_that_another_process_is_at_is_waited_for(tmp_path: Path) -> None:
    asked = sample(shifted(4.0), Backwards(), tmp_path)
    expected, other, began = sample(shifted(4.0)).first(DRAWS), ChunkStore(tmp_path), threading.Event()
    key = gathering._key(Order(shifted(4.0), SPEC, "dense", PROBE, 5, "cpu", 1, 4), asked._code, asked._by)
    made: list[int] = []

    def slowly() -> Floats:
        made.append(1)
        began.set()
        time.sleep(0.5)
        return expected[4:8]

    with ThreadPoolExecutor(1) as pool:
        another = pool.submit(other.get, key, slowly)
        assert began.wait(10)
        assert same(asked.first(DRAWS), expected)
        another.result()
    assert asked.store.workers.asked == -(-DRAWS // 4) - len(made)  # type: ignore[union-attr]


def test_progress_counts_chunks() -> None:
    seen: list[progress.Progress] = []
    with progress.shown(seen.append):
        sample(shifted(5.0), Backwards()).first(DRAWS)
    assert [one.done for one in seen if one.what == "chunk"] == list(range(19))
    assert {one.total for one in seen if one.what == "chunk"} == {18}


def test_only_errors_that_end_a_gpu_end_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_sticky(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert not is_sticky(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert not is_sticky(NotANumber("CUDA error"))
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    for words in ("CUDA error: device-side assert triggered", "another one"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Order, "draw", lambda order, words=words: (_ for _ in ()).throw(RuntimeError(words)))
            carry_out(packed(Order(shifted(1.0), SPEC, "dense", PROBE, 5, "cpu", 0, 4)))
    assert ended == [70]


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "package", "count"), [("dask", "distributed", 3), ("ray", "ray", 2)])
@pytest.mark.filterwarnings("default")
def test_local_clusters_bring_the_same_bits_and_survive_a_loss(
    backend: str, package: str, count: int, tmp_path: Path
) -> None:
    pytest.importorskip(package)
    workers = Workers(backend, count)
    try:
        source = murderous(str(tmp_path), os.getpid(), 1)
        assert same(sample(source, workers).first(DRAWS), sample(source).first(DRAWS))
        assert len(list(tmp_path.iterdir())) == 1
        assert sample(whereabouts(os.getpid()), workers).first(DRAWS).min() == 1.0
        with pytest.raises(NotANumber):
            sample(breaking(0.8), workers).first(DRAWS)
    finally:
        workers.close()


@pytest.mark.skipif(
    tuple(map(int, version("joblib").split(".")[:2])) < (1, 5),
    reason="joblib before 1.5 starts no worker with a function of ours: its first order tells it whom it works for",
)
@pytest.mark.parametrize("pause", [0.0, 2.0], ids=["before its first order", "after it"])
def test_workers_end_with_the_process_that_asked_them_however_that_ends(pause: float) -> None:
    script = "import sys, time; from mfcheck.ensembles.workers import Workers; from mfcheck.ensembles import orders\n"
    script += "workers = Workers('loky', 2); run = workers._open()\n"
    script += "import joblib; print(*run(joblib.delayed(orders.processor)('cpu') for _ in range(4)), flush=True)\n"
    script += "print(*(p.pid for p in workers._parallel._backend._workers._processes.values()), flush=True)\n"
    script += "workers._parallel._backend._workers.submit(time.sleep, 60); time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        _, pids = asking.stdout.readline(), list(map(int, asking.stdout.readline().split()))
        time.sleep(pause)
        asking.kill()
    assert len(pids) == 2
    until(lambda: not any(map(alive, pids)))


def test_a_process_that_stands_for_its_own_workers_goes_on() -> None:
    script = "from mfcheck.ensembles.workers import Workers, _leave_with; import os, time\n"
    script += "print(list(Workers('loky', 2)._open()([]))); _leave_with(os.getpid()); time.sleep(2.5)\n"
    environment = {**os.environ, "JOBLIB_MULTIPROCESSING": "0"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
