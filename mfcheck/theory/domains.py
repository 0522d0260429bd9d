"""Where a formula says nothing that could be wrong, with a reason, and which formulas only bound from above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Declared = Mapping[str, Mapping[str, str]]
"""Reasons by formula, and by argument or by one kind of its values, "t=0"."""

NO_BIAS = "stated for networks without biases (docs/theory.md#setting)"
BOUNDS = frozenset({"adversarial_bound", "beta", "chevet_beta"})
"""Formulas that a larger value leaves true."""

DECLARES = "declares"
"""The attribute of a theory's class that says so."""

NO_OFFSET = "without biases there is no offset"
PAPERS: Declared = {
    "offset": {"bias_variance=0": NO_OFFSET},
    "offset_variance": {"bias_variance=0": NO_OFFSET},
    "offset_square_ratio": {"bias_variance=0": NO_OFFSET},
    "fisher_rao": {"bias_variance": NO_BIAS},
    "full_fisher_rao": {"bias_variance": NO_BIAS},
    "fisher_rao_of_biases": {"bias_variance=0": "it is what biases add"},
    "standard_rate": {"bias_variance": NO_BIAS},
    "capacity_rate": {"bias_variance": NO_BIAS},
    "collapse_time": {"architecture=residual": "∞: ω_r > 1 whatever the weights become"},
    "weight_variance": {"t=0": "σ_w²(0) is given"},
}
"""What the paper's theory declares."""


@dataclass(frozen=True)
class Domain:
    """What is declared of one formula: reasons by argument or kind of values, and whether it only bounds from above."""

    reasons: Mapping[str, str]
    bound: bool

    def reason(self, argument: str, kind: str = "") -> str:
        """Why an argument, or one kind of its values, needs no finding; empty where it does."""
        return self.reasons.get(argument) or self.reasons.get(f"{argument}={kind}", "")


def domain_of(kind: type, formula: str) -> Domain:
    """What the class of a theory, and those that it extends, declare of a formula in `declares`.

    Raises ValueError for what is no mapping of formulas to mappings of arguments to reasons.

    >>> class Mine:
    ...     declares = {"omega": {"output_dim": "the gain is that of one layer"}}
    >>> domain_of(Mine, "omega").reason("output_dim")
    'the gain is that of one layer'
    """
    reasons: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        reasons |= _checked(owner, vars(owner).get(DECLARES, {})).get(formula, {})
    return Domain(reasons, formula in BOUNDS)


def _checked(owner: type, written: object) -> Declared:
    named = isinstance(written, Mapping) and all(isinstance(formula, str) for formula in written)
    if not isinstance(written, Mapping) or not named or not all(map(_gives_reasons, written.values())):
        raise ValueError(
            f"declares of theory {owner.__name__} must map formulas to mappings of arguments to reasons, "
            f"got {written!r}"
        )
    return written


def _gives_reasons(entry: object) -> bool:
    return isinstance(entry, Mapping) and all(
        isinstance(text, str) and text.strip() for pair in entry.items() for text in pair
    )
