"""How pages write widths, norms and constants."""

from __future__ import annotations

import math

from mfcheck.reporting.words.numbers import power
from mfcheck.spec import NormPair


def whole(value: float) -> str:
    """A large whole number, as a power of ten where it is one from 10⁴ on.

    >>> whole(100_000), whole(30_000), whole(100)
    ('10⁵', '30,000', '100')
    """
    exponent = round(math.log10(value)) if value > 0 else 0
    return power(exponent) if exponent >= 4 and value == 10**exponent else f"{value:,.0f}"


def two_figures(value: float) -> str:
    """A large number to two figures.

    >>> two_figures(12_345.6), two_figures(987)
    ('12,000', '990')
    """
    return f"{float(f'{value:.1e}'):,.0f}"


def norm(value: float) -> str:
    """The index of a norm.

    >>> norm(1.5), norm(math.inf)
    ('1.5', '∞')
    """
    return "∞" if math.isinf(value) else f"{value:g}"


def pair(found: NormPair) -> str:
    """A norm pair as the theory writes it.

    >>> pair(NormPair(2, math.inf))
    '(2, ∞)'
    """
    return f"({norm(found.p)}, {norm(found.q)})"


def sizes(inputs: int, outputs: int) -> str:
    """The numbers of inputs and outputs of a network.

    >>> sizes(784, 10)
    'd = 784, K = 10'
    """
    return f"d = {inputs}, K = {outputs}"


def constant(name: str) -> str:
    """Whose constant β a bound is taken with."""
    return {"chevet": "Chevet's", "theory": "the theory's"}.get(name, name or "—")
