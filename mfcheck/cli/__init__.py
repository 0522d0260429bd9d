"""The command `mfcheck`."""

from mfcheck.cli.main import main

__all__ = ["main"]
