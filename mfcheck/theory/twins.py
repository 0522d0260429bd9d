"""Wrong twins of a theory, generated from the source of its own formulas: each must be refuted by some claim.

A twin changes one formula in one place: its value times 1.05 or 1.25, an exponent ± 1, a root left out, a term of a
sum dropped, or two symbols swapped; a law has twins of another shape too, and a number with a limit in the width others
by what is added to that. A theory whose twins all survive could not have failed.
"""

from __future__ import annotations

import ast
import copy
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import chain
from types import FunctionType
from typing import Any, cast

from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.theory.arguments import formulas, parameters, written
from mfcheck.theory.corrections import CORRECTIONS, corrections
from mfcheck.theory.paper import PaperTheory, remade
from mfcheck.theory.reshaped import SHAPES, reshaped

FACTORS = (1.05, 1.25)
SWAPS = (("width", "depth"), ("input_dim", "output_dim"), ("weight_variance", "bias_variance"), ("u", "v"), ("p", "q"))
PAIRS = ((1, 1), (1, 2), (2, 1), (2, 2), (2, math.inf), (math.inf, 1), (math.inf, 2), (math.inf, math.inf), (4, 1.5))
BUDGETS = (0.3, 2.0)
TIMES = (0.5, 20.0)
LOWER = (0.02,)


@dataclass(frozen=True, eq=False)
class Twin:
    """A theory with one formula changed; `equivalent` says why the change changes nothing, or is empty."""

    name: str
    formula: str
    theory: PaperTheory
    equivalent: str


@lru_cache(maxsize=8)
def twins(theory: PaperTheory) -> tuple[Twin, ...]:
    """All twins of a theory's formulas; unusable ones (no finite value anywhere) are left out."""
    found: list[Twin] = []
    for formula in formulas(theory):
        places = sample_places(parameters(theory, formula))
        own = [value_at(theory, formula, place) for place in places]
        own_function = written(type(theory), formula)
        assert own_function is not None
        others = (_shapes if gives_law(theory, formula) else corrections)(own_function)
        for change, function in chain(_changes(own_function), others):
            static = isinstance(inspect.getattr_static(type(theory), formula), staticmethod)
            changed = staticmethod(function) if static else function
            twin_class = type(f"Twin_{formula}", (type(theory),), {formula: changed})
            twin = remade(theory, twin_class)
            usable, differs = _compared(twin, formula, places, own)
            if usable and (differs or change not in CORRECTIONS):
                reason = "" if differs or change in SHAPES else f"equal to the formula at all of {usable} places"
                name, same_names = f"{formula}: {change}", [twin.name for twin in found]
                if name in same_names:  # one text at two places of a formula
                    name += f" ({sum(other.startswith(name) for other in same_names) + 1})"
                found.append(Twin(name, formula, twin, reason))
    return tuple(found)


@lru_cache(maxsize=8)
def with_limits(theory: PaperTheory) -> frozenset[str]:
    """The formulas that tend to a number other than 0 as the width grows, and that a finite width moves."""
    return frozenset(twin.formula for twin in twins(theory) if twin.name.endswith(tuple(CORRECTIONS)))


def _compared(
    twin: PaperTheory, formula: str, places: list[tuple[Any, ...]], own: list[float | None]
) -> tuple[int, bool]:
    """At how many places both formula and twin have a value, up to the first difference, and whether there is one."""
    usable = 0
    for place, mine in zip(places, own, strict=True):
        other = None if mine is None else value_at(twin, formula, place)
        if mine is not None and other is not None:
            usable += 1
            if not math.isclose(mine, other, rel_tol=1e-9):
                return usable, True
    return usable, False


def value_of(theory: PaperTheory, formula: str, spec: NetworkSpec) -> float | None:
    """A formula's value for one network as one positive number (a law by its variance), None where it has none."""
    return value_at(theory, formula, (spec,))


def asked(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> Any:
    """A formula's value at its arguments, None where it has none."""
    try:
        return getattr(theory, formula)(*place)
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError):
        return None


def value_at(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> float | None:
    """A formula's value at its arguments as one number (a law by its variance), None where it is 0 or there is none."""
    value = asked(theory, formula, place)
    try:
        number = float(value.var() if hasattr(value, "var") else value)
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError):
        return None
    return number if math.isfinite(number) and number != 0 else None


def gives_law(theory: PaperTheory, formula: str) -> bool:
    """Whether a formula gives laws, and not numbers."""
    return any(hasattr(asked(theory, formula, place), "cdf") for place in sample_places(parameters(theory, formula)))


def _shapes(function: FunctionType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The twins of a formula that gives a law: laws of another shape."""
    for shape in SHAPES:
        yield shape, _reshaping(function, shape)


def _reshaping(function: FunctionType, shape: str) -> Callable[..., Any]:
    @wraps(function)
    def changed(*arguments: Any, **named: Any) -> Any:
        return reshaped(function(*arguments, **named), shape)

    return changed


def _changes(function: FunctionType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every twin of one function, by what was changed."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # written at a prompt, or a lambda inside a line: no source to change
        return
    if not isinstance(tree.body[0], ast.FunctionDef) or set(function.__code__.co_freevars) - {"__class__"}:
        return
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    for factor in FACTORS:
        yield f"× {factor}", _compiled(function, _scaled(tree, factor))
    for index, node in enumerate(nodes):
        for change, replacement in _replacements(node):
            changed = copy.deepcopy(tree)
            target = [item for item in ast.walk(changed) if isinstance(item, ast.expr)][index]
            yield change, _compiled(function, _Replace(target, replacement).visit(changed))
    for pair in SWAPS:
        if any(_symbol(node) in pair for node in nodes):
            yield f"{pair[0]} and {pair[1]} swapped", _compiled(function, _Swap(pair).visit(copy.deepcopy(tree)))


def _replacements(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """What may stand wrongly in the place of one expression."""
    text = ast.unparse(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        for sign, op in (("+", ast.Add()), ("−", ast.Sub())):
            exponent = ast.BinOp(node.right, op, ast.Constant(1))
            yield f"{text}, exponent {sign} 1", ast.BinOp(node.left, ast.Pow(), exponent)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        yield f"{text}, first term dropped", node.right
        yield f"{text}, second term dropped", node.left
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "math.sqrt":
        yield f"{text} without the root", node.args[0]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _symbol(node.left) == "eps":
        yield "eps squared", ast.BinOp(ast.BinOp(node.left, ast.Pow(), ast.Constant(2)), ast.Mult(), node.right)
        yield "eps left out", node.right


def _symbol(node: ast.expr) -> str:
    """The name that a node reads, of a variable or an attribute."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.expr, replacement: ast.expr) -> None:
        self._target, self._replacement = target, replacement

    def visit(self, node: ast.AST) -> Any:
        return copy.deepcopy(self._replacement) if node is self._target else super().visit(node)


class _Swap(ast.NodeTransformer):
    def __init__(self, pair: tuple[str, str]) -> None:
        self._other = {pair[0]: pair[1], pair[1]: pair[0]}

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.attr = self._other.get(node.attr, node.attr)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._other.get(node.id, node.id)
        return node


def _scaled(tree: ast.Module, factor: float) -> ast.Module:
    """Every returned number times the factor; of a returned law, the scale."""
    changed = copy.deepcopy(tree)
    for node in ast.walk(changed):
        if isinstance(node, ast.Return) and node.value is not None:
            keywords = node.value.keywords if isinstance(node.value, ast.Call) else []
            scale = next((keyword for keyword in keywords if keyword.arg == "scale"), None)
            if scale is not None:
                scale.value = ast.BinOp(scale.value, ast.Mult(), ast.Constant(factor))
            else:
                node.value = ast.BinOp(node.value, ast.Mult(), ast.Constant(factor))
    return changed


def _compiled(function: FunctionType, tree: ast.AST) -> Callable[..., Any]:
    """The changed source as a function in the namespace of the original, `super()` included."""
    definition = cast(ast.FunctionDef, cast(ast.Module, tree).body[0])
    definition.decorator_list = []
    shell = ast.parse("def shell(__class__):\n    pass")
    cast(ast.FunctionDef, shell.body[0]).body = [definition, ast.Return(ast.Name(definition.name, ast.Load()))]
    namespace: dict[str, Any] = {}
    exec(
        compile(ast.fix_missing_locations(shell), f"<twin of {function.__qualname__}>", "exec"),
        function.__globals__,
        namespace,
    )
    owner = inspect.getclosurevars(function).nonlocals.get("__class__")
    changed: Callable[..., Any] = namespace["shell"](owner)
    return changed


def sample_places(parameters: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Arguments that tell formulas apart."""
    if parameters == ("spec",):
        return [(spec,) for spec in _sample_specs()]
    if parameters == ("spec", "eps", "p", "q"):
        return [(spec, eps, p, q) for spec in _sample_specs()[::5] for eps in BUDGETS for p, q in PAIRS]
    if parameters[:1] == ("spec",):
        timed = parameters[-1] == "t"
        some = [spec for spec in _sample_specs()[::5] if timed or spec.architecture == "vanilla"]
        return [
            (spec, BUDGETS[0], p, q, at) for spec in some for p, q in PAIRS[3:6] for at in (TIMES if timed else LOWER)
        ]
    return [(p, q, *sizes) for sizes in ((31, 7), (7, 31), (200, 3)) for p, q in PAIRS]


@lru_cache(maxsize=1)
def _sample_specs() -> tuple[NetworkSpec, ...]:
    """Networks that tell formulas apart: no two sizes alike, ω on both sides of 1, with biases."""
    acts = (ReLULike(), ReLULike(1, 0.2), ReLULike(0.7, -1.1))
    return tuple(
        NetworkSpec(architecture, 31, 7, width, depth, variance, 0.3, act)
        for architecture in ("vanilla", "residual")
        for width, depth in ((20, 3), (150, 6), (900, 2))
        for variance in (0.6, 1.7)
        for act in acts
    )
