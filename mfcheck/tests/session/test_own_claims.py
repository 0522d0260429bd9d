"""Claims of any network: what is so is supported or granted, and what was planted is refuted, by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mfcheck import PaperTheory, Verdict
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.suite import suite_claims
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.finding import Finding
from mfcheck.settings import Settings, level_named
from mfcheck.theorems.cells_of_a_run import cells_of

SUPPORTED, REFUTED, SILENT = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.NOT_APPLICABLE


def findings(path: str, id: str, alpha: float = 1e-3) -> list[Finding]:
    """What one claim finds of an architecture, without a pre-flight."""
    settings = Settings(1, level_named("quick"), alpha, architectures=(path,))
    (claim, test), found, store = suite_claims()[id], [], ChunkStore()
    for cell in cells_of(claim, settings):
        decider = Decider(claim, cell, settings, PaperTheory(), store, "")
        if cell.inapplicable:
            decider.does_not_apply(cell.inapplicable)
        else:
            test(cell, decider)
        found += decider.findings
    return found


@pytest.mark.parametrize(
    ("factory", "verdict"), [("Vanilla", SUPPORTED), ("MuP", SUPPORTED), ("Hidden", REFUTED), ("Offset", SILENT)]
)
def test_an_offset_that_is_not_declared_is_refuted(
    factory_paths: Callable[[str], str], factory: str, verdict: Verdict
) -> None:
    (found,) = findings(factory_paths(factory), "audit/offset-zero")
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("factory", "verdicts"),
    [
        ("Offset", {"input-independent": SUPPORTED, "gaussian": SUPPORTED, "independent": SUPPORTED}),
        ("Tilted", {"input-independent": SUPPORTED, "gaussian": SUPPORTED, "independent": REFUTED}),
        ("Vanilla", {"input-independent": SILENT}),
    ],
)
def test_an_offset_that_knows_of_the_jacobian_is_refuted(
    factory_paths: Callable[[str], str], factory: str, verdicts: dict[str, Verdict]
) -> None:
    found = findings(factory_paths(factory), "audit/offset-law")
    assert {str(one.parameters["statement"]): one.verdict for one in found} == verdicts
    assert all(one.caveat.startswith("granted") == (one.parameters["statement"] == "gaussian") for one in found)


@pytest.mark.parametrize(("factory", "verdict"), [("Offset", SUPPORTED), ("Smooth", SUPPORTED), ("Rippled", REFUTED)])
def test_losses_that_do_not_grow_with_the_budget_are_refuted(
    factory_paths: Callable[[str], str], factory: str, verdict: Verdict
) -> None:
    found = findings(factory_paths(factory), "audit/linear-in-budget")
    assert len(found) == 9
    assert {one.verdict for one in found} == {verdict}


@pytest.mark.parametrize(("factory", "verdict"), [("Tied", SUPPORTED), ("OneSigned", REFUTED), ("Normed", SILENT)])
def test_layers_that_add_otherwise_to_the_capacity_are_refuted(
    factory_paths: Callable[[str], str], factory: str, verdict: Verdict
) -> None:
    (found,) = findings(factory_paths(factory), "audit/capacity-per-layer")
    assert found.verdict is verdict
    assert bool(found.reason) or verdict is not SILENT
