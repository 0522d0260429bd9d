"""The `--mf-…` options and their `MFCHECK_…` mirrors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mfcheck.given import check_text, meant, switch

if TYPE_CHECKING:
    import pytest

OPTIONS = {
    "level": "level of effort: glance, quick, standard or paper (default quick)",
    "architecture": "vanilla, residual or package.module:factory; repeatable (default vanilla and residual)",
    "input": "shape of the inputs of architectures of one's own: 784, or 3x32x32 (default their attribute input_shape)",
    "outputs": "number of their outputs (default their attribute outputs)",
    "scale": "measured scale of one of them, package.module:factory=4.0, as its pre-flight found it; repeatable",
    "theory": "package.module:Theory, a subclass of mfcheck.PaperTheory to put on trial",
    "seed": "root seed of all draws (default: a fresh one, printed)",
    "alpha": "error rate of one decision, at most 0.5 (default 1e-6)",
    "device": "auto, cpu, cuda or cuda:N (default auto)",
    "dataset": "inputs of claims that look at one: digits, mnist, fashion-mnist or noise (default digits)",
    "data_dir": "folder of mnist and fashion-mnist (default Debian's for fashion-mnist, then a user's cache)",
    "claim": "run only the claims with this id or glob; repeatable",
    "expected": "TOML file of refutations declared in advance, beside the suite's own expected.toml",
    "report": "folder of report.json, report.md and report.html (default reports)",
    "backend": "who draws: serial (this process), loky (processes of this machine), dask or ray (default serial)",
    "scheduler": "address of a dask or ray cluster that is there already (default a local one, for this run)",
    "workers": "processes that draw, of all test processes together (default as many as cores may be used)",
    "time_budget": "start no cell after so long, 90s, 10m or 1h30m; the run can be gone on with (default no limit)",
    "baseline": "an older report.json, or what mfcheck baseline kept of it; the run fails if it falls behind that",
}
REPEATABLE = ("architecture", "claim", "scale")
NO_CACHE, DOWNLOAD, RESUME = "no_cache", "download", "resume"
FLAGS = {
    NO_CACHE: "draw everything anew, keep nothing",
    DOWNLOAD: "let torchvision download a data set that is not there yet",
    RESUME: "go on with the interrupted run in the report folder: its seed, and no finished cell again",
}
PREFIX, YES = "MFCHECK_", "yes"


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Option texts by name from MFCHECK_… variables, of flags those that are on; ValueError for what means nothing."""
    known = {PREFIX + name.upper(): name for name in (*OPTIONS, *FLAGS)}
    found = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    if unknown := sorted(set(found) - set(known)):
        what = f"environment variable {unknown[0]} means nothing to mfcheck{meant(unknown[0], known)}"
        raise ValueError(f"{what}; allowed are {', '.join(known)}")
    texts = {known[name]: value for name, value in found.items() if value}
    for name, value in found.items():
        if known[name] in FLAGS and texts.pop(known[name], "") and switch(name, value):
            texts[known[name]] = YES
        check_text(name, value)
    return texts


def spelt(name: str) -> str:
    """An option's name as it is written out.

    >>> spelt("data_dir")
    '--mf-data-dir'
    """
    return f"--mf-{name.replace('_', '-')}"


def check_spelling(left: Sequence[str]) -> None:
    """Raise pytest's error for arguments that are nobody's option and nearly one of ours, naming that one."""
    names = [spelt(name) for name in (*OPTIONS, *FLAGS)]
    for one in left:
        option = one.split("=")[0]
        if option.startswith("--") and (near := meant(option, names)):
            import pytest

            raise pytest.UsageError(f"option {option!r} is unknown{near}; see pytest --help")


def given_on_command_line(config: pytest.Config) -> bool:
    """Whether any --mf-… option was written out."""
    return bool(from_command_line(config))


def from_command_line(config: pytest.Config) -> dict[str, str]:
    """Option texts by name from --mf-…; repeated ones joined by commas."""
    return texts_of(vars(config.option))


def declare(add: Callable[..., object], *, without: Collection[str] = ()) -> None:
    """Add all options but those `without` to a parser, by its own way of adding one."""
    for name, text in OPTIONS.items():
        if name not in without:
            action = "append" if name in REPEATABLE else "store"
            add(spelt(name), action=action, default=None, help=text, metavar=name.upper())
    for name, text in FLAGS.items():
        add(spelt(name), action="store_true", default=False, help=text)


def texts_of(parsed: Mapping[str, Any]) -> dict[str, str]:
    """Texts by name of the options among parsed ones; repeated ones joined by commas."""
    found = {name: value for name in OPTIONS if (value := parsed.get(f"mf_{name}")) is not None}
    texts = {name: ",".join(value) if name in REPEATABLE else value for name, value in found.items()}
    return texts | {name: YES for name in FLAGS if parsed.get(f"mf_{name}")}
