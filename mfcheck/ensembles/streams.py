"""Seeded random streams: every random number of an ensemble comes from a Stream."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

AHEAD, MOST_AHEAD = 64, 2**20
"""Requests like the first that are drawn at once for later ones, and the most numbers: a launch's time on a GPU."""


class Stream:
    """Normals, chi-squares and fair binomials from one seed on one device.

    On the CPU numpy draws the discrete and gamma variates (several times faster than torch there) and torch the
    normals; elsewhere torch draws all of them. All results are tensors on `device`.
    """

    def __init__(self, seed: int, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.torch = torch.Generator(self.device).manual_seed(seed)
        self.numpy = np.random.Generator(np.random.PCG64DXSM(seed)) if self.device.type == "cpu" else None
        self._ahead: dict[torch.dtype, Tensor] = {}

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> Tensor:
        """Independent N(0, scale²) variates of the given shape."""
        return self.overwrite(torch.empty(shape, dtype=dtype, device=self.device), scale)

    def overwrite(self, values: Tensor, scale: float = 1.0) -> Tensor:
        """Independent N(0, scale²) variates in the place of values."""
        return values.normal_(0.0, scale, generator=self.torch)

    def ahead(self, count: int, dtype: torch.dtype) -> Tensor:
        """Independent N(0, 1) variates `[count]` to be written over, of those that one launch drew for many requests.

        >>> stream = Stream(1)
        >>> first, second = stream.ahead(3, torch.float32), stream.ahead(3, torch.float32)
        >>> bool((first != second).all())
        True
        """
        if count > MOST_AHEAD:
            return self.normal(count, dtype=dtype)
        kept = self._ahead.get(dtype)
        if kept is None or len(kept) < count:
            kept = self.normal(min(AHEAD * count, MOST_AHEAD), dtype=dtype)
        taken, self._ahead[dtype] = kept[:count], kept[count:]
        return taken

    def coarse_normal(self, *shape: int) -> Tensor:
        """Independent N(0, 1) variates in float64, on the CPU of float32's resolution: in a quarter of the time."""
        if self.numpy is None:
            return self.normal(*shape)
        return self.normal(*shape, dtype=torch.float32).double()

    def fair_binomial(self, trials: int, draws: int) -> Tensor:
        """Binomial(trials, ½) counts as float64 `[draws]`."""
        if self.numpy is not None:
            return torch.from_numpy(self.numpy.binomial(trials, 0.5, draws).astype(np.float64))
        size = torch.full((draws,), float(trials), dtype=torch.float64, device=self.device)
        return torch.binomial(size, torch.full_like(size, 0.5), generator=self.torch)

    def chi_square(self, freedom: Tensor) -> Tensor:
        """One χ² variate for every entry of `freedom`; 0 where that is ≤ 0."""
        shape = freedom.clamp_min(0) / 2
        if self.numpy is not None:
            return torch.from_numpy(self.numpy.standard_gamma(shape.numpy())).mul_(2)
        drawn = torch._standard_gamma(shape.clamp_min(1e-300), generator=self.torch)
        return torch.where(shape > 0, 2 * drawn, 0.0)
