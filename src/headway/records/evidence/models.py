"""Evidence, append-only, and the mastery derived from it."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headway.core.evidence import Word
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.roster.models import Person
from headway.records.standards.models import Competency


class Evidence(models.Model):
    """One dated fact about one student and one competency; corrected by a later row, never edited."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("Answer")
        RUBRIC = "rubric", _("Rubric rating")
        OBSERVATION = "observation", _("Observation")
        CONFERENCE = "conference", _("Conference")
        PRODUCT = "product", _("Product")
        JUDGEMENT = "judgement", _("Judgement")
        SELF = "self", _("Student’s own view")
        WITHDRAWAL = "withdrawal", _("Taken back")

    client_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    student = models.ForeignKey(Person, models.CASCADE, related_name="evidence")
    competency = models.ForeignKey(Competency, models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    score = models.FloatField()
    item = models.ForeignKey(Item, models.SET_NULL, null=True, related_name="evidence")
    resource = models.ForeignKey(Resource, models.SET_NULL, null=True, related_name="evidence")
    difficulty = models.FloatField(default=0)
    guess_chance = models.FloatField(default=0)
    hints_used = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    on_paper = models.BooleanField(default=False)
    language = models.CharField(max_length=12, blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    levels = models.PositiveSmallIntegerField(null=True)
    words = models.TextField(blank=True)
    response = models.JSONField(null=True)
    settles_as = models.CharField(max_length=10, blank=True, choices=[(w.value, w.value) for w in Word])
    expires_on = models.DateField(null=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrected_by")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="evidence_given")
    source = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [
            models.Index(fields=["student", "competency", "happened_at"], name="evidence_of_student"),
            models.Index(fields=["student", "happened_at"], name="evidence_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="score_is_a_share"),
            models.CheckConstraint(condition=Q(settles_as="") | Q(kind="judgement"), name="only_a_judgement_settles"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.student_id} {self.competency_id}"


class Mastery(models.Model):
    """What the evidence says now; always rebuildable from the evidence."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="mastery")
    competency = models.ForeignKey(Competency, models.CASCADE, related_name="mastery")
    chance = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    word = models.CharField(max_length=10, choices=[(w.value, w.value) for w in Word])
    pieces = models.PositiveIntegerField()
    newest_at = models.DateTimeField(null=True)
    belief = models.JSONField()
    settled_by = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="settles")
    as_of = models.DateTimeField()
    version = models.CharField(max_length=30)

    class Meta:
        verbose_name_plural = "mastery"
        constraints = [models.UniqueConstraint(fields=["student", "competency"], name="mastery_once")]

    def __str__(self) -> str:
        return f"{self.student_id} {self.competency_id} {self.word}"
