"""Audits of architectures of one's own: what planted mistakes are caught by, and what unusable factories are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import mfcheck
from mfcheck import Cell, Claim, NotCovered, Verdict
from mfcheck.architectures import resolve
from mfcheck.ensembles.modules import ModuleStack, draw_stack
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.levels import level_named
from mfcheck.observables import preflight
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems.foreign import cells_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "architectures.py"
FACTORIES = """
import mfcheck
import torch
from torch import nn


class Vanilla(nn.Module):
    def __init__(self, spec, g, gain=1.0, fan_out=False):
        super().__init__()
        n, d, k = spec.width, spec.input_dim, spec.output_dim
        def drawn(rows, columns, variance):
            return nn.Parameter(torch.randn(rows, columns, generator=g) * variance**0.5)
        self.first = drawn(n, d, 1 / n if fan_out else 1 / d)
        self.layers = nn.ParameterList([drawn(n, n, gain**2 * spec.weight_variance / n) for _ in range(spec.depth)])
        self.last = drawn(k, n, 1 / k if fan_out else 1 / n)

    @staticmethod
    def omega(spec):
        return spec.weight_variance / 2

    def forward(self, x):
        x = x @ self.first.T
        for weight in self.layers:
            x = torch.relu(x @ weight.T)
        return x @ self.last.T


class Undeclared(mfcheck.Network):
    pass

class Matrices(mfcheck.Network):
    @staticmethod
    def omega(spec):
        return spec.weight_variance / 2

class HeavyMatrices(Matrices):
    def __init__(self, spec, stream, **options):
        super().__init__(spec, stream, **options)
        for matrix in self.weights:
            matrix.scale(1.1)

class FanOutMatrices(Matrices):
    def __init__(self, spec, stream, **options):
        super().__init__(spec, stream, **options)
        self.input_projection.scale((spec.input_dim / spec.width) ** 0.5)
        self.output_projection.scale((spec.width / spec.output_dim) ** 0.5)

class Heavy(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g, gain=1.1)

class FanOut(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g, fan_out=True)

class Raising(Vanilla):
    def __init__(self, spec, g):
        raise RuntimeError("no such layer")

class Forgetful(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, None)

class Constant(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, torch.Generator().manual_seed(0))

class Dropping(Vanilla):
    def forward(self, x):
        return nn.functional.dropout(super().forward(x))

class Double(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.double()

class Wide(Vanilla):
    def forward(self, x):
        return torch.cat([super().forward(x)] * 2, dim=1)

class Infinite(Vanilla):
    def forward(self, x):
        return super().forward(x) / 0

class Dead(Vanilla):
    def forward(self, x):
        return 0 * super().forward(x)

class Smooth(Vanilla):
    def forward(self, x):
        return nn.functional.gelu(super().forward(x))

class Branching(Vanilla):
    def forward(self, x):
        return super().forward(x) if x.detach().sum().item() > -1e9 else 0 * super().forward(x)

class Precise(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        torch.set_float32_matmul_precision("high")

def nothing(spec, g):
    return None

class WrongOmega(Vanilla):
    @staticmethod
    def omega(spec):
        return float("nan")

class RaisingLayers(Vanilla):
    @staticmethod
    def layer_variances(spec):
        raise KeyError("none")

class WrongLayers(Vanilla):
    @staticmethod
    def layer_variances(spec):
        return {"absent": 1.0}
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Paths of the factories above, in a module that only this test can import."""
    name = "audited_" + "".join(filter(str.isalnum, tmp_path.name))
    (tmp_path / f"{name}.py").write_text(FACTORIES)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda factory: f"{name}:{factory}"


def spec_of(path: str) -> NetworkSpec:
    return NetworkSpec(path, 6, 5, 8, 2, 1.6)


X = torch.linspace(-1, 1, 12).reshape(2, 6)


def test_a_vanilla_network_of_ones_own_passes_pre_flight(foreign: Callable[[str], str]) -> None:
    assert preflight.problem(spec_of(foreign("Vanilla")), X, seed=1) == ""


@pytest.mark.parametrize(
    ("factory", "check", "found"),
    [
        ("Raising", "factory", "raised RuntimeError: no such layer"),
        ("nothing", "factory", r"must return a torch\.nn\.Module, got None"),
        ("Forgetful", "seeded", "from one state of the generator differ"),
        ("Constant", "drawn", "from two seeds are equal"),
        ("Dropping", "deterministic", "two passes of one network"),
        ("Double", "dtype", "is torch.float64"),
        ("Wide", "shape", r"maps \(2, 6\) to \(2, 10\), expected \(2, 5\)"),
        ("Infinite", "finite", "is NaN or infinite"),
        ("Precise", "exact products", "matmul precision is 'high'"),
        ("WrongOmega", "declarations", "must be positive and finite, got nan"),
        ("WrongLayers", "declarations", "names 'absent'; there are first"),
        ("RaisingLayers", "declarations", "raised KeyError: 'none'"),
    ],
)
def test_every_pre_flight_check_names_what_is_wrong_and_what_to_do(
    foreign: Callable[[str], str], factory: str, check: str, found: str
) -> None:
    before = torch.get_float32_matmul_precision()
    try:
        said = preflight.problem(spec_of(foreign(factory)), X, seed=1)
    finally:
        torch.set_float32_matmul_precision(before)
    assert re.search(found, said)
    assert said.endswith(f"{preflight.CHECKS[check].means}; {preflight.CHECKS[check].do}")


@pytest.mark.parametrize(
    ("factory", "claim", "refuted"),
    [
        ("Dead", "preflight/alive", {"preflight/alive"}),
        ("Smooth", "preflight/piecewise-linear", {"preflight/piecewise-linear"}),
        ("Vanilla", "preflight/*", set()),
        ("Heavy", "preflight/weight-variance", {"preflight/weight-variance"}),
        ("FanOut", "preflight/weight-variance", {"preflight/weight-variance"}),
        ("Raising", "preflight/*", {"preflight/sound"}),
        ("RaisingLayers", "preflight/*", {"preflight/sound"}),
    ],
)
def test_pre_flight_catches_by_verdict(
    foreign: Callable[[str], str], factory: str, claim: str, refuted: set[str]
) -> None:
    report = mfcheck.audit(foreign(factory), [claim], seed=1, alpha=1e-3)
    assert not report.errors
    assert {id for id, verdict in report.verdicts.items() if verdict is Verdict.REFUTED} == refuted


def test_only_the_layers_that_are_wrong_are_refuted(foreign: Callable[[str], str]) -> None:
    def refuted(factory: str) -> set[str]:
        report = mfcheck.audit(foreign(factory), ["preflight/weight-variance"], seed=2, alpha=1e-3)
        return {str(f.parameters["layers"]) for f in report.findings if f.verdict is Verdict.REFUTED}

    assert refuted("Heavy") == {"weights"}
    assert refuted("FanOut") == {"input", "output"}


@pytest.mark.parametrize(
    ("factory", "verdict"), [("HeavyMatrices", "refuted"), ("FanOutMatrices", "refuted"), ("Matrices", "supported")]
)
def test_wrong_weights_are_caught_by_the_law_of_the_jacobian(
    foreign: Callable[[str], str], factory: str, verdict: str
) -> None:
    report = mfcheck.audit(foreign(factory), ["preflight/*", "thm4.1/entries-variance"], seed=3, alpha=1e-3)
    assert not report.errors
    assert report.verdicts["thm4.1/entries-variance"] == verdict
    assert report.verdicts["preflight/weight-variance"] == verdict


def test_an_architecture_without_an_omega_has_it_estimated(foreign: Callable[[str], str]) -> None:
    report = mfcheck.audit(foreign("Undeclared"), ["thm4.1/phase-*", "thm4.1/entries-variance"], seed=4, alpha=1e-2)
    (steady,) = (finding for finding in report.findings if finding.claim == "thm4.1/phase-boundary")
    assert steady.verdict is Verdict.SUPPORTED
    low, high = map(float, steady.reason.partition("interval [")[2].rstrip("]").split(", "))
    assert low < 0.8 < high
    (law,) = (finding for finding in report.findings if finding.claim == "thm4.1/entries-variance")
    assert law.verdict is Verdict.NOT_APPLICABLE
    assert "declares none" in law.reason


def test_modules_that_branch_are_evaluated_one_by_one(foreign: Callable[[str], str]) -> None:
    whole, branching = (
        ModuleStack(spec_of(foreign(name)), Stream(3), replicates=4) for name in ("Vanilla", "Branching")
    )
    torch.testing.assert_close(branching(X), whole(X))
    torch.testing.assert_close(branching.column(X, 2), whole.column(X, 2))
    torch.testing.assert_close(branching.jacobian(X), whole.jacobian(X))


def test_a_declared_omega_or_layer_that_cannot_be_is_said(foreign: Callable[[str], str]) -> None:
    with pytest.raises(NotCovered, match="must be positive and finite, got nan"):
        mfcheck.PaperTheory().omega(spec_of(foreign("WrongOmega")))
    report = mfcheck.audit(foreign("WrongLayers"), ["preflight/weight-variance"], seed=1)
    assert "names 'absent'; there are first" in report.findings[0].reason


def test_unusable_architectures_are_named_before_any_work(foreign: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="cannot be imported: ModuleNotFoundError"):
        mfcheck.audit("nowhere_at_all:Net")
    with pytest.raises(ValueError, match="is named twice"):
        resolve([foreign("Heavy"), foreign("Heavy")])
    with pytest.raises(ValueError, match="'unheard-of' is unknown; allowed are vanilla, residual"):
        resolve(["unheard-of"])
    with pytest.raises(ValueError, match="define it at the top of a module"):
        mfcheck.audit(lambda spec, generator: None)
    with pytest.raises(ValueError, match="matches no claim"):
        mfcheck.audit(foreign("Heavy"), ["thm9.9/*"])


def test_no_claim_ends_in_an_error_where_a_factory_raises(foreign: Callable[[str], str]) -> None:
    report = mfcheck.audit(foreign("Raising"), seed=1)
    assert report.errors == []
    found = {id for id, verdict in report.verdicts.items() if verdict is not Verdict.NOT_APPLICABLE}
    assert found == {"preflight/sound"}


def test_the_documentation_lists_every_pre_flight_check() -> None:
    page = EXAMPLES.parents[1].joinpath("architectures.md").read_text()
    for check in preflight.CHECKS.values():
        assert f"| sound | {check.raised_if} | {check.means} | {check.do} |" in page


def test_claims_with_no_cell_for_an_architecture_say_why() -> None:
    settings = Settings(0, level_named("quick"), architectures=("vanilla", "own:Net"))

    def nowhere(id: str) -> list[Cell]:
        return cells_of(Claim(id, "Nothing.", lambda settings: []), settings)

    cells = nowhere("thm5.4/nothing")
    assert [cell.spec.architecture for cell in cells] == ["own:Net"]
    assert "vanilla and residual networks alone" in cells[0].inapplicable
    assert nowhere("toy.1/nothing") == []


def test_a_network_on_gaussian_matrices_is_drawn_by_both_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES.parent)
    spec = NetworkSpec("architectures:IdentityShortcuts", 5, 3, 16, 3, 1.0)
    networks = [draw_stack(spec, Stream(1), engine=engine, replicates=2) for engine in ("dense", "lazy")]
    for network in networks:
        assert isinstance(network, Network)
        x = torch.linspace(-1, 1, 10).reshape(2, 5)
        torch.testing.assert_close((network.jacobian(x) @ x[..., None])[..., 0], network(x), atol=1e-4, rtol=1e-4)
        without = network.passed(x).states
        torch.testing.assert_close(without[1] - network.passed(x).products[0].relu(), without[0])


def test_the_examples_are_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES.parent)
    convolution = mfcheck.audit("architectures:CircularConvolution", ["preflight/*"], seed=5, alpha=1e-3)
    smooth = mfcheck.audit("architectures:Smooth", ["preflight/piecewise-linear"], seed=5)
    identity = mfcheck.audit("architectures:IdentityShortcuts", ["thm4.1/input-independent"], seed=5, alpha=1e-2)
    signed = mfcheck.audit("architectures:SignedShortcuts", ["preflight/sound"], seed=5)
    assert convolution.verdict is signed.verdict is Verdict.SUPPORTED
    assert smooth.verdict is identity.verdict is Verdict.REFUTED
