"""Theorem 5.4: adversarial training regularises more strongly than usual weight decay does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mfcheck import NetworkSpec, PaperTheory, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.probes import images
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.findings import regimes
from mfcheck.observables import slopes
from mfcheck.observables.slopes import PULL
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.bound import STEPS
from mfcheck.theorems.cells import AttackCell
from mfcheck.theory.weight_decay import USUAL, crossing_width
from mfcheck.training.objectives import Objective

WIDTHS = {"quick": (), "standard": (1000,), "paper": (1000, 2000)}
"""Widths of minibatches of `BATCH` images, beside one near the crossing."""
NEAR, FEW = 0.7, 2
"""A width as a share of the paper's own N*, where a pull of 1.4 λ is foretold; images there."""
NETWORKS = (("vanilla", 1.6), ("vanilla", 2.0), ("residual", 0.1))
"""Architectures with their σ_w²: ω below, at and above 1."""
BATCH = 32


@dataclass(frozen=True, kw_only=True)
class BesideDecayCell(AttackCell):
    """An attacked network beside weight decay of coefficient `decay`."""

    decay: float


def decay_cells(settings: Settings) -> Iterator[BesideDecayCell]:
    """Images at the paper's budget, beside the largest usual coefficient: what passes it passes all."""
    most, attack = max(USUAL), Attack.of(EPS, INF_INF)
    for architecture, variance in NETWORKS:
        if architecture in settings.architectures:
            spec = NetworkSpec(architecture, 784, 10, 1000, 5, variance)
            end = crossing_width(PaperTheory().regularisation(spec, *attack), spec.width, most)
            near = (int(NEAR * end / 100) * 100, "lazy", FEW)
            for width, engine, count in (near, *((width, "dense", BATCH) for width in WIDTHS[settings.level.name])):
                yield BesideDecayCell(
                    replace(spec, width=width),
                    engine,
                    pair=INF_INF,
                    eps=EPS,
                    images=count,
                    dataset=settings.dataset,
                    decay=most,
                )


def stronger(cell: BesideDecayCell, level: Level) -> MedianBeyond:
    """The pull of L_adv is above λ where the theory has it so; an attack finds L_adv, and its pull, from below."""
    return MedianBeyond(
        slopes.at_start(Objective("adversarial", *cell.attack, STEPS[level.name])),
        quantity="⟨∂L_adv/∂W, W⟩/‖W‖²",
        statistic=lambda draws: draws[:, PULL],
        looks_at=images,
        reference=lambda theory: theory.regularisation(cell.spec, *cell.attack),
        threshold=cell.decay,
        beside="the weight decay λ",
        origin="λ as in W ← W − lr(∂L + λW), in common use",
        regime=regimes.START,
    )


@claim("thm5.4/stronger-than-weight-decay", cells=decay_cells)
def test_stronger_than_weight_decay(cell: BesideDecayCell, decide: Decider) -> None:
    """L_adv pulls on W more strongly than usual weight decay: ε α β ω^{L/2−1}/N > λ."""
    decide(stronger(cell, decide.settings.level))
