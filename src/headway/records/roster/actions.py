"""Every change to people, classes and who belongs to whom. One transaction each, with its audit row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from headway.core.access.codes import code_for, code_hash
from headway.core.access.roles import Role
from headway.records.audit import actions as audit
from headway.records.roster import checks, queries
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
    StudentLanguage,
    StudentProfile,
    Support,
    Teaching,
    Term,
)

FAMILY_LINK_DAYS = 120
ENDED_DAYS = 365  # how long a card or link that works no more is kept, to tell what it was


# --- organisations ---------------------------------------------------------------------------------------------------


@transaction.atomic
def add_organisation(
    *,
    kind: str,
    name: str,
    by: Person | None,
    at: datetime,
    parent: Organisation | None = None,
    timezone: str = "America/New_York",
    language: str = "en",
    source: str = "",
    source_id: str = "",
) -> Organisation:
    """Add a district or a school; one that another system already named here is returned as it is."""
    known = queries.organisation_by_source(source, source_id) if source_id else None
    if known is not None:
        return known
    made = Organisation.objects.create(
        kind=kind, name=name, parent=parent, timezone=timezone, language=language, source=source, source_id=source_id
    )
    audit.record("organisation.added", made, by=by, at=at)
    return made


@transaction.atomic
def add_term(
    *, school: Organisation, name: str, starts_on: date, ends_on: date, by: Person | None, at: datetime
) -> Term:
    """Add a term, or change the dates of the one with this name."""
    term, made = Term.objects.update_or_create(
        school=school, name=name, defaults={"starts_on": starts_on, "ends_on": ends_on}
    )
    audit.record("term.added" if made else "term.changed", term, by=by, at=at)
    return term


@transaction.atomic
def add_school_year(*, school: Organisation, day: date, by: Person | None, at: datetime) -> Term:
    """Add the school year that holds `day`, August to July, for a school that has no term yet."""
    first = day.year if day.month >= 8 else day.year - 1
    return add_term(
        school=school,
        name=f"{first}–{(first + 1) % 100:02}",
        starts_on=date(first, 8, 1),
        ends_on=date(first + 1, 7, 31),
        by=by,
        at=at,
    )


@transaction.atomic
def close_day(*, school: Organisation, day: date, name: str, by: Person | None, at: datetime) -> Closure:
    """Mark a day without school."""
    closure, _made = Closure.objects.update_or_create(school=school, day=day, defaults={"name": name})
    audit.record("day.closed", closure, by=by, at=at)
    return closure


# --- people ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_person(
    *,
    given_name: str,
    family_name: str,
    roles: Iterable[Role],
    organisation: Organisation,
    by: Person | None,
    at: datetime,
    title: str = "",
    language: str = "en",
    username: str | None = None,
    password: str | None = None,
    password_is_one_time: bool = False,
    external: Mapping[str, str] | None = None,
) -> Person:
    """Add a person with roles; `external` names the person in other systems and makes a second call change nothing."""
    for source, value in (external or {}).items():
        known = queries.person_by_external_id(source, value)
        if known is not None:
            return known
    if username is not None:
        checks.check_username_is_free(username)
    person = Person(given_name=given_name, family_name=family_name, title=title, language=language, username=username)
    person.password = make_password(password)
    person.password_is_one_time = password_is_one_time
    person.save()
    RoleGrant.objects.bulk_create([RoleGrant(person=person, role=role, organisation=organisation) for role in roles])
    PersonExternalId.objects.bulk_create(
        [PersonExternalId(person=person, source=source, value=value) for source, value in (external or {}).items()]
    )
    audit.record("person.added", person, by=by, at=at)
    return person


@transaction.atomic
def add_students(
    *,
    names: Sequence[tuple[str, str, str]],
    source: str,
    organisation: Organisation,
    by: Person | None,
    at: datetime,
    language: str = "en",
) -> dict[str, Person]:
    """Add many students at once; each name is (external id, given name, family name). Known ones stay as they are."""
    known = queries.people_by_external_id(source, [name[0] for name in names])
    fresh = [name for name in names if name[0] not in known]
    people = Person.objects.bulk_create(
        [
            Person(given_name=given, family_name=family, language=language, password=make_password(None))
            for _external, given, family in fresh
        ],
        batch_size=500,
    )
    for (external, _given, _family), person in zip(fresh, people, strict=True):
        known[external] = person
    RoleGrant.objects.bulk_create(
        [RoleGrant(person=person, role=Role.STUDENT, organisation=organisation) for person in people], batch_size=500
    )
    PersonExternalId.objects.bulk_create(
        [
            PersonExternalId(person=person, source=source, value=name[0])
            for name, person in zip(fresh, people, strict=True)
        ],
        batch_size=500,
    )
    audit.record_many("person.added", people, by=by, at=at)
    return known


@transaction.atomic
def set_password(*, person: Person, password: str, by: Person | None, at: datetime) -> None:
    """Give an adult a password of their own."""
    person.set_password(password)
    person.password_is_one_time = False
    person.save(update_fields=["password", "password_is_one_time"])
    audit.record("person.password_set", person, by=by, at=at)


@transaction.atomic
def give_one_time_password(*, person: Person, password: str, by: Person, at: datetime) -> None:
    """Give an adult a password that opens one page: the one where they choose their own. Open sessions end."""
    checks.check_one_time_password(person, by)
    person.set_password(password)
    person.password_is_one_time = True
    person.save(update_fields=["password", "password_is_one_time"])
    audit.record("person.one_time_password_given", person, by=by, at=at)


@transaction.atomic
def set_language(*, person: Person, language: str, by: Person, at: datetime) -> None:
    """Remember the language a person reads Headway in."""
    if person.language == language:
        return
    person.language = language
    person.save(update_fields=["language"])
    audit.record("person.language_set", person, by=by, at=at, language=language)


@transaction.atomic
def switch_off(*, person: Person, by: Person, at: datetime) -> Person:
    """Close a person's account at once; everything they did stays."""
    checks.check_switch_off(person, by)
    if person.is_active:
        person.is_active = False
        person.save(update_fields=["is_active"])
        audit.record("person.switched_off", person, by=by, at=at)
    return person


@transaction.atomic
def switch_on(*, person: Person, by: Person, at: datetime) -> Person:
    """Open a person's account again."""
    checks.check_switch_off(person, by)
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        audit.record("person.switched_on", person, by=by, at=at)
    return person


@transaction.atomic
def link_guardian(
    *, guardian: Person, student: Person, relationship: str, by: Person | None, at: datetime
) -> GuardianLink:
    """Let an adult at home read a student's week."""
    link, made = GuardianLink.objects.get_or_create(
        guardian=guardian, student=student, defaults={"relationship": relationship}
    )
    if made:
        audit.record("guardian.linked", link, by=by, at=at)
    return link


@transaction.atomic
def write_profile(*, student: Person, by: Person | None, at: datetime, **facts: Any) -> StudentProfile:
    """Write what a plan needs to know; `facts` are the profile's fields, the rest stays."""
    profile, _made = StudentProfile.objects.update_or_create(student=student, defaults=facts)
    audit.record("profile.written", profile, by=by, at=at, fields=sorted(facts))
    return profile


@transaction.atomic
def set_languages(*, student: Person, languages: Iterable[Mapping[str, Any]], by: Person | None, at: datetime) -> None:
    """Replace the student's languages; each has language, reading, speaking (grade levels) and home."""
    StudentLanguage.objects.filter(student=student).delete()
    StudentLanguage.objects.bulk_create(
        [
            StudentLanguage(
                student=student,
                language=row["language"],
                reading_level=float(row.get("reading", 0)),
                speaking_level=float(row.get("speaking", 0)),
                is_home_language=bool(row.get("home", False)),
            )
            for row in languages
        ]
    )
    audit.record("languages.set", student, by=by, at=at)


@transaction.atomic
def set_supports(*, student: Person, kinds: Iterable[str], by: Person | None, at: datetime) -> None:
    """Replace the student's supports."""
    wanted = set(kinds)
    student.supports.exclude(kind__in=wanted).delete()
    have = set(student.supports.values_list("kind", flat=True))
    Support.objects.bulk_create([Support(student=student, kind=kind) for kind in sorted(wanted - have)])
    audit.record("supports.set", student, by=by, at=at, kinds=sorted(wanted))


@transaction.atomic
def choose_goal(*, student: Person, words: str, on: date, by: Person | None, at: datetime) -> Goal:
    """Take a new goal in the student's own words; the one before ends on the same day."""
    now = queries.goal_of(student)
    if now is not None:
        if now.words == words:
            return now
        now.ended_on = on
        now.save(update_fields=["ended_on"])
    goal = Goal.objects.create(student=student, words=words, chosen_on=on)
    audit.record("goal.chosen", goal, by=by, at=at)
    return goal


# --- classes ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_class(
    *,
    school: Organisation,
    term: Term,
    name: str,
    by: Person | None,
    at: datetime,
    period: str = "",
    subject: str = "",
    grade: int = 7,
    language: str = "en",
    source: str = "",
    source_id: str = "",
) -> Class:
    """Add a class; one that another system already named here is returned as it is."""
    known = queries.class_by_source(source, source_id) if source_id else None
    if known is not None:
        return known
    made = Class.objects.create(
        school=school,
        term=term,
        name=name,
        period=period,
        subject=subject,
        grade=grade,
        language=language,
        source=source,
        source_id=source_id,
    )
    audit.record("class.added", made, by=by, at=at)
    return made


@transaction.atomic
def set_timetable(
    *, school_class: Class, periods: Iterable[tuple[int, time, int, str]], by: Person | None, at: datetime
) -> None:
    """Replace a class's weekly timetable; each period is (weekday, start, minutes, place)."""
    school_class.periods.all().delete()
    ClassPeriod.objects.bulk_create(
        [
            ClassPeriod(school_class=school_class, weekday=weekday, starts_at=start, minutes=minutes, place=place)
            for weekday, start, minutes, place in periods
        ]
    )
    audit.record("timetable.set", school_class, by=by, at=at)


@transaction.atomic
def assign_teacher(
    *, school_class: Class, teacher: Person, by: Person | None, at: datetime, part: str = Teaching.Part.LEAD
) -> Teaching:
    """Let an adult work with a class."""
    teaching, made = Teaching.objects.get_or_create(school_class=school_class, teacher=teacher, defaults={"part": part})
    if made:
        audit.record("teacher.assigned", teaching, by=by, at=at)
    return teaching


@transaction.atomic
def enrol(*, school_class: Class, students: Iterable[Person], on: date, by: Person | None, at: datetime) -> int:
    """Enrol students; those already in the class stay. Returns how many are new."""
    Class.objects.select_for_update().get(pk=school_class.pk)
    here = set(
        Enrolment.objects.filter(school_class=school_class, left_on__isnull=True).values_list("student_id", flat=True)
    )
    fresh = {student.pk: student for student in students if student.pk not in here}
    Enrolment.objects.bulk_create(
        [Enrolment(school_class=school_class, student=student, joined_on=on) for student in fresh.values()],
        batch_size=500,
    )
    if fresh:
        audit.record("students.enrolled", school_class, by=by, at=at, count=len(fresh))
    return len(fresh)


@dataclass(frozen=True, kw_only=True)
class PastedClass:
    """What became of a pasted list."""

    made: tuple[Person, ...]
    known: tuple[Person, ...]


@transaction.atomic
def paste_class_list(
    *, school_class: Class, names: list[tuple[str, str]], on: date, by: Person, at: datetime
) -> PastedClass:
    """Add and enrol the students of a pasted list, with a sign-in card each.

    A name that is already in this class is not added twice, so pasting the same list again changes nothing.
    """
    checks.check_names(names)
    # Two presses of one button wait for each other here, so that the second one finds the names already in the class.
    Class.objects.select_for_update().get(pk=school_class.pk)
    here = {
        (person.given_name.casefold(), person.family_name.casefold()): person
        for person in queries.students_of(school_class)
    }
    known, fresh, seen = [], [], set()
    for given, family in names:
        key = (given.casefold(), family.casefold())
        if key in seen:
            continue
        seen.add(key)
        if key in here:
            known.append(here[key])
        else:
            fresh.append((given, family))
    unusable = make_password(None)
    made = Person.objects.bulk_create(
        [
            Person(given_name=given, family_name=family, language=school_class.school.language, password=unusable)
            for given, family in fresh
        ]
    )
    RoleGrant.objects.bulk_create(
        [RoleGrant(person=person, role=Role.STUDENT, organisation=school_class.school) for person in made]
    )
    StudentProfile.objects.bulk_create([StudentProfile(student=person, grade=school_class.grade) for person in made])
    StudentLanguage.objects.bulk_create(
        [
            StudentLanguage(
                student=person,
                language=school_class.language,
                reading_level=school_class.grade,
                speaking_level=school_class.grade,
            )
            for person in made
        ]
    )
    enrol(school_class=school_class, students=made, on=on, by=by, at=at)
    issue_cards(students=made, by=by, at=at)
    audit.record_many("person.added", made, by=by, at=at)
    return PastedClass(made=tuple(made), known=tuple(known))


@transaction.atomic
def open_class_from_list(
    *,
    school: Organisation,
    term: Term,
    name: str,
    period: str,
    subject: str,
    grade: int,
    language: str,
    timetable: Iterable[tuple[int, time, int, str]],
    teacher: Person | None,
    names: list[tuple[str, str]],
    on: date,
    by: Person,
    at: datetime,
) -> tuple[Class, PastedClass]:
    """Make a class from a pasted list in one go: timetable, teacher, students, cards. The same list again changes nothing."""
    checks.check_leads(by, school)
    checks.check_names(names)
    Organisation.objects.select_for_update().get(pk=school.pk)
    school_class = queries.class_named(school, term, name=name, period=period)
    if school_class is None:
        school_class = add_class(
            school=school,
            term=term,
            name=name,
            period=period,
            subject=subject,
            grade=grade,
            language=language,
            by=by,
            at=at,
        )
        set_timetable(school_class=school_class, periods=timetable, by=by, at=at)
    if teacher is not None:
        assign_teacher(school_class=school_class, teacher=teacher, by=by, at=at)
    return school_class, paste_class_list(school_class=school_class, names=names, on=on, by=by, at=at)


@transaction.atomic
def add_guardian(
    *,
    student: Person,
    given_name: str,
    family_name: str,
    relationship: str,
    language: str,
    school: Organisation,
    by: Person,
    at: datetime,
) -> Person:
    """Let one more adult at home read a student's week, by a link of their own; the same name again is the same adult."""
    for known in queries.guardians_of(student):
        if (known.given_name.casefold(), known.family_name.casefold()) == (
            given_name.casefold(),
            family_name.casefold(),
        ):
            return known
    guardian = add_person(
        given_name=given_name,
        family_name=family_name,
        roles=[Role.GUARDIAN],
        organisation=school,
        language=language,
        by=by,
        at=at,
    )
    link_guardian(guardian=guardian, student=student, relationship=relationship, by=by, at=at)
    issue_family_link(guardian=guardian, by=by, at=at)
    return guardian


# --- signing in ------------------------------------------------------------------------------------------------------


def _wait_for(people: Iterable[Person]) -> None:
    """Let only one transaction at a time give things to these people; the second one finds what the first gave."""
    ids = [person.pk for person in people]
    list(Person.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


@transaction.atomic
def issue_cards(*, students: Iterable[Person], by: Person | None, at: datetime) -> list[SignInCard]:
    """Give every student without a working card a new one; returns all working cards in the students' order."""
    students = list(students)
    working = queries.working_cards(students)
    missing = [student for student in students if student.pk not in working]
    if missing:
        _wait_for(missing)
        working.update(queries.working_cards(missing))
    newest: dict[int, int] = {}
    for student_id, number in SignInCard.objects.filter(student__in=students).values_list("student_id", "number"):
        newest[student_id] = max(newest.get(student_id, 0), number)
    fresh = []
    for student in students:
        if student.pk not in working:
            number = newest.get(student.pk, 0) + 1
            code = code_for(settings.SECRET_KEY, queries.CARD, str(student.uuid), number)
            card = SignInCard(
                student=student,
                number=number,
                code_hash=code_hash(settings.SECRET_KEY, queries.CARD, code),
                issued_at=at,
            )
            fresh.append(card)
            working[student.pk] = card
    SignInCard.objects.bulk_create(fresh, batch_size=500)
    audit.record_many("card.issued", fresh, by=by, at=at)
    return [working[student.pk] for student in students]


@transaction.atomic
def replace_card(*, student: Person, by: Person, at: datetime) -> SignInCard:
    """Stop a lost card, end the sessions it opened, and give a new one."""
    if not student.has_usable_password():
        # A session is tied to the password's hash, so a fresh unusable one ends whoever is signed in by the old card.
        student.set_unusable_password()
        student.save(update_fields=["password"])
    SignInCard.objects.filter(student=student, revoked_at__isnull=True).update(revoked_at=at)
    audit.record("card.revoked", student, by=by, at=at)
    return issue_cards(students=[student], by=by, at=at)[0]


@transaction.atomic
def issue_family_link(*, guardian: Person, by: Person | None, at: datetime, days: int = FAMILY_LINK_DAYS) -> FamilyLink:
    """Give a guardian a link that opens the children's weeks until it ends; an open one is returned as it is."""
    _wait_for([guardian])
    open_link = FamilyLink.objects.filter(guardian=guardian, revoked_at__isnull=True, expires_at__gt=at).first()
    if open_link is not None:
        return open_link
    newest = FamilyLink.objects.filter(guardian=guardian).order_by("-number").first()
    number = newest.number + 1 if newest else 1
    code = code_for(settings.SECRET_KEY, queries.FAMILY, str(guardian.uuid), number)
    link = FamilyLink.objects.create(
        guardian=guardian,
        number=number,
        code_hash=code_hash(settings.SECRET_KEY, queries.FAMILY, code),
        issued_at=at,
        expires_at=at + timedelta(days=days),
    )
    audit.record("family_link.issued", link, by=by, at=at)
    return link


@transaction.atomic
def revoke_family_link(*, guardian: Person, by: Person, at: datetime) -> None:
    """Stop a guardian's links at once."""
    FamilyLink.objects.filter(guardian=guardian, revoked_at__isnull=True).update(revoked_at=at)
    audit.record("family_link.revoked", guardian, by=by, at=at)


def note_failed_sign_in(*, keys: Iterable[str], at: datetime) -> None:
    """Remember a failed try; kept for a day, without anybody's name."""
    SignInAttempt.objects.filter(at__lt=at - timedelta(days=1)).delete()
    SignInAttempt.objects.bulk_create([SignInAttempt(key=key, at=at) for key in keys])


@transaction.atomic
def forget_ended(*, by: Person | None, at: datetime) -> dict[str, int]:
    """Delete what opened a door once and has been of no use for its time, as the retention policy says; returns counts.

    Cards go a year after they were revoked, family links a year after they stopped working, failed tries after a day. Codes
    follow from a person's number: the newest one stays, so that no code is ever given out twice.
    """
    then = at - timedelta(days=ENDED_DAYS)
    newer_card = SignInCard.objects.filter(student=OuterRef("student"), number__gt=OuterRef("number"))
    cards = list(SignInCard.objects.filter(Exists(newer_card), revoked_at__lt=then))
    newer_link = FamilyLink.objects.filter(guardian=OuterRef("guardian"), number__gt=OuterRef("number"))
    ended = Q(revoked_at__lt=then) | Q(expires_at__lt=then)
    links = list(FamilyLink.objects.filter(ended, Exists(newer_link)))
    audit.record_many("card.forgotten", cards, by=by, at=at)
    audit.record_many("family_link.forgotten", links, by=by, at=at)
    SignInCard.objects.filter(pk__in=[card.pk for card in cards]).delete()
    FamilyLink.objects.filter(pk__in=[link.pk for link in links]).delete()
    tries, _by_table = SignInAttempt.objects.filter(at__lt=at - timedelta(days=1)).delete()
    return {"cards": len(cards), "family_links": len(links), "failed_tries": tries}


def note_signed_in(*, person: Person, way: str, at: datetime) -> None:
    """Write that a person signed in, and how."""
    audit.record("person.signed_in", person, by=person, at=at, way=way)
