"""The text of report.json: whatever holds no object stands on one line, so that curves do not fill it with lines."""

from __future__ import annotations

import json
from typing import Any


def report_text(value: Any) -> str:
    """JSON with one line for every list of numbers and every flat object; the same for the same values."""
    return _text(value, "")


def _text(value: Any, indent: str) -> str:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(_holds_object(part) for part in parts):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = f"{indent} "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(name, ensure_ascii=False)}: {_text(part, inner)}" for name, part in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _text(part, inner) for part in value) + f"\n{indent}]"


def _holds_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_object, value)))
