"""Evidence rows as the learner model reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from headway.core.evidence.values import Piece, PieceKind, Word
from headway.records.evidence.models import Evidence


def piece_of(row: Evidence, *, with_names: bool = True) -> Piece:
    """Return an evidence row as the learner model reads it; without names nothing more is read for it."""
    return Piece(
        id=str(row.client_id),
        kind=PieceKind(row.kind),
        happened_at=row.happened_at,
        score=row.score,
        hints_used=row.hints_used,
        attempt=row.attempt,
        on_paper=row.on_paper,
        difficulty=row.difficulty,
        guess=row.guess_chance,
        level=row.level,
        levels=row.levels,
        by=row.by.formal_name if with_names and row.by_id and row.by else "",
        corrects=str(row.corrects.client_id) if row.corrects_id and row.corrects else None,
        words=row.words,
        what=row.resource.title if with_names and row.resource_id and row.resource else "",
        settles_as=Word(row.settles_as) if row.settles_as else None,
        expires_on=row.expires_on,
        competency=row.competency_id,
    )


_BARE = (
    "client_id", "kind", "happened_at", "score", "hints_used", "attempt", "on_paper", "difficulty", "guess_chance", "level",
    "levels", "corrects__client_id", "settles_as", "expires_on", "competency_id",
)  # fmt: skip


def _bare_piece(values: Sequence[Any]) -> Piece:
    (
        client_id, kind, happened_at, score, hints, attempt, paper, difficulty, guess, level, levels, corrects, word, ends, pk,
    ) = values  # fmt: skip
    return Piece(
        id=str(client_id),
        kind=PieceKind(kind),
        happened_at=happened_at,
        score=score,
        hints_used=hints,
        attempt=attempt,
        on_paper=paper,
        difficulty=difficulty,
        guess=guess,
        level=level,
        levels=levels,
        corrects=str(corrects) if corrects else None,
        settles_as=Word(word) if word else None,
        expires_on=ends,
        competency=pk,
    )


def pieces_of(
    student_ids: Iterable[int], competency_ids: Iterable[int] | None = None, *, known_by: datetime | None = None
) -> dict[int, list[Piece]]:
    """Return the pieces of students, without names and words, by student id.

    With `known_by` only what had come in by then: late work is not yet there.
    """
    rows = Evidence.objects.filter(student__in=list(student_ids)).order_by()
    if competency_ids is not None:
        rows = rows.filter(competency__in=list(competency_ids))
    if known_by is not None:
        rows = rows.filter(received_at__lte=known_by)
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for student_id, *values in rows.values_list("student_id", *_BARE).iterator(chunk_size=5000):
        pieces[student_id].append(_bare_piece(values))
    return pieces


def evidence_row_ids(pieces: Iterable[Piece]) -> dict[str, int]:
    """Return the primary keys of pieces by their ids."""
    ids = [piece.id for piece in pieces]
    rows = Evidence.objects.filter(client_id__in=ids).values_list("client_id", "pk") if ids else ()
    return {str(client_id): pk for client_id, pk in rows}
