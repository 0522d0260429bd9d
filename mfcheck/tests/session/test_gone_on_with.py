"""The journal of an interrupted run: torn lines are ignored, others refused, and findings come back as they went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.findings.finding import Curve, Margin
from mfcheck.findings.record import as_plain
from mfcheck.session.journal import lines_of
from mfcheck.session.resume import RUN, as_finding, check_same, read_journal
from mfcheck.tests.support.long_runs import TOY, dies, drawn, kept, make, make_finding, run
from mfcheck.verdict import OF_ONE_DECISION

pytestmark = pytest.mark.usefixtures("light_runs")


def written(folder: Path, *cells: str) -> str:
    """A journal of run "r" with one finding for each cell, and its text."""
    text = lines_of([[json.loads(json.dumps(as_plain(make_finding(cell=cell))))] for cell in cells], "r")
    (folder / "findings.jsonl").write_text(text, encoding="utf-8")
    return text


def test_a_torn_last_line_is_ignored(tmp_path: Path) -> None:
    text = written(tmp_path, "c1", "c2")
    for torn, left in {text[:-20]: ["c1"], text + '{"claim": "thm': ["c1", "c2"], text: ["c1", "c2"]}.items():
        (tmp_path / "findings.jsonl").write_text(torn, encoding="utf-8")
        assert [finding["cell"] for finding in read_journal(tmp_path, "r")] == left


# A run that cannot go on ---------------------------------------------------------------------------------------


def refused(result: pytest.RunResult, *words: str) -> None:
    """Exit status 4 and one sentence with these words."""
    everything = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    (sentence,) = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    assert all(word in sentence for word in words), sentence
    assert "Traceback" not in everything


def test_another_run_is_not_gone_on_with(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    make(pytester, TOY, theories="import mfcheck\nclass Mine(mfcheck.PaperTheory):\n    pass\n")
    refused(run(pytester, "--mf-resume"), "nothing to resume in reports")
    assert not (pytester.path / "reports").exists()
    dies(monkeypatch, "fair 3", "raise KeyboardInterrupt")
    run(pytester, "--mf-seed", "5")
    monkeypatch.delenv("TOY_DIES")
    before = {name: (pytester.path / "reports" / name).read_bytes() for name in kept(pytester)}
    drawn(pytester)
    for option, words in {
        "--mf-seed=6": ("seed was 5 and is now 6",),
        "--mf-level=paper": ("level was quick and is now paper",),
        "--mf-alpha=1e-3": ("alpha was 1e-06 and is now 0.001",),
        "--mf-theory=theories:Mine": ("theory was mfcheck.theory:PaperTheory and is now theories:Mine",),
        "--mf-architecture=residual": ("architectures was vanilla, residual and is now residual",),
        "--mf-dataset=noise": ("dataset was digits and is now noise",),
        "--mf-data-dir=.": ("data_dir was None and is now .",),
        "--mf-device=cpu": ("device was auto and is now cpu",),
        "--mf-claim=toy.*": ("claims was nothing and is now toy.*",),
        "-kfair": ("tests was ", "is now ", "-k fair"),
    }.items():
        refused(run(pytester, "--mf-resume", option), "reports", *words)
    make(pytester, TOY + "# changed\n")
    refused(run(pytester, "--mf-resume"), "code was ")
    assert {name: (pytester.path / "reports" / name).read_bytes() for name in kept(pytester)} == before
    assert not drawn(pytester)
    (pytester.path / "reports" / RUN).write_text("[]")
    refused(run(pytester, "--mf-resume"), "run.json")


def test_a_changed_library_is_named_with_both_versions() -> None:
    with pytest.raises(ValueError, match=r"torch was 1 and is now 2"):
        check_same(Path("reports"), {"seed": 1, "torch": "1"}, {"seed": 1, "torch": "2"})


def test_a_journal_of_something_else_is_refused_by_its_line(tmp_path: Path) -> None:
    assert read_journal(tmp_path, "r") == []
    text = written(tmp_path, "c1")
    for broken in ("no JSON", "3", '{"claim": "toy.1/a", "cell": "c"}', text.strip()):
        (tmp_path / "findings.jsonl").write_text(f"{text}{broken}\n")
        with pytest.raises(ValueError, match=r"of findings\.jsonl, line 2 "):
            read_journal(tmp_path, "r")
    written(tmp_path, "c1")
    with pytest.raises(ValueError, match=r"of findings\.jsonl, line 1 was not written there by this run"):
        read_journal(tmp_path, "another")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("estimate", None),
        ("cell", ["c1"]),
        ("claim", {}),
        ("verdict", "perhaps"),
        ("verdict", "holds in part"),
        ("regime", 3),
        ("interval", [2, 1]),
    ],
)
def test_what_is_whole_and_of_no_finding_is_refused(tmp_path: Path, name: str, value: object) -> None:
    plain = {**as_plain(make_finding()), name: value}
    (tmp_path / "findings.jsonl").write_text(lines_of([[plain]], "r"), encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be resumed: of findings") as raised:
        read_journal(tmp_path, "r")
    assert "\n" not in str(raised.value)


any_float = st.one_of(st.floats(), st.floats(-10, 10))
finite = st.floats(allow_nan=False, allow_infinity=False)
several = st.lists(any_float, max_size=3).map(tuple)


@given(
    verdict=st.sampled_from(OF_ONE_DECISION),
    regime=st.text(max_size=9),
    caveat=st.text(max_size=9),
    estimate=finite,
    reference=any_float,
    region=st.tuples(any_float, any_float),
    resolution=st.none() | any_float,
    curve=st.none() | st.builds(Curve, st.text(), st.text(), several, several, several, several, st.integers()),
    margin=st.builds(Margin, any_float, any_float, st.text()),
    twins_seen=st.lists(st.text()).map(tuple),
)
def test_a_finding_comes_back_from_the_journal_as_it_went(**values: Any) -> None:
    plain = json.loads(json.dumps(as_plain(make_finding(**values))))
    assert json.loads(json.dumps(as_plain(as_finding(plain)))) == plain
    assert as_finding(plain).verdict is values["verdict"]
    assert (as_finding(plain).regime, as_finding(plain).caveat) == (values["regime"], values["caveat"])
    older = {name: value for name, value in plain.items() if name not in ("regime", "caveat")}
    assert (as_finding(older).regime, as_finding(older).caveat) == ("", "")
    assert as_finding(plain).estimate == values["estimate"]
