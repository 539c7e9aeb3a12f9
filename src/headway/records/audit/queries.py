"""What was done to a record."""

from __future__ import annotations

from django.db import models

from headway.records.audit.models import Event


def events_of(thing: models.Model) -> models.QuerySet[Event]:
    """Return the history of one record, newest first."""
    return Event.objects.filter(noun=thing._meta.model_name, record_id=str(thing.pk)).order_by("-at", "-pk")
