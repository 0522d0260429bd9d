"""Valid documents damaged in their structure: names dropped, types changed, parts nested, repeated or exchanged."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

WEIRD: list[Any] = [
    None, True, False, 0, -1, 1, 2**63, 10**39, -0.0, 0.5, 1e308, -1e308, "", " ", "x", "\x1b[31m", "a\nb", "٣", "nan",
    "é" * 3000, "::error::x", "__import__('os').abort()", [], [[]], [None], [None, None], [1, 2], [2, 1], [1, 2, 3],
    ["x"], {}, {"a": {}}, {"id": "x"},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all parts of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*path, name)
        yield from places(part, (*path, name))


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """The document with up to three parts of it damaged."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        paths = list(places(found))
        if not paths:
            break
        *path, name = draw(st.sampled_from(paths))
        holder = found
        for step in path:
            holder = holder[step]
        part = holder[name]
        match draw(st.sampled_from(("drop", "change", "nest", "repeat", "rename"))):
            case "drop":
                del holder[name]
            case "change":
                holder[name] = copy.deepcopy(draw(st.sampled_from(WEIRD)))
            case "nest":
                holder[name] = draw(st.sampled_from(([part], {"within": part}, [[[part]]], str(part))))
            case "repeat" if isinstance(holder, list):
                holder.insert(name, copy.deepcopy(part))
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(("id", "Level", "", "cell", "x" * 3000)))] = holder.pop(name)
    return found
