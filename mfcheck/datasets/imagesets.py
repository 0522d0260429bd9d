"""Real images in IDX files: MNIST and Fashion-MNIST as torchvision lays them out, or as Debian packages the latter."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mfcheck.datasets.idx import IMAGES, LABELS, SIDE, read_idx
from mfcheck.imports import import_with_torchvision

CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}  # torchvision's names, of its folders too
FILES = (IMAGES, LABELS, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
PUBLISHED = {
    "mnist": {
        IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    "fashion-mnist": {
        IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
}
"""SHA-256 of the published files, unpacked: gzip files of one content differ from mirror to mirror."""
NOT_PUBLISHED = "not the published file"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Provenance:
    """A file that inputs were read from: its name without a folder, its bytes' SHA-256, and where it came from.

    `note` is what a reader must know besides, such as that it is not the published file.
    """

    file: str
    sha256: str
    origin: str
    note: str = ""


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
    plain, raw = folders(dataset, data_dir)
    if plain is not None and _holds_idx(plain):
        debian = "Debian's package dataset-fashion-mnist"
        return read_pair(plain, dataset, debian if data_dir is None else "IDX files of the data folder")
    if missing := _missing(raw):
        places = " or ".join(str(folder) for folder in (raw, plain) if folder is not None)
        cure = "name the folder that holds it with --mf-data-dir, or add --mf-download"
        raise ValueError(f"{dataset} was not found in {places} ({missing} is missing); {cure}")
    found = read_pair(raw, dataset, f"torchvision's folder {CLASSES[dataset]}/raw")
    kind = _torchvision_set(dataset)
    try:
        peer = kind(str(raw.parents[1]), train=True)
        pixels, labels = peer.data.numpy().reshape(-1, SIDE * SIDE), peer.targets.numpy()
    except Exception as error:  # torchvision asserts, and unpickles what an old one left beside the raw files
        raise ValueError(f"torchvision cannot read {dataset} in {raw.parent} ({_line(error)})") from error
    if not (np.array_equal(pixels, found.pixels) and np.array_equal(labels, found.labels)):
        raise ValueError(f"torchvision reads other images than {raw} holds; remove {raw.with_name('processed')}")
    return found


def image_files(data_dir: Path | None = None) -> tuple[str, ...]:
    """What training images lie where sets are looked for, by names and digests of the files as they are."""
    found = []
    for dataset in CLASSES:
        there = filter(None, folders(dataset, data_dir))
        for path in filter(os.path.isfile, (_idx_file(folder, name) for folder in there for name in FILES)):
            with contextlib.suppress(OSError), path.open("rb") as file:
                found.append(f"{dataset} {path.name} {hashlib.file_digest(file, 'sha256').hexdigest()[:16]}")
    return tuple(found)


def download(dataset: str, data_dir: Path | None = None) -> None:
    """Let torchvision download a set that is not there yet; ValueError when it cannot."""
    plain, raw = folders(dataset, data_dir)
    if (plain is not None and _holds_idx(plain)) or not _missing(raw):
        return
    kind = _torchvision_set(dataset)
    try:
        kind(str(raw.parents[1]), train=True, download=True)
    except Exception as error:  # of the network, of the disk, of gzip, of torchvision
        cure = "check the connection, or name a folder that holds it with --mf-data-dir"
        raise ValueError(f"{dataset} could not be downloaded to {raw} ({_line(error)}); {cure}") from error


def read_pair(folder: Path, dataset: str, origin: str) -> ImageSet:
    """The training images and labels of a folder's IDX files; ValueError for any that contradict their own header, or
    that are the published files of another set."""
    images_file, labels_file = _idx_file(folder, IMAGES), _idx_file(folder, LABELS)
    images, labels = read_idx(images_file, IMAGES), read_idx(labels_file, LABELS)
    if len(labels.array) != len(images.array):
        expected = f"expected {len(images.array)}, one an image of {IMAGES}"
        raise ValueError(f"{labels_file} holds {len(labels.array)} labels; {expected}")
    if labels.array.max() > 9:
        raise ValueError(f"{labels_file} holds the label {labels.array.max()}; expected 0…9")
    flat = images.array.reshape(-1, SIDE * SIDE)
    lit = flat.any(axis=1)
    if not lit.all():
        raise ValueError(f"image {lit.argmin()} of {images_file} is all black; expected one that can be scaled")
    read = ((images_file, IMAGES, images), (labels_file, LABELS, labels))
    provenance = tuple(
        Provenance(path.name, file.sha256, origin, note_on(path, dataset, name, file.content_sha256))
        for path, name, file in read
    )
    return ImageSet(flat, labels.array.astype(np.int64), provenance)


def note_on(path: Path, dataset: str, name: str, digest: str) -> str:
    """What a reader must know of a file with this digest; ValueError if it is the published one of another set."""
    for other, digests in PUBLISHED.items():
        if other != dataset and digests[name] == digest:
            cure = f"name the folder of {dataset} with --mf-data-dir, or ask for --mf-dataset {other}"
            raise ValueError(f"{path} is the published file of {other}, not of {dataset}; {cure}")
    return "" if PUBLISHED[dataset][name] == digest else NOT_PUBLISHED


def folders(dataset: str, data_dir: Path | None) -> tuple[Path | None, Path]:
    """Where a set's plain IDX files may lie, if anywhere, and where torchvision lays them: in this environment, now."""
    return _plain_folder(dataset, data_dir), _raw_folder(dataset, data_dir)


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
    return next((name for name in FILES if not os.path.isfile(raw / name)), "")


def _holds_idx(folder: Path) -> bool:
    return any(os.path.isfile(_idx_file(folder, name)) for name in (IMAGES, LABELS))


def _idx_file(folder: Path, name: str) -> Path:
    plain, zipped = folder / name, folder / f"{name}.gz"
    there = [path for path in (plain, zipped) if os.path.isfile(path)]
    return there[0] if there else plain if os.path.lexists(plain) else zipped


def _torchvision_set(dataset: str) -> Any:
    """torchvision's class of a set; ValueError when torchvision cannot be imported."""
    try:
        return getattr(import_with_torchvision("torchvision.datasets"), CLASSES[dataset])
    except (ImportError, RuntimeError) as error:
        cure = "install the torchvision that belongs to this torch"
        raise ValueError(f"{dataset} needs torchvision, which cannot be imported ({_line(error)}); {cure}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
