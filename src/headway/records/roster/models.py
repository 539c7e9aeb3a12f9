"""Organisations, people, classes, and who belongs to whom."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from headway.core.access.roles import Role

INTERFACE_LANGUAGES = [("en", "English"), ("es", "Español")]


class Organisation(models.Model):
    """A district or a school; schools sit under districts."""

    class Kind(models.TextChoices):
        DISTRICT = "district", _("District")
        SCHOOL = "school", _("School")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=60, default="America/New_York")
    language = models.CharField(max_length=8, choices=INTERFACE_LANGUAGES, default="en")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="organisation_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """A stretch of the school year."""

    school = models.ForeignKey(Organisation, models.CASCADE, related_name="terms")
    name = models.CharField(max_length=100)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "name"], name="term_name_once_per_school"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="term_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return self.name


class Closure(models.Model):
    """A day without school."""

    school = models.ForeignKey(Organisation, models.CASCADE, related_name="closures")
    day = models.DateField()
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "day"], name="closure_once_per_day")]

    def __str__(self) -> str:
        return f"{self.name} ({self.day})"


class PersonQuerySet(models.QuerySet["Person"]):
    """Questions about people, in the school's words."""

    def active(self) -> PersonQuerySet:
        """People who may sign in."""
        return self.filter(is_active=True)

    def by_name(self) -> PersonQuerySet:
        """People as a class list shows them."""
        return self.order_by("given_name", "family_name", "pk")

    def learning_in(self, school_class: Class) -> PersonQuerySet:
        """Students enrolled in the class now."""
        return self.filter(enrolments__school_class=school_class, enrolments__left_on__isnull=True)


class PersonManager(BaseUserManager["Person"]):
    """Finds people by the name they sign in with, and starts the questions above.

    Written out instead of made from the queryset, so that types follow the chain.
    """

    def get_queryset(self) -> PersonQuerySet:
        """Return everybody."""
        return PersonQuerySet(self.model, using=self._db)

    def filter(self, *conditions: Any, **facts: Any) -> PersonQuerySet:
        """Return people of whom something is true."""
        return self.get_queryset().filter(*conditions, **facts)

    def active(self) -> PersonQuerySet:
        """Return people who may sign in."""
        return self.get_queryset().active()

    def learning_in(self, school_class: Class) -> PersonQuerySet:
        """Return students enrolled in the class now."""
        return self.get_queryset().learning_in(school_class)

    def get_by_natural_key(self, username: str | None) -> Person:
        """Find an adult by the sign-in name, whatever its case."""
        return self.get(username__iexact=username)


class Person(AbstractBaseUser):
    """Anybody: student, teacher, specialist, guardian or leader, often several at once."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    username = models.CharField(max_length=150, null=True, unique=True)
    title = models.CharField(max_length=20, blank=True)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=8, choices=INTERFACE_LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    password_is_one_time = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["given_name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="username_once_whatever_its_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def short_name(self) -> str:
        """The given name and the first letter of the family name, as on a board."""
        return f"{self.given_name} {self.family_name[0]}." if self.family_name else self.given_name

    @property
    def formal_name(self) -> str:
        """How students and families address an adult."""
        return f"{self.title} {self.family_name}" if self.title and self.family_name else self.name

    @property
    def initials(self) -> str:
        """Two letters for a round button."""
        return (self.given_name[:1] + self.family_name[:1]).upper()


class PersonExternalId(models.Model):
    """What another system calls this person."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="external_ids")
    source = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "value"], name="external_id_names_one_person")]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class RoleGrant(models.Model):
    """A person plays a role in a district or school."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role])
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="role_grants")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "role", "organisation"], name="role_granted_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class Class(models.Model):
    """A teacher's section, with a term and a timetable."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    school = models.ForeignKey(Organisation, models.CASCADE, related_name="classes")
    term = models.ForeignKey(Term, models.PROTECT, related_name="classes")
    name = models.CharField(max_length=120)
    period = models.CharField(max_length=20, blank=True)
    subject = models.CharField(max_length=60, blank=True)
    grade = models.PositiveSmallIntegerField(default=7)
    language = models.CharField(max_length=8, default="en")
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "classes"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~Q(source_id=""), name="class_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ClassPeriod(models.Model):
    """One meeting of a class in its weekly timetable."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="periods")
    weekday = models.PositiveSmallIntegerField()
    starts_at = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["weekday", "starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["school_class", "weekday", "starts_at"], name="period_once"),
            models.CheckConstraint(condition=Q(weekday__lte=4), name="period_on_a_school_day"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=400), name="period_minutes_make_sense"),
        ]

    def __str__(self) -> str:
        return f"{self.school_class_id} day {self.weekday} {self.starts_at}"


class Teaching(models.Model):
    """An adult works with a class."""

    class Part(models.TextChoices):
        LEAD = "lead", _("Lead teacher")
        CO = "co", _("Co-teacher")
        SPECIALIST = "specialist", _("Specialist")

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="teachings")
    teacher = models.ForeignKey(Person, models.CASCADE, related_name="teachings")
    part = models.CharField(max_length=12, choices=Part.choices, default=Part.LEAD)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school_class", "teacher"], name="teaching_once")]

    def __str__(self) -> str:
        return f"{self.teacher_id} teaches {self.school_class_id}"


class Enrolment(models.Model):
    """A student belongs to a class, from a day until a day."""

    school_class = models.ForeignKey(Class, models.CASCADE, related_name="enrolments")
    student = models.ForeignKey(Person, models.CASCADE, related_name="enrolments")
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "student"], condition=Q(left_on__isnull=True), name="enrolled_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")), name="left_after_joining"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.school_class_id}"


class GuardianLink(models.Model):
    """An adult at home who may read a student's week."""

    guardian = models.ForeignKey(Person, models.CASCADE, related_name="children_links")
    student = models.ForeignKey(Person, models.CASCADE, related_name="guardian_links")
    relationship = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guardian", "student"], name="guardian_linked_once")]

    def __str__(self) -> str:
        return f"{self.guardian_id} for {self.student_id}"


class StudentProfile(models.Model):
    """What a plan needs to know about a student, most of it in the student's own words."""

    class Device(models.TextChoices):
        OWN = "own", _("A device of their own")
        SCHOOL = "school", _("A school device that goes home")
        SHARED = "shared", _("A shared phone or computer")
        NONE = "none", _("No device at home")

    class Connection(models.TextChoices):
        GOOD = "good", _("Good connection")
        WEAK = "weak", _("Weak connection")
        NONE = "none", _("No connection")

    student = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="profile")
    grade = models.PositiveSmallIntegerField(default=7)
    interests = models.JSONField(default=list)
    interest_words = models.TextField(blank=True)
    career_hopes = models.TextField(blank=True)
    careers = models.JSONField(default=list)
    assets_words = models.TextField(blank=True)
    device_at_home = models.CharField(max_length=10, choices=Device.choices, default=Device.SCHOOL)
    connection_at_home = models.CharField(max_length=10, choices=Connection.choices, default=Connection.GOOD)
    screen_minutes_cap = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return f"profile of {self.student_id}"


class StudentLanguage(models.Model):
    """How well a student reads and speaks a language, in grade levels."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="languages")
    language = models.CharField(max_length=12)
    reading_level = models.FloatField(default=0)
    speaking_level = models.FloatField(default=0)
    is_home_language = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "language"], name="language_once_per_student"),
            models.CheckConstraint(
                condition=Q(reading_level__gte=0, reading_level__lte=14, speaking_level__gte=0, speaking_level__lte=14),
                name="language_levels_are_grades",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} {self.language}"


class Support(models.Model):
    """A support a student has a right to, or uses by agreement."""

    class Kind(models.TextChoices):
        BILINGUAL_TEXTS = "bilingual-texts", _("Bilingual texts")
        PLAN_ONCE_A_WEEK = "plan-once-a-week", _("The plan once a week, on Monday")
        SENTENCE_STARTERS = "sentence-starters", _("Sentence starters")
        EXTRA_TIME = "extra-time", _("Extra time")
        READ_ALOUD = "read-aloud", _("Texts read aloud")
        BREAKS = "breaks", _("Breaks")
        LARGE_PRINT = "large-print", _("Large print")
        ESSENTIALS_ONLY = "essentials-only", _("Essentials only, the rest is put away")
        MOVE_ON = "move-on", _("May move on early")
        ADULT = "adult", _("Somebody near: no day alone only")

    student = models.ForeignKey(Person, models.CASCADE, related_name="supports")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "kind"], name="support_once_per_student")]

    def __str__(self) -> str:
        return f"{self.student_id} {self.kind}"


class Goal(models.Model):
    """A goal in the student's own words."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="goals")
    words = models.CharField(max_length=300)
    chosen_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student"], condition=Q(ended_on__isnull=True), name="one_goal_at_a_time")
        ]

    def __str__(self) -> str:
        return self.words


class SignInCard(models.Model):
    """A student's printed card. The code is derived from the site's secret, so only its hash is stored."""

    student = models.ForeignKey(Person, models.CASCADE, related_name="sign_in_cards")
    number = models.PositiveIntegerField(default=1)
    code_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "number"], name="card_number_once"),
            models.UniqueConstraint(
                fields=["student"], condition=Q(revoked_at__isnull=True), name="one_card_works_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"card {self.number} of {self.student_id}"


class FamilyLink(models.Model):
    """A guardian's way in without a password, until a day."""

    guardian = models.ForeignKey(Person, models.CASCADE, related_name="family_links")
    number = models.PositiveIntegerField(default=1)
    code_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guardian", "number"], name="family_link_number_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="family_link_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"family link {self.number} of {self.guardian_id}"


class SignInAttempt(models.Model):
    """A failed sign-in, kept for a day, so that guessing is slow."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="attempts_by_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.at}"
