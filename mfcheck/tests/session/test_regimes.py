"""A theorem that holds early and not late says so wherever a run says anything, alone and with workers."""

from __future__ import annotations

import json

import pytest

from mfcheck.tests.support.commands import ran
from mfcheck.tests.support.reports import Page, flat
from mfcheck.tests.support.runs import claims_of, journal, report, run
from mfcheck.tests.support.toy_claims import TOY

pytestmark = pytest.mark.usefixtures("clean_environment")

DECAY = '''
from mfcheck.findings.regimes import EARLY, FEW_IMAGES, LATE


def wide(settings):
    return [Cell(NetworkSpec("vanilla", 4, 1, width=2000, depth=2, weight_variance=1.5), "wishart")]


def decided(decide, cell, times, **more):
    decide.law(
        jacobian.entry,
        component=0,
        probe=PROBE,
        reference=lambda theory: stats.norm(scale=np.sqrt(times * theory.jacobian_entry_variance(cell.spec))),
        finite_width=lambda: 0.02,
        instead={"the law itself": lambda theory: theory.jacobian_entry(cell.spec)},
        **more,
    )


@claim("toy.8/early", cells=wide)
def test_early(cell, decide):
    """The variance is right early."""
    decided(decide, cell, 1, regime=EARLY)
    decided(decide, cell, 1, regime=EARLY, caveat=FEW_IMAGES)


@claim("toy.8/late", cells=wide)
def test_late(cell, decide):
    """The variance is half as large again late."""
    decided(decide, cell, 1.5, regime=LATE)
'''
BEARING = "    decided(decide, cell, 1, regime=EARLY)"
EXPECTED = """
[[expected]]
claim = "toy.8/late"
reason = "nothing lasts"
instead = "the law itself"
"""
SAYS = (
    "Holds in part: early, its rate (2 of 2 findings, 1 of them with a caveat). Not: late (refuted in 1 of 1: estimate"
)
ARGUMENTS = ("--mf-seed", "3", "--mf-expected", "declared.toml")
FEW = "trained on a few images, which the paper's training does not"


@pytest.fixture
def toy(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_toy=TOY + DECAY)
    (pytester.path / "declared.toml").write_text(EXPECTED)
    return pytester


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_theorem_that_holds_in_part_says_where_on_every_page(toy: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = run(toy, *workers, *ARGUMENTS)
    assert result.ret == 0  # what is refuted was declared
    found = report(toy)
    (theorem,) = found["theorems"]
    assert (found["schema"], found["verdict"], theorem["verdict"]) == (2, "holds in part", "holds in part")
    assert theorem["says"].startswith(SAYS)
    assert theorem["says"].endswith("; instead holds: the law itself).")
    parts = {part["regime"]: part for part in theorem["parts"]}
    assert [(part["verdict"], part["findings"], part["bearing"], part["holds"]) for part in parts.values()] == [
        ("supported", 2, 1, True),
        ("refuted", 1, 1, False),
    ]
    assert parts["late"]["instead"] == {"the law itself": 1}
    claims = claims_of(found)
    assert [claim["verdict"] for claim in claims.values()] == ["supported", "refuted"]
    assert {(one["regime"], one["caveat"]) for one in journal(toy)} == {
        ("early, its rate", ""),
        ("early, its rate", FEW),
        ("late", ""),
    }

    terminal = " ".join(result.stdout.str().split())
    assert "◐ holds in part" in terminal
    assert f"◐ toy.8: {SAYS}" in terminal
    folder = toy.path / "reports"
    markdown = flat((folder / "report.md").read_text(encoding="utf-8"))
    html = " ".join(Page((folder / "report.html").read_text(encoding="utf-8")).text.split())
    assert "# mfcheck: **◐ holds in part**" in markdown
    assert "◐ holds in part" in html
    for text in (markdown, html):
        assert text.count(theorem["says"]) == 1
        assert claims["toy.8/late"]["where"] in text
        assert f"early, its rate · {FEW}" in text
        assert "≠ refuted, as expected" in text


def test_few_images_alone_make_nothing_hold(toy: pytest.Pytester) -> None:
    toy.makepyfile(test_toy=TOY + DECAY.replace(f"{BEARING}\n", ""))
    result = run(toy, "--mf-seed", "3", "--mf-claim", "toy.8/early")
    assert result.ret == 0  # pass and fail of a run stay those of its findings
    (theorem,) = report(toy)["theorems"]
    assert theorem["verdict"] == "undecided"
    assert theorem["says"] == f"Supported, but makes no theorem hold: early, its rate (1 of 1 finding; {FEW})."


def test_a_theorem_that_held_in_part_and_lost_what_bore_it_falls_behind_its_baseline(toy: pytest.Pytester) -> None:
    assert run(toy, *ARGUMENTS).ret == 0
    assert ran("baseline", toy.path / "reports" / "report.json", "-o", toy.path / "old.json").status == 0
    kept = json.loads((toy.path / "old.json").read_text(encoding="utf-8"))
    (theorem,) = kept["theorems"]
    assert {(one["regime"], one["caveat"]) for claim in theorem["claims"] for one in claim["findings"]} == {
        ("early, its rate", ""),
        ("early, its rate", FEW),
        ("late", ""),
    }
    assert run(toy, *ARGUMENTS, "--mf-baseline", "old.json").ret == 0
    limited = DECAY.replace(BEARING, BEARING.replace("EARLY", "EARLY, caveat=FEW_IMAGES"))
    toy.makepyfile(test_toy=TOY + limited)
    result = run(toy, *ARGUMENTS, "--mf-baseline", "old.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*1 regression*", "*VERDICT CHANGED toy.8: held in part and is refuted*"])
    (toy.path / "old.json").write_text(json.dumps(kept | {"schema": 1}))
    result = run(toy, *ARGUMENTS, "--mf-baseline", "old.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*no regression*"])
    (toy.path / "old.json").write_text(json.dumps(kept | {"schema": 3}))
    assert run(toy, *ARGUMENTS, "--mf-baseline", "old.json").ret == 4


DIES = """
import os


def pytest_runtest_call(item):
    if "late" in item.name and "TOY_DIES" in os.environ:
        raise KeyboardInterrupt
"""


def test_a_run_that_was_interrupted_goes_on_with_its_regimes(
    toy: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.makeconftest(DIES)
    monkeypatch.setenv("TOY_DIES", "1")
    assert run(toy, *ARGUMENTS, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    assert [one["caveat"] for one in journal(toy)] == ["", FEW]
    monkeypatch.delenv("TOY_DIES")
    assert run(toy, *ARGUMENTS, "--mf-resume").ret == 0
    (theorem,) = report(toy)["theorems"]
    assert theorem["says"].startswith(SAYS)
