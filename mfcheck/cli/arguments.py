"""The arguments of the command `mfcheck`: parsed strictly, and refused in one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from mfcheck.given import number, path_at, reason, whole_number

EPILOG = "Exit status: 0, or 1 for a regression or for theories that nothing separates; 4 for what cannot be used."


class Parser(argparse.ArgumentParser):
    """A parser that raises ValueError instead of ending the process, and takes no option's beginning for the option."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False} | named)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where to read on."""
        raise ValueError(f"{message}; see {self.prog} --help")


def a_path(text: str) -> Any:
    """A path in which ~ stands for a home folder."""
    return _read(path_at, text)


def a_number(name: str) -> Callable[[str], Any]:
    """Reads a number called so."""
    return lambda text: _read(lambda given: number(name, given), text)


def a_whole_number(name: str) -> Callable[[str], Any]:
    """Reads a whole number called so."""
    return lambda text: _read(lambda given: whole_number(name, given), text)


def workers(text: str) -> str:
    """How many processes: auto, logical, or a number of them."""
    if text not in ("auto", "logical") and not 0 <= _read(lambda given: whole_number("workers", given), text) <= 4096:
        raise argparse.ArgumentTypeError(f"workers must be auto, logical or a number in 0…4096, got {text!r}")
    return text


def _read(kind: Callable[[str], Any], text: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(reason(error)) from None
