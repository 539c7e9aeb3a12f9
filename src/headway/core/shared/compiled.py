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
_CORE = _HERE.parent
_PACKAGE = "headway.core"
_FOLDER, _COMPLETE = "compiled-", "complete"
_lock = RLock()
_waiting: list[_Placeholder] = []
_elsewhere: Path | None = None
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
            return cast("F", _compile(function, options))
        placeholder = _Placeholder(function, options)
        _waiting.append(placeholder)
        return cast("F", placeholder)

    return mark


def _compile(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    try:
        return _numba.njit(**options)(function)
    except RuntimeError:
        # Nowhere to keep it: then every start compiles anew, which is slow and works.
        return _numba.njit(**{**options, "cache": False})(function)


def _compile_all() -> None:
    """Load Numba and put its functions where placeholders stand, in every module that has one."""
    global _numba  # noqa: PLW0603  loaded once for the whole process
    with _lock:
        if _numba is None:
            import numba  # noqa: PLC0415

            place = folder()
            if place is not None and not getattr(numba.config, "CACHE_DIR", ""):
                vars(numba.config)["CACHE_DIR"] = str(place)
            _numba = numba
        for placeholder in _waiting:
            placeholder.compiled = _compile(placeholder.function, placeholder.options)
        _waiting.clear()
        for name, module in list(sys.modules.items()):
            if name.startswith(_PACKAGE):
                for own, value in list(vars(module).items()):
                    if isinstance(value, _Placeholder):
                        setattr(module, own, value.compiled)


def _fingerprint() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    digest = hashlib.sha256(version("numba").encode())
    for source in sorted(_CORE.rglob("*.py")):
        text = source.read_bytes()
        if b"njit" in text:
            digest.update(text)
    return digest.hexdigest()[:16]


def keep_in(place: Path) -> None:
    """Say where compiled functions may be kept when the source's own folder cannot be written: a place of the account's own.

    What is found there is run, so others must not be able to write it.
    """
    global _elsewhere  # noqa: PLW0603  where a process keeps things is known when it starts
    _elsewhere = place


def folder() -> Path | None:
    """Return where compiled functions are kept: beside the source, else in the place of `keep_in`, else nowhere."""
    beside = _HERE / "__pycache__"
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside / f"{_FOLDER}{_fingerprint()}"
    if _elsewhere is not None and os.access(_elsewhere, os.W_OK):
        return _elsewhere / f"{_FOLDER}{_fingerprint()}"
    return None


def is_kept() -> bool:
    """Return whether everything was compiled before, so that a start only loads it."""
    place = folder()
    return place is not None and (place / _COMPLETE).exists()


def mark_complete() -> None:
    """Remember that everything is compiled."""
    place = folder()
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        (place / _COMPLETE).touch()


def forget_others() -> None:
    """Delete what was compiled from other versions of the source."""
    own = folder()
    for other in own.parent.glob(f"{_FOLDER}*") if own is not None else ():
        if other != own:
            shutil.rmtree(other, ignore_errors=True)
