"""Mutants of a module: its source with one small change, and where the change stands."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mfcheck.tests.support.small_changes import changes

STATEMENTS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef, ast.Match)
LONGEST = 80
"""Characters of an expression around a changed number that are shown."""


@dataclass(frozen=True)
class Mutant:
    """One small change: of which lines in which file, in which function, from what to what.

    `place` counts nodes and changes of one node, and finds the change in the same source again.
    """

    file: str
    within: str
    change: str
    lines: tuple[int, int]
    place: tuple[int, int]

    @property
    def key(self) -> tuple[str, str, str]:
        """What names this change after other parts of the file were edited."""
        return self.file, self.within, self.change


def mutants(root: Path, file: str) -> Iterator[Mutant]:
    """All mutants of a file below `root`.

    Left alone is what no caller can notice: docstrings, annotations, imports, assertions (nothing rests on them, they
    are gone under python -O), what only a type checker reads, decorators, and the wording of texts.
    """
    tree = ast.parse((root / file).read_text(encoding="utf-8"))
    seen: Counter[tuple[str, str]] = Counter()
    for at, visit in enumerate(_visits(tree)):
        for which, new in enumerate(changes(visit.node, visit.names)):
            change = _described(visit, new)
            seen[visit.within, change] += 1
            again = f" ({seen[visit.within, change]})" if seen[visit.within, change] > 1 else ""
            yield Mutant(file, visit.within, change + again, visit.lines, (at, which))


def mutated(source: str, mutant: Mutant) -> str:
    """The source with the mutant's change; comments and layout go lost, docstrings stay."""
    tree = ast.parse(source)
    at, which = mutant.place
    visit = list(_visits(tree))[at]
    visit.put(list(changes(visit.node, visit.names))[which])
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@dataclass(frozen=True)
class _Visit:
    """A node that may change, and where it hangs in the tree."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    within: str
    lines: tuple[int, int]
    names: Sequence[str]

    def put(self, new: ast.AST) -> None:
        """Hang another node into the tree at this place."""
        if self.index is None:
            setattr(self.parent, self.field, new)
        else:
            getattr(self.parent, self.field)[self.index] = new


def _described(visit: _Visit, new: ast.AST) -> str:
    """A change in words short enough to read; of a number or a name with what stands around it."""
    if isinstance(visit.node, ast.Constant | ast.Name | ast.Attribute) and isinstance(visit.parent, ast.expr):
        before = ast.unparse(visit.parent)
        if len(before) <= LONGEST:
            visit.put(new)
            after = ast.unparse(visit.parent)
            visit.put(visit.node)
            return f"{before} → {after}"
    return f"{ast.unparse(visit.node)} → {ast.unparse(new)}"


def _visits(
    parent: ast.AST, within: str = "", lines: tuple[int, int] = (1, 1), names: Sequence[str] = ()
) -> Iterator[_Visit]:
    for field, value in ast.iter_fields(parent):
        if _unseen(parent, field):
            continue
        parts = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, node in parts:
            if not isinstance(node, ast.AST) or _inert(node) or _literal_text(parent, node):
                continue
            inner, known, where = within, names, lines
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                inner = f"{within}.{node.name}" if within else node.name
                known = sorted({*names, *_names(node)})
            if isinstance(node, ast.stmt):
                where = node.lineno, _end(node)
            yield _Visit(node, parent, field, index, inner, where, known)
            yield from _visits(node, inner, where, known)


def _unseen(parent: ast.AST, field: str) -> bool:
    return field in ("annotation", "returns", "decorator_list", "type_params", "bases", "ctx", "op", "ops") or (
        isinstance(parent, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.NamedExpr)
        and field in ("target", "targets")
    )


def _inert(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()) | ast.keyword(arg="strict"):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript()) if name[0].isupper() and not name.isupper():
            return True  # a type by another name
    return False


def _literal_text(parent: ast.AST, node: ast.AST) -> bool:
    """The words between the values of a text, and how those are formatted."""
    return isinstance(parent, ast.JoinedStr) and isinstance(node, ast.Constant)


def _end(node: ast.stmt) -> int:
    """The last line of a statement, of one with a body that of its head."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if isinstance(node, STATEMENTS) and isinstance(body, list):
        first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        return max(node.lineno, first.lineno - 1)
    return node.end_lineno or node.lineno


def _names(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    inner = list(ast.walk(node))
    return {part.arg for part in inner if isinstance(part, ast.arg)} | {
        part.id for part in inner if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
