"""Files of source as this process has read them: each once, and again when it has changed."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import marshal
import os
from collections.abc import Iterable
from pathlib import Path

from mfcheck.ensembles.source_text import SourceText, read_source

Stamp = tuple[int, int, int, int]
"""A file's length, when it was written, when it was changed in any way, and which file it is."""

_digests: dict[Path, tuple[Stamp, str]] = {}
_texts: dict[tuple[Path, str], tuple[Stamp, SourceText, str]] = {}


def stamp(file: Path) -> Stamp:
    """What changes when a file is written or replaced; no program can set the third of them back."""
    found = os.stat(file)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def digest_of(file: Path) -> tuple[Stamp, str]:
    """A file's stamp, taken before it is read, and a digest of its content."""
    now = stamp(file)
    if file not in _digests or _digests[file][0] != now:
        _digests[file] = now, hashlib.sha256(file.read_bytes()).hexdigest()
    return _digests[file]


def digest_of_all(files: Iterable[Path], beside: str = "") -> str:
    """A short digest of the names and contents of files, wherever they lie, and of a text beside them."""
    told = [(file.name, digest_of(file)[1]) for file in sorted({file.resolve() for file in files})]
    return hashlib.sha256(repr((beside, told)).encode()).hexdigest()[:16]


def text_of(file: Path, package: str) -> tuple[SourceText, str]:
    """What a source file says, and if its bytecode, which Python would load in its place, says otherwise."""
    key, now = (file, package), stamp(file)
    if key not in _texts or _texts[key][0] != now:
        tree = ast.parse(file.read_bytes())
        _texts[key] = now, read_source(tree, package), _stale(file, tree)
    return _texts[key][1:]


def _stale(file: Path, tree: ast.Module) -> str:
    """That the bytecode kept for a file is of other source, changed within a second and to the same length."""
    try:
        kept, size = Path(importlib.util.cache_from_source(str(file))).read_bytes(), os.stat(file)
    except (NotImplementedError, OSError):
        return ""
    taken_for = (0, int(size.st_mtime) & 0xFFFFFFFF, size.st_size & 0xFFFFFFFF)
    noted = tuple(int.from_bytes(kept[place : place + 4], "little") for place in (4, 8, 12))
    if kept[:4] != importlib.util.MAGIC_NUMBER or (noted != taken_for and not noted[0]):
        return ""
    try:
        same = marshal.loads(kept[16:]) == compile(tree, str(file), "exec", dont_inherit=True)
    except (EOFError, SyntaxError, TypeError, ValueError):
        same = False
    return "" if same else f"the bytecode kept for {file.name} is of other source"
