"""mfcheck: claims of a mean-field theory of adversarial training, decided by statistical tests.

>>> import mfcheck
>>> spec = mfcheck.NetworkSpec("vanilla", input_dim=784, output_dim=10, width=500, depth=4, weight_variance=2)
>>> tuple(mfcheck.sample_jacobian(spec, draws=3, columns=784).shape)
(3, 10, 784)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfcheck.spec import NetworkSpec, NormPair, ReLULike
from mfcheck.verdict import Cell, Claim, Finding, NotANumber, NotCovered, Verdict, claim

if TYPE_CHECKING:
    from mfcheck.observables.adversarial import AttackResult, adversarial_loss
    from mfcheck.observables.operator_norm import OperatorNorm, operator_norm
    from mfcheck.sampling import draw_network, sample_jacobian
    from mfcheck.theory import PaperTheory

__version__ = "0.1.0"

__all__ = [
    "AttackResult",
    "Cell",
    "Claim",
    "Finding",
    "NetworkSpec",
    "NormPair",
    "NotANumber",
    "NotCovered",
    "OperatorNorm",
    "PaperTheory",
    "ReLULike",
    "Verdict",
    "adversarial_loss",
    "claim",
    "draw_network",
    "operator_norm",
    "sample_jacobian",
]

_LAZY = {
    "AttackResult": "mfcheck.observables.adversarial",
    "OperatorNorm": "mfcheck.observables.operator_norm",
    "PaperTheory": "mfcheck.theory",
    "adversarial_loss": "mfcheck.observables.adversarial",
    "draw_network": "mfcheck.sampling",
    "operator_norm": "mfcheck.observables.operator_norm",
    "sample_jacobian": "mfcheck.sampling",
}


def __getattr__(name: str) -> Any:
    # torch and scipy take seconds to import; whoever only parses options or reads verdicts must not wait for them.
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'mfcheck' has no attribute {name!r}")
