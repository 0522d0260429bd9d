"""Writes docs/performance.md: what benchmarks measured, and what a chunk launches, multiplies and moves.

`python -m mfcheck.tests.support.performance_page MEASURED.json PAGE` reads what pytest-benchmark wrote and counts the
rest itself, on a pretended GPU.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mfcheck import NetworkSpec
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.observables import along_training, jacobian, losses
from mfcheck.tests.support.launches import Work, work_of
from mfcheck.tests.support.places import ROOT
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow

TEMPLATE = ROOT / "mfcheck" / "tests" / "support" / "performance.md"
CPU, H100 = (70e9, 20e9, 0.0), (60e12, 3.35e12, 5e-6)
"""Operations and bytes a second, and seconds a launch: of one core as it is at hand, and of the card by its makers."""
ATTACK = (0.1, math.inf, math.inf)


@dataclass(frozen=True)
class Chunk:
    """A chunk of draws that the page tells about."""

    words: str
    source: Source
    engine: str
    spec: NetworkSpec
    draws: int
    inputs: int = 1


def chunks() -> Iterator[Chunk]:
    """Small ones of each kind, of networks as wide as the claims at level quick have them."""
    spec = NetworkSpec("vanilla", 196, 10, 256, 5, 2.0)
    yield Chunk("Jacobian entries", jacobian.entry, "dense", spec, 8)
    yield Chunk("‖J‖ from ℓ2 to ℓ2", losses.operator_norms(2.0, 2.0), "dense", spec, 8)
    yield Chunk("‖J‖ from ℓ∞ to ℓ2", losses.operator_norms(math.inf, 2.0), "dense", spec, 8)
    yield Chunk("an attack of 10 steps", losses.attacked(math.inf, 2.0, (0.1,), 10), "dense", spec, 8)
    yield Chunk("an attack of 10 steps", losses.attacked(math.inf, 2.0, (0.1,), 10), "lazy", spec, 8)
    for words, objective, rule in (
        ("10 steps of SGD on attacked images", Objective("attacked", *ATTACK, 5), SGD(0.01, 0.9)),
        ("10 steps of Heun's on L_std + L_adv", Objective("theory", *ATTACK, 5), Flow(0.05, (1e6,))),
        ("10 steps of Heun's on L_std", Objective("standard"), Flow(0.05, (1e6,))),
    ):
        times = (0.1,) if isinstance(rule, SGD) else (1e6,)
        yield Chunk(words, along_training.recorded(objective, rule, times, 10), "dense", spec, 8, 8)


def counted(chunk: Chunk) -> Work:
    """What a chunk takes."""
    x = np.random.default_rng(0).normal(size=(chunk.inputs, chunk.spec.input_dim))
    probe = Probe(x, 0, np.arange(chunk.inputs) % chunk.spec.output_dim)
    return work_of(
        lambda device: Order(chunk.source, chunk.spec, chunk.engine, probe, 1, device, 0, chunk.draws).draw()
    )


def floors(work: Work, machine: tuple[float, float, float]) -> tuple[float, float, float]:
    """Seconds that arithmetic, memory and launches take at least."""
    operations, moved, launch = machine
    return work.operations / operations, work.bytes / moved, work.kernels * launch


def brief(number: float) -> str:
    """Three digits, without an exponent for large ones."""
    return f"{number:.0f}" if number >= 1000 else f"{number:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def of_chunks() -> str:
    rows = []
    for chunk in chunks():
        work = counted(chunk)
        cpu, card = floors(work, CPU), floors(work, H100)
        rows.append(
            [
                f"{chunk.words}, {chunk.engine}",
                *(f"{number:,}".replace(",", " ") for number in (work.kernels, work.waits)),
                *(f"{number / 1e9:.3g}" for number in (work.operations, work.bytes)),
                f"{1e3 * max(cpu):.3g} ({('arithmetic', 'memory')[cpu.index(max(cpu))]})",
                brief(1e3 * work.seconds),
                f"{1e3 * max(card):.3g} ({('arithmetic', 'memory', 'launches')[card.index(max(card))]})",
            ]
        )
    head = ("chunk", "kernels", "waits", "GFLOP", "GB", "floor, core (ms)", "taken, core (ms)", "floor, H100 (ms)")
    return table(head, rows)


def of_benchmarks(measured: dict[str, Any]) -> str:
    rows = []
    for one in measured["benchmarks"]:
        name, _, case = one["name"].removeprefix("test_").partition("[")
        words = name.replace("_", " ") + (f" ({case.rstrip(']').replace('|', ' ')})" if case else "")
        for what, ratio in one["extra_info"].items():
            rows.append([words, what, f"{ratio:.3g}"])
    return table(("benchmark", "measured", "figure"), rows)


def page(measured: dict[str, Any], template: str) -> str:
    """The page with its tables filled in."""
    machine = measured["machine_info"]
    core = machine.get("cpu", {}).get("brand_raw", machine["processor"] or machine["machine"])
    found = {"RATIOS": of_benchmarks(measured), "CHUNKS": of_chunks(), "CORE": core}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: found[match[1]], template)


def main(arguments: Sequence[str]) -> int:
    """Write the page."""
    source, target = map(Path, arguments)
    measured = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(page(measured, TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
