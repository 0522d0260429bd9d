"""Real images in IDX files: MNIST and Fashion-MNIST as torchvision lays them out, or as Debian packages the latter."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 28
CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}  # torchvision's names, of its folders too
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
FILES = (IMAGES, LABELS, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MARKS = {IMAGES: (0x803, "images"), LABELS: (0x801, "labels")}
DEBIAN = Path("/usr/share/datasets/fashion-mnist")

_kept: list[object] = []


@dataclass(frozen=True)
class Provenance:
    """A file that inputs were read from: its name without a folder, its bytes' SHA-256, and where it came from."""

    file: str
    sha256: str
    origin: str


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Real images: `pixels [n, 784]` in 0…255, `labels [n]` in 0…9, and the files that hold them."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    provenance: tuple[Provenance, ...]


def read_images(dataset: str, data_dir: Path | None = None) -> ImageSet:
    """The training images of "mnist" or "fashion-mnist" under `data_dir`.

    Fashion-MNIST's IDX files may also lie in `data_dir` itself, gzipped or not, or in Debian's folder where no
    `data_dir` is given. Raises ValueError naming the folders of a missing set, or the file that is not as it must be.
    """
    plain, raw = _plain_folder(dataset, data_dir), _raw_folder(dataset, data_dir)
    if plain is not None and _holds_idx(plain):
        debian = "Debian's package dataset-fashion-mnist"
        return read_pair(plain, debian if data_dir is None else "IDX files of the data folder")
    if missing := _missing(raw):
        places = " or ".join(str(folder) for folder in (raw, plain) if folder is not None)
        cure = "name the folder that holds it with --mf-data-dir, or add --mf-download"
        raise ValueError(f"{dataset} was not found in {places} ({missing} is missing); {cure}")
    found = read_pair(raw, f"torchvision's folder {CLASSES[dataset]}/raw")
    kind = _torchvision_set(dataset)
    try:
        peer = kind(str(raw.parents[1]), train=True)
        pixels, labels = peer.data.numpy().reshape(-1, SIDE * SIDE), peer.targets.numpy()
    except Exception as error:  # torchvision asserts, and unpickles what an old one left beside the raw files
        raise ValueError(f"torchvision cannot read {dataset} in {raw.parent} ({_line(error)})") from error
    if not (np.array_equal(pixels, found.pixels) and np.array_equal(labels, found.labels)):
        raise ValueError(f"torchvision reads other images than {raw} holds; remove {raw.with_name('processed')}")
    return found


def download(dataset: str, data_dir: Path | None = None) -> None:
    """Let torchvision download a set that is not there yet; ValueError when it cannot."""
    plain, raw = _plain_folder(dataset, data_dir), _raw_folder(dataset, data_dir)
    if (plain is not None and _holds_idx(plain)) or not _missing(raw):
        return
    kind = _torchvision_set(dataset)
    try:
        kind(str(raw.parents[1]), train=True, download=True)
    except Exception as error:  # of the network, of the disk, of gzip, of torchvision
        cure = "check the connection, or name a folder that holds it with --mf-data-dir"
        raise ValueError(f"{dataset} could not be downloaded to {raw} ({_line(error)}); {cure}") from error


def read_pair(folder: Path, origin: str) -> ImageSet:
    """The training images and labels of a folder's IDX files; ValueError for any that contradict their own header."""
    pixels, images_from = read_idx(_idx_file(folder, IMAGES), IMAGES, origin)
    labels, labels_from = read_idx(_idx_file(folder, LABELS), LABELS, origin)
    images_file, labels_file = folder / images_from.file, folder / labels_from.file
    if pixels.shape[1:] != (SIDE, SIDE):
        rows, columns = pixels.shape[1:]
        raise ValueError(f"{images_file} holds images of {rows}×{columns} pixels; expected {SIDE}×{SIDE}")
    if len(pixels) == 0:
        raise ValueError(f"{images_file} holds no image; expected at least one")
    if len(labels) != len(pixels):
        raise ValueError(f"{labels_file} holds {len(labels)} labels; expected {len(pixels)}, one an image of {IMAGES}")
    if labels.max() > 9:
        raise ValueError(f"{labels_file} holds the label {labels.max()}; expected 0…9")
    flat = pixels.reshape(-1, SIDE * SIDE)
    lit = flat.any(axis=1)
    if not lit.all():
        raise ValueError(f"image {lit.argmin()} of {images_file} is all black; expected one that can be scaled")
    return ImageSet(flat, labels.astype(np.int64), (images_from, labels_from))


def read_idx(path: Path, name: str, origin: str) -> tuple[NDArray[np.uint8], Provenance]:
    """The bytes of an IDX file, gzipped where its name says so, in the shape its header says; ValueError otherwise."""
    mark, what = MARKS[name]
    try:
        content = path.read_bytes()
        data = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read ({_line(error)}); expected an IDX file of {what}") from error
    start = 4 * (1 + mark % 256)  # the mark's last byte counts the dimensions
    if len(data) >= 4 and int.from_bytes(data[:4]) != mark:
        found = f"{int.from_bytes(data[:4]):#010x}"
        raise ValueError(f"{path} begins with {found}; expected {mark:#010x}, the mark of an IDX file of {what}")
    if len(data) < start:
        raise ValueError(f"{path} is truncated: {len(data)} bytes; expected a header of {start}")
    shape = [int.from_bytes(data[place : place + 4]) for place in range(4, start, 4)]
    expected = start + math.prod(shape)
    if len(data) != expected:
        fault = "truncated" if len(data) < expected else "too long"
        raise ValueError(f"{path} is {fault}: {len(data)} bytes; expected {expected} for its {shape[0]} {what}")
    array = np.frombuffer(data, np.uint8, offset=start).reshape(shape)
    return array, Provenance(path.name, hashlib.sha256(content).hexdigest(), origin)


def _plain_folder(dataset: str, data_dir: Path | None) -> Path | None:
    """Where IDX files may lie without torchvision's folders; MNIST's have the same names, so only one set's may."""
    if dataset != "fashion-mnist":
        return None
    return DEBIAN if data_dir is None else data_dir


def _raw_folder(dataset: str, data_dir: Path | None) -> Path:
    # Home is what a login node, which may download, shares with the nodes that may not.
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    root = Path(cache) / "mfcheck" if data_dir is None else data_dir
    return root / CLASSES[dataset] / "raw"


def _missing(raw: Path) -> str:
    return next((name for name in FILES if not (raw / name).is_file()), "")


def _holds_idx(folder: Path) -> bool:
    return any(_idx_file(folder, name).is_file() for name in (IMAGES, LABELS))


def _idx_file(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).is_file() else folder / f"{name}.gz"


def _torchvision_set(dataset: str) -> Any:
    """torchvision's class of a set; ValueError when torchvision cannot be imported."""
    try:
        return getattr(_import_datasets(), CLASSES[dataset])
    except (ImportError, RuntimeError) as error:
        cure = "install the torchvision that belongs to this torch"
        raise ValueError(f"{dataset} needs torchvision, which cannot be imported ({_line(error)}); {cure}") from error


def _import_datasets() -> Any:
    import torch

    try:
        import torchvision.datasets
    except RuntimeError as error:
        if torch.version.cuda is not None or "torchvision::nms" not in str(error):
            raise
        # A torchvision built for CUDA, next to a torch built without: its operators are missing, its data sets are not.
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        _kept.append(library)  # the definitions go when it goes
        import torchvision.datasets
    return torchvision.datasets


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
