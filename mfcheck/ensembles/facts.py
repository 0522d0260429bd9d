"""What is found out of factories and their networks, kept for one run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

Asked = ParamSpec("Asked")
Told = TypeVar("Told")
_facts: list[Callable[[], None]] = []


def kept(most: int) -> Callable[[Callable[Asked, Told]], Callable[Asked, Told]]:
    """Keep what a function says of factories or their networks, until `forget`."""

    def keeping(function: Callable[Asked, Told]) -> Callable[Asked, Told]:
        told = lru_cache(maxsize=most)(function)
        _facts.append(told.cache_clear)
        return cast("Callable[Asked, Told]", told)

    return keeping


def forget() -> None:
    """Forget what is kept of factories: in a notebook one is defined anew, or what it calls, under the same name."""
    for clear in _facts:
        clear()
