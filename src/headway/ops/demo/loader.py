"""Put the demo school in, by the same actions that pages use. All of it or nothing; a second time changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction

from headway.core.access.roles import Role
from headway.core.evidence.methods import Method, Rule
from headway.ops.demo import files
from headway.ops.demo.calendar import Calendar
from headway.ops.demo.files import SOURCE
from headway.ops.demo.simulation import RATING_LEVELS, Happening, Simulated
from headway.records.evidence import actions as evidence
from headway.records.items import actions as items
from headway.records.items import queries as item_queries
from headway.records.library import actions as library
from headway.records.library import bookmarks, collecting
from headway.records.library import queries as library_queries
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from headway.records.standards import actions as standards
from headway.records.standards import queries as standard_queries
from headway.records.wellbeing import actions as wellbeing

if TYPE_CHECKING:
    from headway.ops.terminal import Steps
    from headway.records.roster.models import Class, Organisation, Person

_id = partial(uuid5, NAMESPACE_URL)


@dataclass
class Place:
    """The demo school while it is put in: what is there, by the files' names."""

    calendar: Calendar
    school: Organisation
    people: dict[str, Person] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    skills: dict[str, int] = field(default_factory=dict)

    @property
    def began(self) -> datetime:
        """The moment at which the school set everything up, before the term."""
        return self.calendar.moment(self.calendar.day(-11), 8)


def is_loaded() -> bool:
    """Return whether the demo school is here."""
    return roster_queries.organisation_by_source(SOURCE, files.read("school.yaml")["school"]["id"]) is not None


@transaction.atomic
def load(*, at: datetime, steps: Steps) -> bool:
    """Put the demo school in; returns False when it is here already, and then changes nothing."""
    from headway.ops.demo.weeks import plan_and_work  # noqa: PLC0415  the two halves meet only here

    if is_loaded():
        return False
    steps.step("Building the school")
    place = _school(at)
    _frameworks(place)
    _adults(place)
    _classes(place)
    steps.step("Meeting the students")
    _students(place)
    _guardians(place)
    steps.step("Filling the shelves")
    _library(place)
    steps.step("Living through eight weeks")
    happened = files.eight_weeks()
    plan_and_work(place, happened, record_weeks=partial(_record_weeks, place, happened), steps=steps)
    steps.step("Writing notes and messages")
    _notes(place)
    _judgements(place)
    _tried_rules(place)
    _messages(place)
    return True


# --- school, people, classes -----------------------------------------------------------------------------------------


def _school(at: datetime) -> Place:
    facts = files.read("school.yaml")
    calendar = Calendar(now=at, zone=ZoneInfo(facts["school"]["timezone"]))
    began = calendar.moment(calendar.day(-11), 8)
    district = roster.add_organisation(
        kind="district",
        name=facts["district"]["name"],
        source=SOURCE,
        source_id=facts["district"]["id"],
        by=None,
        at=began,
    )
    school = roster.add_organisation(
        kind="school",
        name=facts["school"]["name"],
        parent=district,
        timezone=facts["school"]["timezone"],
        source=SOURCE,
        source_id=facts["school"]["id"],
        by=None,
        at=began,
    )
    for term in facts["terms"]:
        starts, ends = calendar.day(term["starts_week"]), calendar.day(term["ends_week"], 4)
        roster.add_term(school=school, name=term["name"], starts_on=starts, ends_on=ends, by=None, at=began)
    for closure in facts["closures"]:
        day = calendar.day(closure["week"], closure["weekday"])
        roster.close_day(school=school, day=day, name=closure["name"], by=None, at=began)
    return Place(calendar=calendar, school=school)


def _frameworks(place: Place) -> None:
    for document in files.frameworks():
        framework, _taken = standards.take_framework(document=document, by=None, at=place.began, school=place.school)
        for competency in standard_queries.competencies_of(framework):
            if competency.is_assessable:
                place.skills[competency.code] = competency.pk


def _adults(place: Place) -> None:
    facts = files.read("school.yaml")
    for row in facts["adults"]:
        place.people[row["id"]] = roster.add_person(
            given_name=row["given"],
            family_name=row["family"],
            title=row["title"],
            roles=[Role(role) for role in row["roles"]],
            organisation=place.school,
            username=row["username"],
            password=facts["password"],
            external={SOURCE: row["id"]},
            by=None,
            at=place.began,
        )


def _classes(place: Place) -> None:
    began = place.began
    term = roster_queries.current_term(place.school, place.calendar.today)
    if term is None:
        raise ValueError("school.yaml has no term around the present week")
    for row in files.read("school.yaml")["classes"]:
        lead = place.people[row["lead"]]
        school_class = roster.add_class(
            school=place.school,
            term=term,
            name=row["name"],
            period=row["period"],
            subject=row["subject"],
            source=SOURCE,
            source_id=row["id"],
            by=None,
            at=began,
        )
        starts = time.fromisoformat(row["starts"])
        periods = [(weekday, starts, row["minutes"], row["place"]) for weekday in range(5)]
        roster.set_timetable(school_class=school_class, periods=periods, by=None, at=began)
        roster.assign_teacher(school_class=school_class, teacher=lead, by=None, at=began)
        for name in row["specialists"]:
            roster.assign_teacher(
                school_class=school_class, teacher=place.people[name], part="specialist", by=None, at=began
            )
        known = standard_queries.competencies_with_ids(place.skills[code] for code in row["path"])
        path = [known[place.skills[code]] for code in row["path"]]
        standards.set_path(school_class=school_class, competencies=path, by=lead, at=began)
        place.classes[row["id"]] = school_class


def _students(place: Place) -> None:
    rows, began = files.read("people.yaml")["students"], place.began
    made = roster.add_students(
        names=[(row["id"], *row["name"]) for row in rows], source=SOURCE, organisation=place.school, by=None, at=began
    )
    place.people.update(made)
    leads = {row["cohort"]: place.people[row["lead"]] for row in reversed(files.read("school.yaml")["classes"])}
    for row in rows:
        student, lead = made[row["id"]], leads[row["cohort"]]
        device, connection = row["home"]
        roster.write_profile(
            student=student,
            by=lead,
            at=began,
            grade=7,
            interests=row["interests"],
            interest_words=row["interest_words"],
            career_hopes=row["hopes"],
            careers=row["careers"],
            assets_words=row["assets"],
            device_at_home=device,
            connection_at_home=connection,
        )
        languages = [
            {"language": code, "reading": levels[0], "speaking": levels[1], "home": "home" in levels}
            for code, levels in row["languages"].items()
        ]
        roster.set_languages(student=student, languages=languages, by=lead, at=began)
        roster.choose_goal(student=student, words=row["goal"], on=place.calendar.day(-3), by=student, at=began)
        if row["supports"]:
            roster.set_supports(student=student, kinds=row["supports"], by=lead, at=began)
        if row.get("reads", "en") != "en":
            roster.set_language(person=student, language=row["reads"], by=lead, at=began)
    for one in files.read("school.yaml")["classes"]:
        here = [made[row["id"]] for row in rows if row["cohort"] == one["cohort"]]
        lead = place.people[one["lead"]]
        roster.enrol(school_class=place.classes[one["id"]], students=here, on=began.date(), by=lead, at=began)
    roster.issue_cards(students=[made[row["id"]] for row in rows], by=None, at=began)


def _guardians(place: Place) -> None:
    for row in files.read("people.yaml")["guardians"]:
        guardian = roster.add_person(
            given_name=row["name"][0],
            family_name=row["name"][1],
            roles=[Role.GUARDIAN],
            organisation=place.school,
            language=row["language"],
            external={SOURCE: row["id"]},
            by=None,
            at=place.began,
        )
        place.people[row["id"]] = guardian
        for child, relationship in row["of"].items():
            roster.link_guardian(
                guardian=guardian, student=place.people[child], relationship=relationship, by=None, at=place.began
            )
        roster.issue_family_link(guardian=guardian, by=None, at=place.calendar.now)


# --- library ---------------------------------------------------------------------------------------------------------


def _library(place: Place) -> None:
    rows = files.resources()
    ids, _taken = library.take_resources(
        source=SOURCE, rows=rows, competencies=place.skills, by=None, at=place.began, school=place.school
    )
    items.take_items(source=SOURCE, rows=rows, resource_ids=ids, competencies=place.skills, by=None, at=place.began)
    _collections(place, ids)
    _kept(place, ids)


def _collections(place: Place, ids: Mapping[str, int]) -> None:
    for row in files.collections():
        first, last = row.get("fits", (None, None))
        collecting.make_collection(
            school=place.school,
            title=row["title"],
            why=row["why"],
            theme=row["theme"],
            language=row.get("language", "en"),
            starts_on=None if first is None else place.calendar.day(first),
            ends_on=None if last is None else place.calendar.day(last, 4),
            entries=[
                collecting.EntryIn(resource_id=ids[name], section=section, why=why)
                for name, section, why in row["entries"]
            ],
            by=place.people[row["by"]],
            at=place.began,
        )


def _kept(place: Place, ids: Mapping[str, int]) -> None:
    """Let some students keep what they found: the first choices that speak of what they like and that they read."""
    rows = [row for row in files.resources() if "choice" in row.uses and row.source_id in ids]
    known = library_queries.resources_of_school(place.school).in_bulk(ids.values())
    for number, one in enumerate(files.read("people.yaml")["students"][:12:3]):
        liked = [
            row for row in rows if set(row.topics) & set(one["interests"]) and row.language == one.get("reads", "en")
        ]
        for row in liked[number : number + 2]:
            bookmarks.keep(resource=known[ids[row.source_id]], by=place.people[one["id"]], at=place.began)


# --- eight weeks -----------------------------------------------------------------------------------------------------


def _record_weeks(place: Place, happened: Simulated, first: int, last: int, *, daily: bool) -> None:
    """Record simulated weeks from `first` to `last`; answers arrive on their day or, like ratings, on Friday.

    When a fact happened is kept either way. Only what is new is looked at by the day it arrived.
    """
    facts = files.read("simulation.yaml")
    rows = files.read("school.yaml")["classes"]
    hours = {row["id"]: time.fromisoformat(row["starts"]) for row in rows}
    leads = {row["id"]: place.people[row["lead"]] for row in rows}
    item_ids = item_queries.item_ids_by_source(SOURCE)
    resource_of = {row["id"]: row["resource"] for row in files.item_rows()}
    resource_ids = library_queries.resource_ids_by_source(SOURCE)
    questions = {question.id: question for question in files.world().questions}
    arriving: dict[tuple[int, str], list[evidence.EvidenceIn]] = defaultdict(list)
    for number, one in enumerate(happened.happenings):
        if not first <= one.week <= last:
            continue
        day = place.calendar.day(one.week - facts["weeks"], one.weekday)
        starts = hours[one.course]
        fact = _fact(place, one, number, place.calendar.moment(day, starts.hour, starts.minute + one.minute))
        if one.question:
            question = questions[one.question]
            fact |= {
                "item_id": item_ids[one.question],
                "resource_id": resource_ids[resource_of[one.question]],
                "difficulty": question.difficulty,
                "guess_chance": question.guess,
                "language": question.language,
            }
        course = one.course if one.level is not None else ""
        arriving[one.weekday if daily and not course else 4, course].append(evidence.EvidenceIn(**fact))
    for (weekday, course), new in sorted(arriving.items()):
        day = place.calendar.day(last - facts["weeks"], weekday)
        evidence.record_many(facts=new, by=leads.get(course), at=place.calendar.moment(day, 16))


def _fact(place: Place, one: Happening, number: int, at: datetime) -> dict[str, Any]:
    return {
        "client_id": _id(f"headway-demo/{place.school.uuid}/{number}"),
        "student_id": place.people[one.student].pk,
        "competency_id": place.skills[one.skill],
        "kind": "answer" if one.level is None else "observation",
        "happened_at": at,
        "score": one.score,
        "hints_used": one.hints,
        "attempt": one.attempt,
        "on_paper": one.on_paper,
        "level": one.level,
        "levels": None if one.level is None else RATING_LEVELS,
        "words": one.words,
        "source": SOURCE,
    }


# --- notes and messages ----------------------------------------------------------------------------------------------


def _notes(place: Place) -> None:
    for number, row in enumerate(files.read("people.yaml")["notes"]):
        by, student = place.people[row["by"]], place.people[row["student"]]
        at = place.calendar.moment(place.calendar.school_day_back(row["days_ago"]), 14, number % 60)
        client_id = _id(f"headway-demo/{place.school.uuid}/note/{number}")
        if "code" not in row:
            wellbeing.write_note(student=student, words=row["words"], by=by, at=at, client_id=client_id)
            continue
        fact = evidence.EvidenceIn(
            client_id=client_id,
            student_id=student.pk,
            competency_id=place.skills[row["code"]],
            kind="observation",
            happened_at=at,
            score=row["level"] / (RATING_LEVELS - 1),
            level=row["level"],
            levels=RATING_LEVELS,
            words=row["words"],
            source=SOURCE,
        )
        evidence.record(fact=fact, by=by, at=at)


def _judgements(place: Place) -> None:
    known = standard_queries.competencies_with_ids(place.skills.values())
    for number, row in enumerate(files.read("people.yaml")["judgements"]):
        evidence.judge(
            student=place.people[row["student"]],
            competency=known[place.skills[row["code"]]],
            word=row["word"],
            reason=row["reason"],
            by=place.people[row["by"]],
            at=place.calendar.moment(place.calendar.school_day_back(row["days_ago"]), 15, number),
            client_id=_id(f"headway-demo/{place.school.uuid}/judgement/{number}"),
        )


def _tried_rules(place: Place) -> None:
    for row in files.read("school.yaml")["classes"]:
        tried = row.get("tried_rule")
        if tried is None:
            continue
        school_class, lead = place.classes[row["id"]], place.people[row["lead"]]
        began, ended = (
            place.calendar.moment(place.calendar.day(tried[name]), 15) for name in ("from_week", "until_week")
        )
        rule = Rule(method=Method(tried["method"]))
        evidence.set_rule(school=place.school, school_class=school_class, rule=rule, by=lead, at=began)
        evidence.end_rule(school=place.school, school_class=school_class, by=lead, at=ended)


def _messages(place: Place) -> None:
    for number, row in enumerate(files.read("people.yaml")["messages"]):
        monday = place.calendar.day(row["week"])
        is_from_home = row["by"].startswith("g-")
        wellbeing.write_message(
            student=place.people[row["student"]],
            words=row["words"],
            by=place.people[row["by"]],
            at=place.calendar.moment(monday, 19 if is_from_home else 15, number),
            monday=monday,
            language=row["language"],
            is_from_home=is_from_home,
            translations=row.get("other"),
            client_id=_id(f"headway-demo/{place.school.uuid}/message/{number}"),
        )
