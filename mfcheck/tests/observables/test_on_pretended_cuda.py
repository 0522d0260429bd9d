"""Every source, engine and architecture draws on a pretended GPU, in no more launches than now."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.ensembles.orders import Order, processor
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.observables import (
    after_training,
    along_training,
    attack_strengths,
    capacity,
    chain_pull,
    early_capacity,
    early_training,
    groups,
    horizon,
    independence,
    initial_decay,
    jacobian,
    joint,
    losses,
    nearby,
    open_questions,
    other_norm,
    projected,
    rescaling,
    slopes,
    whole_training,
)
from mfcheck.spec import Attack, NormPair
from mfcheck.tests.support.pretend_cuda import DEVICE, DeviceMismatchError, pretend_cuda
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.verdict import NotCovered

ATTACK, RULE = Attack(0.1, math.inf, math.inf), SGD(0.1, batch=2)
PULLED, THEORY = Objective("adversarial", *ATTACK, 2), Objective("theory", *ATTACK, 2)
PROBE = Probe(np.random.default_rng(0).normal(size=(6, 9)), 1, np.array([0, 1, 2, 0, 1, 2]), 4)
ONE = Probe(PROBE.x[:1], 1)
MANY = Probe(np.random.default_rng(1).normal(size=(36, 9)), 1, np.arange(36) % 3, 34)

MOST: list[tuple[Source, Probe, int, int]] = [
    (losses.operator_norms(2.0, 2.0), PROBE, 191, 4),
    (losses.operator_norms(math.inf, 1.0), PROBE, 188, 3),
    *((losses.attacked(p, q, (0.1,), 2), PROBE, 939, 4) for p, q in ((math.inf, 1.0), (2.0, 2.0), (1.0, 2.0))),
    (slopes.at_start(THEORY), PROBE, 620, 3),
    (slopes.at_start(Objective("attacked", *ATTACK, 2)), PROBE, 620, 3),
    (slopes.standard, PROBE, 77, 3),
    (groups.means_of(slopes.standard, 2), PROBE, 156, 5),
    (slopes.by_homogeneity(PULLED), PROBE, 85, 2),
    (jacobian.entry, PROBE, 188, 4),
    (jacobian.entry_at_inputs, PROBE, 29, 4),
    (jacobian.linearity, PROBE, 188, 2),
    (jacobian.entry_at_attack, ONE, 249, 3),
    (joint.pair, PROBE, 176, 3),
    (joint.offset, PROBE, 176, 4),
    *((capacity.at_start(form), PROBE, 176, 2) for form in capacity.FORMS),
    (chain_pull.pull(NormPair(2, 2)), PROBE, 146, 3),
    (projected.projected(PULLED, (1.0, 0.9)), PROBE, 886, 3),
    (along_training.recorded(THEORY, SGD(0.1), (0.1,), 1), PROBE, 1439, 15),
    (along_training.recorded(THEORY, Flow(0.05, (0.1,)), (0.1,), 4), PROBE, 4375, 23),
    (after_training.trained(THEORY, RULE, 4, 2), PROBE, 3688, 12),
    (early_training.early(THEORY, early_training.Schedule(0.1, 2, (0, 2), 2), 2), PROBE, 3114, 9),
    (early_capacity.speeds(THEORY, 0.1), PROBE, 351, 3),
    (early_capacity.falls(THEORY, RULE, 2), PROBE, 1375, 5),
    (horizon.horizons((THEORY,), (RULE,), 2), PROBE, 1408, 8),
    (independence.carried(THEORY, RULE, (0.2,)), PROBE, 1494, 5),
    (initial_decay.initial_decay(ATTACK, 2), PROBE, 660, 3),
    (open_questions.driven_apart(ATTACK, 2), PROBE, 250, 4),
    (open_questions.shares_found(ATTACK, 2), PROBE, 342, 4),
    (other_norm.left_after(ATTACK, Attack(0.1, 2, 2), RULE, 2, 2), PROBE, 2043, 8),
    (attack_strengths.drifts(ATTACK, (2, 4)), PROBE, 620, 4),
    (attack_strengths.doubled(ATTACK, 4), PROBE, 620, 4),
    (whole_training.whole_training(ATTACK, ((0.1, 2),), 2), MANY, 2553, 6),
    (nearby.nearby, PROBE, 80, 3),
    (rescaling.invariance, PROBE, 197, 6),
]
"""What a chunk of two draws may take: kernels, and times that the program waits for the GPU."""


@pytest.mark.parametrize(("source", "probe", "kernels", "waits"), MOST, ids=[row[0].name[:40] for row in MOST])
def test_every_source_draws_on_a_gpu_in_no_more_launches(
    source: Source, probe: Probe, kernels: int, waits: int
) -> None:
    for engine in source.engines:
        for architecture in ("vanilla", "residual"):
            spec = NetworkSpec(architecture, 9, 3, 12, 2, 1.0)
            with pretend_cuda() as gpu:
                order = Order(source, spec, engine, probe, 1, "cuda:0", 0, 2)
                try:
                    drawn = order.draw()
                except NotCovered:
                    continue
            assert drawn.shape[0] == 2
            assert (gpu.kernels <= kernels, gpu.waits <= waits) == (True, True), (
                engine, architecture, gpu.kernels, gpu.waits, gpu.places.most_common(3),
            )  # fmt: skip
            assert gpu.kernels > 0


@pytest.mark.parametrize("source", [row[0] for row in MOST], ids=[row[0].name[:40] for row in MOST])
def test_every_source_can_be_sent_to_another_process(source: Source) -> None:
    """Its functions are found there by their names, or made again."""
    again = pickle.loads(pickle.dumps(source))
    assert (again.name, list(again.engines), again.most) == (source.name, list(source.engines), source.most)


@pytest.mark.parametrize(("p", "q"), list(itertools.product((1.0, 2.0, math.inf), repeat=2)))
@pytest.mark.parametrize(("architecture", "kernels"), [("vanilla", 3_000), ("residual", 4_800)])
def test_an_attack_of_ten_steps_on_lazy_networks_takes_few_launches(
    architecture: str, kernels: int, p: float, q: float
) -> None:
    """Of five layers; it waits for the GPU three times, or four for singular values, whatever their width."""
    spec, probe = NetworkSpec(architecture, 784, 10, 256, 5, 1.0), Probe(np.ones((1, 784)), 1, np.array([0]))
    with pretend_cuda() as gpu:
        Order(losses.attacked(p, q, (0.3,), 10), spec, "lazy", probe, 1, "cuda:0", 0, 2).draw()
    assert (gpu.kernels <= kernels, gpu.waits <= 4) == (True, True), (gpu.kernels, gpu.waits)


def test_draws_are_kept_by_the_name_of_the_gpu() -> None:
    processor.cache_clear()
    with pretend_cuda(2, "Card X"):
        assert processor("cuda:0") == processor("cuda:1") == "cuda Card X"
    processor.cache_clear()


def test_what_fails_on_a_gpu_fails_on_a_pretended_one() -> None:
    with pretend_cuda():
        there, here = torch.ones(3, device="cuda"), torch.ones(3)
        assert there.device == DEVICE
        with pytest.raises(DeviceMismatchError, match="one device"):
            there + here
        with pytest.raises(TypeError, match="can't convert cuda:0"):
            there.numpy()
        with pytest.raises(DeviceMismatchError, match="expected a cpu device type for generator"):
            torch.randn(3, generator=torch.Generator("cuda"))
        with pytest.raises(DeviceMismatchError, match="expected a cuda device type for generator"):
            there.normal_(generator=torch.Generator("cpu"))
        assert (2 * there + torch.tensor(1.0)).cpu().numpy().tolist() == [3.0, 3.0, 3.0]
    assert not torch.cuda.is_available() or torch.version.cuda is not None


def test_launches_and_waits_are_counted() -> None:
    with pretend_cuda() as gpu:
        x = torch.ones(3, 3, device="cuda")
        before = gpu.kernels
        y = (x @ x + 1).T[0]
        assert (gpu.kernels - before, gpu.waits) == (2, 0)
        float(y.sum())
        bool((y > 0).all())
        assert gpu.waits == 2
