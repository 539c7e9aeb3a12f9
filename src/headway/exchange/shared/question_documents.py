"""A question of QTI 3 as it is handed to records: with its files, and with what is to be told about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headway.core.items.document import Item, ItemInvalid, item_of, parse_item
from headway.core.items.markup import Node, write_document
from headway.core.items.plain import write_plain
from headway.core.items.session import is_marked_by_person, key_response, kind_word, mark, missing_in
from headway.core.library.values import FileIn, ItemIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import KEY_DOES_NOT_HOLD, CannotBeAsked
from headway.exchange.shared.import_report import Tally
from headway.exchange.shared.question_files import FileKeeper, Find, lines_of, nowhere

LACKS = gettext_noop(
    "A question uses something that is not known here; it is shown without it, and a person says how well it was answered."
)
NO_RULES = gettext_noop("No rule of it gives points, so a person says how well it was answered.")
NO_INTERACTION = gettext_noop("A page to read, without a question.")

# What nobody expects rules for.
_READ_BY_PEOPLE = frozenset({"extended-text", "upload", "drawing", "media", "portable-custom", "custom"})


def question_in(
    root: Node,
    *,
    source_id: str,
    language: str,
    place: str,
    notes: Tally,
    find: Find = nowhere,
    original_name: str = "",
    keeper: FileKeeper | None = None,
) -> ItemIn:
    """Return a question with the files it shows; what is missing is noted with the question, the element and the line.

    A `keeper` has gathered the files of the document before. Raises CannotBeAsked where the document is no question.
    """
    whole = root
    if keeper is None:
        keeper = FileKeeper()
        whole = keeper.with_files(root, find)
    try:
        item = item_of(whole)
    except ItemInvalid as problem:
        raise CannotBeAsked(problem.sentence, **problem.facts) from problem
    for sentence, where in lines_of(keeper.told, place):
        notes.add(sentence, where)
    _note(item, place, notes)
    return ItemIn(
        source_id=source_id,
        document=write_document(whole),
        language=language,
        original_name=original_name,
        files=keeper.files,
    )


def kind_of(question: ItemIn) -> str:
    """Return an everyday word for what a question asks."""
    return kind_word(parse_item(question.document))


def _note(item: Item, place: str, notes: Tally) -> None:
    missing = missing_in(item)
    for one in missing:
        notes.add(LACKS, f"{place}, line {one.line}: {one.element}" if one.line else f"{place}: {one.element}")
    if not item.interactions:
        notes.add(NO_INTERACTION, place)
    elif missing or item.is_adaptive or _is_meant_for_people(item):
        return
    elif is_marked_by_person(item):
        has_key = item.response_processing is not None and _has_key(item, key_response(item))
        notes.add(KEY_DOES_NOT_HOLD if has_key else NO_RULES, place)
    elif not _holds(item):
        notes.add(KEY_DOES_NOT_HOLD, place)


def _is_meant_for_people(item: Item) -> bool:
    """Whether nobody expects rules: something is written, drawn or handed in, or the document says who marks it."""
    return any(one.kind in _READ_BY_PEOPLE for one in item.interactions) or any(
        one.node.get("external-scored") for one in item.declarations.values()
    )


def _has_key(item: Item, key: Mapping[str, Sequence[str]]) -> bool:
    return all(key.get(one.response) for one in item.interactions if one.response)


def _holds(item: Item) -> bool:
    """Whether the right answer that a question declares gets all points by its own rules; one without a whole key is left alone."""
    key = key_response(item)
    return not _has_key(item, key) or mark(item, key).is_right


def plain_question(
    raw: Mapping[str, Any], *, source_id: str, language: str, files: Mapping[str, FileIn] | None = None
) -> ItemIn:
    """Return an everyday question in the plain form as a question of QTI 3."""
    return ItemIn(
        source_id=source_id,
        document=write_plain({**raw, "id": source_id, "language": language}),
        language=language,
        files=files or {},
    )
