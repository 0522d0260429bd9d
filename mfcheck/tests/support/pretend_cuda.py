"""A GPU that is only pretended, on a build of torch for the CPU: what fails on one fails, and launches are counted.

    with pretend_cuda() as gpu:
        ...code that says device="cuda:0"...
    gpu.kernels, gpu.waits

A pretended tensor says that it lives on cuda:0 and keeps its numbers on the CPU. Each operator on one counts as a
kernel, unless it makes a view alone; what brings a number, or a size that depends on numbers, back to the program is a
wait. Operators on tensors of both kinds, generators of the wrong device and `.numpy()` raise what torch raises there.
Numbers differ from a GPU's own, and how many bytes lie where is not known.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map

from mfcheck.tests.support.pretend_graphs import FORBIDDEN, LEFT_OVER, PretendedGraph, entered, recorded, set_stream

DEVICE = torch.device("cuda", 0)
GIB = 2**30
VIEWS = frozenset(
    (
        *("alias", "as_strided", "detach", "diagonal", "empty", "empty_like", "empty_strided", "expand"),
        *("is_same_size", "lift_fresh", "narrow", "new_empty", "new_empty_strided", "permute", "_reshape_alias"),
        *("reshape", "select", "slice", "split", "split_with_sizes", "squeeze", "sym_size", "t", "transpose"),
        *("unbind", "unfold", "_unsafe_view", "unsqueeze", "view"),
    )
)
WAITS = frozenset(("_local_scalar_dense", "equal", "is_nonzero", "masked_select", "nonzero", "_unique2"))
SOLVERS = frozenset(("_linalg_eigh", "_linalg_svd"))
"""Which check on the host what became of them; torch does not of a QR, which fails for no matrix."""
MASKED = frozenset(("index", "index_put", "index_put_"))
TO_FACTORIES = frozenset(("as_tensor", "asarray", "from_numpy", "tensor"))
MOVES = frozenset(("to", "as_tensor", "asarray", "tensor"))
_Generator = torch.Generator


class DeviceMismatchError(RuntimeError):
    """Tensors or generators of two devices where torch wants one."""


@dataclass
class PretendedGpu:
    """What was launched and waited for so far, and where in our code the waiting was; whether waiting is an error."""

    kernels: int = 0
    waits: int = 0
    places: Counter[str] = field(default_factory=Counter)
    waiting: str | int = 0

    def launch(self, run: Callable[[], Any], *, kind: str = "new") -> Any:
        """Run what makes something "new", and so is a kernel, or writes, or makes no more than room or a view."""
        self.kernels += kind in ("new", "write")
        if PretendedGraph.stream is not None and PretendedGraph.recording is None:
            raise RuntimeError(LEFT_OVER)
        out = run()
        if PretendedGraph.recording is not None:
            PretendedGraph.recording.launched(run, out, kind=kind)
        return out

    def wait(self, what: str) -> None:
        """Count a wait; RuntimeError where there must be none."""
        if PretendedGraph.recording is not None:
            raise RuntimeError(f"CUDA error: {FORBIDDEN}: {what} in {_caller()}")
        if self.waiting == "error":
            raise RuntimeError(f"called a synchronizing CUDA operation: {what} in {_caller()}")
        self.waits += 1
        self.places[f"{what} in {_caller()}"] += 1


_gpu: PretendedGpu | None = None


def _now() -> PretendedGpu:
    assert _gpu is not None
    return _gpu


def _now_waiting(mode: str | int) -> None:
    _now().waiting = mode
    warnings.warn("Synchronization debug mode is a prototype feature", stacklevel=2)


class PretendedTensor(Tensor):
    """A tensor that says it is on cuda:0."""

    held: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> PretendedTensor:
        """Around numbers that lie on the CPU."""
        made: PretendedTensor = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=held.device,
        )
        made.held = held
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """The pretended one."""
        return DEVICE

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        """As it says."""
        return True

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _launch(func, args, kwargs or {})


class PretendedGenerator(_Generator):
    """A generator that says it is on cuda:0."""

    def __new__(cls, device: Any = "cpu") -> PretendedGenerator:
        """Of numbers that come from the CPU."""
        return _Generator.__new__(cls, "cpu")

    def __init__(self, device: Any = "cpu") -> None:
        pass

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """The pretended one."""
        return DEVICE


class _AnyGenerator(type(_Generator)):  # type: ignore[misc]
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, _Generator)

    def __call__(cls, device: Any = "cpu") -> Any:
        return PretendedGenerator() if torch.device(device).type == "cuda" else _Generator(device)


class _GeneratorOfEitherDevice(_Generator, metaclass=_AnyGenerator):
    """In the place of torch.Generator."""


def _launch(func: Any, args: Any, kwargs: Any) -> Any:
    """Run an operator some of whose tensors are pretended."""
    name, gpu = func.overloadpacket.__name__, _now()
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    others = [one for one in tensors if not isinstance(one, PretendedTensor)]
    wanted = kwargs.get("device")
    leaves = name == "_to_copy" and wanted is not None and torch.device(wanted).type == "cpu"
    if name in ("copy_", "_to_copy") and (leaves or others):
        gpu.wait(name)
    elif others:
        _check_alike(func, name, args, others)
    masks = name in MASKED and any(isinstance(i, Tensor) and i.dtype is torch.bool for i in args[1])
    if name in WAITS or name in SOLVERS or masks:
        gpu.wait(name)
    real_args, real_kwargs = tree_map(here, args), tree_map(here, kwargs)
    if "device" in real_kwargs:
        real_kwargs["device"] = torch.device("cpu")
    writes = (name.endswith("_") and not name.endswith("__")) or kwargs.get("out") is not None
    if writes and PretendedGraph.recording is not None:
        PretendedGraph.recording.check_written(real_kwargs.get("out", real_args[0]))
    out = gpu.launch(lambda: func(*real_args, **real_kwargs), kind="write" if writes else _kind(name))
    if leaves:
        return out
    if name.endswith("_") and not name.endswith("__"):
        return args[0]
    if kwargs.get("out") is not None:
        return kwargs["out"]
    return tree_map(_pretended, out)


def _kind(name: str) -> str:
    if name.startswith(("empty", "new_empty")):
        return "room"
    return "view" if name in VIEWS or name in WAITS else "new"


def _check_alike(func: Any, name: str, args: Any, others: list[Tensor]) -> None:
    """Raise what torch raises for tensors on two devices; a number from the CPU may enter an elementwise operator."""
    if name in MASKED and isinstance(args[0], PretendedTensor) and (name == "index" or args[2].dim() == 0):
        _now().wait(f"{name} by indices from the CPU")
        return
    if torch._C._current_graph_task_id() != -1 and all(not bool(one.any()) for one in others):
        return  # zeros that autograd makes where it believes the gradient to be, which is where these numbers lie
    elementwise = torch.Tag.pointwise in func.tags or name in ("where", "masked_fill", "masked_fill_", "fill_")
    if any(one.dim() for one in others) or not elementwise:
        shapes = [tuple(one.shape) for one in others]
        raise DeviceMismatchError(f"{name}: expected all tensors on one device, found cuda:0 and cpu {shapes}")


def here(one: Any) -> Any:
    """The numbers of what is pretended; anything else as it is."""
    return one.held if isinstance(one, PretendedTensor) else one


def _pretended(one: Any) -> Any:
    return PretendedTensor(one) if isinstance(one, Tensor) and not isinstance(one, PretendedTensor) else one


class _ToGpu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        _now().wait("to cuda")
        return PretendedTensor(x.detach().clone())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return here(gradients[0])  # type: ignore[no-any-return]


class _ToCpu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        _now().wait("to cpu")
        return here(x).detach().clone()  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _pretended(gradients[0])


class _Calls(TorchFunctionMode):
    """Keeps the word cuda from torch's own parsers, which would look for a driver."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        first = args[0] if args and isinstance(args[0], Tensor) else None
        there = isinstance(first, PretendedTensor)
        args, device = _device_asked(name, args, kwargs)
        _check_generators(name, there or (device is not None and device.type == "cuda"), (*args, *kwargs.values()))
        if there and name in ("numpy", "__array__"):
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy it first")
        if there and name == "tolist":
            _now().wait("tolist")
            return here(first).tolist()
        if there and name == "one_hot":  # which makes an arange where the numbers lie
            _now().kernels += 2
            held = here(first)
            return PretendedTensor(_now().launch(lambda: torch.nn.functional.one_hot(held, *args[1:], **kwargs)))
        if device is None:
            return func(*args, **kwargs)
        if first is not None and name in MOVES:
            return _moved(func, first, device, args[1:], kwargs)
        return _made(func, name, device, args, kwargs, like=there)


def _device_asked(name: str, args: Any, kwargs: dict[str, Any]) -> tuple[Any, torch.device | None]:
    """The device that a call names, taken out of its arguments."""
    device = kwargs.pop("device", None)
    if device is None and name == "to":
        for place, one in enumerate(args[1:], start=1):
            if isinstance(one, torch.device | str):
                return (*args[:place], *args[place + 1 :]), torch.device(one)
            if isinstance(one, Tensor):
                return (args[0], one.dtype, *args[place + 1 :]), one.device
    if name == "cpu":
        return args, torch.device("cpu")
    if device is None:
        return args, None
    return args, torch.device("cuda", device) if isinstance(device, int) else torch.device(device)


def _check_generators(name: str, there: bool, arguments: Any) -> None:
    recording = PretendedGraph.recording
    for one in arguments:
        if isinstance(one, _Generator) and there != isinstance(one, PretendedGenerator):
            wanted = "cuda" if there else "cpu"
            raise DeviceMismatchError(f"{name}: expected a {wanted} device type for generator but found {one.device}")
        if isinstance(one, _Generator) and recording is not None and one not in recording.generators:
            raise RuntimeError(f"{name}: attempt to use a CUDA generator that the graph was not told of")
        if isinstance(one, _Generator) and one in PretendedGraph.spoilt:
            raise RuntimeError(LEFT_OVER)


def _moved(func: Any, first: Tensor, device: torch.device, rest: Any, kwargs: Any) -> Any:
    there = isinstance(first, PretendedTensor)
    if device.type == "cuda":
        moved = first if there else _ToGpu.apply(first)  # type: ignore[no-untyped-call]
    else:
        moved = _ToCpu.apply(first) if there else first  # type: ignore[no-untyped-call]
    return func(moved, *rest, **kwargs) if rest or kwargs else moved


def _made(func: Any, name: str, device: torch.device, args: Any, kwargs: dict[str, Any], *, like: bool) -> Any:
    """A new tensor on a device."""
    if name == "cpu":
        return _ToCpu.apply(args[0]) if like else args[0]  # type: ignore[no-untyped-call]
    if device.type != "cuda":
        return func(*args, device=device, **kwargs)
    if like:  # zeros_like, new_zeros: where the other is
        return func(*args, **kwargs)
    if name in TO_FACTORIES:
        _now().wait(name)
    needs_gradient = kwargs.pop("requires_grad", False)

    def make() -> Tensor:
        with torch._C.DisableTorchFunction():
            return func(*args, device=torch.device("cpu"), **kwargs)

    out = _now().launch(make, kind=_kind(name))
    return PretendedTensor(out).requires_grad_(needs_gradient)


def _caller() -> str:
    """Where in our code, tests apart, the program is."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if "/mfcheck/" in file and "/tests/" not in file:
            return f"{file.rsplit('/mfcheck/', 1)[-1]}:{frame.f_lineno}"
        frame = frame.f_back
    return "a test"


@contextlib.contextmanager
def pretend_cuda(count: int = 1, name: str = "Pretended 80GB") -> Iterator[PretendedGpu]:
    """A machine with so many GPUs of a name, as long as it lasts."""
    global _gpu
    state: dict[str, Callable[..., Any]] = {
        "is_available": lambda: True,
        "device_count": lambda: count,
        "mem_get_info": lambda *_: (78 * GIB, 80 * GIB),
        "memory_reserved": lambda *_: 0,
        "memory_allocated": lambda *_: 0,
        "get_device_name": lambda *_: name,
        "empty_cache": lambda: None,
        "CUDAGraph": PretendedGraph,
        "graph": recorded,
        "Stream": lambda *_: object(),
        "current_stream": lambda *_: PretendedGraph.stream,
        "set_stream": set_stream,
        "device": entered,
        "get_sync_debug_mode": lambda: _now().waiting,
        "set_sync_debug_mode": _now_waiting,
    }
    before = {one: getattr(torch.cuda, one) for one in state}
    handed_on: Any = torch.autograd.has_torch_function  # type: ignore[attr-defined]
    # Else the mode hands on a call for gradients, and is off while these are taken: backward passes draw too.
    torch.autograd.has_torch_function = lambda *_: False  # type: ignore[attr-defined]
    _gpu, torch.Generator = PretendedGpu(), _GeneratorOfEitherDevice  # type: ignore[misc]
    # Modules that move get new parameters, as between real devices: the old ones cannot hold what is pretended.
    overwrites = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        for one, function in state.items():
            setattr(torch.cuda, one, function)
        with _Calls():
            yield _gpu
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(overwrites)
        torch.Generator = _Generator  # type: ignore[misc]
        torch.autograd.has_torch_function = handed_on  # type: ignore[attr-defined]
        for one, function in before.items():
            setattr(torch.cuda, one, function)
        _gpu = None
        PretendedGraph.stream, PretendedGraph.spoilt = None, []
