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
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

_HERE = Path(__file__).parent
_PACKAGE = __name__.rpartition(".")[0]
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
    """Return where compiled functions are kept: beside the source, or with temporary files where that may not be written."""
    beside = _HERE / "__pycache__"
    name = f"compiled-{_fingerprint()}"
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside / name
    return Path(tempfile.gettempdir()) / f"headway-{os.getuid()}-{name}"


def is_kept() -> bool:
    """Return whether functions were compiled before, so that a start only loads them."""
    return any(folder().rglob("*.nbc"))
