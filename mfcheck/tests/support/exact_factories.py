"""Factories of networks of one's own of which the truth is known, written after `Vanilla` of `support/factories.py`."""

from __future__ import annotations

EXACT_FACTORIES = """

class He(Vanilla):
    # He initialisation throughout, whatever weight_variance is: scale 4, ω = 1.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            self.first.mul_(2**0.5)
            for weight in self.layers:
                weight.mul_((2 / spec.weight_variance) ** 0.5)
            self.last.mul_(2**0.5)

    @staticmethod
    def omega(spec):
        return 1.0

class MuP(He):
    # The same with a last layer that is 1/√N as large.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            self.last.mul_(spec.width**-0.5)

class LowRank(Vanilla):
    # Weights U V of a given rank, whose entries have the variance of a layer's all the same.

    rank = 1

    def __init__(self, spec, g):
        super().__init__(spec, g)
        n, r = spec.width, self.rank or spec.width // 8
        left = torch.randn(spec.depth, n, r, generator=g) / r**0.5
        right = torch.randn(spec.depth, r, n, generator=g) * (spec.weight_variance / n) ** 0.5
        self.layers = nn.ParameterList([nn.Parameter(one) for one in left @ right])

class LowRankTwo(LowRank):
    rank = 2

class LowRankEighth(LowRank):
    rank = None

class Students(Vanilla):
    # Weights of Student's t with five degrees of freedom, in units of their standard deviation.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            for weight in self.layers:
                chi = torch.randn(5, *weight.shape, generator=g).square().sum(dim=0)
                weight.mul_((3 / chi) ** 0.5)

class Uniform(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            for weight in self.layers:
                weight.uniform_(-1, 1, generator=g).mul_((3 * spec.weight_variance / spec.width) ** 0.5)

class Orthogonal(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            for weight in self.layers:
                q, r = torch.linalg.qr(weight)
                weight.copy_(q * r.diagonal().sign() * spec.weight_variance**0.5)

class Tied(Vanilla):
    # One matrix in all layers.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.layers = nn.ParameterList([self.layers[0]])
        self.depth = spec.depth

    def forward(self, x):
        x = x @ self.first.T
        for _ in range(self.depth):
            x = torch.relu(x @ self.layers[0].T)
        return x @ self.last.T

class Beside(nn.Module):
    # Vanilla, as matrices are written that stand on the right, all layers' in one.

    def __init__(self, spec, g, gain=1.0):
        super().__init__()
        n, d, k = spec.width, spec.input_dim, spec.output_dim
        self.first = nn.Parameter(torch.randn(d, n, generator=g) / d**0.5)
        deviation = gain * (spec.weight_variance / n) ** 0.5
        self.layers = nn.Parameter(deviation * torch.randn(spec.depth, n, n, generator=g))
        self.last = nn.Parameter(torch.randn(n, k, generator=g) / n**0.5)

    def forward(self, x):
        x = torch.einsum("bd,dn->bn", x, self.first)
        for weight in self.layers:
            x = torch.einsum("bn,nm->bm", x, weight).clamp_min(0)
        return torch.einsum("bn,nk->bk", x, self.last)

class HeavierBeside(Beside):
    def __init__(self, spec, g):
        super().__init__(spec, g, gain=1.1**0.5)
"""

ORDINARY = ("Vanilla", "He", "MuP", "Beside")
"""Networks that differ in their units, or in how they are written, alone."""
EXACT = ("LowRank", "LowRankTwo", "LowRankEighth", "Students", "Uniform", "Orthogonal", "Tied")
"""Networks of which d·E J² = ω^L is exact, or nearly, and a Gaussian law is not."""
