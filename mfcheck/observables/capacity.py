"""Fisher–Rao norms of a network from its activations and back-propagated signals (docs/theory.md#capacity).

With w_l = W^(l), x = x^(l−1), h = W x and δ_k = ∂f_k/∂h^(l) the gradient of output k in W is δ_k xᵀ, so that every form
of Σ_k E⟨w, ∂f_k⟩² is a sum over these vectors and no gradient is ever written out:

* diagonal Σ_ij W_ij² (∂f_k/∂W_ij)² = Σ_i δ_ki² (W∘W)(x∘x)_i, stored matrices only;
* rows Σ_i (Σ_j W_ij ∂f_k/∂W_ij)² = Σ_i δ_ki² h_i²;
* layers Σ_l (Σ_i δ_ki h_i)²;
* full (Σ_l Σ_i δ_ki h_i)², which is also the square of how f_k moves as all weights grow alike: alone it needs one
  pass forward and no δ.

All four are averaged over inputs; the first three have one mean at initialisation.
"""

from __future__ import annotations

from itertools import zip_longest

import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.families import family
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network, Pass
from mfcheck.ensembles.samples import Columns, Probe, Sampler, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import full_precision
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

FORMS = ("diagonal", "rows", "layers", "full")


@full_precision()
def fisher_rao(network: Network, x: Tensor, forms: tuple[str, ...] = FORMS) -> Tensor:
    """The named forms of the Fisher–Rao norm of the trained weights, meaned over inputs x `[B, d]`: `[R, len(forms)]`.

    In float64 sums. Biases and fixed matrices are no part of w. Raises ValueError for a form that there is not,
    NotCovered for the diagonal of matrices that are not stored.

    >>> from mfcheck import NetworkSpec
    >>> from mfcheck.ensembles.streams import Stream
    >>> network = Network(NetworkSpec("vanilla", 5, 2, width=30, depth=3, weight_variance=2), Stream(0))
    >>> tuple(fisher_rao(network, torch.ones(4, 5)).shape)
    (1, 4)
    """
    if unknown := [form for form in forms if form not in FORMS]:
        raise ValueError(f"form {unknown[0]!r} of the Fisher–Rao norm is unknown; allowed are {', '.join(FORMS)}")
    passed = network.passed(x)
    if set(forms) == {"full"}:
        return _moved(network, passed).double().square().sum(dim=2).mean(dim=1)[:, None].repeat(1, len(forms))
    outputs = torch.eye(network.spec.output_dim, dtype=network.dtype, device=network.device)
    signals = network.signals(passed, outputs.expand(network.replicates, x.shape[-2], -1, -1))
    total = {form: torch.zeros(passed.output.shape[:2], dtype=torch.float64, device=network.device) for form in forms}
    pulls = torch.zeros_like(passed.output, dtype=torch.float64)  # ⟨w, ∂f_k⟩, `[R, B, K]`
    for layer, (signal, h) in enumerate(zip(signals, passed.products, strict=True)):
        squares = signal.square().sum(dim=3).double()
        if "diagonal" in total:
            matrix = network.weights[layer]
            if not isinstance(matrix, DenseMatrix):
                raise NotCovered("the diagonal form needs stored matrices; engine lazy has rows, layers and full")
            reach = (matrix.values.square() @ passed.states[layer].square().mT).mT
            total["diagonal"] += (squares * reach.double()).sum(dim=2)
        if "rows" in total:
            total["rows"] += (squares * h.double().square()).sum(dim=2)
        if "layers" in total or "full" in total:
            pull = (signal.mT @ h[..., None])[..., 0].double()
            pulls += pull
        if "layers" in total:
            total["layers"] += pull.square().sum(dim=2)
    if "full" in total:
        total["full"] += pulls.square().sum(dim=2)
    return torch.stack([total[form].mean(dim=1) for form in forms], dim=1)


def _moved(network: Network, passed: Pass) -> Tensor:
    """⟨w, ∂f_k⟩ = df_k(e^s w)/ds at s = 0, `[R, B, K]`."""
    state = torch.zeros_like(passed.states[0])
    for weight, shortcut, product, slope in zip_longest(
        network.weights, network.shortcuts, passed.products, passed.slopes
    ):
        grown = slope * (product + (weight @ state.mT).mT)
        state = grown if shortcut is None else grown + (shortcut @ state.mT).mT
    return (network.output_projection @ state.mT).mT


@family(maxsize=16)
def at_start(form: str) -> Source:
    """`[n, 1]`: one form at initialisation, no others.

    On the chain, for vanilla networks without biases, ⟨W_l, ∂f_k⟩ = f_k in every layer, since f is homogeneous in W_l
    (Euler): the layers' form is L‖f‖² and the full one L²‖f‖².
    """

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        if spec.architecture != "vanilla" or spec.bias_variance:
            raise NotCovered("only vanilla networks without biases are homogeneous in the weights of a layer")
        x = torch.zeros(spec.input_dim, 1, dtype=torch.float64, device=stream.device)
        x[0] = spec.input_dim**0.5
        square = wishart.forward_columns(spec, x, draws, stream).square().sum(dim=(1, 2))
        return square[:, None] * (spec.depth if form == "layers" else spec.depth**2)

    def of_networks(engine: str) -> Sampler:
        def sampler(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
            network = Network(spec, stream, engine=engine, replicates=draws)
            x = torch.as_tensor(probe.x, dtype=network.dtype, device=stream.device)
            return fisher_rao(network, x, (form,))

        return sampler

    engines: dict[str, Sampler] = {"dense": of_networks("dense")}
    engines |= {} if form == "diagonal" else {"lazy": of_networks("lazy")}
    engines |= {"wishart": chain} if form in ("layers", "full") else {}
    uses_input = {name: name != "wishart" for name in engines}
    return Source(f"Fisher–Rao norm, {form}", engines, uses_input, columns=Columns(1, 1))
