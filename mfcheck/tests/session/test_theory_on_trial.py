"""A wrong theory is refuted by name where the paper's is supported."""

from __future__ import annotations

import pytest

from mfcheck.tests.support.runs import claims_of, journal, report, run
from mfcheck.tests.support.toy_claims import THEORIES

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.mark.parametrize("side", ["paper", "wrong"])
def test_a_wrong_theory_is_refuted_by_name_where_the_papers_is_supported(pytester: pytest.Pytester, side: str) -> None:
    pytester.makepyfile(theories=THEORIES)
    theory = ["--mf-theory", "theories:TooLarge"] if side == "wrong" else []
    result = run(
        pytester,
        *("--pyargs", "mfcheck.suite.test_thm_4_1_jacobian_law", "--mf-claim", "thm4.1/entries-gaussian"),
        *("-k", "wishart-vanilla-N500-L10", "--mf-seed", "3", "--mf-no-cache"),
        *theory,
    )
    assert result.ret == (1 if side == "wrong" else 0)
    found = report(pytester)
    assert found["theory"] == ("theories:TooLarge" if side == "wrong" else "mfcheck.theory:PaperTheory")
    assert {id: claim["verdict"] for id, claim in claims_of(found).items()} == {
        "thm4.1/entries-gaussian": "refuted" if side == "wrong" else "supported"
    }
    told = any("formulas of this theory do not follow from each other" in line for line in result.outlines)
    assert told is (side == "wrong")
    if side == "wrong":
        result.stdout.fnmatch_lines(["*REFUTED thm4.1/entries-gaussian*"])
        result.stdout.fnmatch_lines(["Its formulas weight_variance, variance_rate do not follow from each other*"])
        assert "--mf-theory theories:TooLarge" in journal(pytester)[0]["reproduce"]


def test_a_beta_of_the_root_of_d_is_refuted_by_name(pytester: pytest.Pytester) -> None:
    """It bounds from above, 1.25 times too far: only a claim on how tight β is can see that."""
    pytester.makepyfile(theories=THEORIES)
    result = run(
        pytester,
        *("--pyargs", "mfcheck.suite.test_thm_5_1_limit", "--mf-claim", "thm5.1/bound-leading-order"),
        *(
            "-k",
            "inf-inf-sizes.many and theory",
            "--mf-seed",
            "3",
            "--mf-no-cache",
            "--mf-theory",
            "theories:RootOfInputs",
        ),
    )
    assert result.ret == 1
    (finding,) = journal(pytester)
    assert finding["verdict"] == "refuted"
    assert 0.79 < finding["estimate"] < 0.81  # √(2/π) is 0.798
    result.stdout.fnmatch_lines(["*REFUTED thm5.1/bound-leading-order*"])
