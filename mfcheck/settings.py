"""The settings of one run (level, seed, theory, data set, …), validated before any work starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mfcheck.architectures import resolve
from mfcheck.datasets.inputs import DATASETS, open_dataset
from mfcheck.given import integer, meant, names_in, number, path_at, positive, shown, whole_number
from mfcheck.imports import load_factory
from mfcheck.spec import ARCHITECTURES, input_shape, positive_integer
from mfcheck.theory import PaperTheory
from mfcheck.theory.loading import PAPER_THEORY, load_theory

LEAST_ALPHA = 1e-100
"""Far below it, tails of the laws that intervals are taken from can no longer be told from 0."""


@dataclass(frozen=True)
class Level:
    """Declared discrepancies δ and the budget of a level (docs/decisions.md#declared-discrepancies).

    `law` is a sup-distance of distribution functions, `slope` an exponent or a slope per layer, `rate` the least share
    of networks. `ratio` is relative, for laws that hold in a limit; `exact` the same for laws that hold at every
    width, where nothing but a wrong formula can differ: at most 0.4 of the 5 % by which the smallest wrong twin is
    off, so that it lies beyond twice the margin. A decision's first look is planned for error alpha and probability
    `beta` of no decision; `looks` bounds the doublings after it.
    """

    name: str
    law: float
    ratio: float
    exact: float
    slope: float
    rate: float
    looks: int
    beta: float = 1e-3
    sharper: int = 1
    """The factor on the draws, and on the width, of claims that pin a constant on sampled networks: at δ = 2 % a
    constant that is 3.5 % off is then refuted by them too."""
    glance: bool = False
    """Whether of its cells only the cheapest that sees each formula is decided."""

    @property
    def title(self) -> str:
        """What a user calls the level: a glance decides as quick does, but in few cells."""
        return GLANCE if self.glance else self.name

    def delta_told(self, times: int = 1) -> str:
        """Where a discrepancy comes from that is so many times this level's own."""
        return f"{times} times δ of level {self.name}" if times > 1 else f"δ of level {self.name}"


GLANCE = "glance"
LEVELS = {
    level.title: level
    for level in (
        Level("quick", law=0.02, ratio=0.05, exact=0.02, slope=0.05, rate=0.99, looks=4, glance=True),
        Level("quick", law=0.02, ratio=0.05, exact=0.02, slope=0.05, rate=0.99, looks=4),
        Level("standard", law=0.01, ratio=0.02, exact=0.01, slope=0.02, rate=0.99, looks=5, sharper=2),
        Level("paper", law=0.005, ratio=0.01, exact=0.005, slope=0.01, rate=0.99, looks=6),
    )
}


def level_named(name: str) -> Level:
    """The level of this name; ValueError naming the ones there are."""
    if name not in LEVELS:
        raise ValueError(f"level {name!r} is unknown{meant(name, LEVELS)}; allowed are {', '.join(LEVELS)}")
    return LEVELS[name]


def levels_above(title: str) -> list[str]:
    """Names of the levels with narrower margins than the one of this title; none above one that is not known.

    >>> levels_above("glance"), levels_above("standard")
    (['standard', 'paper'], ['paper'])
    """
    names = [name for name, level in LEVELS.items() if not level.glance]
    return names[names.index(LEVELS[title].name) + 1 :] if title in LEVELS else []


@dataclass(frozen=True)
class Settings:
    """One run's choices. `theory` and foreign `architectures` are package.module:name; `device` is cpu or cuda[:n].

    Networks of one's own take inputs of `input_shape` and have so many `outputs`, where these are declared; `scales`
    are those measured, by architecture. Raises ValueError, in one sentence with the value and what is allowed, for
    anything unusable.
    """

    seed: int
    level: Level
    alpha: float = 1e-6
    device: str = "cpu"
    dataset: str = "digits"
    theory: str = PAPER_THEORY
    architectures: tuple[str, ...] = ARCHITECTURES
    input_shape: tuple[int, ...] = ()
    outputs: int | None = None
    scales: tuple[tuple[str, float], ...] = ()
    report: Path = Path("reports")
    cache: Path | None = None
    data_dir: Path | None = None
    download: bool = False

    def __post_init__(self) -> None:
        if not LEAST_ALPHA <= self.alpha <= 0.5:
            raise ValueError(f"alpha must lie in [{LEAST_ALPHA:g}, 0.5], got {self.alpha!r}")
        object.__setattr__(self, "seed", integer("seed", self.seed))
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be an integer in 0…2^63−1, got {shown(self.seed)}")
        if self.dataset not in DATASETS:
            near, allowed = meant(self.dataset, DATASETS), ", ".join(DATASETS)
            raise ValueError(f"dataset {self.dataset!r} is unknown{near}; allowed are {allowed}")
        object.__setattr__(self, "architectures", resolve(self.architectures))
        if stray := [name for name, _ in self.scales if name not in self.architectures]:
            raise ValueError(f"scale names {stray[0]!r}, which is none of the run's {', '.join(self.architectures)}")

    @property
    def papers_architectures(self) -> tuple[str, ...]:
        """Those of the run's architectures that are the paper's own."""
        return tuple(name for name in self.architectures if name in ARCHITECTURES)

    def load(self) -> PaperTheory:
        """Import the theory and every foreign architecture and open the data set, so that nothing fails later."""
        check_folder("report folder", self.report)
        for path in self.architectures:
            if path not in ARCHITECTURES:
                load_factory(path)
        if self.data_dir is not None and not os.path.isdir(self.data_dir):
            raise ValueError(f"data folder {str(self.data_dir)!r} is no folder; name an existing one")
        # A missing or corrupt file is named now, not by every claim that looks at an image.
        open_dataset(self.dataset, self.data_dir, download=self.download)
        return load_theory(self.theory)


def settings_from(options: Mapping[str, str | None], *, fresh_seed: int, cache: Path | None) -> Settings:
    """Settings from option texts by name (level, seed, alpha, …); None or absent means the default.

    Several architectures are separated by commas. Raises ValueError for anything that does not parse.
    """
    given = {name: text for name, text in options.items() if text is not None}
    defaults = Settings(seed=0, level=level_named("quick"))
    named = names_in("architecture", given["architecture"]) if "architecture" in given else defaults.architectures
    return Settings(
        seed=whole_number("seed", given["seed"]) if "seed" in given else fresh_seed,
        level=level_named(given.get("level", defaults.level.title)),
        alpha=number("alpha", given["alpha"]) if "alpha" in given else defaults.alpha,
        device=given.get("device", "auto"),
        dataset=given.get("dataset", defaults.dataset),
        theory=given.get("theory", defaults.theory),
        architectures=named,
        input_shape=input_shape(given["input"]) if "input" in given else (),
        outputs=_count("outputs", given["outputs"]) if "outputs" in given else None,
        scales=tuple(map(_scale, names_in("scale", given["scale"]))) if "scale" in given else (),
        report=path_at(given["report"]) if "report" in given else defaults.report,
        cache=cache,
        data_dir=path_at(given["data_dir"]) if "data_dir" in given else None,
        download="download" in given,
    )


def _count(name: str, text: str) -> int:
    return positive_integer(name, whole_number(name, text))


def _scale(text: str) -> tuple[str, float]:
    architecture, equals, value = text.rpartition("=")
    if not equals or not architecture:
        raise ValueError(f"scale must read as package.module:factory=4.0, got {shown(text)}")
    return architecture, positive("scale", number("scale", value))


def check_folder(what: str, folder: Path) -> None:
    """Raise ValueError unless `folder` is one, or could be made, and can be written to."""
    there = folder.absolute()
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not os.path.isdir(there):
        where = "" if there == folder.absolute() else f", since {str(there)!r} is none"
        raise ValueError(f"{what} {str(folder)!r} is no folder{where}; name a folder, new or old")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{what} {str(folder)!r} cannot be written to; name another one")
