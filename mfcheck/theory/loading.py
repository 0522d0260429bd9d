"""Theories named on a command line as package.module:Theory."""

from __future__ import annotations

from mfcheck.imports import foreign_code, load_object
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import check_theory, is_papers

PAPER_THEORY = "mfcheck.theory:PaperTheory"


def load_theory(path: str) -> PaperTheory:
    """An instance of the theory class at package.module:Theory; ValueError when it is no PaperTheory."""
    found = load_object(path, "theory")
    if not (isinstance(found, type) and issubclass(found, PaperTheory)):
        raise ValueError(f"theory {path!r} must be a subclass of mfcheck.PaperTheory, got {found!r}")
    with foreign_code(lambda why: ValueError(f"theory {path!r} cannot be made without arguments: {why}")):
        theory = found()
    if not is_papers(theory):
        check_theory(theory, path)
    return theory
