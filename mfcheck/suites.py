"""The claims of the installed suite with the tests that decide them, for whoever runs them without pytest."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from mfcheck.verdict import Cell, Claim

if TYPE_CHECKING:
    from mfcheck.decider import Decider

ClaimTest = Callable[[Cell, "Decider"], None]


def suite_claims() -> dict[str, tuple[Claim, ClaimTest]]:
    """The claims of the installed suite, and the tests that decide them, by id."""
    suite = importlib.import_module("mfcheck.suite")
    found: dict[str, tuple[Claim, ClaimTest]] = {}
    for module in pkgutil.iter_modules(suite.__path__, "mfcheck.suite."):
        for member in vars(importlib.import_module(module.name)).values():
            claim = getattr(member, "mfcheck_claim", None)
            if isinstance(claim, Claim):
                found[claim.id] = (claim, member)
    return found
