"""A stored question on a page: its face drawn, with the addresses of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.safestring import SafeString

from headway.records.items import queries as items
from headway.web.shared.questions.drawing import draw, draw_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.core import items as engine
    from headway.records.items.models import Item


def addresses_of(item: Item) -> Callable[[str], str]:
    """Return what gives the address of a file by the name a question has for it, "" for one that is not there."""
    files = items.files_of([item]).get(item.pk, {})

    def address(path: str) -> str:
        if path.startswith("data:image/"):
            return path
        file = files.get(path)
        return reverse("stored-file", kwargs={"uuid": file.uuid, "name": file.name}) if file is not None else ""

    return address


def draw_question(item: Item, shown: engine.Face, *, is_preview: bool = False) -> SafeString:
    """Return a question as HTML. A preview shows the same and sends nothing: its fields are switched off."""
    return draw(shown, address=addresses_of(item), is_preview=is_preview)


def draw_feedback(item: Item, shown: engine.Face) -> SafeString:
    """Return the feedback that an answer has earned, as HTML; empty where there is none."""
    address = addresses_of(item)
    return SafeString("".join(draw_parts(parts, address=address) for parts in shown.feedback))
