"""Theorem 5.9: the Fisher–Rao norm at the start, and what leaves it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.probes import image
from mfcheck.findings.regimes import START
from mfcheck.observables import capacity, rescaling
from mfcheck.settings import Settings
from mfcheck.theorems.activations import LEAKY
from mfcheck.theorems.corners import corners
from mfcheck.theorems.pull import capacity_tail


@dataclass(frozen=True, kw_only=True)
class FormCell(Cell):
    """A network at the start, and the form of its capacity that is taken."""

    form: str
    dataset: str | None = None


def initial_cells(settings: Settings) -> Iterator[FormCell]:
    """The exact chain for the layers' form, stored networks for the diagonal and the rows', lazy ones at width."""
    for architecture in settings.papers_architectures:
        if architecture == "vanilla":
            for depth, outputs, variance, activation in (
                (10, 10, 1.7, ReLULike()),
                (5, 3, 1.6, LEAKY),
                (3, 30, 5.0, LEAKY),
            ):
                spec = NetworkSpec("vanilla", 784, outputs, 5000, depth, variance, 0.0, activation)
                yield FormCell(spec, "wishart", form="layers")
            for spec in corners(replace(settings, architectures=("vanilla",)), biased=False, outputs=30):
                yield FormCell(spec, "wishart", form="layers")
        variance = {"vanilla": 1.6, "residual": 0.7}[architecture]
        for form, depth, outputs, activation in (("diagonal", 2, 20, LEAKY), ("rows", 4, 10, ReLULike())):
            spec = NetworkSpec(architecture, 4, outputs, 16, depth, variance, 0.0, activation)
            yield FormCell(spec, "dense", form=form, dataset=settings.dataset)


@claim("thm5.9/initial-capacity", cells=initial_cells)
def test_initial_capacity(cell: FormCell, decide: Decider) -> None:
    """E‖w‖_FR = L K ασ_w² ω^{L−1} at initialisation, in the diagonal, the rows' and the layers' form alike."""
    decide.mean_ratio(
        capacity.at_start(cell.form),
        quantity="‖w‖_FR",
        statistic=lambda draws: draws[:, 0],
        looks_at=image,
        reference=lambda theory: theory.fisher_rao(cell.spec),
        tail=lambda: capacity_tail(cell.spec, cell.form),
        finite_width=None if cell.engine == "wishart" else lambda: 0.0,
        regime=START,
        by_calculus=("depth",) if cell.engine == "wishart" else (),
    )


def rescaling_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.papers_architectures:
        for bias in (0.0, 0.3):
            spec = NetworkSpec(architecture, 16, 3, 12, 3, {"vanilla": 2.0, "residual": 0.5}[architecture], bias)
            yield Cell(spec, "dense", {"dataset": settings.dataset})


@claim("thm5.9/rescaling-invariance", cells=rescaling_cells)
def test_rescaling_invariance(cell: Cell, decide: Decider) -> None:
    """‖w‖_FR is left as it is by node-wise rescaling, unlike the product of the weights' spectral norms."""
    for component, quantity in enumerate(("invariance of ‖w‖_FR", "a change of the product of spectral norms")):
        decide.rate(rescaling.invariance, component=component, quantity=quantity, looks_at=image)
