"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfcheck.findings import record
from mfcheck.findings.files import write_atomically


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
