"""An interrupted run in its report folder: what it was asked to do (run.json) and what it found (findings.jsonl)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mfcheck.datasets.imagesets import image_files
from mfcheck.ensembles.import_closure import Closure
from mfcheck.ensembles.module_files import own_code
from mfcheck.ensembles.provenance import foreign_code
from mfcheck.ensembles.source_files import digest_of_all
from mfcheck.findings.files import JOURNAL, RUN, write_atomically
from mfcheck.findings.finding import NAN, Curve, Finding, Margin
from mfcheck.findings.record import PACKAGES
from mfcheck.findings.report_shape import check_finding
from mfcheck.findings.wording import cut
from mfcheck.imports import load_object
from mfcheck.session.journal import Plain, cell_of, findings_in
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.verdict import Verdict

NAME = "run"
"""What run.json calls the name by which the journal knows the run."""
SEAL = "sha256"
"""What run.json calls the digest of the rest: findings of two seeds must not come together by an edit."""
UNKNOWN = "unknown: "
"""What an identity says of code that cannot be found, ahead of the reason."""


def identity(
    settings: Settings, claims: Sequence[str], tests: Sequence[str], own_options: Sequence[str], suite: Iterable[Path]
) -> Plain:
    """All that findings of one run have in common, in JSON's own types: what a run that goes on must not change.

    `tests` says which tests pytest was given, `own_options` what else it was asked for that claims may look at; `suite`
    are the files that claims, expectations and plugins stand in. Code is ours, these files, and all that the theory,
    the architectures and the claims import; where some of it cannot be found, "code" says so and the run cannot be
    resumed.
    """
    suite = list(suite)
    foreign, ours = _foreign_code(settings, suite), [*own_code(), *suite]
    return {
        "seed": settings.seed,
        "level": settings.level.title,
        "alpha": settings.alpha,
        "theory": settings.theory,
        "architectures": list(settings.architectures),
        "sizes": [*settings.input_shape, settings.outputs],
        "scales": [list(one) for one in settings.scales],
        "device": settings.device,
        "dataset": settings.dataset,
        "data_dir": None if settings.data_dir is None else str(settings.data_dir),
        "images": list(image_files(settings.data_dir)),
        "claims": list(claims),
        "tests": list(tests),
        "options": list(own_options),
        "code": UNKNOWN + foreign.unresolved if foreign.unresolved else digest_of_all(ours, foreign.digest),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in PACKAGES},
    }


def write_run(folder: Path, asked: Plain, run: str) -> None:
    """Say, atomically, what the run in this folder was asked to do, and by which name its journal knows it."""
    named = {**asked, NAME: run}
    write_atomically(folder / RUN, json.dumps({**named, SEAL: _seal(named)}, ensure_ascii=False, indent=1) + "\n")


def discard_run(folder: Path) -> None:
    """Leave nothing to resume in this folder; what was found stays."""
    (folder / RUN).unlink(missing_ok=True)


def read_run(folder: Path) -> Plain:
    """What the interrupted run in this folder was asked to do; ValueError if there is none."""
    try:
        asked = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"nothing to resume in {folder}: no interrupted run has left its {RUN} there") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(_cannot(folder, f"{RUN} cannot be read ({cut(str(error), 120)})")) from None
    seed = asked.get("seed") if isinstance(asked, dict) else None
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(_cannot(folder, f"{RUN} names no seed"))
    if not isinstance(asked.get(NAME), str):
        raise ValueError(_cannot(folder, f"{RUN} does not name its run"))
    found: Plain = asked
    if found.pop(SEAL, None) != _seal(found):
        raise ValueError(_cannot(folder, f"{RUN} is not as its run wrote it; start anew without --mf-resume"))
    return found


def check_same(folder: Path, before: Plain, now: Plain) -> None:
    """Raise ValueError naming the first thing that the interrupted run was asked for otherwise, or code not known."""
    if str(now.get("code", "")).startswith(UNKNOWN):
        raise ValueError(f"the run in {folder} cannot be resumed: whether its code is the same is {now['code']}")
    for name in dict.fromkeys((*now, *before)):
        if name != NAME and before.get(name) != now.get(name):
            raise ValueError(
                f"the run in {folder} cannot be resumed: {name} was {_shown(before.get(name))} and is now "
                f"{_shown(now.get(name))}; ask for the same again, or start anew without --mf-resume"
            )


def read_journal(folder: Path, run: str) -> list[Plain]:
    """The findings of all cells that the interrupted run has finished; ValueError for what it has not written so."""
    try:
        text = (folder / JOURNAL).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ValueError(_cannot(folder, f"{JOURNAL} cannot be read ({error.strerror or error})")) from None
    try:
        found = findings_in(text, run)
        for number, finding in enumerate(found, start=1):
            check_finding(finding, f"line {number}: finding")
            as_finding(finding)
    except (AttributeError, ArithmeticError, KeyError, TypeError, ValueError) as error:
        why = str(error) if type(error) is ValueError else "a finding in it is none of this version"
        raise ValueError(_cannot(folder, f"of {JOURNAL}, {why}; start anew without --mf-resume")) from None
    return found


def by_cell(findings: Iterable[Plain]) -> dict[tuple[str, str], list[Finding]]:
    """Findings by claim and cell."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault(cell_of(finding), []).append(as_finding(finding))
    return found


def as_finding(plain: Plain) -> Finding:
    """The finding that `as_plain` made these values of."""
    exact = {"parameters": plain["parameters"], "resolution": plain["resolution"], "curve": None}
    if plain["curve"] is not None:
        exact["curve"] = Curve(**_restored(plain["curve"]))
    margin, verdict = Margin(**_restored(plain["margin"])), Verdict(plain["verdict"])
    return Finding(**{**_restored(plain), **exact, "margin": margin, "verdict": verdict})


def _restored(value: Any) -> Any:
    """Lists as tuples again, and as NaN the numbers that JSON has no name for."""
    if isinstance(value, Mapping):
        return {name: _restored(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(map(_restored, value))
    return NAN if value is None else value


def _cannot(folder: Path, why: str) -> str:
    return f"the run in {folder} cannot be resumed: {why}"


def _seal(named: Plain) -> str:
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]


def _foreign_code(settings: Settings, suite: Iterable[Path]) -> Closure:
    """What others wrote: the theory, the architectures and the claims, with all that they import."""
    paths = [path for path in (settings.theory, *settings.architectures) if path not in ARCHITECTURES]
    claims = [file for file in suite if file.suffix == ".py"]
    return foreign_code([load_object(path, "code") for path in paths], paths, claims)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
