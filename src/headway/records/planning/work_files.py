"""Files that students give as answers: kept once, seen by the student and by those who may see the student's work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from headway.core.library.safe_files import check_file
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.planning import checks
from headway.records.planning.models import Block, WorkFile
from headway.records.roster.models import Person
from headway.records.roster.queries import visible_students

LARGEST_MEGABYTES = 20
MOST_IN_A_BLOCK = 30
TOO_MANY = gettext_noop("There are already {most} files in this task. Use one of them, or ask your teacher.")


@transaction.atomic
def keep_work_file(*, block: Block, name: str, content: bytes, by: Person, at: datetime) -> WorkFile:
    """Keep a file that a student gives as an answer; the same content again is the same file.

    Raises RuleBroken with a sentence where it is too large, of a kind that could do harm, or one too many.
    """
    checks.check_at_work(block)
    digest = hashlib.sha256(content).hexdigest()
    kept = WorkFile.objects.filter(student=by, block=block, sha256=digest).defer("content").first()
    if kept is not None:
        return kept
    if WorkFile.objects.filter(student=by, block=block).count() >= MOST_IN_A_BLOCK:
        raise RuleBroken(TOO_MANY, most=MOST_IN_A_BLOCK)
    safe = check_file(name, content, most_megabytes=LARGEST_MEGABYTES)
    made = WorkFile.objects.create(
        student=by,
        block=block,
        sha256=digest,
        name=safe.name,
        media_type=safe.media_type,
        size_bytes=len(content),
        content=content,
        added_at=at,
    )
    audit.record("work_file.kept", made, by=by, at=at, size_bytes=made.size_bytes)
    return made


def work_file_for(viewer: Person, uuid: UUID) -> WorkFile:
    """Return a file with its content: the viewer's own, or one of a student whose work the viewer may see."""
    found = WorkFile.objects.filter(uuid=uuid, student__in=visible_students(viewer)).first()
    if found is None:
        raise NotFound
    return found


def work_files_among(student: Person, tokens: Iterable[str]) -> dict[str, WorkFile]:
    """Return a student's own files by the UUIDs that stand in answers, without their content."""
    uuids = set()
    for token in tokens:
        try:
            uuids.add(UUID(token))
        except ValueError:
            continue
    rows = WorkFile.objects.filter(student=student, uuid__in=uuids).defer("content") if uuids else ()
    return {str(row.uuid): row for row in rows}
