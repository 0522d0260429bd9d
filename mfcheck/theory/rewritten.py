"""A function rewritten in one place of its own source, as one who states a formula wrongly may have it.

Its value times 1.05 or 1.25; an exponent ± 1; a root left out; a term of a sum dropped, or of the other sign; a sum of
one term more or less; the two architectures, or two symbols, swapped; ε squared or left out.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, cast

FACTORS = (1.05, 1.25)
SLIPS = SIGN, CASES, MORE, LESS = "sign changed", "cases swapped", "one term more", "one term less"
"""Changes that may be next to none: of a sum that approximates an integral, say."""
SWAPS = (("width", "depth"), ("input_dim", "output_dim"), ("weight_variance", "bias_variance"), ("u", "v"), ("p", "q"))


def rewritten(function: FunctionType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every rewritten form of a function, by what was changed; none of one that has no source of its own."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # written at a prompt, or a lambda inside a line: no source to change
        return
    if not isinstance(tree.body[0], ast.FunctionDef) or set(function.__code__.co_freevars) - {"__class__"}:
        return
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    for factor in FACTORS:
        yield f"× {factor}", _compiled(function, _scaled(tree, factor))
    counts_down = any(isinstance(node, ast.While) for node in ast.walk(tree))  # once changed, it may never end
    for index, node in enumerate(nodes):
        for change, replacement in () if counts_down else (*_replacements(node), *_slips(node)):
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


def _slips(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """What stands in its place by a slip: a sign, a sum's end, or one architecture for the other."""
    text = ast.unparse(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield f"{text}, {SIGN}", ast.BinOp(node.left, other, node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{text}, {SIGN}", node.operand
    elif isinstance(node, ast.IfExp) and any(_symbol(one) == "architecture" for one in ast.walk(node.test)):
        yield f"{text}, {CASES}", ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "range" and len(node.args) in (1, 2):
        *start, stop = node.args
        if not isinstance(stop, ast.Starred):
            for change, op in ((MORE, ast.Add()), (LESS, ast.Sub())):
                yield f"{text}, {change}", ast.Call(node.func, [*start, ast.BinOp(stop, op, ast.Constant(1))], [])


def _symbol(node: ast.AST) -> str:
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


class _Mangle(ast.NodeTransformer):
    """Names that begin with two underscores as Python reads them inside of a class."""

    def __init__(self, owner: str) -> None:
        self._owner = owner.lstrip("_")

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        if self._owner and node.attr.startswith("__") and not node.attr.endswith("__"):
            node.attr = f"_{self._owner}{node.attr}"
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
    definition = _Mangle(function.__qualname__.rpartition(".")[0].rpartition(".")[2]).visit(definition)
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
