"""Where real files lie that others made: beside the project, never in it."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CASE = DATA / "interop" / "case" / "dev"
OATUTOR = DATA / "content" / "resources" / "oatutor" / "oatutor_problems_full.jsonl.zst"
ASSISTMENTS = DATA / "content" / "classroom" / "assistments2009"
LOG = ASSISTMENTS / "assist2009_updated_train.csv.zst"
SKILLS = ASSISTMENTS / "assist2009_updated_skill_mapping.txt.zst"

needs_real_data = pytest.mark.skipif(
    not (OATUTOR.is_file() and LOG.is_file() and SKILLS.is_file() and CASE.is_dir()),
    reason=f"real data is not here: {DATA}",
)
QTI = DATA / "interop" / "qti"
H5P = DATA / "interop" / "h5p"

needs_questions_of_others = pytest.mark.skipif(not QTI.is_dir(), reason=f"questions of others are not here: {QTI}")
