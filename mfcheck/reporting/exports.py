"""Findings as rows of a LaTeX table or of CSV, and the paper's entry for BibTeX."""

from __future__ import annotations

import csv
import io
import math

from mfcheck.findings.report import Report
from mfcheck.findings.wording import is_endless
from mfcheck.reporting.finding_rows import Row, table_of
from mfcheck.reporting.words import citation
from mfcheck.reporting.words.numbers import scientific

COLUMNS = ("claim", "setting", "verdict", "engine", "estimate", "interval", "theory", "allowed", "resolution", "draws")
"""What a row says, in the copied rows of the page and in the table."""
NUMBERS = ("low", "high", "bottom", "top", "finite_width", "delta", "alpha", "cell", "regime", "caveat", "reproduce")
"""What CSV has besides, as plain numbers and texts."""
SIGNS = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "∞": "$\\infty$",
    "−": "$-$",
    "×": "$\\times$",
    "±": "$\\pm$",
    "≤": "$\\leq$",
    "≥": "$\\geq$",
    "‖": "$\\|$",
    "√": "$\\surd$",
    "∂": "$\\partial$",
    "∝": "$\\propto$",
    "→": "$\\to$",
    "½": "$\\frac12$",
    "·": "$\\cdot$",
    "ω": "$\\omega$",
    "σ": "$\\sigma$",
    "ε": "$\\epsilon$",
    "β": "$\\beta$",
    "α": "$\\alpha$",
    "δ": "$\\delta$",
    "η": "$\\eta$",
    "λ": "$\\lambda$",
    "π": "$\\pi$",
    "Σ": "$\\Sigma$",
    "…": "\\dots{}",
    "—": "---",
    "–": "--",
    **{sign: f"$_{{{digit}}}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{sign: f"$^{{{digit}}}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "⁻": "$^{-}$",
}
"""Characters that LaTeX has to be told otherwise."""


def latex(report: Report) -> str:
    """All findings as a longtable with booktabs rules, with the error bound of the run in its caption."""
    rows = [f"{' & '.join(map(escaped, fields(row)))} \\\\" for row in table_of(report).rows]
    head = " & ".join(COLUMNS)
    caption = (
        f"Findings of mfcheck {report.mfcheck}, level {report.level}, seed {report.seed}; the probability that any of "
        f"them is wrong by chance is at most {scientific(report.family_error_bound)}."
    )
    lines = [
        "% needs \\usepackage{booktabs,longtable}",
        f"\\begin{{longtable}}{{{'l' * 4}{'r' * (len(COLUMNS) - 4)}}}",
        f"\\caption{{{escaped(caption)}}} \\\\",
        *("\\toprule", f"{head} \\\\", "\\midrule", "\\endhead"),
        *rows,
        *("\\bottomrule", "\\end{longtable}"),
    ]
    return "\n".join(lines) + "\n"


def comma_separated(report: Report) -> str:
    """All findings as CSV: what a row of the page says, then plain numbers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *NUMBERS))
    for row in table_of(report).rows:
        finding = row.finding
        numbers = (
            *finding.interval,
            *finding.region,
            finding.margin.finite_width,
            finding.margin.discrepancy,
            finding.alpha,
        )
        plain = [_plain(number) if row.decided and number == number else "" for number in numbers]
        writer.writerow((*fields(row), *plain, finding.cell, finding.regime, finding.caveat, finding.reproduce))
    return text.getvalue()


def _plain(number: float) -> str:
    """A number in all its digits; an end that an interval does not have is infinite."""
    return repr(math.copysign(math.inf, number) if is_endless(number) else number)


def bibtex() -> str:
    """The paper's entry."""
    return citation.BIBTEX


def fields(row: Row) -> tuple[str, ...]:
    """What a row says, column by column; nothing where nothing was decided."""
    finding, shown = row.finding, row.evidence
    first = (finding.claim, row.setting, row.state, finding.engine)
    if not row.decided:
        return (*first, *[""] * (len(COLUMNS) - len(first)))
    return (*first, shown.estimate, shown.interval, shown.theory, shown.allowed, row.resolution, row.draws)


def escaped(text: str) -> str:
    """Text as LaTeX has to be given it, on one line.

    >>> escaped("σ_w² ≤ 50 %")
    '$\\\\sigma$\\\\_w$^{2}$ $\\\\leq$ 50 \\\\%'
    """
    return "".join(SIGNS.get(character, character) for character in " ".join(text.split()))
