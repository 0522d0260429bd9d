"""Claims of the installed suite, or of a file, with the tests that decide them, for runs without pytest."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.imports import calm_warnings, foreign_code, offer_folder

if TYPE_CHECKING:
    from mfcheck.decisions.decide import Decider

ClaimTest = Callable[[Cell, "Decider"], None]
Tests = dict[str, tuple[Claim, ClaimTest]]


def suite_claims() -> Tests:
    """The claims of the installed suite, and the tests that decide them, by id."""
    suite = importlib.import_module("mfcheck.suite")
    found: Tests = {}
    for module in pkgutil.iter_modules(suite.__path__, "mfcheck.suite."):
        found |= _claims_of(importlib.import_module(module.name))
    return found


def file_claims(path: Path) -> Tests:
    """The claims of one file, which sees the modules beside it; ValueError if it cannot be imported or has none."""
    spec = importlib.util.spec_from_file_location(f"mfcheck_file_{path.stem}", path)
    if not os.path.isfile(path) or spec is None or spec.loader is None:
        raise ValueError(f"claim file {str(path)!r} is no Python file")
    offer_folder(str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    refusal = f"claim file {str(path)!r} cannot be imported"
    with foreign_code(lambda why: ValueError(f"{refusal}: {why}")), calm_warnings(), redirect_stdout(sys.stderr):
        sys.modules[spec.name] = module  # where its dataclasses look for the names of their fields' types
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[spec.name]
            raise
    if not (found := _claims_of(module)):
        raise ValueError(f"claim file {str(path)!r} holds no claim: mark a test with @mfcheck.claim")
    return found


def _claims_of(module: ModuleType) -> Tests:
    marked = ((getattr(member, "mfcheck_claim", None), member) for member in vars(module).values())
    return {claim.id: (claim, test) for claim, test in marked if isinstance(claim, Claim)}
