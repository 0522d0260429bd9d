"""Small disks to be filled or set read-only under a run, where this machine lets one mount them."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mfcheck.tests.reliability.scenes import SEED, Scene
from mfcheck.tests.reliability.stories import Story, refused_then


@contextlib.contextmanager
def disk(folder: Path, options: str) -> Iterator[None]:
    """A disk of its own in a folder for as long as this lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True, capture_output=True)


def can_mount() -> bool:
    """Whether this user may mount a disk at all."""
    try:
        with tempfile.TemporaryDirectory() as folder, disk(Path(folder), "size=64k"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def in_a_run(strike: str) -> Story:
    """The report folder's disk, of little more than a report may take, fills or turns read-only under the run."""

    def tell(scene: Scene) -> None:
        with disk(scene.reports, "size=18m"):
            (scene.reports / "report.md").write_text("of an earlier run")
            scene.try_run(*SEED, strike=strike)
            if "read-only" in strike:
                subprocess.run(["umount", scene.reports], check=True)
            (scene.reports / "filler").unlink(missing_ok=True)
            scene.look()
            scene.go_on()
            kept = shutil.copytree(scene.reports, scene.folder / "kept")
        shutil.copytree(kept, scene.reports, dirs_exist_ok=True)

    return tell


def for_reports(options: str) -> Story:
    """A report folder on a disk that is full or read-only from the beginning, and writable later."""

    def tell(scene: Scene) -> None:
        with disk(scene.reports, options):
            scene.try_run(*SEED)
        if not scene.ended[-1].refused:
            scene.amiss.append("a disk that cannot hold the report was not refused")
        scene.try_run(*SEED)

    return tell


def for_draws(options: str) -> Story:
    """Draws that cannot be kept, or not all of them, for want of a disk to write to."""

    def tell(scene: Scene) -> None:
        with disk(scene.folder / ".pytest_cache", options):
            scene.try_run(*SEED)

    return tell


def in_the_way(lay: str) -> Story:
    """Something else stands where the report folder should be."""

    def prepare(scene: Scene) -> None:
        if lay == "file":
            scene.reports.write_text("")
        else:
            scene.reports.symlink_to(scene.folder / "gone" / "away")

    return refused_then(prepare, lambda scene: scene.reports.unlink())
