"""Where the law of the capacity at initialisation must fail; supported means that it does, or that another holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.probes import images
from mfcheck.findings.regimes import START
from mfcheck.observables import capacity
from mfcheck.settings import Settings
from mfcheck.theorems.activations import LEAKY
from mfcheck.theorems.pull import capacity_tail


class States(StrEnum):
    """What is stated of a capacity: that it leaves the law of the claim before it, or the law that it has; of deeper
    networks, which are dear, to a coarser δ."""

    BREAKS = "breaks"
    LAW = "law"
    DEEPER = "deeper"


@dataclass(frozen=True, kw_only=True)
class CapacityCell(Cell):
    """A network of whose capacity one of two things is stated."""

    statement: States
    dataset: str | None = None

    @property
    def breaks(self) -> bool:
        """Whether the former law is to fail here."""
        return self.statement is States.BREAKS


def bias_cells(settings: Settings) -> Iterator[CapacityCell]:
    """Biases that make most of the capacity: only there a formula of theirs shows."""
    for architecture in settings.papers_architectures:
        specs = {
            "vanilla": NetworkSpec("vanilla", 4, 10, 16, 2, 0.8, 10.0),
            "residual": NetworkSpec("residual", 16, 20, 24, 4, 1.2, 4.0, LEAKY),
        }
        for statement in (States.BREAKS, States.LAW):
            yield CapacityCell(specs[architecture], "dense", statement=statement, dataset=settings.dataset)
        # What one of them does not show: how biases' part grows with depth, and with a kink at 0.
        others = {
            "vanilla": NetworkSpec("vanilla", 4, 10, 24, 4, 1.2, 10.0),
            "residual": NetworkSpec("residual", 4, 10, 16, 3, 0.8, 10.0),
        }
        yield CapacityCell(others[architecture], "dense", statement=States.DEEPER, dataset=settings.dataset)


@claim("break/bias-capacity", cells=bias_cells)
def test_bias_capacity(cell: CapacityCell, decide: Decider) -> None:
    """With biases E‖w‖_FR leaves L K ασ_w² ω^{L−1}, and is larger by Σ_l K ασ_w² ω^{L−l} α σ_b² Σ_{k<l−1} ω^k."""
    spec, level = cell.spec, decide.settings.level
    decide.mean_ratio(
        capacity.at_start("diagonal"),
        quantity="‖w‖_FR",
        statistic=lambda draws: draws[:, 0],
        looks_at=images,
        reference=lambda theory: theory.fisher_rao(spec) + (0 if cell.breaks else theory.fisher_rao_of_biases(spec)),
        tail=lambda: capacity_tail(spec, "diagonal"),
        finite_width=lambda: 0.0,
        delta=level.exact if spec.architecture == "vanilla" and cell.statement is States.LAW else level.ratio,
        breaks="above" if cell.breaks else False,
        regime=START,
    )


def full_cells(settings: Settings) -> Iterator[CapacityCell]:
    """Breaking of the law, and the law of the full form itself."""
    if "vanilla" in settings.architectures:
        for depth, outputs, variance, activation in ((6, 50, 2.3, ReLULike()), (3, 10, 5.0, LEAKY)):
            spec = NetworkSpec("vanilla", 784, outputs, 5000, depth, variance, 0.0, activation)
            for statement in (States.BREAKS, States.LAW):
                yield CapacityCell(spec, "wishart", statement=statement)
    for architecture in settings.papers_architectures:
        specs = {
            "vanilla": NetworkSpec("vanilla", 16, 10, 24, 3, 1.6),
            "residual": NetworkSpec("residual", 4, 20, 32, 2, 2.0, 0.0, LEAKY),
        }
        for statement in (States.BREAKS, States.LAW):
            yield CapacityCell(specs[architecture], "dense", statement=statement, dataset=settings.dataset)
    if "residual" in settings.architectures:
        deep = NetworkSpec("residual", 4, 20, 24, 4, 0.5, 0.0, LEAKY)
        yield CapacityCell(deep, "dense", statement=States.DEEPER, dataset=settings.dataset)


@claim("break/full-fisher", cells=full_cells)
def test_full_fisher(cell: CapacityCell, decide: Decider) -> None:
    """The full quadratic form follows another law: L²Kω^L (vanilla), L K y ω^{L−2}(1 + Ly), y = ασ_w² (residual)."""
    decide.mean_ratio(
        capacity.at_start("full"),
        quantity="Σ_k ⟨w, ∂f_k⟩²",
        statistic=lambda draws: draws[:, 0],
        looks_at=images,
        reference=lambda theory: (theory.fisher_rao if cell.breaks else theory.full_fisher_rao)(cell.spec),
        tail=lambda: capacity_tail(cell.spec, "full"),
        finite_width=None if cell.engine == "wishart" else lambda: 0.0,
        by_calculus=("depth",) if cell.engine == "wishart" else (),
        breaks="above" if cell.breaks else False,
        regime=START,
    )
