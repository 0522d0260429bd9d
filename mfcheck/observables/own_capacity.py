"""The Fisher–Rao capacity of networks of one's own, matrix by matrix, at the start and along a short training.

Of a matrix W it is Σ_k ‖W∘∂f_k/∂W‖², its diagonal form. In a theory of independent entries every matrix in which f is
homogeneous of degree k adds k E‖f‖² to it (docs/theory.md#capacity-of-any-network): all add in proportion to degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.placement import differentiable
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.degrees import Group, groups
from mfcheck.observables.own_flow import Course, Turn, descent, one_network
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

AT_ONCE = 64
"""Networks in a chunk: they are differentiated one by one."""
TRAINED_AT_ONCE = 8
SEEN = 8
"""Inputs that a capacity along a training is meaned over, none of which is trained on."""
TINY = 1e-300


def matrices(spec: NetworkSpec) -> tuple[Group, ...]:
    """The matrices in each of which alone f has a degree above 0, in the module's order."""
    return tuple(one for one in groups(spec) if len(one.names) == 1 and one.degree and one.matrix)


def of_matrices(network: ModuleStack, x: Tensor, names: Sequence[str]) -> list[float]:
    """Σ_k ‖W∘∂f_k/∂W‖² at inputs `[1, B, d]`, summed over them, of the parameters of these names."""
    parameters = dict(network.modules[0].named_parameters())
    chosen = [parameters[name].requires_grad_(True) for name in names]
    found = [0.0] * len(names)
    with torch.enable_grad(), differentiable():
        for output in network(x)[0].flatten():
            gradients = torch.autograd.grad(output, chosen, retain_graph=True)
            for place, (w, g) in enumerate(zip(chosen, gradients, strict=True)):
                found[place] += float((w.detach() * g).square().sum(dtype=torch.float64))
    for one in chosen:
        one.requires_grad_(False)
    return found


def _usable(spec: NetworkSpec) -> tuple[Group, ...]:
    found = matrices(spec)
    if len(found) < 2:
        raise NotCovered(f"fewer than two matrices of {spec.architecture} have a degree; without biases more have")
    return found


def _per_matrix(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    found = _usable(spec)
    names = [one.names[0] for one in found]
    x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)[:1][None]
    rows = []
    for _ in range(draws):
        network = ModuleStack(spec, stream, replicates=1)
        values = of_matrices(network, x, names)
        *others, last = (value / one.degree for value, one in zip(values, found, strict=True))
        rows.append([math.fsum(others) / len(others) / max(last, TINY)])
    return torch.tensor(rows, dtype=torch.float64)


per_matrix = Source("capacity matrix by matrix", {"dense": _per_matrix}, {"dense": True}, most=AT_ONCE)
"""`[n, 1]`: the capacity that matrices but the last add, over their degrees and meaned over them, over what the last
one adds over its own. NotCovered of networks without two matrices in which f is homogeneous."""


@family(maxsize=16)
def fall(share: float, steps: int) -> Source:
    """`[n, 1]`: by how much the logarithm of a network's capacity, meaned over inputs that are not trained on, falls as
    it descends L_adv at one input by so many steps of such a `share`."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        found = _usable(spec)
        x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)[:1][None]
        turns = [Turn(place, draws) for place in range(draws)]
        fallen = [_fallen(spec, found, x, stream, Course(share, steps, turn)) for turn in turns]
        return torch.tensor(fallen, dtype=torch.float64)[:, None]

    name = f"fall of capacity, {steps} steps that lower L_adv by {share:g}"
    return Source(name, {"dense": dense}, {"dense": True}, most=TRAINED_AT_ONCE)


def _fallen(spec: NetworkSpec, found: Sequence[Group], x: Tensor, stream: Stream, course: Course) -> float:
    network = one_network(spec, stream, found)
    seen = stream.normal(1, SEEN, x.shape[2], dtype=torch.float64)
    seen *= torch.linalg.vector_norm(x) / torch.linalg.vector_norm(seen, dim=2, keepdim=True)
    names = [one.names[0] for one in found]

    def capacity() -> float:
        return math.log(math.fsum(of_matrices(network, seen, names)) + TINY)

    begun = capacity()
    for _ in descent(network, x, stream, course):
        pass
    return begun - capacity()
