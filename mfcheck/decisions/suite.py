"""Claims of the installed suite, or of a file, with the tests that decide them, for runs without pytest."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from mfcheck.findings.claim import Claim
from mfcheck.imports import calm_warnings, foreign_code, offer_folder

ClaimTest = Callable[..., object]
"""Called with `cell` and `decide` by name; what else it takes are fixtures, which only a run has."""
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
    marked = ((getattr(test, "mfcheck_claim", None), test) for test in _members(module))
    return {claim.id: (claim, test) for claim, test in marked if isinstance(claim, Claim)}


def _members(home: ModuleType | type) -> Iterator[Any]:
    """What stands in a module, or in a class that pytest would look for tests in, as its tests are called."""
    for name in dir(home) if isinstance(home, type) else vars(home):
        member: Any = getattr(home, name, None)
        if isinstance(member, type):
            if name.startswith("Test") and member is not home:
                yield from _members(member)
        elif isinstance(home, type) and is_method(home, name):
            yield of_an_instance(home, member)
        else:
            yield member


def of_an_instance(kind: type, method: Callable[..., object]) -> Callable[..., object]:
    """A method of a class of tests as a function of all that it takes but the instance, which is made when called."""

    @functools.wraps(method)
    def test(**given: object) -> object:
        return method(kind(), **given)

    _, *takes = inspect.signature(method).parameters.values()
    test.__signature__ = inspect.Signature(takes)  # type: ignore[attr-defined]
    return test


def is_method(kind: type | None, name: str) -> bool:
    """Whether a test of this name is called with an instance of its class."""
    return isinstance(inspect.getattr_static(kind, name, None), FunctionType) if kind is not None else False
