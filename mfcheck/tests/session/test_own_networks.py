"""Audits of networks of which the truth is known: exact cases that are not refuted, and planted faults that are."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import mfcheck
from mfcheck import Verdict
from mfcheck.findings.states import claims_of, state
from mfcheck.tests.support.exact_factories import EXACT, ORDINARY

EVERY = ["audit/euler-degree", "audit/variance-early", "preflight/*", "thm4.1/entries-variance"]
EVERY += ["audit/capacity-per-layer", "audit/linear-in-budget", "audit/offset-zero"]
FIXED_RANK = ("LowRank", "LowRankTwo")
"""Of which J has that rank at every width, and its largest singular value a half or all of its size."""


def refuted(report: mfcheck.Report) -> set[str]:
    return {finding.claim for finding in report.findings if finding.verdict is Verdict.REFUTED}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("factory", [*EXACT, *ORDINARY])
def test_an_exact_case_is_not_refuted(factory_paths: Callable[[str], str], factory: str, seed: int) -> None:
    claims = EVERY if factory in FIXED_RANK else [*EVERY, "audit/norm-bound"]
    report = mfcheck.audit(factory_paths(factory), claims, seed=seed, alpha=1e-4)
    assert not report.errors
    assert refuted(report) == set()


def test_a_jacobian_of_rank_one_passes_the_bound_at_every_width(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("LowRank"), ["audit/norm-bound"], seed=1, alpha=1e-2)
    (found,) = (one for one in report.findings if one.parameters["pair"] == "2-2")
    assert found.verdict is Verdict.REFUTED
    assert found.estimate == pytest.approx(math.log(2))  # ‖J‖ = √K √(mean of rows), of four outputs


@pytest.mark.parametrize("factory", ["Heavier", "FanOut", "Forgotten", "HeavierBeside", "HugeOutput"])
def test_a_planted_variance_is_refuted_by_name(factory_paths: Callable[[str], str], factory: str) -> None:
    report = mfcheck.audit(factory_paths(factory), ["preflight/weight-variance"], seed=1, alpha=1e-3)
    groups = {finding.parameters["layers"] for finding in report.findings if finding.verdict is Verdict.REFUTED}
    assert groups == {"FanOut": {"input", "output"}, "HugeOutput": {"output"}}.get(factory, {"weights"})


def test_networks_that_are_dead_at_the_input_itself_are_refuted(factory_paths: Callable[[str], str]) -> None:
    """One in sixteen is 0 there, and is not where the input has the other sign."""
    report = mfcheck.audit(factory_paths("Bottleneck"), ["preflight/alive"], seed=1, alpha=1e-3)
    (found,) = report.findings
    assert (found.verdict, found.interval[1] < 0.99) == (Verdict.REFUTED, True)


def test_an_offset_that_is_declared_and_0_has_no_law(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("ZeroBiases"), ["audit/offset-law"], seed=1, alpha=1e-3)
    assert report.verdicts["audit/offset-law"] is Verdict.NOT_APPLICABLE
    assert all("is 0, and has no law; leave out homogeneous = False" in one.reason for one in report.findings)


def test_weights_that_stand_on_the_right_are_found(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("Beside"), ["preflight/weight-variance"], seed=1, alpha=1e-3)
    assert report.verdicts["preflight/weight-variance"] is Verdict.SUPPORTED


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["OmegaTenthHigh", "OmegaTenthLow"])
def test_a_wrong_omega_is_refuted(factory_paths: Callable[[str], str], factory: str) -> None:
    report = mfcheck.audit(factory_paths(factory), ["audit/growth-per-layer"], seed=1, alpha=1e-3)
    (omega,) = (one for one in report.findings if one.parameters["statement"] == "omega")
    assert omega.verdict is Verdict.REFUTED


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["Vanilla", "He", "Orthogonal", "Students", "Tied"])
def test_the_right_omega_is_supported(factory_paths: Callable[[str], str], factory: str) -> None:
    report = mfcheck.audit(factory_paths(factory), ["audit/growth-per-layer"], seed=1, alpha=1e-3)
    assert report.verdicts["audit/growth-per-layer"] is Verdict.SUPPORTED


def test_what_an_owner_expects_is_no_alarm(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("Owned"), ["preflight/weight-variance"], seed=1, alpha=1e-3)
    states = [state(finding) for claim in claims_of(report.record) for finding in claim["findings"]]
    assert sorted(states) == ["refuted, as expected", "supported", "supported"]
    (entry,) = report.record["expectations"]
    assert (entry["status"], entry["reason"]) == ("met", "a larger gain is meant")


def test_an_expectation_that_does_not_come_true_is_unmet(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("Straight"), ["preflight/alive"], seed=1, alpha=1e-3)
    (entry,) = report.record["expectations"]
    assert entry["status"] == "unmet"


def test_a_declaration_without_a_reason_is_refused_before_any_work(factory_paths: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match=r"Careless: expected refutation 1 lacks \['reason'\]; its keys are"):
        mfcheck.audit(factory_paths("Careless"), ["preflight/alive"], seed=1)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("Alike", "networks of .* from one generator are equal"),
        ("Dropping", "two passes of one network"),
        ("Wronged", "of its size off what short steps do"),
    ],
)
def test_plain_pytest_decides_nothing_of_networks_that_a_pre_flight_would_stop(
    factory_paths: Callable[[str], str],
    tmp_path: Path,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    factory: str,
    said: str,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))))
    command = ("--pyargs", "mfcheck.suite", "--import-mode=importlib", "-p", "no:cacheprovider", "--mf-no-cache")
    asked = (
        "--mf-claim",
        "thm5.1/linear-in-budget",
        "--mf-claim",
        "preflight/sound",
        "--mf-architecture",
        factory_paths(factory),
    )
    found = pytester.runpytest_subprocess(*command, *asked, "--mf-seed", "1")
    assert found.ret == pytest.ExitCode.TESTS_FAILED, str(found.stderr)
    report = json.loads((pytester.path / "reports" / "report.json").read_text())
    by_claim = {claim["id"]: claim for claim in claims_of(report)}
    assert by_claim["preflight/sound"]["verdict"] == "refuted"
    assert not [one for one in by_claim["thm5.1/linear-in-budget"]["findings"] if one["verdict"] != "not applicable"]
    errors = by_claim["thm5.1/linear-in-budget"]["errors"]
    assert errors
    assert all(re.search(f"nothing can be said of these networks: .*{said}", one["message"]) for one in errors)
