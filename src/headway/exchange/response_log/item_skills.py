"""Reads which skills an item asks for from the matrix that some logs keep beside them (items in rows, skills in columns).

Such a log numbers *sets* of skills in its skill column; the matrix says which skills a set has.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy import sparse

NAME = "q_mat.npz"
LARGEST_BYTES = 64 * 1024 * 1024


def matrix_beside(log: Path) -> Path | None:
    """Return the path of the matrix beside a log, or None where there is none (or one too large to be one)."""
    path = log.parent / NAME
    return path if path.is_file() and path.stat().st_size <= LARGEST_BYTES else None


def skills_of_cells(path: Path, items_and_cells: Iterable[tuple[str, str]]) -> dict[str, str] | None:
    """Return the skills of each cell of the skill column, parted by "~~", or None where the matrix does not fit the log.

    A matrix fits where every item is one of its rows and all items with one number have the same skills: then nothing in the
    log speaks against it.
    """
    try:
        matrix = sparse.csr_matrix(sparse.load_npz(path))  # type: ignore[no-untyped-call]
    except (OSError, ValueError, KeyError):
        return None
    found: dict[str, str] = {}
    of_skills: dict[str, str] = {}
    for item, cell in items_and_cells:
        if not item.isdecimal() or int(item) >= matrix.shape[0]:
            return None
        skills = "~~".join(str(skill) for skill in np.sort(matrix[int(item)].indices))
        if not skills or found.setdefault(cell, skills) != skills or of_skills.setdefault(skills, cell) != cell:
            return None
    return found
