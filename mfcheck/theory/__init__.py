"""Closed forms on floats: the paper's formulas, finite-width corrections, norm constants. Imports no torch."""

from mfcheck.theory.entry_law import EntryLaw, entry_law
from mfcheck.theory.paper import PaperTheory

__all__ = ["EntryLaw", "PaperTheory", "entry_law"]
