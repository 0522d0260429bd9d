"""Origins of margins that differ in numbers alone are told once, with the range of each number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mfcheck.reporting.words.origins import in_common, kind

WORDS = ("exact at this width", "finite width (docs/theory.md#overlap)", "granted E X⁴ ≤", "of order d^(-2/3)", "# 1")


@given(st.lists(st.tuples(st.floats(0, 1e9), st.integers(0, 10**6)), min_size=1, max_size=5), st.sampled_from(WORDS))
def test_origins_of_one_kind_are_those_that_differ_in_numbers(numbers: list[tuple[float, int]], words: str) -> None:
    told = [f"{words} {share:.4g}, and {count} more" for share, count in numbers]
    assert len({kind(one) for one in told}) == 1
    assert all(kind(one) != kind(f"{one} at most") for one in told)
    said = in_common(told)
    assert said.startswith(words)
    if len(set(told)) == 1:
        assert said == told[0]


def test_a_kind_tells_the_range_of_what_differs_and_nothing_else() -> None:
    told = [
        f"exact at this width, {share} of the limit; K = 1 (docs/theory.md#moments)" for share in (0.9971, 1.014, 1)
    ]
    assert in_common(told) == "exact at this width, 0.997 to 1.01 of the limit; K = 1 (docs/theory.md#moments)"
    assert in_common(["slack 2e-05", "slack 2.04e-05"]) == "slack 2.0 × 10⁻⁵"
    assert in_common(["below by -0.1", "below by -0.3"]) == "below by −0.3 to −0.1"
    assert kind("a #") != kind("a 1")
    assert kind("0.5N") != kind("1.5N")
    assert kind("d^(-2/3) of N1000") == kind("d^(-2/5) of N1000") != kind("d^(-2/5) of N100")
