"""Somebody else's code may do what it likes: a run is told in one sentence, and goes on alike in every folder."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from mfcheck.imports import calm_warnings, foreign_code, load_factory, load_object

BODIES = {
    "exits": ("import sys\nsys.exit('no')", "SystemExit: no"),
    "quits": ("raise SystemExit", "SystemExit:"),
    "skips": ("import pytest\npytest.skip('no', allow_module_level=True)", "Skipped: "),
    "ends": ("raise GeneratorExit('no')", "GeneratorExit: no"),
    "fails": ("raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
    "loops": ("def f():\n    f()\nf()", "RecursionError: "),
    "wrong": ("def f(:\n", "SyntaxError: "),
    "guarded": ("def __getattr__(name):\n    raise RuntimeError(name)", "RuntimeError: Net"),
    "other": ("Nets = 1", "module '.*' has no 'Net'"),
}


def module(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "foreign_" + "".join(filter(str.isalnum, folder.name))
    (folder / f"{name}.py").write_text(body, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


@pytest.mark.parametrize(("body", "said"), BODIES.values(), ids=BODIES)
def test_whatever_an_import_does_is_one_sentence(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module(tmp_path, body, monkeypatch)
    with pytest.raises(ValueError, match=f"^architecture '{name}:Net' cannot be imported: {said}") as raised:
        load_object(f"{name}:Net", "architecture")
    assert "\n" not in str(raised.value)


def test_an_interrupt_from_the_keyboard_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = module(tmp_path, "raise KeyboardInterrupt", monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        load_object(f"{name}:Net", "architecture")


def test_an_import_that_prints_and_warns_is_taken_and_standard_output_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "import warnings\nprint('hello')\nwarnings.warn('old', DeprecationWarning)\ndef Net(spec, g): ..."
    name = module(tmp_path, body, monkeypatch)
    with pytest.warns(DeprecationWarning, match="^old$"):
        assert callable(load_factory(f"{name}:Net"))
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    "path", ["my net:Net", "..net:Net", "net", ":", "a:b:c", "a/b:Net", "a..b:Net", "net:", "-x:y"]
)
def test_names_that_are_no_path_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"does not read as package\.module:name"):
        load_object(path, "architecture")


def test_warnings_are_errors_nowhere_within() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("error")
        with calm_warnings(), foreign_code(ValueError):
            warnings.warn("careful", stacklevel=1)
    assert [str(one.message) for one in seen] == ["careful"]
