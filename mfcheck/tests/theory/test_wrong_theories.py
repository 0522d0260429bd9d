"""The wrong theories are wrong where they say, and right on the grid where they say; the right ones are the paper's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory, ReLULike
from mfcheck.tests.support.right_theories import RIGHT
from mfcheck.tests.support.wrong_theories import WRONG, Wrong
from mfcheck.theory.changes import changes, check_theory
from mfcheck.theory.loading import load_theory
from mfcheck.theory.twins import formulas, parameters, value_at

PAPER, INF = PaperTheory(), math.inf
RELU, LEAKY, ABSOLUTE = ReLULike(), ReLULike(1, 0.2), ReLULike(1, -1)
AS_GOOD_AS_RIGHT = 0.02
"""A difference that quick's claims take for none."""
PAIRS = ((1, 1), (1, 2), (1, INF), (2, 1), (2, 2), (2, INF), (INF, 1), (INF, 2), (INF, INF), (4, 1.5))
SIZES = ((49, 1), (196, 3), (200, 1), (784, 10), (1024, 8), (300, 300), (16384, 2))
DRAWN = (
    NetworkSpec("vanilla", 784, 10, 500, 6, 2.0, 0.0, RELU),
    NetworkSpec("vanilla", 1000, 1, 5000, 10, 2.0, 0.0, RELU),
    NetworkSpec("vanilla", 49, 1, 24, 2, 1.8, 0.1, LEAKY),
    NetworkSpec("vanilla", 4, 1, 16, 1, 1.0, 0.0, ABSOLUTE),
    NetworkSpec("vanilla", 784, 1, 1000, 5, 2.3, 0.0, RELU),
    NetworkSpec("residual", 784, 10, 500, 6, 0.3, 0.5, RELU),
    NetworkSpec("residual", 49, 1, 24, 2, 2.2, 0.0, LEAKY),
    NetworkSpec("residual", 784, 1, 100_000, 8, 1.0, 0.0, LEAKY),
    NetworkSpec("residual", 784, 1, 32, 2, 6.4868, 0.0, RELU),
)
"""Networks whose Jacobians quick draws, in kind."""
PAIRED = (
    NetworkSpec("vanilla", 784, 10, 14, 1, 1.2, 0.0, ABSOLUTE),
    NetworkSpec("vanilla", 784, 10, 60, 3, 2.2, 0.0, RELU),
    NetworkSpec("vanilla", 784, 10, 2000, 5, 1.9, 0.0, RELU),
    NetworkSpec("residual", 784, 10, 40, 2, 0.8, 0.0, LEAKY),
)
"""Networks of which it draws two entries together."""
BIASED = (
    NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0, 0.5, LEAKY),
    NetworkSpec("vanilla", 4, 1, 24, 1, 1.6, 0.5, RELU),
    NetworkSpec("residual", 784, 10, 500, 8, 0.3, 0.5, RELU),
)
"""Networks of which it draws the offset."""
DEPENDENT = tuple(NetworkSpec(name, 4, 1, 24, 1, 1.6, 0.5, RELU) for name in ("vanilla", "residual"))
"""Networks of which it draws offset and Jacobian together."""
TRAINED = (
    NetworkSpec("vanilla", 784, 10, 256, 5, 2.0),
    NetworkSpec("vanilla", 784, 1, 10**6, 9, 2.0),
    NetworkSpec("vanilla", 784, 1, 10**6, 5, 2.3),
    NetworkSpec("vanilla", 49, 1, 128, 2, 1.6),
    NetworkSpec("vanilla", 784, 10, 256, 10, 2.0),
    NetworkSpec("residual", 784, 10, 256, 5, 0.1),
    NetworkSpec("residual", 4096, 1, 10_000, 3, 0.6),
)
"""Networks without biases, of ReLU, whose bounds, pull and capacity it measures."""
HEAVY = tuple(NetworkSpec(name, 4, 10, 16, 3, 0.8, 4.0) for name in ("vanilla", "residual"))
"""Networks of which it measures what biases add to capacity."""
ONE = {"offset": BIASED, "offset_variance": BIASED, "offset_square_ratio": DEPENDENT, "fisher_rao_of_biases": HEAVY}
ONE |= {"apart_square_ratio": PAIRED, "shared_square_ratio": PAIRED}
ONE |= dict.fromkeys(("fisher_rao", "full_fisher_rao", "standard_rate"), TRAINED)


def grid_places(formula: str) -> Iterator[tuple[Any, ...]]:
    """Places of the kind that quick's cells look at, when these theories were written."""
    taken = parameters(PAPER, formula)
    if taken == ("spec",):
        yield from ((spec,) for spec in ONE.get(formula, DRAWN))
    elif taken[0] == "p":
        read = PAIRS if formula == "beta" else [(2, INF), (INF, INF)]  # where the paper's constant is not Chevet's
        yield from ((*pair, *sizes) for pair in read for sizes in SIZES)
    else:
        for spec in TRAINED:
            for pair in PAIRS if taken[-1] == "q" else PAIRS[5:6] + PAIRS[8:9]:
                for eps in (1e-8, 0.001, 0.3):
                    attack = (eps, *pair)
                    yield from last(taken[-1], spec, attack)


def last(name: str, spec: NetworkSpec, attack: tuple[float, float, float]) -> Iterator[tuple[Any, ...]]:
    """A network under an attack: at some shares of its half-life, about, or down to the window's lower edge."""
    if name == "lower":
        if spec.architecture == "vanilla" and PAPER.omega(spec) ** spec.depth > 0.1:
            yield (spec, *attack, 0.1)
    elif name == "t":
        life = 0.7 * spec.weight_variance / -PAPER.variance_rate(spec, *attack)
        yield from ((spec, *attack, share * life) for share in (0.0, 0.3, 1.0))
    else:
        yield (spec, *attack)


def apart(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> float:
    """How far a formula is from the paper's at a place: relative, of laws in sup-distance where that is more."""
    mine, papers = value_at(theory, formula, place), value_at(PAPER, formula, place)
    if mine is None or papers is None:
        return 0.0 if mine is papers else INF
    off = abs(mine / papers - 1)
    law = getattr(PAPER, formula)(*place)
    if not hasattr(law, "cdf"):
        return off
    t = np.linspace(-6, 6, 1201) * math.sqrt(papers)
    return max(off, float(np.abs(law.cdf(t) - getattr(theory, formula)(*place).cdf(t)).max()))


def name(case: Any) -> str:
    return getattr(case, "name", None) or case.__name__


def test_there_are_forty_wrong_theories_of_every_formula_about_half_off_the_grid_and_ten_right_ones() -> None:
    assert len({one.name for one in WRONG}) == len(WRONG) == 40
    assert {one.formula for one in WRONG} == set(formulas(PAPER))
    assert 16 <= sum(one.on_grid for one in WRONG) <= 24
    assert len(set(RIGHT)) == len(RIGHT) == 10


@pytest.mark.parametrize("wrong", WRONG, ids=name)
def test_a_wrong_theory_can_be_put_on_trial_and_changes_one_formula(wrong: Wrong) -> None:
    loaded = load_theory(f"{wrong.theory.__module__}:{wrong.name}")
    assert [change.name for change in changes(loaded)] == [wrong.formula]
    assert wrong.says.endswith(".")


@pytest.mark.parametrize("wrong", WRONG, ids=name)
def test_a_wrong_theory_is_wrong_where_it_says(wrong: Wrong) -> None:
    law = hasattr(getattr(PAPER, wrong.formula)(*wrong.place), "cdf")
    assert (AS_GOOD_AS_RIGHT if law else 0.1) < apart(wrong.theory(), wrong.formula, wrong.place) <= 2


@pytest.mark.parametrize("wrong", WRONG, ids=name)
def test_a_wrong_theory_is_far_off_on_the_grid_only_if_it_says_so(wrong: Wrong) -> None:
    farthest = max(apart(wrong.theory(), wrong.formula, place) for place in grid_places(wrong.formula))
    assert (farthest > AS_GOOD_AS_RIGHT) == wrong.on_grid


@pytest.mark.parametrize("wrong", [one for one in WRONG if one.formula in ("jacobian_entry", "offset")], ids=name)
def test_a_wrong_law_has_the_mean_and_variance_that_it_says(wrong: Wrong) -> None:
    law = getattr(wrong.theory(), wrong.formula)(*wrong.place)
    values = law.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert values.var() == pytest.approx(law.var(), rel=0.01)
    assert values.mean() == pytest.approx(law.mean(), abs=0.01 * math.sqrt(law.var()))
    assert law.var() == pytest.approx(getattr(PAPER, wrong.formula)(*wrong.place).var(), rel=0.03)


# What is right --------------------------------------------------------------------------------------------------

SLOPES = st.sampled_from([1.0, 0.5, 1.3]), st.sampled_from([0.0, 0.2, 0.5, -1.0])
NETWORKS = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.integers(1, 3000),
    output_dim=st.integers(1, 100),
    width=st.integers(2, 100_000),
    depth=st.integers(1, 50),
    weight_variance=st.floats(0.2, 6.0),
    bias_variance=st.floats(0.01, 4.0),
    activation=st.builds(ReLULike, *SLOPES),
)
NORMS = st.sampled_from([*PAIRS, (1.5, 3.0), (3.0, 3.0)])


def place_of(formula: str, spec: NetworkSpec, eps: float, pair: tuple[float, float], share: float) -> tuple[Any, ...]:
    """A formula's arguments: t up to about a half-life, m down to a thousandth of ω^L."""
    taken = parameters(PAPER, formula)
    if taken[0] == "p":
        return (*pair, spec.input_dim, spec.output_dim)
    more: dict[str, Any] = {}
    if "t" in taken:
        more["t"] = 0.5 * share * spec.weight_variance / -PAPER.variance_rate(spec, eps, *pair)
    if "lower" in taken:
        top = PAPER.omega(spec) ** spec.depth if spec.architecture == "vanilla" else 1.0
        more["lower"] = top * 10 ** (-3 * share - 0.01)
    return tuple({"spec": spec, "eps": eps, "p": pair[0], "q": pair[1], **more}[one] for one in taken)


@pytest.mark.parametrize("kind", RIGHT, ids=name)
@settings(max_examples=60, deadline=None)
@given(NETWORKS, st.floats(1e-8, 1.0), NORMS, st.floats(0.0, 1.0))
def test_a_right_theory_is_the_papers_everywhere(
    kind: type[PaperTheory], spec: NetworkSpec, eps: float, pair: tuple[float, float], share: float
) -> None:
    (change,) = changes(kind())
    assert apart(kind(), change.name, place_of(change.name, spec, eps, pair, share)) < 1e-9


@pytest.mark.parametrize("kind", RIGHT, ids=name)
def test_a_right_theory_can_be_put_on_trial(kind: type[PaperTheory]) -> None:
    check_theory(kind(), kind.__name__)
    assert (kind.__doc__ or "").endswith(".")
