"""Every import of resources goes through here: rows are read and checked first, then taken in one transaction.

While rows are read nobody waits for the database; what was read is kept in a temporary file. Taking it in is one short
transaction, so a process that is killed at any moment leaves the library as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from headway.core.library.values import CollectionIn, ResourceIn
from headway.exchange.shared.import_report import ImportReport, Steps, Tally

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person


@dataclass(frozen=True, kw_only=True)
class RowRefused:
    """A row that is left out: where it stands, and a sentence that says why and how to mend it."""

    place: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


def deliver(
    rows: Iterable[ResourceIn | RowRefused],
    *,
    standard: str,
    source: str,
    name: str,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    collections: Sequence[CollectionIn] = (),
    total: int | None = None,
    notes: Tally | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take resources in with their alignments, questions, files and collections; the same rows twice change nothing.

    `rows` may be an iterator of any length. `source` and each row's `source_id` name a resource for ever. Alignments name
    competencies by code (any spelling), by identifier or by address; unknown ones are noted. `delivery` is the import that
    a person began on a page; without one a new one is begun. `total` is how many rows are expected, for the bar.
    Raises FileRefused where reading fails as a whole; nothing is taken in then.
    """
    raise NotImplementedError
