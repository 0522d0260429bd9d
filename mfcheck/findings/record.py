"""The report of a run as plain data: what report.json holds."""

from __future__ import annotations

import datetime
import importlib.metadata
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np

from mfcheck.datasets.inputs import NORM, open_dataset
from mfcheck.ensembles.module_files import HOME, Place
from mfcheck.ensembles.provenance import foreign_code
from mfcheck.ensembles.source_files import digest_of_all
from mfcheck.findings import states
from mfcheck.findings.finding import Finding
from mfcheck.findings.parts import has_parts, parts_of, whole_verdict
from mfcheck.findings.parts_text import where_it_holds
from mfcheck.findings.report_shape import check_finding
from mfcheck.findings.sections import place_of, section_of
from mfcheck.imports import Itself, load_object
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import PaperTheory
from mfcheck.theory.loading import PAPER_THEORY
from mfcheck.theory.twins import twins
from mfcheck.verdict import Verdict, combine

SCHEMA = 2
"""From 2 on findings name regimes, and wholes may hold in part."""
PACKAGES = ("torch", "numpy", "scipy", "pytest")


def as_plain(finding: Finding) -> dict[str, Any]:
    """A finding in JSON's own types; numbers of a decision that was not made become None."""
    plain = _plain(asdict(finding))
    assert isinstance(plain, dict)
    return plain


def reportable(finding: Finding) -> Finding:
    """A finding that can be told and compared like all others; ValueError, in a sentence, of one that cannot."""
    where = f"{finding.claim} in cell {finding.cell}: what it found cannot be reported: finding"
    try:
        plain = as_plain(finding)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} holds what is no plain value ({error})") from error
    check_finding(plain, where)
    return finding


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, Verdict):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None


def assemble(
    settings: Settings,
    findings: Sequence[dict[str, Any]],
    errors: Sequence[tuple[dict[str, str], dict[str, str]]],
    codes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The whole report as plain data (report.json), findings in the order of theorem, claim and cell.

    `codes` is what `codes_of` told when the theory and the architectures were loaded: their files may be others by now.
    """
    codes = codes or {}
    claims: dict[str, dict[str, Any]] = {}
    for finding in sorted(findings, key=lambda finding: (finding["claim"], finding["cell"])):
        entry = claims.setdefault(finding["claim"], _empty(finding["claim"], finding["says"]))
        explored = {} if states.gates(entry) else {"explored": True}
        entry["findings"].append({k: v for k, v in finding.items() if k not in ("claim", "says")} | explored)
    for claim, error in sorted(errors, key=lambda pair: (pair[0]["id"], pair[1]["cell"], pair[1]["message"])):
        claims.setdefault(claim["id"], _empty(claim["id"], claim["says"]))["errors"].append(error)
    for entry in claims.values():
        told = _judged([entry])
        entry |= {"verdict": told["verdict"], "where": told["says"], "parts": told["parts"]}
    theorems: dict[str, dict[str, Any]] = {}
    for id in sorted(claims, key=lambda id: (place_of(id), id)):
        section = section_of(id)
        theorem = theorems.setdefault(section.id, {"id": section.id, "title": section.title, "claims": []})
        theorem["claims"].append(claims[id])
    for theorem in theorems.values():
        theorem |= _judged(theorem["claims"])
    return {
        "schema": SCHEMA,
        "mfcheck": importlib.metadata.version("mfcheck"),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "environment": environment(),
        "seed": settings.seed,
        "level": settings.level.title,
        "alpha": settings.alpha,
        "family_error_bound": math.fsum(finding["alpha"] for finding in findings),
        "theory": settings.theory,
        "theory_code": codes.get(settings.theory, ""),
        "architectures": list(settings.architectures),
        "architecture_code": {path: code for path, code in codes.items() if path in settings.architectures},
        "dataset": inputs_of(settings, findings),
        "verdict": combine(
            Verdict(theorem["verdict"]) for id, theorem in theorems.items() if section_of(id).gates
        ).value,
        "theorems": list(theorems.values()),
    }


def codes_of(settings: Settings) -> dict[str, str]:
    """What tells the code of the theory and of each architecture of one's own from that of another of its name."""
    return {path: code_of(path) for path in (settings.theory, *settings.architectures) if path not in ARCHITECTURES}


def code_of(path: str) -> str:
    """What tells the code behind an import path, with all that it imports and is not installed, from another's.

    Of the paper's theory it is the room of formulas; empty where some of it cannot be found, where all of it is
    installed, and where a file was edited since this process began. It is found as the object is loaded, and then kept:
    what the files hold later is no code of this process.
    """
    return _code_of(path, Itself(load_object(path, "code")))


@lru_cache(maxsize=8)
def _code_of(path: str, loaded: Itself) -> str:
    if path == PAPER_THEORY:
        return digest_of_all((HOME / "theory").glob("*.py"))
    code = foreign_code([loaded.one], [path], ())
    code.compare_with_process()
    own = [file for file in code.files if not Place(file).installed]
    return "" if code.unresolved or code.unseen or not own else digest_of_all(own)


def _judged(claims: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What some claims, one or a whole theorem's, come to: the verdict, where it holds in a sentence, and the parts."""
    findings = [{**finding, "claim": claim["id"]} for claim in claims for finding in claim["findings"]]
    errors = sum(len(claim["errors"]) for claim in claims)
    verdict, parts = whole_verdict(findings, errors=errors > 0), parts_of(findings)
    if not all(map(states.gates, claims)):  # what is explored holds nowhere and fails nowhere
        parts = []
    shown = [part.plain for part in parts if part.findings] if has_parts(parts) else []
    return {"verdict": verdict.value, "says": where_it_holds(verdict, parts, errors), "parts": shown}


def fates(theory: PaperTheory, findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of every wrong twin of the theory: killed and by which claims, survived, equivalent or untested."""
    seen = {name for finding in findings for name in finding["twins_seen"]}
    found = []
    for twin in twins(theory):
        killers = sorted({finding["claim"] for finding in findings if twin.name in finding["twins_refuted"]})
        tested = "killed" if killers else "survived" if twin.name in seen else "untested"
        status = "equivalent" if twin.equivalent else tested
        reason = {"equivalent": twin.equivalent, "untested": "no claim that ran looks at this formula"}.get(status, "")
        fate = {"name": twin.name, "formula": twin.formula, "status": status, "killed_by": killers, "reason": reason}
        found.append(fate)
    return found


def inputs_of(settings: Settings, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The data sets of a run and its findings: names, the norm of inputs, and the files read with their checksums."""
    looked_at = (str(finding["parameters"].get("dataset", settings.dataset)) for finding in findings)
    names = list(dict.fromkeys([settings.dataset, *sorted(looked_at)]))
    sets = [open_dataset(name, settings.data_dir) for name in names]
    files = [asdict(file) for found in sets if found for file in found.provenance]
    return {"name": " and ".join(names), "norm": NORM, "files": files}


def environment() -> dict[str, Any]:
    """What the run ran on."""
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    machine = {"platform": platform.platform(), "cores": os.cpu_count() or 0, "float32_matmul": "ieee (no TF32)"}
    return {"python": platform.python_version(), **versions, **machine}


def _empty(id: str, says: str) -> dict[str, Any]:
    return {"id": id, "says": says, "verdict": "", "where": "", "parts": [], "findings": [], "errors": []}
