"""A pre-flight stops what nothing can be measured of, in a sentence, and says of the rest what it is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import mfcheck
from mfcheck import PaperTheory, Verdict
from mfcheck.decisions.suite import suite_claims
from mfcheck.findings.claim import is_asked_for
from mfcheck.observables import own_training
from mfcheck.session import preflight_costs
from mfcheck.session.preflight import Preflight, preflight, with_scale
from mfcheck.session.preflight_words import lines
from mfcheck.settings import Settings, level_named

ENTRIES = ["thm4.1/entries-*"]


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module and returns the path of its `factory`."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> str:
        name = f"own_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return f"{name}:factory"

    return write


def flown(path: str, *patterns: str, **more: Any) -> Preflight:
    settings = Settings(7, level_named("quick"), architectures=(path,), **more)
    tests = [test for id, test in suite_claims().items() if is_asked_for(id, patterns)]
    return preflight(path, settings, PaperTheory(), tests)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("Raising", "raised RuntimeError: no such layer"),
        ("Alike", "from one generator are equal"),
        ("Dropping", "is random"),
        ("Overwriting", "writes into its input"),
        ("Batched", "depends on its batch mates"),
        ("Dead", "is 0, or the same everywhere, at input_dim=49"),
        ("ScaledMatrices", "declares a scale, and networks on mfcheck.Network are divided by no scale"),
    ],
)
def test_what_nothing_can_be_measured_of_is_one_sentence_and_never_supported(
    factory_paths: Callable[[str], str], factory: str, said: str
) -> None:
    path = factory_paths(factory)
    found = flown(path, *ENTRIES)
    (fatal,) = found.fatal
    assert said in fatal.sentence
    assert "\n" not in fatal.sentence
    assert list(lines(found))[1:] == [f"✗ {fatal.claim}: {fatal.sentence}", "the audit stops here: mend this first"]
    report = mfcheck.audit(path, ENTRIES, seed=7)  # which did not ask for the claim that is refuted
    assert report.verdict is Verdict.REFUTED
    assert report.verdicts[fatal.claim] is Verdict.REFUTED
    assert report.verdicts["thm4.1/entries-variance"] is Verdict.NOT_APPLICABLE


def test_a_network_of_one_size_is_refused_at_others_and_audited_there(factory_paths: Callable[[str], str]) -> None:
    path, claims = factory_paths("Square"), ("thm4.1/input-independent", "thm5.1/bound-satisfied", "preflight/sound")
    (fatal,) = flown(path, *claims).fatal
    assert "at input_dim=16" in fatal.sentence or "at input_dim=196" in fatal.sentence
    assert fatal.sentence.endswith("audit it there alone with --mf-input 49")
    there = flown(path, *claims, input_shape=(49,))
    assert there.fatal == ()
    assert {spec.input_dim for one in there.asked for spec in one.specs} == {49}


@pytest.mark.parametrize(
    ("refused", "given", "said"),
    [
        ("spec.output_dim != 10", {}, "it is sound at output_dim=10, so audit it there alone with --mf-outputs 10"),
        ("spec.input_dim != 784", {}, "it is sound at input_dim=784, so audit it there alone with --mf-input 784"),
        (
            "(spec.input_dim, spec.output_dim) != (3072, 10)",
            {"input_shape": (64,), "outputs": 3},
            "it is sound at input_dim=3072 and output_dim=10, so audit it there alone with "
            "--mf-input 3072 --mf-outputs 10",
        ),
        ("spec.width == 64", {}, "a factory that takes no width is asked for no other"),
    ],
)
def test_a_network_of_one_size_is_sent_to_that_and_nowhere_else(
    own_module: Callable[[str], str], refused: str, given: dict[str, Any], said: str
) -> None:
    path = own_module(f"""
        from torch import nn

        def factory(spec, generator):
            if {refused}:
                raise ValueError("no such size")
            net = nn.Sequential(*[nn.Linear(*sizes, bias=False) for sizes in
                [(spec.input_dim, spec.width), (spec.width, spec.output_dim)]])
            for weight in net.parameters():
                weight.data.normal_(0, weight.shape[1] ** -0.5, generator=generator)
            return net
        """)
    (fatal,) = flown(path, "thm4.1/*", "thm5.1/bound-satisfied", **given).fatal
    assert "; it is sound at " in fatal.sentence
    assert fatal.sentence.endswith(said)


def test_a_network_of_images_of_one_shape_is_sent_to_that(own_module: Callable[[str], str]) -> None:
    path = own_module("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self, num_classes):
                super().__init__()
                self.conv = nn.Conv2d(3, 4, 8, 8, bias=False)
                self.head = nn.Linear(64, num_classes, bias=False)

            def forward(self, x):
                return self.head(self.conv(x).relu().flatten(1))

        factory = Net
        """)
    (fatal,) = flown(path, *ENTRIES, input_shape=(3, 16, 16), outputs=4).fatal
    assert fatal.sentence.endswith("it is sound at input_dim=3072, so audit it there alone with --mf-input 3x32x32")
    assert flown(path, *ENTRIES, input_shape=(3, 32, 32), outputs=4).fatal == ()


def test_a_network_that_takes_no_size_is_sent_nowhere(own_module: Callable[[str], str]) -> None:
    path = own_module("def factory(spec, generator):\n    raise ValueError('not today')\n")
    (fatal,) = flown(path, *ENTRIES).fatal
    assert "not today" in fatal.sentence
    assert "it is sound" not in fatal.sentence


def test_a_constructor_declares_its_sizes(factory_paths: Callable[[str], str]) -> None:
    path = factory_paths("Fixed")
    with pytest.raises(ValueError, match="its sizes must be declared: with --mf-input"):
        mfcheck.audit(path, ["preflight/sound"])
    claims = ["preflight/sound", "preflight/weight-variance", "thm4.1/phase-boundary"]
    report = mfcheck.audit(path, claims, seed=1, input_shape=(3, 4, 4), outputs=7)
    assert report.verdicts["preflight/sound"] is Verdict.SUPPORTED
    reasons = {finding.claim: finding.reason for finding in report.findings}
    assert "let its factory declare layer_variances(spec)" in reasons["preflight/weight-variance"]
    assert "let its constructor take depth" in reasons["thm4.1/phase-boundary"]
    assert mfcheck.audit(factory_paths("Sized"), ["preflight/sound"]).verdict is Verdict.SUPPORTED


def test_a_scale_is_measured_told_and_used(factory_paths: Callable[[str], str]) -> None:
    path = factory_paths("Scaled")
    found = flown(path, "thm4.1/entries-*", "thm5.1/bound-satisfied")
    assert found.fatal == ()
    assert found.scale == pytest.approx(4, rel=0.15)
    settings = with_scale(Settings(7, level_named("quick"), architectures=(path,)), found)
    assert dict(settings.scales) == {path: found.scale}
    told = "\n".join(lines(found))
    assert f"Scaled.scale = lambda spec: {found.scale:g}" in told
    assert "homogeneous of degree 5" in told
    assert "thm5.1/bound-satisfied" in told
    assert "its factory declare scale(spec)" in told  # for entries-variance, which the measured scale makes true
    assert flown(factory_paths("Vanilla"), *ENTRIES).scale is None


def test_a_scale_that_goes_with_the_width_is_told_as_that(factory_paths: Callable[[str], str]) -> None:
    found = flown(factory_paths("Unscaled"), "thm4.1/entries-*")
    told = "\n".join(lines(found))
    assert found.nature is not None
    assert found.nature.power == 1
    assert "* spec.width\n" in f"{told}\n"
    assert f"until it is declared, networks of other widths than {found.spec.width} are held against" in told
    for other in ("Scaled", "OneDeviation"):
        assert flown(factory_paths(other), "thm4.1/entries-*").nature.power == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(("factory", "right"), [("Scaled", 4.0), ("He", 4.0)])
def test_a_scale_that_is_given_is_kept_and_told_beside_the_measured_one(
    factory_paths: Callable[[str], str], factory: str, right: float
) -> None:
    path = factory_paths(factory)
    for given in (right, 3 * right):
        found = flown(path, *ENTRIES, scales=((path, given),))
        assert found.nature is not None
        assert found.nature.scale.low < right < found.nature.scale.high
        assert found.scale is None
        told = "\n".join(lines(found))
        assert f"in units of √{given:g}, as --mf-scale says; measured is {found.nature.scale}" in told
        assert "the measured scale, in this audit" not in told


def test_nobody_asks_how_a_declared_scale_goes_with_the_width(factory_paths: Callable[[str], str]) -> None:
    found = flown(factory_paths("ByWidth"), "thm4.1/entries-*")
    assert found.nature is not None
    assert (found.nature.power, found.scale) == (0, None)
    assert "goes with the width" not in "\n".join(lines(found))


def test_a_default_of_torch_that_somebody_set_is_nobody_s_fault(factory_paths: Callable[[str], str]) -> None:
    try:
        torch.set_default_dtype(torch.float64)
        found = flown(factory_paths("Vanilla"), *ENTRIES, "thm5.1/bound-satisfied")
        told = list(lines(found))
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.fatal == ()
    assert any("piecewise linear" in line for line in told)


def test_what_a_factory_prints_is_no_line_of_ours(
    factory_paths: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in lines(flown(factory_paths("Talking"), *ENTRIES)):
        pass
    found = capsys.readouterr()
    assert found.out == ""
    assert "made a network" in found.err


def test_a_network_that_steps_as_it_is_read_is_told_to_be_evaluated(factory_paths: Callable[[str], str]) -> None:
    (fatal,) = flown(factory_paths("Iterating"), *ENTRIES).fatal
    assert "is random: two passes of one network at one input differ" in fatal.sentence
    assert "return module.eval()" in fatal.sentence


def test_idle_knobs_are_told_with_lines_to_paste(factory_paths: Callable[[str], str]) -> None:
    told = "\n".join(
        lines(flown(factory_paths("idle"), "thm4.1/phase-boundary", "preflight/weight-variance", *ENTRIES))
    )
    assert "depth, weight_variance of the spec change nothing in" in told
    assert 'idle.layer_variances = lambda spec: {"0.weight": 1 / 3 / spec.input_dim' in told
    assert "idle.homogeneous = False" in told
    assert "let its factory build spec.depth layers" in told


def test_variances_by_names_that_other_depths_lack_are_no_line_to_paste(factory_paths: Callable[[str], str]) -> None:
    (told,) = (line for line in lines(flown(factory_paths("Deep"), *ENTRIES)) if ".layer_variances = " in line)
    assert told.strip().startswith("# Deep.layer_variances")
    assert told.endswith("# at depth 3; at others others are to be named")


def test_what_becomes_of_frozen_parameters_is_told(factory_paths: Callable[[str], str]) -> None:
    partly, wholly = (factory_paths(name) for name in ("RandomFeatures", "ToLookAt"))
    kept = rf"note: requires_grad=False keeps 1 of \d+ parameters of {partly} as drawn where it trains"
    freed = rf"note: requires_grad=False freezes all \d+ parameters of {wholly}, so all of them are trained"
    for path, note in ((partly, kept), (wholly, freed)):
        assert any(re.fullmatch(note, line) for line in lines(flown(path, *ENTRIES)))
    for name in ("Vanilla", "Sharing"):
        assert "requires_grad" not in "\n".join(lines(flown(factory_paths(name), *ENTRIES)))


def test_trainings_are_timed_and_not_carried_through(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    real = own_training.Learners.losses

    def counted(self: own_training.Learners, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        steps.append(1)
        return real(self, points, labels)

    monkeypatch.setattr(own_training.Learners, "losses", counted)
    said = list(lines(flown(factory_paths("He"), "audit/trainable")))
    assert sum(line.strip().startswith("audit/trainable") for line in said) == 2
    assert 0 < len(steps) < 2 * 2 * 20
    assert said[-1].startswith("pre-flight, with what times this: ")


def test_cells_that_will_fail_alike_are_told_in_one_line(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(draw: object) -> float:
        raise ValueError("no room\nfor it")

    monkeypatch.setattr(preflight_costs, "seconds_of_first", failing)
    said = [line for line in lines(flown(factory_paths("He"), "audit/trainable")) if "end in an error" in line]
    assert [" ".join(line.split()) for line in said] == ["audit/trainable ×2 will end in an error: no room for it"]
