"""Users' own networks, from factories package.module:factory: drawn many at a time and evaluated as one stack."""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, func, nn

from mfcheck.architectures import declared_scale
from mfcheck.ensembles.construction import draw_modules as draw_modules
from mfcheck.ensembles.construction import global_streams_left, shaped, size_of, trainable
from mfcheck.ensembles.memory import NoRoomError, free_bytes, is_of_memory, stack_floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.placement import differentiable, placed, without_advice
from mfcheck.ensembles.streams import Stream
from mfcheck.imports import foreign_code, load_factory
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.verdict import NotCovered

Parts = dict[str, Tensor]
ROWS_AT_ONCE = 2**25
"""Numbers that modules may keep while rows of J are pulled back together, each from a copy of the input of its own."""
STACKS_AT_ONCE = 16
"""How many times what a stack of networks may take modules may keep of their inputs as they are evaluated together: a
number that knows nothing of what is free, since how many go together shows in the last bits."""


SAME = 1e-4
"""Relative to the output, how far roundings may put one module from what stands for it."""
LOOKED_AT = 64
"""Modules of a stack at most that are called by themselves, to see that it gives what they do."""


class ModuleStack:
    """`replicates` independent modules of the spec's own factory, evaluated as one where modules and memory allow it.

    Called with inputs `[B, d]` or `[R, B, d]` it gives `[R, B, K]`, divided by √scale where the spec or the factory
    names a scale. Raises ValueError, in one sentence, where the factory or a module raises, gives something else than
    it should, or takes more than half of the free memory; NotCovered for a scale that cannot be.
    """

    def __init__(
        self, spec: NetworkSpec, stream: Stream, *, replicates: int = 1, dtype: torch.dtype = torch.float32
    ) -> None:
        self.spec, self.replicates, self.dtype, self.device = spec, replicates, dtype, stream.device
        self.unit = (declared_scale(spec) or 1.0) ** -0.5
        """What the modules' outputs are multiplied by."""
        self._room, self._size = STACKS_AT_ONCE * stack_floats(str(stream.device)), size_of(spec)
        held, free = replicates * self._size.parameters, free_bytes(stream.device) // 2
        if held * dtype.itemsize > free:
            room = f"{held * dtype.itemsize / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are half of what is free"
            raise NoRoomError(f"{replicates} modules of {spec.architecture} need {room}")
        drawn = draw_modules(spec, stream, replicates)
        self.trains = [trainable(module) for module in drawn]
        """The names of the parameters that train, of each module."""
        self.modules = placed(drawn, spec, stream.device, dtype)
        self._skeleton = self.modules[0]
        self._parts: tuple[Parts, Parts] = ({}, {})
        alike = len(set(self.trains)) == 1
        self._batched = alike and replicates > 1 and held <= self._room and self._stacked()

    @property
    def at_once(self) -> bool:
        """Whether all modules are evaluated as one, as far as is known."""
        return self._batched

    def trained(self, x: Tensor) -> list[tuple[Tensor, int | None]]:
        """The parameters that train, with gradients from now on: of all modules `[R, …]`, with no number beside it, or
        each of the module of that number. Which it is shows by evaluating them at an input.
        """
        self(x)
        if self._batched:
            return [(self._parts[0][name].requires_grad_(True), None) for name in self.trains[0]]
        each = [dict(module.named_parameters()) for module in self.modules]
        return [
            (those[name].requires_grad_(True), number)
            for number, (those, names) in enumerate(zip(each, self.trains, strict=True))
            for name in names
        ]

    def _stacked(self) -> bool:
        """Put the modules' parameters and buffers into one tensor each, if they have one form."""
        try:
            self._parts = func.stack_module_state(self.modules)
            self._skeleton = copy.deepcopy(self.modules[0])
            return self._are_their_parts()
        except (Exception, SystemExit) as error:  # a scripted module, or one that holds what cannot be copied
            if is_of_memory(error):
                raise
            return False

    def _are_their_parts(self) -> bool:
        """Whether parameters and buffers are all that tells the modules apart, as they must be for one of them to stand
        for all: not where another number was drawn, or a function of the module's own remembers the module."""
        chosen = range(0, self.replicates, -(-self.replicates // LOOKED_AT))
        parts = [{name: one[list(chosen)] for name, one in each.items()} for each in self._parts]
        x = torch.linspace(-1, 1, self.spec.input_dim, dtype=self.dtype, device=self.device)[None]
        with torch.no_grad(), global_streams_left(), differentiable(), without_advice():
            as_one = func.vmap(self._one)(parts[0], parts[1], x.repeat(len(chosen), 1, 1))
            for found, module in zip(as_one, (self.modules[index] for index in chosen), strict=True):
                buffers = {name: one.clone() for name, one in module.named_buffers()}
                call = functools.partial(func.functional_call, module, buffers) if buffers else module
                alone = self._in_units(call(shaped(self.spec, x.clone())))
                if not bool((found - alone).abs().amax() <= SAME * alone.abs().amax()):
                    return False
        return True

    def __call__(self, x: Tensor) -> Tensor:
        points = self._each(x)
        output = self._at_once(self._one, points)
        if output is None:
            output = torch.stack([self._alone(module, one) for module, one in zip(self.modules, points, strict=True)])
        return self._checked(output, x)

    def column(self, x: Tensor, index: int) -> Tensor:
        """One column of J at every input, `[B, d]` or `[R, B, d]` → `[R, B, K]`, by forward differentiation."""
        points = self._each(x)
        tangent = torch.zeros_like(points)
        tangent[..., index] = 1

        def pushed(parameters: Parts, buffers: Parts, point: Tensor, along: Tensor) -> Tensor:
            return cast(Tensor, func.jvp(lambda one: self._one(parameters, buffers, one), (point,), (along,))[1])

        with warnings.catch_warnings():  # torch's own deprecations on first use of forward differentiation
            warnings.filterwarnings("ignore", r"`torch\.jit\.")
            found = self._at_once(pushed, points, tangent)
        return self._pulled(x)[..., index] if found is None else self._checked(found, x)

    def jacobian(self, x: Tensor, columns: Sequence[int] | None = None) -> Tensor:
        """J at every input, all its columns or those named: `[B, d]` → `[R, B, K, columns]`."""
        chosen = range(self.spec.input_dim) if columns is None else columns
        if len(chosen) < self.spec.output_dim:
            return torch.stack([self.column(x, index) for index in chosen], dim=3)
        return self._pulled(x)[..., list(chosen)]

    def _pulled(self, x: Tensor) -> Tensor:
        """J at every input by back-propagation, `[R, B, K, d]`.

        Modules that are evaluated one by one do all rows at once, each from a copy of the input, as far as there is
        room: a dozen copies pass through small images' layers nearly as fast as one.
        """
        rows = self.spec.output_dim
        kept = max(1, self._size.activations * self.replicates * x.shape[-2])
        together = 1 if self._batched else min(rows, max(1, ROWS_AT_ONCE // kept))
        return self._row_by_row(x) if together == 1 else self._rows(x, together)

    def _row_by_row(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = self._each(x).clone().requires_grad_()
            output = self(leaf)
            rows = [torch.autograd.grad(one.sum(), leaf, retain_graph=True)[0] for one in output.unbind(2)]
        return torch.stack(rows, dim=2)

    def _rows(self, x: Tensor, together: int) -> Tensor:
        """The same with so many rows at once."""
        points, found = self._each(x), []
        for each in torch.split(torch.arange(self.spec.output_dim, device=x.device), together):
            with torch.enable_grad():
                leaf = points.repeat_interleave(len(each), dim=1).requires_grad_()
                output = self(leaf)
                chosen = torch.eye(self.spec.output_dim, dtype=output.dtype, device=output.device)[each]
                pulled = torch.autograd.grad(output, leaf, chosen.repeat(points.shape[1], 1).expand_as(output))[0]
            found.append(pulled.reshape(*points.shape[:2], len(each), -1))
        return torch.cat(found, dim=2)

    def _at_once(self, function: Callable[..., Tensor], *points: Tensor) -> Tensor | None:
        """A function of parameters, buffers and points for all modules; None where they go only one by one."""
        if self._batched:
            try:
                with differentiable(), without_advice():
                    return func.vmap(function, chunk_size=self._at_a_time(points[0].shape[1]))(*self._parts, *points)
            except (Exception, SystemExit) as error:  # data-dependent control flow, say
                if is_of_memory(error):
                    raise
                self._batched = False
        return None

    def _at_a_time(self, inputs: int) -> int | None:
        """How many modules at once keep to the room there is at so many inputs; None for all of them."""
        each = max(1, self._size.activations * inputs)
        return None if self.replicates * each <= self._room else max(1, self._room // each)

    def _one(self, parameters: Parts, buffers: Parts, x: Tensor) -> Tensor:
        found = func.functional_call(self._skeleton, (parameters, buffers), (shaped(self.spec, x),))
        return self._in_units(found)

    def _alone(self, module: nn.Module, x: Tensor) -> Tensor:
        refusal = f"a module of {self.spec.architecture} raised"
        with differentiable(), foreign_code(lambda why: ValueError(f"{refusal} {why}")):
            output = module(shaped(self.spec, x))
        if not isinstance(output, Tensor):
            raise ValueError(f"a module of {self.spec.architecture} must return a tensor, got {output!r}")
        return self._in_units(output)

    def _in_units(self, output: Tensor) -> Tensor:
        """Outputs over √scale."""
        return output if self.unit == 1 else torch.mul(output, self.unit)

    def _each(self, x: Tensor) -> Tensor:
        return x.expand(self.replicates, *x.shape[-2:])

    def _checked(self, output: Tensor, x: Tensor) -> Tensor:
        wanted = (self.replicates, x.shape[-2], self.spec.output_dim)
        if output.shape != wanted:
            raise ValueError(
                f"a module of {self.spec.architecture} maps {tuple(x.shape[-2:])} to {tuple(output.shape[1:])}, "
                f"expected {wanted[1:]} (inputs by output_dim)"
            )
        return output


def is_gaussian(architecture: str) -> bool:
    """Whether an architecture is written on Gaussian matrices: vanilla, residual, or a subclass of Network."""
    if architecture in ARCHITECTURES:
        return True
    factory = load_factory(architecture)
    return isinstance(factory, type) and issubclass(factory, Network)


def draw_stack(
    spec: NetworkSpec,
    stream: Stream,
    *,
    engine: str = "dense",
    replicates: int = 1,
    dtype: torch.dtype = torch.float32,
) -> Network | ModuleStack:
    """Independent networks of any architecture, as a Network where it is written on Gaussian matrices.

    Raises NotCovered for lazy modules, and what either kind raises.
    """
    if is_gaussian(spec.architecture):
        kind = Network if spec.architecture in ARCHITECTURES else cast(type[Network], load_factory(spec.architecture))
        return kind(spec, stream, engine=engine, replicates=replicates, dtype=dtype)
    if engine != "dense":
        raise NotCovered(f"architecture {spec.architecture} is a module, which engine {engine} cannot draw")
    return ModuleStack(spec, stream, replicates=replicates, dtype=dtype)
