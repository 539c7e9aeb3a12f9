"""The cast: people we know, in two schools, with enough to learn from that everybody's week can be drafted.

Ada teaches 7B with Noor; Iris supports it. Ben, Caro, Finn, Lena, Marta, Otis, Priya and Quinn learn there. Dana is Ben's
mother and reads Spanish. Grace leads the school. Eve, Gus and Hal belong to another school and must see nothing of this
one. Everything is made through the rooms' own actions.
"""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from headway.core.access.roles import Role
from headway.core.items import write_plain
from headway.core.library.values import AlignmentIn, ItemIn, ResourceIn
from headway.core.shared.school_weeks import monday_of
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn, Wording
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.actions import EvidenceIn
from headway.records.items import actions as items_actions
from headway.records.items.models import Item
from headway.records.library import actions as library_actions
from headway.records.library.models import Resource
from headway.records.planning import actions as planning
from headway.records.planning import drafts
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from headway.records.roster.models import Class, Organisation, Person, Term
from headway.records.standards import actions as standards_actions
from headway.records.standards.models import Competency

if TYPE_CHECKING:
    from django.test import Client

# Pages read the real clock, so the cast lives in the real week; read once, so that one run has one Monday.
NOW: datetime = timezone.now().replace(microsecond=0)
MONDAY: date = monday_of(timezone.localdate(NOW))
PASSWORD = "a long walk by the river"
SOURCE = "test"

COMPETENCIES = (
    (
        "6.1",
        6,
        "Equal groups",
        "Grupos iguales",
        "share a whole into equal groups",
        "repartir un todo en grupos iguales",
    ),
    ("6.2", 6, "Fractions", "Fracciones", "place fractions on a line", "ubicar fracciones en una recta"),
    ("7.1", 7, "Ratios", "Razones", "compare two amounts with a ratio", "comparar dos cantidades con una razón"),
    ("7.2", 7, "Unit rates", "Tasas unitarias", "find a unit rate", "hallar una tasa unitaria"),
    ("7.3", 7, "Proportions", "Proporciones", "tell whether amounts are in proportion", "decir si hay proporción"),
    (
        "7.4",
        7,
        "Scale drawings",
        "Dibujos a escala",
        "read and make a scale drawing",
        "leer y hacer un dibujo a escala",
    ),
    ("7.5", 7, "Percents", "Porcentajes", "use percents to compare", "usar porcentajes para comparar"),
    (
        "7.6",
        7,
        "Rates of change",
        "Tasas de cambio",
        "describe how fast a thing changes",
        "describir cuánto cambia algo",
    ),
)
PATH = tuple(code for code, grade, *_words in COMPETENCIES if grade == 7)


@dataclass
class People:
    """Everybody and everything a test may need, by name."""

    now: datetime
    monday: date
    district: Organisation
    school: Organisation
    other_school: Organisation
    term: Term
    school_class: Class
    other_class: Class
    ada: Person
    noor: Person
    iris: Person
    grace: Person
    dana: Person
    ben: Person
    caro: Person
    finn: Person
    lena: Person
    marta: Person
    otis: Person
    priya: Person
    quinn: Person
    eve: Person
    gus: Person
    hal: Person
    competencies: dict[str, Competency]
    resource_ids: dict[str, int]
    family_code: str

    @property
    def students(self) -> list[Person]:
        """The students of 7B in the order of the class list."""
        return [self.ben, self.caro, self.finn, self.lena, self.marta, self.otis, self.priya, self.quinn]

    @property
    def path(self) -> list[Competency]:
        """The competencies on 7B's path, in order."""
        return [self.competencies[code] for code in PATH]

    def resource(self, name: str) -> Resource:
        """Return a resource by its name here, such as "7.1-essential" or "choice-1"."""
        return Resource.objects.get(pk=self.resource_ids[name])

    def item(self, name: str) -> Item:
        """Return a question by its name here, such as "7.1-number"."""
        return Item.objects.get(source=SOURCE, source_id=name)

    def card_code(self, student: Person) -> str:
        """Return the code on a student's sign-in card."""
        card = roster.issue_cards(students=[student], by=self.ada, at=self.now)[0]
        return roster_queries.card_code(card)

    def answer(self, student: Person, code: str, *, right: bool = True, days_ago: float = 0, **facts: Any) -> None:
        """Record one more answer."""
        fact = EvidenceIn(
            student_id=student.pk,
            competency_id=self.competencies[code].pk,
            kind="answer",
            happened_at=self.now - timedelta(days=days_ago),
            score=float(right),
            **facts,
        )
        evidence_actions.record(fact=fact, by=student, at=self.now)

    def draft(self, monday: date | None = None) -> ClassWeek:
        """Draft 7B's week and return it."""
        return drafts.draft_class_week(
            school_class=self.school_class, monday=monday or self.monday, by=self.ada, at=self.now
        )

    def approve(self, monday: date | None = None) -> ClassWeek:
        """Approve 7B's week for everybody, flagged or not, drafted first if it is not there yet."""
        class_week = ClassWeek.objects.filter(
            school_class=self.school_class, monday=monday or self.monday, weeks__isnull=False
        ).first()
        class_week = class_week or self.draft(monday)
        for week in Week.objects.filter(class_week=class_week, status=Week.Status.DRAFT).order_by("pk"):
            planning.approve_week(week=week, version=week.version, by=self.ada, at=self.now)
        return class_week

    def week(self, student: Person | None = None, *, approved: bool = True, monday: date | None = None) -> Week:
        """Return a student's week (Ben's when nobody is named), drafted and approved if it is not there yet."""
        student = student or self.ben
        day = monday or self.monday
        weeks = Week.objects.filter(student=student, class_week__monday=day, class_week__school_class=self.school_class)
        found = weeks.first()
        if found is None or (approved and found.status == Week.Status.DRAFT):
            if approved:
                self.approve(day)
            else:
                self.draft(day)
            found = weeks.get()
        return found

    def block(self, student: Person | None = None, *, kind: str = "essential", approved: bool = True) -> Block:
        """Return the first block of a kind in a student's week."""
        week = self.week(student, approved=approved)
        return week.blocks.filter(kind=kind).order_by("day", "order", "pk")[0]


def sign_in(client: Client, person: Person) -> Client:
    """Sign a person in without a password and return the client."""
    client.force_login(person)
    return client


def client_id(name: str) -> UUID:
    """Return the same UUID for the same name, as a tablet does that sends twice."""
    return uuid5(NAMESPACE_URL, name)


# --- what there is to learn -------------------------------------------------------------------------------------------


def framework() -> FrameworkIn:
    """Return the test framework: two competencies of grade 6 and six of grade 7, each needing the one before."""
    rows = tuple(
        CompetencyIn(
            source_id=code,
            code=f"TA.{code}",
            short=short,
            statement=f"Students {words}.",
            grade_low=grade,
            grade_high=grade,
            nature="procedure",
            wordings=(
                Wording(language="en", short=short, statement=f"Students {words}.", i_can=f"I can {words}."),
                Wording(language="es", short=corto, statement=f"Puede {palabras}.", i_can=f"Puedo {palabras}."),
            ),
        )
        for code, grade, short, corto, words, palabras in COMPETENCIES
    )
    codes = [row.source_id for row in rows]
    links = tuple(
        LinkIn(kind="prerequisite", origin=before, target=after) for before, after in itertools.pairwise(codes)
    )
    return FrameworkIn(source=SOURCE, source_id="academic", title="Test academic", competencies=rows, links=links)


def documents(code: str) -> dict[str, dict[str, Any]]:
    """Return one question of every kind."""
    return {
        "one_choice": {
            "choices": [
                {"id": "a", "text": "3 to 2", "right": True},
                {"id": "b", "text": "2 to 3", "feedback": "Read the order of the words again."},
                {"id": "c", "text": "5 to 2"},
            ]
        },
        "many_choices": {
            "choices": [
                {"id": "a", "text": "6 to 4", "right": True},
                {"id": "b", "text": "9 to 6", "right": True},
                {"id": "c", "text": "6 to 5"},
            ]
        },
        "number": {"answer": 12.5, "tolerance": 0.05, "unit": "km", "units": {"m": 0.001}},
        "short_text": {"accepted": ["ratio", "a ratio"]},
        "order": {"parts": ["1 to 4", "1 to 3", "1 to 2", "1 to 1"]},
        "match": {
            "pairs": [{"left": "half", "right": "50%"}, {"left": "a quarter", "right": "25%"}],
            "extra": ["75%"],
        },
        "cloze": {
            "text": "For every [[1]] boats there are [[2]] oars.",
            "gaps": {"1": {"accepted": ["two", "2"]}, "2": {"choices": ["four", "five"], "right": "four"}},
        },
        "hot_text": {
            "pieces": [{"text": "The tide falls 2 m an hour.", "right": True}, {"text": "The harbor is old."}],
            "choose": 1,
        },
        "long_answer": {
            "rubric": ["says what is compared", "shows it"],
            "sample": "The boats and oars ...",
            "lines": 5,
        },
    }


def questions(code: str, kinds: Iterable[str], *, language: str = "en", suffix: str = "") -> tuple[ItemIn, ...]:
    """Return questions of the named kinds about a competency."""
    texts = documents(code)
    return tuple(
        ItemIn(
            source_id=f"{code}-{kind}{suffix}",
            language=language,
            competency=code,
            document=write_plain(
                {
                    "id": f"{code}-{kind}{suffix}",
                    "kind": kind,
                    "language": language,
                    "prompt": "Mira el puerto." if language == "es" else "Look at the harbor.",
                    "hints": ["Read it again.", "Draw it.", "Count the oars."],
                    "right": "Yes, that is it.",
                    "wrong": "Not yet. Look at the order.",
                    **texts[kind],
                }
            ),
        )
        for kind in kinds
    )


KINDS_OF_CODE: Mapping[str, tuple[str, ...]] = {
    "7.1": (
        "one_choice",
        "many_choices",
        "number",
        "short_text",
        "order",
        "match",
        "cloze",
        "hot_text",
        "long_answer",
    ),
    "7.2": ("number", "one_choice", "cloze"),
    "7.3": ("one_choice", "number"),
    "7.4": ("match",),
    "7.5": ("number",),
    "7.6": ("order",),
}
TOPICS = ("boats", "soccer", "music", "animals", "space", "cooking", "drawing", "weather", "games")


def resources() -> tuple[ResourceIn, ...]:
    """Return what there is to learn with: every kind of block for every competency, English and Spanish doors."""
    rows: list[ResourceIn] = []
    for place, (code, grade, short, corto, *_words) in enumerate(COMPETENCIES):
        own = (AlignmentIn(competency=code),)
        topic = TOPICS[place % len(TOPICS)]
        usual: dict[str, Any] = {"grade_low": grade, "grade_high": grade, "alignments": own, "topics": (topic,)}
        rows += [
            ResourceIn(
                source_id=f"{code}-essential",
                title=f"{short} at the harbor",
                uses=("essential",),
                minutes=20,
                reading_level=6.5,
                text="A ferry carries three cars for every two bicycles.",
                steps=("Read.", "Try.", "Check."),
                items=questions(code, KINDS_OF_CODE.get(code, ())),
                **usual,
            ),
            ResourceIn(
                source_id=f"{code}-essential-es",
                title=f"{corto} en el puerto",
                language="es",
                variant_of=f"{code}-essential",
                uses=("essential",),
                minutes=20,
                reading_level=6.0,
                items=questions(code, ("number",), language="es", suffix="-es") if code in ("7.1", "7.2") else (),
                **usual,
            ),
            ResourceIn(
                source_id=f"{code}-pair",
                title=f"{short} with two boats",
                uses=("essential",),
                minutes=20,
                with_whom="pair",
                screen="no",
                **usual,
            ),
        ]
        if grade < 7:
            continue
        rows += [
            ResourceIn(
                source_id=f"{code}-group",
                title=f"{short} at the table",
                kind="discussion",
                uses=("group",),
                minutes=20,
                with_whom="teacher",
                screen="no",
                **usual,
            ),
            ResourceIn(
                source_id=f"{code}-stretch",
                title=f"{short} further out",
                kind="puzzle",
                uses=("stretch",),
                level="harder",
                minutes=15,
                screen="no",
                **usual,
            ),
            ResourceIn(
                source_id=f"{code}-poster",
                title=f"{short} on a poster",
                kind="drawing",
                uses=("paper", "stretch"),
                minutes=20,
                with_whom="pair",
                screen="no",
                **usual,
            ),
            ResourceIn(
                source_id=f"{code}-review",
                title=f"{short}, a look back",
                kind="quiz",
                uses=("review", "paper"),
                minutes=10,
                screen="no",
                **usual,
            ),
        ]
    for number, topic in enumerate(TOPICS, start=1):
        rows.append(
            ResourceIn(
                source_id=f"choice-{number}",
                title=f"Your pick: {topic}",
                kind=("drawing", "game", "audio")[number % 3],
                uses=("choice",),
                minutes=10,
                screen=("no", "either", "yes")[number % 3],
                with_whom="pair" if number % 4 == 0 else "alone",
                topics=(topic,),
                careers=("sailor",) if topic == "boats" else (),
                grade_low=5,
                grade_high=8,
                alignments=(AlignmentIn(competency=PATH[number % len(PATH)]),),
            )
        )
    for number in (1, 2):
        rows.append(
            ResourceIn(
                source_id=f"project-{number}",
                title=("A model harbor", "Race day")[number - 1],
                kind="project",
                uses=("project",),
                minutes=20,
                with_whom="team",
                screen="no",
                topics=("boats",),
                grade_low=7,
                grade_high=7,
                alignments=(AlignmentIn(competency=PATH[number - 1]), AlignmentIn(competency="7.4")),
            )
        )
    return tuple(rows)


# --- what has been seen -----------------------------------------------------------------------------------------------

# For each student: (competency, days ago, results), "1" right, "0" not yet, "h" right with a hint.
HISTORY: Mapping[str, tuple[tuple[str, int, str], ...]] = {
    "ben": (("7.1", 9, "1101"), ("7.2", 5, "0100"), ("7.3", 3, "0h")),
    "caro": (("7.1", 8, "111"), ("7.2", 6, "10")),
    "lena": (("6.2", 66, "111111"), ("7.1", 62, "111111111111"), ("7.2", 14, "110")),
    "marta": (("7.1", 7, "101"), ("7.2", 4, "1h")),
    "otis": (("7.1", 40, "10"), ("7.2", 33, "0")),
    "priya": (("7.1", 10, "1111"), ("7.2", 9, "1111"), ("7.3", 8, "1111"), ("7.4", 6, "1111"), ("7.5", 4, "111")),
    "quinn": (("7.1", 7, "00100"), ("7.2", 6, "00")),
}


def history(students: Mapping[str, Person], competencies: Mapping[str, Competency]) -> list[EvidenceIn]:
    """Return some sixty answers of the last weeks."""
    facts = []
    for name, rows in HISTORY.items():
        for code, days_ago, results in rows:
            for place, result in enumerate(results):
                facts.append(
                    EvidenceIn(
                        client_id=client_id(f"{name} {code} {days_ago} {place}"),
                        student_id=students[name].pk,
                        competency_id=competencies[code].pk,
                        kind="answer",
                        happened_at=NOW - timedelta(days=days_ago) + timedelta(minutes=5 * place),
                        score=0.0 if result == "0" else 1.0,
                        hints_used=int(result == "h"),
                        difficulty=1.0 if name == "priya" else 0.0,
                    )
                )
    return facts


# --- who is there -----------------------------------------------------------------------------------------------------

CLASS_7B = (
    ("ben", "Ben", "Alvarez"),
    ("caro", "Caro", "Brandt"),
    ("finn", "Finn", "Castle"),
    ("lena", "Lena", "Dietz"),
    ("marta", "Marta", "Estrada"),
    ("otis", "Otis", "Freeman"),
    ("priya", "Priya", "Gupta"),
    ("quinn", "Quinn", "Harper"),
)
LANGUAGES: Mapping[str, list[dict[str, object]]] = {
    "marta": [
        {"language": "es", "reading": 7.0, "speaking": 8.0, "home": True},
        {"language": "en", "reading": 1.5, "speaking": 2.0},
    ],
    "ben": [
        {"language": "en", "reading": 6.5, "speaking": 7.0},
        {"language": "es", "reading": 3.0, "speaking": 6.0, "home": True},
    ],
    "priya": [{"language": "en", "reading": 10.0, "speaking": 10.0}],
}
SUPPORTS: Mapping[str, list[str]] = {
    "marta": ["bilingual-texts", "plan-once-a-week"],
    "otis": ["essentials-only"],
    "priya": ["move-on"],
    "quinn": ["extra-time"],
}
INTERESTS: Mapping[str, list[str]] = {
    "ben": ["boats", "music"],
    "caro": ["soccer"],
    "marta": ["animals", "drawing"],
    "priya": ["space"],
    "quinn": ["games", "cooking"],
}


def _adult(name: str, family: str, role: Role, school: Organisation, **facts: Any) -> Person:
    return roster.add_person(
        given_name=name,
        family_name=family,
        roles=[role],
        organisation=school,
        username=name.lower(),
        password=PASSWORD,
        by=None,
        at=NOW,
        **facts,
    )


def build_anew() -> People:
    """Make the whole cast in the database at hand."""
    signed: dict[str, Any] = {"by": None, "at": NOW}
    district = roster.add_organisation(kind="district", name="Harbor District", **signed)
    school = roster.add_organisation(kind="school", name="Harbor School", parent=district, **signed)
    other = roster.add_organisation(kind="school", name="Hill School", parent=district, **signed)
    starts, ends = MONDAY - timedelta(weeks=10), MONDAY + timedelta(weeks=10)
    term = roster.add_term(school=school, name="This term", starts_on=starts, ends_on=ends, **signed)
    other_term = roster.add_term(school=other, name="This term", starts_on=starts, ends_on=ends, **signed)

    ada = _adult("Ada", "Lind", Role.TEACHER, school, title="Ms.")
    noor = _adult("Noor", "Haddad", Role.TEACHER, school, title="Mr.")
    iris = _adult("Iris", "Okoro", Role.SPECIALIST, school, title="Ms.")
    grace = _adult("Grace", "Moreau", Role.LEADER, school, title="Dr.")
    dana = _adult("Dana", "Alvarez", Role.GUARDIAN, school, language="es")
    eve = _adult("Eve", "Stone", Role.TEACHER, other)
    hal = _adult("Hal", "Webb", Role.LEADER, other)

    known = roster.add_students(
        names=[(name, given, family) for name, given, family in CLASS_7B],
        source=SOURCE,
        organisation=school,
        **signed,
    )
    gus = roster.add_students(names=[("gus", "Gus", "Young")], source=SOURCE, organisation=other, **signed)["gus"]
    for name, student in known.items():
        roster.write_profile(
            student=student,
            grade=7,
            interests=INTERESTS.get(name, []),
            careers=["sailor"] if name == "ben" else [],
            **signed,
        )
        usual: list[dict[str, object]] = [{"language": "en", "reading": 7.0, "speaking": 7.0, "home": True}]
        roster.set_languages(student=student, languages=LANGUAGES.get(name, usual), **signed)
        if name in SUPPORTS:
            roster.set_supports(student=student, kinds=SUPPORTS[name], **signed)
    roster.choose_goal(student=known["ben"], words="Ask one question a day", on=MONDAY, **signed)
    roster.link_guardian(guardian=dana, student=known["ben"], relationship="mother", **signed)
    link = roster.issue_family_link(guardian=dana, **signed)

    school_class = roster.add_class(
        school=school,
        term=term,
        name="7B",
        period="2",
        subject="Math",
        grade=7,
        source=SOURCE,
        source_id="7B",
        **signed,
    )
    other_class = roster.add_class(
        school=other, term=other_term, name="7H", period="1", subject="Math", source=SOURCE, source_id="7H", **signed
    )
    for teacher, part in ((ada, "lead"), (noor, "co"), (iris, "specialist")):
        roster.assign_teacher(school_class=school_class, teacher=teacher, part=part, **signed)
    roster.assign_teacher(school_class=other_class, teacher=eve, **signed)
    for each in (school_class, other_class):
        timetable = [(weekday, time(9, 10), 50, "Room 12") for weekday in range(5)]
        roster.set_timetable(school_class=each, periods=timetable, **signed)
    roster.enrol(school_class=school_class, students=known.values(), on=starts, **signed)
    roster.enrol(school_class=other_class, students=[gus], on=starts, **signed)

    standards_actions.take_framework(document=framework(), **signed)
    competencies = {row.source_id: row for row in Competency.objects.filter(framework__source=SOURCE)}
    ids = {code: row.pk for code, row in competencies.items()}
    for each in (school_class, other_class):
        standards_actions.set_path(school_class=each, competencies=[competencies[code] for code in PATH], **signed)
    rows = resources()
    resource_ids, _taken = library_actions.take_resources(source=SOURCE, rows=rows, competencies=ids, **signed)
    items_actions.take_items(source=SOURCE, rows=rows, resource_ids=resource_ids, competencies=ids, **signed)
    evidence_actions.record_many(facts=history(known, competencies), **signed)

    return People(
        now=NOW,
        monday=MONDAY,
        district=district,
        school=school,
        other_school=other,
        term=term,
        school_class=school_class,
        other_class=other_class,
        ada=ada,
        noor=noor,
        iris=iris,
        grace=grace,
        dana=dana,
        eve=eve,
        gus=gus,
        hal=hal,
        competencies=competencies,
        resource_ids=resource_ids,
        family_code=roster_queries.family_code(link),
        **known,
    )


# --- the cast, quickly -----------------------------------------------------------------------------------------------

# What the first build of this process left in the database, and the people themselves: a thousand tests ask for the same
# cast, and putting its rows back takes a tenth of the time that making it through the actions takes.
_kept: list[tuple[dict[str, list[tuple[Any, ...]]], bytes]] = []


def build() -> People:
    """Return the cast in an empty database: made through the rooms' actions once, put back row by row afterwards."""
    if _kept and not Person.objects.exists():
        rows, people = _kept[0]
        with transaction.atomic(), connection.cursor() as cursor:
            for insert, values in rows.items():
                cursor.executemany(insert, values)
        made: People = pickle.loads(people)  # noqa: S301  we wrote it a moment ago
        return made
    made = build_anew()
    if not _kept:
        _kept.append((_rows(), pickle.dumps(made)))
    return made


def _rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of our tables as the database holds it, by the statement that puts it back."""
    rows = {}
    quote = connection.ops.quote_name
    # A plus keeps SQLite from turning moments and truths into Python's: they go back as they lie there.
    plus = "+" if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("records").get_models():
            table = quote(model._meta.db_table)
            columns = [quote(field.column) for field in model._meta.concrete_fields if field.column]
            cursor.execute(f"SELECT {', '.join(plus + column for column in columns)} FROM {table}")  # noqa: S608
            if values := cursor.fetchall():
                marks = ", ".join(["%s"] * len(columns))
                rows[f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"] = values  # noqa: S608
    return rows
