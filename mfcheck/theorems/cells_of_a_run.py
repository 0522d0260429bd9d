"""The cells in which a run decides claims: those of its architectures, at their sizes; of a glance, the cheapest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mfcheck.decisions import glance
from mfcheck.decisions.suite import ClaimTest
from mfcheck.ensembles.calls import call_of
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.sections import section_of
from mfcheck.imports import load_factory
from mfcheck.observables.measured_scale import idle_knobs
from mfcheck.settings import Settings
from mfcheck.spec import ModuleSpec, NetworkSpec
from mfcheck.theorems.foreign import fitted, foreign, usual
from mfcheck.theory.loading import load_theory

OMEGA_BY_DEPTH = ("thm4.1/phase-boundary", "thm5.1/exponential-in-depth")
"""Claims that vary the depth."""
OF_SCALE = "thm4.1/entries-variance"
"""The claim that a measured scale makes true by itself."""


def cells_of(claim: Claim, settings: Settings) -> list[Cell]:
    """The cells of a claim in a run, by id, with one that says why for each architecture that it says nothing of.

    Those of architectures of one's own are at the sizes that are declared. ValueError where one must declare its sizes.
    """
    own = foreign(settings)
    every = claim.cells(settings)
    cells = [fitted_cell(cell, claim, settings) if cell.spec.architecture in own else cell for cell in every]
    if reason := section_of(claim.id).elsewhere:
        tried = {cell.spec.architecture for cell in cells}
        why = f"{reason}; name one of these with --mf-architecture to have it decided"
        cells += [Cell(usual(name, settings), "dense", inapplicable=why) for name in own if name not in tried]
    return sorted(cells, key=lambda cell: cell.id)


def fitted_cell(cell: Cell, claim: Claim, settings: Settings) -> Cell:
    """A cell at the sizes that its architecture declares, or one that says what would make the claim apply."""
    spec = fitted(cell.spec, settings)
    return replace(cell, spec=spec, inapplicable=cell.inapplicable or unmet(claim.id, spec))


def unmet(claim: str, spec: NetworkSpec) -> str:
    """What an architecture lacks for a claim, and what to do about it; empty if nothing."""
    path = spec.architecture
    if claim in OMEGA_BY_DEPTH:
        if "depth" not in call_of(path).knobs:
            return f"depth is no argument of {path}; let its constructor take depth, and growth over depth is decided"
        if "depth" in idle_knobs(spec):
            return f"depth changes nothing in {path}; let its factory build spec.depth layers"
    measured = isinstance(spec, ModuleSpec) and spec.scale is not None
    if claim == OF_SCALE and measured and not hasattr(load_factory(path), "scale"):
        return f"the scale of {path} is measured, which decides nothing; let its factory declare scale(spec)"
    return ""


def each_cell(tests: Iterable[tuple[Claim, ClaimTest]], settings: Settings) -> Iterator[tuple[Claim, ClaimTest, Cell]]:
    """Every claim with its test in every of its cells in a run, claim by claim; of a glance, those that it looks at."""
    every = ((claim, test, cell) for claim, test in tests for cell in cells_of(claim, settings))
    if not settings.level.glance:
        yield from every
        return
    cells = list(every)
    kept = glance.chosen(cells, settings, load_theory(settings.theory))
    yield from ((claim, test, cell) for claim, test, cell in cells if (claim.id, cell.id) in kept)
