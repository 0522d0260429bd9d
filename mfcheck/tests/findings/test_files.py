"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mfcheck.findings import record
from mfcheck.findings.files import write_atomically


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_whom_a_file_is_for_is_the_processs_to_say(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "report.json", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_atomically(path, "first ✓")
    assert path.read_text(encoding="utf-8") == "first ✓"
    write_atomically(path, "second")
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "cut short \ud800")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(record.os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "third")
    assert path.read_text(encoding="utf-8") == "second"
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
