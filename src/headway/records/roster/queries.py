"""Who is who, and who may see whom. Every read starts from the viewer; somebody else's student is "not found"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Prefetch, Q, QuerySet, When
from django.utils import timezone

from headway.core.access.codes import code_for, code_hash
from headway.core.access.roles import Permission, Role, allows
from headway.core.shared.errors import NotFound
from headway.records.roster.models import (
    Class,
    ClassPeriod,
    Closure,
    Enrolment,
    FamilyLink,
    Goal,
    GuardianLink,
    Organisation,
    Person,
    PersonExternalId,
    RoleGrant,
    SignInAttempt,
    SignInCard,
    StudentProfile,
    Support,
    Teaching,
    Term,
)

CARD, FAMILY = "card", "family"
FAILURES_PER_PERSON, FAILURES_PER_PLACE, THROTTLE_MINUTES = 8, 40, 15


def roles_of(person: Person) -> frozenset[Role]:
    """Return every role the person plays anywhere; asked once per request."""
    cached: frozenset[Role] | None = getattr(person, "_roles", None)
    if cached is None:
        cached = frozenset(Role(role) for role in person.role_grants.values_list("role", flat=True).distinct())
        person._roles = cached  # type: ignore[attr-defined]
    return cached


# Written out, since building it anew takes longer than the database needs to answer.
_PERSON_AND_ROLES = """
    SELECT person.*, role_grant.role AS granted
    FROM records_person AS person LEFT JOIN records_rolegrant AS role_grant ON role_grant.person_id = person.id
    WHERE person.id = %s"""


def person_at_the_door(pk: int) -> Person | None:
    """Return a person with every role they play now, in one query: asked at every request of somebody signed in."""
    rows = list(Person.objects.raw(_PERSON_AND_ROLES, [pk]))
    if not rows:
        return None
    rows[0]._roles = frozenset(Role(row.granted) for row in rows if row.granted)  # type: ignore[attr-defined]
    return rows[0]


def may(person: Person, permission: Permission) -> bool:
    """Return whether any of the person's roles carries the permission."""
    return allows(roles_of(person), permission)


# --- organisations ---------------------------------------------------------------------------------------------------


def organisations_led_by(leader: Person) -> QuerySet[Organisation]:
    """Return the schools and districts the person leads, with the schools under a district."""
    led = RoleGrant.objects.filter(person=leader, role=Role.LEADER).values("organisation")
    return Organisation.objects.filter(Q(pk__in=led) | Q(parent__in=led))


def schools_of(person: Person) -> QuerySet[Organisation]:
    """Return every organisation where the person plays a role."""
    return Organisation.objects.filter(role_grants__person=person).distinct()


def school_for(leader: Person, school_id: int | None = None) -> Organisation:
    """Return a school that the leader leads; the first one when none is named."""
    schools = organisations_led_by(leader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
    school = (schools.filter(pk=school_id) if school_id else schools).first()
    if school is None:
        raise NotFound
    return school


def organisation_by_source(source: str, source_id: str) -> Organisation | None:
    """Return the organisation another system calls `source_id`."""
    return Organisation.objects.filter(source=source, source_id=source_id).first()


def school_named(name: str) -> Organisation | None:
    """Return the school with this name, for the command line."""
    return Organisation.objects.filter(kind=Organisation.Kind.SCHOOL, name__iexact=name).order_by("pk").first()


def organisations_from_elsewhere(source: str) -> QuerySet[Organisation]:
    """Return every organisation that did not come from `source`, for the command line."""
    return Organisation.objects.exclude(source=source)


def username_is_taken(username: str) -> bool:
    """Return whether somebody signs in by this name, whatever its case."""
    return Person.objects.filter(username__iexact=username).exists()


def current_term(school: Organisation, day: date) -> Term | None:
    """Return the term that holds `day`, else the newest one."""
    return (
        school.terms.filter(starts_on__lte=day, ends_on__gte=day).first() or school.terms.order_by("-starts_on").first()
    )


def closed_days(school: Organisation, monday: date) -> frozenset[int]:
    """Return the weekdays (0 = Monday) without school in the week of `monday`."""
    days = Closure.objects.filter(school=school, day__gte=monday, day__lt=monday + timedelta(days=5))
    return frozenset(closure.day.weekday() for closure in days)


# --- classes ---------------------------------------------------------------------------------------------------------


def classes_for(viewer: Person) -> QuerySet[Class]:
    """Return the classes the viewer teaches, learns in or leads."""
    return (
        Class.objects.filter(
            Q(teachings__teacher=viewer)
            | Q(enrolments__student=viewer, enrolments__left_on__isnull=True)
            | Q(school__in=organisations_led_by(viewer))
        )
        .distinct()
        .order_by("period", "name", "pk")
    )


def classes_taught_by(teacher: Person) -> QuerySet[Class]:
    """Return the classes the person teaches or supports."""
    return Class.objects.filter(teachings__teacher=teacher).distinct().order_by("period", "name", "pk")


def taught_class(teacher: Person, class_id: int) -> Class:
    """Return a class the person teaches or supports, else it is not found."""
    found = classes_taught_by(teacher).select_related("school", "term").filter(pk=class_id).first()
    if found is None:
        raise NotFound
    return found


def class_for(viewer: Person, class_id: int) -> Class:
    """Return a class the viewer may open, else it is not found."""
    found = classes_for(viewer).select_related("school", "term").filter(pk=class_id).first()
    if found is None:
        raise NotFound
    return found


def classes_led_by(leader: Person) -> QuerySet[Class]:
    """Return the classes of the schools the person leads, with the number of students."""
    return (
        Class.objects.filter(school__in=organisations_led_by(leader))
        .annotate(student_count=Count("enrolments", filter=Q(enrolments__left_on__isnull=True), distinct=True))
        .prefetch_related(Prefetch("teachings", Teaching.objects.select_related("teacher")))
        .order_by("period", "name", "pk")
    )


def led_class(leader: Person, class_id: int) -> Class:
    """Return a class of a school the person leads, else it is not found."""
    found = (
        Class.objects.select_related("school", "term")
        .filter(pk=class_id, school__in=organisations_led_by(leader))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def class_named(school: Organisation, term: Term, *, name: str, period: str) -> Class | None:
    """Return the term's class with this name and period, whatever its case."""
    return Class.objects.filter(school=school, term=term, name__iexact=name, period__iexact=period).first()


def student_count(school_classes: Iterable[Class]) -> int:
    """Return how many students learn in these classes, each counted once."""
    rows = Enrolment.objects.filter(school_class__in=list(school_classes), left_on__isnull=True)
    return rows.values("student").distinct().count()


def class_by_source(source: str, source_id: str) -> Class | None:
    """Return the class another system calls `source_id`."""
    return Class.objects.filter(source=source, source_id=source_id).first()


def all_classes(school: Organisation | None = None) -> QuerySet[Class]:
    """Return every class, of one school or of all, for the command line."""
    classes = Class.objects.select_related("school", "term").order_by("pk")
    return classes.filter(school=school) if school else classes


def periods_of(school_class: Class) -> QuerySet[ClassPeriod]:
    """Return the timetable of a class."""
    return school_class.periods.order_by("weekday", "starts_at")


def next_school_day(school_classes: Iterable[Class], start: date) -> tuple[date, list[ClassPeriod]]:
    """Return the first day from `start` on which any of the classes meets, and when they meet, in the order of the day.

    In a long holiday that is `start` itself, with nothing on it.
    """
    classes = list(school_classes)
    horizon = 21
    closed = set(
        Closure.objects.filter(
            school__in={each.school_id for each in classes}, day__gte=start, day__lt=start + timedelta(days=horizon)
        ).values_list("school_id", "day")
    )
    periods = list(
        ClassPeriod.objects.filter(school_class__in=classes)
        .select_related("school_class")
        .order_by("starts_at", "school_class__period", "pk")
    )
    for ahead in range(horizon):
        day = start + timedelta(days=ahead)
        meeting = [
            period
            for period in periods
            if period.weekday == day.weekday() and (period.school_class.school_id, day) not in closed
        ]
        if meeting:
            return day, meeting
    return start, []


def minutes_of_days(school_class: Class, monday: date) -> tuple[int, int, int, int, int]:
    """Return the class minutes of each day in the week of `monday`; 0 where there is no school."""
    closed = closed_days(school_class.school, monday)
    minutes = [0, 0, 0, 0, 0]
    for weekday, length in school_class.periods.values_list("weekday", "minutes"):
        if weekday not in closed:
            minutes[weekday] += length
    return (minutes[0], minutes[1], minutes[2], minutes[3], minutes[4])


def teachers_of(school_class: Class) -> QuerySet[Person]:
    """Return the adults who work with the class, the lead teacher first."""
    place = Case(
        When(teachings__part=Teaching.Part.LEAD, then=0), When(teachings__part=Teaching.Part.CO, then=1), default=2
    )
    return Person.objects.filter(teachings__school_class=school_class).annotate(place=place).order_by("place", "pk")


def lead_teacher(school_class: Class) -> Person | None:
    """Return the class's lead teacher."""
    return (
        Person.objects.filter(teachings__school_class=school_class, teachings__part=Teaching.Part.LEAD)
        .order_by("pk")
        .first()
    )


def lead_teachers_of(school_classes: Iterable[Class]) -> dict[int, list[Person]]:
    """Return the lead and co-teachers of each class by class id, the lead teacher first, in one query."""
    found: dict[int, list[Person]] = {}
    rows = Teaching.objects.filter(
        school_class__in=list(school_classes),
        part__in=[Teaching.Part.LEAD, Teaching.Part.CO],
        teacher__is_active=True,
    ).select_related("teacher")
    for row in rows.order_by("-part", "pk"):
        found.setdefault(row.school_class_id, []).append(row.teacher)
    return found


# --- people ----------------------------------------------------------------------------------------------------------


def students_of(school_class: Class) -> QuerySet[Person]:
    """Return the students enrolled now, as a class list shows them; ask only for a class the viewer may see."""
    return Person.objects.learning_in(school_class).active().by_name()


def students_with_profiles(school_class: Class, *, only: Iterable[int] | None = None) -> list[Person]:
    """Return the class's students (or these of them) with profile, languages, supports and goal, in fixed queries."""
    students = students_of(school_class)
    return list(
        (students if only is None else students.filter(pk__in=list(only)))
        .select_related("profile")
        .prefetch_related("languages", "supports", Prefetch("goals", Goal.objects.filter(ended_on__isnull=True)))
    )


def enrolments_in(school_classes: Iterable[Class]) -> QuerySet[Enrolment]:
    """Return who is enrolled in any of the classes now, as class lists show them."""
    return (
        Enrolment.objects.filter(school_class__in=list(school_classes), left_on__isnull=True, student__is_active=True)
        .select_related("student")
        .order_by("student__given_name", "student__family_name", "pk")
    )


def guardian_links_of(student: Person) -> QuerySet[GuardianLink]:
    """Return the adults at home with what they are to the student."""
    return (
        GuardianLink.objects.filter(student=student)
        .select_related("guardian")
        .order_by("guardian__given_name", "guardian__family_name", "pk")
    )


def visible_students(viewer: Person) -> QuerySet[Person]:
    """Return every student the viewer teaches, supports, parents, leads, or is."""
    taught = Enrolment.objects.filter(school_class__teachings__teacher=viewer, left_on__isnull=True).values("student")
    led = RoleGrant.objects.filter(role=Role.STUDENT, organisation__in=organisations_led_by(viewer)).values("person")
    own_children = viewer.children_links.values("student")
    return Person.objects.filter(
        Q(pk__in=taught) | Q(pk__in=led) | Q(pk__in=own_children) | Q(pk=viewer.pk, role_grants__role=Role.STUDENT)
    ).distinct()


def student_for(viewer: Person, uuid: UUID) -> Person:
    """Return a student the viewer may see, else "not found", whoever it is."""
    found = visible_students(viewer).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def taught_student(teacher: Person, uuid: UUID) -> Person:
    """Return a student of one of the person's classes, else "not found"."""
    taught = Enrolment.objects.filter(school_class__teachings__teacher=teacher, left_on__isnull=True).values("student")
    found = Person.objects.filter(pk__in=taught, uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def student_in_class(school_class: Class, uuid: UUID) -> Person:
    """Return a student enrolled in a class that the viewer may see, else "not found"."""
    found = students_of(school_class).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def support_kinds() -> list[tuple[str, str]]:
    """Return the supports a student may have, with their names in the reader's language."""
    return [(kind.value, str(kind.label)) for kind in Support.Kind]


def profile_of(student: Person) -> StudentProfile:
    """Return the student's profile, an empty one when none was written yet (not saved)."""
    return StudentProfile.objects.filter(student=student).first() or StudentProfile(student=student)


def goal_of(student: Person) -> Goal | None:
    """Return the goal the student has now."""
    return student.goals.filter(ended_on__isnull=True).first()


def shared_classes(teacher: Person, student: Person) -> QuerySet[Class]:
    """Return the classes where the one teaches the other."""
    return (
        Class.objects.filter(teachings__teacher=teacher, enrolments__student=student, enrolments__left_on__isnull=True)
        .distinct()
        .order_by("period", "pk")
    )


def classes_of_student(student: Person) -> QuerySet[Class]:
    """Return the classes a student is enrolled in now."""
    return (
        Class.objects.filter(enrolments__student=student, enrolments__left_on__isnull=True)
        .select_related("school")
        .distinct()
        .order_by("period", "pk")
    )


def supports_on(student: Person, day: date) -> frozenset[str]:
    """Return the supports a student has on a day."""
    rows = student.supports.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=day))
    return frozenset(rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day)).values_list("kind", flat=True))


def lead_teachers(school_classes: Iterable[Class]) -> dict[int, Person]:
    """Return each class's lead teacher by class id, in one query."""
    rows = Teaching.objects.filter(school_class__in=list(school_classes), part=Teaching.Part.LEAD)
    return {row.school_class_id: row.teacher for row in rows.select_related("teacher").order_by("-pk")}


def children_of(guardian: Person) -> QuerySet[Person]:
    """Return the children whose weeks the guardian may read."""
    return Person.objects.filter(guardian_links__guardian=guardian, is_active=True).distinct().by_name()


def guardians_of(student: Person) -> QuerySet[Person]:
    """Return the adults at home."""
    return Person.objects.filter(children_links__student=student).distinct().by_name()


def people_led_by(leader: Person) -> QuerySet[Person]:
    """Return everyone with a role in the leader's organisations."""
    return Person.objects.filter(role_grants__organisation__in=organisations_led_by(leader)).distinct()


def people_list(
    leader: Person, *, words: str = "", role: Role | None = None, is_active: bool | None = None
) -> QuerySet[Person]:
    """Return the leader's people as a list shows them, found by any part of their names."""
    people = people_led_by(leader)
    for word in words.split():
        people = people.filter(
            Q(given_name__icontains=word) | Q(family_name__icontains=word) | Q(username__icontains=word)
        )
    if role is not None:
        people = people.filter(
            role_grants__role=role, role_grants__organisation__in=organisations_led_by(leader)
        ).distinct()
    if is_active is not None:
        people = people.filter(is_active=is_active)
    return people.prefetch_related("role_grants").by_name()  # type: ignore[attr-defined, no-any-return]


def teachers_in(school: Organisation) -> QuerySet[Person]:
    """Return the active teachers of a school."""
    return (
        Person.objects.active()
        .filter(role_grants__role=Role.TEACHER, role_grants__organisation=school)
        .distinct()
        .by_name()
    )


def person_led_by(leader: Person, uuid: UUID) -> Person:
    """Return one person of the leader's organisations, else "not found"."""
    found = people_led_by(leader).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def person_by_external_id(source: str, value: str) -> Person | None:
    """Return the person another system calls `value`."""
    return Person.objects.filter(external_ids__source=source, external_ids__value=value).first()


def people_by_external_id(source: str, values: Iterable[str]) -> dict[str, Person]:
    """Return people by the names another system gives them, in one query per 500 names."""
    wanted = list(values)
    found: dict[str, Person] = {}
    for start in range(0, len(wanted), 500):
        rows = PersonExternalId.objects.filter(source=source, value__in=wanted[start : start + 500])
        found.update({row.value: row.person for row in rows.select_related("person")})
    return found


def person_by_username(username: str) -> Person | None:
    """Return the adult who signs in with this name, whatever its case."""
    return Person.objects.active().filter(username__iexact=username.strip()).first()


def first_person_with(role: Role) -> Person | None:
    """Return the first active person with a role, for the command line's welcome."""
    return Person.objects.active().filter(role_grants__role=role).order_by("pk").first()


# --- cards, family links and throttling ------------------------------------------------------------------------------


def card_code(card: SignInCard) -> str:
    """Return the code printed on a card."""
    return code_for(settings.SECRET_KEY, CARD, str(card.student.uuid), card.number)


def family_code(link: FamilyLink) -> str:
    """Return the code of a family link."""
    return code_for(settings.SECRET_KEY, FAMILY, str(link.guardian.uuid), link.number)


def student_with_card(typed: str) -> Person | None:
    """Return the active student whose working card carries the typed code."""
    card = (
        SignInCard.objects.select_related("student")
        .filter(code_hash=code_hash(settings.SECRET_KEY, CARD, typed), revoked_at__isnull=True)
        .first()
    )
    return card.student if card is not None and card.student.is_active else None


def guardian_with_link(typed: str, *, at: datetime) -> tuple[Person, FamilyLink] | None:
    """Return the guardian whose family link carries the code and has not ended."""
    link = (
        FamilyLink.objects.select_related("guardian")
        .filter(code_hash=code_hash(settings.SECRET_KEY, FAMILY, typed), revoked_at__isnull=True, expires_at__gt=at)
        .first()
    )
    return (link.guardian, link) if link is not None and link.guardian.is_active else None


def guardian_with_ended_link(typed: str, *, at: datetime) -> Person | None:
    """Return the guardian whose link carries the code but has ended, so that the page can say so in their language."""
    link = (
        FamilyLink.objects.select_related("guardian")
        .filter(code_hash=code_hash(settings.SECRET_KEY, FAMILY, typed))
        .filter(Q(revoked_at__isnull=False) | Q(expires_at__lte=at))
        .first()
    )
    return link.guardian if link is not None else None


def open_family_links(guardians: Iterable[Person], *, at: datetime) -> dict[int, FamilyLink]:
    """Return each guardian's open link by guardian id."""
    links = FamilyLink.objects.select_related("guardian").filter(
        guardian__in=list(guardians), revoked_at__isnull=True, expires_at__gt=at
    )
    return {link.guardian_id: link for link in links.order_by("number")}


def students_without_card(school_classes: Iterable[Class]) -> dict[int, int]:
    """Return how many students of each class have no working card, by class id."""
    rows = (
        Enrolment.objects.filter(school_class__in=list(school_classes), left_on__isnull=True, student__is_active=True)
        .exclude(student__sign_in_cards__in=SignInCard.objects.filter(revoked_at__isnull=True))
        .values_list("school_class_id")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def working_cards(students: Iterable[Person]) -> dict[int, SignInCard]:
    """Return each student's working card by student id."""
    cards = SignInCard.objects.select_related("student").filter(student__in=list(students), revoked_at__isnull=True)
    return {card.student_id: card for card in cards}


def minutes_to_wait(person_key: str, place_key: str, *, at: datetime) -> int:
    """Return how many minutes sign-in is closed for this name or this place; 0 when it is open.

    A place may be a whole school behind one address, so it may fail five times as often as a name.
    """
    since = at - timedelta(minutes=THROTTLE_MINUTES)
    for key, most in ((person_key, FAILURES_PER_PERSON), (place_key, FAILURES_PER_PLACE)):
        failures = SignInAttempt.objects.filter(key=key, at__gt=since).order_by("-at")
        newest = list(failures.values_list("at", flat=True)[:most])
        if len(newest) >= most:
            opens = newest[-1] + timedelta(minutes=THROTTLE_MINUTES)
            return max(1, round((opens - at).total_seconds() / 60))
    return 0


def today_at(school: Organisation, at: datetime) -> date:
    """Return the school's date at a moment."""
    return timezone.localtime(at, ZoneInfo(school.timezone)).date()
