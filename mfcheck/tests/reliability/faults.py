"""Every fault that is tried: of which kind it is, what happens, and to the run of which claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mfcheck.tests.reliability import disks, stories
from mfcheck.tests.reliability.damaged_files import EDITS, POISONS
from mfcheck.tests.reliability.scenes import SEED
from mfcheck.tests.reliability.stories import Story, beside, damaged, foreign, poisoned, struck
from mfcheck.tests.reliability.strikes import JOURNAL, RUN

KINDS = {
    "killed": "SIGKILL or SIGHUP at one moment of a run: collection, draws, between cells, in the midst of a line of "
    "the journal, before and after each file is put in its place",
    "terminated": "SIGTERM, as of a batch system, at the same moments",
    "interrupted": "SIGINT, as of Ctrl-C, at the same moments",
    "with two workers": "the same with `-n 2`, to the main process or to all",
    "worker killed": "SIGKILL to one worker of `-n 2`",
    "struck again": "struck once more while it goes on with `--mf-resume`",
    "writing fails": "one file cannot be written: no space, read-only, or no file may grow any further",
    "disk": "a small disk under the report folder or the kept draws that is full or read-only, or becomes so",
    "kept draws damaged": "files of kept draws flipped, cut, exchanged, or replaced by something else",
    "journal damaged": "findings.jsonl or run.json torn, doubled, edited, of another run, or gone",
    "two runs at once": "a second run in a folder where one is at work, or two that share kept draws",
    "the suite's own claims": "the same of cells of Theorem 4.1 instead of small claims made for this",
}
MOMENTS = (
    *("collection, 1", "loop, 1", "draw, 4", "before chunk, 1", "cell, 1", "cell, 4", "append, 1", "append, 4"),
    *(f"{when} {file}, 1" for file in (JOURNAL, "report.json", "report.html") for when in ("before", "after")),
    *("before run.json, 1", "forget, 1", "summary, 1"),
)
WORKERS = ("-n", "2")


@dataclass(frozen=True)
class Fault:
    """One thing that befalls a run."""

    kind: str
    name: str
    story: Story
    of_suite: bool = False


def faults(*, mounts: bool) -> list[Fault]:
    """All of them, those that need a disk to be mounted only where that can be done."""
    return [*_struck(), *_unwritable(), *(_on_disks() if mounts else ()), *_damaged(), *_together(), *_of_suite()]


def _struck() -> Iterator[Fault]:
    for moment in MOMENTS:
        for kind, deed in (("killed", "kill"), ("terminated", "terminate"), ("interrupted", "interrupt")):
            yield Fault(kind, moment, struck(f"{moment}, {deed}"))
    for moment in ("draw, 4", "append, 2"):
        yield Fault("killed", f"{moment}, hang up", struck(f"{moment}, hang up"))
    yield Fault("terminated", "twice", struck("draw, 4, terminate twice"))
    for strike in (
        *("collection, 1, kill", "draw, 2, kill", "draw, 2, interrupt", "cell, 3, terminate"),
        *("append, 2, kill", "append, 2, interrupt", "before report.json, 1, terminate"),
    ):
        yield Fault("with two workers", strike, struck(strike, *WORKERS))
    for moment in ("collection, 1", "draw, 1", "before chunk, 2"):
        yield Fault("worker killed", moment, struck(f"{moment}, kill worker", *WORKERS))
    for blows in (
        ("cell, 2, kill", "cell, 4, kill", "draw, 2, kill"),
        ("draw, 3, interrupt", "append, 1, kill", "before report.json, 1, terminate"),
        ("append, 3, kill", "before findings.jsonl, 1, kill"),
        ("append, 3, kill", "after findings.jsonl, 1, kill", "draw, 1, kill"),
        ("before report.md, 1, kill", "forget, 1, kill"),
    ):
        yield Fault("struck again", "; ".join(blows), stories.struck_again(*blows))


def _unwritable() -> Iterator[Fault]:
    for moment in ("append, 2", "before chunk, 1", *(f"before {name}, 1" for name in (JOURNAL, RUN, "report.json"))):
        yield Fault("writing fails", f"{moment}, no space", struck(f"{moment}, no space"))
    for moment in ("before report.html, 1", "forget, 1"):
        yield Fault("writing fails", f"{moment}, read-only", struck(f"{moment}, read-only"))
    yield Fault("writing fails", "a limit of size", struck("cell, 3, limit"))
    yield Fault("writing fails", "a line, then killed", struck("append, 2, no space; cell, 6, kill"))
    for thing in ("file", "link"):
        yield Fault("writing fails", f"a {thing} in the way", disks.in_the_way(thing))


def _on_disks() -> Iterator[Fault]:
    for name, options in {"small": "size=64k", "read-only": "size=18m,ro"}.items():
        yield Fault("disk", f"{name} from the beginning", disks.for_reports(options))
    for name, options in {"small": "size=64k", "for some": "size=3m", "read-only": "size=18m,ro"}.items():
        yield Fault("disk", f"of draws, {name}", disks.for_draws(options))
    for strike in ("draw, 2, fill", "append, 2, fill", "loop, 1, turn read-only", "cell, 4, turn read-only"):
        yield Fault("disk", strike, disks.in_a_run(strike))


def _together() -> Iterator[Fault]:
    kind = "two runs at once"
    yield Fault(kind, "another seed", beside("--mf-seed", "8"))
    yield Fault(kind, "the same seed", beside(*SEED))
    yield Fault(kind, "two workers", beside(*SEED, *WORKERS))
    yield Fault(kind, "going on with one at work", beside("--mf-resume"))
    yield Fault(kind, "going on twice", beside("--mf-resume", first="cell, 3, kill"))
    yield Fault(kind, "shared draws", stories.sharing)


def _of_suite() -> Iterator[Fault]:
    for strike in ("draw, 2, kill", "cell, 2, terminate", "before report.html, 1, interrupt"):
        yield Fault("the suite's own claims", strike, struck(strike), of_suite=True)
    yield Fault("the suite's own claims", "two workers", struck("cell, 2, interrupt", *WORKERS), of_suite=True)


def _damaged() -> Iterator[Fault]:
    for name, poison in POISONS.items():
        yield Fault("kept draws damaged", name, poisoned(poison))
    for name, edit in EDITS.items():
        yield Fault("journal damaged", name, damaged(edit))
    for name in (JOURNAL, RUN):
        yield Fault("journal damaged", f"{name} of another run", foreign(name))
