"""Mastery in words: marked for translation here, translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from headway.core.evidence.values import Piece, PieceKind
from headway.core.shared.errors import gettext_noop

RIGHT_ALONE = gettext_noop("Right on “{what}”, without help")
RIGHT_WITH_HINTS = gettext_noop("Right on “{what}”, with hints: {hints}")
RIGHT_LATER = gettext_noop("Right on “{what}”, on try {attempt}")
PARTLY_RIGHT = gettext_noop("Partly right on “{what}”: {percent} of 100")
NOT_YET = gettext_noop("Not yet right on “{what}”")
SEEN_LEVELS = (
    gettext_noop("{by} saw it not there yet: {words}"),
    gettext_noop("{by} saw it done with help: {words}"),
    gettext_noop("{by} saw it done alone: {words}"),
    gettext_noop("{by} saw it used in a new place: {words}"),
)
RATED = gettext_noop("{by} rated “{what}” level {level} of {levels}: {words}")
TALKED = gettext_noop("In a talk with {by}: {words}")
JUDGED = gettext_noop("{by} judged it and said why: {words}")
OWN_VIEW = gettext_noop("Own view, shown but not counted: {words}")

OTHER_WORK = gettext_noop("Work on other skills, pieces: {pieces}")
TIME_PASSED = gettext_noop("Time since the newest piece, days: {days}")

BEST_GUESS = gettext_noop("Best guess {percent}%, likely {low} to {high}, from {pieces} pieces")
NO_EVIDENCE = gettext_noop("No evidence yet, so nothing is claimed.")


def contribution_words(piece: Piece) -> tuple[str, Mapping[str, object]]:
    """Return the sentence of one piece and the facts to put into it."""
    facts: dict[str, object] = {"what": piece.what or "–", "by": piece.by or "–", "words": piece.words}
    if piece.kind is PieceKind.ANSWER:
        if piece.score <= 0.01:
            return NOT_YET, facts
        if piece.score < 0.99:
            return PARTLY_RIGHT, facts | {"percent": round(100 * piece.score)}
        if piece.hints_used:
            return RIGHT_WITH_HINTS, facts | {"hints": piece.hints_used}
        return (RIGHT_LATER, facts | {"attempt": piece.attempt}) if piece.attempt > 1 else (RIGHT_ALONE, facts)
    if piece.kind is PieceKind.SELF:
        return OWN_VIEW, facts
    if piece.kind is PieceKind.JUDGEMENT:
        return JUDGED, facts
    if piece.kind is PieceKind.CONFERENCE:
        return TALKED, facts
    if piece.kind is PieceKind.OBSERVATION and piece.level is not None and piece.levels == len(SEEN_LEVELS):
        return SEEN_LEVELS[min(max(piece.level, 0), len(SEEN_LEVELS) - 1)], facts
    level = (piece.level if piece.level is not None else round(piece.score * 4)) + 1
    return RATED, facts | {"level": level, "levels": piece.levels or 5}
