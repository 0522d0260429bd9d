"""Which claims a test module makes, as far as its text tells: it is parsed and never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

UNTOLD = ""
"""In place of an id that the text of its module does not tell."""
ID = re.compile(r"[A-Za-z0-9.]+/[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Told:
    """Ids of the claims that a text tells of, UNTOLD for one that is not written out, and whether these are all."""

    ids: tuple[str, ...] = ()
    all: bool = False


def told_by(source: str) -> Told:
    """What source text, which need not even be importable, tells of its claims.

    A decorator called claim makes one, and so does any other of a function that takes `decide`, under whatever name
    claim goes there. What comes from elsewhere, such as tests that a class inherits, is not told.
    """
    if "claim(" not in source and "decide" not in source:
        return Told()
    try:
        tree = ast.parse(source)
        functions = list(_functions(tree))
        named = {name: node.value for node in tree.body if isinstance(node, ast.Assign) for name in _names(node)}
        ids = tuple(id for function in functions for id in _ids_of(function, named))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # pytest itself will say so
        return Told()
    return Told(ids, bool(ids) and UNTOLD not in ids and not any(map(_brings_tests, tree.body)))


def _ids_of(function: ast.FunctionDef, named: dict[str, ast.expr]) -> Iterator[str]:
    decides = "decide" in (one.arg for one in (*function.args.args, *function.args.kwonlyargs))
    others = []
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        module, _, name = ast.unparse(called).rpartition(".")
        if isinstance(decorator, ast.Call) and name == "claim":
            yield _text(next(iter(_given(decorator, "id")), None), named)
            decides = False
        elif module.partition(".")[0] != "pytest" and name != "fixture":
            others.append(decorator)
    if decides and others:
        texts = [_text(one, named) for call in others if isinstance(call, ast.Call) for one in _given(call)]
        yield next(filter(ID.fullmatch, texts), UNTOLD)


def _given(call: ast.Call, name: str = "") -> list[ast.expr]:
    """The arguments of a call, of those by name the one of this name alone if there is a name."""
    return [*call.args, *(one.value for one in call.keywords if not name or one.arg == name)]


def _text(node: ast.expr | None, named: dict[str, ast.expr]) -> str:
    """The text that stands there, or under the name that does."""
    node = named.get(node.id, node) if isinstance(node, ast.Name) else node
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else UNTOLD


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _brings_tests(node: ast.stmt) -> bool:
    """Whether a statement at the top of a module may make tests of what stands elsewhere."""
    match node:
        case ast.ClassDef(name=name, bases=bases):
            names = [name] if bases else []
        case ast.ImportFrom(names=imported):
            names = ["Test" if one.name == "*" else one.asname or one.name for one in imported]
        case ast.Assign():
            names = _names(node)
        case _:
            names = []
    return any(name.lower().startswith("test") for name in names)


def _functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """The functions of a module and of its classes, those under conditions too, and none inside of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _functions(child)
