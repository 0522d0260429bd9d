"""A glance loses no claim, and a plan stops at none, whatever a test takes and wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfcheck.cli.main import main
from mfcheck.tests.support.coin_claims import CELLS

WIDE = "Cell(NetworkSpec('vanilla', 4, 1, width=64, depth=2, weight_variance=1.5), 'wishart')"
CLAIMS = f"""
from mfcheck.observables import jacobian
from mfcheck.theory import entry_law


def widths(settings):
    return [{WIDE}, Cell(NARROW, "wishart")]


def ask(cell, decide):
    decide.law(jacobian.entry, component=0, probe=PROBE, reference=lambda theory: theory.jacobian_entry(cell.spec),
               finite_width=lambda: entry_law(cell.spec).distance_to_gaussian())


@pytest.fixture
def factor():
    return 1


@claim("toy.1/a-fixture", cells=widths)
def test_fixture(cell, decide, factor):
    'It takes a fixture.'
    decide.rate(coins(factor), component=0, probe=PROBE)


class TestMore:
    @claim("toy.1/method", cells=widths)
    def test_method(self, cell, decide):
        'It stands in a class.'
        ask(cell, decide)

    class TestInner:
        @claim("toy.1/inner", cells=widths)
        def test_inner(self, cell, decide, factor):
            'It stands in a class of a class.'
            ask(cell, decide)

        @staticmethod
        @claim("toy.1/static", cells=widths)
        def test_static(decide, cell):
            'It takes its arguments the other way round, and asks what another claim asks.'
            ask(cell, decide)


@claim("toy.1/false", cells=widths)
def test_false(cell, decide, factor):
    'It is false.'
    decide.rate(coins(0.5 * factor), component=0, probe=PROBE)
"""


def told(pytester: pytest.Pytester) -> dict[str, list[str]]:
    """The cells of each claim that was decided."""
    found = json.loads((pytester.path / "reports" / "report.json").read_text())
    claims = (claim for theorem in found["theorems"] for claim in theorem["claims"])
    return {claim["id"]: [one["cell"] for one in claim["findings"]] for claim in claims}


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["alone", "workers"])
def test_a_glance_loses_no_claim(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    pytester.makepyfile(test_toy=CELLS + CLAIMS)
    options = ("--mf-seed", "3", "--mf-level", "glance", "--mf-no-cache", "-p", "no:cacheprovider")
    assert pytester.runpytest(*options, *workers).ret == pytest.ExitCode.TESTS_FAILED
    found = told(pytester)
    planned = {"toy.1/method", "toy.1/static"} & found.keys()
    assert found.keys() == {"toy.1/a-fixture", "toy.1/inner", "toy.1/false", *planned}
    assert len(planned) == 1, "they ask one formula, of which a glance takes the cheapest cell"
    assert {tuple(cells) for cells in found.values()} == {("wishart-vanilla-N32-L2-d4-K1-w1.5-relu",)}


def test_a_plan_goes_on_after_what_it_cannot_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "planned.py"
    file.write_text(CELLS + CLAIMS, encoding="utf-8")
    assert main(["plan", "toy.1/*", "--file", str(file), "--mf-device", "cpu"]) == 4
    said = capsys.readouterr()
    tables = {text.split(":")[0]: text for text in said.out.split("\n\n")}
    assert tables.keys() >= {"toy.1/a-fixture", "toy.1/false", "toy.1/inner", "toy.1/method", "toy.1/static"}
    for name in ("toy.1/method", "toy.1/static"):
        assert "—" not in tables[name].split("cell\n")[1]
    unplanned = "it cannot be planned: ValueError: what it asks is told by its run alone: its test takes factor"
    assert tables["toy.1/a-fixture"].count(unplanned) == tables["toy.1/inner"].count(unplanned) == 2
    assert said.err.count("\n") == 1
    assert "claim toy.1/a-fixture in cell wishart-vanilla-N32" in said.err
    assert said.err.endswith("besides a cell; nor can 5 other cells, told above\n")


def test_a_reckoning_of_a_file_names_what_it_cannot_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "reckoned.py"
    file.write_text(CELLS + CLAIMS, encoding="utf-8")
    assert main(["plan", "--file", str(file), "--mf-device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert said.count("told by its run alone: its test takes factor besides a cell") == 6
    assert "toy.1/method" in said
