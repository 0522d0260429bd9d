"""A report file is read strictly: whatever is wrong with it is one sentence, status 4, and nothing is written."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfcheck.findings.report_file import MOST_BYTES, MOST_VALUES, parsed
from mfcheck.tests.support.commands import ran
from mfcheck.tests.support.compared_runs import CLAIMS, WHOLE, finding, twin

TEXT = json.dumps(WHOLE)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    (tmp_path / "sound.json").write_text(TEXT, encoding="utf-8")
    return tmp_path / "sound.json"


def commands(file: Path, sound: Path, output: Path) -> list[list[object]]:
    return [
        ["mutants", file],
        ["compare", file, sound],
        ["compare", sound, file],
        ["baseline", file, "-o", output],
    ]


def test_a_sound_report_is_read_by_every_command(sound: Path, tmp_path: Path) -> None:
    for command in commands(sound, sound, tmp_path / "kept.json"):
        found = ran(*command)
        assert (found.status, found.err) == (0, "")
    again = tmp_path / "again.json"
    assert ran("baseline", tmp_path / "kept.json", "-o", again).status == 0
    assert again.read_bytes() == (tmp_path / "kept.json").read_bytes()


def text(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content, encoding="utf-8") and None


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 * 2**30)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no object": (text('{"mutants":[1]}'), ""),
    "deep": (text("[" * 100_000), "nested too deeply"),
    "deep objects": (text('{"a":' * 100_000), "nested too deeply"),
    "folder": (Path.mkdir, "Is a directory"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 99), "not JSON"),
    "empty": (text(""), "not JSON"),
    "half": (text(TEXT[:-40]), "cut short"),
    "UTF-16": (lambda path: path.write_bytes(TEXT.encode("utf-16")), "not JSON"),
    "sparse": (sparse, "3,221,225,472 bytes, of which"),
    "pipe": (os.mkfifo, "no regular file"),
    "loop": (loop, "symbolic link"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "many digits": (text(TEXT.replace('"seed": 1', f'"seed": 1{"0" * 5000}')), "5,001 digits"),
    "infinite": (text(TEXT.replace("0.99", "1e999")), "too large"),
    "NaN": (text(TEXT.replace("0.99", "NaN")), "NaN is no number of JSON"),
    "Infinity": (text(TEXT.replace("0.99", "-Infinity")), "-Infinity is no number of JSON"),
    "twice": (text(TEXT.replace('"seed": 1', '"seed": 1, "seed": 2')), "'seed' stands twice"),
    "half a character": (text(TEXT.replace("omega: ", "omega\\udc80: ")), "half a character"),
    "half a key": (text(TEXT.replace('"full"', '"\\ud800": 1, "full"')), "half a character"),
    "many values": (text(f"[{'[],' * (MOST_VALUES // 2)}[]]"), "values, of which"),
    "text of a number": (text("7"), "a number where an object should be"),
    "list": (text("[]"), "a list where an object should be"),
}


@pytest.mark.parametrize(("make", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_sentence_at_once(
    make: Callable[[Path], object], said: str, sound: Path, tmp_path: Path
) -> None:
    file, output = tmp_path / "hostile.json", tmp_path / "kept.json"
    make(file)
    for command in commands(file, sound, output):
        began = time.monotonic()
        found = ran(*command)
        assert found.refused, found
        assert "hostile.json" in found.err
        assert said in found.err
        assert len(found.err) < 1000
        assert time.monotonic() - began < 5
    assert not output.exists()


WRONG: list[tuple[str, Any, str]] = [
    ("level", "heroic", "level must be one of glance, quick, standard, paper, got 'heroic'"),
    ("seed", -1, "seed must be a whole number in 0"),
    ("seed", True, "seed must be a whole number"),
    ("seed", 1.5, "seed must be a whole number"),
    ("alpha", None, "alpha must be a number in 0…1, got null"),
    ("alpha", 2, "alpha must be a number in 0…1"),
    ("architectures", [], "architectures must be a list of one at least, got a list of 0"),
    ("architectures", "vanilla", "architectures must be a list"),
    ("dataset", {"name": "digits"}, "dataset.files is missing"),
    ("environment", {"torch": []}, "environment.'torch' must be a plain value"),
    ("theorems", {}, "theorems must be a list"),
    ("theorems", [[]], "theorems[0] must be an object"),
    ("theorems", [{"claims": [{}]}], "theorems[0].claims[0].id is missing"),
    ("mutants", [1], "mutants[0] must be an object, got 1"),
    (
        "mutants",
        [twin("omega: × 1.05", "ill")],
        "mutants[0].status must be one of survived, untested, killed, equivalent",
    ),
    ("full", "yes", "full must be true or false, got 'yes'"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG, ids=[f"{name} {value}"[:30] for name, value, _ in WRONG])
def test_a_field_that_is_wrong_is_named(name: str, value: Any, said: str, sound: Path, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(WHOLE | {name: value}), encoding="utf-8")
    found = ran("compare", file, sound)
    assert found.refused
    assert said in found.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("interval", [1.01, 0.99], "interval is no interval"),
        ("interval", [None, 1], "has no end"),
        ("interval", [1], "a list of two numbers"),
        ("verdict", "perhaps", "verdict must be one of supported"),
        ("cell", "", "cell must be a text of 1 to"),
        ("reference", "1", "reference must be a number or null"),
    ],
)
def test_a_finding_that_is_wrong_is_named_with_its_place(
    name: str, value: Any, said: str, sound: Path, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.json"
    claims = [{**CLAIMS[0], "findings": [{**finding("one"), name: value}]}]
    file.write_text(json.dumps(WHOLE | {"theorems": [{"id": "toy.1", "claims": claims}]}), encoding="utf-8")
    found = ran("compare", file, sound)
    assert found.refused
    assert "theorems[0].claims[0].findings[0]." in found.err
    assert said in found.err


def test_a_file_of_the_most_bytes_takes_no_more_memory_than_a_few_of_it(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    file.write_text(f"[{'1,' * (MOST_BYTES // 2 - 2)}1]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ran("mutants", file).refused
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * MOST_BYTES / 1024


def test_json_that_is_whole_is_parsed_as_it_is() -> None:
    assert parsed(b'{"a": [1, 2.5, "\\ud83d\\ude00", null, true]}') == {"a": [1, 2.5, "😀", None, True]}


@pytest.mark.parametrize("damage", [None, 1, "x", [1], [None], {}, [{}], True], ids=repr)
@pytest.mark.parametrize("part", ["mutants", "coverage", "theorems", "full", "expectations", "theory_changes"])
def test_a_damaged_part_is_no_ones_traceback_also_where_another_part_is_asked_for(
    part: str, damage: Any, sound: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps({**WHOLE, part: damage}), encoding="utf-8")
    for command in [*commands(damaged, sound, tmp_path / "kept.json"), ["coverage", damaged], ["pool", damaged]]:
        found = ran(*command)
        assert found.status in (0, 1) or (found.status == 4 and found.err.count("\n") == 1), (command, found)
