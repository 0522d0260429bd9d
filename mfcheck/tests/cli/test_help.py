"""Help by command, suggestions for what is misspelt, completion by the shells themselves, and colours where asked."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mfcheck import NetworkSpec
from mfcheck.cli.output import in_colour
from mfcheck.tests.support.commands import ran, refusal
from mfcheck.tests.support.compared_runs import WHOLE


def test_help_of_a_command_is_its_own() -> None:
    assert ran("help") == ran("--help")
    assert ran("help", "plan") == ran("plan", "--help")
    assert "first steps:" in ran("help").out
    assert ran("help", "compere").refused


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pln", "plan"),
        ("Compare", "compare"),
        ("--versoin", "--version"),
        ("help cover", "coverage"),
        ("plan x --mf-levle quick", "--mf-level"),
        ("compare a b --colour=no", "--color"),
        ("audit vanilla --mf-no-cahce", "--mf-no-cache"),
        ("plan thm5.1/bound-satisfed", "thm5.1/bound-satisfied"),
        ("plan bound-satisfied", "thm5.1/bound-satisfied"),
        ("plan thm5.1", "thm5.1/*"),
        ("plan thm51/*", "thm5.1/*"),
        ("plan Thm4.1/entries-gaussian", "thm4.1/entries-gaussian"),
        ("disagree paper paper --mf-claim assumptions/*", "assumption/*"),
        ("audit vanilla --mf-claim prefligt/sound", "preflight/sound"),
        ("plan thm4.1/* --mf-level qick", "quick"),
        ("disagree paper paper --mf-dataset fashion_mnist", "fashion-mnist"),
        ("disagree paper mfcheck.theory:PaperTheroy", "PaperTheory"),
        ("audit torch.nn:Linaer", "Linear"),
        ("audit residuall", "residual"),
    ],
)
def test_what_is_misspelt_is_told_what_was_meant(written: str, meant: str) -> None:
    found = ran(*written.split(" "))
    assert found.refused, found
    assert f"(did you mean {meant}?)" in found.err


@pytest.mark.parametrize(
    "written", ["xyzzy", "plan qqq/xyzzy", "plan thm4.1/* --mf-level zebra", "audit vanilla --zebra 1"]
)
def test_where_nothing_is_near_nothing_is_suggested(written: str) -> None:
    found = ran(*written.split(" "))
    assert found.refused
    assert "did you mean" not in found.err


def test_a_spec_suggests_architectures() -> None:
    said = refusal(lambda: NetworkSpec("vanila", 4, 1, 8, 2, 1.5))
    assert "(did you mean vanilla?)" in said


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--mf-levl", "quick"), {}, "option '--mf-levl' is unknown (did you mean --mf-level?)"),
        (("--mf-no-cahce",), {}, "(did you mean --mf-no-cache?)"),
        (("--mf-seed=1", "--mf-clam=a/b"), {}, "(did you mean --mf-claim?)"),
        (("--mf-claim", "toy.1"), {}, "claim id 'toy.1' matches no claim (did you mean toy.1/*?)"),
        (("--mf-level", "standart"), {}, "(did you mean standard?)"),
        ((), {"MFCHECK_LEVL": "quick"}, "(did you mean MFCHECK_LEVEL?)"),
    ],
)
@pytest.mark.usefixtures("clean_environment")
def test_pytest_is_told_what_was_meant(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    said: str,
) -> None:
    pytester.makepyfile(
        'from mfcheck import claim\n\n\n@claim("toy.1/a", cells=lambda settings: [])\n'
        'def test_a(cell, decide):\n    """A."""\n'
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_options_of_others_are_left_to_them(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_addoption(parser):\n    parser.addoption('--mf-levels')\n")
    pytester.makepyfile("def test_nothing(pytestconfig):\n    assert pytestconfig.getoption('--mf-levels') == '2'")
    result = pytester.runpytest_inprocess("--mf-levels", "2")
    result.assert_outcomes(passed=1)


COMPLETE = """
source {script}
COMP_WORDS=({words}) COMP_CWORD={place}
_shtab_mfcheck
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mfcheck disa", {"disagree"}),
        ("mfcheck plan --mf-lev", {"--mf-level"}),
        ("mfcheck plan --mf-level st", {"standard"}),
        ("mfcheck plan thm5.7/v", {"thm5.7/vanilla-untrainable"}),
        ("mfcheck audit own:Net --mf-dataset fa", {"fashion-mnist"}),
        ("mfcheck help mu", {"mutants"}),
    ],
)
def test_bash_completes_commands_options_and_values(tmp_path: Path, words: str, offered: set[str]) -> None:
    script = tmp_path / "mfcheck.bash"
    script.write_text(ran("completion", "bash").out, encoding="utf-8")
    text = COMPLETE.format(script=script, words=words, place=len(words.split()) - 1)
    found = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) == offered


def test_completion_is_written_for_every_shell_that_is_offered() -> None:
    for shell in ("bash", "zsh", "tcsh"):
        assert "thm5.7/vanilla-untrainable" in ran("completion", shell).out
    assert ran("completion", "fish").refused


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("asked", "environment", "on_terminal", "elsewhere"),
    [
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ("auto", {"TERM": "dumb"}, False, False),
        ("no", {"FORCE_COLOR": "1"}, False, False),
        ("yes", {"NO_COLOR": "1"}, True, True),
    ],
)
def test_colours_are_there_where_asked(
    asked: str, environment: dict[str, str], on_terminal: bool, elsewhere: bool
) -> None:
    assert in_colour(Terminal(), asked, environment) is on_terminal
    assert in_colour(io.StringIO(), asked, environment) is elsewhere


def test_a_comparison_is_coloured_or_not(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(WHOLE), encoding="utf-8")
    (tmp_path / "b.json").write_text(
        json.dumps(WHOLE).replace('"supported", "statistic"', '"undecided", "statistic"'), encoding="utf-8"
    )

    def compared(*arguments: str, **environment: str) -> str:
        bare = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        command = [sys.executable, "-m", "mfcheck", "compare", "a.json", "b.json", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=bare | environment, capture_output=True, text=True, check=False
        ).stdout

    plain, coloured = compared(), compared(FORCE_COLOR="1")
    assert "\x1b[31m" in coloured
    assert "\x1b" not in plain
    assert compared("--color=no", FORCE_COLOR="1") == plain
