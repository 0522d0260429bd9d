"""Sources made by a function of their settings: one object for equal settings, sent to other processes by its name.

A function that draws is often made inside another one, where no other process finds it. What made it can be found, by
its module and its own name, and makes the same source there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import ParamSpec

from mfcheck.ensembles.sources import Made, Source

P = ParamSpec("P")


def family(maxsize: int) -> Callable[[Callable[P, Source]], Callable[P, Source]]:
    """Decorates a module's function that makes sources: the latest `maxsize` of them are kept, and can be pickled."""

    def decorate(make: Callable[P, Source]) -> Callable[P, Source]:
        @functools.lru_cache(maxsize)
        @functools.wraps(make)
        def found(*arguments: P.args, **keywords: P.kwargs) -> Source:
            call = Made(make.__module__, make.__qualname__, arguments, keywords)
            return replace(make(*arguments, **keywords), made=call)

        return found  # type: ignore[return-value]

    return decorate
