"""Packages written into a folder of a test's own, whose imports are followed."""

from __future__ import annotations

import importlib
import textwrap
from pathlib import Path

FAKE = "class Net:\n    pass\n"


class Folder:
    """Modules below a folder of sys.path, forgotten again after the test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, text: str = "") -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return file


def package(folder: Folder, text: str) -> None:
    folder.put("net/__init__.py", "from .net import Net\n")
    folder.put("net/net.py", text + FAKE)
    folder.put("net/beside.py", "value = 1\n")
    folder.put("net/sub/__init__.py")
    folder.put("net/sub/below.py", "from ..beside import value\n")
    folder.put("deep/__init__.py", "__all__ = ['starred', 'value']\nvalue = 1\n")
    for name in ("deep/part.py", "deep/starred.py", "spaced/inner/part.py"):
        folder.put(name, "value = 1\n")
    folder.put("deep/step.py", "from .part import value\n")
    folder.put("deep/unrelated.py", "value = 1\n")
    folder.put("net/unrelated.py", "value = 1\n")
