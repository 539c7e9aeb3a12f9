"""Compiled functions, kept between starts.

Numba keeps what it compiled beside the source, but looks only at the one file a function stands in: a change in `ledger.py`
would leave stale code in `fitting.py`. So the place where it is kept is named after the text of all of them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numba

_HERE = Path(__file__).parent


def _fingerprint() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(_HERE.glob("*.py")):
        text = source.read_bytes()
        if b"njit" in text:
            digest.update(text)
    return digest.hexdigest()[:16]


def _folder() -> Path:
    beside = _HERE / "__pycache__"
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside / f"compiled-{_fingerprint()}"
    return Path(tempfile.gettempdir()) / f"headway-{os.getuid()}-compiled-{_fingerprint()}"


if not getattr(numba.config, "CACHE_DIR", ""):
    vars(numba.config)["CACHE_DIR"] = str(_folder())

njit = numba.njit
