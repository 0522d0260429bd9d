"""Draws and attacks are the same bit for bit whatever a caller, or the environment, has made of torch's arithmetic."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import mfcheck
from mfcheck import NetworkSpec, numerics
from mfcheck.arrays import Floats
from mfcheck.attacks.operator_norm import operator_norm
from mfcheck.ensembles.samples import Probe, Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.numerics import full_precision, one_thread
from mfcheck.observables import jacobian, losses

SPEC = NetworkSpec("residual", 30, 4, 64, 2, 0.7, 0.1)
PLACES = (numerics._GENERIC, *numerics.WHOLES, *numerics.LEAVES)
has_places = pytest.mark.skipif(not numerics._HAS_PLACES, reason="torch before 2.9 has one setting alone")


def set_place(backend: str, op: str, value: str) -> None:
    torch._C._set_fp32_precision_setter(backend, op, value)


def undone(do: Callable[[], object], undo: Callable[[], object]) -> Callable[[], Any]:
    @contextlib.contextmanager
    def setting() -> Iterator[None]:
        do()
        try:
            yield
        finally:
            undo()

    return setting


def precision(value: str) -> Callable[[], Any]:
    return undone(
        lambda: torch.set_float32_matmul_precision(value), lambda: torch.set_float32_matmul_precision("highest")
    )


def places(value: str, *keys: tuple[str, str]) -> Callable[[], Any]:
    def put(to: str) -> None:
        if numerics._HAS_PLACES:
            for key in keys:
                set_place(*key, to)

    return undone(lambda: put(value), lambda: put("none"))


HOSTILE: dict[str, Callable[[], Any]] = {
    "medium": precision("medium"),
    "high": precision("high"),
    "tf32 by cublas": undone(
        lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
        lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", False),
    ),
    "bf16 everywhere": places("bf16", ("generic", "all")),
    "bf16 in products": places("bf16", ("mkldnn", "matmul")),
    "bf16 in mkldnn": places("bf16", ("mkldnn", "all")),
    "tf32 in cuda": places("tf32", ("cuda", "all")),
    "float64": undone(lambda: torch.set_default_dtype(torch.float64), lambda: torch.set_default_dtype(torch.float32)),
    "bfloat16": undone(lambda: torch.set_default_dtype(torch.bfloat16), lambda: torch.set_default_dtype(torch.float32)),
    "meta device": undone(lambda: torch.set_default_device("meta"), lambda: torch.set_default_device(None)),
    "a device around it": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "denormals": undone(lambda: torch.set_flush_denormal(True), lambda: torch.set_flush_denormal(False)),
    "deterministic": undone(
        lambda: torch.use_deterministic_algorithms(True, warn_only=True),
        lambda: torch.use_deterministic_algorithms(False),
    ),
    "two threads": undone(lambda: torch.set_num_threads(2), lambda: torch.set_num_threads(1)),
    "inference": torch.inference_mode,
    "no grad": torch.no_grad,
    "grad": torch.enable_grad,
}
hostile = pytest.mark.parametrize("setting", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def draws(source: mfcheck.Source, engine: str) -> Floats:
    x = np.random.default_rng(0).standard_normal((1, SPEC.input_dim))
    return Sample(source, SPEC, engine, Probe(x), 3, "cpu", ChunkStore()).first(8)


def sampled() -> list[Floats]:
    found = [draws(jacobian.entry, engine) for engine in ("wishart", "dense")]
    attacked = losses.attacked(2.0, 2.0, (0.1,), 2)
    return [*found, *(draws(attacked, engine) for engine in ("dense", "lazy"))]


def of_networks() -> list[Tensor]:
    x = torch.linspace(-1, 1, 2 * SPEC.input_dim, dtype=torch.float32, device="cpu").reshape(2, -1)
    found = [
        mfcheck.sample_jacobian(SPEC, 3, columns, engine) for engine in ("wishart", "dense") for columns in (2, 30)
    ]
    for engine in ("dense", "lazy"):
        f = mfcheck.draw_network(SPEC, engine)
        generator = torch.Generator("cpu").manual_seed(0)
        attack = mfcheck.adversarial_loss(f, x, 0.1, 2, 2, steps=3, generator=generator)
        found += [attack.loss, attack.perturbation, f(x).detach(), operator_norm(f.jacobian(x), 2, 2).lower]
    return found


@pytest.fixture(scope="module")
def right() -> tuple[list[Floats], list[Tensor]]:
    torch.set_num_threads(1)
    return sampled(), of_networks()


def state() -> dict[str, object]:
    found: dict[str, object] = {
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "device": numerics.default_device(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "denormals": numerics._flushes_denormals(),
        "grad": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "algorithms": (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
    }
    asked = {
        "matmul": torch.get_float32_matmul_precision,
        "cublas": lambda: torch.backends.cuda.matmul.allow_tf32,
        "cudnn": lambda: torch.backends.cudnn.allow_tf32,
    }
    for name, ask in asked.items():
        try:
            found[name] = ask()
        except RuntimeError:  # torch's two ways to set it are mixed
            found[name] = "mixed"
    return found | (dict(numerics._places()) if numerics._HAS_PLACES else {})


@hostile
def test_draws_are_the_same_in_every_setting_and_leave_it_alone(
    setting: Callable[[], Any], right: tuple[list[Floats], list[Tensor]]
) -> None:
    with setting():
        before = state()
        found = sampled()
        assert state() == before
    for one, other in zip(found, right[0], strict=True):
        np.testing.assert_array_equal(one, other)


@hostile
def test_networks_and_attacks_are_the_same_in_every_setting(
    setting: Callable[[], Any], right: tuple[list[Floats], list[Tensor]]
) -> None:
    with setting():
        before = state()
        found = of_networks()
        assert state() == before
    rounding = 1e-5 if torch.get_num_threads() == 1 else 1e-4
    for index, (one, other) in enumerate(zip(found, right[1], strict=True)):
        if index < 4:  # drawn on one thread; the rest runs on the caller's
            assert torch.equal(one, other)
        torch.testing.assert_close(one, other, rtol=rounding, atol=1e-6)
        assert not one.is_inference()


@has_places
@pytest.mark.parametrize("cuda", [False, True])
def test_every_mixture_of_settings_is_put_right_inside_and_back_outside(
    cuda: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a build for CUDA every place is set, on others those alone that count."""
    monkeypatch.setattr(numerics, "_CUDA", cuda)
    changes = [lambda: None, *(lambda v=v: torch.set_float32_matmul_precision(v) for v in ("medium", "highest"))]
    changes += [lambda v=v: setattr(torch.backends.cuda.matmul, "allow_tf32", v) for v in (True, False)]
    changes += [
        lambda key=key, v=v: set_place(*key, v)
        for key in PLACES
        for v in ("ieee", "tf32", "none")
        if not (v == "none" and key[1] in ("conv", "rnn") and key[0] == "cuda")
    ]
    try:
        for one, two in itertools.product(changes, changes):
            one()
            two()
            before = state()
            with full_precision():
                assert torch.get_float32_matmul_precision() == "highest"
                assert not torch.backends.cuda.matmul.allow_tf32
                looked_at = numerics.LEAVES if cuda else [("mkldnn", "matmul"), ("mkldnn", "conv")]
                assert all(numerics._get(*key) in ("ieee", "none") for key in looked_at)
                with full_precision():
                    pass
            assert state() == before
    finally:
        torch.set_float32_matmul_precision("highest")
        for key in (*numerics.WHOLES, numerics._GENERIC, ("mkldnn", "conv"), ("mkldnn", "rnn"), ("mkldnn", "matmul")):
            set_place(*key, "none")
        torch.backends.cudnn.allow_tf32 = True


def test_products_keep_their_digits_where_processors_have_shorter_ones() -> None:
    matrix = torch.randn(300, 300, generator=torch.Generator().manual_seed(0))
    exact = matrix.double() @ matrix.double()
    try:
        torch.set_float32_matmul_precision("medium")
        with full_precision():
            assert float((matrix @ matrix - exact).abs().max()) < 1e-3
    finally:
        torch.set_float32_matmul_precision("highest")


def test_after_an_error_everything_is_as_it_was() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        before = state()
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert state() == before


SCRIPT = (
    "import mfcheck, torch; from mfcheck.numerics import full_precision;"
    "spec = mfcheck.NetworkSpec('vanilla', 20, 3, 50, 2, 2.0);"
    "print(mfcheck.sample_jacobian(spec, 2, 20, 'dense').double().sum().item().hex());"
    "c = full_precision(); c.__enter__(); print(torch.backends.cuda.matmul.allow_tf32)"
)


def test_tf32_by_an_environment_variable_is_off_inside() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=os.environ | extra, check=True, capture_output=True, text=True
        ).stdout
        for extra in ({}, {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"})
    ]
    assert said[0] == said[1]
    assert said[0].endswith("False\n")


def test_tf32_that_cannot_be_turned_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics, "_CUDA", True)
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    before = state()
    with pytest.raises(ValueError, match=r"NVIDIA_TF32_OVERRIDE=1 turns TF32 on, .* unset it"), one_thread():
        pass
    assert state() == before


def test_it_takes_microseconds() -> None:
    def once() -> float:
        start = time.perf_counter()
        for _ in range(100):
            with one_thread():
                pass
        return (time.perf_counter() - start) / 100

    assert min(once() for _ in range(10)) < 100e-6
