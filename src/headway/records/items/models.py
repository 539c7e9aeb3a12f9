"""Questions that can be scored, what they were before they changed, their files, and the tests they belong to."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from headway.records.library.models import Resource, StoredFile
from headway.records.roster.models import Person
from headway.records.standards.models import Competency


class Item(models.Model):
    """One question. `document` is QTI 3; `original` the file it came in, `original_name` its name there.

    `title`, `prompt`, `kind` and `is_marked_by_person` repeat what the document says, for lists. `missing` names what the
    document uses and the engine lacks.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="items")
    competency = models.ForeignKey(Competency, models.SET_NULL, null=True, related_name="items")
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=300, blank=True)
    prompt = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=12, default="en")
    difficulty = models.FloatField(default=0)
    calibrated_at = models.DateTimeField(null=True)
    document = models.TextField()
    is_marked_by_person = models.BooleanField(default=False)
    missing = models.JSONField(default=list)
    original = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="items")
    original_name = models.CharField(max_length=500, blank=True)
    variant_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="variants")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    # Put away it is asked no more; what was answered to it stays readable.
    put_away_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="item_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ItemVersion(models.Model):
    """A question as it was before it changed: answers that were given to it can still be read beside it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions")
    version = models.PositiveSmallIntegerField()
    document = models.TextField()
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="item_version_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.version}"


class ItemFile(models.Model):
    """A picture, a sound or another file that a question shows, by the name its document gives it."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="files")
    path = models.CharField(max_length=500)
    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="in_items")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "path"], name="item_file_once_per_path")]

    def __str__(self) -> str:
        return self.path


class AssessmentTest(models.Model):
    """The test of QTI 3 that puts a resource's questions in order; `items` gives the source id for each of its references."""

    resource = models.OneToOneField(Resource, models.CASCADE, related_name="test")
    document = models.TextField()
    items = models.JSONField(default=dict)
    original_name = models.CharField(max_length=500, blank=True)
    version = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"test of {self.resource_id}"


class PrintedSheet(models.Model):
    """A worksheet as it was printed for one student: which questions, in which order, with which luck. Its code is on the paper."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    code = models.CharField(max_length=12, unique=True)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="printed_sheets")
    student = models.ForeignKey(Person, models.CASCADE, null=True, related_name="printed_sheets")
    seed = models.PositiveBigIntegerField()
    item_ids = models.JSONField(default=list)
    printed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="sheets_printed")
    printed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code
