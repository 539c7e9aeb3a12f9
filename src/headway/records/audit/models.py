"""Who did what when. No foreign keys, so that nothing here can keep a person's record alive."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One change, in the same transaction as the change itself."""

    at = models.DateTimeField()
    by_uuid = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    noun = models.CharField(max_length=40)
    record_id = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["noun", "record_id"], name="event_by_record"),
            models.Index(fields=["at"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.noun} {self.record_id}"
