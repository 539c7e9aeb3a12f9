"""Frameworks, competencies, and the links between them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headway.records.roster.models import Class, Organisation, Person


class Framework(models.Model):
    """A set of standards (CASE: CFDocument)."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="frameworks")
    title = models.CharField(max_length=300)
    creator = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=12, default="en")
    licence = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    is_open = models.BooleanField(default=True)
    taken_at = models.DateTimeField(null=True)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="framework_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Competency(models.Model):
    """One thing to learn, or a heading above such things (CASE: CFItem)."""

    class Nature(models.TextChoices):
        FACT = "fact", _("Fact")
        PROCEDURE = "procedure", _("Procedure")
        CONCEPT = "concept", _("Concept")
        PERFORMANCE = "performance", _("Performance")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    framework = models.ForeignKey(Framework, models.CASCADE, related_name="competencies")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    code = models.CharField(max_length=80, blank=True)
    short = models.CharField(max_length=80, blank=True)
    statement = models.TextField()
    kind = models.CharField(max_length=80, blank=True)
    nature = models.CharField(max_length=12, choices=Nature.choices, default=Nature.CONCEPT)
    grade_low = models.PositiveSmallIntegerField(null=True)
    grade_high = models.PositiveSmallIntegerField(null=True)
    order = models.PositiveIntegerField(default=0)
    is_assessable = models.BooleanField(default=True)
    is_withdrawn = models.BooleanField(default=False)
    source_id = models.CharField(max_length=200, blank=True)
    extra = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "competencies"
        indexes = [models.Index(fields=["framework", "code"], name="competency_by_code")]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "source_id"], condition=~Q(source_id=""), name="competency_once_per_framework"
            )
        ]

    def __str__(self) -> str:
        return self.short or self.code or self.statement[:60]


class ICan(models.Model):
    """A competency in one language: the short label, the statement and the "I can" sentence."""

    competency = models.ForeignKey(Competency, models.CASCADE, related_name="i_cans")
    language = models.CharField(max_length=12)
    short = models.CharField(max_length=80, blank=True)
    statement = models.TextField(blank=True)
    words = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competency", "language"], name="i_can_once_per_language")]

    def __str__(self) -> str:
        return self.words


class CompetencyLink(models.Model):
    """A comes before B, A goes with B; the far end may be unknown here (a dangling CASE association).

    A link came with its framework (`source` published), was drawn by a person of a school, or was suggested by the
    words and waits for a person. Only accepted links that were not withdrawn count.
    """

    class Kind(models.TextChoices):
        PREREQUISITE = "prerequisite", _("comes before")
        CROSSWALK = "crosswalk", _("goes with")
        RELATED = "related", _("is related to")
        EXACT_MATCH = "exact-match", _("is the same as")
        OTHER = "other", _("other")

    class Source(models.TextChoices):
        PUBLISHED = "published", _("came with the framework")
        PERSON = "person", _("drawn by a person")
        WORDS = "words", _("suggested by the words")

    class Status(models.TextChoices):
        SUGGESTED = "suggested", _("Suggested")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    class Strength(models.TextChoices):
        NEEDED = "needed", _("needed first")
        HELPS = "helps", _("helps, but not needed")

    class Match(models.TextChoices):
        EXACT = "exact", _("exact")
        CLOSE = "close", _("close")
        PART = "part", _("part")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PUBLISHED)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACCEPTED)
    strength = models.CharField(max_length=6, choices=Strength.choices, default=Strength.NEEDED)
    match = models.CharField(max_length=6, choices=Match.choices, blank=True)
    confidence = models.FloatField(default=1.0)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="competency_links")
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="links_made")
    made_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="links_decided")
    decided_at = models.DateTimeField(null=True)
    is_withdrawn = models.BooleanField(default=False)
    origin = models.ForeignKey(Competency, models.CASCADE, null=True, related_name="links_out")
    target = models.ForeignKey(Competency, models.CASCADE, null=True, related_name="links_in")
    origin_uri = models.CharField(max_length=500, blank=True)
    target_uri = models.CharField(max_length=500, blank=True)
    association = models.CharField(max_length=80, blank=True)
    why = models.JSONField(default=dict)
    framework = models.ForeignKey(Framework, models.CASCADE, related_name="links")
    source_id = models.CharField(max_length=200, blank=True)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "source_id"], condition=~Q(source_id=""), name="link_once_per_framework"
            ),
            models.UniqueConstraint(
                fields=["kind", "origin", "target"],
                condition=Q(source_id="", school__isnull=True, origin__isnull=False, target__isnull=False),
                name="own_link_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "origin", "target", "school"],
                condition=Q(source_id="", origin__isnull=False, target__isnull=False),
                name="own_link_once_per_school",
            ),
            models.CheckConstraint(
                condition=~Q(kind="prerequisite") | ~Q(origin=F("target")), name="nothing_is_its_own_prerequisite"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="link_confidence_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_id} {self.kind} {self.target_id}"


class ClassCompetency(models.Model):
    """A competency on a class's path for the term: a column of the class grid."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="path")
    competency = models.ForeignKey(Competency, models.CASCADE, related_name="class_paths")
    order = models.PositiveSmallIntegerField(default=0)
    starts_on = models.DateField(null=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["school_class", "competency"], name="competency_once_on_a_path")]

    def __str__(self) -> str:
        return f"{self.school_class_id}: {self.competency_id}"


class ProficiencyWord(models.Model):
    """What a school calls a state of mastery, and what it says about it, in one language."""

    school = models.ForeignKey(Organisation, models.CASCADE, related_name="proficiency_words")
    state = models.CharField(max_length=20)
    language = models.CharField(max_length=12)
    word = models.CharField(max_length=40)
    meaning = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "state", "language"], name="proficiency_word_once")]

    def __str__(self) -> str:
        return self.word


class IncomingFramework(models.Model):
    """A new edition of a framework, read and compared, that waits for somebody to take it."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="incoming_frameworks")
    format = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    changes = models.JSONField(default=dict)
    brought_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="frameworks_brought")
    brought_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
