"""The commands and programs that a page of Markdown shows, and running them as they are printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mfcheck.tests.support.places import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")
STATUS = re.compile(r"# ends with status (\d)")
RUN = ("sh", "python")
"""Languages of blocks that are run; what is printed, or needs a network, stands in others."""


@dataclass(frozen=True)
class Snippet:
    """A command with the status that it says it ends with, or a program, or a file to write."""

    text: str
    file: str = ""
    status: int = 0

    def run(self, folder: Path) -> None:
        """Run it in a folder, or write it there; AssertionError with what it printed if it ends as it does not say."""
        if self.file:
            (folder / self.file).write_text(self.text, encoding="utf-8")
            return
        found = subprocess.run(
            ["bash", "-c", self.text], cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        assert found.returncode == self.status, f"{self.text}\n{found.stdout}\n{found.stderr}"


def environment() -> dict[str, str]:
    """What a user has who has just activated the environment that these tests run in."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MFCHECK_", "PYTEST_"))}
    return bare | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def snippets(page: str) -> Iterator[Snippet]:
    """The snippets of a page, in their order; every line of a shell is a command."""
    for language, text in BLOCK.findall(page):
        if language == "sh":
            for line in text.splitlines():
                if command := line.partition("#")[0].strip():
                    ends = STATUS.search(line)
                    yield Snippet(command, status=int(ends[1]) if ends else 0)
        elif language == "python":
            named = FILE.match(text)
            yield Snippet(text, named[1]) if named else Snippet(f"{Path(sys.executable).name} - <<'END'\n{text}END")


def clone(folder: Path) -> Path:
    """A folder with what a clone has and snippets use: the claims."""
    shutil.copytree(ROOT / "claims", folder / "claims", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
