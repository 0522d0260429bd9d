"""Image sets are read from either layout, strictly, and downloaded only when that is asked for."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mfcheck.datasets import imagesets
from mfcheck.datasets.inputs import batch, inputs, is_present, open_dataset
from mfcheck.imports import import_with_torchvision
from mfcheck.session.resume import identity
from mfcheck.settings import Settings, level_named
from mfcheck.tests.support.runs import run

SETS = ["mnist", "fashion-mnist"]
# Runs in this process forget the modules they import; torchvision bears no second import, others are slow.
TORCHVISION = import_with_torchvision("torchvision.datasets")
COUNT = 60
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
Files = dict[str, bytes]
TOY = '''
from mfcheck import Cell, NetworkSpec, claim
from mfcheck.decisions import probes
from mfcheck.ensembles.samples import Source


def sampler(spec, probe, stream, n):
    import torch

    return torch.full((n, 1), float(abs((probe.x**2).sum() - spec.input_dim) < 1e-9)).double()


@claim("toy.1/norm", cells=lambda settings: [Cell(NetworkSpec("vanilla", 49, 1, 8, 2, 2.0), "dense")])
def test_norm(cell, decide):
    """Inputs have the length of the theory."""
    source = Source("norm", {"dense": sampler}, {"dense": True})
    decide.rate(source, component=0, probe=probes.image(decide.settings, cell))
'''


def idx(array: np.ndarray[Any, np.dtype[np.uint8]], mark: int) -> bytes:
    return b"".join(size.to_bytes(4, "big") for size in (mark, *array.shape)) + array.tobytes()


def images(count: int = COUNT, side: int = 28, seed: int = 0) -> bytes:
    return idx(np.random.default_rng(seed).integers(0, 256, (count, side, side), np.uint8), 0x803)


def labels(count: int = COUNT) -> bytes:
    return idx((np.arange(count) % 10).astype(np.uint8), 0x801)


def whole(seed: int = 0) -> Files:
    train = {IMAGES: images(seed=seed), LABELS: labels()}
    return train | {"t10k-images-idx3-ubyte": images(10, seed=seed + 1), "t10k-labels-idx1-ubyte": labels(10)}


def lay(folder: Path, files: Files, *, gzipped: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / (f"{name}.gz" if gzipped else name)).write_bytes(gzip.compress(content) if gzipped else content)
    return folder


def raw_folder(dataset: str, root: Path) -> Path:
    return root / {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}[dataset] / "raw"


def lay_torchvision(dataset: str, root: Path, files: Files | None = None) -> Path:
    lay(raw_folder(dataset, root), whole() if files is None else files)
    return root


@pytest.fixture(autouse=True)
def no_sets_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("MFCHECK_", "PYTEST_XDIST", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(imagesets, "DEBIAN", tmp_path / "debian")


# Two layouts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("input_dim", [784, 196, 49, 16, 4])
def test_images_in_torchvisions_layout_are_scaled_to_the_length_of_the_theory(
    dataset: str, input_dim: int, tmp_path: Path
) -> None:
    found = batch(dataset, input_dim, 20, 3, lay_torchvision(dataset, tmp_path))
    assert found.x.shape == (20, input_dim)
    np.testing.assert_allclose((found.x**2).sum(axis=1), input_dim, rtol=1e-12)
    assert found.norm == pytest.approx(input_dim**0.5)
    assert np.array_equal(found.x, inputs(dataset, input_dim, 20, 3, tmp_path))


def test_the_files_of_a_folder_are_told_by_what_they_hold(tmp_path: Path) -> None:
    there = [lay_torchvision("mnist", tmp_path / name, whole(seed)) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    told = [imagesets.image_files(folder) for folder in (*there, tmp_path / "none")]
    assert told[0] == told[1] != told[2]
    assert len(told[2]) == len(told[0]) == len(imagesets.FILES)
    assert told[3] == ()
    asked = [identity(Settings(1, level_named("quick"), data_dir=folder), [], [], [], [])["images"] for folder in there]
    assert asked[0] == asked[1] != asked[2]


def test_the_training_images_are_read_with_their_labels(tmp_path: Path) -> None:
    found = batch("mnist", 784, COUNT, 0, lay_torchvision("mnist", tmp_path))
    pixels = np.frombuffer(images(), np.uint8, offset=16).reshape(COUNT, 784).astype(float)
    places = (found.x @ (pixels / np.linalg.norm(pixels, axis=1, keepdims=True)).T).argmax(axis=1)
    assert sorted(places) == list(range(COUNT))
    np.testing.assert_allclose(found.x * np.linalg.norm(pixels[places], axis=1, keepdims=True) / 28, pixels[places])
    assert np.array_equal(found.labels, places % 10)


@pytest.mark.parametrize("gzipped", [True, False])
def test_idx_files_of_fashion_mnist_may_lie_in_the_folder_itself(gzipped: bool, tmp_path: Path) -> None:
    plain = lay(tmp_path / "plain", {IMAGES: images(), LABELS: labels()}, gzipped=gzipped)
    layered = lay_torchvision("fashion-mnist", tmp_path / "layered")
    found, other = (batch("fashion-mnist", 196, 9, 4, folder) for folder in (plain, layered))
    assert np.array_equal(found.x, other.x)
    assert found.labels is not None
    assert found.labels.tolist() == other.labels.tolist()


def test_a_set_of_another_cache_is_not_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lay_torchvision("mnist", tmp_path / "cache" / "mfcheck")
    assert is_present("mnist")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    assert not is_present("mnist")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert is_present("mnist")


def test_debians_files_are_read_where_no_folder_is_given(tmp_path: Path) -> None:
    lay(imagesets.DEBIAN, whole(), gzipped=True)
    found = batch("fashion-mnist", 49, 2, seed=0)
    assert [file.file for file in found.provenance] == [f"{IMAGES}.gz", f"{LABELS}.gz"]
    assert all("Debian" in file.origin for file in found.provenance)
    with pytest.raises(ValueError, match="mnist was not found"):  # files of the same names, but of another set
        batch("mnist", 49, 2, seed=0)


def test_a_users_cache_is_read_where_no_folder_is_given(tmp_path: Path) -> None:
    lay_torchvision("mnist", tmp_path / "cache" / "mfcheck")
    assert inputs("mnist", 16, 2, seed=0).shape == (2, 16)


@pytest.mark.parametrize("gzipped", [True, False])
def test_provenance_holds_the_checksum_of_the_bytes_on_disk_and_no_folder(gzipped: bool, tmp_path: Path) -> None:
    lay(tmp_path, {IMAGES: images(), LABELS: labels()}, gzipped=gzipped)
    found = batch("fashion-mnist", 784, 1, 0, tmp_path).provenance
    assert [file.sha256 for file in found] == [
        hashlib.sha256((tmp_path / file.file).read_bytes()).hexdigest() for file in found
    ]
    assert [file.file.removesuffix(".gz") for file in found] == [IMAGES, LABELS]
    assert str(tmp_path) not in repr(found)


def test_one_image_is_enough_and_no_more_are_given_than_there_are(tmp_path: Path) -> None:
    lay(tmp_path, {IMAGES: images(1), LABELS: labels(1)})
    assert inputs("fashion-mnist", 784, 1, 0, tmp_path).shape == (1, 784)
    with pytest.raises(ValueError, match="'fashion-mnist' holds 1…1 inputs, 2"):
        inputs("fashion-mnist", 784, 2, 0, tmp_path)


# What cannot be read -------------------------------------------------------------------------------------------


def black_image() -> bytes:
    return images(7)[: 16 + 3 * 784] + bytes(784) + images(7)[16 + 4 * 784 :]


BAD = {
    "images cut": ({IMAGES: images()[:-1]}, f"{IMAGES}.* truncated: 47055 bytes; expected 47056"),
    "images too long": ({IMAGES: images() + b"x"}, f"{IMAGES}.* too long: 47057 bytes; expected 47056"),
    "images without header": ({IMAGES: images()[:9]}, f"{IMAGES}.* truncated: 9 bytes; expected a header of 16"),
    "empty": ({IMAGES: b""}, f"{IMAGES}.* truncated: 0 bytes"),
    "labels cut": ({LABELS: labels()[:-5]}, f"{LABELS}.* truncated: 63 bytes; expected 68"),
    "swapped": ({IMAGES: labels(), LABELS: images()}, f"{IMAGES}.* begins with 0x00000801; expected 0x00000803"),
    "images as labels": ({LABELS: images()}, f"{LABELS}.* begins with 0x00000803; expected 0x00000801"),
    "another format": ({IMAGES: b"\x89PNG" + images()}, f"{IMAGES}.* begins with 0x89504e47; expected 0x00000803"),
    "other size": ({IMAGES: images(side=32)}, f"{IMAGES}.* 32×32 pixels; expected 28×28"),
    "label 10": ({LABELS: labels()[:-1] + b"\x0a"}, f"{LABELS}.* label 10; expected 0…9"),
    "test labels": ({LABELS: labels(10)}, f"{LABELS}.* 10 labels; expected 60"),
    "test images": ({IMAGES: images(10)}, f"{LABELS}.* 60 labels; expected 10"),
    "no image": ({IMAGES: images(0), LABELS: labels(0)}, f"{IMAGES}.* no image; expected at least one"),
    "black": ({IMAGES: black_image(), LABELS: labels(7)}, f"image 3 of .*{IMAGES}.* all black"),
}


@pytest.mark.parametrize("layout", ["torchvision", "gzipped"])
@pytest.mark.parametrize(("files", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_named_with_what_was_expected(files: Files, said: str, layout: str, tmp_path: Path) -> None:
    if layout == "torchvision":
        lay_torchvision("fashion-mnist", tmp_path, whole() | files)
    else:
        lay(tmp_path, whole() | files, gzipped=True)
    with pytest.raises(ValueError, match=said):
        open_dataset("fashion-mnist", tmp_path)


@pytest.mark.parametrize("edit", [lambda gz: gz[:-9], lambda gz: b"no gzip", lambda gz: gz[:200] + bytes(200)])
def test_a_damaged_gzip_file_is_named(edit: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = lay(tmp_path, whole(), gzipped=True) / f"{IMAGES}.gz"
    path.write_bytes(edit(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"{IMAGES}\.gz cannot be read.*expected an IDX file of images"):
        open_dataset("fashion-mnist", tmp_path)


@pytest.mark.parametrize("absent", [IMAGES, LABELS, "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("dataset", SETS)
def test_a_missing_file_is_named_with_its_folder_and_the_cure(dataset: str, absent: str, tmp_path: Path) -> None:
    lay_torchvision(dataset, tmp_path, {name: content for name, content in whole().items() if name != absent})
    folder = f"{raw_folder(dataset, tmp_path)}"
    with pytest.raises(ValueError, match=rf"{folder}.*{absent} is missing.*--mf-data-dir.*--mf-download"):
        open_dataset(dataset, tmp_path)


def test_half_a_pair_in_the_folder_itself_is_named(tmp_path: Path) -> None:
    lay(tmp_path, {IMAGES: images()})
    with pytest.raises(ValueError, match=f"{LABELS}.* cannot be read"):
        open_dataset("fashion-mnist", tmp_path)


def test_tensors_that_torchvision_prefers_to_the_files_must_hold_the_same(tmp_path: Path) -> None:
    import torch

    processed = lay_torchvision("mnist", tmp_path) / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        torch.save(
            (torch.zeros(COUNT, 28, 28, dtype=torch.uint8), torch.zeros(COUNT, dtype=torch.int64)), processed / name
        )
    with pytest.raises(ValueError, match=r"other images than .*raw holds; remove .*processed"):
        open_dataset("mnist", tmp_path)
    (processed / "training.pt").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match="torchvision cannot read mnist"):
        open_dataset("mnist", tmp_path)


def test_without_torchvision_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_torchvision("mnist", tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"mnist needs torchvision.*install"):
        open_dataset("mnist", tmp_path)


# Downloads -----------------------------------------------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that torchvision takes for its mirror of MNIST."""
    folder = lay(tmp_path / "server", whole(), gzipped=True)
    md5s = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in folder.iterdir()]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as mirror:
        monkeypatch.setattr(TORCHVISION.MNIST, "mirrors", [f"http://127.0.0.1:{mirror.server_port}/"])
        monkeypatch.setattr(TORCHVISION.MNIST, "resources", md5s)
        thread = threading.Thread(target=mirror.serve_forever, args=(0.02,))
        thread.start()
        yield folder
        mirror.shutdown()
        thread.join()


def settings(**changes: Any) -> Settings:
    return Settings(seed=0, level=level_named("quick"), **({"dataset": "mnist"} | changes))


def test_a_set_is_downloaded_when_asked_for_and_only_then(server: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(ValueError, match=r"not found.*--mf-download"):
        settings(data_dir=root).load()
    assert not list(root.iterdir())
    settings(data_dir=root, download=True).load()
    assert inputs("mnist", 4, COUNT, 0, root).shape == (COUNT, 4)


def test_a_set_that_is_there_is_not_downloaded_again(server: Path, tmp_path: Path) -> None:
    for file in server.iterdir():
        file.unlink()
    settings(data_dir=lay_torchvision("mnist", tmp_path / "root"), download=True).load()


def test_a_download_goes_to_a_users_cache_where_no_folder_is_given(server: Path, tmp_path: Path) -> None:
    settings(download=True).load()
    assert (tmp_path / "cache" / "mfcheck" / "MNIST" / "raw" / IMAGES).is_file()


def test_a_failed_download_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TORCHVISION.MNIST, "mirrors", [f"{tmp_path.as_uri()}/nowhere/"])
    with pytest.raises(ValueError, match=r"^mnist could not be downloaded to .*connection.*--mf-data-dir$") as raised:
        settings(data_dir=tmp_path, download=True).load()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_a_folder_that_is_none_is_refused_before_anything_is_read(dataset: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("absent", "file"):
        with pytest.raises(ValueError, match=f"data folder .*{name}' is no folder"):
            settings(dataset=dataset, data_dir=tmp_path / name, download=True).load()
    assert not (tmp_path / "absent").exists()


# Through pytest ------------------------------------------------------------------------------------------------


def test_a_run_downloads_reports_its_files_and_can_be_repeated(
    server: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_toy=TOY)
    pytester.mkdir("my images")
    monkeypatch.setenv("MFCHECK_DATA_DIR", "elsewhere")
    monkeypatch.setenv("MFCHECK_DOWNLOAD", "1")
    result = run(pytester, "--mf-dataset", "mnist", "--mf-data-dir", "my images", "--mf-no-cache")
    assert result.ret == 0, result.stdout.str()
    report = json.loads((pytester.path / "reports" / "report.json").read_text(encoding="utf-8"))
    raw = pytester.path / "my images" / "MNIST" / "raw"
    assert report["dataset"] == {
        "name": "mnist",
        "norm": "‖x‖₂ = √d",
        "files": [
            {
                "file": name,
                "sha256": hashlib.sha256((raw / name).read_bytes()).hexdigest(),
                "origin": "torchvision's folder MNIST/raw",
                "note": "not the published file",
            }
            for name in (IMAGES, LABELS)
        ],
    }
    (finding,) = report["theorems"][0]["claims"][0]["findings"]
    assert finding["reproduce"].endswith("--mf-data-dir 'my images' --mf-dataset mnist")


def test_a_worker_downloads_nothing(server: Path, pytester: pytest.Pytester) -> None:
    worker = "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_configure(config): config.workerinput = {}\n"
    pytester.makeconftest(worker)
    pytester.makepyfile(test_toy=TOY)
    result = run(pytester, "--mf-dataset", "mnist", "--mf-data-dir", ".", "--mf-download")
    result.stderr.fnmatch_lines(["ERROR: mnist was not found in *"])
    assert not (pytester.path / "MNIST").exists()


def test_a_run_without_its_images_ends_before_any_work(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY)
    result = run(pytester, "--mf-dataset", "fashion-mnist")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: fashion-mnist was not found in *cache* or *debian*--mf-download"])
    assert not (pytester.path / "reports").exists()


def test_importing_mfcheck_loads_neither_torch_nor_torchvision(pytester: pytest.Pytester) -> None:
    source = "import sys, mfcheck, mfcheck.datasets; print('loaded:', {'torch', 'torchvision'} & set(sys.modules))"
    pytester.run(sys.executable, "-c", source).stdout.fnmatch_lines(["loaded: set()"])
