"""How pages write numbers: as many digits as say something, ∞ as ∞, powers of ten for what is very large or small."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mfcheck.findings.wording import is_endless

MOST_DECIMALS = 7
LARGE, SMALL = 1e6, 1e-4
"""From here on, and below, a number is written as a power of ten."""
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def scientific(value: float) -> str:
    """A small number as 2.3 × 10⁻⁵.

    >>> scientific(2.3e-5), scientific(1e-6), scientific(0.0)
    ('2.3 × 10⁻⁵', '10⁻⁶', '0')
    """
    if value == 0:
        return "0"
    if value < 0:
        return f"−{scientific(-value)}"
    if is_endless(value):
        return "∞"
    digits, exponent = f"{value:.1e}".split("e")
    scale = power(int(exponent))
    return scale if digits == "1.0" else f"{digits} × {scale}"


def power(exponent: int) -> str:
    """A power of ten.

    >>> power(-3)
    '10⁻³'
    """
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def figures(value: float, count: int = 3) -> str:
    """A number to so many figures.

    >>> figures(0.12345), figures(-1234.5), figures(2e-9), figures(1.7e308), figures(float("inf"))
    ('0.123', '−1,230', '2.0 × 10⁻⁹', '1.7 × 10³⁰⁸', '∞')
    """
    if math.isnan(value):
        return "—"
    size = abs(value)
    sign = "−" if value < 0 else ""
    if is_endless(value):
        return f"{sign}∞"
    if size and not SMALL <= size < LARGE:
        return sign + scientific(size)
    rounded = float(f"{size:.{count}g}")
    return sign + (f"{rounded:,.0f}" if size >= 1000 else f"{rounded:.{count}g}")


def decimals_for(low: float, high: float, others: Iterable[float] = ()) -> int:
    """How many decimals tell the ends of an interval apart, to two figures of its width, and from other numbers.

    >>> decimals_for(0.9910, 1.0350), decimals_for(-math.inf, 2.0), decimals_for(0.0, 1e300)
    (3, 0, 0)
    """
    others = list(others)
    widths = [1 - _order(high - low)] if high > low and math.isfinite(high - low) else []
    gaps = (abs(a - b) for a in (low, high) for b in others)
    apart = [-_order(gap) for gap in gaps if 1e-12 < gap < math.inf]
    return max(0, *widths, *apart) if widths or apart else 4 if math.isfinite(low + high) else 0


def fixed(value: float, decimals: int, reference: float = 0.0) -> str:
    """A number to so many decimals; what would take too many is written beside the reference, or as a power of ten.

    >>> fixed(1.01342, 3), fixed(-0.5, 2), fixed(1 + 3e-9, 10, 1.0), fixed(math.inf, 2), fixed(1.7e308, 2)
    ('1.013', '−0.50', '1 + 3 × 10⁻⁹', '∞', '1.7 × 10³⁰⁸')
    """
    if math.isnan(value):
        return "—"
    sign = "−" if value < 0 else ""
    if math.isinf(value) or abs(value) >= LARGE:
        return sign + scientific(abs(value))
    if value in (0, 1):
        return f"{value:.0f}"
    if decimals <= MOST_DECIMALS:
        shown = f"{abs(value):,.{decimals}f}"
        return shown if not shown.strip("0.,") else sign + shown
    if not reference or not math.isfinite(reference):
        return figures(value)
    away = value - reference
    return f"{reference:g} {'+' if away > 0 else '−'} {_plain(abs(away))}"


def spread(values: Iterable[float], count: int = 3) -> str:
    """The range of some numbers.

    >>> spread([0.5, 0.25]), spread([1.0])
    ('0.25 to 0.5', '1')
    """
    known = sorted(values)
    return between(figures(known[0], count), figures(known[-1], count))


def between(low: str, high: str) -> str:
    """A range in words, of two numbers as they are written."""
    return low if low == high else f"{low} to {high}"


def percent(share: float) -> str:
    """A share as percent to two figures.

    >>> percent(0.0421), percent(-0.2), percent(0.00012), percent(1.5)
    ('4.2 %', '−20 %', '0.012 %', '150 %')
    """
    return f"{figures(100 * share, 2)} %" if abs(share) < 1 else f"{100 * share:,.0f} %".replace("-", "−")


def seconds(value: float) -> str:
    """A duration in words, in the largest unit that says something.

    >>> seconds(0.42), seconds(75), seconds(747), seconds(9000)
    ('0.42 s', '75 s', '12.4 min', '2.5 h')
    """
    if value < 100:
        return f"{value:.2g} s"
    return f"{value / 60:.1f} min" if value < 6000 else f"{value / 3600:,.1f} h"


def _plain(size: float) -> str:
    """A small distance with as few characters as say it."""
    digits, exponent = f"{size:.2e}".split("e")
    return f"{float(digits):g} × {power(int(exponent))}"


def _order(value: float) -> int:
    return math.floor(math.log10(value))
