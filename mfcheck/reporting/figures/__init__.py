"""Figures of a report, each drawn from its plain data."""

import os

# No figure is shown on a screen: whatever backend the environment names, and may not even have, is none of ours.
_named = os.environ.get("MPLBACKEND")
os.environ["MPLBACKEND"] = "svg"
try:
    import matplotlib  # noqa: F401 (imported here, so that every module of this folder finds it imported)
finally:
    if _named is None:
        del os.environ["MPLBACKEND"]
    else:
        os.environ["MPLBACKEND"] = _named
