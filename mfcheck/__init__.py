"""mfcheck: claims of a mean-field theory of adversarial training, decided by statistical tests.

>>> import mfcheck
>>> spec = mfcheck.NetworkSpec("vanilla", input_dim=784, output_dim=10, width=500, depth=4, weight_variance=2)
>>> tuple(mfcheck.sample_jacobian(spec, draws=3, columns=784).shape)
(3, 10, 784)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim, claim
from mfcheck.findings.finding import Finding
from mfcheck.spec import NetworkSpec, NormPair, ReLULike
from mfcheck.verdict import NotANumber, NotCovered, Verdict

if TYPE_CHECKING:
    from mfcheck.attacks.adversarial import AttackResult, adversarial_loss
    from mfcheck.attacks.operator_norm import OperatorNorm, operator_norm
    from mfcheck.decisions.probes import image
    from mfcheck.ensembles.networks import Network
    from mfcheck.ensembles.samples import Probe, Source
    from mfcheck.ensembles.sampling import draw_network, sample_jacobian
    from mfcheck.ensembles.streams import Stream
    from mfcheck.observables.capacity import fisher_rao
    from mfcheck.session.audit import audit
    from mfcheck.session.disagreement import Disagreement, disagree
    from mfcheck.statistics.means import Tail
    from mfcheck.theory import PaperTheory
    from mfcheck.theory.finite_width import scale_moment
    from mfcheck.training.objectives import Objective
    from mfcheck.training.rules import SGD, Flow
    from mfcheck.training.steps import train

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
    "Probe",
    "ReLULike",
    "Source",
    "Stream",
    "Tail",
    "Verdict",
    "adversarial_loss",
    "audit",
    "claim",
    "disagree",
    "draw_network",
    "fisher_rao",
    "image",
    "operator_norm",
    "sample_jacobian",
    "scale_moment",
    "train",
]

_LAZY = {
    "Flow": "mfcheck.training.rules",
    "Network": "mfcheck.ensembles.networks",
    "Objective": "mfcheck.training.objectives",
    "SGD": "mfcheck.training.rules",
    "Stream": "mfcheck.ensembles.streams",
    "Disagreement": "mfcheck.session.disagreement",
    "disagree": "mfcheck.session.disagreement",
    "fisher_rao": "mfcheck.observables.capacity",
    "train": "mfcheck.training.steps",
    "AttackResult": "mfcheck.attacks.adversarial",
    "OperatorNorm": "mfcheck.attacks.operator_norm",
    "PaperTheory": "mfcheck.theory",
    "Probe": "mfcheck.ensembles.samples",
    "Source": "mfcheck.ensembles.samples",
    "Tail": "mfcheck.statistics.means",
    "image": "mfcheck.decisions.probes",
    "scale_moment": "mfcheck.theory.finite_width",
    "adversarial_loss": "mfcheck.attacks.adversarial",
    "audit": "mfcheck.session.audit",
    "draw_network": "mfcheck.ensembles.sampling",
    "operator_norm": "mfcheck.attacks.operator_norm",
    "sample_jacobian": "mfcheck.ensembles.sampling",
}


def __getattr__(name: str) -> Any:
    # torch and scipy take seconds to import; whoever only parses options or reads verdicts must not wait for them.
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'mfcheck' has no attribute {name!r}")
