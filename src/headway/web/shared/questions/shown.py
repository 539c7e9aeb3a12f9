"""A stored question on a page: its face drawn, with the addresses of its files and the names of those given as answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.safestring import SafeString

from headway.records.items import queries as items
from headway.records.planning import queries as planning
from headway.web.shared.frames.custom import frames_of
from headway.web.shared.questions import drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from headway.core import items as engine
    from headway.records.items.models import Item
    from headway.records.library.models import StoredFile
    from headway.records.roster.models import Person

FILE_KINDS = frozenset({"upload", "drawing"})


def addresses_of(item: Item, files: Mapping[str, StoredFile] | None = None) -> Callable[[str], str]:
    """Return what gives the address of a file by the name a question has for it, "" for one that is not there.

    Where many questions are shown, their `files` are asked for together; a question without pictures asks for none.
    """
    known = files

    def address(path: str) -> str:
        nonlocal known
        if path.startswith("data:image/"):
            return path
        if known is None:
            known = items.files_of([item]).get(item.pk, {})
        file = known.get(path)
        return reverse("stored-file", kwargs={"uuid": file.uuid, "name": file.name}) if file is not None else ""

    return address


def draw_question(
    item: Item,
    shown: engine.Face,
    *,
    is_closed: bool = False,
    files: Mapping[str, StoredFile] | None = None,
    student: Person | None = None,
    viewer: Person | None = None,
    seed: int = 0,
    at: datetime | None = None,
) -> SafeString:
    """Return a question as HTML. Closed, it shows the same and nothing in it can be changed.

    `student` is whose files the answer may name. A part with a program of its own plays in a frame for the `viewer`, with the
    session's `seed`, from the moment `at` on; without these it is only told of. The page is then `@around_a_frame`.
    """
    tokens = [token for asked in shown.asked if asked.kind in FILE_KINDS for token in asked.chosen]
    given = planning.work_files_among(student, tokens) if student is not None and tokens else {}
    plays = viewer is not None and at is not None and any(asked.kind == "portable-custom" for asked in shown.asked)
    return drawing.draw(
        shown,
        address=addresses_of(item, files),
        ids=f"q{item.pk}",
        problem="" if is_closed else "problem",
        is_closed=is_closed,
        has_keys=not is_closed,
        file_name=lambda token: given[token].name if token in given else "",
        frame=frames_of(item, viewer, at=at, seed=seed) if plays and viewer is not None and at is not None else None,
    )


def draw_feedback(item: Item, shown: engine.Face) -> SafeString:
    """Return the feedback that an answer has earned, as HTML; "" where there is none."""
    return drawing.draw_feedback(shown, address=addresses_of(item), ids=f"q{item.pk}")
