"""What becomes of a file: its report, or the sentence that refuses it. Anything else is a fault of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from headway.exchange.shared.import_report import FileRefused, ImportReport

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
Take = Callable[..., ImportReport]


def outcome(take: Take, path: Path) -> ImportReport | FileRefused:
    """Return the report of taking a file in, or its refusal."""
    try:
        return take(path, by=None, at=AT)
    except FileRefused as refusal:
        return refusal


def sentences(found: ImportReport | FileRefused) -> Iterator[str]:
    """Return every sentence that a person would read of it, with its facts in place."""
    if isinstance(found, FileRefused):
        yield str(found)
        return
    for told in (*found.refused, *found.notes):
        yield told.sentence.format(**told.facts) if told.facts else told.sentence


def is_told_well(found: ImportReport | FileRefused) -> bool:
    """Whether something came in, or at least one whole sentence says why not; none shows its placeholders."""
    told = list(sentences(found))
    taken = not isinstance(found, FileRefused) and any(
        rows.made + rows.changed + rows.unchanged for rows in found.taken.values()
    )
    return (taken or bool(told)) and all(one and "{" not in one and "Traceback" not in one for one in told)


ODD_VALUES: tuple[object, ...] = (None, [], {}, "", "x", 0, -1, 1e308, True, ["a"], [{}], {"@value": 1})


def with_one_odd_value(document: object) -> Iterator[object]:
    """Return copies of a JSON document, each with one value in it replaced by something that nobody expects there."""
    yield from ODD_VALUES
    if isinstance(document, dict):
        for key, value in document.items():
            for odd in with_one_odd_value(value):
                yield {**document, key: odd}
    elif isinstance(document, list):
        for place, value in enumerate(document):
            for odd in with_one_odd_value(value):
                yield [*document[:place], odd, *document[place + 1 :]]
