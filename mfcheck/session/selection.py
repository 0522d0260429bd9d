"""Which claims and cells an invocation of pytest selects."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mfcheck.session.claim_files import ClaimFiles
from mfcheck.session.options import PREFIX, spelt

if TYPE_CHECKING:
    import pytest

BY_EARLIER_RUNS = ("lf", "stepwise", "stepwise_skip", "stepwise_reset")
CHOOSE = {
    "-k": "keyword",
    "-m": "markexpr",
    "--deselect": "deselect",
    "--ignore": "ignore",
    "--ignore-glob": "ignore_glob",
}
"""Options of pytest that leave tests out, the same in every run."""


def ids_of_suite() -> frozenset[str]:
    """Ids of the claims of the installed suite."""
    return ClaimFiles(("mfcheck.suite",)).ids


def suite_expectations(given: ClaimFiles) -> list[Path]:
    """The expected.toml files that stand beside the claims pytest was given."""
    return [found for folder in given.folders if (found := folder / "expected.toml").is_file()]


def suite_code(given: ClaimFiles, root: Path) -> list[Path]:
    """The modules in the folders of the tests pytest was given, and every conftest.py that pytest loads for them."""
    above = {one for folder in given.folders for one in folder.resolve().parents if one.is_relative_to(root.resolve())}
    beside = {file.resolve() for folder in given.folders for file in folder.glob("*.py") if file.is_file()}
    return sorted(beside | {file for folder in above if (file := folder / "conftest.py").is_file()})


def selected_tests(config: pytest.Config) -> list[str]:
    """Which tests pytest was given, and what chooses among them, whatever order or spelling it came in."""
    return _printable(_given(config)) + _printable(_choices(config))


def chosen_by(config: pytest.Config) -> list[str]:
    """What narrows a run, in texts that another run of the same choice has too; none where earlier runs chose."""
    if any(getattr(config.option, name, None) for name in BY_EARLIER_RUNS):
        return []
    texts = [_from_root(text, config) for text in _given(config)]
    claims = ",".join(config.getoption("mf_claim") or []) or os.environ.get(f"{PREFIX}CLAIM")
    texts += [*_choices(config), *([f"{spelt('claim')} {claims}"] if claims else [])]
    return _printable(texts)


def _printable(texts: Iterable[str]) -> list[str]:
    """The texts in order, without what no file in UTF-8 holds: patterns of file names may have it."""
    return sorted(text.encode(errors="backslashreplace").decode() for text in texts)


def _given(config: pytest.Config) -> list[str]:
    split = [argument.partition("::") for argument in config.args]
    return [f"{os.path.normpath(path)}{stroke}{rest}" for path, stroke, rest in split]


def _choices(config: pytest.Config) -> set[str]:
    """The options that leave tests out, each with a text it was given."""
    given = {name: getattr(config.option, option, None) or [] for name, option in CHOOSE.items()}
    texts = {name: [text] if isinstance(text, str) else text for name, text in given.items()}
    return {f"{name} {one}" for name, several in texts.items() for one in several}


def _from_root(argument: str, config: pytest.Config) -> str:
    """A file or folder as it lies below the root of the tests, whichever folder pytest was started in."""
    path, *rest = argument.split("::", 1)
    place, root = (config.invocation_params.dir / path).resolve(), config.rootpath.resolve()
    inside = place.exists() and place.is_relative_to(root)
    return "::".join([place.relative_to(root).as_posix() if inside else path, *rest])


def whole_suite_runs(config: pytest.Config) -> bool:
    """Whether pytest was given every claim of the suite and nothing leaves out a claim or a cell."""
    return not leaves_out(config) and ids_of_suite() <= ClaimFiles.of(config).ids


def narrowed(config: pytest.Config) -> bool:
    """Whether pytest was given single files or tests, or something leaves out a claim or a cell of its folders."""
    files = any(path.is_file() for path in ClaimFiles.of(config).paths)
    return leaves_out(config) or (files and not whole_suite_runs(config))


def leaves_out(config: pytest.Config) -> bool:
    """Whether an option leaves out a claim or a cell of what pytest was given."""
    left_out = (*CHOOSE.values(), *BY_EARLIER_RUNS)
    return (
        any("::" in argument for argument in config.args)
        or any(getattr(config.option, name, None) for name in left_out)
        or bool(config.getoption("mf_claim") or os.environ.get(f"{PREFIX}CLAIM"))
    )
