"""The width up to which adversarial training regularises more strongly than weight decay does."""

from __future__ import annotations

import math

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.theory.weight_decay import USUAL, crossing_width


@pytest.mark.parametrize(("decay", "width"), [(USUAL[0], 33_500), (USUAL[1], 6_700)])
def test_the_papers_setting_crosses_where_the_documentation_says(decay: float, width: int) -> None:
    for drawn in (256, 2000):
        spec = NetworkSpec("vanilla", 784, 10, drawn, 5, 2.0)
        pull = PaperTheory().regularisation(spec, 0.3, math.inf, math.inf)
        assert pull > decay
        assert crossing_width(pull, drawn, decay) == pytest.approx(width, rel=0.01)


@pytest.mark.parametrize("decay", [0.0, -1e-4, math.nan])
def test_no_decay_is_nothing_to_compare_with(decay: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        crossing_width(0.01, 256, decay)
