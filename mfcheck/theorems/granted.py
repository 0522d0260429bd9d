"""What is granted to networks of one's own: the caveat of statements that rest on it, which never refutes them."""

from __future__ import annotations

from mfcheck.findings.regimes import GRANTED
from mfcheck.spec import ARCHITECTURES, NetworkSpec

TAIL = f"{GRANTED}the tail of a vanilla network of this width"
DISTANCE = f"{GRANTED}the distance to the limit of a vanilla network of this width"


def unless_ours(spec: NetworkSpec, grant: str) -> str:
    """The caveat of a statement about a network: none of vanilla and residual ones, of which the law is known."""
    return "" if spec.architecture in ARCHITECTURES else grant
