"""Whole reports of runs that never were: every section, regimes, twins, coverage, a comparison, and many findings."""

from __future__ import annotations

from itertools import count, cycle
from typing import Any

from mfcheck.findings.parts import parts_of, whole_verdict
from mfcheck.findings.parts_text import where_it_holds
from mfcheck.findings.reading import finding_of
from mfcheck.findings.record import as_plain
from mfcheck.findings.sections import SECTIONS
from mfcheck.tests.support.reports import make_claim, make_finding, make_law, make_report, make_twin
from mfcheck.verdict import combine

PAIRS = ("1-1", "1-2", "2-1", "2-2", "2-inf", "inf-1", "inf-2", "inf-inf")
ENGINES = ("wishart", "lazy", "dense")
NETWORK = {"architecture": "vanilla", "input_dim": 784, "output_dim": 10, "depth": 5, "weight_variance": 2.0}
INSTEAD = "Chevet's constant"
EXPECTED = "the constant is leading order as d → ∞"


def whole_finding(claim: str, number: int, **changes: Any) -> dict[str, Any]:
    """A finding with every field that a report has, at a width and a pair of its own."""
    width, engine = 100 * (number + 1), ENGINES[number % 3]
    parameters = NETWORK | {"width": width, "pair": PAIRS[number % 8]} | changes.pop("parameters", {})
    cell = f"{engine}-vanilla-N{width}-pair.{parameters['pair']}-{number}"
    values = {
        "cell": cell,
        "engine": engine,
        "parameters": parameters,
        "decides": f"the median over the bound is at most 1 + 0.0{number % 9 + 1}",
        "reproduce": f"pytest 'claims/test_x.py::test_x[{cell}]' --mf-seed 123 --mf-level quick",
        "statistic": "median ratio to the theory",
        "reference": 1.0,
        "estimate": 0.9 + 0.001 * (number % 90),
        "interval": [0.88 + 0.001 * (number % 90), 0.92 + 0.001 * (number % 90)],
        "region": [0.0, 1.05],
    }
    plain = as_plain(finding_of(make_finding(**values | changes), claim))
    return {name: value for name, value in plain.items() if name not in ("claim", "says")}


def whole_claim(id: str, *findings: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A claim with the verdict and the words that its findings come to."""
    verdict, parts = whole_verdict(findings), parts_of(findings)
    told = {"where": where_it_holds(verdict, parts), "parts": [part.plain for part in parts if part.regime]}
    return make_claim(*findings, id=id, verdict=verdict.value, **told | changes)


def whole_theorem(id: str, *claims: dict[str, Any]) -> dict[str, Any]:
    """A section with what its claims come to."""
    findings = [finding for claim in claims for finding in claim["findings"]]
    verdict, parts = whole_verdict(findings), parts_of(findings)
    return {
        "id": id,
        "title": SECTIONS[id].title if id in SECTIONS else id,
        "verdict": verdict.value,
        "says": where_it_holds(verdict, parts),
        "parts": [part.plain for part in parts if part.regime or part.caveats],
        "claims": list(claims),
    }


def refuted(claim: str, number: int, pair: str) -> dict[str, Any]:
    """A refutation that was declared: the theory's constant is some percent too low."""
    changes = {"estimate": 1.042 + 0.002 * number, "interval": [1.035, 1.05], "region": [0.0, 1.022]}
    declared = {"verdict": "refuted", "expected": EXPECTED, "instead": INSTEAD, "holds_instead": [INSTEAD]}
    parameters = {"pair": pair, "constant": "theory", "statement": "median"}
    return whole_finding(claim, number, **changes, **declared, parameters=parameters)


def whole_report(findings: int = 60) -> dict[str, Any]:
    """A report with a line for every theorem, of so many findings or a few more."""
    numbers, sections = count(), [id for id in SECTIONS if id not in ("preflight", "audit")]
    claims: dict[str, list[dict[str, Any]]] = {f"{id}/some-claim-{place}": [] for id in sections for place in (1, 2)}
    for _, id in zip(range(findings), cycle(claims), strict=False):
        regime = {"regime": "at the start"} if id.startswith("thm5.4") else {}
        claims[id].append(whole_finding(id, next(numbers), **regime))
    bound = "thm5.1/bound-satisfied"
    claims[bound] = [refuted(bound, 0, "2-inf"), refuted(bound, 1, "inf-inf")]
    claims[bound] += [whole_finding(bound, next(numbers)) for _ in PAIRS]
    late = {"regime": "late", "verdict": "refuted", "estimate": 1.3, "interval": [1.25, 1.4]}
    law = "thm5.4/vanilla-variance-decay"
    claims[law] = [whole_finding(law, next(numbers), **late, expected="nothing lasts", instead="Euler's law")]
    claims["thm4.1/entries-gaussian"] = [
        whole_finding("thm4.1/entries-gaussian", next(numbers), figure="the paper's experiment", curve=make_law())
    ]
    made = [
        whole_theorem(
            section, *(whole_claim(id, *found) for id, found in claims.items() if id.startswith(f"{section}/"))
        )
        for section in sections
    ]
    report = make_report() | {"theorems": made, "full": True, "narrowed": False, "expectations": []}
    report["verdict"] = combine(_verdicts(made)).value
    report["environment"] |= {"platform": "Linux", "cores": 2}
    report["mutants"] = [make_twin("killed", f"× {factor}", bound) for factor in (1.05, 1.25)]
    report["coverage"] = [COVERED]
    for file in report["dataset"]["files"]:
        file["note"] = ""
    return report


LEAST = {"factor": 1.02, "claim": "thm4.1/entries-gaussian", "cell": "c", "engine": "exact"}
ROW = {"argument": "width", "values": [100.0, 200.0], "twins": 4, "holes": [], "least": LEAST, "declared": ""}
COVERED = {"formula": "omega", "findings": 12, "exact": LEAST, "sampled": None, "rows": [ROW]}


def _verdicts(theorems: list[dict[str, Any]]) -> list[Any]:
    from mfcheck.verdict import Verdict

    return [Verdict(theorem["verdict"]) for theorem in theorems if theorem["id"] != "open"]
