"""Where things are in the checkout that the tests run in."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
"""The folder of pyproject.toml and of docs/."""
MADE = {"claims.md", "command_line.md", "interface.md"}
"""Pages that are made when the site is built, which then checks the links that lead there, anchors too."""
