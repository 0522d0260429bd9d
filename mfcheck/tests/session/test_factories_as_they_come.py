"""Factories as engineers bring them: renamed, defined anew, on odd devices, with attributes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import mfcheck
from mfcheck.decisions.suite import suite_claims
from mfcheck.findings.claim import is_asked_for
from mfcheck.numerics import default_device
from mfcheck.session.preflight import Preflight, preflight
from mfcheck.session.preflight_words import lines
from mfcheck.settings import Settings, level_named
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

LAYERS = """
import functools

import torch
from torch import nn


def layers(spec, generator, bias=False):
    sizes = [spec.input_dim, *[spec.width] * (spec.depth + 1), spec.output_dim]
    found = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layer = nn.Linear(fan_in, fan_out, bias=bias)
        with torch.no_grad():
            for one in layer.parameters():
                one.copy_(torch.randn(one.shape, generator=generator) * (2 / fan_in) ** 0.5)
        found += [layer, nn.ReLU()]
    return nn.Sequential(*found[:-1])


def plain(spec, generator):
    return layers(spec, generator)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Writes a module that begins with plain layers, and imports it."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "as_they_come_" + "".join(filter(str.isalnum, tmp_path.name))

    def write(text: str = "") -> Any:
        (tmp_path / f"{name}.py").write_text(LAYERS + text)
        return __import__(name)

    return write


def audited(factory: Any, claim: str) -> Verdict:
    return mfcheck.audit(factory, [claim], seed=1, alpha=1e-3).verdicts[claim]


def flown(path: str, *patterns: str) -> Preflight:
    tests = [test for id, test in suite_claims().items() if is_asked_for(id, patterns)]
    return preflight(path, Settings(7, level_named("quick"), architectures=(path,)), PaperTheory(), tests)


# Which factory is meant ----------------------------------------------------------------------------------------


RENAMED = """
def detached(f):
    @functools.wraps(f)
    def made(spec, generator):
        module = f(spec, generator)
        module.register_forward_hook(lambda module, given, output: output.detach())
        return module
    return made


broken = detached(plain)
"""


def test_the_object_that_was_given_is_audited_and_not_what_its_name_is_that_of(own: Callable[[str], Any]) -> None:
    module = own(RENAMED)
    assert audited(module.broken, "preflight/sound") is Verdict.REFUTED
    assert audited(module.plain, "preflight/sound") is Verdict.SUPPORTED
    with pytest.raises(ValueError, match="is another object than its module has by its name: import it anew"):
        mfcheck.audit(module.detached(module.plain))


def test_a_factory_that_is_defined_anew_is_another(own: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    module = own("")

    def net(spec: Any, generator: Any) -> Any:
        return module.layers(spec, generator)

    def sized(width: int, depth: int) -> Any:
        raise AssertionError("no audit of another factory calls this one")

    for one in (net, sized):
        one.__module__, one.__qualname__ = module.__name__, "net"
    monkeypatch.setattr(module, "net", net, raising=False)
    assert audited(module.net, "audit/euler-degree") is Verdict.SUPPORTED
    monkeypatch.setattr(module, "net", sized)
    with pytest.raises(ValueError, match="takes no spec, so its sizes must be declared"):
        mfcheck.audit(module.net, ["audit/euler-degree"])

    def biased(spec: Any, generator: Any) -> Any:
        return module.layers(spec, generator, bias=True)

    biased.__module__, biased.__qualname__ = module.__name__, "net"
    monkeypatch.setattr(module, "net", biased)
    found = mfcheck.audit(module.net, ["audit/euler-degree"], seed=1, alpha=1e-3)
    assert found.verdicts["audit/euler-degree"] is Verdict.SUPPORTED  # of its last layer alone, as in a fresh process


def test_of_two_sizes_one_that_means_nothing_is_named(own: Callable[[str], Any]) -> None:
    module = own("def odd(in_features, classes):\n    return nn.Linear(in_features, classes)\n")
    path = f"{module.__name__}:odd"
    settings = Settings(7, level_named("quick"), architectures=(path,), input_shape=(9,), outputs=3)
    found = preflight(path, settings, PaperTheory(), [suite_claims()["preflight/sound"]])
    assert "it must be given classes, of which an audit knows nothing" in found.fatal[0].sentence


# What factories leave behind -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("with torch.device('meta'):\n        return layers(spec, None)", "is on torch's meta device"),
        ("torch.set_default_device('meta')\n    return layers(spec, None)", "is on torch's meta device"),
        (
            "n = plain(spec, generator)\n    n.register_buffer('b', torch.zeros(1, device='meta'))\n    return n",
            "b of",
        ),
        (
            "n = plain(spec, generator)\n    n[0].weight = nn.Parameter(n[0].weight.data.to_sparse())\n    return n",
            "has the layout torch.sparse_coo",
        ),
    ],
    ids=["meta", "by default", "a buffer", "sparse"],
)
def test_tensors_without_numbers_are_told_in_a_sentence(own: Callable[[str], Any], body: str, said: str) -> None:
    module = own(f"def net(spec, generator):\n    {body}\n")
    (fatal,) = flown(f"{module.__name__}:net", "preflight/*", "audit/*").fatal
    assert said in fatal.sentence
    assert "make dense tensors, on the CPU" in fatal.sentence
    assert default_device() == torch.device("cpu")


def test_a_default_dtype_that_a_factory_sets_is_its_own(own: Callable[[str], Any]) -> None:
    wide = "    torch.set_default_dtype(torch.float64)\n    return plain(spec, generator).float()\n"
    module = own(f"def net(spec, generator):\n{wide}")
    assert flown(f"{module.__name__}:net", "preflight/sound").fatal == ()
    assert torch.get_default_dtype() == torch.float32


def test_one_module_for_all_is_told_as_that(own: Callable[[str], Any]) -> None:
    module = own("kept = nn.Linear(49, 4)\ndef net(spec, generator):\n    return kept\n")
    settings = Settings(7, level_named("quick"), architectures=(f"{module.__name__}:net",))
    found = preflight(settings.architectures[0], settings, PaperTheory(), [suite_claims()["preflight/sound"]])
    assert "returns one and the same module at every call" in found.fatal[0].sentence


# Lines to paste ------------------------------------------------------------------------------------------------


ODD = """
class Learnt(nn.Module):
    def __init__(self, spec, generator):
        super().__init__()
        self.net, self.scale = plain(spec, generator), nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.scale * self.net(x)


class Builder:
    def net(self, spec, generator):
        return plain(spec, generator)


bound = Builder().net
"""


@pytest.mark.parametrize("name", ["Learnt", "bound", "plain"])
def test_lines_to_paste_stand_where_they_are_pasted(own: Callable[[str], Any], tmp_path: Path, name: str) -> None:
    module = own(ODD)
    said = list(lines(flown(f"{module.__name__}:{name}", "thm4.1/entries-variance")))
    pasted = [line.strip() for line in said if line.startswith("    ")]
    assert any(f"{name}.scale = " in line for line in pasted)
    assert (pasted[0] == f"# {name} takes no attributes: audit a function that calls it, and declare beside that") is (
        name == "bound"
    )
    again = f"pasted_{module.__name__}"
    (tmp_path / f"{again}.py").write_text("\n".join([LAYERS + ODD, *pasted]))
    assert flown(f"{again}:{name}", "preflight/sound").fatal == ()


def test_the_advice_of_torch_on_slow_stacks_is_none_to_the_user(
    own: Callable[[str], Any], recwarn: pytest.WarningsRecorder
) -> None:
    text = "def net(spec, generator):\n    n = plain(spec, generator)\n"
    module = own(f"{text}    nn.utils.parametrizations.weight_norm(n[0])\n    return n\n")
    list(lines(flown(f"{module.__name__}:net", "preflight/*")))
    assert not [one for one in recwarn if "performance drop" in str(one.message)]
    assert sys.modules[module.__name__] is module
