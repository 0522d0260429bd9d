"""Theorem 5.4 at the start of training: ⟨W, ∂L_adv⟩, by which L_adv changes the size of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mfcheck import NetworkSpec, claim
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import LIMIT
from mfcheck.observables import slopes
from mfcheck.observables.slopes import PULL
from mfcheck.settings import Settings
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import PAIRS, PAPERS, turns
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.on_chain import pull_beside
from mfcheck.theorems.pull import BY_HOMOGENEITY, CHAIN_EPS, LINEAR_STEPS, instant, layers
from mfcheck.theorems.pull_at_a_budget import NOISY, SMALL, cell_at, pull_at
from mfcheck.theorems.varied import Formula, VariedCell, decide_varied, varied_cells
from mfcheck.training.objectives import Objective

VARIANCES = {"vanilla": 1.6, "residual": 0.6}
LEAST_SHARE = 1.5
"""The least weight variance of residual networks of the pairs: of smaller weights little of J passes through a layer's,
and of what does in one column less than its noise."""


def pull_cells(settings: Settings) -> Iterator[AttackCell]:
    """One output, where the theory's value is exact; every pair on images; and a small budget."""
    yield from varied_cells(settings, Formula.PULL)
    data, quick = settings.dataset, settings.level.name == "quick"
    for architecture in settings.papers_architectures:
        yield from one_output_cells(architecture)
        yield cell_at(architecture, 256 if quick else 1000, SMALL, data)
    for pair, spec in zip(PAIRS, turns(settings, 1024, 3), strict=False):
        if spec.architecture == "residual":
            spec = replace(spec, weight_variance=max(spec.weight_variance, LEAST_SHARE))
        yield AttackCell(spec, "lazy", pair=pair, eps=instant(pair, 784), dataset=data)
    if not quick and "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, 10**5, 5, 2.0)
        yield AttackCell(spec, "lazy", pair=INF_INF, eps=instant(INF_INF, 784), dataset=data)


def is_noisy(cell: AttackCell) -> bool:
    """Whether the pull is that of one row or column of J, of which a shortcut leaves a small and uncertain part."""
    return cell.spec.architecture == "residual" and (cell.spec.output_dim == 1 or cell.pair.p == 1)


def one_output_cells(architecture: str) -> Iterator[AttackCell]:
    """The paper's own pairs, whose constants are exact where K = 1."""
    variance, two = VARIANCES[architecture], PAPERS[0]
    if architecture == "vanilla":
        chain = NetworkSpec(architecture, 784, 1, 10**6, 5, variance)
        yield AttackCell(chain, "wishart", pair=two, eps=CHAIN_EPS, dataset="noise")
    lazy = NetworkSpec(architecture, 4096, 1, 10**4, 3, variance)
    yield AttackCell(lazy, "lazy", pair=two, eps=instant(two, 4096), dataset="noise")
    small = NetworkSpec(architecture, 784, 1, 1024, 2, variance)
    yield AttackCell(small, "lazy", pair=INF_INF, eps=instant(INF_INF, 784), dataset="noise")


def pull(cell: AttackCell, decide: Decider) -> Ask:
    """As ε → 0 the pull is the theory's: its median by the linear map, or by homogeneity on the exact chain."""
    spec, attack, level, chain = cell.spec, cell.attack, decide.settings.level, cell.chain
    objective = Objective("adversarial", *attack, LINEAR_STEPS)
    return lambda theory: MedianRatio(
        slopes.by_homogeneity(objective) if chain else slopes.at_start(objective),
        quantity="⟨∂L_adv/∂W, W⟩/‖W‖²",
        statistic=lambda draws: draws[:, PULL],
        looks_at=images,
        reference=lambda theory: theory.regularisation(spec, *attack),
        allowance=pull_beside(decide, spec, cell.pair),
        delta=level.exact if chain else NOISY if is_noisy(cell) else level.ratio,
        regime=LIMIT,
        by_calculus=BY_HOMOGENEITY if chain else (),
        curve=None if chain else lambda draws: layers(draws, spec.depth, theory.regularisation(spec, *attack)),
    )


@claim("thm5.4/regularisation-gradient", cells=pull_cells)
def test_regularisation_gradient(cell: AttackCell, decide: Decider) -> None:
    """The gradient of L_adv pulls on every layer by ⟨∂L_adv/∂W, W⟩/‖W‖² = ε α β ω^{L/2−1}/N as ε → 0."""
    if isinstance(cell, VariedCell):
        decide_varied(cell, decide)
    elif cell.images:
        decide(pull_at(cell, decide))
    else:
        decide(pull(cell, decide))
