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
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards.models import Competency


class Automation(models.TextChoices):
    """How much the system may do by itself in a class."""

    OFF = "off", _("Off: nothing is made unless you make it")
    SUGGEST = "suggest", _("Suggest: drafts wait for you")
    DO = "do", _("Do and tell me: what nothing speaks against is approved, and you are told")


class PlanRules(models.Model):
    """What a class's plans may not break: data that teacher and leader may change."""

    school_class = models.OneToOneField(Class, models.CASCADE, primary_key=True, related_name="plan_rules")
    screen_minutes_cap = models.PositiveSmallIntegerField(default=100)
    minutes_with_others_floor = models.PositiveSmallIntegerField(default=60)
    choice_options = models.PositiveSmallIntegerField(default=3)
    review_share_cap = models.FloatField(default=0.25)
    minutes_alone_cap = models.PositiveSmallIntegerField(default=200)
    automation = models.CharField(max_length=8, choices=Automation.choices, default=Automation.SUGGEST)
    may_move_on = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"rules of {self.school_class_id}"


class PlanWeights(models.Model):
    """What a good week is made of, chosen by a leader for a school or a district; the newest row holds."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="plan_weights")
    values = models.JSONField()
    why = models.CharField(max_length=300, blank=True)
    set_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="plan_weights_set")
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-set_at"], name="newest_plan_weights")]

    def __str__(self) -> str:
        return f"weights of {self.organisation_id} since {self.set_at}"


class ClassWeek(models.Model):
    """What is the same for everyone in a class this week: the goal and the frame."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="class_weeks")
    monday = models.DateField()
    goal = models.ForeignKey(Competency, models.SET_NULL, null=True, related_name="class_weeks")
    frame = models.JSONField(default=dict)
    frame_change_words = models.CharField(max_length=300, blank=True)
    drafted_at = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    bound = models.FloatField(null=True)
    told_at = models.DateTimeField(null=True)

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
    approved_by_rule = models.BooleanField(default=False)

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
    session = models.JSONField(null=True)
    example_shown = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(default=0)
    score = models.FloatField(null=True)
    is_right = models.BooleanField(default=False)
    awaits_marking = models.BooleanField(default=False)
    used_paper = models.BooleanField(default=False)
    sureness = models.CharField(max_length=10, blank=True)
    thinking = models.TextField(blank=True)
    handed_in_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "item"], name="item_work_once_per_block")]

    def __str__(self) -> str:
        return f"{self.block_id} {self.item_id}"


class WorkFile(models.Model):
    """A file a student gave as an answer: a photo of paper, a drawing, a voice. Its UUID stands in the answer."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    student = models.ForeignKey(Person, models.CASCADE, related_name="work_files")
    block = models.ForeignKey(Block, models.CASCADE, null=True, related_name="work_files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveIntegerField()
    content = models.BinaryField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "block", "sha256"], name="work_file_kept_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Arrival(models.Model):
    """One thing that a device sent, by the id it made itself: kept so that sending it again changes nothing.

    `happened_at` is the device's clock put right by the difference seen when it was sent; `answer` is what was said back.
    """

    client_id = models.UUIDField(unique=True, editable=False)
    student = models.ForeignKey(Person, models.CASCADE, related_name="arrivals")
    device = models.UUIDField()
    verb = models.CharField(max_length=20)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    answer = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["student", "received_at"], name="arrivals_of_student")]

    def __str__(self) -> str:
        return f"{self.verb} {self.client_id}"


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


class Deadline(models.Model):
    """A date by which a class's work is to be done: a milestone of a project, or any resource with a date."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="deadlines")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="deadlines")
    words = models.CharField(max_length=200, blank=True)
    due_on = models.DateField()
    set_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="deadlines_set")
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["school_class", "due_on"], name="deadlines_of_class")]

    def __str__(self) -> str:
        return f"{self.resource_id} by {self.due_on}"


class MovedDate(models.Model):
    """One student's own date for a deadline; nobody else's page shows that it was moved."""

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="moved")
    student = models.ForeignKey(Person, models.CASCADE, related_name="moved_dates")
    due_on = models.DateField()
    why = models.CharField(max_length=300, blank=True)
    moved_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="dates_moved")
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deadline", "student"], name="one_own_date_per_deadline")]

    def __str__(self) -> str:
        return f"{self.deadline_id} for {self.student_id}: {self.due_on}"


class PaceWord(models.Model):
    """The teacher's own word for a student's pace, in place of the one worked out; it ends by itself."""

    class Word(models.TextChoices):
        AHEAD = "ahead", _("Ahead")
        ON = "on", _("On the path")
        NEEDS_TIME = "needs_time", _("Needs time")

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="pace_words")
    student = models.ForeignKey(Person, models.CASCADE, related_name="pace_words")
    word = models.CharField(max_length=12, choices=Word.choices)
    why = models.CharField(max_length=300)
    said_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="pace_words_said")
    said_at = models.DateTimeField()
    ends_on = models.DateField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "student"], condition=Q(ended_at__isnull=True), name="one_pace_word_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.student_id} {self.word}"


class MoveOn(models.Model):
    """A student asks to move on from a skill, with one proof: a question answered alone."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="moves_on")
    student = models.ForeignKey(Person, models.CASCADE, related_name="moves_on")
    competency = models.ForeignKey(Competency, models.PROTECT, related_name="moves_on")
    week = models.ForeignKey(Week, models.SET_NULL, null=True, related_name="moves_on")
    item = models.ForeignKey(Item, models.SET_NULL, null=True, related_name="moves_on")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    is_proved = models.BooleanField(null=True)
    response = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["school_class", "decided_at"], name="moves_on_of_class")]

    def __str__(self) -> str:
        return f"{self.student_id} moves on from {self.competency_id}"


class PlanRun(models.Model):
    """Weeks drafted for many classes at once: each class by itself, so that a run can be taken up again."""

    school = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="plan_runs")
    monday = models.DateField(null=True)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="plan_runs")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"run {self.pk} {self.school_id} {self.monday}"


class PlanRunClass(models.Model):
    """One class of a run: where it stands, how far it is, and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Drafting")
        DONE = "done", _("Drafted")
        OFF = "off", _("Left alone: this class plans by hand")
        REFUSED = "refused", _("Not drafted")

    run = models.ForeignKey(PlanRun, models.CASCADE, related_name="classes")
    school_class = models.ForeignKey(Class, models.CASCADE, related_name="plan_runs")
    monday = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    told = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "school_class"], name="class_once_in_a_run")]
        indexes = [models.Index(fields=["state", "started_at"], name="run_classes_by_state")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.school_class_id} {self.state}"
