"""Cells of claims about attacks: a network with a norm pair, and with a budget."""

from __future__ import annotations

from dataclasses import dataclass

from mfcheck.findings.cell import Cell
from mfcheck.spec import Attack, NormPair


@dataclass(frozen=True, kw_only=True)
class PairCell(Cell):
    """A network attacked in a pair of norms, at an image of `dataset`."""

    pair: NormPair
    dataset: str | None = None


@dataclass(frozen=True, kw_only=True)
class AttackCell(PairCell):
    """One attacked within a budget ε, at so many `images`."""

    eps: float
    images: int | None = None

    @property
    def attack(self) -> Attack:
        """The budget and the norms."""
        return Attack.of(self.eps, self.pair)

    @property
    def chain(self) -> bool:
        """Whether it is drawn by the exact chain, where draws are cheap and no gates flip."""
        return self.engine == "wishart"
