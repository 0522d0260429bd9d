"""Options and their mirrors in the environment: which wins, and one sentence for values that cannot be used."""

from __future__ import annotations

import sys

import pytest

from mfcheck.ensembles import devices
from mfcheck.tests.support.runs import PLAIN, report, run
from mfcheck.tests.support.toy_claims import COIN, FORGETS, THEORIES, TOY

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_the_environment_mirrors_every_option_and_the_command_line_wins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_toy=TOY + COIN + FORGETS, theories=THEORIES)
    mirrored = {
        "SEED": "11",
        "LEVEL": "standard",
        "ALPHA": "1e-3",
        "REPORT": "elsewhere",
        "NO_CACHE": "1",
        "DATASET": "noise",
        "DATA_DIR": ".",
        "DOWNLOAD": "1",
        "DEVICE": "cpu",
        "ARCHITECTURE": "residual",
        "THEORY": "theories:TooLarge",
        "CLAIM": "toy.1/*",
    }
    for name, value in mirrored.items():
        monkeypatch.setenv(f"MFCHECK_{name}", value)
    result = run(pytester)
    assert result.ret == 0
    result.assert_outcomes(passed=2, deselected=1)
    assert not (pytester.path / "reports").exists()
    assert not list(pytester.path.glob(".pytest_cache/d/mfcheck/*"))
    found = report(pytester, "elsewhere")
    chosen = {name: found[name] for name in ("seed", "level", "alpha", "dataset", "theory", "architectures")}
    assert chosen == {
        "seed": 11,
        "level": "standard",
        "alpha": 1e-3,
        "dataset": {"name": "noise", "norm": "‖x‖₂ = √d", "files": []},
        "theory": "theories:TooLarge",
        "architectures": ["residual"],
    }
    run(pytester, "--mf-seed", "12", "--mf-report", "here", "--mf-architecture", "vanilla")
    here = report(pytester, "here")
    assert (here["seed"], here["level"], here["architectures"]) == (12, "standard", ["vanilla"])


def assert_unusable(pytester: pytest.Pytester, result: pytest.RunResult, value: str) -> None:
    """Exit status 4 and one sentence with the value, no traceback and no report."""
    everything = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    sentences = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    assert len(sentences) == 1, everything
    assert value in sentences[0]
    assert "Traceback" not in everything
    assert "INTERNALERROR" not in everything
    assert not list(pytester.path.glob("reports/*"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("level", "heroic"),
        ("device", "tpu"),
        ("device", "cuda"),
        ("device", "cuda:7"),
        ("dataset", "cifar1000"),
        ("data-dir", "no-such-folder"),
        ("data-dir", "theories.py"),
        ("claim", "toy.9/none"),
        ("claim", "gaussian"),
        ("alpha", "0"),
        ("alpha", "0.6"),
        ("alpha", "nan"),
        ("alpha", "small"),
        ("seed", "-1"),
        ("seed", "soon"),
        ("seed", "1.5"),
        ("theory", "PaperTheory"),
        ("theory", "nowhere_at_all:Theory"),
        ("theory", "theories:Missing"),
        ("theory", "theories:NoTheory"),
        ("theory", "theories:number"),
        ("theory", "theories:NeedsMore"),
        ("theory", "wreck:Theory"),
        ("architecture", "transformer"),
        ("architecture", "nowhere_at_all:factory"),
        ("architecture", "theories:missing"),
        ("architecture", "theories:number"),
        ("architecture", "wreck:factory"),
        ("report", "theories.py"),
    ],
)
def test_unusable_options_are_refused_in_one_sentence(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str, value: str
) -> None:
    monkeypatch.setattr(devices, "gpu_count", lambda: 0)
    pytester.makepyfile(test_toy=TOY + COIN, theories=THEORIES, wreck="raise RuntimeError('broken on import')")
    said = {"alpha": {"0": "0.0"}}.get(option, {}).get(value, value)
    assert_unusable(pytester, run(pytester, f"--mf-{option}={value}"), said)
    monkeypatch.setenv(f"MFCHECK_{option.upper().replace('-', '_')}", value)
    assert_unusable(pytester, run(pytester), said)


def test_an_unknown_variable_is_refused_where_claims_are_and_nowhere_else(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFCHECK_NONSENSE", "1")
    pytester.makepyfile(**{"plain/test_other": PLAIN, "claims/deeper/test_toy": TOY + COIN})
    for arguments in (["claims"], []):
        assert_unusable(pytester, run(pytester, *arguments), "MFCHECK_NONSENSE")
    result = run(pytester, "plain")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("mfcheck: *")
    result.stdout.no_fnmatch_line("*theory verdicts*")
    assert not (pytester.path / "reports").exists()


LIGHT = """
import sys

import mfcheck.plugin

import pytest

assert pytest.main(["--help"]) == 0
assert pytest.main(["test_other.py"]) == 0
print("loaded:", sorted({"torch", "torchvision", "matplotlib", "mlxtend"} & set(sys.modules)))
"""


def test_neither_help_nor_tests_of_others_load_torch(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other=PLAIN)
    result = pytester.run(sys.executable, "-c", LIGHT)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*--mf-level=LEVEL*", "*1 passed*", "loaded: []*"])
