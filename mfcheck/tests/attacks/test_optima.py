"""Attacks and operator norms against optima that are computed here in float64, without the code on trial."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Container, Iterable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from torch import Tensor

from mfcheck import adversarial_loss, operator_norm
from mfcheck.arrays import Floats

EXPONENTS = [1.0, 1.5, 2.0, 4.0, math.inf]
PAIRS = list(itertools.product(EXPONENTS, EXPONENTS))
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
REACHES = [1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4]
"""Budgets in units of ‖x‖_p."""
SHARE = 0.95

USUAL = {*itertools.product((1.0, 2.0, math.inf), repeat=2), (1.5, 4.0), (4.0, 1.5)}


def few(values: Iterable[Any], cheap: Container[Any]) -> list[Any]:
    """All values as parameters, those that are not cheap for slow runs alone."""
    one = [value if isinstance(value, tuple) else (value,) for value in values]
    marks = [() if (value[0] if len(value) == 1 else value) in cheap else pytest.mark.slow for value in one]
    return [pytest.param(*value, marks=mark) for value, mark in zip(one, marks, strict=True)]


pairs = pytest.mark.parametrize(("p", "q"), few(PAIRS, USUAL), ids=[f"{p:g}-{q:g}" for p, q in PAIRS])


def lengths(rows: Floats, order: float) -> Floats:
    found: Floats = np.linalg.norm(rows, order, axis=-1)
    return found


def dual(p: float) -> float:
    return math.inf if p == 1 else 1.0 if math.isinf(p) else p / (p - 1)


def corners(count: int) -> Floats:
    return np.array(list(itertools.product([-1.0, 1.0], repeat=count)))


def optimum(matrix: Floats, p: float, q: float) -> float:
    """‖J‖_{p,q} by its definition where there is one for few rows and columns, else by many ascents.

    Convex functions are largest at vertices: of the cross-polytope for p = 1, of the cube for p = ∞; q = 1 and q = ∞
    are the same of the transpose.
    """
    rows, columns = matrix.shape
    if p == 1:
        return float(lengths(matrix.T, q).max())
    if math.isinf(p) and columns <= 12:
        return float(lengths(corners(columns) @ matrix.T, q).max())
    if math.isinf(q):
        return float(lengths(matrix, dual(p)).max())
    if q == 1 and rows <= 12:
        return float(lengths(corners(rows) @ matrix, dual(p)).max())
    if p == q == 2:
        return float(np.linalg.svd(matrix, compute_uv=False)[0])
    starts = np.concatenate([np.random.default_rng(0).standard_normal((10, columns)), np.eye(columns), matrix])
    return max(climbed(matrix, p, q, start) for start in starts)


def climbed(matrix: Floats, p: float, q: float, start: Floats) -> float:
    """A local maximum of ‖Jη‖_q/‖η‖_p by a quasi-Newton method on η itself."""

    def log_norm(vector: Floats, order: float) -> tuple[float, Floats]:
        """log‖v‖ and its gradient."""
        size = float(np.linalg.norm(vector, order))
        return math.log(size), np.sign(vector) * (np.abs(vector) / size) ** (order - 1) / size

    def negative_log(eta: Floats) -> tuple[float, Floats]:
        below, down = log_norm(eta, p)
        above, up = log_norm(matrix @ eta, q)
        return below - above, down - up @ matrix

    if math.isinf(p):  # on the cube by single flips
        signs = np.where(start >= 0, 1.0, -1.0)
        for _ in range(50):
            flipped = signs - 2 * np.diag(signs)
            values = lengths(flipped @ matrix.T, q)
            if values.max() <= lengths(signs @ matrix.T, q) * (1 + 1e-12):
                break
            signs = flipped[values.argmax()]
        return float(lengths(signs @ matrix.T, q))
    return math.exp(-optimize.minimize(negative_log, start, jac=True, method="BFGS").fun)


def gaussian(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@pairs
@pytest.mark.parametrize("dtype", few(DTYPES, [torch.bfloat16, torch.float32]), ids=map(str, DTYPES))
def test_on_affine_maps_the_optimum_is_reached_at_every_budget(p: float, q: float, dtype: torch.dtype) -> None:
    for shape in ((3, 6), (1, 8), (11, 5)):
        weight, x, shift = (
            gaussian(*size, seed=seed, dtype=dtype) for seed, size in enumerate((shape, (2, shape[1]), shape[:1]))
        )
        most = optimum(weight.double().numpy(), p, q)
        for reach in REACHES:
            eps = reach * float(lengths(x.double().numpy(), p).max())
            if dtype is torch.float16 and not 1e-4 <= reach <= 1e2:
                continue  # its own range ends there
            found = adversarial_loss(
                lambda at, weight=weight, shift=shift: at @ weight.T + shift,
                x,
                eps,
                p,
                q,
                steps=10,
                generator=torch.Generator().manual_seed(1),
            )
            ratio = found.loss.double() / (eps * most)
            assert float(ratio.min()) >= SHARE, (shape, reach, ratio)
            assert float(ratio.max()) <= 1.001 + 2 * torch.finfo(dtype).eps, (shape, reach, ratio)
            within = lengths(found.perturbation.double().numpy(), p).max() / eps
            assert within <= 1 + 8 * torch.finfo(dtype).eps


@pairs
@pytest.mark.parametrize("rows", few([3, 10, 6, 5], [3, 6]))
def test_operator_norms_hold_the_optimum_between_their_bounds(rows: int, p: float, q: float) -> None:
    shape = (rows, {3: 6, 10: 4, 6: 11, 5: 30}[rows])
    for seed in range(3):
        matrix = gaussian(*shape, seed=seed)
        most, found = optimum(matrix.numpy(), p, q), operator_norm(matrix, p, q)
        assert SHARE * most <= float(found.lower)
        assert most <= float(found.upper) * (1 + 1e-9)
        if found.exact:
            assert float(found.lower) == pytest.approx(most, rel=1e-6)
        for dtype, rounding in ((torch.float32, 1e-5), (torch.float16, 2e-2)):
            narrow = operator_norm(matrix.to(dtype), p, q)
            assert float(narrow.lower) >= SHARE * most * (1 - rounding)
            assert float(narrow.lower) <= float(found.upper) * (1 + rounding)


def folded(seed: int) -> tuple[Callable[[Tensor], Tensor], Floats, Floats, Floats]:
    """A network V φ(Wx + b) of two inputs, and its three arrays."""
    inner, shift, outer = (gaussian(*size, seed=seed + 10 * at) for at, size in enumerate(((6, 2), (6,), (3, 6))))
    arrays = inner.numpy(), shift.numpy(), outer.numpy()
    return lambda x: (x @ inner.T.to(x) + shift.to(x)).relu() @ outer.T.to(x), *arrays


def by_enumeration(arrays: tuple[Floats, Floats, Floats], x: Floats, eps: float, p: float, q: float) -> float:
    """The largest ‖f(x+η) − f(x)‖_q over the sphere of two dimensions, on a grid that is fine near its kinks too.

    f is linear between the lines where a unit turns, so its distance from f(x) is convex there and largest on the
    border: on the sphere, or where a line meets another inside.
    """
    inner, shift, outer = arrays

    def f(at: Floats) -> Floats:
        found: Floats = np.maximum(at @ inner.T + shift, 0) @ outer.T
        return found

    def at_angles(angle: Floats) -> Floats:
        sphere = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        found: Floats = x + eps * sphere / lengths(sphere, p)[:, None]
        return found

    angle, step = np.linspace(0, 2 * math.pi, 4001), 2 * math.pi / 4000
    points = [at_angles(angle)]
    for _ in range(3):  # closer and closer around those that are best
        best = angle[np.argsort(lengths(f(at_angles(angle)) - f(x), q))[-20:]]
        angle, step = (best[:, None] + step * np.linspace(-1, 1, 201)).ravel(), step / 100
        points.append(at_angles(angle))
    crossings = [
        np.linalg.solve(inner[[i, j]], -shift[[i, j]]) for i, j in itertools.combinations(range(len(inner)), 2)
    ]
    points.append(np.array([at for at in crossings if np.linalg.norm(at - x, p) <= eps]).reshape(-1, 2))
    return float(lengths(f(np.concatenate(points)) - f(x), q).max())


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 500), st.sampled_from(PAIRS), st.sampled_from([1e-5, 1e-2, 0.3, 3.0, 100.0]))
def test_on_piecewise_linear_networks_the_optimum_is_reached(seed: int, pair: tuple[float, float], eps: float) -> None:
    f, *arrays = folded(seed)
    x = gaussian(1, 2, seed=seed + 7)
    most = by_enumeration((arrays[0], arrays[1], arrays[2]), x.numpy()[0], eps, *pair)
    for dtype in (torch.float64, torch.float32):
        generator = torch.Generator().manual_seed(1)
        found = adversarial_loss(f, x.to(dtype), eps, *pair, steps=30, generator=generator, restarts=20)
        assert float(found.loss) <= most * (1 + (1e-6 if dtype is torch.float64 else 0.011)) + 1e-12
        assert float(found.loss) >= SHARE * most


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(PAIRS), st.integers(0, 1000), st.integers(-30, 30))
def test_losses_on_linear_maps_are_homogeneous_in_everything(pair: tuple[float, float], seed: int, power: int) -> None:
    weight, x, factor = gaussian(3, 6, seed=seed), gaussian(2, 6, seed=seed + 1), 2.0**power

    def loss(matrix: Tensor, at: Tensor, eps: float) -> Tensor:
        generator = torch.Generator().manual_seed(1)
        return adversarial_loss(lambda z: z @ matrix.T, at, eps, *pair, steps=4, generator=generator).loss

    one = loss(weight, x, 0.1)
    torch.testing.assert_close(loss(factor * weight, x, 0.1), factor * one, rtol=1e-6, atol=0)
    torch.testing.assert_close(loss(weight, factor * x, 0.1 * factor), factor * one, rtol=1e-6, atol=0)
