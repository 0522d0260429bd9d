"""Checks of a user's network before an audit: is it what its factory and its spec declare?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfcheck.architectures import declared_omega, declared_scale, declared_sizes, declares_omega, layer_variances
from mfcheck.ensembles.construction import NoNumbers, draw_modules, global_streams_left, seed_globally, shaped
from mfcheck.ensembles.modules import draw_stack, is_gaussian
from mfcheck.ensembles.placement import differentiable, in_dtype
from mfcheck.ensembles.streams import Stream
from mfcheck.imports import foreign_code, load_factory
from mfcheck.observables.checks import CHECKS
from mfcheck.observables.effective_weights import groups_of, tensors_of, unseen
from mfcheck.observables.own_gradient import astray
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

MATES = 1e-4
"""Relative to the output, how far a product's rounding may differ between two batches in float32."""
ASTRAY = 0.01
"""Share of a gradient by which it may be off the output's differences, for gates that turn and float32 inside."""
VALUES = 8
"""Different values of a tensor from which on no two networks hold the same by chance."""
DIGITS = 1e-3
"""Relative to the output, how far float32 may be from float64: bfloat16 is four times as far."""


Found = tuple[str, str] | None
"""The name of a check that is failed, and what was found."""


def problem(spec: NetworkSpec, x: Tensor, seed: int) -> str:
    """The first check that networks of the spec fail at inputs `[B, d]`, in one sentence; empty if all pass."""
    found = first_problem(spec, x, seed)
    return CHECKS[found[0]].sentence(found[1]) if found else ""


def first_problem(spec: NetworkSpec, x: Tensor, seed: int) -> Found:
    """The first check that networks of the spec fail at inputs `[B, d]`, and what was found."""
    device = str(x.device)
    if is_gaussian(spec.architecture):
        return _of_gaussian(spec, x, seed)
    try:
        first, second = draw_modules(spec, Stream(seed, device), 2)
        again, other = (draw_modules(spec, Stream(one, device), 1)[0] for one in (seed, seed + 1))
    except NoNumbers as error:
        return "numbers", str(error)
    except ValueError as error:
        return "factory", str(error)
    return (
        _of_declarations(spec, first)
        or _of_precision(spec, first)
        or _of_randomness(spec.architecture, first, second, again, other)
        or _of_passes(spec, first.to(device), x)
        or _of_gradient(spec, first, x)
        or _of_float64(spec, first, again.to(device), x)
        or _of_slope(spec, again, x)
    )


def _of_gaussian(spec: NetworkSpec, x: Tensor, seed: int) -> Found:
    path = spec.architecture
    if hasattr(load_factory(path), "scale"):
        said = "networks on mfcheck.Network are divided by no scale; leave it out, or rename it if it is something else"
        return "declarations", f"{path} declares a scale, and {said}"
    try:
        stack = draw_stack(spec, Stream(seed, str(x.device)))
        with foreign_code(lambda why: ValueError(f"{path} raised {why}")):
            once, again = stack(x), stack(x)
    except ValueError as error:
        return "factory", str(error)
    return _of_output(path, once[0], again[0])


def _of_declarations(spec: NetworkSpec, module: nn.Module) -> Found:
    try:
        if declares_omega(spec.architecture):
            declared_omega(spec)
        declared_scale(spec)
        declared_sizes(spec.architecture)
        if layer_variances(spec):
            groups_of(module, spec)
    except (NotCovered, ValueError) as error:
        return "declarations", str(error)
    return None


def _of_precision(spec: NetworkSpec, module: nn.Module) -> Found:
    if reduced := _reduced_precision():
        return "exact products", reduced
    for name, one in tensors_of(module).items():
        if one.is_complex() or (one.is_floating_point() and one.dtype != torch.float32):
            return "dtype", f"{name} of {spec.architecture} is {one.dtype}"
    return None


def _of_randomness(path: str, first: nn.Module, second: nn.Module, again: nn.Module, other: nn.Module) -> Found:
    if first is second:
        return "alike", f"{path} returns one and the same module at every call"
    if not _same(first, again):
        return "seeded", f"two networks of {path} from one state of the generator differ"
    if tensors_of(first) and _same(first, other):
        return "drawn", f"networks of {path} from two seeds are equal"
    if tensors_of(first) and _same(first, second):
        return "alike", f"networks of {path} from one generator are equal"
    if shared := _drawn_once(first, second, other):
        return "alike", f"{shared} is the same in networks of {path} from one generator, and another from other seeds"
    if mirrored := _drawn_once(first, second, other, sign=-1):
        return "alike", f"{mirrored} of a network of {path} is that of the one before it with its sign changed"
    return None


def _drawn_once(first: nn.Module, second: nn.Module, other: nn.Module, sign: int = 1) -> str:
    """The name of a tensor that is drawn for the first network of a generator alone, up to a sign, and differs with the
    seed; empty where there is none. Few different values may come twice by chance."""
    mine, next_one, theirs = tensors_of(first), tensors_of(second), tensors_of(other)
    for name, one in mine.items():
        if name not in next_one or name not in theirs or torch.equal(one, theirs[name]):
            continue
        if torch.equal(one, sign * next_one[name]) and len(torch.unique(one)) >= VALUES:
            return name
    return ""


def _of_passes(spec: NetworkSpec, module: nn.Module, x: Tensor) -> Found:
    """What is wrong with passes through one module, of batches that it may write into: of two inputs twice, and of the
    first of them beside others, in another place."""
    path, given = spec.architecture, shaped(spec, x[:2].clone())
    others = x[0].norm() / x.shape[1] ** 0.5 * Stream(1).normal(3, x.shape[1]).to(x)
    batches = (given, shaped(spec, x[:2].clone()), shaped(spec, torch.cat([others, -0.5 * x[1:2], x[:1]])))
    before = given.clone()
    try:
        with (
            foreign_code(lambda why: ValueError(f"a module of {path} raised {why}")),
            global_streams_left(),  # random layers leave nobody's stream moved
            torch.no_grad(),
        ):
            seed_globally(torch.Generator().manual_seed(0))
            once, again, beside = (module(batch) for batch in batches)
    except ValueError as error:
        return "shape", str(error)
    if not torch.equal(given, before):
        return "input", f"a module of {path} writes into its input"
    if problem := _of_shape(spec, given, once) or _of_shape(spec, batches[2], beside) or _of_output(path, once, again):
        return problem
    size = MATES * once.abs().amax()
    if bool((once[0] - beside[-1]).abs().amax() > size):
        return "batch", f"a module of {path} depends on its batch mates"
    single = shaped(spec, x[:1].clone())
    try:
        with foreign_code(lambda why: ValueError(why)), global_streams_left(), torch.no_grad():
            alone = module(single)
    except ValueError as error:
        return "batch", f"a module of {path} takes no input by itself, and raised {error}"
    if problem := _of_shape(spec, single, alone):
        return problem
    if bool((once[0] - alone[0]).abs().amax() > size):
        return "batch", f"a module of {path} depends on the number of its batch mates"
    return None


def _of_shape(spec: NetworkSpec, given: Tensor, output: object) -> Found:
    path, wanted = spec.architecture, (len(given), spec.output_dim)
    if not isinstance(output, Tensor):
        return "output", f"a module of {path} returns a {type(output).__name__}, which is no tensor"
    if output.shape != wanted:
        found = tuple(output.shape)
        return "shape", f"a module of {path} maps {tuple(given.shape)} to {found}, expected {wanted}"
    return None


def _of_gradient(spec: NetworkSpec, module: nn.Module, x: Tensor) -> Found:
    """What is wrong with the gradient at two inputs."""
    path, leaf = spec.architecture, x[:2].clone().requires_grad_()
    try:
        with (
            foreign_code(lambda why: ValueError(f"the gradient of {path} raised {why}")),
            global_streams_left(),
            torch.enable_grad(),
            differentiable(),
        ):
            output = module(shaped(spec, leaf))
            gradient = torch.autograd.grad(output.sum(), leaf)[0] if output.requires_grad else None
    except ValueError as error:
        return "gradient", str(error)
    if gradient is None:
        return "gradient", f"no gradient comes from the output of {path} to its input"
    if not bool(gradient.isfinite().all()):
        return "gradient", f"the gradient of {path} is NaN or infinite"
    return None


def _of_float64(spec: NetworkSpec, module: nn.Module, same: nn.Module, x: Tensor) -> Found:
    """What is wrong with a module once it, and what it is given, is float64; beside the same one in float32."""
    path = spec.architecture
    try:
        with (
            foreign_code(lambda why: ValueError(f"a module of {path} in float64 raised {why}")),
            global_streams_left(),
            torch.no_grad(),
        ):
            plain = module(shaped(spec, x[:2].clone()))
            wide = in_dtype(same, spec, torch.float64)(shaped(spec, x[:2].double()))
    except ValueError as error:
        hidden = next(unseen(module), "")
        if hidden:
            return "registered", f"modules of {path} keep what torch does not see in {hidden}, and {error}"
        return "float64", str(error)
    if wide.dtype != torch.float64:
        return "float64", f"the output of {path} in float64 is {wide.dtype}"
    if bool((plain - wide).abs().amax() > DIGITS * wide.abs().amax()):
        return "digits", f"outputs of {path} in float32 and in float64 are more than a thousandth apart"
    return None


def _of_slope(spec: NetworkSpec, module: nn.Module, x: Tensor) -> Found:
    """Whether the gradient of a module, which works in float64 too, is that of its output."""
    path, wide = spec.architecture, in_dtype(module, spec, torch.float64)
    try:
        with (
            foreign_code(lambda why: ValueError(f"the gradient of {path} in float64 raised {why}")),
            global_streams_left(),
            differentiable(),
        ):
            found = astray(lambda points: wide(shaped(spec, points.clone())), x[:2].double())
    except ValueError as error:
        return "gradient", str(error)
    if found > ASTRAY:
        return "slope", f"the gradient of {path} is {found:.2g} of its size off what short steps do to its output"
    return None


def _of_output(path: str, once: Tensor, again: Tensor) -> Found:
    if once.dtype != torch.float32:
        return "dtype", f"the output of {path} is {once.dtype}"
    if not bool(torch.isfinite(once).all()):
        return "finite", f"the output of {path} is NaN or infinite"
    if not torch.equal(once, again):
        return "deterministic", f"a module of {path} is random: two passes of one network at one input differ"
    return None


def _reduced_precision() -> str:
    if torch.get_float32_matmul_precision() != "highest":
        return f"torch's float32 matmul precision is {torch.get_float32_matmul_precision()!r}"
    return "allow_tf32 is on" if torch.backends.cuda.matmul.allow_tf32 else ""


def _same(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = tensors_of(one), tensors_of(other)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)
