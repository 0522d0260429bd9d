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
    from mfcheck.auditing import audit
    from mfcheck.disagreement import Disagreement, disagree
    from mfcheck.ensembles.networks import Network
    from mfcheck.ensembles.streams import Stream
    from mfcheck.objectives import Objective
    from mfcheck.observables.adversarial import AttackResult, adversarial_loss
    from mfcheck.observables.capacity import fisher_rao
    from mfcheck.observables.operator_norm import OperatorNorm, operator_norm
    from mfcheck.sampling import draw_network, sample_jacobian
    from mfcheck.theory import PaperTheory
    from mfcheck.training import SGD, Flow, train

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "AttackResult",
    "Cell",
    "Claim",
    "Disagreement",
    "Finding",
    "Flow",
    "Network",
    "NetworkSpec",
    "NormPair",
    "NotANumber",
    "NotCovered",
    "Objective",
    "OperatorNorm",
    "PaperTheory",
    "ReLULike",
    "Stream",
    "Verdict",
    "adversarial_loss",
    "audit",
    "claim",
    "disagree",
    "draw_network",
    "fisher_rao",
    "operator_norm",
    "sample_jacobian",
    "train",
]

_LAZY = {
    "Flow": "mfcheck.training",
    "Network": "mfcheck.ensembles.networks",
    "Objective": "mfcheck.objectives",
    "SGD": "mfcheck.training",
    "Stream": "mfcheck.ensembles.streams",
    "Disagreement": "mfcheck.disagreement",
    "disagree": "mfcheck.disagreement",
    "fisher_rao": "mfcheck.observables.capacity",
    "train": "mfcheck.training",
    "AttackResult": "mfcheck.observables.adversarial",
    "OperatorNorm": "mfcheck.observables.operator_norm",
    "PaperTheory": "mfcheck.theory",
    "adversarial_loss": "mfcheck.observables.adversarial",
    "audit": "mfcheck.auditing",
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
