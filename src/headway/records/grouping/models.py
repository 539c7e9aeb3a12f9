"""Small groups with the teacher, and why they were formed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headway.records.library.models import Resource
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency


class Group(models.Model):
    """Students who meet the teacher on one target, with a reason and an end date."""

    class Kind(models.TextChoices):
        NEEDS = "needs", _("Work on it together")
        STRETCH = "stretch", _("Go further together")
        RECHECK = "recheck", _("Is it still there?")
        TEAM = "team", _("A team for one task")

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="groups")
    competency = models.ForeignKey(Competency, models.PROTECT, related_name="groups")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    resource = models.ForeignKey(Resource, models.SET_NULL, null=True, related_name="groups")
    monday = models.DateField()
    ends_on = models.DateField()
    weekday = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField(null=True)
    minutes = models.PositiveSmallIntegerField(default=20)
    why = models.JSONField(default=dict)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="groups_made")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("monday")), name="group_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(weekday__lte=4), name="group_on_a_school_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.competency_id} {self.monday}"


class GroupMember(models.Model):
    """A student's seat in a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    student = models.ForeignKey(Person, models.CASCADE, related_name="group_seats")
    role = models.CharField(max_length=20, blank=True)
    strong_in = models.ForeignKey(Competency, models.SET_NULL, null=True, related_name="strengths_in_teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "student"], name="one_seat_in_a_group")]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.group_id}"
