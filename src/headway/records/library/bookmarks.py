"""What somebody keeps for later: a teacher for planning, a student to choose."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from headway.records.audit import actions as audit
from headway.records.library.models import Bookmark, Resource
from headway.records.roster.models import Person


@transaction.atomic
def keep(*, resource: Resource, by: Person, at: datetime) -> Bookmark:
    """Keep a resource for later; keeping it twice is keeping it once."""
    kept, is_new = Bookmark.objects.get_or_create(person=by, resource=resource, defaults={"kept_at": at})
    if is_new:
        audit.record("resource.kept", resource, by=by, at=at)
    return kept


@transaction.atomic
def let_go(*, resource: Resource, by: Person, at: datetime) -> bool:
    """Let go of a resource that was kept; returns whether it was."""
    count, _by_table = Bookmark.objects.filter(person=by, resource=resource).delete()
    if count:
        audit.record("resource.let_go", resource, by=by, at=at)
    return bool(count)
