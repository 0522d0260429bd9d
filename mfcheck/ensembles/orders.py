"""An order: one chunk of draws, by all that its numbers depend on, and what carrying it out gave.

Whoever carries out an order, in this process or another, on this machine or another of its kind, gets the same bits.
"""

from __future__ import annotations

import importlib.metadata
import os
import pickle
import platform
import sys
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import torch

from mfcheck.arrays import Floats
from mfcheck.ensembles.known_by import known_by
from mfcheck.ensembles.memory import is_of_memory
from mfcheck.ensembles.provenance import code_of_draws
from mfcheck.ensembles.rough import multiplies_bfloat16
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.ensembles.sources import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.given import reason
from mfcheck.imports import calm_warnings
from mfcheck.numerics import one_thread, together
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotANumber

STICKY = ("CUDA error", "device-side assert", "CUDNN_STATUS_EXECUTION_FAILED")
"""What torch says of a GPU that answers nothing more to this process; memory that is too small is not among them."""


@dataclass(frozen=True, eq=False)
class Order:
    """The chunk with a number of `size` draws of a source, from the root seed of a sample."""

    source: Source
    spec: NetworkSpec
    engine: str
    probe: Probe
    seed: int
    device: str
    index: int
    size: int

    @cached_property
    def stream_seed(self) -> int:
        """The seed of the chunk's own stream."""
        probe = self.probe if self.source.uses_input[self.engine] else "any input"
        return derive_seed(self.seed, self.source.name, self.engine, self.spec, probe, self.index)

    def draw(self) -> Floats:
        """The chunk `[size, …]`; NotANumber naming it if any number is not finite, ValueError if these are no `size`
        draws of real numbers."""
        with one_thread(), together(), torch.no_grad():
            stream = Stream(self.stream_seed, self.device)
            drawn = self.source.engines[self.engine](self.spec, self.probe, stream, self.size)
        if not isinstance(drawn, torch.Tensor) or drawn.is_complex() or drawn.shape[:1] != (self.size,):
            shown = f"{list(drawn.shape)} of {drawn.dtype}" if isinstance(drawn, torch.Tensor) else type(drawn).__name__
            raise ValueError(
                f"{self.source.name} must draw a tensor of {self.size} rows of real numbers, one for each network, by "
                f"its {self.engine} engine; it drew {shown}"
            )
        values: Floats = drawn.to(torch.float64).cpu().numpy()
        if bad := int(np.count_nonzero(~np.isfinite(values))):
            raise NotANumber(
                f"{bad} of {values.size} values of {self.source.name} are NaN or infinite "
                f"({self.engine} engine, {self.spec}, chunk {self.index}, seed {self.seed})"
            )
        return values


@dataclass(frozen=True)
class Reply:
    """What a worker gives back for an order: its numbers or the error it met; on what processor, by what code."""

    processor: str
    code: str = ""
    by: str = ""
    """What its function is known by in the worker."""
    values: Floats | None = None
    error: Exception | None = None
    unusable: str = ""
    """Why the worker could not draw though others may: it lacks a module, say, or memory."""
    known: bool = True
    """Whether all that these numbers depend on is known in the worker too, once they are drawn."""


def packed(order: Order) -> bytes:
    """An order as it is sent, with where its sender finds modules; whatever pickle raises for what cannot be sent."""
    return pickle.dumps((sys.path, pickle.dumps(order)))


def carry_out(parcel: bytes) -> Reply:
    """Carry out a packed order, in the process of a worker; no error of it is raised here.

    A GPU that answers nothing more takes the worker with it: whoever waits has the chunk drawn by another.
    """
    where = f"cpu {platform.machine()}"
    try:
        paths, content = pickle.loads(parcel)
        sys.path += [path for path in paths if path not in sys.path and os.path.exists(path)]
        order: Order = pickle.loads(content)
        where = processor(order.device)
        engine = order.source.engines[order.engine]
        code, by = code_of_draws(engine, order.spec.architecture), known_by(engine).digest
    except Exception as error:
        return Reply(where, unusable=f"{type(error).__name__}: {reason(error)}")
    try:
        with calm_warnings():
            values = order.draw()
        now = code_of_draws(engine, order.spec.architecture)
        return Reply(where, code.digest, by, values, known=now.known)
    except Exception as error:
        if is_sticky(error):
            os._exit(70)
        if is_of_memory(error):  # beside others that draw: by itself the process that asks may have the room
            return Reply(where, unusable=f"{type(error).__name__}: {reason(error)}")
        return Reply(where, code.digest, by, error=_sendable(error))


def is_sticky(error: BaseException) -> bool:
    """Whether the GPU will answer nothing more to the process that met this error."""
    return isinstance(error, RuntimeError) and any(word in str(error) for word in STICKY)


@lru_cache
def processor(device: str) -> str:
    """The kind of processor behind a device: bits agree on one kind, whichever of several the work falls to."""
    if device.startswith("cuda"):
        return f"cuda {torch.cuda.get_device_name(device)}"
    tiles = " with bfloat16" if multiplies_bfloat16(torch.device("cpu")) else ""
    return f"cpu {platform.machine()} {torch.backends.cpu.get_cpu_capability()}{tiles}"


class Kind(NamedTuple):
    """What a worker must have in common with the process that asks it: the kind of processor, and the versions."""

    processor: str
    versions: str


def kind(device: str) -> Kind:
    """That of this process."""
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("mfcheck", "torch", "numpy"))
    return Kind(processor(device), ", ".join(versions))


def _sendable(error: Exception) -> Exception:
    """The error itself where it can be pickled and made again, else one of the nearest kind that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        kinds = (NotANumber, ArithmeticError, ValueError, RuntimeError)
        kind = next((one for one in kinds if isinstance(error, one)), RuntimeError)
        return kind(str(error))
    return error
