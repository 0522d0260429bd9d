"""What a computation takes: kernels and waits on a pretended GPU, operations of products, bytes that operators move."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import FlopCounterMode

from mfcheck.tests.support.pretend_cuda import VIEWS, pretend_cuda


@dataclass(frozen=True)
class Work:
    """Counts of one computation; `bytes` as if no operator found anything in a cache, seconds on one core."""

    kernels: int
    waits: int
    operations: float
    bytes: float
    seconds: float


class Moved(TorchDispatchMode):
    """Counts what operators read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0.0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ not in VIEWS:
            for one in tree_flatten((args, kwargs, out))[0]:
                if isinstance(one, Tensor):
                    self.bytes += one.untyped_storage().nbytes() if 0 in one.stride() else one.numel() * one.itemsize
        return out


def work_of(compute: Callable[[str], object]) -> Work:
    """What a computation on a device takes that is named to it; on the CPU its thread is timed, the better of two."""
    with pretend_cuda() as gpu:
        compute("cuda:0")
    with FlopCounterMode(display=False) as products, Moved() as moved:
        compute("cpu")
    taken = []
    for _ in range(2):
        start = time.process_time()
        compute("cpu")
        taken.append(time.process_time() - start)
    return Work(gpu.kernels, gpu.waits, float(products.get_total_flops()), moved.bytes, min(taken))
