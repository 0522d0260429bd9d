"""Networks, activations and norm pairs as frozen, validated data that prints and parses back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

from mfcheck.given import finite, is_import_path, meant, positive, real, whole

ARCHITECTURES = ("vanilla", "residual")


@dataclass(frozen=True)
class ReLULike:
    """The activation φ(z) = u·z for z ≥ 0 and v·z for z < 0, ReLU-like (docs/theory.md#setting).

    Raises ValueError unless u and v are finite and not both zero.

    >>> ReLULike(1, 0).alpha
    0.5
    >>> ReLULike.parse(str(ReLULike(1, -1)))
    ReLULike(u=1.0, v=-1.0)
    """

    u: float = 1.0
    v: float = 0.0

    def __post_init__(self) -> None:
        for name in ("u", "v"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if self.u == 0 and self.v == 0:
            raise ValueError("activation u=v=0 maps every input to 0; at least one slope must differ from 0")
        if not 0 < self.u * self.u + self.v * self.v < math.inf:
            raise ValueError(f"the slopes u={self.u!r}, v={self.v!r} have no usable square; allowed are sizes near 1")

    @property
    def alpha(self) -> float:
        """α = (u² + v²)/2, the mean squared slope."""
        return (self.u * self.u + self.v * self.v) / 2

    @property
    def label(self) -> str:
        """A short name that can stand in a test id."""
        known = {(1.0, 0.0): "relu", (1.0, -1.0): "abs", (1.0, 1.0): "linear"}
        return known.get((self.u, self.v), f"u{self.u:g}v{self.v:g}")

    def __str__(self) -> str:
        return f"relu_like({self.u!r}, {self.v!r})"

    @classmethod
    def parse(cls, text: str) -> ReLULike:
        """Read back what `str` printed; ValueError on anything else."""
        found = re.fullmatch(r"relu_like\(([^,()]+),\s*([^,()]+)\)", text.strip())
        if not found:
            raise ValueError(f"activation {text!r} does not read as relu_like(u, v)")
        return cls(_number(found[1]), _number(found[2]))


@dataclass(frozen=True)
class NetworkSpec:
    """A random network of the theory: architecture, sizes, variances and activation.

    `architecture` is "vanilla", "residual", or "package.module:factory" for one's own.
    Raises ValueError naming the value when a size is no positive integer, `weight_variance`
    is not positive and finite, or `bias_variance` is negative or not finite.

    >>> spec = NetworkSpec("vanilla", input_dim=784, output_dim=10, width=100, depth=3, weight_variance=2)
    >>> NetworkSpec.parse(str(spec)) == spec
    True
    """

    architecture: str
    input_dim: int
    output_dim: int
    width: int
    depth: int
    weight_variance: float
    bias_variance: float = 0.0
    activation: ReLULike = field(default_factory=ReLULike)

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES and not is_import_path(self.architecture):
            raise ValueError(
                f"architecture {self.architecture!r} is unknown{meant(self.architecture, ARCHITECTURES)}; "
                f"allowed are {', '.join(ARCHITECTURES)} or package.module:factory"
            )
        for name in ("input_dim", "output_dim", "width", "depth"):
            object.__setattr__(self, name, positive_integer(name, getattr(self, name)))
        for name in ("weight_variance", "bias_variance"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        if self.weight_variance <= 0:
            raise ValueError(f"weight_variance must be positive, got {self.weight_variance!r}")
        if self.bias_variance < 0:
            raise ValueError(f"bias_variance must not be negative, got {self.bias_variance!r}")
        if not isinstance(self.activation, ReLULike):
            raise ValueError(f"activation must be a ReLULike, got {self.activation!r}")

    @property
    def square_matrices(self) -> int:
        """How many width × width matrices it has: one a layer, two in a block of a residual network."""
        return self.depth * (2 if self.architecture == "residual" else 1)

    @property
    def label(self) -> str:
        """A short name that can stand in a test id: no space, bracket or colon."""
        bias = f"-b{self.bias_variance:g}" if self.bias_variance else ""
        return (
            f"{self.architecture.replace(':', '.')}-N{self.width}-L{self.depth}-d{self.input_dim}"
            f"-K{self.output_dim}-w{self.weight_variance:g}{bias}-{self.activation.label}"
        )

    def __str__(self) -> str:
        values = (f"{f.name}={_show(getattr(self, f.name))}" for f in fields(self)[1:])
        return f"{self.architecture}({', '.join(values)})"

    @classmethod
    def parse(cls, text: str) -> NetworkSpec:
        """Read back what `str` printed; ValueError on anything else."""
        found = re.fullmatch(r"([\w.:]+)\((.*)\)", text.strip(), re.DOTALL)
        if not found:
            raise ValueError(f"network spec {text!r} does not read as architecture(name=value, …)")
        pairs = re.findall(r"(\w+)=(relu_like\([^)]*\)|[^,\s]+)", found[2])
        names = [name for name, _ in pairs]
        if ", ".join(f"{n}={v}" for n, v in pairs) != found[2].strip() or len(set(names)) != len(names):
            raise ValueError(f"network spec {text!r} does not read as architecture(name=value, …)")
        known = {f.name for f in fields(cls)} - {"architecture"}
        if unknown := {name for name, _ in pairs} - known:
            raise ValueError(f"network spec {text!r} has unknown fields {sorted(unknown)}; allowed are {sorted(known)}")
        if missing := known - {name for name, _ in pairs}:
            raise ValueError(f"network spec {text!r} lacks {sorted(missing)}")
        return cls(found[1], **{name: _READERS.get(name, _number)(value) for name, value in pairs})


@dataclass(frozen=True)
class ModuleSpec(NetworkSpec):
    """A network of one's own that takes inputs of a shape, or is looked at in units of its own scale.

    Inputs come flat everywhere, and are handed to the module as `[B, *input_shape]` where there is one. Outputs are
    divided by √`scale`, the measured d·E J² over ω^L, where there is one; `depth_is_fixed` says that no argument of its
    constructor is its depth.

    >>> spec = ModuleSpec("own:Net", 3072, 10, 1, 1, 1.0, input_shape=(3, 32, 32), scale=4)
    >>> ModuleSpec.parse(str(spec)) == spec
    True
    """

    input_shape: tuple[int, ...] = ()
    scale: float | None = None
    depth_is_fixed: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.input_shape and math.prod(self.input_shape) != self.input_dim:
            raise ValueError(f"input_shape {_show(self.input_shape)} does not hold input_dim={self.input_dim} numbers")
        if self.scale is not None:
            object.__setattr__(self, "scale", positive("scale", self.scale))


def input_shape(text: str) -> tuple[int, ...]:
    """A shape as it is written.

    >>> input_shape("3x32x32")
    (3, 32, 32)
    """
    sizes = text.split("x")
    if not all(re.fullmatch("[1-9][0-9]{0,8}", size) for size in sizes):
        raise ValueError(f"input must be a shape such as 784 or 3x32x32, got {text!r}")
    return tuple(map(int, sizes))


class _Norms(NamedTuple):
    p: float
    q: float


class NormPair(_Norms):
    """The norms of a perturbation, ℓp, and of the change it makes in the output, ℓq; p, q ∈ [1, ∞], else ValueError.

    Unpacks where formulas take both: `theory.beta(*pair, spec.input_dim, spec.output_dim)`.

    >>> str(NormPair(math.inf, 2)), NormPair.parse("inf-2") == NormPair(math.inf, 2)
    ('inf-2', True)
    """

    __slots__ = ()

    def __new__(cls, p: float, q: float) -> Self:
        return super().__new__(cls, norm_exponent("p", p), norm_exponent("q", q))

    def __str__(self) -> str:
        return f"{self.p:g}-{self.q:g}"

    @classmethod
    def parse(cls, text: str) -> NormPair:
        """Read back what `str` printed; ValueError on anything else."""
        try:
            p, q = map(float, text.split("-"))
        except ValueError:
            raise ValueError(f"norm pair {text!r} does not read as p-q, such as inf-2") from None
        return cls(p, q)


class Attack(NamedTuple):
    """An attack's budget ε and norms, in the order in which formulas take them: `theory.variance_rate(spec, *attack)`.

    >>> Attack.of(0.3, NormPair(math.inf, 2))
    Attack(eps=0.3, p=inf, q=2.0)
    """

    eps: float
    p: float
    q: float

    @classmethod
    def of(cls, eps: float, pair: NormPair) -> Attack:
        """The attack of a budget in a pair of norms."""
        return cls(eps, pair.p, pair.q)

    @property
    def pair(self) -> NormPair:
        """Its norms."""
        return NormPair(self.p, self.q)


def norm_exponent(name: str, value: object) -> float:
    """The exponent of a norm as a float; ValueError unless it lies in [1, ∞].

    >>> norm_exponent("p", 0.5)
    Traceback (most recent call last):
    ValueError: p must lie in [1, ∞], got 0.5
    """
    if not (exponent := real(value)) >= 1:
        raise ValueError(f"{name} must lie in [1, ∞], got {value!r}")
    return exponent


def dual_exponent(p: float) -> float:
    """The exponent p* with 1/p + 1/p* = 1; raises ValueError for p < 1.

    >>> dual_exponent(2), dual_exponent(1), dual_exponent(math.inf)
    (2.0, inf, 1.0)
    """
    p = norm_exponent("p", p)
    return math.inf if p == 1 else 1.0 if math.isinf(p) else p / (p - 1)


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "flat"
    return str(value) if isinstance(value, ReLULike) else repr(value)


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(f"True or False is read here, got {text!r}")
    return text == "True"


_READERS: dict[str, Callable[[str], Any]] = {
    "activation": ReLULike.parse,
    "input_shape": lambda text: () if text == "flat" else input_shape(text),
    "scale": lambda text: None if text == "None" else float(text),
    "depth_is_fixed": _truth,
}


def _number(text: str) -> float | int:
    try:
        return int(text)
    except ValueError:
        return float(text)


def positive_integer(name: str, value: object) -> int:
    """The value as an int of at least 1; ValueError naming it otherwise."""
    if (number := whole(value)) is None or number < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    return number
