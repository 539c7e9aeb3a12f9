"""Questions as documents of QTI 3: read, shown, marked and printed without a database."""

from headway.core.items.document import Item, ItemInvalid, Missing, parse_item
from headway.core.items.face import Face, face
from headway.core.items.forms import form_of, read_response
from headway.core.items.numbers import read_number, same_algebra
from headway.core.items.plain import hints_of, read_plain, worked_example_of, write_plain
from headway.core.items.session import (
    Marking,
    Response,
    Session,
    answer,
    begin,
    changes_by_answer,
    guess_chance,
    is_marked_by_person,
    key_response,
    kind_word,
    mark,
    marking_of,
    missing_in,
    prompt_of,
)

__all__ = [
    "Face",
    "Item",
    "ItemInvalid",
    "Marking",
    "Missing",
    "Response",
    "Session",
    "answer",
    "begin",
    "changes_by_answer",
    "face",
    "form_of",
    "guess_chance",
    "hints_of",
    "is_marked_by_person",
    "key_response",
    "kind_word",
    "mark",
    "marking_of",
    "missing_in",
    "parse_item",
    "prompt_of",
    "read_number",
    "read_plain",
    "read_response",
    "same_algebra",
    "worked_example_of",
    "write_plain",
]
