"""Somebody else's code: loaded by name, and run so that whatever it raises becomes one sentence."""

from __future__ import annotations

import contextlib
import dis
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from mfcheck.given import is_import_path, meant

Acted = TypeVar("Acted")


@dataclass(frozen=True, eq=False)
class Itself:
    """An object as a key, by what it is: whatever it equals, and whether or not it has a hash."""

    one: object

    def __hash__(self) -> int:
        return id(self.one)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.one is other.one


@contextlib.contextmanager
def foreign_code(refusal: Callable[[str], Exception]) -> Iterator[None]:
    """Run somebody else's code: whatever it raises, sys.exit and pytest.skip too, becomes the refusal of that reason.

    Only Ctrl-C goes through.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise refusal(f"{type(error).__name__}: {' '.join(str(error).split())}") from error


def raised_on_purpose(error: BaseException, module: str) -> bool:
    """Whether a `raise` written in a module's own code, in what stands beside it or in ours brought up this error.

    One that a function of Python's or of an installed library found is an accident, as `math.log(-1)` is.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return True
    code, top = last.tb_frame.f_code, str(last.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
    if code.co_code[last.tb_lasti] != dis.opmap["RAISE_VARARGS"] or top in sys.stdlib_module_names:
        return False
    installed = "site-packages" in code.co_filename or "dist-packages" in code.co_filename
    return not installed or top in (__package__, module.partition(".")[0])


@contextlib.contextmanager
def calm_warnings() -> Iterator[None]:
    """Warnings are shown and are never errors, whatever an ini file, -W or PYTHONWARNINGS says.

    A claim's verdict must not depend on the folder that it was decided in.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def offer_folder(folder: str = "") -> None:
    """Let what lies in a folder be imported, as theories and factories of the current one are, whichever that is."""
    if folder not in sys.path:
        sys.path.insert(0, folder)


def load_object(path: str, what: str) -> object:
    """The object at package.module:name; ValueError naming `what` and the path when it cannot be had.

    What the module prints while it is imported goes to standard error: standard output is the caller's.
    """
    if not is_import_path(path):
        hint = "; of a file write its name without .py, and run where it lies" if ".py:" in path or "/" in path else ""
        raise ValueError(f"{what} {path!r} does not read as package.module:name{hint}")
    module_name, name = path.split(":")
    with foreign_code(lambda why: ValueError(f"{what} {path!r} cannot be imported: {why}")):
        module = sys.modules.get(module_name) or _imported(module_name)
        there, found = hasattr(module, name), getattr(module, name, None)
    if not there:
        near = meant(name, (other for other in vars(module) if not other.startswith("_")))
        raise ValueError(f"{what} {path!r} cannot be imported: module {module_name!r} has no {name!r}{near}")
    return found


def _imported(module_name: str) -> ModuleType:
    with calm_warnings(), contextlib.redirect_stdout(sys.stderr):
        return import_with_torchvision(module_name)


_kept: list[Any] = []
"""Definitions that go when their library goes."""


def import_with_torchvision(name: str) -> ModuleType:
    """A module that may need torchvision."""
    return with_torchvision(lambda: importlib.import_module(name))


def with_torchvision(act: Callable[[], Acted]) -> Acted:
    """What an act gives that may import torchvision, also one built for CUDA next to a torch built without.

    Package indexes pair them so. Its compiled operators are then missing, and with them detection models; data sets and
    other models are not. The act is begun again once they are declared.
    """
    try:
        return act()
    except RuntimeError as error:
        torch: Any = sys.modules.get("torch")
        if torch is None or torch.version.cuda is not None or "torchvision::nms" not in str(error) or _kept:
            raise
        library = torch.library.Library("torchvision", "DEF")
        for operator_name in ("nms", "qnms"):
            library.define(f"{operator_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept.append(library)
        return act()


def load_factory(path: str) -> Callable[..., object]:
    """The factory of networks at package.module:factory; ValueError when it cannot be imported or called."""
    factory = load_object(path, "architecture")
    if not callable(factory):
        raise ValueError(f"architecture {path!r} is not callable: a factory takes a NetworkSpec and a generator")
    if not isinstance(factory, type) and hasattr(factory, "named_parameters"):
        raise ValueError(
            f"architecture {path!r} is a network that has been made: name its class, or a function that makes another "
            "for every draw"
        )
    return factory
