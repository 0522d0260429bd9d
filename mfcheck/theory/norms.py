"""Constants β_{p,q} of Theorem 5.1: norms of Gaussian vectors and Chevet's inequality (docs/theory.md#chevet)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import fft, integrate, special, stats

from mfcheck.spec import dual_exponent, norm_exponent


@lru_cache(maxsize=1024)
def expected_norm(n: int, q: float) -> float:
    """E‖g‖_q of a standard normal n-vector g, q ∈ [1, ∞], to about ten digits, for n up to 10¹².

    q = 1 and 2 in closed form, q = ∞ as ∫ 1 − (2Φ(t) − 1)ⁿ dt. Between them
    E‖g‖_q = 1/Γ(1 − 1/q) ∫₀^∞ 1 − (E e^{−(|g_1|/r)^q})ⁿ dr (derived: E S^a = 1/Γ(1−a) ∫ (1 − E e^{−tS}) d(−t^{−a}) at
    a = 1/q, S = Σ|g_i|^q, t = r^{−q}), and E e^{−(|g|/r)^q} = E erf(r W^{1/q}/√2) with W standard exponential, which
    tends to the form at q = ∞. Raises ValueError for q < 1 or n < 1.
    """
    norm_exponent("q", q)
    if n < 1:
        raise ValueError(f"the dimension of a Gaussian vector must be at least 1, got {n!r}")
    if q == 1:
        return n * math.sqrt(2 / math.pi)
    if q == 2:
        return _expected_length(n)
    if math.isinf(q):
        top = math.sqrt(2 * math.log(n + 1)) + 10
        larger = integrate.quad(_largest_beyond, 0, top, args=(n,), limit=400, epsabs=0, epsrel=1e-11)
        return float(larger[0])
    return _general_norm(n, q)


def _expected_length(n: int) -> float:
    """√2 Γ((n + 1)/2)/Γ(n/2); where logarithms of Γ are large, by its series, which errs by n⁻⁴/100."""
    if n >= 1000:
        return math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (32 * n**2) + 5 / (128 * n**3))
    return math.sqrt(2) * math.exp(special.gammaln((n + 1) / 2) - special.gammaln(n / 2))


def _largest_beyond(t: float, n: int) -> float:
    """P[max |g_i| > t]; by erfc, for erf is 1 where n is large enough to see what is beyond."""
    return float(-np.expm1(n * np.log1p(-special.erfc(t / math.sqrt(2)))))


def _general_norm(n: int, q: float) -> float:
    """By trapezoids in log r and log W, whose error falls exponentially in 1/step: in log r the integrand turns within
    1/ln n."""
    of_w = 0.1
    log_w = np.arange(-90.0 - math.log(n), 4.0, of_w)
    weight = np.exp(log_w - np.exp(log_w)) * of_w
    spacing = min(0.05, 0.2 / math.log(n + 1))
    log_r = np.arange(-14.0, math.log(12) + (math.log(n) + 25) / q + 1, spacing)
    arguments = np.exp(np.minimum(log_r[:, None] + log_w / q, 5.0)) / math.sqrt(2)
    miss = np.minimum(special.erfc(arguments) @ weight, 1 - 1e-16)
    integrand = -np.expm1(n * np.log1p(-miss)) * np.exp(log_r)
    total = (integrand.sum() - (integrand[0] + integrand[-1]) / 2) * spacing
    # Left of the grid the integrand in r is 1, right of it it falls like r^{−q}: the trapezoids go on as these do.
    for end, decay in ((integrand[0], 1.0), (integrand[-1], q - 1)):
        total += end * spacing / 2 / math.tanh(decay * spacing / 2)
    return float(total / special.gamma((q - 1) / q))


def chevet_beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
    """Chevet's constant: the mean of ‖J‖_{p,q}/ω^{L/2} at N = ∞ lies below it.

    √d·β = ‖id: ℓ2^K → ℓq^K‖ E‖g_d‖_{p*} + ‖id: ℓp^d → ℓ2^d‖ E‖g_K‖_q, with identity norms K^{max(0, 1/q − 1/2)}
    and d^{max(0, 1/2 − 1/p)} (derived from Chevet's inequality for a K×d matrix with N(0, 1/d) entries). Raises
    ValueError unless p, q ∈ [1, ∞].

    >>> chevet_beta(2, 2, 10**6, 10) < 1 + (10 / 10**6) ** 0.5
    True
    """
    norm_exponent("p", p)
    norm_exponent("q", q)
    outer = output_dim ** max(0.0, 1 / q - 0.5) * expected_norm(input_dim, dual_exponent(p))
    inner = input_dim ** max(0.0, 0.5 - 1 / p) * expected_norm(output_dim, q)
    return float(outer + inner) / math.sqrt(input_dim)


def paper_beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
    """β_{p,q} as the paper states it, β_{2,∞} = 1 and β_{∞,∞} = √(2d/π); Chevet's constant for other pairs.

    The two stated values are leading order in d → ∞ and lie below the mean of ‖J‖_{p,q}/ω^{L/2}.
    """
    norm_exponent("p", p)
    norm_exponent("q", q)
    if math.isinf(q) and p == 2:
        return 1.0
    if math.isinf(q) and math.isinf(p):
        return math.sqrt(2 * input_dim / math.pi)
    return chevet_beta(p, q, input_dim, output_dim)


def lipschitz(p: float, q: float, input_dim: int, output_dim: int) -> float:
    """σ* = K^{max(0, 1/q − 1/2)} d^{max(0, 1/2 − 1/p)}, how fast ‖Z‖_{p,q} of a K×d matrix moves in ‖Z‖_F at most.

    So P[‖Z‖_{p,q} > E‖Z‖_{p,q} + tσ*] ≤ e^{−t²/2} for standard normal Z (Gaussian concentration).
    """
    norm_exponent("p", p)
    norm_exponent("q", q)
    return float(output_dim ** max(0.0, 1 / q - 0.5) * input_dim ** max(0.0, 0.5 - 1 / p))


def chevet_floor(p: float, q: float, input_dim: int, output_dim: int) -> float:
    """The larger of the two terms of Chevet's constant, which E‖Z‖_{p,q}/√d is never below.

    Derived: with v the unit vector that ‖id: ℓ2^K → ℓq^K‖ is reached at, dually ‖Z‖_{p,q} ≥ ‖Zᵀv‖_{p*}, a Gaussian
    vector of d entries times that norm; likewise Zη for the η that reaches ‖id: ℓp^d → ℓ2^d‖.
    """
    return max(_chevet_terms(p, q, input_dim, output_dim)) / math.sqrt(input_dim)


@lru_cache(maxsize=256)
def largest_column(q: float, columns: int, rows: int, probability: float = 0.5) -> float:
    """The exact median of ‖Z‖_{1,q} = max_j ‖z_j‖_q, or another quantile, Z a standard normal rows × columns matrix and
    q = 1, 2 or ∞.

    The quantile of one column's norm at probability^{1/columns}: a χ variate's for q = 2, the largest of `rows`
    half-normals' for q = ∞, and for q = 1 their sum's, by Fourier transform on a grid, to a relative error below 1e-5
    from probability^{1/columns} = 0.01 on. Raises ValueError for other q.
    """
    tail = -math.expm1(math.log(probability) / columns)
    if q == 2:
        return float(stats.chi.isf(tail, rows))
    if math.isinf(q):
        return float(stats.halfnorm.isf(-math.expm1(math.log1p(-tail) / rows)))
    if q != 1:
        raise ValueError(f"the law of a column's norm is known for q = 1, 2 and ∞, got {q!r}")
    step = 2.0**-10 if rows <= 32 else 2.0**-7
    top = 12 + math.sqrt(2 / math.pi) * rows + 12 * math.sqrt(rows)
    edges = np.arange(0, top + step, step)
    cells = -np.diff(stats.halfnorm.sf(edges))  # mass of each cell, at its middle
    size = fft.next_fast_len(2 * len(cells), real=True)
    total = np.maximum(fft.irfft(fft.rfft(cells, size) ** rows, size), 0.0)
    survival = np.cumsum(total[::-1])[::-1]  # beyond step · (place + (rows − 1)/2), and all but straight between
    after = np.count_nonzero(survival > tail)
    part = (survival[after - 1] - tail) / (survival[after - 1] - survival[after])
    return float(step * (after - 1 + part + (rows - 1) / 2))


def exact_quantile(p: float, q: float, input_dim: int, output_dim: int, probability: float = 0.5) -> float | None:
    """The median of ‖Z‖_{p,q}/√d, or another quantile, Z a K×d standard normal matrix, where it is in closed form: for
    p = 1, of the longest column, and q = ∞, of the longest row, in ℓ1, ℓ2 or ℓ∞; None for other pairs."""
    known = (1.0, 2.0, math.inf)
    if p == 1 and q in known:
        return largest_column(q, input_dim, output_dim, probability) / math.sqrt(input_dim)
    if math.isinf(q) and dual_exponent(p) in known:
        return largest_column(dual_exponent(p), output_dim, input_dim, probability) / math.sqrt(input_dim)
    return None


def chevet_at_overlap(p: float, q: float, input_dim: int, output_dim: int, overlap: float) -> float:
    """Chevet's constant where the rows of J mix by E C_12² = `overlap`: above E‖J‖_{p,q}/ω^{L/2} at finite width.

    Derived to leading order (docs/theory.md#overlap): J = RᵀZ with a triangular R = I + Δ, Δ near a Gaussian matrix of
    that variance and free of Z, adds a Gaussian process of size √overlap · E‖g_d‖_{p*} · E‖g_K‖_q, whose variance adds
    to the second term's.
    Equal to Chevet's constant at overlap 0.
    """
    if not overlap >= 0:
        raise ValueError(f"an overlap must not be negative, got {overlap!r}")
    outer, inner = _chevet_terms(p, q, input_dim, output_dim)
    mixing = math.sqrt(overlap) * expected_norm(input_dim, dual_exponent(p)) * expected_norm(output_dim, q)
    return (outer + math.hypot(inner, mixing)) / math.sqrt(input_dim)


def _chevet_terms(p: float, q: float, input_dim: int, output_dim: int) -> tuple[float, float]:
    """The two terms of √d β. `chevet_beta` writes them out itself: its twins are made from its own text."""
    norm_exponent("p", p)
    norm_exponent("q", q)
    outer = output_dim ** max(0.0, 1 / q - 0.5) * expected_norm(input_dim, dual_exponent(p))
    inner = input_dim ** max(0.0, 0.5 - 1 / p) * expected_norm(output_dim, q)
    return float(outer), float(inner)
