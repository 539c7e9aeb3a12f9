"""The door in for what a question shows beside its words: its files, by the names its document gives them."""

from __future__ import annotations

from headway.core.shared.errors import NotFound
from headway.records.items.models import Item, ItemFile
from headway.records.library.models import StoredFile


def document_of(uuid: str) -> str:
    """Return the document of a question, for whoever holds a pass to it. Raises NotFound where there is none."""
    found = Item.objects.filter(uuid=uuid).values_list("document", flat=True).first()
    if found is None:
        raise NotFound
    return found


def file_of(uuid: str, name: str) -> StoredFile:
    """Return a question's file without its content; a script may be named without its ending. Raises NotFound."""
    rows = ItemFile.objects.filter(item__uuid=uuid, path__in=(name, f"{name}.js")).order_by("path")
    found = rows.select_related("file").defer("file__content").first()
    if found is None:
        raise NotFound
    return found.file
