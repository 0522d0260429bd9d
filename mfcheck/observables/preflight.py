"""Checks of a user's network before an audit: is it what its factory and its spec declare?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mfcheck.architectures import declared_omega, declares_omega, layer_variances
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.modules import ModuleStack, draw_modules, draw_stack, is_gaussian
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

STEP = 1e-5
"""How far, in units of its length, an input is moved to see whether the network is linear there: about a gate in a
million crosses its wall, and a smooth activation bends a thousand times more than float64 rounds."""
ROUNDING = 1e-13
"""Relative to the output, what rounding in float64 may leave of a second difference."""


@dataclass(frozen=True)
class Check:
    """What a pre-flight check is raised by, what that means, and what to do."""

    raised_if: str
    means: str
    do: str

    def sentence(self, found: str) -> str:
        return f"{found}: {self.means}; {self.do}"


CHECKS = {
    "factory": Check(
        "the factory raises, or returns something else than an nn.Module",
        "there is no network to look at",
        "return an nn.Module from factory(spec, generator)",
    ),
    "shape": Check(
        "a module maps [B, input_dim] to something else than [B, output_dim], or raises",
        "it is not the network that the spec asks for",
        "use the sizes of the spec",
    ),
    "declarations": Check(
        "a declared ω or variance cannot be, or names a parameter that there is not",
        "the audit would compare with nothing, and find nothing wrong",
        "declare positive numbers, and parameters by their names in the module",
    ),
    "dtype": Check(
        "a parameter or an output is not float32",
        "the roundings that verdicts allow for are those of float32",
        "create parameters in torch's default dtype and leave it there",
    ),
    "finite": Check(
        "an output is NaN or infinite",
        "nothing can be measured",
        "check the variances of the layers",
    ),
    "deterministic": Check(
        "two passes of one network at one input differ",
        "the network is random beyond its draw (dropout, say), and statements are about one draw",
        "return module.eval(), or leave that layer out",
    ),
    "seeded": Check(
        "two networks from one state of the generator differ",
        "random numbers come from elsewhere than the generator, so that no run can be repeated",
        "draw every random number with generator=generator",
    ),
    "drawn": Check(
        "networks from two seeds are equal",
        "the weights are not drawn at all",
        "draw the weights with generator=generator",
    ),
    "exact products": Check(
        "TF32 or reduced-precision matrix products are on",
        "products keep three digits, fewer than the margins need",
        'call torch.set_float32_matmul_precision("highest") and leave allow_tf32 off',
    ),
}


def problem(spec: NetworkSpec, x: Tensor, seed: int) -> str:
    """The first check that networks of the spec fail at inputs `[B, d]`, in one sentence; empty if all pass."""
    name, found = _first_problem(spec, x, seed)
    return CHECKS[name].sentence(found) if name else ""


def _first_problem(spec: NetworkSpec, x: Tensor, seed: int) -> tuple[str, str]:
    device = str(x.device)
    try:
        if is_gaussian(spec.architecture):
            return _of_stack(draw_stack(spec, Stream(seed, device)), x)
        first, again, other = (draw_modules(spec, Stream(s, device), 1)[0] for s in (seed, seed, seed + 1))
    except ValueError as error:
        return "factory", str(error)
    try:
        if declares_omega(spec.architecture):
            declared_omega(spec)
        if layer_variances(spec):
            _of_module(first, spec)
    except NotCovered as error:
        return "declarations", str(error)
    if reduced := _reduced_precision():
        return "exact products", reduced
    for name, one in _tensors(first).items():
        if one.is_floating_point() and one.dtype != torch.float32:
            return "dtype", f"{name} of {spec.architecture} is {one.dtype}"
    if not _same(first, again):
        return "seeded", f"two networks of {spec.architecture} from one state of the generator differ"
    if _tensors(first) and _same(first, other):
        return "drawn", f"networks of {spec.architecture} from two seeds are equal"
    return _of_stack(ModuleStack(spec, Stream(seed, device)), x)


def _of_stack(stack: Network | ModuleStack, x: Tensor) -> tuple[str, str]:
    path = stack.spec.architecture
    try:
        stack(x)  # of one module: whether it maps as it should
        once, again = (stack.modules[0](x) if isinstance(stack, ModuleStack) else stack(x) for _ in range(2))
    except (Exception, SystemExit) as error:  # somebody else's code
        return "shape", str(error) if isinstance(error, NotCovered) else f"a module of {path} raised {error}"
    if once.dtype != torch.float32:
        return "dtype", f"the output of {path} is {once.dtype}"
    if not bool(torch.isfinite(once).all()):
        return "finite", f"the output of {path} is NaN or infinite"
    if not torch.equal(once, again):
        return "deterministic", f"two passes of one network of {path} at one input differ"
    return "", ""


def _reduced_precision() -> str:
    if torch.get_float32_matmul_precision() != "highest":
        return f"torch's float32 matmul precision is {torch.get_float32_matmul_precision()!r}"
    return "allow_tf32 is on" if torch.backends.cuda.matmul.allow_tf32 else ""


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_parameters()) | dict(module.named_buffers())


def _same(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = _tensors(one), _tensors(other)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def expected_variances(spec: NetworkSpec) -> dict[str, float]:
    """The variance of the entries of each group of Gaussian parameters: declared by name, else by shape.

    By shape: N×N that train are the weights, σ_w²/N; N×d the input's, 1/d; K×N the output's, 1/N.
    """
    declared = dict(layer_variances(spec))
    by_shape = {"weights": spec.weight_variance / spec.width, "input": 1 / spec.input_dim, "output": 1 / spec.width}
    return declared or by_shape


def _mean_squares(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    drawn = _groups(spec, stream, draws)
    squares = [
        [torch.stack([one.double().square().mean() for one in group]).mean() for group in each] for each in drawn
    ]
    variances = torch.tensor(list(expected_variances(spec).values()), dtype=torch.float64, device=stream.device)
    return torch.stack([torch.stack(each) for each in squares]) / variances


mean_squares = Source("mean squares of parameters", {"dense": _mean_squares}, {"dense": False}, most=256)
"""`[n, G]`: the mean square of the entries of every group of parameters over its declared variance."""


def entries(spec: NetworkSpec, group: str) -> int:
    """How many Gaussian entries a group of parameters has."""
    index = list(expected_variances(spec)).index(group)
    return sum(one.numel() for one in _groups(spec, Stream(0), 1)[0][index])


def _groups(spec: NetworkSpec, stream: Stream, draws: int) -> list[list[list[Tensor]]]:
    """The tensors of every group of parameters in each of so many networks; NotCovered where one has none."""
    if is_gaussian(spec.architecture):
        stack = draw_stack(spec, stream, replicates=draws)
        assert isinstance(stack, Network)
        groups = [stack.weights, [stack.input_projection], [stack.output_projection]]
        values = [[one.values for one in group if isinstance(one, DenseMatrix)] for group in groups]
        return [[[one[index] for one in group] for group in values] for index in range(draws)]
    return [_of_module(module, spec) for module in draw_modules(spec, stream, draws)]


def _of_module(module: nn.Module, spec: NetworkSpec) -> list[list[Tensor]]:
    tensors = {name: one.detach() for name, one in _tensors(module).items()}
    if declared := layer_variances(spec):
        if missing := sorted(set(declared) - set(tensors)):
            there = ", ".join(tensors)
            raise NotCovered(f"layer_variances of {spec.architecture} names {missing[0]!r}; there are {there}")
        return [[tensors[name]] for name in declared]
    n, trains = spec.width, {name for name, _ in module.named_parameters()}
    shapes = {"weights": (n, n), "input": (n, spec.input_dim), "output": (spec.output_dim, n)}
    found = []
    for group, shape in shapes.items():
        right = [one for name, one in tensors.items() if one.shape == shape and (group != "weights" or name in trains)]
        if not right:
            raise NotCovered(
                f"{spec.architecture} has no parameter of shape {shape}; let its factory declare layer_variances(spec)"
            )
        found.append(right)
    return found


ALIVE, LINEAR = 0, 1
"""Columns of `nearby`."""


def _nearby(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    stack = draw_stack(spec, stream, replicates=draws, dtype=torch.float64)
    x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)[:1].expand(draws, 1, -1)
    along = STEP * stream.normal(draws, 1, spec.input_dim)
    output = stack(torch.cat([x, x + along, x - along, 2 * x, -x], dim=1))
    size = output.abs().amax(dim=(1, 2))
    alive = (size > 0) & (output != output[:, :1]).flatten(1).any(dim=1)
    bent = (output[:, 1] + output[:, 2] - 2 * output[:, 0]).abs().amax(dim=1)
    linear = bent <= ROUNDING * size
    if not spec.bias_variance:
        linear &= (output[:, 3] - 2 * output[:, 0]).abs().amax(dim=1) <= ROUNDING * size
    return torch.stack([alive, linear], dim=1)


nearby = Source("output at an input and beside it", {"dense": _nearby}, {"dense": True}, most=512)
"""`[n, 2]`: whether a network's output is neither 0 nor the same at other inputs; and whether f(x + v) + f(x − v) =
2f(x) up to rounding for a short v and, without biases, f(2x) = 2f(x)."""
