"""Steps that a GPU takes again and again are replayed from a recording, and nothing else about them changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.spec import ReLULike
from mfcheck.tests.support.device_trainings import ATTACKED, LABELS, MEASURED, PULLED, STANDARD, THEORY, X, trained
from mfcheck.tests.support.pretend_cuda import here, pretend_cuda
from mfcheck.tests.support.pretend_graphs import FORBIDDEN, LEFT_OVER, MEMORY, PretendedGraph
from mfcheck.training import replay
from mfcheck.training.objectives import Objective
from mfcheck.training.replay import Replayed
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

GPU, NEVER = "cuda:0", 10**9
SPEC, DEEPER = (NetworkSpec("vanilla", 49, 10, 40, depth, 2.0, 0.1) for depth in (2, 5))


class Trained:
    """A training on the pretended GPU, its steps collected as they come, and what it took."""

    def __init__(
        self, spec: NetworkSpec, objective: Objective, rule: SGD | Flow, steps: int = 8, *, engine: str = "dense"
    ) -> None:
        PretendedGraph.replays = 0
        with pretend_cuda() as gpu, one_thread(), torch.no_grad():
            self.network = Network(spec, Stream(0, GPU), engine=engine, replicates=3)
            self.steps = trained(self.network, objective, rule, steps, GPU)
            self.kernels, self.waits, self.replays = gpu.kernels, gpu.waits, PretendedGraph.replays
            self.squares = [step.slope.square for step in self.steps]  # found where it is asked for, so on the device

    @property
    def numbers(self) -> list[Tensor]:
        measured = [one for step in self.steps for one in MEASURED(step)]
        attacks = [step.slope.perturbation for step in self.steps if step.slope.perturbation is not None]
        return [here(one) for one in (*measured, *self.squares, *attacks, *self.network.stored)]


def assert_same(one: Trained, other: Trained) -> None:
    assert len(one.numbers) == len(other.numbers)
    assert all(torch.equal(a, b) for a, b in zip(one.numbers, other.numbers, strict=True))


@pytest.mark.parametrize("rule", [SGD(0.01, 0.9, batch=4), Flow(0.05)], ids=str)
@pytest.mark.parametrize("objective", [STANDARD, ATTACKED, THEORY, PULLED], ids=lambda one: one.name)
def test_no_bit_of_a_training_depends_on_its_being_replayed(
    objective: Objective, rule: SGD | Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AFTER", NEVER)
    called = Trained(SPEC, objective, rule)
    monkeypatch.setattr(replay, "AFTER", 2)
    replayed = Trained(SPEC, objective, rule)
    # The first step leaves the weights that were drawn as they are, and makes new ones; then two slopes are called.
    assert (called.replays, replayed.replays) == (0, 16 - 2 if isinstance(rule, Flow) else 8 - 2)
    assert replayed.waits == called.waits
    assert replayed.kernels < called.kernels
    assert_same(replayed, called)


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec("residual", 49, 10, 40, 3, 1.0),
        NetworkSpec("vanilla", 49, 10, 40, 3, 1.0, activation=ReLULike(1.0, -0.3)),
    ],
    ids=["residual", "leaky"],
)
def test_networks_of_other_kinds_are_replayed_too(spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AFTER", NEVER)
    called = Trained(spec, THEORY, SGD(0.01, batch=4))
    monkeypatch.setattr(replay, "AFTER", 2)
    replayed = Trained(spec, THEORY, SGD(0.01, batch=4))
    assert replayed.replays > 0
    assert_same(replayed, called)


@pytest.mark.parametrize(
    ("objective", "rule", "most"),
    [(THEORY, Flow(0.05), 235), (STANDARD, Flow(0.05), 230), (THEORY, SGD(0.01), 84), (ATTACKED, SGD(0.01, 0.9), 126)],
    ids=str,
)
def test_a_replayed_step_is_a_few_launches_whatever_it_attacks_by(
    objective: Objective, rule: SGD | Flow, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "AFTER", 2)
    few, many = (Trained(DEEPER, objective, rule, steps) for steps in (4, 6))
    assert many.replays > few.replays > 0
    assert many.kernels - few.kernels <= 2 * most


def test_what_is_over_soon_is_not_recorded() -> None:
    assert Trained(SPEC, STANDARD, SGD(0.01), replay.AFTER).replays == 0
    assert Trained(SPEC, STANDARD, SGD(0.01), replay.AFTER + 2).replays > 0


def test_lazy_networks_grow_and_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AFTER", 2)
    assert Trained(NetworkSpec("vanilla", 49, 10, 64, 2, 2.0), THEORY, SGD(0.01), engine="lazy").replays == 0


def test_a_step_that_waits_is_not_recorded_and_sees_the_same_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Objective("theory", 0.1, 2.0, 2.0, steps=3)  # attacks start from singular vectors
    monkeypatch.setattr(replay, "AFTER", NEVER)
    called = Trained(SPEC, waits, SGD(0.01))
    monkeypatch.setattr(replay, "AFTER", 2)
    tried = Trained(SPEC, waits, SGD(0.01))
    assert tried.replays == 0
    assert_same(tried, called)


def test_networks_that_diverge_do_so_alone_in_a_replay_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for after in (NEVER, 2):
        monkeypatch.setattr(replay, "AFTER", after)
        found.append(Trained(SPEC, THEORY, SGD(8.0), 14))
    assert here(found[1].steps[-1].diverged).tolist() == [-1, 11, -1]
    assert found[1].replays > 0
    assert_same(*found)


def test_weights_that_others_hold_from_some_step_on_are_recorded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(after: int) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        monkeypatch.setattr(replay, "AFTER", after)
        with pretend_cuda(), one_thread(), torch.no_grad():
            network = Network(SPEC, Stream(0, GPU), replicates=3)
            x, labels = torch.from_numpy(X).to(GPU), torch.from_numpy(LABELS).to(GPU)
            path = train(network, THEORY, x, labels, optimiser=SGD(0.05), steps=12, generator=torch.Generator(GPU))
            for step in path:
                if step.index == 6:
                    twin = network.twin()
                    held = [here(one).clone() for one in twin.stored]
            return [here(one) for one in network.stored], [here(one) for one in twin.stored], held

    called, replayed = ends(NEVER), ends(2)
    for weights, kept, held in (called, replayed):
        assert all(torch.equal(a, b) for a, b in zip(kept, held, strict=True))
        assert not all(torch.equal(a, b) for a, b in zip(weights, kept, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(called[0], replayed[0], strict=True))


def test_a_function_of_tensors_is_recorded_once_and_anew_for_other_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AFTER", 2)
    PretendedGraph.replays, calls = 0, []
    with pretend_cuda():
        weights, generator, other = torch.ones(3, device=GPU), torch.Generator(GPU), torch.Generator(GPU)

        def function(random: torch.Generator, x: Tensor) -> Tensor:
            calls.append(x.shape)
            return x * weights + torch.empty_like(x).uniform_(generator=random)

        replayed = Replayed(function, generator, lambda: [weights])
        for index, shape in enumerate([(3,)] * 5 + [(2, 3)] * 4):
            weights.fill_(float(index))
            x = torch.full(shape, 2.0, device=GPU)
            expected = x * weights + torch.empty_like(x).uniform_(generator=other)
            assert torch.equal(here(replayed(x)), here(expected))
    assert calls == [(3,)] * 3 + [(2, 3)] * 3
    assert PretendedGraph.replays == 3 + 2


def test_a_function_that_cannot_be_recorded_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AFTER", 2)
    PretendedGraph.replays = 0
    with pretend_cuda():
        total, generator, other = torch.zeros(2, device=GPU), torch.Generator(GPU), torch.Generator(GPU)

        def function(random: torch.Generator) -> Tensor:
            drawn = torch.empty_like(total).uniform_(generator=random)
            return total.add_(drawn).clone()  # which the pretended graph does not do

        replayed, expected = Replayed(function, generator, lambda: [total]), torch.zeros(2, device=GPU)
        for _ in range(5):
            expected += torch.empty_like(total).uniform_(generator=other)
            assert torch.equal(here(replayed()), here(expected))
    assert PretendedGraph.replays == 0


def test_what_fails_by_itself_is_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AFTER", 1)

    def fails(random: torch.Generator) -> Tensor:
        raise RuntimeError("out of memory")

    with pretend_cuda() as gpu:
        with pytest.raises(RuntimeError, match="out of memory"):
            Replayed(fails, torch.Generator(GPU), list)()
        assert gpu.waiting == 0


def test_the_pretended_graph_computes_nothing_before_its_replay() -> None:
    with pretend_cuda():
        before, graph = torch.ones(2, device=GPU), torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            after = before + 1
        assert here(after).isnan().all()
        graph.replay()
        assert here(after).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("fault", [FORBIDDEN, "not told of", MEMORY])
def test_a_pretended_recording_allows_no_more_than_a_cards_and_fails_as_badly(fault: str) -> None:
    with pretend_cuda():
        before, generator, graph = torch.ones(2, device=GPU), torch.Generator(GPU), torch.cuda.CUDAGraph()
        faults: dict[str, Callable[[], object]] = {
            FORBIDDEN: lambda: float(before.sum()),
            "not told of": lambda: torch.empty_like(before).normal_(generator=generator),
            MEMORY: lambda: before.add_(1),
        }
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with pytest.raises(RuntimeError, match=fault), torch.cuda.graph(graph, stream=stream):
            faults[fault]()
        with pytest.raises(RuntimeError, match=LEFT_OVER):
            before + 1


def test_a_pretended_graph_takes_no_generator_while_another_device_is_the_current_one() -> None:
    with pretend_cuda(), pytest.raises(RuntimeError, match="another device"):
        torch.cuda.CUDAGraph().register_generator_state(torch.Generator(GPU))
