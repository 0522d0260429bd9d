"""The network, the budget and the inputs of a finding, in words."""

from __future__ import annotations

from collections.abc import Collection

from mfcheck.findings.finding import Finding
from mfcheck.reporting.curves.profiles import SIZES, pair_of
from mfcheck.reporting.words import notation


def setting(finding: Finding, without: Collection[str] = ()) -> str:
    """A finding's network, but for its width, with ε, the norm pair and the data set where it names them."""
    parameters = {name: value for name, value in finding.parameters.items() if name not in without}
    words = [str(parameters.get("architecture", "network"))]
    words += [f"{sign} = {parameters[name]:g}" for name, sign in SIZES.items() if parameters.get(name)]
    if (eps := parameters.get("eps")) is not None:
        words.append(f"ε = {eps}")
    if (pair := pair_of(finding)) is not None and "pair" not in without:
        words.append(f"(p, q) = {notation.pair(pair)}")
    if "dataset" in parameters:
        words.append(str(parameters["dataset"]))
    return ", ".join(words)
