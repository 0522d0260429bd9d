"""The `MFCHECK_…` variables, as commands take them that draw by themselves: what the command line says goes first."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from typing import Any

from mfcheck.session import options


def fill_in(chosen: argparse.Namespace, defaults: Mapping[str, Any], **read: Callable[[str], Any]) -> None:
    """Give options left open (None) the value of their variable, read as named, or else their default.

    ValueError for a variable that means nothing to mfcheck, or whose text cannot be read.
    """
    texts = options.from_environment(os.environ)
    for name, default in defaults.items():
        if getattr(chosen, name) is not None:
            continue
        text = texts.get(name.removeprefix("mf_"))
        setattr(chosen, name, default if text is None else read.get(name, str)(text))
