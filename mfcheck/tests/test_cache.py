from __future__ import annotations

import os
from pathlib import Path

from mfcheck.ensembles.store import prune


def test_the_oldest_chunks_go_first_and_nothing_else(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        file = tmp_path / f"{name}.npy"
        file.write_bytes(bytes(100))
        os.utime(file, (1000 - age, 1000 - age))
    (tmp_path / "other.txt").write_bytes(bytes(1000))
    prune(tmp_path, most_bytes=250)
    assert {file.name for file in tmp_path.iterdir()} == {"new.npy", "middle.npy", "other.txt"}
    prune(tmp_path, most_bytes=250)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    prune(tmp_path / "nowhere")
