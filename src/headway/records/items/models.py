"""Questions that can be scored."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from headway.records.library.models import Resource
from headway.records.standards.models import Competency


class Item(models.Model):
    """One question; `document` is the form that headway.core.items reads."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="items")
    competency = models.ForeignKey(Competency, models.SET_NULL, null=True, related_name="items")
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=12, default="en")
    difficulty = models.FloatField(default=0)
    calibrated_at = models.DateTimeField(null=True)
    document = models.JSONField()
    variant_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="variants")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="item_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
