"""Every format of file that users hand in, or that a run finds again: its mutants, and what reads it."""

from __future__ import annotations

import gzip
import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from mfcheck.datasets import idx
from mfcheck.datasets.imagesets import read_pair
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.baseline import reduced
from mfcheck.findings.expected import read_expectations
from mfcheck.session.journal import findings_in
from mfcheck.session.resume import by_cell, read_journal
from mfcheck.tests.reliability import mutants
from mfcheck.tests.support.commands import ran, refusal
from mfcheck.tests.support.compared_runs import WHOLE

MIB = 2**20
TEXT = json.dumps(WHOLE)


@dataclass(frozen=True)
class Format:
    """A format: mutants of a sound file, what it takes to call one still parsing, and how it is handed in."""

    name: str
    says: str
    sound: bytes
    files: SearchStrategy[bytes]
    parse: Callable[[bytes], object]
    """Raises where the file is not even of this kind."""
    hand_in: Callable[[bytes, Path], bool]
    """Whether it is taken and not refused in one sentence; AssertionError if it is taken for what it is not."""
    most_memory: int = 64 * MIB
    """Bytes that reading may take beyond those of the sound file."""


def _read_by_commands(*commands: str) -> Callable[[bytes, Path], bool]:
    """Whether any of the commands takes the file; FILE, SOUND and KEPT stand for it, a sound one and an output."""

    def hand_in(content: bytes, folder: Path) -> bool:
        places = {"FILE": folder / "mutant.json", "SOUND": folder / "sound.json", "KEPT": folder / "kept.json"}
        places["FILE"].write_bytes(content)
        places["SOUND"].write_text(TEXT, encoding="utf-8")
        taken = False
        for command in commands:
            found = ran(*(places.get(word, word) for word in command.split()))
            assert found.refused if found.status == 4 else found.status in (0, 1) and not found.err, found
            taken |= not found.refused
        return taken

    return hand_in


def _in_a_sentence(call: Callable[[], object], names: str) -> bool:
    """Whether a call takes what it is given; where it refuses, it names the file, in one sentence."""
    said = refusal(call)
    assert not said or names in said, said
    assert "\n" not in said, said
    return not said


def _journal(strict: bool) -> Callable[[bytes, Path], bool]:
    """A journal is taken over as far as it goes; where no digest was made anew, nothing but what was found."""

    def hand_in(content: bytes, folder: Path) -> bool:
        (folder / "findings.jsonl").write_bytes(content)

        def read() -> None:
            found = read_journal(folder, mutants.RUN)
            by_cell(found)
            assert not strict or found == mutants.FINDINGS[: len(found)], found

        return _in_a_sentence(read, "findings.jsonl")

    return hand_in


def _expected(content: bytes, folder: Path) -> bool:
    file = folder / "mutant.toml"
    file.write_bytes(content)
    finding = {"claim": "a/b", "engine": "dense", "cell": "one", "parameters": {"width": 64}}
    return _in_a_sentence(lambda: [one.matches(finding) for one in read_expectations([file], "quick")], "mutant.toml")


def _chunk(resealed: bool) -> Callable[[bytes, Path], bool]:
    """A chunk is taken, or drawn anew, and never anything else than numbers of its length."""

    def hand_in(content: bytes, folder: Path) -> bool:
        (folder / f"{mutants.KEY}.npy").write_bytes(content)
        made: list[int] = []

        def make() -> Any:
            made.append(1)
            return mutants.CHUNK

        found = ChunkStore(folder).get(mutants.KEY, make, keep=lambda: False, draws=len(mutants.CHUNK))
        assert (found.dtype, len(found)) == (np.float64, len(mutants.CHUNK)), found
        assert np.isfinite(found).all(), found
        assert resealed or np.array_equal(found, mutants.CHUNK), found
        return not made

    return hand_in


def _parsed_chunk(content: bytes) -> object:
    return np.lib.format.read_array(io.BytesIO(content[: -mutants.DIGEST]), allow_pickle=False)


def _idx(content: bytes, folder: Path) -> bool:
    zipped = content.startswith(b"\x1f\x8b")
    file = folder / (f"{idx.IMAGES}.gz" if zipped else idx.IMAGES)
    for other in folder.glob(f"{idx.IMAGES}*"):
        other.unlink()
    file.write_bytes(content)
    (folder / idx.LABELS).write_bytes(mutants.LABELS)

    def read() -> None:
        found = idx.read_idx(file, idx.IMAGES).array
        assert found.shape[1:] == (28, 28)
        assert 0 < len(found) <= idx.MOST_IMAGES

    taken = _in_a_sentence(read, str(file))
    _in_a_sentence(lambda: read_pair(folder, "fashion-mnist", "here"), str(folder))
    return taken


def _parsed_idx(content: bytes) -> None:
    start = idx.unpacked(content, 16) if content.startswith(b"\x1f\x8b") else content[:16]
    if len(start) < 16 or start[:4] != mutants.IMAGES[:4]:
        raise ValueError("it has no header of images")


FORMATS = (
    Format(
        "report.json",
        "by `mfcheck mutants`, `compare` and `baseline`",
        TEXT.encode(),
        mutants.texts(WHOLE, json.dumps),
        json.loads,
        _read_by_commands("mutants FILE", "compare FILE SOUND", "compare SOUND FILE", "baseline FILE -o KEPT"),
    ),
    Format(
        "baseline",
        "by `mfcheck compare` and `baseline`, as the gate reads it",
        json.dumps(reduced(WHOLE)).encode(),
        mutants.texts(reduced(WHOLE), json.dumps),
        json.loads,
        _read_by_commands("compare FILE SOUND", "baseline FILE -o KEPT"),
    ),
    Format(
        "findings.jsonl",
        "by `--mf-resume`, edited or torn; nothing but what the run found may be taken over",
        mutants.JOURNAL.encode(),
        mutants.edited_journals(),
        lambda content: [json.loads(line) for line in content.decode().splitlines()],
        _journal(strict=True),
    ),
    Format(
        "findings.jsonl, sealed anew",
        "by `--mf-resume`, damaged findings under digests that are right",
        mutants.JOURNAL.encode(),
        mutants.sealed_journals(),
        lambda content: findings_in(content.decode(), mutants.RUN),
        _journal(strict=False),
    ),
    Format(
        "expected.toml",
        "by `--mf-expected`",
        mutants.toml_text(mutants.DECLARED).encode(),
        mutants.texts(mutants.DECLARED, mutants.toml_text),
        lambda content: tomllib.loads(content.decode()),
        _expected,
    ),
    Format(
        "kept draws",
        "by a later run; whatever is damaged is drawn anew, bit for bit",
        mutants.KEPT,
        mutants.edited_chunks(),
        _parsed_chunk,
        _chunk(resealed=False),
    ),
    Format(
        "kept draws, sealed anew",
        "by a later run, other arrays under digests that are right",
        mutants.KEPT,
        mutants.sealed_chunks(),
        _parsed_chunk,
        _chunk(resealed=True),
    ),
    Format(
        "IDX images",
        "by `--mf-data-dir`, plain and gzipped, in parts, with bombs behind them",
        gzip.compress(mutants.IMAGES),
        mutants.image_files(),
        _parsed_idx,
        _idx,
        most_memory=2 * idx.MOST_BYTES,
    ),
)
