"""The demo school's plans: last week is over, this one is under way, the coming one waits for its teachers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from headway.core import items as engine
from headway.ops.demo import files
from headway.records.items import queries as item_queries
from headway.records.planning import actions as planning
from headway.records.planning import drafts
from headway.records.planning import queries as plan_queries
from headway.records.roster import queries as roster_queries
from headway.records.standards import queries as standard_queries
from headway.records.wellbeing import actions as wellbeing

if TYPE_CHECKING:
    from headway.ops.demo.loader import Place
    from headway.ops.demo.simulation import Simulated
    from headway.ops.terminal import Steps
    from headway.records.items.models import Item
    from headway.records.planning.models import Block
    from headway.records.roster.models import Class, Person

DONE_SHARE, DONE_SPREAD = 0.86, 0.08
DONE_BY_WHO_STOPPED = 0.55
SURE_SHARE = 0.78
QUESTIONS_IN_A_BLOCK = 2
APPROVED_EARLY = 5  # weeks of each class that are approved already for the coming week
WAITING_ON_MONDAY = 9  # weeks of each class that still wait when the demo is made on a Monday
FRIDAY = 4
ASKS_CHANCE = 0.3
SAME_DAY_OR_LATER = (0.6, 0.3, 0.1)


def plan_and_work(place: Place, happened: Simulated, *, record_weeks: Callable[..., None], steps: Steps) -> None:
    """Live through the weeks in order, so that every draft knew only what was known on its day."""
    weeks: int = files.read("simulation.yaml")["weeks"]
    luck = np.random.default_rng(files.read("simulation.yaml")["seed"] + 1)
    record_weeks(0, weeks - 2, daily=False)
    steps.step("Drafting last week’s plans", total=_seats(place))
    _draft(place, -1, steps)
    _approve(place, -1, waiting=0)
    record_weeks(weeks - 1, weeks - 1, daily=True)
    steps.step("Working through last week", total=_students(place))
    _work(place, happened, -1, luck, steps)
    steps.step("Drafting this week’s plans", total=_seats(place))
    _draft(place, 0, steps)
    _approve(place, 0, waiting=WAITING_ON_MONDAY if place.calendar.today.weekday() == 0 else 0)
    steps.step("Working up to today", total=_students(place))
    _work(place, happened, 0, luck, steps)
    planning.close_weeks(before=place.calendar.monday, by=None, at=place.calendar.now)
    _helped_before(place)
    _ask_for_help(place)
    _check_goals(place, luck)
    steps.step("Drafting the coming week", total=_seats(place))
    _draft(place, 1, steps)
    _approve(place, 1, only=APPROVED_EARLY)


def _rows() -> list[dict[str, Any]]:
    return list(files.read("school.yaml")["classes"])


def _students(place: Place) -> int:
    return len(files.read("people.yaml")["students"])


def _seats(place: Place) -> int:
    return sum(roster_queries.students_of(school_class).count() for school_class in place.classes.values())


def _draft(place: Place, week: int, steps: Steps) -> None:
    """Draft a week for every class on the Friday before it."""
    monday = place.calendar.day(week)
    at = place.calendar.moment(monday - timedelta(days=3), 15, 10)
    goal_of = {-1: "goal_last_week", 0: "goal_this_week", 1: "goal_next_week"}[week]
    for row in _rows():
        school_class, lead = place.classes[row["id"]], place.people[row["lead"]]
        goal = standard_queries.competency_with_id(place.skills[row[goal_of]])
        drafts.set_class_goal(school_class=school_class, monday=monday, competency=goal, by=lead, at=at)
        drafts.draft_class_week(
            school_class=school_class,
            monday=monday,
            by=lead,
            at=at,
            progress=lambda *_counts: steps.advance(),
        )


def _approve(place: Place, week: int, *, waiting: int = 0, only: int | None = None) -> None:
    """Approve drafts: those without flags first; `waiting` stay drafts, `only` limits how many are approved."""
    monday = place.calendar.day(week)
    at = place.calendar.moment(monday - timedelta(days=1), 17)
    for row in _rows():
        lead = place.people[row["lead"]]
        weeks = _drafts(place.classes[row["id"]], monday, at)
        chosen = weeks[:only] if only is not None else weeks[: len(weeks) - waiting]
        for one in chosen:
            planning.approve_week(week=one, by=lead, at=at)


def _drafts(school_class: Class, monday: date, at: datetime) -> list[Any]:
    """Return a class's drafts, those without flags first."""
    found = plan_queries.board(school_class, monday, at=at).rows
    weeks = [row.week for row in found if row.week is not None and row.week.status == "draft"]
    return sorted(weeks, key=lambda week: (bool(week.flags), week.pk))


def _work(place: Place, happened: Simulated, week: int, luck: np.random.Generator, steps: Steps) -> None:
    """Let students do what was planned, up to now, with answers to some of the questions."""
    monday = place.calendar.day(week)
    names = [row["id"] for row in files.read("people.yaml")["students"]]
    starts = {place.classes[row["id"]].pk: row["starts"] for row in _rows()}
    codes = {pk: code for code, pk in place.skills.items()}
    waiting = {name: list(words) for name, words in files.read("people.yaml")["long_answers"].items()}
    stopped = {name for name, facts in files.read("simulation.yaml")["students"].items() if "stops_in_week" in facts}
    for name in names:
        student = place.people[name]
        share = DONE_BY_WHO_STOPPED if name in stopped else float(luck.normal(DONE_SHARE, DONE_SPREAD))
        for block in plan_queries.student_blocks(student, monday):
            hour, minute = map(int, starts[block.week.class_week.school_class_id].split(":"))
            day = monday + timedelta(days=block.day)
            begins = place.calendar.moment(day, hour, minute + 5 + 10 * block.order)
            if begins >= place.calendar.now or luck.random() > share:
                continue
            chance = happened.truth.get((name, codes.get(block.competency_id or 0, "")), 0.6)
            _choose(block, student, begins, luck)
            if week == 0:
                _answer(block, student, begins, chance, luck, waiting)
            feeling = "got-it" if luck.random() < SURE_SHARE * (0.6 + 0.5 * chance) else "not-sure"
            planning.finish_block(block=block, by=student, at=begins + timedelta(minutes=8), feeling=feeling)
        steps.advance()


def _choose(block: Block, student: Person, at: datetime, luck: np.random.Generator) -> None:
    if block.kind != "choice":
        return
    offers = [option.resource for option in block.options.all() if option.part == "choice"]
    if offers:
        planning.choose_option(block=block, resource=offers[int(luck.integers(len(offers)))], by=student, at=at)


def _write(block: Block, items: Sequence[Item], student: Person, at: datetime, waiting: dict[str, list[str]]) -> None:
    """Hand in a long answer that waits for a teacher, while there are any."""
    for item in items:
        words = waiting.get(item.source_id)
        if words:
            planning.answer_item(
                block=block,
                item=item,
                response={"answer": [words.pop(0)]},
                client_id=uuid5(NAMESPACE_URL, f"headway-demo/{block.uuid}/{item.uuid}"),
                by=student,
                at=at + timedelta(minutes=6),
            )


def _answer(
    block: Block,
    student: Person,
    at: datetime,
    chance: float,
    luck: np.random.Generator,
    waiting: dict[str, list[str]],
) -> None:
    """Answer a block's first questions, rightly or not by the student's true mastery."""
    if block.resource is None or block.kind not in {"essential", "review"}:
        return
    items = item_queries.items_of(block.resource)
    _write(block, items, student, at, waiting)
    for number, item in enumerate(items[:QUESTIONS_IN_A_BLOCK]):
        asked = item_queries.question(item)
        moment = at + timedelta(minutes=1 + number)
        if item.is_marked_by_person:
            continue
        if luck.random() > chance + 0.3 and engine.hints_of(asked):
            planning.show_hint(block=block, item=item, by=student, at=moment)
        response = engine.key_response(asked) if luck.random() < chance else wrong_response(asked)
        if response is None:
            continue
        planning.answer_item(
            block=block,
            item=item,
            response=response,
            client_id=uuid5(NAMESPACE_URL, f"headway-demo/{block.uuid}/{item.uuid}"),
            by=student,
            at=moment,
        )


def wrong_response(asked: engine.Item) -> engine.Response | None:
    """Return an answer that is not right, or None where none is easily made."""
    if len(asked.interactions) != 1:
        return None
    right = engine.key_response(asked)
    shown = engine.face(asked, engine.begin(asked)).asked[0]
    given = right.get(shown.name, [""])
    if shown.kind in {"choice", "hottext"} and shown.most == 1:
        return next(({shown.name: [option.key]} for option in shown.options if option.key not in given), None)
    number = engine.read_number(given[0]) if shown.kind == "text-entry" and given else None
    return {shown.name: [f"{float(number[0]) + 1:g}"]} if number else None


def _helped_before(place: Place) -> None:
    """Let students have asked for help in the last three weeks, and adults have answered: most on the same day."""
    luck = np.random.default_rng(files.read("simulation.yaml")["seed"] + 2)
    for row in _rows():
        school_class, lead = place.classes[row["id"]], place.people[row["lead"]]
        for student in roster_queries.students_of(school_class):
            for _one in range(int(luck.binomial(2, ASKS_CHANCE))):
                back = int(luck.integers(3, 15))
                asked_at = place.calendar.moment(
                    place.calendar.school_day_back(back), 9 + int(luck.integers(0, 5)), int(luck.integers(0, 60))
                )
                days_later = int(luck.choice([0, 1, 2], p=SAME_DAY_OR_LATER))
                came = place.calendar.moment(place.calendar.school_day_back(back - days_later), 8, 15)
                lag = timedelta(minutes=int(luck.integers(10, 150)))
                asked = planning.ask_for_help(
                    student=student, school_class=school_class, kind="stuck", by=student, at=asked_at
                )
                planning.answer_help(request=asked, by=lead, at=came if days_later else asked_at + lag)


def _ask_for_help(place: Place) -> None:
    for number, row in enumerate(files.read("people.yaml")["help_requests"]):
        student = place.people[row["student"]]
        planning.ask_for_help(
            student=student,
            school_class=place.classes[row["class"]],
            kind=row["kind"],
            words=row["words"],
            by=student,
            at=place.calendar.now - timedelta(minutes=20 + 35 * number),
        )


def _check_goals(place: Place, luck: np.random.Generator) -> None:
    """Let students say on most days whether they met their goal."""
    for row in files.read("people.yaml")["students"]:
        student = place.people[row["id"]]
        goal = roster_queries.goal_of(student)
        if goal is None:
            continue
        for back in range(1, 8):
            if luck.random() < 0.6:
                day = place.calendar.school_day_back(back)
                is_met = bool(luck.random() < 0.7)
                at = place.calendar.moment(day, 14, 45)
                wellbeing.check_goal(goal=goal, day=day, is_met=is_met, by=student, at=at)
