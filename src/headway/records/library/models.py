"""Resources to learn with, what they are aligned to, collections, and how they came in."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headway.core.planning import With
from headway.records.roster.models import Organisation, Person
from headway.records.standards.models import Competency


class StoredFile(models.Model):
    """A file somebody gave: an original package, or what a student opens. Same content in one school is kept once."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="stored_files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    content = models.BinaryField()
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="files_added")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "sha256"], name="file_kept_once_per_school"),
            models.UniqueConstraint(fields=["sha256"], condition=Q(school__isnull=True), name="shared_file_kept_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ColumnMapping(models.Model):
    """Which column of somebody's table means what, remembered for the next file with the same columns."""

    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="column_mappings")
    source = models.CharField(max_length=60)
    header_key = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="column_mappings")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "source", "header_key"], name="mapping_once_per_header"),
            models.UniqueConstraint(
                fields=["source", "header_key"], condition=Q(school__isnull=True), name="shared_mapping_once_per_header"
            ),
        ]

    def __str__(self) -> str:
        return self.source


class Delivery(models.Model):
    """One import: what came in, from where, how far it is, and the report."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READING = "reading", _("Being read")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="deliveries")
    format = models.CharField(max_length=40)
    source = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200, blank=True)
    original = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="deliveries")
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=200, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    report = models.JSONField(default=dict)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="deliveries")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["school", "-started_at"], name="delivery_newest_first")]

    def __str__(self) -> str:
        return self.name or self.format


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
        VIDEO = "video", _("Video")
        BOOK = "book", _("Book")
        LESSON = "lesson", _("Lesson")
        SLIDES = "slides", _("Slides")
        WORKSHEET = "worksheet", _("Worksheet")
        PICTURE = "picture", _("Picture")
        MUSIC = "music", _("Music")
        MOVEMENT = "movement", _("Movement")
        SORTING = "sorting", _("Sort and match")
        LABELLING = "labelling", _("Label and point")
        TIMELINE = "timeline", _("Timeline")
        CODING = "coding", _("Coding")
        DATA = "data", _("Data to explore")
        GLOSSARY = "glossary", _("Glossary")
        INTERACTIVE = "interactive", _("Interactive page")
        PEER_TEACHING = "peer-teaching", _("Teach a partner")
        FIELD_WORK = "field-work", _("Field work")
        COURSE = "course", _("Course")

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
    reading_measure = models.CharField(max_length=30, blank=True)
    word_count = models.PositiveIntegerField(null=True)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.USUAL)
    variant_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="variants")
    topics = models.JSONField(default=list)
    careers = models.JSONField(default=list)
    needs = models.JSONField(default=list)
    needs_adult = models.BooleanField(default=False)
    needs_internet = models.BooleanField(default=False)
    ways_in = models.JSONField(default=list)
    accessibility = models.JSONField(default=list)
    culture = models.JSONField(default=list)
    community = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    practice = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=1000, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    attribution = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    extra = models.JSONField(default=dict)
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="resources")
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="resources")
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="resources_added")
    added_at = models.DateTimeField(null=True)

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
    """A themed set of resources that says why it fits, and when."""

    class Theme(models.TextChoices):
        HARBOR = "harbor", _("Harbor")
        MAP = "map", _("Map")
        SPACE = "space", _("Space")
        SOUND = "sound", _("Sound")
        PLANT = "plant", _("Plant")
        STORY = "story", _("Story")
        NUMBERS = "numbers", _("Numbers")
        MAKING = "making", _("Making")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="collections")
    title = models.CharField(max_length=200)
    why = models.TextField(blank=True)
    language = models.CharField(max_length=12, default="en")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.HARBOR)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    is_shared = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="collections_made")
    changed_at = models.DateTimeField(null=True)
    resources: models.ManyToManyField[Resource, CollectionEntry] = models.ManyToManyField(
        Resource, through="CollectionEntry", related_name="collections"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="collection_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(starts_on__lte=models.F("ends_on")),
                name="collection_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CollectionEntry(models.Model):
    """A resource's place in a collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="entries")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="collection_entries")
    order = models.PositiveSmallIntegerField(default=0)
    section = models.CharField(max_length=120, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "resource"], name="collected_once")]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.resource_id}"


class Bookmark(models.Model):
    """Somebody keeps a resource for later: a teacher for planning, a student to choose."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="bookmarks")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="bookmarks")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "resource"], name="kept_once")]

    def __str__(self) -> str:
        return f"{self.person_id} keeps {self.resource_id}"


class ShelfChange(models.Model):
    """A line of the change log that every search index follows: this resource, or all that a delivery brought.

    No foreign keys: a line outlives what it is about, so that an index learns of what was deleted.
    """

    resource_number = models.BigIntegerField(null=True)
    delivery_number = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pk}: {self.resource_number or self.delivery_number}"
