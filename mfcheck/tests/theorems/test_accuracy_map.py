"""Maps of trainability: which networks, how they train, what memory they need, and what a cell shows."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.decisions.probes import images
from mfcheck.observables.after_training import (
    ARM,
    ATTACKED,
    CLEAN,
    DIVERGED,
    FIRST,
    FIRST_AT_START,
    HELD_OUT_ATTACKED,
    LAST,
    LAST_AT_START,
    SIZE,
)
from mfcheck.settings import Settings, level_named
from mfcheck.statistics.rates import draws_needed_rate
from mfcheck.statistics.sequential import spent
from mfcheck.theorems import accuracy_map
from mfcheck.theorems.variance import UPPER

both = pytest.mark.parametrize("architecture", ["vanilla", "residual"])
every_level = pytest.mark.parametrize("level", list(accuracy_map.MAPS))


def settings(level: str, **more: str | Path) -> Settings:
    return Settings(seed=0, level=level_named(level), **more)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Memory that is free, in bytes: as much as one may want unless a test says otherwise. No data set is installed."""
    said = {"bytes": 2**50}
    monkeypatch.setattr("mfcheck.ensembles.memory.free_bytes", lambda device: said["bytes"])
    monkeypatch.setattr("mfcheck.theorems.accuracy_map.is_present", lambda dataset, data_dir: False)
    return said


# Which networks ------------------------------------------------------------------------------------------------


@both
@every_level
def test_a_map_has_every_width_and_depth_once(architecture: str, level: str) -> None:
    cells, size = list(accuracy_map.networks(architecture, settings(level))), accuracy_map.MAPS[level]
    grid = {(n, d) for n in size.widths for d in size.depths}
    assert len({cell.id for cell in cells}) == len(cells) == len(grid) + len(size.beside) * (architecture == "vanilla")
    assert {(cell.spec.width, cell.spec.depth) for cell in cells} >= grid
    for cell in cells:
        assert cell.spec.architecture == architecture
        assert cell.spec.input_dim == size.input_dim
        assert cell.engine == "dense"
        assert cell.details["dataset"] == "digits"
        assert bool(cell.figure) is (level == "paper")


@every_level
def test_vanilla_networks_start_at_gain_one_and_residual_ones_within_the_window(level: str) -> None:
    theory = PaperTheory()
    for cell in accuracy_map.networks("vanilla", settings(level)):
        assert theory.omega(cell.spec) == 1
    for over, inside in ((accuracy_map.INSIDE, True), (accuracy_map.OUTSIDE, False)):
        for cell in accuracy_map.networks("residual", settings(level), over):
            grown = theory.omega(cell.spec) ** cell.spec.depth
            assert (grown < UPPER) is inside
            assert 0.75 * UPPER < grown < 1.3 * UPPER  # near its edge, which is that of its own depth
            growth = theory.omega(cell.spec) - 1
            assert growth == pytest.approx(over * (UPPER ** (1 / cell.spec.depth) - 1))


@every_level
def test_levels_grow_and_a_cells_inputs_are_there(level: str) -> None:
    size = accuracy_map.MAPS[level]
    assert accuracy_map.BATCH <= size.trained < size.images <= 5000
    assert list(size.widths) == sorted(size.widths)
    assert list(size.depths) == sorted(size.depths)
    run = settings(level)
    cell = next(iter(accuracy_map.networks("vanilla", run)))
    probe = images(run, cell)
    assert probe.x.shape == (size.images, size.input_dim)
    assert probe.train == size.trained
    assert probe.labels is not None
    assert set(probe.labels) == set(range(10))
    assert np.linalg.norm(probe.x, axis=1) == pytest.approx(math.sqrt(size.input_dim))


@every_level
def test_networks_of_a_map_that_train_for_longer_are_on_it_and_theirs_is_a_source_of_its_own(level: str) -> None:
    size = accuracy_map.MAPS[level]
    assert set(size.longer) <= set(size.places("vanilla"))
    for (width, depth), steps in size.longer.items():
        assert steps >= 4 * size.steps
        spec = NetworkSpec("vanilla", size.input_dim, 10, width, depth, 2.0)
        longer, usual = accuracy_map.pairs(spec, steps), accuracy_map.pairs(spec, size.steps)
        assert f"in {steps} steps" in longer.name
        assert longer.passes == steps / size.steps * usual.passes


def test_a_network_of_level_quick_is_trained_again_for_longer_and_is_as_it_was() -> None:
    again = list(accuracy_map.networks("vanilla", settings("standard"), size=accuracy_map.AGAIN))
    quick = {cell.id: cell for cell in accuracy_map.networks("vanilla", settings("quick"))}
    assert {cell.id for cell in again} < set(quick)
    assert [cell.spec.depth for cell in again] == [max(accuracy_map.MAPS["quick"].depths)]
    assert accuracy_map.AGAIN.steps >= 10 * accuracy_map.MAPS["quick"].steps


@pytest.mark.parametrize("found", ["mnist", "fashion-mnist"])
def test_the_papers_map_is_on_the_papers_data_where_they_are_found(
    found: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def is_present(dataset: str, data_dir: Path | None) -> bool:
        asked.append(data_dir)
        return dataset == found

    monkeypatch.setattr("mfcheck.theorems.accuracy_map.is_present", is_present)
    run = settings("paper", data_dir=tmp_path)
    assert {cell.details["dataset"] for cell in accuracy_map.networks("vanilla", run)} == {found}
    assert set(asked) == {tmp_path}
    # No other level looks for them, and a data set that was asked for by name is kept.
    assert {cell.details["dataset"] for cell in accuracy_map.networks("vanilla", settings("quick"))} == {"digits"}
    noise = settings("paper", dataset="noise")
    assert {cell.details["dataset"] for cell in accuracy_map.networks("vanilla", noise)} == {"noise"}


# Memory --------------------------------------------------------------------------------------------------------


@both
def test_a_map_that_does_not_fit_is_refused_before_its_first_cell(architecture: str, free: dict[str, int]) -> None:
    free["bytes"] = 2**31
    cells = accuracy_map.networks(architecture, settings("paper"))
    with pytest.raises(ValueError, match=rf"the map of {architecture} networks to N = 2048, L = 50 need") as raised:
        next(cells)
    assert "2.0 GiB are free" in str(raised.value)


def test_a_map_that_fits_is_not_refused_and_residual_networks_need_more(free: dict[str, int]) -> None:
    needed = {}
    for architecture in ("vanilla", "residual"):
        low, high = 2**28, 2**40
        while high - low > 2**20:
            free["bytes"] = (low + high) // 2
            try:
                accuracy_map.check_memory(architecture, accuracy_map.MAPS["paper"], "auto")
            except ValueError:
                low = free["bytes"]
            else:
                high = free["bytes"]
        needed[architecture] = high
    values = 4 * 2048**2 * 50
    assert 3 * values < needed["vanilla"] < 6 * values
    assert needed["residual"] - needed["vanilla"] == pytest.approx(1.5 * values, rel=0.01)  # and rounded


def test_quick_needs_no_more_than_is_asked_of_anybody(free: dict[str, int]) -> None:
    free["bytes"] = 0
    for architecture in ("vanilla", "residual"):
        assert len(list(accuracy_map.networks(architecture, settings("quick")))) == 2


@both
@pytest.mark.parametrize("level", ["quick", "standard"])
def test_no_pair_of_a_map_is_trained_in_vain(architecture: str, level: str) -> None:
    for cell in accuracy_map.networks(architecture, settings(level)):
        most = accuracy_map.stack(cell.spec.width)
        size = accuracy_map.pairs(cell.spec, 100).chunk_draws(cell.spec, "dense")
        assert most % size == 0
        assert size == 1 or 4 * size * cell.spec.depth * cell.spec.width**2 <= 2**26


def test_quicks_map_trains_as_many_at_once_as_decide_with_one_exception() -> None:
    (width,) = accuracy_map.MAPS["quick"].widths
    needed = draws_needed_rate(0.5, alpha=spent(1e-6, 1), failures=1)
    assert accuracy_map.stack(width) == accuracy_map.SMALL == needed


# Training ------------------------------------------------------------------------------------------------------


SPEC = NetworkSpec("vanilla", 49, 10, 24, 10, 2.0)


@given(st.integers(2, 500), st.integers(1, 50), st.integers(1, 1000))
def test_all_networks_train_for_as_long_in_units_of_their_kernel(width: int, depth: int, steps: int) -> None:
    spec = NetworkSpec("vanilla", 49, 10, width, depth, 2.0)
    time = accuracy_map.training_time(spec, steps)
    assert time * width * depth == pytest.approx(accuracy_map.SPEED * steps / (1 - accuracy_map.MOMENTUM))
    assert accuracy_map.rule(spec).lr == pytest.approx(accuracy_map.SPEED / (width * depth))
    assert accuracy_map.training_time(spec, 2 * steps) == pytest.approx(2 * time)


def test_a_step_of_momentum_is_worth_its_geometric_series_of_time() -> None:
    """Along a constant slope k steps go lr·(k/(1 − μ) − …): as far as a flow goes in the training time."""
    rule, steps, place, velocity = accuracy_map.rule(SPEC), 4000, 0.0, 0.0
    for _ in range(steps):
        velocity = rule.momentum * velocity + 1.0
        place += rule.lr * velocity
    assert place == pytest.approx(accuracy_map.training_time(SPEC, steps), rel=0.01)


def test_the_objective_is_the_practitioners() -> None:
    objective = accuracy_map.objective()
    assert (objective.name, objective.eps, objective.p, objective.q) == ("attacked", 0.3, math.inf, math.inf)


def test_whether_the_theory_has_them_leave_the_window_in_time_is_one() -> None:
    theory = PaperTheory()
    at = accuracy_map.collapse_over_training(theory, SPEC, 200)
    collapse = theory.collapse_time(SPEC, 0.3, math.inf, math.inf, 0.1)
    assert at == pytest.approx(collapse / accuracy_map.training_time(SPEC, 200))
    assert accuracy_map.collapse_over_training(theory, SPEC, 400) == pytest.approx(at / 2)
    wider = NetworkSpec("vanilla", 49, 10, 48, 10, 2.0)
    assert accuracy_map.collapse_over_training(theory, wider, 200) == pytest.approx(4 * at)  # T ∝ N, training ∝ 1/N
    assert accuracy_map.collapse_over_training(theory, NetworkSpec("residual", 49, 10, 24, 10, 0.2), 200) == math.inf


def test_a_cell_shows_medians_of_both_arms_and_shares() -> None:
    draws = np.zeros((4, 2 * ARM))
    draws[:, CLEAN], draws[:, ARM + CLEAN] = (0.1, 0.2, 0.4, 1.0), (0.3, 1.0, 1.0, 1.0)
    draws[:, ATTACKED], draws[:, HELD_OUT_ATTACKED], draws[:, SIZE] = 0.25, 0.125, (1.0, 1.5, 1.5, 9.0)
    draws[:, FIRST], draws[:, LAST], draws[:, FIRST_AT_START], draws[:, LAST_AT_START] = 1.0, 2.0, 5.0, 4.0
    draws[:, ARM + FIRST], draws[:, ARM + FIRST_AT_START] = 3.0, 1.0
    draws[0, ARM + DIVERGED] = 1
    curve = accuracy_map.place(PaperTheory(), SPEC, 200, draws)
    assert (curve.kind, curve.x, curve.draws) == ("map", (10.0,), 4)
    assert curve.measured == pytest.approx((0.3,))
    assert curve.predicted == (accuracy_map.collapse_over_training(PaperTheory(), SPEC, 200),)
    one = {name: values[0] for name, values in curve.series.items() if len(values) == 1}
    assert (one["control"], one["attacked"], one["held-out attacked"]) == (1.0, 0.25, 0.125)
    assert (one["variance"], one["ω^L"]) == (1.5, 1.5**10)
    assert (one["diverged"], one["control diverged"], one["undecided"]) == (0.0, 0.25, 0.25)
    assert (one["gradient first/last"], one["gradient first/last at the start"]) == (0.5, 1.25)
    assert (one["first gradient over its start"], one["control first gradient over its start"]) == (0.2, 3.0)
    assert curve.series["both fit"][:2] == (0.25, 0.25)
    assert curve.series["only the control fits"][:2] == (0.5, 0.75)
    assert curve.series["nothing fits"][:2] == (0.0, 0.25)
