"""What is measured inside the process, and what is looked up for the load."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks import library
from benchmarks.big_school import build
from headway.core.access.roles import Role
from headway.core.evidence import learner_model as learner
from headway.core.evidence.values import Piece, PieceKind
from headway.core.evidence.warm_up import warm_up
from headway.core.shared.school_weeks import monday_of
from headway.records.planning import drafts, problems
from headway.records.planning import queries as plans
from headway.records.roster import queries as roster

if TYPE_CHECKING:
    from headway.records.planning.models import Block
    from headway.records.roster.models import Class, Person

WRONG = "987654"
ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One page as one person opens it."""

    name: str
    person: Person
    path: str


# --- who is there ----------------------------------------------------------------------------------------------------


def find_class(size: int) -> tuple[Class, Any]:
    """Return the class whose size is nearest, among those with a week, and that week's Monday."""
    monday = monday_of(timezone.localdate())
    found = []
    for school_class in roster.all_classes():
        for day in (monday, monday + timedelta(weeks=1)):
            if plans.weeks_status(school_class, day):
                found.append((abs(roster.students_of(school_class).count() - size), school_class.pk, school_class, day))
                break
    if not found:
        raise SystemExit("No class of this school has a week.")
    _distance, _pk, school_class, day = min(found)
    return school_class, day


def _students_at_work(school_class: Class, monday: Any) -> list[tuple[Person, list[Block]]]:
    """Return the students with an approved week, with the blocks that have questions to answer with a number."""
    rows = []
    for row in plans.board(school_class, monday, at=_now()).rows:
        if row.week is not None and row.place in ("approved", "closed"):
            rows.append((row.student, [block for day in row.days for block in day]))
    return rows


def _now() -> Any:

    return timezone.now()


def _places(block: Block) -> list[int]:
    """Return the places of a block's questions that want a number and have none right yet: each answer is evidence."""
    work = plans.work_in(block)
    return [
        place
        for place, item in enumerate(plans.questions_in(block), start=1)
        if item.kind == "number" and not (item.pk in work and work[item.pk].is_right)
    ]


def _visits(size: int = 30) -> list[Visit]:

    school_class, monday = find_class(size)
    teacher = roster.teachers_of(school_class)[0]
    week = {"class_id": school_class.pk, "monday": monday}
    visits = [
        Visit(name="board", person=teacher, path=reverse("teacher-week", kwargs=week)),
        Visit(name="grid", person=teacher, path=reverse("teacher-class", kwargs={"class_id": school_class.pk})),
        Visit(name="today", person=teacher, path=reverse("teacher-today")),
    ]
    for other, day in [
        (school_class, monday),
        *((each, monday - timedelta(weeks=back)) for back in (1, 0) for each in roster.all_classes()),
    ]:
        working = [(who, block) for who, blocks in _students_at_work(other, day) for block in blocks if _places(block)]
        if working:
            student, block = working[0]
            own = plans.own_block(student, block.uuid)
            practice = reverse("student-practice", kwargs={"block": own.uuid})
            visits += [
                Visit(name="student_week", person=student, path=reverse("student-week-of", kwargs={"monday": day})),
                Visit(name="practice", person=student, path=f"{practice}?q={_places(block)[0]}"),
                Visit(name="progress", person=student, path=reverse("student-progress")),
            ]
            break
    leader = roster.first_person_with(Role.LEADER)
    if leader is not None:
        visits.append(Visit(name="leader", person=leader, path=reverse("leader-home")))
    return visits


def cookie_of(person: Person) -> str:
    """Sign somebody in and return the cookies a browser would send."""
    client = Client()
    client.force_login(cast("Any", person))
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={'x' * 32}"


def visits(size: int = 30) -> dict[str, Any]:
    """Return each page's address and cookies."""
    return {each.name: {"path": each.path, "cookie": cookie_of(each.person)} for each in _visits(size)}


# --- pages in the process --------------------------------------------------------------------------------------------


def _queries(client: Any, path: str) -> int:

    with CaptureQueriesContext(connection) as seen:
        client.get(path)
        return len(seen.captured_queries)


def pages(repeats: int = 20, size: int = 30) -> dict[str, Any]:
    """Measure CPU milliseconds, queries and bytes of each page; the best of some rounds, since noise only adds."""
    found: dict[str, Any] = {}
    for each in _visits(size):
        client = Client()
        client.force_login(cast("Any", each.person))
        first = client.get(each.path)
        if first.status_code != 200:
            raise SystemExit(f"{each.name}: {each.path} answered {first.status_code}")
        rounds = [_cpu_ms(lambda: client.get(each.path), max(1, repeats // ROUNDS)) for _round in range(ROUNDS)]  # noqa: B023
        found[each.name] = {
            "cpu_ms": min(rounds),
            "cpu_ms_median": statistics.median(rounds),
            "queries": _queries(client, each.path),
            "bytes": len(first.content),
        }
    return found


def query_counts(sizes: list[int]) -> dict[str, dict[str, int]]:
    """Count the queries of the class pages in classes of different sizes."""
    found: dict[str, dict[str, int]] = {}
    for size in sizes:
        for each in _visits(size):
            if each.name in ("board", "grid"):
                client = Client()
                client.force_login(cast("Any", each.person))
                client.get(each.path)
                found.setdefault(each.name, {})[str(size)] = _queries(client, each.path)
    return found


def _cpu_ms(do: Callable[[], Any], times: int) -> float:
    began = time.process_time()
    for _turn in range(times):
        do()
    return (time.process_time() - began) / times * 1000


# --- answers ---------------------------------------------------------------------------------------------------------


def desks(count: int, answers: int, double_every: int = 10) -> dict[str, Any]:
    """Return for `count` students the answers each will send: all of them evidence, every tenth one sent twice."""
    clients: list[list[dict[str, Any]]] = []
    ids: list[str] = []
    school_class, monday = find_class(25)
    for each in [school_class, *roster.all_classes()]:
        if len(clients) >= count:
            break
        for student, blocks in _students_at_work(each, monday):
            known = {client[0]["headers"]["Cookie"] for client in clients if client}
            places = [(block, place) for block in blocks for place in _places(block)]
            if not places or len(clients) >= count or str(student.pk) in known:
                continue
            cookie = cookie_of(student)
            requests = []
            for turn in range(answers):
                block, place = places[turn % len(places)]
                name = str(uuid4())
                ids.append(name)
                one = _answer(block.uuid, place, name, cookie)
                requests += [one, one] if turn % double_every == double_every - 1 else [one]
            clients.append(requests)
    return {"clients": clients, "ids": ids}


def _answer(block: UUID, place: int, client_id: str, cookie: str) -> dict[str, Any]:

    return {
        "method": "POST",
        "path": reverse("student-check", kwargs={"block": block, "number": place}),
        "body": urlencode({"answer": WRONG, "client_id": client_id, "hints": 0}),
        "headers": {
            "Cookie": cookie,
            "X-CSRFToken": "x" * 32,
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    }


def kept(ids: list[str]) -> dict[str, int]:
    """Count the evidence rows of these answers: each must be there, once."""
    wanted = {UUID(name).hex for name in ids}
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_id FROM records_evidence")
        found = [UUID(str(row[0])).hex for row in cursor.fetchall()]
    here = [name for name in found if name in wanted]
    return {"sent": len(wanted), "kept": len(set(here)), "twice": len(here) - len(set(here))}


def answer_cpu(count: int = 200) -> dict[str, Any]:
    """Measure one answer's CPU milliseconds and queries in the process."""
    one = desks(1, count + 40, double_every=10**6)
    client = Client()
    for pair in one["clients"][0][0]["headers"]["Cookie"].split("; "):
        name, _equals, value = pair.partition("=")
        client.cookies[name] = value
    rows = iter(one["clients"][0])

    def send() -> None:
        each = next(rows)
        done = client.post(
            each["path"],
            data=each["body"],
            content_type="application/x-www-form-urlencoded",
            headers={"X-CSRFToken": "x" * 32, "HX-Request": "true"},
        )
        if done.status_code != 200:
            raise SystemExit(f"An answer was not taken: {done.status_code}")

    for _turn in range(20):
        send()
    with CaptureQueriesContext(connection) as seen:
        send()
        queries = len(seen.captured_queries)
    rounds = [_cpu_ms(send, count // ROUNDS) for _round in range(ROUNDS)]
    return {"cpu_ms": min(rounds), "cpu_ms_median": statistics.median(rounds), "queries": queries}


# --- thinking --------------------------------------------------------------------------------------------------------


def planner() -> dict[str, Any]:
    """Measure the draft of a whole class, and one student's draft anew."""
    school_class, monday = find_class(26)
    teacher = roster.teachers_of(school_class)[0]
    later = monday + timedelta(weeks=1)
    while plans.weeks_status(school_class, later):
        later += timedelta(weeks=1)
    signed: dict[str, Any] = {"by": teacher, "at": _now()}
    began, cpu = time.perf_counter(), time.process_time()
    drafts.draft_class_week(school_class=school_class, monday=later, **signed)
    whole, whole_cpu = time.perf_counter() - began, time.process_time() - cpu
    row = next(row for row in plans.board(school_class, later, at=_now()).rows if row.week is not None)
    week = plans.week_for(teacher, cast("Any", row.week).pk)
    began, cpu = time.perf_counter(), time.process_time()
    drafts.redraft_week(week=week, **signed)
    return {
        "students": roster.students_of(school_class).count(),
        "class_seconds": whole,
        "class_cpu_seconds": whole_cpu,
        "student_seconds": time.perf_counter() - began,
        "student_cpu_seconds": time.process_time() - cpu,
    }


def class_facts() -> dict[str, Any]:
    """Measure what it costs to read everything that the planner is given of a class."""
    school_class, monday = find_class(26)
    problems.class_facts(school_class, monday, at=_now())
    seconds = []
    for _round in range(ROUNDS):
        began = time.process_time()
        facts = problems.class_facts(school_class, monday, at=_now())
        seconds.append(time.process_time() - began)
    with CaptureQueriesContext(connection) as asked:
        problems.class_facts(school_class, monday, at=_now())
    return {
        "students": len(facts.students),
        "candidates": len(facts.candidates),
        "queries": len(asked),
        "cpu_ms": min(seconds) * 1000,
    }


def learner_model(count: int = 5000, asked: int = 2000) -> dict[str, float]:
    """Measure microseconds: one answer counted, each read again, and what one answer costs with its reasons."""
    at = _now()
    skills = 12
    pieces = [
        Piece(
            id=str(number),
            kind=PieceKind.ANSWER,
            happened_at=at - timedelta(minutes=count - number),
            score=float(number % 3 > 0),
            competency=number % skills,
        )
        for number in range(count)
    ]
    model = learner.shipped_model()
    warm_up()
    student = learner.new_student()
    states = {skill: learner.new_competency() for skill in range(skills)}
    began = time.process_time()
    for piece in pieces:
        student, states[piece.competency] = learner.count(model, student, states[piece.competency], piece)
    online = time.process_time() - began
    replays = []
    for _round in range(ROUNDS):
        began = time.process_time()
        learner.replay(model, pieces, at=at)
        replays.append(time.process_time() - began)
    explanations = []
    for _round in range(ROUNDS):
        began = time.process_time()
        learner.explained(model, pieces, competency=0, at=at)
        explanations.append(time.process_time() - began)
    known = learner.Known(competency=0, student=student, state=states[0])
    began = time.process_time()
    learner.estimates(model, [known] * asked, at=at)
    together = time.process_time() - began
    # One answer as a page needs it: counted, estimated, and what a right or a wrong answer next would do.
    took = []
    for piece in pieces[:asked]:
        moment = time.perf_counter()
        own, state = learner.count(model, student, states[0], piece)
        one = learner.Known(competency=0, student=own, state=state)
        learner.estimate(model, one, at=at)
        learner.what_if(model, one, right=True, at=at)
        learner.what_if(model, one, right=False, at=at)
        took.append(time.perf_counter() - moment)
    return {
        "online_us": online / count * 1e6,
        "replayed_us": min(replays) / count * 1e6,
        "explained_us": min(explanations) / count * 1e6,
        "estimated_together_us": together / asked * 1e6,
        "answer_with_reasons_us": statistics.median(took) * 1e6,
        "answer_with_reasons_p99_us": sorted(took)[int(0.99 * asked)] * 1e6,
    }


# --- the floor -------------------------------------------------------------------------------------------------------


def floor(rows: int = 2000) -> dict[str, float]:
    """Measure what nobody can be faster than here: an empty view, one-row commits, and a loop that never changes."""
    client = Client()
    client.get("/nothing/")
    empty = min(_cpu_ms(lambda: client.get("/nothing/"), 50) for _round in range(ROUNDS))
    with tempfile.TemporaryDirectory() as folder:
        base = sqlite3.connect(Path(folder) / "floor.sqlite3", isolation_level=None)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        base.execute("CREATE TABLE answer (id INTEGER PRIMARY KEY, name TEXT, score REAL)")
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(rows):
            base.execute("INSERT INTO answer (name, score) VALUES (?, ?)", (str(number), 1.0))
        elapsed, spent = time.perf_counter() - began, time.process_time() - cpu
        base.close()
    loop = min(_cpu_ms(lambda: sum(number * number for number in range(200_000)), 1) for _round in range(ROUNDS))
    return {
        "loop_ms": loop,
        "empty_view_cpu_ms": empty,
        "commits_per_second": rows / elapsed,
        "commit_cpu_ms": spent / rows * 1000,
    }


def big_school() -> dict[str, int]:
    """Make the database and the school of 1,000."""
    call_command("migrate", interactive=False, verbosity=0)
    return build()


TASKS: Mapping[str, Callable[..., Any]] = {
    task.__name__: task
    for task in (
        visits,
        pages,
        query_counts,
        desks,
        kept,
        answer_cpu,
        planner,
        class_facts,
        learner_model,
        floor,
        big_school,
        library.library_engine,
        library.library_visits,
        library.library_fingerprint,
        library.skill_codes,
        library.school_name,
    )
}
