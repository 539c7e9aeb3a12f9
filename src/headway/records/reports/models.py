"""Reports that were made once and stay as they were."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headway.records.roster.models import Organisation, Person


class Report(models.Model):
    """A report about a school: its parts as plain values, with what they were made from."""

    class Kind(models.TextChoices):
        FAIRNESS = "fairness", _("Fairness")

    school = models.ForeignKey(Organisation, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    parts = models.JSONField()
    answers = models.PositiveIntegerField()
    students = models.PositiveIntegerField()
    model_version = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="reports_made")

    class Meta:
        indexes = [models.Index(fields=["school", "kind", "-made_at"], name="report_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.school_id} {self.made_at:%Y-%m-%d}"
