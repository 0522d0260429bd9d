"""The paper's formulas, one method per numbered statement (Kumano, Kera, Yamasaki, NeurIPS 2023, arXiv 2505.14021)."""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from scipy import stats

from mfcheck.architectures import declared_omega
from mfcheck.given import positive, real
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.theory import finite_width
from mfcheck.theory.cross_entropy import softmax_spread
from mfcheck.theory.decay import residual_gain
from mfcheck.theory.domains import PAPERS
from mfcheck.theory.gram_moments import apart_moment
from mfcheck.theory.norms import chevet_beta, paper_beta
from mfcheck.theory.powers import check_power

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen


@lru_cache(maxsize=4096)
def centred_normal(scale: float) -> rv_frozen:
    """N(0, scale²), kept: scipy takes a millisecond to make one, and all twins of a theory ask for the same few."""
    return stats.norm(scale=scale)


@dataclass(frozen=True)
class PaperTheory:
    """The theory under test; subclass it and override one formula to put another on trial.

    Formulas raise ValueError where powers of ω are beyond floating-point numbers, at L |log₁₀ ω| of some hundreds.

    `rate_factor` is 2 for the rate that follows from the projection of Theorem 5.4 and 1 for the rate under which
    the capacity law is often quoted. `declares` says of which arguments a formula needs no finding, and why.

    >>> spec = NetworkSpec("vanilla", input_dim=1000, output_dim=1, width=5000, depth=10, weight_variance=2)
    >>> PaperTheory().omega(spec), round(PaperTheory().jacobian_entry_variance(spec), 6)
    (1.0, 0.001)
    """

    rate_factor: float = 2
    declares = PAPERS

    def omega(self, spec: NetworkSpec) -> float:
        """Layer gain: ω_v = α σ_w² (vanilla), ω_r = 1 + α σ_w² (residual).

        For other architectures what their factory declares; NotCovered where it declares none.
        """
        if spec.architecture not in ARCHITECTURES:
            return declared_omega(spec)
        gain = spec.activation.alpha * spec.weight_variance
        return gain if spec.architecture == "vanilla" else 1 + gain

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        """Var J_ij = ω^L/d (Theorem 4.1)."""
        check_power(self.omega(spec), spec.depth)
        return self.omega(spec) ** spec.depth / spec.input_dim

    def jacobian_entry(self, spec: NetworkSpec) -> rv_frozen:
        """The law N(0, ω^L/d) of every entry of the input Jacobian as N → ∞ (Theorem 4.1)."""
        return centred_normal(scale=math.sqrt(self.jacobian_entry_variance(spec)))

    def gaussian_distance(self, spec: NetworkSpec) -> float:
        """Leading distance of an entry's law to N(0, ω^L/d) at t* = √(3 − √6) deviations, where it is largest.

        φ(t*)(3t* − t*³)/24 ≈ 0.0229 times the exact excess kurtosis (Edgeworth), so of order L/N:
        docs/theory.md#finite-width-moments.
        """
        t = math.sqrt(3 - math.sqrt(6))
        return math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi) * (3 * t - t**3) / 24 * self.excess_kurtosis(spec)

    excess_kurtosis = staticmethod(finite_width.excess_kurtosis)
    apart_square_ratio = staticmethod(finite_width.apart_square_ratio)
    shared_square_ratio = staticmethod(finite_width.shared_square_ratio)

    def offset_variance(self, spec: NetworkSpec) -> float:
        """Var a_i = α σ_b² Σ_{k=0}^{L−1} ω^k, the offset in f(x) = J x + a (Theorem 4.1)."""
        omega = self.omega(spec)
        check_power(max(1.0, omega), spec.depth)
        return spec.activation.alpha * spec.bias_variance * math.fsum(omega**k for k in range(spec.depth))

    def offset(self, spec: NetworkSpec) -> rv_frozen:
        """The law N(0, α σ_b² Σ ω^k) of every entry of the offset as N → ∞ (Theorem 4.1); needs σ_b > 0."""
        return centred_normal(scale=math.sqrt(self.offset_variance(spec)))

    def offset_square_ratio(self, spec: NetworkSpec) -> float:
        """E J²_ij a²_i' over the product of the means, i ≠ i'; 1 in the limit, exact at every width (derived)."""
        return apart_moment(spec, 1, offset=True)

    beta = staticmethod(paper_beta)
    """β_{p,q}(p, q, input_dim, output_dim): the paper's two stated values, Chevet's elsewhere (Theorem 5.1)."""

    chevet_beta = staticmethod(chevet_beta)
    """β_{p,q}(p, q, input_dim, output_dim) by Chevet's inequality (derived; bounds the mean at N = ∞)."""

    def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """ε β_{p,q} ω^{L/2}, the bound on L_adv (Theorem 5.1); ε in units of ‖η‖_p, raises ValueError for ε ≤ 0."""
        eps = positive("eps", eps)
        check_power(self.omega(spec), spec.depth / 2)
        return eps * self.beta(p, q, spec.input_dim, spec.output_dim) * math.sqrt(self.omega(spec)) ** spec.depth

    def regularisation(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """⟨∂L_adv/∂W, W⟩/‖W‖² = ε α β_{p,q} ω^{L/2−1}/N for every layer at initialisation (Theorem 5.4)."""
        return spec.activation.alpha * self.adversarial_bound(spec, eps, p, q) / (self.omega(spec) * spec.width)

    def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """dσ_w²/dt = −rate_factor · ε α β_{p,q} ω^{L/2−1} σ_w²/N under L_adv (Theorem 5.4)."""
        return -self.rate_factor * spec.weight_variance * self.regularisation(spec, eps, p, q)

    def standard_rate(self, spec: NetworkSpec) -> float:
        """dσ_w²/dt = −(2/N) ασ_w² ω^{L−1} E[1 − ‖softmax f‖²] under cross-entropy, f ~ N(0, ω^L I), ‖x‖² = d, σ_b = 0.

        Derived for N → ∞ (docs/theory.md#standard-drift); Theorem 5.3 has 0. The same order 1/N as the rate under
        L_adv, and free of ε.
        """
        omega, pull = self.omega(spec), spec.activation.alpha * spec.weight_variance
        check_power(omega, spec.depth)
        spread = softmax_spread(omega**spec.depth, spec.output_dim)
        return -2 * pull * omega ** (spec.depth - 1) * spread / spec.width

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        """σ_w²(t) under gradient flow on L_adv at its bound, all layers alike (Theorems 5.4 and G.9, solved here).

        With c = rate_factor · εαβ/N the gain obeys dω/dt = −c ω^{L/2} (vanilla): ω(t) = [ω^{−k} + kct]^{−1/k} with
        k = (L−2)/2, ω e^{−ct} for L = 2, and 0 from its end on for L = 1; and dy/dt = −c y(1 + y)^{L/2−1}, y = ασ_w²
        (residual), which is integrated. t in units of the flow; raises ValueError unless t ≥ 0 and finite.
        """
        if not 0 <= (number := real(t)) < math.inf:
            raise ValueError(f"t must be finite and not negative, got {t!r}")
        t = number
        speed, start, power = self._decay_speed(spec, eps, p, q), self.omega(spec), spec.depth / 2 - 1
        if spec.architecture == "vanilla":
            if power == 0:
                return spec.weight_variance * math.exp(-speed * t)
            left = start**-power + power * speed * t
            return float(left ** (-1 / power) / spec.activation.alpha) if left > 0 else 0.0
        gain = spec.activation.alpha * spec.weight_variance
        return residual_gain(gain, power, speed * t) / spec.activation.alpha

    def collapse_time(self, spec: NetworkSpec, eps: float, p: float, q: float, lower: float) -> float:
        """T at which ω^L falls to `lower` = m under the same flow (Theorem 5.7, solved here); ∞ for residual networks.

        N(m^{−k/L} − ω^{−k})/(k rate_factor εαβ) with k = (L−2)/2, for L = 2 N ln(ω/√m)/(rate_factor εαβ). Residual ones
        have ω_r > 1 always, so no m ≤ 1 is reached. Raises ValueError unless 0 < m ≤ ω^L, and for residual ones m ≤ 1.
        """
        start, power = self.omega(spec), spec.depth / 2 - 1
        check_power(start, spec.depth if spec.architecture == "vanilla" else 0)
        top = start**spec.depth if spec.architecture == "vanilla" else 1.0
        if not 0 < (number := real(lower)) <= top:
            raise ValueError(f"lower must lie in (0, {top:g}], where ω^L starts or cannot go below, got {lower!r}")
        lower = number
        if spec.architecture != "vanilla":
            return math.inf
        if math.isclose(lower, top, rel_tol=1e-12):  # roots of both may differ by roundings, either way
            return 0.0
        end, speed = lower ** (1 / spec.depth), self._decay_speed(spec, eps, p, q)
        if power == 0:
            return math.log(start / end) / speed
        return float((end**-power - start**-power) / (power * speed))

    def _decay_speed(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """rate_factor · εαβ/N, the rate of Theorem 5.4 as it is where ω = 1."""
        check_power(self.omega(spec), spec.depth / 2)
        grown = math.sqrt(self.omega(spec)) ** (spec.depth - 2)
        return self.rate_factor * self.regularisation(spec, eps, p, q) / grown

    def fisher_rao(self, spec: NetworkSpec) -> float:
        """E‖w‖_FR = L K α σ_w² ω^{L−1} at initialisation, for ‖x‖² = d and σ_b = 0 (Theorem 5.9)."""
        gain = spec.activation.alpha * spec.weight_variance
        check_power(self.omega(spec), spec.depth)
        return spec.depth * spec.output_dim * gain * self.omega(spec) ** (spec.depth - 1)

    def fisher_rao_of_biases(self, spec: NetworkSpec) -> float:
        """What σ_b adds to E‖w‖_FR: Σ_l K α σ_w² ω^{L−l} α σ_b² Σ_{k<l−1} ω^k.

        Derived: docs/theory.md#capacity-of-biases.
        """
        omega, alpha = self.omega(spec), spec.activation.alpha
        check_power(max(1.0, omega), spec.depth)
        layers = range(1, spec.depth + 1)
        grown = [omega ** (spec.depth - layer) * sum(omega**k for k in range(layer - 1)) for layer in layers]
        return spec.output_dim * alpha * spec.weight_variance * alpha * spec.bias_variance * math.fsum(grown)

    def full_fisher_rao(self, spec: NetworkSpec) -> float:
        """E Σ_k ⟨w, ∂f_k⟩², the full form: L²Kω^L (vanilla), L K y ω^{L−2}(1 + Ly), y = ασ_w² (residual).

        Derived (docs/theory.md#capacity). Exact at every width for ‖x‖² = d and σ_b = 0.
        """
        omega, gain = self.omega(spec), spec.activation.alpha * spec.weight_variance
        check_power(omega, spec.depth)
        if spec.architecture == "vanilla":
            return spec.depth**2 * spec.output_dim * omega**spec.depth
        return spec.depth * spec.output_dim * gain * omega ** (spec.depth - 2) * (1 + spec.depth * gain)

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """d log‖w‖_FR/dt under L_adv, from E‖w‖_FR and the rate of σ_w² (Theorem 5.9).

        −rate_factor · (εαβ/N) ω^{L/2−1} (1 + (L−1) ασ_w²/ω): L times the relative rate of σ_w² for vanilla networks.
        For residual ones derived: docs/theory.md#capacity-rate.
        """
        share = spec.activation.alpha * spec.weight_variance / self.omega(spec)
        return self.variance_rate(spec, eps, p, q) / spec.weight_variance * (1 + (spec.depth - 1) * share)


def remade(theory: PaperTheory, kind: type[PaperTheory] | None = None, **fields: float) -> PaperTheory:
    """The theory as an instance of another class, with some of its fields changed; no constructor is called.

    What it only keeps, as a cached property or in a field that is not compared, it finds anew: the other class may have
    other formulas.
    """
    made, (cached, memos) = object.__new__(kind or type(theory)), _kept(type(theory))  # type: ignore[arg-type]
    known = {name: value for name, value in vars(theory).items() if name not in cached}
    vars(made).update(known | {name: factory() for name, factory in memos} | fields)
    return made


@lru_cache(maxsize=1024)
def _kept(kind: type[PaperTheory]) -> tuple[frozenset[str], tuple[tuple[str, Callable[[], Any]], ...]]:
    """The cached properties of a class, and its fields that are not compared, with what makes them anew."""
    names = {name: inspect.getattr_static(kind, name) for name in dir(kind)}
    cached = frozenset(name for name, value in names.items() if isinstance(value, cached_property))
    memos = [(one.name, one.default_factory) for one in dataclasses.fields(kind) if not one.compare]
    return cached, tuple((name, make) for name, make in memos if make is not dataclasses.MISSING)
