"""Whether a function can be attacked at all: the same output for an input every time, whatever else is in its batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from mfcheck.attacks.networks import Function
from mfcheck.attacks.widened import Widened
from mfcheck.verdict import NotANumber, NotCovered

ROWS, OUTPUTS, PASSES = 16, 160, 4
"""Inputs that are looked at again, repeated where there are fewer; so many outputs, in so many passes at most."""
SINGLE = 64 * torch.finfo(torch.float32).eps
"""Share of the largest output within which batches of other sizes may round what is computed in float32 inside."""
STRANGERS = 2
"""Inputs beside those."""
MANY = 32
"""Passes by which what is random is told from what depends on its batch."""
MATES = (
    "f depends on its batch mates: the output at an input is another beside other inputs; attack it with frozen "
    "statistics, as batch norm has after module.eval()"
)
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
        return output if output.requires_grad else output.clone()  # it may answer the next call in the same place

    @staticmethod
    def _guarded(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def called(x: Tensor) -> Tensor:
            try:
                return function(x.clone())
            except OWN:
                raise
            except Exception as error:  # somebody else's code
                said = str(error).strip().partition("\n")[0].partition(". ")[0] or type(error).__name__
                raise ValueError(f"f cannot take inputs {tuple(x.shape)} of {x.dtype} on {x.device}: {said}") from error

        return called


@contextlib.contextmanager
def left_as_it_was(f: object, x: Tensor, generator: torch.Generator) -> Iterator[None]:
    """Buffers of a module and torch's global random numbers are afterwards what they were."""
    buffers = list(f.buffers()) if isinstance(f, nn.Module) else []
    kept = [(buffer, buffer.detach().clone()) for buffer in buffers if not buffer.is_inference()]
    devices = [x.device] if x.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices, enabled=generator is not torch.default_generator):
            yield
    finally:
        with torch.no_grad():
            for buffer, value in kept:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)


@torch.no_grad()
def check_alone(f: Guarded, x: Tensor) -> None:
    """Raise ValueError where f takes x, one input that it refuses by itself, beside others: it looks at its batch."""
    if x.shape[-2] > 1:
        return
    try:
        f(_in_company(x))
    except ValueError:
        return
    raise ValueError(MATES)


@torch.no_grad()
def check_repeatable(f: Guarded, x: Tensor, clean: Tensor) -> None:
    """Raise ValueError where f(x), which is `clean`, is another at the next pass, or in another batch.

    What f computes in a lower precision inside may be rounded otherwise in batches of other sizes: so one that repeats
    itself in the same batch, and in others to float32's digits, or in float64, is sound.
    """
    among, repeats = _repeats(f, x, clean)
    if repeats:
        return
    passes = [(x, clean), (among, f(among))]
    if apart := max(_differs(f(inputs), first) for inputs, first in passes for _ in range(MANY)):
        raise ValueError(
            f"f is random: two passes over the same inputs differ by {apart:.2g}; attack it without what draws "
            "numbers, such as dropout, which module.eval() switches off"
        )
    if not _repeats(f, x, clean, SINGLE)[1] and not _repeats_in_float64(f, x):
        raise ValueError(MATES)


def _repeats(f: Function, x: Tensor, clean: Tensor, share: float = 0.0) -> tuple[Tensor, bool]:
    """Whether f(x), which is `clean`, is the same in another batch, to a `share` of it or what its dtype rounds; and
    the batch that was looked at last.

    Inputs are x `[…, B, d]`; a few of them are looked at, beside two that are not in x and no larger.
    """
    rows = min(ROWS, max(1, x.shape[-2] - 1))
    times = -(-ROWS // rows)
    some, before = (one[..., :rows, :].repeat_interleave(times, dim=-2) for one in (x, clean))
    among = _in_company(some)
    for _ in range(min(PASSES, -(-OUTPUTS // before.numel()))):
        try:
            again = f(among)
            strangers = again[..., -STRANGERS:, :] if clean.any() else f(among[..., -STRANGERS:, :])  # 0 tells little
        except ValueError:  # if it takes batches of one size alone, it is as any attack can
            return x, not _differs(f(x), clean, share)
        if again.shape[:-2] != before.shape[:-2] or again.shape[-2] != among.shape[-2]:
            return among, False
        parts = ((again[..., :-STRANGERS, :], before), (again[..., -STRANGERS:, :], strangers))
        if any(_differs(one, other, share) for one, other in parts):
            return among, False
    return among, True


def _repeats_in_float64(f: Guarded, x: Tensor) -> bool:
    """Whether f is the same in another batch where every operation inside it is of float64, if it can be had so."""
    wide, exact = Widened(f), x.double()
    try:
        return _repeats(wide, exact, wide(exact))[1]
    except ValueError:
        return False


@torch.no_grad()
def check_reproduced(f: Function, x: Tensor, eta: Tensor, loss: Tensor, score: Function, share: float) -> None:
    """Raise ValueError where losses found `[…, B]` are not what the perturbations do at another pass, to a share, or
    where the output at x, whose score was 0, has moved."""
    for what, found, point in (("a loss that was found", loss, x + eta), ("its output at x", 0.0, x)):
        if bool(((score(f(point)) - found).abs() > share * loss).any()):
            raise ValueError(f"f is random: {what} is another at the next pass; attack it without what draws numbers")


def _in_company(x: Tensor) -> Tensor:
    """x and, behind it, two inputs that are not in it and no larger."""
    first = x[..., :1, :]
    stranger = first.flip(-1) if bool(first.any()) else torch.ones_like(first)
    return torch.cat([x, stranger / 2, stranger / 4], dim=-2)


def _differs(one: Tensor, other: Tensor, share: float = 0.0) -> float:
    """By how much two outputs differ beyond what batches of other sizes round, or a share of the largest, else 0."""
    same = (one == other) | (one.isnan() & other.isnan())  # infinity is no difference, nor is it a size
    gap = torch.where(same, 0.0, (one - other).abs()).nan_to_num(torch.inf)
    size = max(torch.finfo(one.dtype).eps ** 0.5, share) * torch.where(other.isfinite(), other.abs(), 0.0).amax()
    return 0.0 if bool((gap <= size).all()) else float(gap.max())
