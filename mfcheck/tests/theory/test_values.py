"""What a formula gives is a number or a law, whoever made it: NumPy's numbers are numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.decisions.judgement import as_number
from mfcheck.findings.reading import report_of
from mfcheck.reporting.words.twins_table import verdict
from mfcheck.theory.changes import check_theory, numbers_at
from mfcheck.theory.reshaped import times
from mfcheck.theory.twins import twins, value_at, with_limits
from mfcheck.theory.values import is_law, number_of
from mfcheck.theory.watched import Reading

SPEC = NetworkSpec("vanilla", 31, 7, 150, 6, 1.7, 0.3)


class OfNumPy(PaperTheory):
    """The paper's, by NumPy."""

    def omega(self, spec: NetworkSpec) -> Any:
        gain = np.mean(np.square([spec.activation.u, spec.activation.v])) * spec.weight_variance
        return gain if spec.architecture == "vanilla" else 1 + gain

    def excess_kurtosis(self, spec: NetworkSpec) -> Any:
        return np.float64(PaperTheory().excess_kurtosis(spec))


class AsPython(OfNumPy):
    """The same in Python's numbers."""

    def omega(self, spec: NetworkSpec) -> Any:
        gain = float(np.mean(np.square([spec.activation.u, spec.activation.v])) * spec.weight_variance)
        return gain if spec.architecture == "vanilla" else 1 + gain


@pytest.mark.parametrize("kind", [float, int, np.float64, np.float32, np.int64, np.longdouble])
def test_numbers_are_numbers(kind: type) -> None:
    value = kind(2)
    assert not is_law(value)
    assert number_of(value) == as_number(value) == 2.0
    assert times(value, 1.5) == 3.0


def test_a_law_is_its_variance() -> None:
    law = stats.norm(scale=3.0)
    assert is_law(law)
    assert number_of(law) == as_number(law) == pytest.approx(9.0)


def test_a_theory_of_numpys_numbers_has_the_twins_and_values_of_one_of_pythons() -> None:
    check_theory(OfNumPy(), "mine:OfNumPy")
    assert value_at(OfNumPy(), "omega", (SPEC,)) == PaperTheory().omega(SPEC)
    assert numbers_at(OfNumPy(), "omega", (SPEC,)) == (PaperTheory().omega(SPEC),)
    usable = [twin for twin in twins(OfNumPy()) if not twin.equivalent]
    assert sum(twin.formula == "omega" for twin in usable) >= 2
    assert with_limits(OfNumPy()) == with_limits(AsPython()) == with_limits(PaperTheory())


class Adding(PaperTheory):
    """A formula of its own, and a change of one of the paper's that it does not read."""

    def row_energy(self, spec: NetworkSpec) -> float:
        return self.omega(spec) ** spec.depth

    def fisher_rao(self, spec: NetworkSpec) -> float:
        return 3 * super().fisher_rao(spec)


class AddingToChanged(Adding):
    """The same, of an ω of its own."""

    def omega(self, spec: NetworkSpec) -> float:
        return 1.2 * super().omega(spec)


@pytest.mark.parametrize(
    ("theory", "read", "seen"),
    [
        (Adding(), "row_energy", ("row_energy",)),
        (Adding(), "fisher_rao", ("fisher_rao",)),
        (Adding(), "omega", ()),
        (AddingToChanged(), "row_energy", ("omega", "row_energy")),
        (AddingToChanged(), "omega", ("omega",)),
    ],
)
def test_what_is_read_shows_the_changes_that_move_it_and_no_others(
    theory: PaperTheory, read: str, seen: tuple[str, ...]
) -> None:
    """A formula that the paper lacks has no value there, which every change would otherwise differ from."""
    reading, names = Reading(theory), list[str]()
    with reading.reads(names):
        getattr(reading.theory, read)(SPEC)
    assert tuple(names) == seen
    assert reading.moving(names, lambda theory: getattr(theory, read)(SPEC)) == seen


class Private(PaperTheory):
    """The paper's, by a helper that is private to its class."""

    def __gain(self, spec: NetworkSpec) -> float:
        return spec.activation.alpha * spec.weight_variance

    def omega(self, spec: NetworkSpec) -> float:
        return self.__gain(spec) + (spec.architecture == "residual")


class Closed(PaperTheory):
    """The paper's, by a function that is no method of its own."""

    omega = (lambda factor: lambda self, spec: factor * PaperTheory().omega(spec))(1.0)


def test_formulas_that_no_twin_can_be_made_of_are_told() -> None:
    assert sum(twin.formula == "omega" and not twin.equivalent for twin in twins(Private())) > 2
    assert not [twin for twin in twins(Closed()) if twin.formula == "omega"]
    changed = {"formulas": [{"formula": "omega", "status": "seen"}, {"formula": "_helper", "status": "seen"}]}

    def told(theory: PaperTheory) -> str:
        made = [{"name": twin.name, "formula": twin.formula, "status": "killed"} for twin in twins(theory)]
        return verdict(report_of({"theorems": [], "mutants": made, "theory_changes": changed}))

    assert told(Closed()).endswith("; none could be made of omega, which is no plain method")
    assert "none could be made" not in told(Private())
