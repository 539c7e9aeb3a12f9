"""Imports that a person began on a page, carried out beside the requests."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django_tasks import task

from headway.core.shared.errors import HeadwayError, gettext_noop
from headway.exchange.intake.recognising import FORMATS, TABLE, recognise
from headway.exchange.shared.import_report import FileRefused, plain
from headway.exchange.shared.packages import unpack
from headway.records.library import deliveries, stored

if TYPE_CHECKING:
    from headway.exchange.table.reading import Look
    from headway.records.library.models import Delivery, StoredFile
    from headway.records.roster.models import Organisation

log = logging.getLogger("headway.tasks")
GONE = gettext_noop("The file itself is not here any more. Choose it again.")
NO_READER = gettext_noop("Files of this kind cannot be read here yet.")
WENT_WRONG = gettext_noop("Something went wrong here ({kind}). Nothing was changed; the server’s log says more.")
OVER = frozenset({"done", "refused"})
UNPACKED_ENDINGS = (".gz", ".zst")


def begin(*, delivery: Delivery, options: dict[str, Any], at: datetime) -> None:
    """Let an import begin, or begin again: it is carried out when its turn comes."""
    deliveries.start_delivery(delivery=delivery, options=options, by=delivery.started_by, at=at)
    bringing_in.enqueue(delivery.pk)


@task()
def bringing_in(delivery_number: int) -> None:
    """Carry an import out. A task has no page or command above it, so the clock is read here."""
    carry_out(delivery_number, at=timezone.now())


def carry_out(delivery_number: int, *, at: datetime) -> None:
    """Carry an import out unless somebody is at it; a refusal is written into its report, not raised."""
    delivery = stored.delivery_numbered(delivery_number)
    if delivery is None or not deliveries.take_up_delivery(delivery=delivery, by=delivery.started_by, at=at):
        return
    try:
        if delivery.original is None:
            raise FileRefused(GONE)
        with TemporaryDirectory(prefix="headway-intake-") as folder:
            _hand_over(delivery, put_down(delivery.original, Path(folder)), at)
    except HeadwayError as problem:
        _refuse(delivery, problem.sentence, plain(problem.facts), at)
    except Exception as problem:
        # Whatever a file does to its reader, its person gets a sentence, and the next import its turn.
        log.exception("Delivery %s could not be carried out.", delivery.pk)
        _refuse(delivery, WENT_WRONG, {"kind": type(problem).__name__}, at)


def _hand_over(delivery: Delivery, path: Path, at: datetime) -> None:
    """Give the file to the reader of its standard; what a reader returns is in the delivery then."""
    options = delivery.options
    given: dict[str, Any] = {"by": delivery.started_by, "at": at, "school": delivery.school}
    if delivery.format == TABLE:
        given |= {
            "source": delivery.source,
            "wishes": options.get("columns") or {},
            "language": options.get("language") or "en",
        }
    _reader(FORMATS[delivery.format].folder)(path, name=delivery.name, delivery=delivery, **given)


def _reader(folder: str) -> Any:
    try:
        return import_module(f"headway.exchange.{folder}.reading").take_file
    except ModuleNotFoundError as missing:
        raise FileRefused(NO_READER) from missing


def _refuse(delivery: Delivery, sentence: str, facts: dict[str, Any], at: datetime) -> None:
    found = stored.delivery_numbered(delivery.pk)
    if found is None or found.state in OVER:
        return
    report = {"refused": True, "place": str(facts.get("place", "")), "sentence": sentence, "facts": facts}
    # The end is told some time after the beginning, or the page would think that nobody is at it.
    ended = max(at, (found.seen_at or at) + timedelta(seconds=0))
    deliveries.refuse_delivery(delivery=found, report=report, by=found.started_by, at=ended)


def put_down(original: StoredFile, folder: Path) -> Path:
    """Write a stored original into a folder under its own name, and return where it lies."""
    path = folder / (original.name or "file")
    path.write_bytes(stored.content_of(original))
    return path


def recognised(path: Path) -> str:
    """Return what a file as it was given is; .gz and .zst are unpacked for looking."""
    if path.suffix.casefold() not in UNPACKED_ENDINGS:
        return recognise(path)
    with TemporaryDirectory(prefix="headway-intake-") as folder:
        unpacked = Path(folder) / "file"
        unpack(path, unpacked)
        return recognise(unpacked)


def look_at_table(
    original: StoredFile, *, source: str, school: Organisation | None, wishes: dict[str, str] | None = None
) -> Look:
    """Look at a table that was given: its columns and its first rows.

    Raises FileRefused where it is no table, RuleBroken where a wish names what is not there.
    """
    from headway.exchange.table.reading import look  # noqa: PLC0415  a page that asks for something else needs no table

    with TemporaryDirectory(prefix="headway-intake-") as folder:
        return look(put_down(original, Path(folder)), source=source, school=school, wishes=wishes)
