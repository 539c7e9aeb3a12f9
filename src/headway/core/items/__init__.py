"""Questions: read, shown and marked without a database."""

from headway.core.items.numbers import read_number, same_algebra
from headway.core.items.old_document import KINDS, Item, ItemInvalid, parse_item
from headway.core.items.old_face import Face, Field, face, hints_shown
from headway.core.items.old_processing import Marking, Response, guess_chance, key_response, mark, read_response

__all__ = [
    "KINDS",
    "Face",
    "Field",
    "Item",
    "ItemInvalid",
    "Marking",
    "Response",
    "face",
    "guess_chance",
    "hints_shown",
    "key_response",
    "mark",
    "parse_item",
    "read_number",
    "read_response",
    "same_algebra",
]
