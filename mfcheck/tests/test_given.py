"""Numbers, words for on and off, paths and files as users give them."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.given import names_in, number, path_at, read_file, switch, whole_number
from mfcheck.tests.support.commands import refusal


@pytest.mark.parametrize("text", ["1e3", "0x10", "٣", "1_000", " 5", "5 ", "+5", "", "-", "1.0", "½", "1" * 5000, "Ⅷ"])
def test_a_whole_number_is_decimal_digits(text: str) -> None:
    with pytest.raises(ValueError, match="seed must be an integer in decimal digits, got '") as raised:
        whole_number("seed", text)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "text", ["1_0", "٠.١", "0x1p3", "", ".", "e5", "1e", "infinity", "--1", "1 ", "1" * 5000, "1e-400"]
)
def test_a_number_is_written_plainly(text: str) -> None:
    with pytest.raises(ValueError, match=r"alpha must be a number (such as|that can be told from 0)"):
        number("alpha", text)


@given(st.floats())
def test_every_float_is_read_as_it_is_written(value: float) -> None:
    found = number("x", repr(value))
    assert found == value or (math.isnan(found) and math.isnan(value))


@given(st.integers(-(2**70), 2**70))
def test_every_whole_number_is_read_as_it_is_written(value: int) -> None:
    assert whole_number("x", str(value)) == value


@pytest.mark.parametrize(
    ("words", "on"),
    [(("1", "true", "TRUE", "Yes", "on", " on "), True), (("0", "false", "No", "OFF", "", " "), False)],
)
def test_words_for_on_and_off(words: tuple[str, ...], on: bool) -> None:
    assert {switch("MFCHECK_RESUME", word) for word in words} == {on}


@pytest.mark.parametrize("word", ["2", "y", "n", "disabled", "ja", "None", "10", "true false", "x" * 5000])
def test_other_words_are_refused_with_those_allowed(word: str) -> None:
    allowed = "allowed are 1, true, yes, on and 0, false, no, off"
    with pytest.raises(ValueError, match=f"^MFCHECK_RESUME is '.*{allowed}$"):
        switch("MFCHECK_RESUME", word)


def test_a_tilde_is_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert path_at("~/rep") == Path("/home/somebody/rep")
    assert path_at("~") == Path("/home/somebody")
    assert path_at("a/~/b") == Path("a/~/b")
    assert path_at("./~") == Path("~")


@pytest.mark.parametrize("text", ["~nobody-at-all/x", "", "a\0b", "x" * 256, f"a/{'é' * 200}/b"])
def test_a_path_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^path '") as raised:
        path_at(text)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("text", ["", ",", " , "])
def test_names_that_are_none_are_refused(text: str) -> None:
    assert "names nothing" in refusal(lambda: names_in("claim", text))


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_file(file, 5) == b"12345"
    with pytest.raises(OSError, match="5 bytes, of which 4 are allowed"):
        read_file(file, 4)


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        read_file(tmp_path / "pipe", 5)
    with pytest.raises(OSError, match="allowed"):
        read_file(Path("/proc/self/maps"), 5)
