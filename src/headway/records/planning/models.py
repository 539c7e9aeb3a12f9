"""Week plans, their blocks, what a teacher changed, and how the work goes."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headway.core.planning import With
from headway.records.grouping.models import Group
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency


class PlanRules(models.Model):
    """What a class's plans may not break: data that teacher and leader may change."""

    school_class = models.OneToOneField(Class, models.CASCADE, primary_key=True, related_name="plan_rules")
    screen_minutes_cap = models.PositiveSmallIntegerField(default=100)
    minutes_with_others_floor = models.PositiveSmallIntegerField(default=60)
    choice_options = models.PositiveSmallIntegerField(default=3)
    review_share_cap = models.FloatField(default=0.25)

    def __str__(self) -> str:
        return f"rules of {self.school_class_id}"


class ClassWeek(models.Model):
    """What is the same for everyone in a class this week: the goal and the frame."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="class_weeks")
    monday = models.DateField()
    goal = models.ForeignKey(Competency, models.SET_NULL, null=True, related_name="class_weeks")
    frame = models.JSONField(default=dict)
    frame_change_words = models.CharField(max_length=300, blank=True)
    drafted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school_class", "monday"], name="class_week_once")]

    def __str__(self) -> str:
        return f"{self.school_class_id} {self.monday}"


class Week(models.Model):
    """One student's plan for Monday to Friday in one class."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        CHANGED = "changed", _("Changed since approval")
        CLOSED = "closed", _("Closed")

    class_week = models.ForeignKey(ClassWeek, models.CASCADE, related_name="weeks")
    student = models.ForeignKey(Person, models.CASCADE, related_name="weeks")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    flags = models.JSONField(default=list)
    unmet = models.JSONField(default=list)
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="weeks_approved")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["class_week", "student"], name="one_week_per_student"),
            models.CheckConstraint(
                name="approved_weeks_have_a_time",
                condition=Q(status="draft", approved_at__isnull=True)
                | Q(status__in=["approved", "changed"], approved_at__isnull=False)
                | Q(status="closed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} {self.class_week_id} {self.status}"


class Block(models.Model):
    """One dated, timed piece of a week."""

    class Feeling(models.TextChoices):
        GOT_IT = "got-it", _("Got it")
        NOT_SURE = "not-sure", _("Not sure")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    week = models.ForeignKey(Week, models.CASCADE, related_name="blocks")
    day = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    resource = models.ForeignKey(Resource, models.PROTECT, null=True, related_name="blocks")
    competency = models.ForeignKey(Competency, models.PROTECT, null=True, related_name="blocks")
    with_whom = models.CharField(max_length=8, choices=[(w.value, w.value) for w in With])
    screen_minutes = models.PositiveSmallIntegerField(default=0)
    is_locked = models.BooleanField(default=False)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="blocks")
    reasons = models.JSONField(default=list)
    chosen_resource = models.ForeignKey(Resource, models.SET_NULL, null=True, related_name="chosen_in")
    own_idea = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    feeling = models.CharField(max_length=10, blank=True, choices=Feeling.choices)
    used_paper = models.BooleanField(default=False)

    class Meta:
        ordering = ["day", "order", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(day__lte=4), name="block_on_a_school_day"),
            models.CheckConstraint(condition=Q(screen_minutes__lte=models.F("minutes")), name="screen_within_minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}.{self.order}"


class BlockOption(models.Model):
    """Another resource for the same block: another door, a choice, or an alternative for the teacher."""

    class Part(models.TextChoices):
        VARIANT = "variant", _("Another door to the same work")
        CHOICE = "choice", _("One of the choices")
        ALTERNATIVE = "alternative", _("The teacher may swap it in")

    block = models.ForeignKey(Block, models.CASCADE, related_name="options")
    part = models.CharField(max_length=12, choices=Part.choices)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="block_options")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["part", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["block", "part", "resource"], name="option_once_per_part")]

    def __str__(self) -> str:
        return f"{self.part} {self.resource_id} for {self.block_id}"


class PlanChange(models.Model):
    """What a teacher changed in a week, with the blocks as they were, so that it can be undone."""

    week = models.ForeignKey(Week, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="plan_changes")
    verb = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    before = models.JSONField()
    batch = models.UUIDField(default=uuid4)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["batch"], name="changes_by_batch")]

    def __str__(self) -> str:
        return f"{self.verb} {self.week_id}"


class ItemWork(models.Model):
    """Where a student is with one question in one block: hints asked for, tries, the newest answer."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="item_work")
    item = models.ForeignKey(Item, models.CASCADE, related_name="work")
    hints_shown = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    response = models.JSONField(null=True)
    score = models.FloatField(null=True)
    is_right = models.BooleanField(default=False)
    awaits_marking = models.BooleanField(default=False)
    used_paper = models.BooleanField(default=False)
    sureness = models.CharField(max_length=10, blank=True)
    thinking = models.TextField(blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "item"], name="item_work_once_per_block")]

    def __str__(self) -> str:
        return f"{self.block_id} {self.item_id}"


class HelpRequest(models.Model):
    """A student asks an adult for help."""

    class Kind(models.TextChoices):
        STUCK = "stuck", _("I am stuck on a question")
        TALK = "talk", _("Can we talk?")

    student = models.ForeignKey(Person, models.CASCADE, related_name="help_requests")
    school_class = models.ForeignKey(Class, models.CASCADE, related_name="help_requests")
    block = models.ForeignKey(Block, models.SET_NULL, null=True, related_name="help_requests")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    words = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="help_answered")
    answer_words = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["school_class", "answered_at"], name="open_help_of_class")]

    def __str__(self) -> str:
        return f"{self.kind} {self.student_id}"
