"""How far findings are from the theory, and where they are, in a few words and with their own numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mfcheck.findings.finding import LOGARITHM, Finding, over_reference
from mfcheck.findings.stated import Bounds, bounds_text, declared, is_count
from mfcheck.findings.wording import plural
from mfcheck.reporting.words import notation
from mfcheck.reporting.words.numbers import figures, percent, spread
from mfcheck.spec import NormPair

NEAR = 2.0
"""Within this factor a distance is told in percent, beyond it as a factor."""
MOST_VALUES, MOST_PLACES = 3, 3
"""So many values of a parameter, and so many parameters, tell where findings are."""


def pairs(value: object) -> str:
    """A norm pair as the theory writes it; what is none stays as it is.

    >>> pairs("2-inf")
    '(2, ∞)'
    """
    try:
        return notation.pair(NormPair.parse(str(value)))
    except ValueError:
        return str(value)


def size(value: object) -> str:
    """A size as pages write it.

    >>> size(100000), size(0.1), size("all")
    ('10⁵', '0.1', 'all')
    """
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if number is None:
        return str(value)
    return notation.whole(number) if number >= 1000 and number == int(number) else f"{number:g}"


SLOPE = "slope"
"""How the name of a statistic begins of which a ratio to the theory's value says little."""
SIGNS: Mapping[str, tuple[str, Callable[[object], str]]] = {
    "pair": ("(p, q) = ", pairs),
    "eps": ("ε = ", size),
    "architecture": ("", str),
    "input_dim": ("d = ", size),
    "depth": ("L = ", size),
    "width": ("N = ", size),
    "output_dim": ("K = ", size),
    "weight_variance": ("σ_w² = ", size),
    "bias_variance": ("σ_b² = ", size),
    "trained": ("images trained on: ", size),
    "objective": ("trained on: ", str),
}
"""Parameters that tell where a finding is, in the order in which they say most."""


def where(some: Iterable[Finding], among: Iterable[Finding]) -> str:
    """In what some findings differ from the others that they are among: values that not all of those have."""
    some, among, told = list(some), list(among), list[str]()
    for name, (sign, shown) in SIGNS.items():
        mine, all_of_them = _values(some, name), _values(among, name)
        if mine and len(mine) <= MOST_VALUES and set(mine) < set(all_of_them):
            told.append(sign + joined([shown(value) for value in mine]))
    return ", ".join(told[:MOST_PLACES])


def _values(findings: Iterable[Finding], name: str) -> list[object]:
    known = (finding.parameters[name] for finding in findings if name in finding.parameters)
    return list(dict.fromkeys(known))


def joined(texts: Sequence[str]) -> str:
    """Texts as a list in a sentence.

    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def distance(findings: Sequence[Finding]) -> str:
    """How far the estimates of some findings are from the theory's values; or from declared bounds.

    >>> one = Finding("a/b", "", "c", "", "", {}, "", statistic="ratio", estimate=1.042, reference=1.0)
    >>> distance([one])
    '4.2 % above the theory'
    """
    if not findings:
        return ""
    if len(groups := _by_statistic(findings)) > 1:
        return ", ".join(map(distance, groups))
    estimates, bounds = spread(f.estimate for f in findings), declared(findings[0])
    if bounds is not None:
        head = "share " * is_count(findings[0].statistic)
        return f"{head}{estimates} where {bounds_text(bounds, figures)} is allowed"
    kind = findings[0].statistic.split(" ")[0]
    zero = kind != LOGARITHM and all(abs(finding.reference) < 1e-12 for finding in findings)
    if zero or kind == SLOPE:
        references = {figures(finding.reference) for finding in findings}
        return f"{'' if zero else f'{kind} '}{estimates} where the theory has {joined(sorted(references))}"
    ratios = [over_reference(one.statistic, one.estimate, one.reference) for one in findings]
    return over_the_theory([ratio for ratio in ratios if ratio is not None])


def _by_statistic(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings by what they measure and the bounds that were declared for it: others have no range together."""
    groups: dict[tuple[str, Bounds | None], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.statistic, declared(finding)), []).append(finding)
    return list(groups.values())


def over_the_theory(ratios: Sequence[float]) -> str:
    """Ratios to the theory in words.

    >>> over_the_theory([1.042, 1.0438]), over_the_theory([0.637, 0.8847]), over_the_theory([114.8])
    ('4.2 to 4.4 % above the theory', '12 to 36 % below the theory', '115 times the theory')
    """
    if not ratios:
        return ""
    low, high = min(ratios), max(ratios)
    if low <= 1 / NEAR or high >= NEAR:
        return f"{spread(ratios)} times the theory"
    if low >= 1 or high <= 1:
        ends = sorted(abs(ratio - 1) for ratio in (low, high))
        first, last = (percent(end) for end in ends)
        span = first if first == last else f"{first.removesuffix(' %')} to {last}"
        return f"{span} {'above' if low >= 1 else 'below'} the theory"
    return f"{percent(1 - low)} below to {percent(high - 1)} above the theory"


def share(some: Sequence[Finding], among: Sequence[Finding]) -> str:
    """How many of some findings.

    >>> share([], [])
    '0 of 0 findings'
    """
    return f"{len(some)} of {plural(len(among), 'finding')}"


def reach(findings: Sequence[Finding]) -> str:
    """Over which widths and depths some findings go."""
    told = []
    for name in ("width", "depth"):
        known = [value for value in _values(findings, name) if isinstance(value, (int, float))]
        if known:
            ends = list(dict.fromkeys(size(pick(known)) for pick in (min, max)))
            told.append(f"{SIGNS[name][0]}{' to '.join(ends)}")
    return ", ".join(told)
