"""Questions to a lazily revealed matrix of every kind that may go wrong, and the answers that came."""

from __future__ import annotations

import pytest
import torch
from hypothesis import strategies as st
from torch import Tensor

from mfcheck.ensembles.matrices.directions import DEPENDENT
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.streams import Stream

REPLICATES = 2
KINDS = (
    "fresh",
    "zero",
    "repeated",
    "proportional",
    "long",
    "short",
    "close",
    "closer",
    "the other side's answer",
    "zero in one replicate",
    "several",
)
sides = st.booleans()
sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32)
dtypes = st.sampled_from([torch.float32, torch.float64])
products = st.lists(st.tuples(sides, st.sampled_from(KINDS)), min_size=1, max_size=12)
both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


class Questions:
    """A lazy rows × columns matrix, with every product asked of it and the answer that came."""

    def __init__(self, rows: int, columns: int, seed: int, dtype: torch.dtype = torch.float64) -> None:
        self.rows, self.columns, self.dtype = rows, columns, dtype
        self.matrix = LazyMatrix.drawn(Stream(seed), REPLICATES, rows, columns, variance=1 / columns, dtype=dtype)
        self.asked: dict[bool, list[tuple[Tensor, Tensor]]] = {False: [], True: []}
        self._inputs = Stream(seed + 1)

    def ask_again(self) -> None:
        for transposed, asked in self.asked.items():
            matrix = self.matrix.T if transposed else self.matrix
            self.asked[transposed] = [(x, matrix @ x) for x, _ in asked]

    def normal(self, transposed: bool, count: int = 1) -> Tensor:
        return self._inputs.normal(REPLICATES, self.rows if transposed else self.columns, count, dtype=self.dtype)

    def ask(self, transposed: bool, x: Tensor) -> Tensor:
        answer = (self.matrix.T if transposed else self.matrix) @ x
        self.asked[transposed].append((x, answer))
        return answer

    def ask_kind(self, transposed: bool, kind: str) -> Tensor:
        return self.ask(transposed, self.input(transposed, kind))

    def input(self, transposed: bool, kind: str) -> Tensor:
        fresh = self.normal(transposed)
        earlier = self.asked[transposed][-1][0][:, :, :1] if self.asked[transposed] else self.normal(transposed)
        if kind == "several":
            return torch.cat([1e-5 * fresh, 0 * fresh, earlier, fresh + 1e-4 * self.normal(transposed)], dim=2)
        if kind == "the other side's answer":
            return self.asked[not transposed][-1][1].relu() if self.asked[not transposed] else fresh
        if kind == "zero in one replicate":
            fresh[0] = 0
        length = torch.linalg.vector_norm(earlier, dim=1, keepdim=True)
        return {
            "zero": 0 * fresh,
            "repeated": earlier,
            "proportional": -3 * earlier,
            "long": 1e10 * fresh,
            "short": 1e-10 * fresh,
            "close": earlier + 1e-4 * length * fresh,
            "closer": earlier + 1e-9 * length * fresh,
        }.get(kind, fresh)

    def entries(self) -> Tensor:
        """All of the matrix, which reveals what was not known: `[R, rows, columns]`."""
        return self.matrix.columns(range(self.columns))

    def error(self, entries: Tensor) -> float:
        """The largest gap between an answer and that of a stored matrix, in units of what rounding allows."""
        eps = torch.finfo(self.dtype).eps
        count = 1 + sum(x.shape[2] for asked in self.asked.values() for x, _ in asked)
        allowed = 2 * (DEPENDENT * count + self.rows + self.columns) * eps * torch.linalg.matrix_norm(entries).double()
        worst = 0.0
        for transposed, asked in self.asked.items():
            for x, answer in asked:
                gap = torch.linalg.vector_norm(answer - (entries.mT if transposed else entries) @ x, dim=1).double()
                limit = allowed[:, None] * torch.linalg.vector_norm(x, dim=1).double()
                assert not (gap[limit == 0] > 0).any()
                worst = max(worst, float((gap / torch.where(limit > 0, limit, 1.0)).max()))
        return worst
