"""Theories that differ from the paper's in one formula or two, for trials of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.suite import suite_claims
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.finding import Finding
from mfcheck.settings import LEVELS, Settings

SPEC = NetworkSpec("residual", 784, 10, 500, 6, 0.3, 0.5)
STORE = ChunkStore()
SETTINGS = Settings(seed=3, level=LEVELS["quick"])


class Forgotten(PaperTheory):
    """ω_r = α σ_w²: the 1 forgotten."""

    def omega(self, spec: NetworkSpec) -> float:
        return spec.activation.alpha * spec.weight_variance


class WideOffset(PaperTheory):
    """A theory whose offset has another shape."""

    def offset_variance(self, spec: NetworkSpec) -> float:
        return 1.25 * super().offset_variance(spec)


class Two(WideOffset):
    """A theory that changes two formulas."""

    def fisher_rao(self, spec: NetworkSpec) -> float:
        return self.doubled(super().fisher_rao(spec))

    def doubled(self, value: float) -> float:
        return 2 * value


@dataclass(frozen=True)
class Half(PaperTheory):
    """A theory of half the rate, by its field."""

    rate_factor: float = 1


class HalfByHand(PaperTheory):
    """A theory of half the rate, by its constructor."""

    def __init__(self) -> None:
        super().__init__(rate_factor=1)


def findings(theory: PaperTheory, *claims: str, cells: Callable[[str], bool] = lambda id: True) -> list[Finding]:
    """What the suite's claims find under a theory in some of their cells."""
    found: list[Finding] = []
    for id in claims:
        claim, test = suite_claims()[id]
        for cell in claim.cells(SETTINGS):
            if cell.engine == "wishart" and cells(cell.id):
                decider = Decider(claim, cell, SETTINGS, theory, STORE, "pytest this")
                test(cell, decider)
                found += decider.findings
    return found
