"""Audits of architectures of one's own: what planted mistakes are caught by, and what unusable factories are told."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mfcheck
from mfcheck import NotCovered, Verdict, architectures
from mfcheck.architectures import resolve
from mfcheck.cli.audit import add_audit, given
from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.workers import Numbered, Workers
from mfcheck.findings.reading import claim_of, report_of
from mfcheck.findings.report import standing
from mfcheck.findings.states import claims_of
from mfcheck.imports import load_factory
from mfcheck.settings import Settings, level_named, settings_from
from mfcheck.spec import NetworkSpec
from mfcheck.tests.support.factories import EXAMPLES, spec_of
from mfcheck.theory.loading import PAPER_THEORY


@pytest.mark.parametrize(
    ("factory", "claim", "refuted"),
    [
        ("Dead", "preflight/alive", {"preflight/alive"}),
        ("Smooth", "preflight/piecewise-linear", {"preflight/piecewise-linear"}),
        ("Vanilla", "preflight/*", set()),
        ("Heavy", "preflight/weight-variance", {"preflight/weight-variance"}),
        ("FanOut", "preflight/weight-variance", {"preflight/weight-variance"}),
        ("Raising", "preflight/*", {"preflight/sound"}),
        ("RaisingLayers", "preflight/*", {"preflight/sound"}),
        ("Biased", "preflight/[hp]*", {"preflight/homogeneous"}),
        ("Declared", "preflight/[hp]*", set()),
    ],
)
def test_pre_flight_catches_by_verdict(
    factory_paths: Callable[[str], str], factory: str, claim: str, refuted: set[str]
) -> None:
    report = mfcheck.audit(factory_paths(factory), [claim], seed=1, alpha=1e-3)
    assert not report.errors
    assert {id for id, verdict in report.verdicts.items() if verdict is Verdict.REFUTED} == refuted


def test_only_the_layers_that_are_wrong_are_refuted(factory_paths: Callable[[str], str]) -> None:
    def refuted(factory: str) -> set[str]:
        report = mfcheck.audit(factory_paths(factory), ["preflight/weight-variance"], seed=2, alpha=1e-3)
        return {str(f.parameters["layers"]) for f in report.findings if f.verdict is Verdict.REFUTED}

    assert refuted("Heavy") == {"weights"}
    assert refuted("FanOut") == {"input", "output"}


@pytest.mark.parametrize(
    ("factory", "weights", "entries"),
    [
        ("HeavyMatrices", "refuted", "undecided"),
        pytest.param("FanOutMatrices", "refuted", "undecided", marks=pytest.mark.slow),
        ("Matrices", "supported", "granted"),
    ],
)
def test_wrong_weights_are_refuted_by_name_and_the_law_of_the_jacobian_is_left_open(
    factory_paths: Callable[[str], str], factory: str, weights: str, entries: str
) -> None:
    report = mfcheck.audit(factory_paths(factory), ["preflight/*", "thm4.1/entries-variance"], seed=3, alpha=1e-3)
    assert not report.errors
    (variance,) = (one for one in claims_of(report.record) if one["id"] == "thm4.1/entries-variance")
    assert standing(variance["verdict"], [claim_of(variance)]) == entries
    assert report.verdicts["thm4.1/entries-variance"] is Verdict.UNDECIDED
    assert report.verdicts["preflight/weight-variance"] == weights
    told = report_of(report.record)
    assert (told.narrowed, told.full) == (True, False), "claims were left out"
    assert told.changes is None, "it is the paper's theory"


@pytest.mark.slow
def test_an_architecture_without_an_omega_has_it_estimated(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(
        factory_paths("Undeclared"), ["thm4.1/phase-*", "thm4.1/entries-variance"], seed=4, alpha=1e-2
    )
    (steady,) = (finding for finding in report.findings if finding.claim == "thm4.1/phase-boundary")
    assert steady.verdict is Verdict.SUPPORTED
    low, high = map(float, steady.reason.partition("interval [")[2].rstrip("]").split(", "))
    assert low < 0.8 < high
    (law,) = (finding for finding in report.findings if finding.claim == "thm4.1/entries-variance")
    assert law.verdict is Verdict.NOT_APPLICABLE
    assert "declares none" in law.reason


def test_a_declared_omega_or_layer_that_cannot_be_is_said(factory_paths: Callable[[str], str]) -> None:
    with pytest.raises(NotCovered, match="must be positive and finite, got nan"):
        mfcheck.PaperTheory().omega(spec_of(factory_paths("WrongOmega")))
    report = mfcheck.audit(factory_paths("WrongLayers"), ["preflight/weight-variance"], seed=1)
    assert "names 'absent'; there are first" in report.findings[0].reason


def test_unusable_architectures_are_named_before_any_work(factory_paths: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="cannot be imported: ModuleNotFoundError"):
        mfcheck.audit("nowhere_at_all:Net")
    with pytest.raises(ValueError, match="is named twice"):
        resolve([factory_paths("Heavy"), factory_paths("Heavy")])
    with pytest.raises(ValueError, match="'unheard-of' is unknown; allowed are vanilla, residual"):
        resolve(["unheard-of"])
    with pytest.raises(ValueError, match="define it at the top of a module"):
        mfcheck.audit(lambda spec, generator: None)
    with pytest.raises(ValueError, match="matches no claim"):
        mfcheck.audit(factory_paths("Heavy"), ["thm9.9/*"])


def test_other_processes_may_draw_for_an_audit_and_show_in_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, replies = [], Workers.replies

    def counted(workers: Workers, orders: Iterable[Numbered], count: int) -> Any:
        asked.append(count)
        return replies(workers, orders, count)

    monkeypatch.setattr(Workers, "replies", counted)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)  # with whose processes an audit would share its two
    claims = ["thm4.1/phase-boundary", "thm5.1/exponential-in-depth"]  # of several chunks
    alone = mfcheck.audit("vanilla", claims, seed=5, alpha=1e-2)
    found = mfcheck.audit("vanilla", claims, seed=5, alpha=1e-2, backend="loky", workers=2)
    assert found.findings
    assert asked
    assert [replace(one, seconds=0.0) for one in found.findings] == [replace(o, seconds=0.0) for o in alone.findings]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"backend": "slurm"}, "backend 'slurm' is unknown; allowed are serial, loky, dask, ray"),
        ({"backend": "loky", "workers": 0}, "workers must be a positive integer, got 0"),
        ({"backend": "loky", "workers": 5000}, "workers must lie in 1…4096, got 5000"),
        ({"backend": "loky", "workers": 1.5}, "workers must be"),
        ({"workers": 2}, "workers '2' cannot be chosen: back end serial has none; leave workers out"),
        ({"scheduler": "tcp://a:1"}, "which back end serial has none of; name backend dask or ray"),
    ],
)
def test_processes_that_cannot_be_are_refused_before_any_work(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        mfcheck.audit("vanilla", seed=5, **asked)


def test_no_claim_ends_in_an_error_where_a_factory_raises(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("Raising"), seed=1)
    assert report.errors == []
    found = {id for id, verdict in report.verdicts.items() if verdict is not Verdict.NOT_APPLICABLE}
    assert found == {"preflight/sound"}


def test_a_fatal_pre_flight_is_found_at_a_glance_too(factory_paths: Callable[[str], str]) -> None:
    report = mfcheck.audit(factory_paths("Raising"), ["thm4.1/*"], "glance", seed=1)
    assert {one.claim: one.verdict for one in report.findings if one.verdict is not Verdict.NOT_APPLICABLE} == {
        "preflight/sound": Verdict.REFUTED
    }
    assert report.record["level"] == "glance"


def test_the_command_of_a_finding_takes_all_that_was_asked(factory_paths: Callable[[str], str], tmp_path: Path) -> None:
    path, folder = factory_paths("Vanilla"), tmp_path / "my data"
    folder.mkdir()
    report = mfcheck.audit(
        path,
        ["preflight/alive"],
        seed=4,
        alpha=1e-4,
        dataset="noise",
        data_dir=folder,
        input_shape=(5, 2),
        outputs=3,
    )
    (finding,) = (one for one in report.findings if one.claim == "preflight/alive")
    program, command, *words = shlex.split(finding.reproduce)
    parser = argparse.ArgumentParser()
    add_audit(parser.add_subparsers())
    texts = given(parser.parse_args([command, *words]))
    assert (program, texts.pop("claim"), texts.pop("architecture")) == ("mfcheck", "preflight/alive", path)
    assert settings_from(texts | {"architecture": path}, fresh_seed=0, cache=None) == Settings(
        4, level_named("quick"), 1e-4, "cpu", "noise", PAPER_THEORY, (path,), (5, 2), 3, data_dir=folder
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dataset": "mnist", "data_dir": "."}, r"mnist was not found in .*MNIST/raw .*--mf-download$"),
        ({"data_dir": "no/such/folder"}, "data folder 'no/such/folder' is no folder; name an existing one"),
        ({"data_dir": ""}, "path '' names no file or folder"),
    ],
)
def test_a_data_set_that_is_not_there_is_told_before_any_work(
    factory_paths: Callable[[str], str], given: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        mfcheck.audit(factory_paths("Vanilla"), ["preflight/alive"], seed=4, **given)


def test_an_entry_points_name_is_the_factory_that_it_names(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("shorty", path := factory_paths("Vanilla"), architectures.GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: EntryPoints([point]))
    (finding,) = mfcheck.audit("shorty", ["preflight/alive"], seed=1, alpha=1e-3).findings
    assert (finding.verdict, finding.parameters["architecture"]) == (Verdict.SUPPORTED, path)


def test_what_an_owner_expects_at_quick_is_expected_at_a_glance(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = factory_paths("Raising")
    factory = load_factory(path)
    table = {"claim": "preflight/sound", "reason": "it raises", "levels": ["quick"]}
    monkeypatch.setattr(factory, "expected", [table], raising=False)
    for level in ("glance", "quick"):
        assert [one.expected for one in mfcheck.audit(path, ["preflight/sound"], level, seed=1).findings] == [
            "it raises"
        ]


def test_a_network_on_gaussian_matrices_is_drawn_by_both_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES.parent)
    spec = NetworkSpec("architectures:IdentityShortcuts", 5, 3, 16, 3, 1.0)
    networks = [draw_stack(spec, Stream(1), engine=engine, replicates=2) for engine in ("dense", "lazy")]
    for network in networks:
        assert isinstance(network, Network)
        x = torch.linspace(-1, 1, 10).reshape(2, 5)
        torch.testing.assert_close((network.jacobian(x) @ x[..., None])[..., 0], network(x), atol=1e-4, rtol=1e-4)
        without = network.passed(x).states
        torch.testing.assert_close(without[1] - network.passed(x).products[0].relu(), without[0])


@pytest.mark.slow
def test_the_examples_are_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES.parent)
    convolution = mfcheck.audit("architectures:CircularConvolution", ["preflight/*"], seed=5, alpha=1e-3)
    smooth = mfcheck.audit("architectures:Smooth", ["preflight/piecewise-linear"], seed=5)
    identity = mfcheck.audit("architectures:IdentityShortcuts", ["thm4.1/input-independent"], seed=5, alpha=1e-2)
    signed = mfcheck.audit("architectures:SignedShortcuts", ["preflight/sound"], seed=5)
    assert convolution.verdict is signed.verdict is Verdict.SUPPORTED
    assert smooth.verdict is identity.verdict is Verdict.REFUTED


@pytest.mark.parametrize("seed", [0.5, True, "3", None])
def test_a_seed_is_an_integer(seed: object) -> None:
    with pytest.raises(ValueError, match="seed must be an integer, got"):
        mfcheck.audit("vanilla", ["preflight/alive"], seed=seed)  # type: ignore[arg-type]


def test_any_integer_will_do() -> None:
    assert type(Settings(np.int64(3), level_named("quick")).seed) is int  # type: ignore[arg-type]
