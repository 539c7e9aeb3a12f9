"""The door out for files that students give as answers: kept once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from headway.core.library.safe_files import check_file
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.planning import checks
from headway.records.planning.models import Block, WorkFile
from headway.records.roster.models import Person

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
