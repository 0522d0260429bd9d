"""The arguments of the command `mfcheck`: parsed strictly, and refused in one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from mfcheck.given import meant, number, path_at, reason, whole_number

EPILOG = (
    "Exit status: 0, or 1 for a regression, for theories that nothing separates, for pooled reports of which "
    "something that gates is neither supported nor refuted as declared; 2 where Ctrl-C ended it; 4 for what cannot be "
    "used. An audit ends as pytest does, and with 1 where its pre-flight stops it."
)


class Parser(argparse.ArgumentParser):
    """A parser that raises ValueError instead of ending the process, and takes no option's beginning for the option."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False} | named)

    def parse_known_args(  # type: ignore[override]  # argparse declares one overload a namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """The arguments and what is left of them; an option that there is not is named here, with the nearest there is.

        Every parser of a command comes through here, so that each suggests options of its own.
        """
        chosen, left = super().parse_known_args(args, namespace)
        if strange := [one for one in left if one.startswith("-") and one != "-"]:
            option = strange[0].split("=")[0]
            self.error(f"option {option!r} is unknown{meant(option, self.option_names())}")
        return chosen, left

    def option_names(self) -> Iterable[str]:
        """All options, as they are written out."""
        return [name for name in self._option_string_actions if name.startswith("--")]

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
