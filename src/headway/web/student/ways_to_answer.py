"""Other ways to answer a question: which there are on a page, its face for one of them, and what was answered that way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headway.core import items as engine
from headway.core.items.formats import face_in, formats_of
from headway.core.items.practising import AnswerFormat, PracticeSettings
from headway.records.items.queries import question, seed_of

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.planning.models import Block

# icons: list-checks pencil-line message-circle notebook-pen
WORDS = {
    AnswerFormat.CHOOSE: (_("Choose"), "list-checks"),
    AnswerFormat.WRITE: (_("Write"), "pencil-line"),
    AnswerFormat.SAY: (_("Say it to a person"), "message-circle"),
    AnswerFormat.PAPER: (_("On paper"), "notebook-pen"),
}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to answer; `is_own` is the one the question was written for."""

    format: AnswerFormat
    words: str
    icon: str
    is_own: bool


def ways_to(document: engine.Item, settings: PracticeSettings) -> list[Way]:
    """Return the ways to answer a question in this set, its own first; fewer than two leave nothing to choose."""
    formats = formats_of(document)
    allowed = [one for place, one in enumerate(formats) if place == 0 or one in settings.formats]
    return [
        Way(format=one, words=str(WORDS[one][0]), icon=WORDS[one][1], is_own=one is formats[0])
        for one in allowed
        if len(allowed) > 1
    ]


def face_as(
    item: Item,
    shown: engine.Face,
    way: AnswerFormat | None,
    block: Block,
    typed: Mapping[str, Sequence[str]] | None,
) -> engine.Face:
    """Return a question's face for a way to answer it, with what was typed."""
    if way is None or not shown.asked:
        return shown
    given = next(iter((typed or {}).get(shown.asked[0].name, ())), "")
    return face_in(question(item), shown, way, seed=seed_of(block.uuid, item), typed=given)


def says_of(way: AnswerFormat | None) -> str:
    """Return what to do for a way of answering that happens away from the page, else ""."""
    if way is AnswerFormat.SAY:
        return gettext("Tell it to your teacher. A few words in the field help to find it again.")
    if way is AnswerFormat.PAPER:
        return gettext("Write or draw it on paper, with your name, and hand it in.")
    return ""
