"""Sources that other processes can make: plain ones, ones that fail, and ones that take their worker with them."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.families import family
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream


@family(maxsize=8)
def shifted(by: float) -> Source:
    """`[n, 1]`: normals about a number, by a function that no module holds."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return stream.normal(draws, 1) + by

    return Source(f"normals about {by}", {"dense": draw}, {"dense": True}, most=4)


@family(maxsize=8)
def breaking(above: float, deadly: bool = False) -> Source:
    """`[n, 1]`: normals, and no number in a chunk that begins above a bound, or an error of its own kind."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        found = stream.normal(draws, 1)
        if float(found[0]) > above:
            if deadly:
                raise PeculiarError(3, "a chunk that begins high")
            return torch.full_like(found, torch.nan)
        return found

    return Source(f"normals up to {above}", {"dense": draw}, {"dense": True}, most=4)


class PeculiarError(ValueError):
    """One that pickle does not make again."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{words}, code {code}")


@family(maxsize=8)
def murderous(folder: str, home: int, times: int) -> Source:
    """`[n, 1]`: normals; the first so many chunks that another process than `home` draws end it."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        if os.getpid() != home:
            for number in range(times):
                try:
                    (Path(folder) / str(number)).touch(exist_ok=False)
                except FileExistsError:
                    continue
                os._exit(1)
        return stream.normal(draws, 1)

    return Source("normals at some cost", {"dense": draw}, {"dense": True}, most=4)


@family(maxsize=8)
def whereabouts(home: int) -> Source:
    """`[n, 1]`: 1 where another process than `home` draws, else 0. No honest source: it tells who has drawn."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return torch.full((draws, 1), float(os.getpid() != home))

    return Source("whereabouts", {"dense": draw}, {"dense": True}, most=4)
