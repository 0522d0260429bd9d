"""Further factories of one's own: what a batch, a gradient, float64 or a first pass makes of a network."""

from __future__ import annotations

FURTHER = """
class Placed(Vanilla):
    # Its output at an input depends on where in the batch that stands.

    def forward(self, x):
        y = super().forward(x)
        return y * (1 + torch.arange(len(y), dtype=y.dtype)[:, None] / 100)

class Mixing(Vanilla):
    # Inputs of one batch attend to each other, whatever their lengths, as where batch_first is forgotten.

    def forward(self, x):
        unit = nn.functional.normalize(x)
        return super().forward(torch.softmax(unit @ unit.T, dim=1) @ x)

class Numbered(Vanilla):
    def forward(self, x):
        return super().forward(x) / len(x)

class HalfSeeded(Vanilla):
    # Hidden layers of a generator made anew from its first seed, so that all networks share them.

    def __init__(self, spec, g):
        super().__init__(spec, torch.Generator().manual_seed(g.initial_seed()))
        self.last = nn.Parameter(torch.randn(*self.last.shape, generator=g) / spec.width**0.5)

class Mirrored(Vanilla):
    # Every other network's last layer is that of the one before with its sign changed.
    drawn = 0

    def __init__(self, spec, g):
        super().__init__(spec, g)
        again = torch.Generator().manual_seed(g.initial_seed())
        self.last = nn.Parameter(torch.randn(*self.last.shape, generator=again) * (-1) ** Mirrored.drawn)
        Mirrored.drawn += 1

class Signed(Vanilla):
    # One sign for a network, which two in a row share by chance: as random as any.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.register_buffer("sign", torch.randn(1, generator=g).sign())

    def forward(self, x):
        return super().forward(x) * self.sign

class Pair(Vanilla):
    def forward(self, x):
        if len(x) == 1:
            raise ValueError("more than one value per channel")
        return super().forward(x)

class Detached(Vanilla):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)

class Rooted(Vanilla):
    # ReLU by a root, which has no derivative where it is 0.

    def forward(self, x):
        y = super().forward(x)
        return y + torch.sqrt((0 * y) ** 2)

class Filled(Vanilla):
    # Outputs written into zeros of torch's default dtype.

    def forward(self, x):
        y, found = super().forward(x), torch.zeros(len(x), self.last.shape[0])
        found[:] = y
        return found

class Cast(Vanilla):
    def forward(self, x):
        return super().forward(x.float())

class Autocast(Vanilla):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x).to(x.dtype)

class Lazy(nn.Sequential):
    def __init__(self, spec, g):
        n = spec.width
        super().__init__(nn.LazyLinear(n, bias=False), nn.ReLU(), nn.LazyLinear(spec.output_dim, bias=False))

class Gained(Vanilla):
    # A gain of no dimensions.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.gain * super().forward(x)

class RandomFeatures(Vanilla):
    # Its first layer stays as it is drawn.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.first.requires_grad_(False)

class BranchingFeatures(Branching, RandomFeatures):
    pass

class Freezing(Vanilla):
    # Another layer stays as drawn in every network.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        each = list(self.parameters())
        each[int(torch.randint(len(each), (), generator=g))].requires_grad_(False)

KEPT = {}

class Sharing(Vanilla):
    # One layer that all networks have in common.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.first = KEPT.setdefault(spec, self.first)

class Auxiliary(Vanilla):
    # What trains is a head that nobody asks.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.requires_grad_(False)
        self.aux = nn.Parameter(torch.randn(3, generator=g))

class ToLookAt(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.requires_grad_(False)

class Mute(Vanilla):
    # 0 at about half of all inputs.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.gate = nn.Parameter(torch.randn(spec.input_dim, generator=g))

    def forward(self, x):
        y = super().forward(x)
        return torch.where((x @ self.gate > 0)[:, None], y, torch.zeros_like(y))


class Patched(Vanilla):
    # Its forward is replaced by a function that remembers the module.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        plain = self.forward
        self.forward = lambda x: plain(x)


class Gaining(Vanilla):
    # One number beside its parameters is drawn too, of a generator's own kind.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.gain = 1 + float(torch.rand(1, generator=g))

    def forward(self, x):
        return self.gain * super().forward(x)


class Shuffling(Vanilla):
    # An order of the inputs is drawn, which is no buffer.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.order = torch.randperm(spec.input_dim, generator=g)

    def forward(self, x):
        return super().forward(x[:, self.order])


class Unregistered(nn.Module):
    # Its weights are plain tensors.

    def __init__(self, spec, g):
        super().__init__()
        self.first = torch.randn(spec.width, spec.input_dim, generator=g)
        self.last = torch.randn(spec.output_dim, spec.width, generator=g)

    def forward(self, x):
        return (x @ self.first.to(x.dtype).T).relu() @ self.last.to(x.dtype).T


class Pixels(nn.Module):
    # Four numbers at a time through one layer, and all of them through the last; of any shape, and of one width.

    def __init__(self, spec, g):
        super().__init__()
        self.stem = nn.Parameter(torch.randn(256, 4, generator=g) * (2 / 4) ** 0.5)
        self.last = nn.Parameter(torch.randn(spec.output_dim, 64 * spec.input_dim, generator=g) / spec.input_dim ** 0.5)

    def forward(self, x):
        return (x.reshape(len(x), -1, 4) @ self.stem.T).relu().flatten(1) @ self.last.T

class Plain(Unregistered):
    # They stay in the dtype that they were made in.

    def forward(self, x):
        return (x @ self.first.T).relu() @ self.last.T

class Listed(nn.Module):
    # Its layers stand in a list, which torch does not look into.

    def __init__(self, spec, g):
        super().__init__()
        self.layers = [nn.Linear(spec.input_dim, spec.width, bias=False), nn.Linear(spec.width, spec.output_dim)]

    def forward(self, x):
        first, last = self.layers
        return last(first(x).relu())

class Nested(nn.Module):
    def __init__(self, spec, g):
        super().__init__()
        self.body = Kept(spec)
        self.last = nn.Linear(spec.width, spec.output_dim)

    def forward(self, x):
        return self.last(self.body(x))

class Kept(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.parts = {"first": (nn.Linear(spec.input_dim, spec.width), None)}

    def forward(self, x):
        return self.parts["first"][0](x).relu()

class Multiplying(Vanilla):
    # Its scale is a number of its own, by which it multiplies.

    scale = 0.5

    def forward(self, x):
        return self.scale * super().forward(x)

class Aliased(nn.Module):
    # A recurrent layer, whose first state is float32, beside lists and dicts of what it has already, and of itself.

    def __init__(self, spec, g):
        super().__init__()
        self.cell = nn.LSTM(spec.input_dim, spec.width, batch_first=True)
        self.last = nn.Linear(spec.width, spec.output_dim)
        self.order, self.table = [self.cell, self.last], {"last": self.last}
        self.table["table"] = self.table

    def forward(self, x):
        first = (torch.zeros(1, len(x), self.cell.hidden_size), torch.zeros(1, len(x), self.cell.hidden_size))
        return self.last(self.cell(x[:, None], first)[0][:, -1])

class Squeezed(Vanilla):
    # Of a batch of one input it keeps the outputs alone.

    def forward(self, x):
        return super().forward(x).squeeze()

class Tupled(Vanilla):
    def forward(self, x):
        return super().forward(x), x

class Named(Vanilla):
    def forward(self, x):
        return {"logits": super().forward(x)}

class Wronged(Vanilla):
    # A third of its gradient is lost.

    def forward(self, x):
        y = super().forward(x)
        return y + 0.5 * y.detach()

class Hooked(Vanilla):
    # A hook adds what a layer of the module gives.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.extra = nn.Linear(spec.input_dim, spec.output_dim, bias=False)
        nn.init.normal_(self.extra.weight, generator=g)
        self.register_forward_hook(lambda module, inputs, output: output + self.extra(inputs[0]))


class Drawing(nn.Module):
    # Matrices by name, each of a shape and of the variance 2 over a number.

    def drawn(self, g, **matrices):
        for name, (shape, fan) in matrices.items():
            setattr(self, name, nn.Parameter(torch.randn(*shape, generator=g) * (2 / fan) ** 0.5))


class Narrowing(Drawing):
    # A fixed 64 units, then as many as the spec says.

    def __init__(self, spec, g):
        super().__init__()
        d, n, k = spec.input_dim, spec.width, spec.output_dim
        self.drawn(g, first=((64, d), d), middle=((n, 64), 64), last=((k, n), n))

    def forward(self, x):
        return ((x @ self.first.T).relu() @ self.middle.T).relu() @ self.last.T


class Turned(Drawing):
    # Weights with inputs first.

    def __init__(self, spec, g):
        super().__init__()
        d, n, k = spec.input_dim, spec.width, spec.output_dim
        self.drawn(g, first=((d, n), d), last=((n, k), n))

    def forward(self, x):
        return (x @ self.first).relu() @ self.last


class Mixture(Turned):
    # Experts in one tensor.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.drawn(g, experts=((4, spec.width, spec.width), spec.width))


KEPT = {}


class Backboned(Vanilla):
    # All networks share a frozen layer, which this module keeps.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        d = spec.input_dim
        if d not in KEPT:
            one = nn.utils.skip_init(nn.Linear, d, d, bias=False)
            nn.init.normal_(one.weight, std=d**-0.5, generator=torch.Generator().manual_seed(0))
            KEPT[d] = one.requires_grad_(False)
        self.backbone = KEPT[d]

    def forward(self, x):
        return super().forward(self.backbone(x).relu())


class Talking(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        print("made a network")


class Iterating(nn.Module):
    # Its spectral norm is a step nearer after every pass.

    def __init__(self, spec, g):
        super().__init__()
        layers = [nn.Linear(a, b) for a, b in ((spec.input_dim, spec.width), (spec.width, spec.output_dim))]
        for one in layers:
            nn.init.normal_(one.weight, generator=g)
        self.layers = nn.Sequential(nn.utils.parametrizations.spectral_norm(layers[0]), nn.ReLU(), layers[1])

    def forward(self, x):
        return self.layers(x)


class Deep(nn.Module):
    # PyTorch's own initialisation, a layer more for each depth.

    def __init__(self, spec, g):
        super().__init__()
        sizes = [spec.input_dim, *[spec.width] * spec.depth, spec.output_dim]
        with torch.random.fork_rng():
            torch.manual_seed(torch.randint(2**62, (1,), generator=g).item())
            self.layers = nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:])))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu() if layer is not self.layers[-1] else layer(x)
        return x
"""
