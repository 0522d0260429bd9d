"""What each theorem says, typeset in MathML, which browsers show without loading anything; and text with its indices.

The statements are the paper's (docs/theory.md#claims); whether they hold is said beside them.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from mfcheck.findings.report import TheoremRecord


def _name(text: str) -> str:
    return f"<mi>{text}</mi>"


def _words(text: str) -> str:
    return f"<mtext>{text}</mtext>"


def _sign(text: str) -> str:
    return f"<mo>{text}</mo>"


def _count(text: str) -> str:
    return f"<mn>{text}</mn>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def _sup(base: str, exponent: str) -> str:
    return f"<msup>{base}{exponent}</msup>"


def _over(above: str, below: str) -> str:
    return f"<mfrac>{above}{below}</mfrac>"


def _loss(kind: str) -> str:
    return _sub(_name("L"), _words(kind))


OMEGA, LAYERS, WIDTH, ALPHA = _name("ω"), _name("L"), _name("N"), _name("α")
BETA = _sub(_name("β"), _row(_name("p"), _sign(","), _name("q")))
VARIANCE = f"<msubsup>{_name('σ')}{_name('w')}{_count('2')}</msubsup>"
BIAS = f"<msubsup>{_name('σ')}{_name('b')}{_count('2')}</msubsup>"
HALF_DEPTH = _row(LAYERS, _sign("/"), _count("2"))
SLOPE = _over(_row(_name("d"), VARIANCE), _row(_name("d"), _name("t")))
LAW = _row(
    _sign("−"),
    _over(_row(_count("2"), _name("ε"), ALPHA, _name("β")), WIDTH),
    _sup(OMEGA, _row(HALF_DEPTH, _sign("−"), _count("1"))),
    VARIANCE,
)
CAPACITY = _sub(_row(_sign("‖"), _name("w"), _sign("‖")), _words("FR"))
LIMIT = _row(_words("\u00a0as\u00a0"), WIDTH, _sign("→"), _name("∞"))


def _normal(variance: str) -> str:
    return _row(_name("N"), _sign("("), _count("0"), _sign(","), variance, _sign(")"))


STATEMENTS: dict[str, tuple[str, str]] = {
    "thm4.1": (
        "entries of the Jacobian and of the offset are Gaussian",
        _row(
            *(_sub(_name("J"), _row(_name("i"), _name("j"))), _sign("~")),
            _normal(_row(_sup(OMEGA, LAYERS), _sign("/"), _name("d"))),
            *(_sign(","), _sub(_name("a"), _name("i")), _sign("~")),
            _normal(
                _row(ALPHA, BIAS, _sub(_sign("∑"), _row(_name("k"), _sign("&lt;"), LAYERS)), _sup(OMEGA, _name("k")))
            ),
            LIMIT,
        ),
    ),
    "thm5.1": (
        "the adversarial loss is bounded",
        _row(_loss("adv"), _sign("≤"), _name("ε"), BETA, _sup(OMEGA, HALF_DEPTH)),
    ),
    "thm5.3": ("standard training leaves the weight variance alone", _row(SLOPE, _sign("≈"), _count("0"))),
    "thm5.4": ("adversarial training of vanilla networks shrinks it", _row(SLOPE, _sign("="), LAW)),
    "thmG.9": (
        "residual networks too",
        _row(SLOPE, _sign("="), LAW, _sign(","), OMEGA, _sign("="), _count("1"), _sign("+"), ALPHA, VARIANCE),
    ),
    "thm5.7": (
        "vanilla networks become untrainable",
        _row(
            _sup(OMEGA, LAYERS),
            _sign("&lt;"),
            _name("m"),
            _words("\u00a0from\u00a0"),
            _name("T"),
            _sign("∝"),
            WIDTH,
            _words("\u00a0on"),
        ),
    ),
    "thm5.8": (
        "residual networks stay trainable",
        _row(
            *(_words("where\u00a0"), ALPHA, VARIANCE, _sign("≤")),
            *(_sup(_name("M"), _row(_count("1"), _sign("/"), LAYERS)), _sign("−"), _count("1")),
        ),
    ),
    "thm5.9": (
        "capacity at the start, which training uses up like 1/N",
        _row(
            *(_words("E"), CAPACITY, _sign("="), LAYERS, _name("K"), ALPHA, VARIANCE),
            _sup(OMEGA, _row(LAYERS, _sign("−"), _count("1"))),
        ),
    ),
    "assumption": (
        "weights stay near their start, gradients independent of them",
        _row(
            *(
                _sign("‖"),
                _name("W"),
                _sign("("),
                _name("t"),
                _sign(")"),
                _sign("−"),
                _name("W"),
                _sign("("),
                _count("0"),
            ),
            *(
                _sign(")"),
                _sign("‖"),
                _sign("≪"),
                _sign("‖"),
                _name("W"),
                _sign("("),
                _count("0"),
                _sign(")"),
                _sign("‖"),
            ),
        ),
    ),
    "break": ("where a condition is broken, the law must fail", ""),
    "open": ("what the paper leaves open; never held against a run", ""),
    "preflight": ("is a network of one's own what it is declared to be?", ""),
    "audit": ("what holds of networks of one's own, at their own scale", ""),
}
"""By section: in a few words, and as a formula."""


def words_of(theorem: TheoremRecord) -> Markup:
    """What a section states in a few words; of one that is nobody's known section, the statement of its first claim."""
    if theorem.id in STATEMENTS:
        return Markup(STATEMENTS[theorem.id][0])
    return typeset(theorem.claims[0].says) if theorem.claims else Markup("")


def formula_of(theorem: TheoremRecord) -> Markup:
    """The same as a formula in MathML; empty where there is none."""
    found = STATEMENTS.get(theorem.id, ("", ""))[1]
    return Markup(f"<math>{found}</math>") if found else Markup("")


INDEX = re.compile(
    r"(?P<base>(?<![A-Za-z0-9])[A-Za-z](?![A-Za-z])|[α-ωΑ-Ω]|‖|\)|\}|²)?"
    r"(?P<mark>[_^])(?:\{(?P<braced>[^{}]{1,40})\}|(?P<bare>[A-Za-z0-9α-ω]+))"
)


def typeset(text: str) -> Markup:
    """Plain text in which indices and exponents after one letter, a norm or a bracket are set as such.

    >>> typeset("ω^{L/2−1} σ_w², input_dim < 2")
    Markup('ω<sup>L/2−1</sup> σ<sub>w</sub>², input_dim &lt; 2')
    """
    told, at = [], 0
    for found in INDEX.finditer(text):
        follows = text[: found.start()].endswith(tuple("}"))  # an exponent after an index
        if found["base"] is None and not follows:
            continue
        tag = "sub" if found["mark"] == "_" else "sup"
        inner = escape(found["braced"] or found["bare"])
        told += [escape(text[at : found.start()] + (found["base"] or "")), Markup(f"<{tag}>{inner}</{tag}>")]
        at = found.end()
    return Markup("").join([*told, escape(text[at:])])
