"""Functions that are compiled when the first of them is called, and kept between starts.

Two things are done here that Numba does otherwise. It is loaded only when something has to be reckoned: a command that asks
for no estimate starts without it. So `njit` leaves a placeholder; the first call puts the compiled functions in the place of
all placeholders, since compiled functions can only call compiled ones.

And Numba keeps what it compiled beside the source, but looks only at the one file a function stands in: a change in
`ledger.py` would leave stale code in `fitting.py`. So the place where it is kept is named after the text of all of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

_HERE = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]
_FOLDER, _COMPLETE = "compiled-", "complete"
_lock = RLock()
_waiting: list[_Placeholder] = []
_numba: Any = None

F = TypeVar("F", bound=Callable[..., Any])


class _Placeholder:
    """A function that is not compiled yet."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function, self.options = function, options
        self.compiled: Any = None
        self.__doc__, self.__name__ = function.__doc__, function.__name__

    def __call__(self, *arguments: Any) -> Any:
        if self.compiled is None:
            _compile_all()
        return self.compiled(*arguments)


def njit(**options: Any) -> Callable[[F], F]:
    """Return a decorator that compiles a function to machine code, as `numba.njit` does, when it is first needed."""

    def mark(function: F) -> F:
        if _numba is not None:
            return cast("F", _numba.njit(**options)(function))
        placeholder = _Placeholder(function, options)
        _waiting.append(placeholder)
        return cast("F", placeholder)

    return mark


def _compile_all() -> None:
    """Load Numba and put its functions where placeholders stand, in every module that has one."""
    global _numba  # noqa: PLW0603  loaded once for the whole process
    with _lock:
        if _numba is None:
            import numba  # noqa: PLC0415

            if not getattr(numba.config, "CACHE_DIR", ""):
                vars(numba.config)["CACHE_DIR"] = str(folder())
            _numba = numba
        for placeholder in _waiting:
            placeholder.compiled = _numba.njit(**placeholder.options)(placeholder.function)
        _waiting.clear()
        for name, module in list(sys.modules.items()):
            if name.startswith(_PACKAGE):
                for own, value in list(vars(module).items()):
                    if isinstance(value, _Placeholder):
                        setattr(module, own, value.compiled)


def _fingerprint() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    digest = hashlib.sha256(version("numba").encode())
    for source in sorted(_HERE.glob("*.py")):
        text = source.read_bytes()
        if b"njit" in text:
            digest.update(text)
    return digest.hexdigest()[:16]


def folder() -> Path:
    """Return where compiled functions are kept: beside the source, or in the account's own cache where that may not be written.

    Never in a folder that others may write: what is found there is run.
    """
    beside = _HERE / "__pycache__"
    if not os.access(beside if beside.exists() else _HERE, os.W_OK):
        beside = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headway"
    return beside / f"{_FOLDER}{_fingerprint()}"


def is_kept() -> bool:
    """Return whether everything was compiled before, so that a start only loads it."""
    return (folder() / _COMPLETE).exists()


def mark_complete() -> None:
    """Remember that everything is compiled."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / _COMPLETE).touch()


def forget_others() -> None:
    """Delete what was compiled from other versions of the source."""
    own = folder()
    for other in own.parent.glob(f"{_FOLDER}*"):
        if other != own:
            shutil.rmtree(other, ignore_errors=True)
