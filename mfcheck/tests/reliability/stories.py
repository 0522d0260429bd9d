"""What can befall a run, each told in the scene of its folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from mfcheck.tests.reliability.comparison import held, in_report
from mfcheck.tests.reliability.scenes import SEED, Scene

Story = Callable[[Scene], object]


def struck(strike: str, *arguments: str) -> Story:
    """A run that is struck once, and gone on with."""

    def tell(scene: Scene) -> None:
        scene.try_run(*SEED, *arguments, strike=strike)
        scene.look()
        scene.go_on(*arguments)

    return tell


def struck_again(*blows: str) -> Story:
    """A run that is struck, gone on with, and struck again while it goes on."""

    def tell(scene: Scene) -> None:
        for place, strike in enumerate(blows):
            ended = scene.try_run(*("--mf-resume",) if place else SEED, strike=strike, mark=f"struck-{place}")
            if ended.refused:
                scene.amiss.append("what was found was not gone on with")
        scene.look()
        scene.go_on()

    return tell


def damaged(damage: Callable[[Path], object]) -> Story:
    """A report folder that is damaged after its run was killed; the killed run is one for all such stories."""

    def tell(scene: Scene) -> None:
        if scene.whole.killed.exists():
            shutil.rmtree(scene.folder)
            shutil.copytree(scene.whole.killed, scene.folder)
        else:
            scene.try_run(*SEED, strike="cell, 5, kill")
            shutil.copytree(scene.folder, scene.whole.killed)
        damage(scene.reports)
        scene.go_on()

    return tell


def foreign(name: str) -> Story:
    """A killed run in whose folder a file of another run, with another seed, takes the place of its own."""

    def tell(scene: Scene) -> None:
        strike = "cell, 5, kill"
        scene.try_run("--mf-seed", "8", strike=strike, mark="struck-other")
        theirs = (scene.reports / name).read_bytes()
        shutil.rmtree(scene.reports)
        scene.try_run(*SEED, strike=strike)
        (scene.reports / name).write_bytes(theirs)
        # The other run's seed is no fault of this one: what must not be mixed are the findings.
        ended = scene.try_run(*SEED, "--mf-resume")
        if not ended.refused:
            scene.amiss.append(f"{name} of another run was taken over")
        scene.try_run(*SEED)

    return tell


def poisoned(poison: Callable[[Path], object]) -> Story:
    """A run that finds draws which another has kept, damaged since."""

    def tell(scene: Scene) -> None:
        shutil.copytree(scene.whole.cache, scene.cache)
        poison(scene.cache)
        scene.try_run(*SEED)

    return tell


def beside(*second: str, first: str = "") -> Story:
    """A run that finds another at work in its report folder, is refused, and does it no harm.

    The one at work is `first` struck and goes on, or has just begun.
    """

    def tell(scene: Scene) -> None:
        if first:
            scene.try_run(*SEED, strike=first, mark="struck-first")
        at_work = scene.start(*("--mf-resume",) if first else SEED, strike="draw, 2, wait")
        _wait_for(scene.folder / "struck-0")
        other = scene.try_run(*second)
        if not other.refused:
            scene.amiss.append("a second run was let into the folder")
        (scene.folder / "go").touch()
        scene.end(at_work)

    return tell


def sharing(scene: Scene) -> None:
    """Two runs at once that share the kept draws and write to folders of their own."""
    other = scene.start(*SEED, "--mf-report", "elsewhere")
    scene.try_run(*SEED)
    scene.end(other)
    scene.before += held(scene.whole.findings, in_report(scene.folder / "elsewhere" / "report.json"))


def _wait_for(file: Path) -> None:
    for _ in range(3000):
        if file.exists():
            return
        time.sleep(0.02)
    raise TimeoutError(f"{file} never came")


def refused_then(prepare: Callable[[Scene], object], mend: Callable[[Scene], object]) -> Story:
    """A report folder that cannot be used: the run is refused before any work, and a later one ends as it should."""

    def tell(scene: Scene) -> None:
        prepare(scene)
        try:
            if not scene.try_run(*SEED).refused:
                scene.amiss.append("a folder that cannot be written was not refused")
        finally:
            mend(scene)
        scene.try_run(*SEED)

    return tell
