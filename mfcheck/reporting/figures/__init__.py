"""Figures of a report, each drawn from its records."""

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

# No figure is shown on a screen: whatever backend the environment names, and may not even have, is none of ours. Nor
# are a user's settings, of which a file that cannot be read would end the import: matplotlib first looks for one where
# it is imported, and there finds its own.
_named = os.environ.get("MPLBACKEND")
os.environ["MPLBACKEND"] = "svg"
try:
    with contextlib.ExitStack() as _elsewhere:
        _found = importlib.util.find_spec("matplotlib")
        if "matplotlib" not in sys.modules and _found is not None and _found.origin is not None:
            with contextlib.suppress(OSError):  # the current folder is gone, or matplotlib keeps its settings elsewhere
                _elsewhere.enter_context(contextlib.chdir(Path(_found.origin).parent / "mpl-data"))
        import matplotlib  # noqa: F401 (imported here, so that every module of this folder finds it imported)
finally:
    if _named is None:
        del os.environ["MPLBACKEND"]
    else:
        os.environ["MPLBACKEND"] = _named
