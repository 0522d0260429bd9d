"""The small changes that one node of a syntax tree may suffer: what a slip of a maintainer's hand looks like.

Changes that die of themselves, such as a sum made a shift of bits or a name that nobody defined, are left out: they
would only make the share of changes that tests catch look better.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
}
DROPPABLE = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.BitOr)
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
PAIRS = (
    "min max",
    "any all",
    "floor ceil",
    "low high",
    "lows highs",
    "lower upper",
    "before after",
    "old new",
    "one other",
    "left right",
    "first second",
    "alpha beta",
    "margin distance",
    "SUPPORTED REFUTED",
    "UNDECIDED NOT_APPLICABLE",
    "REGRESSION NOTE",
    "log log1p",
    "exp expm1",
    "second fourth",
)
TWINS = {a: b for pair in PAIRS for a, b in (pair.split(), pair.split()[::-1])}
SYMMETRIC = {"min", "max", "isclose", "maximum", "minimum"}
BUILT_IN = {"min", "max", "any", "all"}
WRAPPERS = {"abs", "sqrt", "log", "exp", "log1p", "expm1", "ceil", "floor", "round", "sorted", "square", "reversed"}


def changes(node: ast.AST, names: Sequence[str]) -> Iterator[ast.AST]:
    """What may stand in the place of a node; `names` are those known where it stands."""
    for kind, found in KINDS:
        if isinstance(node, kind):
            yield from found(node, names)


def _constant(node: ast.Constant, _: Sequence[str]) -> Iterator[ast.AST]:
    match node.value:
        case bool(value):
            yield ast.Constant(not value)
        case int(value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case float(value):
            yield ast.Constant(value * 1.1 if value else 1.0)
        case str(value) if not any(character.isspace() for character in value):  # wording is nobody's behaviour
            yield ast.Constant(value + "_")


def _name(node: ast.Name, names: Sequence[str]) -> Iterator[ast.AST]:
    twin = TWINS.get(node.id)
    if twin in names or twin in BUILT_IN:
        yield ast.Name(twin, node.ctx)


def _attribute(node: ast.Attribute, _: Sequence[str]) -> Iterator[ast.AST]:
    if node.attr in TWINS:
        yield ast.Attribute(node.value, TWINS[node.attr], node.ctx)


def _unary(node: ast.UnaryOp, _: Sequence[str]) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.USub | ast.Not):
        yield node.operand


def _binary(node: ast.BinOp, _: Sequence[str]) -> Iterator[ast.AST]:
    if other := BINARY.get(type(node.op)):
        yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, DROPPABLE):
        yield node.left
        if not isinstance(node.op, ast.Pow):
            yield node.right


def _augmented(node: ast.AugAssign, _: Sequence[str]) -> Iterator[ast.AST]:
    if other := BINARY.get(type(node.op)):
        yield ast.AugAssign(node.target, other(), node.value)
    yield ast.Pass()


def _compare(node: ast.Compare, _: Sequence[str]) -> Iterator[ast.AST]:
    for at, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)


def _boolean(node: ast.BoolOp, _: Sequence[str]) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for at in range(len(node.values)):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _negated(test: ast.expr) -> Iterator[ast.expr]:
    if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        yield ast.UnaryOp(ast.Not(), test)


def _condition(node: ast.If | ast.IfExp | ast.While, _: Sequence[str]) -> Iterator[ast.AST]:
    for test in _negated(node.test):
        yield _with(node, test=test)


def _comprehension(node: ast.comprehension, _: Sequence[str]) -> Iterator[ast.AST]:
    for at in range(len(node.ifs)):
        yield _with(node, ifs=[*node.ifs[:at], *node.ifs[at + 1 :]])


def _call(node: ast.Call, _: Sequence[str]) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in SYMMETRIC:
        for args in _neighbours_swapped(node.args):
            yield ast.Call(node.func, args, node.keywords)
    for at, keyword in enumerate(node.keywords):
        if keyword.arg not in (None, "strict"):
            yield ast.Call(node.func, node.args, [*node.keywords[:at], *node.keywords[at + 1 :]])
    if name in WRAPPERS and len(node.args) == 1:
        yield node.args[0]


def _sequence(node: ast.Tuple | ast.List, _: Sequence[str]) -> Iterator[ast.AST]:
    if isinstance(node.ctx, ast.Load):
        for parts in _neighbours_swapped(node.elts):
            yield type(node)(parts, node.ctx)


def _dictionary(node: ast.Dict, _: Sequence[str]) -> Iterator[ast.AST]:
    if None not in node.keys:
        for values in _neighbours_swapped(node.values):
            yield ast.Dict(node.keys, values)


def _text(node: ast.JoinedStr, _: Sequence[str]) -> Iterator[ast.AST]:
    """Two neighbouring values of a text in each other's place."""
    at = [place for place, part in enumerate(node.values) if isinstance(part, ast.FormattedValue)]
    for first, second in pairwise(at):
        if ast.dump(node.values[first]) != ast.dump(node.values[second]):
            values = list(node.values)
            values[first], values[second] = values[second], values[first]
            yield ast.JoinedStr(values)


def _slice(node: ast.Slice, _: Sequence[str]) -> Iterator[ast.AST]:
    for bound in ("lower", "upper"):
        if getattr(node, bound) is not None:
            yield _with(node, **{bound: None})


def _deleted(_: ast.AST, __: Sequence[str]) -> Iterator[ast.AST]:
    yield ast.Pass()


def _called(node: ast.Expr, _: Sequence[str]) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        yield ast.Pass()


def _assigned(node: ast.Assign, _: Sequence[str]) -> Iterator[ast.AST]:
    """Without an assignment to a part of something: without one to a name, its next use fails by itself."""
    if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield ast.Pass()


def _stopped(node: ast.Break | ast.Continue, _: Sequence[str]) -> Iterator[ast.AST]:
    yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


def _neighbours_swapped(parts: Sequence[ast.expr]) -> Iterator[list[ast.expr]]:
    for at, (first, second) in enumerate(pairwise(parts)):
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred) and _differ(first, second):
            yield [*parts[:at], second, first, *parts[at + 2 :]]


def _differ(first: ast.expr, second: ast.expr) -> bool:
    return ast.dump(first) != ast.dump(second)


def _with(node: Any, **parts: Any) -> Any:
    copy = deepcopy(node)
    for name, part in parts.items():
        setattr(copy, name, part)
    return copy


Found = Callable[[Any, Sequence[str]], Iterator[ast.AST]]
KINDS: tuple[tuple[Any, Found], ...] = (
    (ast.Constant, _constant),
    (ast.Name, _name),
    (ast.Attribute, _attribute),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _binary),
    (ast.AugAssign, _augmented),
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    (ast.If | ast.IfExp | ast.While, _condition),
    (ast.comprehension, _comprehension),
    (ast.Call, _call),
    (ast.Tuple | ast.List, _sequence),
    (ast.Dict, _dictionary),
    (ast.JoinedStr, _text),
    (ast.Slice, _slice),
    (ast.Raise, _deleted),
    (ast.Expr, _called),
    (ast.Assign, _assigned),
    (ast.Break | ast.Continue, _stopped),
)
