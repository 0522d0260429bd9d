"""A statistic gives its verb one row of real numbers for every network, or the cell is an error in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.majority import Mostly
from mfcheck.decisions.shapes import Statistic, WrongShapeError, bounds, columns, marks, numbers, rows
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.statistics.means import Tail
from mfcheck.tests.support.bounded_draws import AROUND, NONE, SPEC, decider, first
from mfcheck.tests.support.toy_samples import sample

DRAWS = np.linspace(1.0, 2.0, 20).reshape(10, 2)
WRONG: dict[str, tuple[Statistic, str]] = {
    "each ten times": (lambda d: np.repeat(d[:, 0], 10), "it gave an array [100] of float64"),
    "too few": (lambda d: d[:3, 0], "it gave an array [3] of float64"),
    "their mean": (lambda d: d.mean(), "it gave one float64"),
    "nothing": (lambda d: None, "it gave one NoneType"),  # type: ignore[arg-type, return-value]
    "the other way round": (lambda d: d.T, r"it gave an array \[2, 10\] of float64"),
    "complex ones": (lambda d: d[:, 0] + 0j, "it gave an array [10] of complex128"),
    "texts": (lambda d: d[:, 0].astype(str), r"it gave an array [10] of <U"),
    "objects": (lambda d: d[:, 0].astype(object), "it gave an array [10] of object"),
    "three columns": (lambda d: np.stack([d[:, 0]] * 3, axis=1), "it gave an array [10, 3] of float64"),
}


@pytest.mark.parametrize(("statistic", "said"), WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("verb", [numbers, bounds, marks, lambda one: columns(one, 2), rows])
def test_what_is_no_row_for_each_draw_is_refused(
    verb: Callable[[Statistic], Statistic], statistic: Statistic, said: str
) -> None:
    if verb is rows and "[10, 3]" in said:
        assert verb(statistic)(DRAWS).shape == (10, 3)
        return
    with pytest.raises(WrongShapeError) as caught:
        verb(statistic)(DRAWS)
    assert str(caught.value).startswith("a statistic must give ")
    assert said.replace("\\", "") in str(caught.value)


def test_what_each_verb_takes_is_let_through() -> None:
    one, two, yes = DRAWS[:, 0], DRAWS, DRAWS[:, 0] > 1.5
    for verb, taken in ((numbers, (one, yes)), (bounds, (one, two)), (marks, (yes, np.stack([yes, yes], 1)))):
        for values in taken:
            found = verb(lambda d, values=values: values)(DRAWS)
            assert found.dtype == np.float64
            assert np.array_equal(found, values)
    assert np.array_equal(columns(lambda d: d, 2)(DRAWS), DRAWS)
    assert numbers(lambda d: torch.as_tensor(d[:, 0]).tolist())(DRAWS).tolist() == one.tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", [numbers, lambda one: columns(one, 3)])
def test_other_columns_than_are_taken_are_refused(verb: Callable[[Statistic], Statistic]) -> None:
    with pytest.raises(WrongShapeError, match=r"for each of 10 draws, an array \[10(, 3)?\] of real numbers; it gave"):
        verb(lambda d: d)(DRAWS)


def test_bounds_in_the_wrong_order_and_marks_that_are_none_are_refused() -> None:
    with pytest.raises(WrongShapeError, match="bounds of it, the lower one first; it gave them reversed"):
        bounds(lambda d: d[:, ::-1])(DRAWS)
    with pytest.raises(WrongShapeError, match=r"whether it has a property, .* as 0 or 1; it gave other numbers"):
        marks(lambda d: d[:, 0])(DRAWS)
    for rival in (Rival(lambda d: d[:, ::-1], 1.0, 1.1), Mostly(lambda d: d[:, 0])):
        with pytest.raises(WrongShapeError, match="a statistic must give"):
            rival.judge(DRAWS, 0.1)


def twice(draws: Floats) -> Floats:
    return np.repeat(draws[:, 0], 2)


def reference(theory: Any) -> float:
    return float(theory.omega(SPEC))


VERBS: dict[str, Callable[[Decider], object]] = {
    "mean_ratio": lambda d: d.mean_ratio(AROUND, statistic=twice, reference=reference, tail=lambda: Tail(1.1, 1.5)),
    "negligible": lambda d: d.negligible(AROUND, statistic=twice, scale=reference, tail=lambda: Tail(1.1, 1.5)),
    "share": lambda d: d.share(AROUND, statistic=twice, reference=reference, allowance=lambda: NONE),
    "majority": lambda d: d.majority(AROUND, property=lambda draws: twice(draws) > 0),
    "median_ratio": lambda d: d.median_ratio(
        AROUND, statistic=twice, reference=reference, allowance=lambda: NONE, delta=0.1, spread=0.1
    ),
    "median_within": lambda d: d.median_within(AROUND, statistic=twice, name="it", low=0.9, high=1.1, origin="none"),
    "median_beyond": lambda d: d.median_beyond(
        AROUND, statistic=twice, reference=reference, threshold=0.5, beside="it", origin="none"
    ),
    "pilot": lambda d: d.median_ratio(
        AROUND, statistic=twice, reference=reference, allowance=lambda: NONE, delta=0.1, pilot=16
    ),
    "calibrate": lambda d: d.calibrate(AROUND, twice, SPEC),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_no_verb_counts_a_network_twice(verb: Callable[[Decider], object]) -> None:
    decide = decider()
    with pytest.raises(WrongShapeError, match=r"^thm5.1/bound-limit on around the bound: a statistic must .*draws"):
        verb(decide)
    assert decide.findings == []


def test_a_share_of_what_is_no_property_is_refused() -> None:
    with pytest.raises(WrongShapeError, match="as 0 or 1; it gave other numbers"):
        decider().rate(AROUND, component=0)


def test_medians_are_one_only_among_several_inputs() -> None:
    from mfcheck.decisions.same_medians import SameMedian

    with pytest.raises(ValueError, match="at least two inputs to look at, got 1"):
        decider()(
            SameMedian(AROUND, statistic=first, delta=0.1, looks_at=lambda settings, cell: Probe(np.ones((1, 4))))
        )


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        (lambda spec, probe, stream, n: stream.normal(n, 2).repeat(3, 1), "it drew [48, 2] of torch.float64"),
        (lambda spec, probe, stream, n: stream.normal(n)[:5], "it drew [5] of torch.float64"),
        (lambda spec, probe, stream, n: stream.normal(n).to(torch.complex64), "it drew [16] of torch.complex64"),
        (lambda spec, probe, stream, n: stream.normal(n).numpy(), "it drew ndarray"),
        (lambda spec, probe, stream, n: stream.normal(n).mean(), "it drew [] of torch.float64"),
    ],
)
def test_a_source_draws_a_row_for_each_network(drawn: Any, shown: str) -> None:
    source = Source("odd ones", {"wishart": drawn}, {"wishart": False})
    with pytest.raises(ValueError, match="odd ones must draw a tensor of 16 rows of real numbers") as caught:
        sample(source, store=ChunkStore()).first(16)
    assert str(caught.value).endswith(shown)
