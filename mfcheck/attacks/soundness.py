"""Whether a function can be attacked at all: the same output for an input every time, whatever else is in its batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from mfcheck.attacks.networks import Function
from mfcheck.verdict import NotANumber, NotCovered

ROWS, OUTPUTS, PASSES = 16, 64, 4
"""Inputs that are looked at again; and so many passes where these have fewer outputs, to catch what changes rarely."""
OWN = (NotCovered, NotANumber, MemoryError, torch.OutOfMemoryError)
"""Errors that say what they mean."""


class Guarded:
    """A function of somebody else's, with what it knows: it is handed copies, and what it raises reads as one sentence.

    So a function that writes into its input is attacked as any other, and x stays as it was.
    """

    def __init__(self, f: Function) -> None:
        self._f = f
        for name in ("gate_slopes", "jacobian"):
            if callable(method := getattr(f, name, None)):
                setattr(self, name, self._guarded(method))
        if callable(reserve := getattr(f, "reserve", None)):
            self.reserve = reserve

    def __call__(self, x: Tensor) -> Tensor:
        output = self._guarded(self._f)(x)
        if not isinstance(output, Tensor) or not output.is_floating_point():
            found = output.dtype if isinstance(output, Tensor) else type(output).__name__
            raise ValueError(f"f must return a tensor of floating-point outputs […, B, K], got {found}")
        return output

    @staticmethod
    def _guarded(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def called(x: Tensor) -> Tensor:
            try:
                return function(x.clone())
            except OWN:
                raise
            except Exception as error:  # somebody else's code
                said = str(error).strip().partition("\n")[0] or type(error).__name__
                raise ValueError(f"f cannot take inputs {tuple(x.shape)} of {x.dtype} on {x.device}: {said}") from error

        return called


@contextlib.contextmanager
def left_as_it_was(f: object, x: Tensor, generator: torch.Generator) -> Iterator[None]:
    """Buffers of a module and torch's global random numbers are afterwards what they were."""
    buffers = list(f.buffers()) if isinstance(f, nn.Module) else []
    kept = [(buffer, buffer._version, buffer.detach().clone()) for buffer in buffers if not buffer.is_inference()]
    devices = [x.device] if x.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices, enabled=generator is not torch.default_generator):
            yield
    finally:
        with torch.no_grad():
            for buffer, version, value in kept:
                if buffer._version != version:
                    buffer.copy_(value)


@torch.no_grad()
def check_repeatable(f: Guarded, x: Tensor, clean: Tensor) -> None:
    """Raise ValueError where f(x), which is `clean`, is another at the next pass, or in another batch.

    Inputs are x `[…, B, d]`; a few of them are looked at, beside two that are not in x and no larger.
    """
    rows = min(ROWS, max(1, x.shape[-2] - 1))
    some, before = x[..., :rows, :], clean[..., :rows, :]
    stranger = x[..., :1, :].flip(-1) if bool(x[..., :1, :].any()) else torch.ones_like(x[..., :1, :])
    among = torch.cat([some, stranger / 2, stranger / 4], dim=-2)
    for _ in range(1 if before.numel() >= OUTPUTS else PASSES):
        try:
            again = f(among)[..., :rows, :]
        except ValueError:
            if _differs(f(x), clean):
                break
            return  # it takes batches of one size alone, and so as any attack can
        if again.shape != before.shape or _differs(again, before):
            break
    else:
        return
    if apart := max(_differs(f(x), clean) for _ in range(PASSES)):
        raise ValueError(
            f"f is random: two passes over x differ by {apart:.2g}; attack it without what draws numbers, such as "
            "dropout, which module.eval() switches off"
        )
    raise ValueError(
        "f depends on its batch mates: the output at an input is another beside other inputs; attack it with frozen "
        "statistics, as batch norm has after module.eval()"
    )


@torch.no_grad()
def check_reproduced(f: Guarded, x: Tensor, eta: Tensor, loss: Tensor, score: Function) -> None:
    """Raise ValueError where the losses found `[…, B]` are not what the perturbations do at another pass.

    Asked of few inputs alone, where a function that is seldom random passes for one that is not.
    """
    if x.shape[-2] > ROWS:
        return
    output = f(x + eta)
    size = torch.finfo(output.dtype).eps ** 0.5 * output.abs().amax(dim=-1)
    if bool(((score(output) - loss).abs() > torch.maximum(size, 0.01 * loss)).any()):
        raise ValueError(
            "f is random: a loss that was found is another at the next pass; attack it without what draws numbers"
        )


def _differs(one: Tensor, other: Tensor) -> float:
    """By how much two outputs differ beyond what batches of other sizes round, else 0; infinity where not finite."""
    gap = (one - other).abs()
    size = torch.finfo(one.dtype).eps ** 0.5 * other.abs().amax()
    if bool((gap <= size).all()):
        return 0.0
    return float(gap.nan_to_num(torch.inf).max())
