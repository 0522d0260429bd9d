"""The pull on W where gates flip: on images, at finite budgets, by attacks that have found all but a few percent."""

from __future__ import annotations

from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import LIMIT, START
from mfcheck.observables.attack_strengths import doubled, with_what_is_left
from mfcheck.observables.slopes import DRIFT, LOSS, PULL
from mfcheck.settings import Level
from mfcheck.spec import NetworkSpec
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.on_chain import of_several, pull_beside
from mfcheck.theorems.pull import layers
from mfcheck.theory import PaperTheory

VARIANCES = {"vanilla": 2.0, "residual": 1.0}
"""Weight variances; the residual one leaves ω^L = 7.6 at L = 5, inside the window."""
SMALL = 0.01
"""A budget at which hardly a gate flips, a thirtieth of the paper's: it speaks of the limit."""
STRENGTHS = {"vanilla": {SMALL: 10, EPS: 80}, "residual": {SMALL: 10, EPS: 40}}
"""Steps of an attack by budget: half as many find less by 2 % at most (N = 256, L = 5, digits)."""
IMAGES = 8
"""Images of a network: with more of them their mean is narrower by less than they cost."""
PILOT = 32
"""Networks that tell how the pull on several images is spread, which the exact chain of one input does not know."""
NOISY = 0.1
"""δ where a pull takes thousands of draws."""
EULER = "the pull is L_adv itself (Euler)"


def cell_at(architecture: str, width: int, eps: float, dataset: str) -> AttackCell:
    """Networks of the authors' depth that see some images, attacked in their norms."""
    spec = NetworkSpec(architecture, 784, 10, width, 5, VARIANCES[architecture])
    return AttackCell(spec, "dense", pair=INF_INF, eps=eps, images=IMAGES, dataset=dataset)


def euler(spec: NetworkSpec, level: Level) -> Rival:
    """⟨W, ∂L_adv⟩ is L_adv, and in residual networks the share ασ_w²/ω of it, to leading order."""
    share = spec.activation.alpha * spec.weight_variance / PaperTheory().omega(spec)
    slack = level.ratio if spec.architecture == "vanilla" else NOISY
    return Rival(lambda draws: draws[:, DRIFT] * spec.width / (2 * share * draws[:, LOSS]), 1 - slack, 1 + slack)


def pull_at(cell: AttackCell, decide: Decider, *, falls_short: bool = False) -> Ask:
    """The pull at a budget is what it is as ε → 0 at this width, the theory's; or it `falls_short` of that.

    Both as bounded from above by what the attack has left to find.
    """
    spec, level, steps = cell.spec, decide.settings.level, STRENGTHS[cell.spec.architecture][cell.eps]
    noisy = spec.architecture == "residual" and not falls_short  # a coarser δ would not see what gates take
    return lambda theory: MedianRatio(
        doubled(cell.attack, steps),
        quantity=f"⟨∂L_adv/∂W, W⟩/‖W‖² at ε = {cell.eps:g}",
        statistic=lambda draws: with_what_is_left(draws[:, PULL], draws[:, LOSS], draws[:, -1]),
        looks_at=images,
        reference=lambda theory: theory.regularisation(spec, *cell.attack),
        allowance=of_several(pull_beside(decide, spec, cell.pair)),
        delta=NOISY if noisy else level.ratio,
        pilot=PILOT,
        regime=START if falls_short else LIMIT,
        breaks="below" if falls_short else False,
        rivals={EULER: euler(spec, level)},
        curve=lambda draws: layers(draws[:, :-1], spec.depth, theory.regularisation(spec, *cell.attack)),
    )
