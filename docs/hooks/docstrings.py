"""Docstrings as pages show them: what stands behind >>> is an example, and formulas keep their underscores."""

from __future__ import annotations

import re
from typing import Any

import griffe

UNDERSCORE = re.compile(r"(?<=[‖⟩)²])_")


class Docstrings(griffe.Extension):
    """Prepares every docstring for Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """As griffe calls it, once for each class, function and module."""
        if obj.docstring is not None:
            obj.docstring.value = for_markdown(obj.docstring.value)


def for_markdown(docstring: str) -> str:
    """A docstring with its examples as a section of their own."""
    text, found, examples = docstring.partition(">>> ")
    text = UNDERSCORE.sub(r"\\_", text)
    if not found:
        return text
    indented = "\n".join(f"    {line}".rstrip() for line in (found + examples).splitlines())
    return f"{text.rstrip()}\n\nExamples:\n{indented}"
