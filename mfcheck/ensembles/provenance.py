"""A digest of all code that a draw depends on, so that kept draws of other code are never used."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from functools import lru_cache
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
FOLDERS = ("attacks", "datasets", "ensembles", "observables", "training")
"""Folders of ours that a draw may depend on, with the modules on the lowest floor."""


@lru_cache
def code_fingerprint(*modules: str) -> str:
    """A digest of all code that a draw depends on: ours, the named foreign modules, and the libraries' versions."""
    files = [file for folder in FOLDERS for file in (HOME / folder).rglob("*.py")] + [*HOME.glob("*.py")]
    foreign = (getattr(sys.modules.get(name), "__file__", None) for name in modules)
    digest = hashlib.sha256()
    for file in [*sorted(files), *(Path(file) for file in foreign if file is not None)]:
        digest.update(file.read_bytes())
    for package in ("torch", "numpy"):
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()
