"""Means over a few networks as one draw: their median lies near the mean, whatever the law of one network."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from mfcheck.ensembles.families import family
from mfcheck.ensembles.samples import Probe, Sampler, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec


@family(maxsize=64)
def means_of(source: Source, networks: int) -> Source:
    """What `source` draws `[n, …]`, each draw the mean over so many independent networks.

    A law of relative variance v has a median within about v of its mean if it is Gaussian but for its skewness; the
    median of such means lies within v/networks of it, and is found as precisely by as many networks.
    """

    def averaged(engine: Sampler) -> Sampler:
        def drawn(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
            total = engine(spec, probe, stream, draws).double()
            for _ in range(networks - 1):
                total += engine(spec, probe, stream, draws)
            return total / networks

        return drawn

    return replace(
        source,
        name=f"mean over {networks} networks of {source.name}",
        engines={name: averaged(engine) for name, engine in source.engines.items()},
        passes=source.passes * networks,
    )
