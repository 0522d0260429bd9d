"""Settings and findings of a run that never was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mfcheck import Finding, Verdict
from mfcheck.findings.finding import Margin
from mfcheck.settings import Settings, level_named

HEAD = {
    "schema", "mfcheck", "created", "environment", "seed", "level", "alpha", "family_error_bound", "theory",
    "architectures", "theorems", "mutants",
}  # fmt: skip


def make_settings(report: Path = Path("reports")) -> Settings:
    """Settings of a quick run."""
    return Settings(seed=7, level=level_named("quick"), report=report)


def make_finding(claim: str = "thm4.1/a", cell: str = "c1", verdict: str = "supported", **changes: Any) -> Finding:
    """A supported finding with some values changed."""
    values = {
        "claim": claim,
        "says": f"{claim} holds.",
        "cell": cell,
        "figure": "",
        "engine": "wishart",
        "parameters": {"width": 10},
        "statistic": "ratio",
        "estimate": 1.0,
        "interval": (0.9, 1.1),
        "reference": 1.0,
        "region": (0.95, 1.05),
        "margin": Margin(0.0, 0.05, "level quick"),
        "alpha": 1e-6,
        "draws": 100,
        "looks": 1,
        "verdict": Verdict(verdict),
        "resolution": 0.1,
        "seconds": 0.5,
        "reproduce": "pytest x",
    }
    return Finding(**(values | changes))
