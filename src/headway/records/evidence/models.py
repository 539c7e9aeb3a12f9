"""Evidence, append-only, and the mastery derived from it."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headway.core.evidence.values import Word
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards.models import Competency, Framework


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
    saw_example = models.BooleanField(default=False)
    answer_format = models.CharField(max_length=20, blank=True)
    seconds = models.PositiveIntegerField(null=True)
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


class StudentState(models.Model):
    """What is counted of all of a student's answers; always rebuildable from the evidence.

    `version` is the learner model whose numbers it was counted with; `newest_at` the newest piece of evidence in it.
    """

    student = models.OneToOneField(Person, models.CASCADE, related_name="learner_state")
    state = models.BinaryField()
    newest_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.student_id} {self.version}"


class Mastery(models.Model):
    """What is counted about one student and one competency; always rebuildable from the evidence.

    The chance, its range and the word are worked out when somebody looks, because time and other work move them too.
    """

    student = models.ForeignKey(Person, models.CASCADE, related_name="mastery")
    competency = models.ForeignKey(Competency, models.CASCADE, related_name="mastery")
    state = models.BinaryField()
    pieces = models.PositiveIntegerField()
    newest_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="settles")

    class Meta:
        verbose_name_plural = "mastery"
        constraints = [models.UniqueConstraint(fields=["student", "competency"], name="mastery_once")]

    def __str__(self) -> str:
        return f"{self.student_id} {self.competency_id}"


class ModelVersion(models.Model):
    """A fitted learner model; the newest published one is in use. Never edited: what was shown with it can be shown again."""

    version = models.CharField(max_length=60, unique=True)
    parameters = models.JSONField()
    report = models.JSONField(default=dict)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="models_published")

    def __str__(self) -> str:
        return self.version


class MasteryRule(models.Model):
    """How evidence becomes a word, from a day on: for a class, a competency, a framework, or a whole school.

    Never edited: another choice ends this row and starts a new one, so that an old report can be made again as it was.
    """

    school = models.ForeignKey(Organisation, models.CASCADE, related_name="mastery_rules")
    school_class = models.ForeignKey(Class, models.CASCADE, null=True, related_name="mastery_rules")
    competency = models.ForeignKey(Competency, models.CASCADE, null=True, related_name="mastery_rules")
    framework = models.ForeignKey(Framework, models.CASCADE, null=True, related_name="mastery_rules")
    rule = models.JSONField()
    version = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="mastery_rules_made")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(school_class__isnull=True, competency__isnull=True)
                | Q(school_class__isnull=True, framework__isnull=True)
                | Q(competency__isnull=True, framework__isnull=True),
                name="a_rule_is_for_one_thing",
            ),
            models.UniqueConstraint(
                fields=["school"],
                condition=Q(ends_at=None, school_class=None, competency=None, framework=None),
                name="one_rule_of_a_school",
            ),
            *(
                models.UniqueConstraint(
                    fields=["school", scope],
                    condition=Q(("ends_at", None), (f"{scope}__isnull", False)),
                    name=f"one_rule_of_a_{scope}",
                )
                for scope in ("school_class", "competency", "framework")
            ),
        ]

    def __str__(self) -> str:
        return self.version
