"""Resources to learn with, what they are aligned to, and collections."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headway.core.planning import With
from headway.records.roster.models import Organisation, Person
from headway.records.standards.models import Competency


class Resource(models.Model):
    """Something to learn with: what the student does, and what a planner needs to know of it."""

    class Kind(models.TextChoices):
        READING = "reading", _("Reading")
        STORY = "story", _("Story")
        VIDEO_SCRIPT = "video-script", _("Video script")
        AUDIO = "audio", _("Listening")
        GAME = "game", _("Game")
        SIMULATION = "simulation", _("Simulation")
        EXPERIMENT = "experiment", _("Experiment")
        PROJECT = "project", _("Project")
        QUIZ = "quiz", _("Quiz")
        PRACTICE = "practice", _("Practice")
        DISCUSSION = "discussion", _("Discussion")
        WRITING = "writing", _("Writing")
        DRAWING = "drawing", _("Drawing")
        MAKING = "making", _("Making")
        MAP = "map", _("Map")
        OPEN_SPACE = "open-space", _("Open space")
        DEBATE = "debate", _("Debate")
        INTERVIEW = "interview", _("Interview")
        WORKED_EXAMPLE = "worked-example", _("Worked example")
        FLASH_CARDS = "flash-cards", _("Flash cards")
        PUZZLE = "puzzle", _("Puzzle")
        PERFORMANCE = "performance", _("Performance")
        OBSERVATION_WALK = "observation-walk", _("Observation walk")
        REFLECTION = "reflection", _("Reflection")
        CRITIQUE = "critique", _("Critique")

    class Screen(models.TextChoices):
        NO = "no", _("Off screen")
        YES = "yes", _("On screen")
        EITHER = "either", _("Paper or screen")

    class Level(models.TextChoices):
        EASIER = "easier", _("With more help")
        USUAL = "usual", _("Usual")
        HARDER = "harder", _("With more challenge")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="resources")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=12, default="en")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PRACTICE)
    uses = models.JSONField(default=list)
    minutes = models.PositiveSmallIntegerField(default=15)
    screen = models.CharField(max_length=6, choices=Screen.choices, default=Screen.EITHER)
    with_whom = models.CharField(max_length=8, choices=[(w.value, w.value) for w in With], default="alone")
    grade_low = models.PositiveSmallIntegerField(default=0)
    grade_high = models.PositiveSmallIntegerField(default=12)
    reading_level = models.FloatField(default=0)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.USUAL)
    variant_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="variants")
    topics = models.JSONField(default=list)
    careers = models.JSONField(default=list)
    needs = models.JSONField(default=list)
    culture = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=1000, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    attribution = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="resources_added")

    class Meta:
        indexes = [models.Index(fields=["language", "kind"], name="resource_by_language_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="resource_once_per_source"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=400), name="resource_minutes_make_sense"),
            models.CheckConstraint(condition=Q(grade_low__lte=models.F("grade_high")), name="resource_grades_in_order"),
        ]

    def __str__(self) -> str:
        return self.title


class Alignment(models.Model):
    """A resource helps to learn a competency, says somebody, with some confidence."""

    class Status(models.TextChoices):
        SUGGESTED = "suggested", _("Suggested")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="alignments")
    competency = models.ForeignKey(Competency, models.CASCADE, related_name="alignments")
    is_primary = models.BooleanField(default=False)
    source = models.CharField(max_length=60)
    confidence = models.FloatField(default=1.0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACCEPTED)
    because = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="alignments_decided")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "competency"], name="aligned_once"),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="confidence_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} for {self.competency_id}"


class Collection(models.Model):
    """A themed set of resources that says why it fits."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="collections")
    title = models.CharField(max_length=200)
    why = models.TextField(blank=True)
    language = models.CharField(max_length=12, default="en")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    resources: models.ManyToManyField[Resource, CollectionEntry] = models.ManyToManyField(
        Resource, through="CollectionEntry", related_name="collections"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="collection_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return self.title


class CollectionEntry(models.Model):
    """A resource's place in a collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="entries")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="collection_entries")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "resource"], name="collected_once")]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.resource_id}"
