"""What an adult saw, what was said between school and home, and how a goal goes. Narrow readers."""

from __future__ import annotations

from django.db import models

from headway.records.roster.models import Goal, Person


class Note(models.Model):
    """What an adult saw, when it names no competency (one that does is evidence)."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="notes")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="notes_written")
    at = models.DateTimeField()
    words = models.TextField()
    client_id = models.UUIDField(null=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["student", "at"], name="notes_of_student")]

    def __str__(self) -> str:
        return self.words[:60]


class FamilyMessage(models.Model):
    """A message between school and home, in the words it was written in."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="family_messages")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="family_messages_written")
    is_from_home = models.BooleanField(default=False)
    at = models.DateTimeField()
    monday = models.DateField()
    language = models.CharField(max_length=12, default="en")
    words = models.TextField()
    translations = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    client_id = models.UUIDField(null=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["student", "monday"], name="messages_of_student")]

    def __str__(self) -> str:
        return self.words[:60]


class GoalCheck(models.Model):
    """Whether the student met the goal on a day, in the student's own view."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="goal_checks")
    day = models.DateField()
    is_met = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "day"], name="goal_checked_once_a_day")]

    def __str__(self) -> str:
        return f"{self.goal_id} {self.day}"
