"""A small report in which every field that is read has a value: two claims, an error and two wrong twins."""

from __future__ import annotations

from typing import Any

FINDING = {
    "cell": "one",
    "engine": "wishart",
    "parameters": {"device": "cpu"},
    "verdict": "supported",
    "statistic": "ratio",
    "estimate": 1.0,
    "interval": [0.99, 1.01],
    "reference": 1.0,
    "region": [0.95, 1.05],
    "alpha": 1e-6,
    "draws": 1000,
    "expected": "",
    "curve": None,
}
NOWHERE = {"interval": [None, None], "region": [None, None], "reference": None, "estimate": None}
TWIN = {"name": "omega: × 1.05", "formula": "omega", "status": "killed", "killed_by": ["toy.1/law"], "reason": ""}
CLAIMS = [
    {
        "id": "toy.1/law",
        "says": "A law holds.",
        "verdict": "supported",
        "findings": [FINDING, {**FINDING, "cell": "two", "verdict": "refuted", "expected": "it is leading order"}],
        "errors": [{"cell": "three", "message": "boom\nhere"}],
    },
    {
        "id": "open/question",
        "says": "Is it so?",
        "verdict": "not applicable",
        "findings": [{**FINDING, **NOWHERE, "verdict": "not applicable"}],
        "errors": [],
    },
]
REPORT: dict[str, Any] = {
    "schema": 1,
    "mfcheck": "0.1.0",
    "created": "2026-01-01T00:00:00+00:00",
    "environment": {"python": "3.11.7", "cores": 2},
    "seed": 1,
    "level": "quick",
    "alpha": 1e-6,
    "theory": "mfcheck.theory:PaperTheory",
    "architectures": ["vanilla", "residual"],
    "dataset": {"name": "digits and noise", "files": [{"file": "digits.csv", "sha256": "ab" * 32}]},
    "verdict": "supported",
    "full": True,
    "narrowed": False,
    "theorems": [{"id": "toy.1", "title": "Toy", "verdict": "supported", "claims": CLAIMS}],
    "mutants": [TWIN, {**TWIN, "name": "omega: × 1.25", "status": "survived", "killed_by": []}],
}
