"""The sections of a report: the theorems, and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "open"
TRAINING = "the theory of training is stated for vanilla and residual networks alone"


@dataclass(frozen=True)
class Section:
    """One section: the part of its claims' ids before the stroke, and what holds for all of them.

    `gates` says whether their verdicts count; `breaks` whether they are of where a theory must fail; `elsewhere` why
    they say nothing of architectures of one's own, unless cells of their own do.
    """

    id: str
    title: str
    gates: bool = True
    breaks: bool = False
    elsewhere: str = ""


SECTIONS = {
    section.id: section
    for section in (
        Section("preflight", "Pre-flight — is a network what it is declared to be?"),
        Section("audit", "Audit — what holds of networks of one's own, at their own scale"),
        Section(
            "thm4.1",
            "Theorem 4.1 — law of the network",
            elsewhere="the law it compares with is derived for vanilla and residual networks alone",
        ),
        Section(
            "thm5.1",
            "Theorem 5.1 — bound on the adversarial loss",
            elsewhere="its distance at finite width is derived for vanilla and residual networks alone",
        ),
        Section("thm5.3", "Theorem 5.3 — standard training", elsewhere=TRAINING),
        Section("thm5.4", "Theorem 5.4 — weight variance under adversarial training", elsewhere=TRAINING),
        Section("thmG.9", "Theorem G.9 — residual networks", elsewhere=TRAINING),
        Section("thm5.7", "Theorem 5.7 — vanilla networks become untrainable", elsewhere=TRAINING),
        Section("thm5.8", "Theorem 5.8 — residual networks stay trainable", elsewhere=TRAINING),
        Section("thm5.9", "Theorem 5.9 — capacity", elsewhere=TRAINING),
        Section(
            "assumption",
            "Assumptions of the theory",
            elsewhere="it follows weights and signals through the layers of vanilla and residual networks",
        ),
        Section(
            "break",
            "Break conditions — what must fail",
            breaks=True,
            elsewhere="it says where the theory of vanilla and residual networks must fail",
        ),
        Section(
            OPEN,
            "Open questions — explored, never gating",
            gates=False,
            elsewhere="it is explored on vanilla and residual networks alone",
        ),
    )
}
"""The sections there are, in the order in which a report shows them."""


def section_of(claim_id: str) -> Section:
    """The section of a claim's id; one that is nobody's known section stands for itself and gates.

    >>> section_of("open/validity-horizon").gates, section_of("mine/my-formula").title
    (False, 'mine')
    """
    id = claim_id.split("/")[0]
    return SECTIONS.get(id, Section(id, id, elsewhere=TRAINING if id.startswith("thm") else ""))


def place_of(claim_id: str) -> int:
    """The place of a claim's section in a report; unknown sections come last."""
    places = {id: place for place, id in enumerate(SECTIONS)}
    return places.get(section_of(claim_id).id, len(places))
