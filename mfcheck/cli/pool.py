"""The command `mfcheck pool`: reports of several seeds side by side, their verdicts together, and one error bound."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mfcheck.cli.arguments import a_path
from mfcheck.cli.output import say
from mfcheck.findings.poolable import WHOLE
from mfcheck.findings.pooled import Pooled, PooledFinding, pooled
from mfcheck.findings.report_file import read_report
from mfcheck.findings.states import GLYPHS, NOTHING
from mfcheck.findings.wording import clip, plural

WIDTH = 17


def add_pool(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    told = "reports of several seeds side by side; status 1 unless all that gates is supported or refuted as declared"
    pool = commands.add_parser("pool", help=told)
    pool.add_argument(
        "reports", metavar="REPORT", nargs="+", type=a_path, help="report.json of a run, one of each seed"
    )


def run(chosen: argparse.Namespace) -> int:
    """Print what the reports say together; 0 if all that gates is supported, or refuted as expected, else 1."""
    names = list(map(str, chosen.reports))
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{repeated[0]!r} is given twice: the same draws count once")
    found = pooled({str(path): read_report(path, WHOLE) for path in chosen.reports})
    for line in pool_lines(found):
        if not say(line):
            break
    return 1 if found.failing or found.errors or found.decided_nothing else 0


def pool_lines(found: Pooled) -> Iterator[str]:
    """The theorems, then every decision that seeds or verdicts make one look at, then the error bound."""
    yield f"{len(found.seeds)} reports, level {found.level}, theory {found.theory}"
    for seed in found.narrowed:
        yield f"that of seed {seed} left out claims or cells"
    for name, values in found.differ.items():
        yield clip(f"they differ in {name}: {', '.join(values)}", 300)
    yield "  ".join(
        [f"{'theorem':<12} {'together':<22}", *(f"seed {seed}"[:WIDTH].ljust(WIDTH) for seed in found.seeds)]
    )
    for id, (verdict, each) in found.theorems.items():
        columns = (f"{GLYPHS.get(one, ' ')} {one or 'not run'}"[:WIDTH].ljust(WIDTH) for one in each)
        yield "  ".join([f"{id:<12} {GLYPHS[verdict]} {verdict:<20}", *columns]).rstrip()
    apart = [one for one in found.findings if len(set(one.by_seed.values())) > 1 or one in found.failing]
    if apart:
        yield ""
        yield f"{plural(len(apart), 'decision')} on which seeds differ, or that all leave unsupported:"
    for one in apart:
        yield f"  {_line(one)}"
    for error in found.errors:
        yield f"  error: {clip(error, 200)}"
    yield ""
    same, alone = (len([one for one in some if one not in apart]) for some in (found.by_all, found.by_some))
    bound = f"all decisions of all seeds err with probability at most {found.error_bound:.2g}"
    if found.decided_nothing:
        yield NOTHING
    if alone:
        yield f"{plural(alone, 'decision')} by some of the seeds alone"
    yield f"{plural(same, 'decision')} on which no seed differs; {bound}"


def _line(one: PooledFinding) -> str:
    each = ", ".join(f"{seed} {state}" for seed, state in one.by_seed.items())
    note = f" ({one.note})" if one.note else ""
    return f"{one.claim} {one.cell}: {one.state}{note}; {each}"
