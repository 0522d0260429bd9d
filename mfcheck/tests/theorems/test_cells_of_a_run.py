"""Claims with no cell for an architecture of one's own say why."""

from __future__ import annotations

from mfcheck import Cell, Claim
from mfcheck.settings import Settings, level_named
from mfcheck.theorems.cells_of_a_run import cells_of


def test_claims_with_no_cell_for_an_architecture_say_why() -> None:
    settings = Settings(0, level_named("quick"), architectures=("vanilla", "own:Net"))

    def nowhere(id: str) -> list[Cell]:
        return cells_of(Claim(id, "Nothing.", lambda settings: []), settings)

    cells = nowhere("thm5.4/nothing")
    assert [cell.spec.architecture for cell in cells] == ["own:Net"]
    assert "vanilla and residual networks alone" in cells[0].inapplicable
    assert nowhere("toy.1/nothing") == []
