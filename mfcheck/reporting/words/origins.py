"""Where margins come from, kind by kind: origins that differ in nothing but numbers are one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mfcheck.reporting.words.numbers import figures

NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\.?\w)")


def kind(origin: str) -> str:
    """An origin without its numbers.

    >>> kind("exact at this width, 1.014 of the limit") == kind("exact at this width, 0.9975 of the limit")
    True
    """
    return NUMBER.sub("\0", origin)  # which no text holds


def in_common(origins: Iterable[str]) -> str:
    """What origins of one kind say together, with the range of each number in which they differ.

    >>> in_common(["level quick; granted at most 1.022", "level quick; granted at most 1.2e+07"])
    'level quick; granted at most 1.02 to 1.2 × 10⁷'
    >>> in_common(["slack 0.1 at K = 1", "slack 0.1 at K = 1"])
    'slack 0.1 at K = 1'
    """
    told = list(dict.fromkeys(origins))
    ranges = [_range(numbers) for numbers in zip(*map(NUMBER.findall, told), strict=True)]
    between = NUMBER.split(told[0])
    return between[0] + "".join(value + text for value, text in zip(ranges, between[1:], strict=True))


def _range(numbers: tuple[str, ...]) -> str:
    if len(set(numbers)) == 1:
        return numbers[0]
    values = [float(number.replace("−", "-")) for number in numbers]
    low, high = (figures(end(values)) for end in (min, max))
    return low if low == high else f"{low} to {high}"
