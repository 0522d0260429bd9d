"""Reports of several seeds say together what their draws allow, and are pooled only where they are of one kind."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mfcheck.ensembles import import_closure
from mfcheck.findings.baseline import reduced
from mfcheck.findings.pooled import APART, CONTRADICT, Pooled, pooled
from mfcheck.findings.record import as_plain, assemble, code_of
from mfcheck.findings.regimes import GRANTED
from mfcheck.tests.support.settings import make_finding, make_settings
from mfcheck.theory.loading import PAPER_THEORY

ERROR = ({"id": "thm4.1/b", "says": "B holds."}, {"cell": "c1", "message": "it broke"})


def report(seed: int, *findings: dict[str, Any], errors: tuple[Any, ...] = ()) -> dict[str, Any]:
    made = [as_plain(make_finding(**finding)) for finding in findings]
    return assemble(replace(make_settings(), seed=seed), made, errors)


def pool(*each: dict[str, Any], **changes: Any) -> Pooled:
    return pooled({f"run {seed}": report(seed, one) for seed, one in enumerate(each)})


@pytest.mark.parametrize(
    ("verdicts", "together", "note"),
    [
        (("supported", "supported"), "supported", ""),
        (("supported", "undecided"), "supported", ""),
        (("refuted", "undecided"), "refuted", ""),
        (("supported", "refuted"), "undecided", CONTRADICT),
        (("not applicable", "supported"), "supported", ""),
        (("not applicable", "not applicable"), "not applicable", ""),
    ],
)
def test_a_verdict_of_one_seed_holds_unless_another_contradicts_it(
    verdicts: tuple[str, str], together: str, note: str
) -> None:
    found = pool(*({"verdict": verdict} for verdict in verdicts))
    (one,) = found.findings
    assert (one.state, one.note) == (together, note)
    assert one.by_seed == dict(enumerate(verdicts))
    assert found.theorems["thm4.1"] == (together, verdicts)
    assert bool(found.failing) == (together not in ("supported", "not applicable"))


@pytest.mark.parametrize(
    "kind", [{}, {"breaks": True, "side": "below"}, {"caveat": f"{GRANTED}the tail"}, {"expected": ""}]
)
def test_what_all_seeds_leave_open_stays_open(kind: dict[str, Any]) -> None:
    for intervals in product(((0.9, 1.04), (0.96, 1.2), (0.7, 0.94), (1.06, 1.2)), repeat=2):
        each = ({"verdict": "undecided", "interval": one, "engine": "dense", **kind} for one in intervals)
        found = pool(*each)
        assert found.findings[0].state == "undecided"
        assert found.failing, "what gates is to be decided"


@pytest.mark.parametrize(
    ("engine", "references", "together", "note"),
    [
        ("wishart", (1.0, 1.0), "undecided", APART),
        ("wishart", (1.0, 1.01), "supported", ""),  # the theory's value is another one
        ("dense", (1.0, 1.0), "supported", ""),  # which images a seed picks may move θ
    ],
)
@pytest.mark.parametrize("verdicts", [("supported", "supported"), ("supported", "undecided")])
def test_intervals_for_one_number_that_share_nothing_contradict_each_other(
    engine: str, references: tuple[float, float], together: str, note: str, verdicts: tuple[str, str]
) -> None:
    intervals = (0.96, 0.98), (1.02, 1.04)
    each = [
        {"verdict": verdict, "interval": interval, "reference": reference, "engine": engine}
        for verdict, interval, reference in zip(verdicts, intervals, references, strict=True)
    ]
    for order in (each, each[::-1]):
        (one,) = pool(*order).findings
        assert (one.state, one.note) == (together, note)


def test_findings_of_a_cell_belong_together_by_what_they_measure() -> None:
    x, y = {"statistic": "x"}, {"statistic": "y", "verdict": "undecided"}
    found = pooled({"a": report(1, x, y), "b": report(2, y), "c": report(3, y, x)})
    assert [(one.state, one.by_seed) for one in found.findings] == [
        ("supported", {1: "supported", 3: "supported"}),
        ("undecided", {1: "undecided", 2: "undecided", 3: "undecided"}),
    ]
    assert (len(found.by_all), len(found.by_some)) == (1, 1)


def test_as_many_findings_of_a_statistic_belong_together_and_others_are_not_paired() -> None:
    one, other = {"interval": (0.96, 0.97)}, {"interval": (1.03, 1.04)}
    whole, partly = report(1, one, other), report(2, other | {"verdict": "refuted"}, {"verdict": "not applicable"})
    states = [(found.state, found.by_seed) for found in pooled({"a": whole, "b": partly}).findings]
    assert states == [
        ("refuted", {2: "refuted"}),
        ("supported", {1: "supported", 2: "not applicable"}),
        ("supported", {1: "supported", 2: "not applicable"}),
    ]
    assert pooled({"a": whole, "b": report(2, one, other)}).findings[1].by_seed == {1: "supported", 2: "supported"}


def test_a_decision_without_a_name_counts_as_any_other() -> None:
    nameless = {"statistic": "", "verdict": "refuted"}
    found = pooled({"a": report(1, {}, nameless), "b": report(2, {}, nameless)})
    assert [one.state for one in found.findings] == ["refuted", "supported"]


def test_what_gates_is_known_by_its_name_whatever_a_file_says() -> None:
    one, other = report(1, {"verdict": "refuted"}), report(2, {"verdict": "undecided"})
    other["theorems"][0]["claims"][0]["findings"][0]["explored"] = True
    found = pooled({"a": one, "b": other})
    assert found.theorems["thm4.1"][0] == "refuted"
    assert found.failing


def test_a_cell_that_is_not_applicable_for_one_seed_takes_nothing_from_the_others() -> None:
    bare = {"cell": "c1", "engine": "dense", "verdict": "not applicable", "expected": ""}
    silent = report(3, {"verdict": "not applicable"})
    silent["theorems"][0]["claims"][0]["findings"] = [bare]  # a report may say no more of it
    found = pooled({"a": report(1, {}), "b": report(2, {"verdict": "undecided"}), "c": silent})
    assert [one.by_seed for one in found.findings] == [{1: "supported", 2: "undecided", 3: "not applicable"}]
    assert found.findings[0].state == "supported"


def test_what_is_pooled_does_not_depend_on_the_order_of_files() -> None:
    kinds: list[dict[str, Any]] = [{}, {"caveat": "few images"}, {"verdict": "undecided"}, {"verdict": "refuted"}]
    for one, other in product(kinds, repeat=2):
        first, second = report(1, one), report(2, other)
        there, back = pooled({"a": first, "b": second}), pooled({"b": second, "a": first})
        assert [finding.state for finding in there.findings] == [finding.state for finding in back.findings]
        assert there.theorems["thm4.1"][0] == back.theorems["thm4.1"][0]


def test_a_theorem_without_a_name_is_of_no_seed() -> None:
    nameless = report(2, {})
    del nameless["theorems"][0]["id"]
    assert pooled({"a": report(1, {}), "b": nameless}).theorems["thm4.1"] == ("supported", ("supported", ""))


def test_what_is_narrowed_or_drawn_by_other_versions_is_told() -> None:
    other = report(2, {}) | {"narrowed": True}
    other["environment"] = {**other["environment"], "torch": "1.0", "cores": 900}
    found = pooled({"a": report(1, {}), "b": other})
    assert found.narrowed == (2,)
    assert list(found.differ) == ["torch"]


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (
            {"architecture_code": {"my:Net": "a"}},
            {"architecture_code": {"my:Net": "b"}},
            "of the architecture 'my:Net'",
        ),
        ({"architecture_code": {"my:Net": "a"}}, {"architecture_code": {"my:Net": ""}}, ""),
        ({"architecture_code": {"my:Net": "a"}}, {}, ""),
        ({"files": {"a.csv": "1"}}, {"files": {"a.csv": "2"}}, "images: 'a.csv' is another file"),
        ({"files": {"a.csv": "1"}}, {"files": {"b.csv": "2"}}, ""),
        ({"files": {"a.csv": "12"}}, {"files": {"a.csv": "2"}}, ""),  # of two data sets, and of one of them
    ],
)
def test_other_content_of_one_name_is_refused(one: dict[str, Any], other: dict[str, Any], says: str) -> None:
    reports = {}
    for seed, changes in enumerate((one, other)):
        made = report(seed, {})
        named = [(name, digests) for name, digests in changes.get("files", {}).items()]
        files = [{"file": name, "sha256": digest} for name, digests in named for digest in digests]
        made["dataset"] = made["dataset"] | {"files": files}
        reports[str(seed)] = made | {name: value for name, value in changes.items() if name != "files"}
    if not says:
        assert pooled(reports).findings
        return
    with pytest.raises(ValueError, match=f"'0' and '1' are of .*{says}"):
        pooled(reports)


def test_a_refutation_is_expected_only_where_all_that_refute_expect_it() -> None:
    declared = {"verdict": "refuted", "expected": "a known bias"}
    assert pool(declared, declared).findings[0].state == "refuted, as expected"
    assert not pool(declared, declared).failing
    assert pool(declared, {"verdict": "refuted"}).findings[0].state == "refuted"
    assert pool(declared, {"verdict": "undecided"}).findings[0].state == "refuted, as expected"


def test_the_error_bound_is_the_sum_and_cells_of_one_seed_count() -> None:
    one = report(1, {"alpha": 0.25}, {"cell": "c2", "alpha": 0.125})
    other = report(2, {"alpha": 0.25}, errors=(ERROR,))
    found = pooled({"a": one, "b": other})
    assert found.error_bound == 0.625
    assert [(place.cell, place.by_seed) for place in found.findings] == [
        ("c1", {1: "supported", 2: "supported"}),
        ("c2", {1: "supported"}),
    ]
    assert found.errors == ("thm4.1/b in c1, seed 2: it broke",)
    assert found.theorems["thm4.1"][0] == "undecided", "a cell that no seed has decided is open"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seed": 1}, "'a' and 'b' are both of seed 1: the same draws count once"),
        ({"level": "paper"}, "'a' is of level 'quick' and 'b' of 'paper'"),
        ({"theory": "x:Y"}, "'a' is of theory 'mfcheck.theory:PaperTheory' and 'b' of 'x:Y'"),
        ({"schema": 1}, "'a' is of schema 2 and 'b' of 1"),
        ({"alpha": 0.1}, "'a' is of alpha 1e-06 and 'b' of 0.1"),
        ({"architectures": ["vanilla"]}, r"'a' has architectures \['residual', 'vanilla'\] and 'b' \['vanilla'\]"),
        ({"dataset": {"name": "noise", "files": []}}, "'a' has data set 'digits' and 'b' 'noise'"),
    ],
)
def test_what_is_not_alike_is_refused_in_a_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pooled({"a": report(1, {}), "b": report(2, {}) | changes})


@pytest.mark.parametrize("bound", [None, "x", [], -1.0, True, math.inf, math.nan])
def test_an_error_bound_that_is_none_is_refused_by_name(bound: Any) -> None:
    with pytest.raises(ValueError, match=r"'b' must hold a family_error_bound of at least 0, and gives .* run$"):
        pooled({"a": report(1, {}), "b": report(2, {}) | {"family_error_bound": bound}})


@pytest.mark.parametrize("verdicts", list(product(("supported", "refuted", "undecided", "not applicable"), repeat=2)))
def test_baselines_are_pooled_as_the_reports_that_they_are_of(verdicts: tuple[str, str]) -> None:
    kinds = (
        {"regime": "early"},
        {"regime": "late", "caveat": "few images", "cell": "c2"},
        {"expected": "known", "cell": "c3"},
        {"claim": "open/a", "cell": "c4"},
    )
    whole = {
        f"run {seed}": report(seed, *({"verdict": verdict, **kind} for kind in kinds), errors=(ERROR,))
        for seed, verdict in enumerate(verdicts)
    }
    assert pooled({name: reduced(one) for name, one in whole.items()}) == pooled(whole)


def test_a_baseline_of_an_earlier_day_has_no_error_bound_and_is_refused() -> None:
    early = {name: value for name, value in reduced(report(2, {})).items() if name != "family_error_bound"}
    with pytest.raises(ValueError, match=r"has none; give the report\.json of a run"):
        pooled({"a": report(1, {}), "b": early})


def test_one_report_is_nothing_to_pool() -> None:
    with pytest.raises(ValueError, match="two reports at least, got 1"):
        pooled({"a": report(1, {})})


@pytest.mark.parametrize(
    ("codes", "pooled_together"),
    [
        (("a", "a"), True),
        (("a", "b"), False),
        (("", "b"), True),
        ((None, "b"), True),
        (("a", "", "b"), False),
        (("", "a", "b"), False),
    ],
)
def test_theories_of_one_name_are_pooled_where_their_code_is_not_known_to_differ(
    codes: tuple[str | None, ...], pooled_together: bool
) -> None:
    reports = {str(seed): {**report(seed, {}), "theory_code": code} for seed, code in enumerate(codes)}
    if codes[0] is None:  # of a version that did not say
        del reports["0"]["theory_code"]
    if pooled_together:
        assert pooled(reports).findings
        return
    with pytest.raises(ValueError, match="are of different code of their theory"):
        pooled(reports)


def test_code_that_is_all_installed_or_was_edited_since_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_of("scipy.stats:norm") == ""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "edited_of_pool.py").write_text("import mfcheck\nclass Mine(mfcheck.PaperTheory): pass\n")
    assert code_of("edited_of_pool:Mine") == "", "written since this process began: it may have been another"


def test_the_code_of_a_theory_is_known_by_all_that_it_imports_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_closure, "STARTED", math.inf)  # as of files that were there before this process
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "theory_of_pool.py").write_text("import mfcheck, part_of_pool\nclass Mine(mfcheck.PaperTheory): pass\n")
    found = []
    for text in ("", "# another\n", ""):
        for module in ("theory_of_pool", "part_of_pool"):
            sys.modules.pop(module, None)
        (tmp_path / "part_of_pool.py").write_text(text)
        settings = replace(make_settings(), theory="theory_of_pool:Mine")
        found.append(code_of(settings.theory))
    assert found[0] == found[2] != found[1]
    assert all(found)
    (tmp_path / "part_of_pool.py").write_text("# edited while it is in use\n")
    assert code_of(settings.theory) == found[2]
    assert code_of(PAPER_THEORY) not in ("", *found)
