"""Takes a log of answers in: skills become a framework, students become people, answers become evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.taken import Taken
from headway.core.standards.values import CompetencyIn, FrameworkIn
from headway.exchange.response_log import wire
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Told
from headway.exchange.shared.packages import read_text
from headway.records.evidence import actions as evidence
from headway.records.evidence.actions import EvidenceIn
from headway.records.roster import actions as roster
from headway.records.roster import queries as people
from headway.records.standards import actions as standards
from headway.records.standards import queries as frameworks

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Organisation, Person

NAMESPACE = UUID("6f1b8a52-6f1e-5c44-9a7e-1d3a2f0c9b10")
LARGEST_MEBIBYTES = 400
FACTS_AT_ONCE = 10_000
SCHOOL_DAYS_SPREAD, LEAST_ANSWERS_A_DAY, FIRST_HOUR = 40, 12, 9
SKILLS_ON_A_PATH, LEAST_ANSWERS_FOR_A_SKILL, ANSWERS_THAT_COUNT = 16, 3, 10
PERIOD_MINUTES = 50
TERM_DAYS = 130

READING = gettext_noop("Reading and checking the file")
SAVING = gettext_noop("Saving answers and working out mastery")
NO_TEACHER = gettext_noop("Nobody signs in as “{username}”. Check the name, or add the teacher first.")
TOO_FEW_STUDENTS = gettext_noop("The log has {count} students, too few for a class of {size}.")
TIMES_MADE_UP = gettext_noop(
    "The log has no times. Its order was kept and spread over the school days before the import, so how long ago an answer was given is not known."
)
IN_THE_FUTURE = gettext_noop("An answer of student {student} is dated {moment}, in the future.")


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    skill_names: Path | None = None,
    log: str = "",
    title: str = "",
    columns: Mapping[str, str] | None = None,
    students: int = 0,
    class_size: int = 0,
    class_name: str = "",
    teacher: str = "",
    school: Organisation | None = None,
    grade: int = 8,
    subject: str = "",
    language: str = "en",
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a log of answers; the same file again changes nothing.

    `log` names the collection that several files may share; `students` keeps only the most active ones; `class_size` makes
    a class of those with the most answers across the common skills, taught by `teacher` (a sign-in name).
    Raises FileRefused with the line where the file is broken; nothing is taken in then.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    log = log or collection_name(path)
    parsed = _parsed(path, skill_names, columns)
    adult = people.person_by_username(teacher) if teacher else None
    if teacher and adult is None:
        raise FileRefused(NO_TEACHER, username=teacher)
    if class_size > len(parsed.students):
        raise FileRefused(TOO_FEW_STUDENTS, count=len(parsed.students), size=class_size)
    common = common_skills(parsed)
    members = _most_active(parsed.students, common)[:class_size]
    chosen = _chosen(parsed, members, students)
    with transaction.atomic():
        framework_taken, competencies, framework_id = _framework(
            parsed, log, title or log, grade, subject, language, by, at
        )
        school = school or _school(log, title or log, by, at)
        known = set(people.people_by_external_id(log, [student.key for student in chosen]))
        persons = roster.add_students(
            names=[(student.key, f"Student {student.number}", "") for student in chosen],
            source=log,
            organisation=school,
            by=by,
            at=at,
            language=school.language,
        )
        answers = _evidence(chosen, persons, competencies, log, school, by, at, steps)
        school_class, class_taken = None, Taken()
        if class_size:
            school_class, class_taken = _class(
                log=log,
                name=class_name or title or log,
                school=school,
                members=[persons[student.key] for student in members],
                path=[competencies[skill] for skill in _path(members, common)],
                teacher=adult,
                grade=grade,
                subject=subject,
                language=language,
                by=by,
                at=at,
            )
    fresh = len(chosen) - len(known)
    taken = {
        "framework": framework_taken,
        "students": Taken(made=fresh, unchanged=len(chosen) - fresh),
        "evidence": answers,
    }
    if class_size:
        taken["class"] = class_taken
    return ImportReport(
        standard="response log",
        taken=taken,
        refused=(Told(sentence=wire.NO_SKILL, times=parsed.without_skill),) if parsed.without_skill else (),
        notes=() if parsed.has_times else (Told(sentence=TIMES_MADE_UP),),
        facts={
            "log": log,
            "framework_id": framework_id,
            "skills": len(parsed.skills),
            "rows": parsed.rows,
            "answers": parsed.answers,
            "rows_of_the_same_answer": parsed.repeated,
            "students_in_file": len(parsed.students),
            "students_taken": len(chosen),
            **({"class_id": school_class.pk, "class": school_class.name} if school_class else {}),
        },
    )


def collection_name(path: Path) -> str:
    """Return the name files of one log share: the file's own without endings and without train, test or a part's number."""
    stem = path.name.split(".", 1)[0]
    for ending in ("_train", "_test", "-train", "-test", "_valid"):
        stem = stem.removesuffix(ending)
    return stem[:60]


def _parsed(path: Path, names: Path | None, columns: Mapping[str, str] | None) -> wire.Log:
    """Return the checked log. Logs of the field are often in Latin-1, which can read any byte."""
    try:
        found = wire.skill_names(read_text(names, fallback="latin-1")) if names is not None else {}
        return wire.parse(
            read_text(path, mebibytes=LARGEST_MEBIBYTES, fallback="latin-1"), names=found, columns=columns
        )
    except FileRefused:
        raise
    except RuleBroken as problem:
        line = problem.facts.get("line")
        raise FileRefused(problem.sentence, place=f"line {line}" if line else "", **problem.facts) from problem


# --- who and what ----------------------------------------------------------------------------------------------------


def common_skills(log: wire.Log, *, most: int = SKILLS_ON_A_PATH) -> dict[str, int]:
    """Return the skills that most students answered several times, with how many did."""
    having: Counter[str] = Counter()
    for student in log.students:
        counts = Counter(skill for answer in student.answers for skill in answer.skills)
        having.update(skill for skill, times in counts.items() if times >= LEAST_ANSWERS_FOR_A_SKILL)
    return dict(sorted(having.items(), key=lambda entry: (-entry[1], entry[0]))[:most])


def _most_active(students: Sequence[wire.Student], common: Mapping[str, int]) -> list[wire.Student]:
    """Return the students by how many answers they gave across the common skills; many to one skill count as ten."""

    def answers(student: wire.Student) -> int:
        counts = Counter(skill for answer in student.answers for skill in answer.skills)
        return sum(min(ANSWERS_THAT_COUNT, counts[skill]) for skill in common)

    return sorted(students, key=lambda student: (-answers(student), student.key))


def _chosen(log: wire.Log, members: Sequence[wire.Student], most: int) -> list[wire.Student]:
    if not most or most >= len(log.students):
        return list(log.students)
    inside = {student.key for student in members}
    others = sorted(
        (student for student in log.students if student.key not in inside),
        key=lambda student: (-len(student.answers), student.key),
    )
    return [*members, *others][: max(most, len(members))]


def _path(members: Sequence[wire.Student], common: Mapping[str, int]) -> list[str]:
    """Return the common skills that most of the class met, in the order in which students met them."""
    first: dict[str, list[float]] = {skill: [] for skill in common}
    for student in members:
        seen: set[str] = set()
        for place, answer in enumerate(student.answers):
            for skill in answer.skills:
                if skill in first and skill not in seen:
                    seen.add(skill)
                    first[skill].append(place / len(student.answers))
    met = [skill for skill, places in first.items() if len(places) * 2 >= len(members)] or list(common)
    return sorted(met, key=lambda skill: (sum(first[skill]) / max(1, len(first[skill])), skill))


def _framework(
    log: wire.Log, name: str, title: str, grade: int, subject: str, language: str, by: Person | None, at: datetime
) -> tuple[Taken, dict[str, int], int]:
    """Take the skills in as a local framework and return its ids by the log's names.

    Skills that another file of the same log brought stay: they are taken in again as they are.
    """
    have = frameworks.framework_by_source(wire.SOURCE, name)
    skills = dict(log.skills)
    if have is not None:
        for row in frameworks.competencies_of(have):
            # A name that came with a list is better than "Skill 7" from a file without one.
            if row.source_id not in skills or skills[row.source_id] == f"Skill {row.source_id}":
                skills[row.source_id] = row.statement
    framework, taken = standards.take_framework(
        document=FrameworkIn(
            source=wire.SOURCE,
            source_id=name,
            title=have.title if have is not None else title,
            subject=have.subject if have is not None else subject,
            language=language,
            competencies=tuple(
                CompetencyIn(
                    source_id=key,
                    statement=words,
                    short=words[:80],
                    code=key if key.isdecimal() else "",
                    grade_low=grade,
                    grade_high=grade,
                    nature="procedure",
                )
                for key, words in sorted(
                    skills.items(), key=lambda entry: (not entry[0].isdecimal(), entry[0].zfill(12))
                )
            ),
        ),
        by=by,
        at=at,
    )
    return taken, {row.source_id: row.pk for row in frameworks.competencies_of(framework)}, framework.pk


def _school(log: str, title: str, by: Person | None, at: datetime) -> Organisation:
    return roster.add_organisation(kind="school", name=title, source=wire.SOURCE, source_id=log, by=by, at=at)


def _class(
    *,
    log: str,
    name: str,
    school: Organisation,
    members: Sequence[Person],
    path: Sequence[int],
    teacher: Person | None,
    grade: int,
    subject: str,
    language: str,
    by: Person | None,
    at: datetime,
) -> tuple[Class, Taken]:
    """Make the class once; afterwards it belongs to its teacher and an import leaves it alone."""
    known = people.class_by_source(wire.SOURCE, log)
    if known is not None:
        return known, Taken(unchanged=1)
    today = people.today_at(school, at)
    term = people.current_term(school, today)
    if term is None or not term.starts_on <= today <= term.ends_on:
        term = roster.add_term(
            school=school,
            name=f"{today:%Y}-{today:%m}",
            starts_on=today - timedelta(days=2 * SCHOOL_DAYS_SPREAD),
            ends_on=today + timedelta(days=TERM_DAYS),
            by=by,
            at=at,
        )
    made = roster.add_class(
        school=school,
        term=term,
        name=name,
        grade=grade,
        subject=subject,
        language=language,
        source=wire.SOURCE,
        source_id=log,
        by=by,
        at=at,
    )
    roster.set_timetable(
        school_class=made,
        periods=[(weekday, time(FIRST_HOUR, 0), PERIOD_MINUTES, "") for weekday in range(5)],
        by=by,
        at=at,
    )
    roster.enrol(school_class=made, students=members, on=today, by=by, at=at)
    for student in members:
        roster.write_profile(student=student, grade=grade, by=by, at=at)
        roster.set_languages(
            student=student, languages=[{"language": language, "reading": grade, "speaking": grade}], by=by, at=at
        )
    roster.issue_cards(students=members, by=by, at=at)
    rows = frameworks.competencies_with_ids(path)
    standards.set_path(school_class=made, competencies=[rows[pk] for pk in path], by=by, at=at)
    if teacher is not None:
        roster.assign_teacher(school_class=made, teacher=teacher, by=by, at=at)
    return made, Taken(made=1)


# --- evidence --------------------------------------------------------------------------------------------------------


def _evidence(
    students: Sequence[wire.Student],
    persons: Mapping[str, Person],
    competencies: Mapping[str, int],
    log: str,
    school: Organisation,
    by: Person | None,
    at: datetime,
    steps: Steps,
) -> Taken:
    """Record the answers, some thousand at a time, so that memory does not grow with the log."""
    steps.step(SAVING, total=len(students))
    zone = ZoneInfo(school.timezone)
    days = _school_days_before(people.today_at(school, at))
    made = total = 0
    facts: list[EvidenceIn] = []
    for number, student in enumerate(students, start=1):
        facts.extend(_facts(student, persons[student.key].pk, competencies, log, zone, days, at))
        if len(facts) >= FACTS_AT_ONCE or number == len(students):
            total += len(facts)
            made += evidence.record_many(facts=facts, by=by, at=at)
            facts = []
        steps.advance()
    return Taken(made=made, unchanged=total - made)


def _facts(
    student: wire.Student,
    student_id: int,
    competencies: Mapping[str, int],
    log: str,
    zone: ZoneInfo,
    days: Sequence[date],
    at: datetime,
) -> Iterator[EvidenceIn]:
    """Return a piece of evidence for each skill of each answer: an answer to m skills speaks once for each of them."""
    moments = _moments(len(student.answers), days, zone)
    for answer, spread in zip(student.answers, moments, strict=True):
        happened_at = answer.at or spread
        if happened_at > at:
            raise FileRefused(IN_THE_FUTURE, student=student.key, moment=happened_at.isoformat())
        for skill in answer.skills:
            yield EvidenceIn(
                client_id=uuid5(NAMESPACE, f"{log}\x1f{student.key}\x1f{answer.key}\x1f{skill}"),
                student_id=student_id,
                competency_id=competencies[skill],
                kind="answer",
                happened_at=happened_at,
                score=answer.score,
                hints_used=min(answer.hints, 100),
                words=answer.item[:100],
                source=log,
            )


def _school_days_before(today: date) -> list[date]:
    """Return the last school days before today, the oldest first."""
    days: list[date] = []
    day = today
    while len(days) < SCHOOL_DAYS_SPREAD:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            days.append(day)
    return days[::-1]


def _moments(count: int, days: Sequence[date], zone: ZoneInfo) -> list[datetime]:
    """Return `count` moments in order: as many a day as it takes, a minute apart, ending on the last school day."""
    a_day = max(LEAST_ANSWERS_A_DAY, -(-count // len(days)))
    needed = -(-count // a_day)
    used = days[len(days) - needed :]
    starts = [datetime.combine(day, time(FIRST_HOUR), zone).astimezone(UTC) for day in used]
    # More answers than minutes in a school day still stand in order on that day.
    gap = timedelta(minutes=1) if a_day <= 300 else timedelta(hours=5) / a_day
    return [starts[number // a_day] + gap * (number % a_day) for number in range(count)]
