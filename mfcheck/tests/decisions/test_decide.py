"""From draws to findings: every kind of statement, under the theory, its twins, and other laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mfcheck import Cell, NetworkSpec, PaperTheory, ReLULike, Verdict
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.explain import explain
from mfcheck.decisions.slopes import Group
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.observables import jacobian, joint
from mfcheck.settings import LEVELS, Settings
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width
from mfcheck.theory.gram_moments import offset_moment

SPEC = NetworkSpec("vanilla", 50, 3, width=60, depth=5, weight_variance=1.8, bias_variance=0.4)
ANYWHERE = Probe(np.ones((1, 50)), 0)
STORE = ChunkStore()


class Steeper(PaperTheory):
    def omega(self, spec: NetworkSpec) -> float:
        return 1.1 * super().omega(spec)


def decider(theory: PaperTheory | None = None, spec: NetworkSpec = SPEC) -> Decider:
    claim = Claim("thm4.1/entries-gaussian", "A statement.", lambda settings: [])
    settings = Settings(seed=5, level=LEVELS["quick"], alpha=1e-4)
    return Decider(claim, Cell(spec, "wishart"), settings, theory or PaperTheory(), STORE, "pytest this")


def law(decide: Decider, **more: object) -> Finding:
    return decide.law(
        jacobian.entry,
        component=0,
        probe=ANYWHERE,
        reference=lambda theory: theory.jacobian_entry(decide.cell.spec),
        finite_width=lambda: entry_law(decide.cell.spec).distance_to_gaussian(),
        **more,  # type: ignore[arg-type]
    )


def variance(decide: Decider, **more: object) -> Finding:
    return decide.mean_ratio(
        jacobian.entry,
        statistic=lambda draws: draws[:, 1],
        probe=ANYWHERE,
        reference=lambda theory: theory.jacobian_entry_variance(SPEC),
        tail=lambda: Tail(finite_width.scale_moment(SPEC, 2), finite_width.scale_moment(SPEC, 4)),
        **more,  # type: ignore[arg-type]
    )


def depth_slope(decide: Decider) -> Finding:
    def second(draws: NDArray[np.float64]) -> NDArray[np.float64]:
        return draws[:, 1]

    groups = []
    for depth in (2, 5, 8):
        spec = replace(SPEC, depth=depth)
        tail = Tail(finite_width.scale_moment(spec, 2), finite_width.scale_moment(spec, 4))
        groups.append(Group(depth, spec, second, PaperTheory().jacobian_entry_variance(spec), tail))
    return decide.slope(
        jacobian.entry,
        groups,
        probe=ANYWHERE,
        x_label="depth",
        curve=lambda theory, spec: theory.jacobian_entry_variance(spec),
        exact=True,
    )


@pytest.mark.parametrize("statement", [law, variance, depth_slope])
def test_the_right_theory_is_supported_and_a_wrong_one_refuted(statement: object) -> None:
    assert callable(statement)
    assert statement(decider()).verdict is Verdict.SUPPORTED
    wrong = statement(decider(Steeper()))
    assert wrong.verdict is Verdict.REFUTED
    assert "[" in explain(wrong)
    assert wrong.reproduce in explain(wrong)


def test_a_twin_of_the_theory_refuted_by_the_draws_is_refuted_when_it_is_the_theory() -> None:
    finding = variance(decider())
    assert "omega: × 1.05" in finding.twins_refuted
    assert set(finding.twins_refuted) <= set(finding.twins_seen)
    assert not any(name.startswith(("offset", "fisher_rao")) for name in finding.twins_seen)


def test_the_right_theory_is_among_the_wrong_theorys_alternatives() -> None:
    right = {"the paper's": lambda theory: PaperTheory().jacobian_entry_variance(SPEC), "half": lambda theory: 1e-9}
    assert variance(decider(Steeper()), instead=right).holds_instead == ("the paper's",)
    gaussian = {"the paper's": lambda theory: PaperTheory().jacobian_entry(SPEC), "wide": lambda theory: stats.norm()}
    assert law(decider(Steeper()), instead=gaussian).holds_instead == ("the paper's",)


def test_a_law_that_is_to_break_is_supported_when_it_does() -> None:
    assert law(decider(), breaks=True).verdict is Verdict.REFUTED
    broken = law(decider(Steeper()), breaks=True)
    assert broken.verdict is Verdict.SUPPORTED
    assert broken.twins_seen == ()


def test_resolution_is_the_least_relative_error_the_draws_refute() -> None:
    resolution = variance(decider()).resolution
    assert resolution is not None

    class Off(PaperTheory):
        def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
            return super().jacobian_entry_variance(spec) * (1 + resolution)

    assert variance(decider(Off())).verdict is Verdict.REFUTED
    assert resolution < 0.06


def test_the_margin_is_the_exact_finite_width_distance_and_the_levels_discrepancy() -> None:
    finding = law(decider())
    assert finding.margin.finite_width == entry_law(SPEC).distance_to_gaussian()
    assert finding.margin.discrepancy == LEVELS["quick"].law
    assert finding.region == (0.0, finding.margin.total)
    assert finding.curve is not None
    assert finding.curve.draws == 10_000


def test_a_law_unknown_for_an_architecture_is_not_applicable_with_the_reason() -> None:
    decide = decider(spec=NetworkSpec("my.own:factory", 50, 3, 60, 5, 1.8, 0.0, ReLULike(1, 0.1)))
    decide.cell = replace(decide.cell, engine="dense")
    finding = law(decide)
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "my.own:factory" in finding.reason
    assert finding.alpha == 0
    assert math.isnan(finding.estimate)


def test_offsets_without_biases_are_not_applicable() -> None:
    bare = replace(SPEC, bias_variance=0.0)
    finding = decider(spec=bare).mean_ratio(
        joint.offset,
        statistic=lambda draws: draws[:, 1],
        probe=ANYWHERE,
        reference=lambda theory: theory.offset_variance(bare),
        tail=lambda: Tail(offset_moment(bare, 2), offset_moment(bare, 4)),
    )
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "bias" in finding.reason
