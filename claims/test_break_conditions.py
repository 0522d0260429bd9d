"""Where the theory says it must fail; supported means that it does."""

from __future__ import annotations

from collections.abc import Iterator

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.decider import Decider
from mfcheck.observables import attacked
from mfcheck.probes import image
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import entry_law


def attacked_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 1.8, "residual": 1.0}[architecture]
            yield Cell(NetworkSpec(architecture, 49, 1, 24, 2, variance), "dense", {"dataset": settings.dataset})


@claim("break/attacked-input", cells=attacked_cells)
def test_attacked_input(cell: Cell, decide: Decider) -> None:
    """At an input chosen against the network, within ‖η‖₂ ≤ ‖x‖ of an image, the law of J is another one."""
    decide.law(
        attacked.entry_at_attack,
        component=0,
        probe=image(decide.settings, cell),
        reference=lambda theory: theory.jacobian_entry(cell.spec),
        finite_width=lambda: entry_law(cell.spec).distance_to_gaussian(),
        breaks=True,
    )
