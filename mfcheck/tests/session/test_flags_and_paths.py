"""What a run is given, on the command line or in the environment, is read strictly or refused before any work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Runs in this process forget the modules they import: what is slow to import is held here.
import mfcheck.decisions.decide
import mfcheck.ensembles.sampling
import mfcheck.observables.jacobian
import mfcheck.reporting.pages
import mfcheck.reporting.terminal
import mfcheck.theory.entry_law  # noqa: F401
from mfcheck.session import options
from mfcheck.session.claim_files import ClaimFiles
from mfcheck.settings import Settings, settings_from

TOY = '''
import warnings

import numpy as np
import pytest
import torch

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.ensembles.samples import Probe, Source

PROBE = Probe(np.ones((1, 4)), 0)


def coins(spec, probe, stream, n):
    warnings.warn("an old way to toss", DeprecationWarning)
    return torch.ones(n, 1, dtype=torch.float64)


@pytest.mark.filterwarnings("error")
@claim("toy.1/coin", cells=lambda settings: [Cell(NetworkSpec("vanilla", 4, 1, 32, 2, 1.5), "wishart")])
def test_coin(cell, decide):
    """A coin that never fails."""
    warnings.warn("careful")
    decide.rate(Source("coins", {"wishart": coins}, {"wishart": False}), component=0, probe=PROBE)
'''


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MFCHECK_", "PYTEST_XDIST", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def toy(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makepyfile(test_toy=TOY)
    monkeypatch.setenv("HOME", str(pytester.path / "home"))
    (pytester.path / "home").mkdir()
    return pytester


def refused(toy: pytest.Pytester, *arguments: str) -> str:
    """The one sentence with which a run ends before any work."""
    before = sorted(toy.path.rglob("*.*"))
    result = toy.runpytest_inprocess(*arguments)
    everything = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, everything
    assert "Traceback" not in everything
    assert "INTERNALERROR" not in everything
    (sentence,) = [line for line in everything.splitlines() if line.startswith("ERROR: ")]
    left = [path for path in sorted(toy.path.rglob("*.*")) if "cache" not in str(path)]
    assert left == [path for path in before if "cache" not in str(path)]
    return sentence


# Flags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", options.FLAGS)
def test_a_flag_in_the_environment_is_on_off_or_unset(flag: str) -> None:
    name = f"MFCHECK_{flag.upper()}"
    for word in ("0", "false", "No", "OFF", "", " "):
        assert options.from_environment({name: word, "OTHER": "1"}) == {}
    for word in ("1", "true", "YES", "On"):
        assert options.from_environment({name: word}) == {flag: options.YES}
    with pytest.raises(ValueError, match=f"{name} is 'maybe'.* allowed are 1, true, yes, on and 0, false, no, off"):
        options.from_environment({name: "maybe"})


@pytest.mark.parametrize("flag", ["DOWNLOAD", "NO_CACHE", "RESUME"])
def test_a_run_takes_off_for_off_and_refuses_other_words(
    flag: str, toy: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MFCHECK_{flag}", "maybe")
    assert f"MFCHECK_{flag} is 'maybe'" in refused(toy)
    monkeypatch.setenv(f"MFCHECK_{flag}", "no")
    assert toy.runpytest_inprocess().ret == 0


# Seeds and rates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["1e3", "-1", str(2**63), "0x10", "٣", "1_000", " 7", "9" * 5000])
def test_a_seed_is_decimal_digits_below_2_to_the_63(seed: str) -> None:
    with pytest.raises(ValueError, match=r"^seed must be an integer"):
        settings_from({"seed": seed}, fresh_seed=0, cache=None)


@pytest.mark.parametrize("alpha", ["nan", "inf", "-inf", "1e-400", "1e-101", "0", "-1e-6", "0.51", "1_0e-6", "٠.١"])
def test_an_alpha_is_a_number_up_to_a_half(alpha: str) -> None:
    with pytest.raises(ValueError, match=r"^alpha must"):
        settings_from({"alpha": alpha}, fresh_seed=0, cache=None)


def test_the_ends_are_taken() -> None:
    found = settings_from({"seed": str(2**63 - 1), "alpha": "0.5"}, fresh_seed=0, cache=None)
    assert (found.seed, found.alpha) == (2**63 - 1, 0.5)
    assert settings_from({"seed": "007", "alpha": "1e-100"}, fresh_seed=0, cache=None).seed == 7


# Paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_tilde_is_the_home_folder_wherever_a_path_comes_in(
    mirrored: bool, toy: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = toy.path / "home"
    (home / "mine.toml").write_text("", encoding="utf-8")
    (home / "data").mkdir()
    given = {"report": "~/rep", "expected": "~/mine.toml", "data-dir": "~/data"}

    def run(given: dict[str, str]) -> pytest.RunResult:
        for name, value in given.items():
            if mirrored:
                monkeypatch.setenv(f"MFCHECK_{name.upper().replace('-', '_')}", value)
        return toy.runpytest_inprocess(*(() if mirrored else [f"--mf-{name}={value}" for name, value in given.items()]))

    assert run(given).ret == 0
    assert (home / "rep" / "report.json").is_file()
    assert not (toy.path / "~").exists()
    assert run(given | {"baseline": "~/rep/report.json", "report": "~/again"}).ret == 0
    assert (home / "again" / "comparison.md").is_file()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("report", "~nobody-at-all/rep", "~nobody-at-all"),
        ("report", "", "names no file or folder"),
        ("report", "test_toy.py/rep", "'test_toy.py/rep' is no folder, since "),
        ("report", "x" * 300, "more than 255 bytes"),
        ("data-dir", "x" * 300, "more than 255 bytes"),
        ("data-dir", "loop", "data folder 'loop' is no folder"),
        ("report", "loop", "report folder 'loop' is no folder"),
        ("baseline", "", "names no file or folder"),
        ("baseline", "home", "'home' cannot be read (Is a directory)"),
        ("baseline", "test_toy.py", "not JSON"),
        ("expected", "home", "cannot be read: Is a directory"),
        ("claim", "", "names nothing"),
        ("architecture", ",", "names nothing"),
        ("device", "cuda:٣", "is unknown; allowed are auto, cpu"),
        ("device", "cuda:" + "9" * 5000, "is unknown; allowed are auto, cpu"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(
    option: str, value: str, said: str, toy: pytest.Pytester
) -> None:
    (toy.path / "loop").symlink_to("loop")
    assert said in refused(toy, f"--mf-{option}={value}")


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    settings = Settings(0, settings_from({}, fresh_seed=0, cache=None).level, report=tmp_path / "deep" / "rep")
    with pytest.raises(ValueError, match="rep' cannot be written to; name another one"):
        settings.load()


# Warnings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["plain", "ini", "option", "interpreter"])
def test_a_claim_that_warns_is_decided_alike_under_every_filter(
    how: str, toy: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "ini":
        toy.makeini("[pytest]\nfilterwarnings = error\n")
    if how == "interpreter":
        monkeypatch.setattr("sys.warnoptions", ["error"])
    result = toy.runpytest_inprocess(*(["-W", "error"] if how == "option" else []))
    assert result.ret == 0
    for warned in ("*DeprecationWarning: an old way to toss*", "*UserWarning: careful*"):
        result.stdout.fnmatch_lines([warned])


def test_modules_that_cannot_be_read_are_left_to_pytest(toy: pytest.Pytester) -> None:
    (toy.path / "test_folder.py").mkdir()
    (toy.path / "test_loop.py").symlink_to("test_loop.py")
    os.mkfifo(toy.path / "test_pipe.py")
    (toy.path / "test_null.py").write_bytes(b"claim(\0")
    (toy.path / "test_deep.py").write_text(f"claim({'(' * 10_000}", encoding="utf-8")
    assert ClaimFiles((str(toy.path),)).ids == {"toy.1/coin"}
