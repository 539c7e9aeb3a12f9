"""Practice: a block's text and steps, then its questions one at a time, as forms that work without script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core import items as engine
from headway.core.access.roles import Permission
from headway.core.items.formats import asked_format, guess_chance_in, read_answer
from headway.core.items.practising import AnswerFormat, NextStep, PracticeSettings, may_see_example
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.evidence import queries as evidence
from headway.records.items import queries as items
from headway.records.library import queries as library
from headway.records.planning import actions as planning_actions
from headway.records.planning import arrivals, practising, sitting, work_files
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import may
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.shared.questions.drawing import needs_files
from headway.web.shared.questions.shown import draw_feedback, draw_question
from headway.web.shared.words import sentence
from headway.web.student.page import student_page, words_in
from headway.web.student.time_spent import seconds_since, stamp
from headway.web.student.ways_to_answer import face_as, says_of, ways_to
from headway.web.student.week import doors_of_block, steps_drawing
from headway.web.student.words import SCREEN, WITH_ICONS, language_name, with_words

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource
    from headway.records.planning.models import Block, ItemWork
    from headway.web.shared.access import Request

# icons: circle-check circle-dot send hand arrow-left arrow-right lightbulb check minus clock languages
MOST_FILES_AT_ONCE = 5
# One byte more tells that a file is too large; the rest of it is never read.
MOST_BYTES = work_files.LARGEST_MEGABYTES * 1024 * 1024
CHOSEN_BY_NUMBER = frozenset({"choice", "hottext"})


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What is said about an answer: what is right in it first, then the next thing to look at."""

    headline: str
    words: str
    fine: str
    icon: str
    is_right: bool


def _resource(block: Block) -> Resource | None:
    """Return what the student works with: the chosen door, else what was planned; a choice has to be made first."""
    return block.chosen_resource or (block.resource if block.kind != "choice" and not block.own_idea else None)


# --- reading ----------------------------------------------------------------------------------------------------------


@may(Permission.SEE_OWN_WEEK)
@require_safe
@around_a_frame
def practice(request: Request, block: UUID) -> HttpResponse:
    """This will show where the student is in a block: its text and steps, a question, or the end."""
    own = planning.own_block(request.person, block)
    if own.kind == "choice" and own.chosen_resource is None and not own.own_idea:
        return redirect(reverse("student-week-of", kwargs={"monday": own.week.class_week.monday}) + f"#b-{own.uuid}")
    questions = planning.questions_in(own)
    work = planning.work_in(own)
    asked, left = request.GET.get("q", ""), request.GET.get("left", "")
    if questions and left.isdecimal():
        # The address names the place to go to without a server; with one, the question that fits best is opened.
        step = _step(request, own, questions, work, just_left=int(left[:4]))
        return redirect(f"{reverse('student-practice', kwargs={'block': own.uuid})}?q={step.id or 'end'}")
    if questions and asked.isdecimal() and 1 <= int(asked[:4]) <= len(questions):
        return _question_page(request, own, questions, work, int(asked[:4]))
    if asked == "start":
        return _intro_page(request, own, questions)
    if questions and asked == "end":
        return _end_page(request, own, questions, work)
    resource = _resource(own)
    has_begun = any(each.attempts or each.hints_shown for each in work.values())
    if questions and not asked and (has_begun or not (resource and (resource.text or resource.steps))):
        step = _step(request, own, questions, work)
        if step.id is not None:
            return _question_page(request, own, questions, work, step.id)
        return _end_page(request, own, questions, work)
    return _intro_page(request, own, questions)


def _step(
    request: Request,
    own: Block,
    questions: Sequence[Item],
    work: Mapping[int, ItemWork],
    *,
    just_left: int | None = None,
) -> NextStep:
    resource = _resource(own)
    by_test = sitting.next_in_test(own, questions[0].resource_id, questions, work, just_left=just_left)
    if by_test is not None:
        return by_test
    return practising.next_in_set(
        request.person,
        resource,
        questions,
        work,
        at=timezone.now(),
        skill_id=own.competency_id,
        just_left=just_left,
    )


def _is_answered(work: ItemWork | None) -> bool:
    return work is not None and work.attempts > 0


def _frame(
    request: Request, own: Block, questions: Sequence[Item], work: Mapping[int, ItemWork], now: int
) -> dict[str, Any]:
    resource = _resource(own)
    answered = [place for place, item in enumerate(questions, 1) if _is_answered(work.get(item.pk))]
    return {
        "own": own,
        "resource": resource,
        "title": own.own_idea or (resource.title if resource else ""),
        "title_language": "" if own.own_idea or resource is None else resource.language,
        "count": len(questions),
        "steps_drawing": steps_drawing(len(questions), answered, now),
        "is_open": own.week.status in ("approved", "changed"),
        "week_url": reverse("student-week-of", kwargs={"monday": own.week.class_week.monday}) + f"#b-{own.uuid}",
    }


def _intro_page(request: Request, own: Block, questions: Sequence[Item]) -> HttpResponse:
    resource = _resource(own)
    teacher = roster.lead_teacher(own.week.class_week.school_class)
    beside = _beside(request, own, resource) if resource else None
    screen_words, screen_icon = SCREEN[resource.screen] if resource else ("", "")
    facts = {
        **_frame(request, own, questions, planning.work_in(own) if questions else {}, 0),
        "beside": beside,
        "beside_language": language_name(beside.language) if beside else "",
        "text_language": language_name(resource.language) if resource else "",
        "doors": _doors(own, resource),
        "teacher": teacher,
        "with_words": with_words(own.with_whom, teacher.formal_name if teacher else ""),
        "with_icon": WITH_ICONS.get(own.with_whom, "user"),
        "screen_words": screen_words,
        "screen_icon": screen_icon,
    }
    return student_page(request, "student/practice_start.html", facts, tab="practice")


def _doors(own: Block, resource: Resource | None) -> list[Any]:
    if resource is None:
        return []
    options = [] if own.kind == "choice" else list(own.options.select_related("resource"))
    return doors_of_block(own, resource, library.doors_of_many([resource])[resource.pk], options)


def _beside(request: Request, own: Block, resource: Resource) -> Resource | None:
    """Return the same work in another language, for a student who reads both side by side."""
    supports = roster.supports_on(request.person, own.week.class_week.monday)
    if "bilingual-texts" not in supports or own.kind == "choice":
        return None
    doors = [door for door in library.doors_of(resource) if door.language != resource.language and door.text]
    return next(iter(doors), None)


def _question_page(
    request: Request,
    own: Block,
    questions: Sequence[Item],
    work: Mapping[int, ItemWork],
    number: int,
    *,
    typed: Mapping[str, Sequence[str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    item = questions[number - 1]
    done = work.get(item.pk)
    session = sitting.session_of(own, item, done)
    document = items.question(item)
    settings = practising.settings_of_set(item.resource_id)
    ways = ways_to(document, settings)
    way = asked_format(document, typed if typed is not None else dict(request.GET.lists()), settings.formats)
    response = engine.read_response(document, typed) if typed is not None else _newest(done)
    shown = face_as(item, engine.face(document, session, response=response), way, own, typed)
    facts = {
        **_frame(request, own, questions, work, number),
        **_answer_facts(
            own, item, number, done, session, problem, settings, shown=shown, is_last=number == len(questions)
        ),
        "ways": ways,
        "way": way,
        "way_says": says_of(way),
        "item": item,
        "question": _drawn(request, item, shown, session),
        "takes_files": needs_files(shown),
        "rating": evidence.newest_rating(request.person, item.pk)
        if item.is_marked_by_person and done is not None and done.score is not None and not done.awaits_marking
        else None,
        "teacher": roster.lead_teacher(own.week.class_week.school_class),
        "used_paper": done.used_paper if done else False,
        "sureness": done.sureness if done else "",
        "thinking": (typed or {}).get("thinking", [done.thinking if done else ""])[0],
        "option_count": option_count(shown),
        "time_left": sitting.time_left_at(own, item.resource_id, questions, number, at=timezone.now()),
    }
    return student_page(request, "student/practice.html", facts, tab="practice", status=status)


def _drawn(request: Request, item: Item, shown: engine.Face, session: engine.Session) -> str:
    return draw_question(
        item, shown, student=request.person, viewer=request.person, seed=session.seed, at=timezone.now()
    )


def option_count(shown: engine.Face) -> int:
    """Return how many choices have a number key: those of the one place where one chooses, 0 where there are several."""
    choices = [asked for asked in shown.asked if asked.kind in CHOSEN_BY_NUMBER]
    return min(8, len(choices[0].options)) if len(choices) == 1 else 0


def _newest(done: ItemWork | None) -> engine.Response | None:
    return dict(done.response) if done is not None and done.response else None


def _answer_facts(
    own: Block,
    item: Item,
    number: int,
    done: ItemWork | None,
    session: engine.Session,
    problem: str,
    settings: PracticeSettings,
    *,
    shown: engine.Face,
    is_last: bool,
) -> dict[str, Any]:
    """Return what the answer's part of the page needs: feedback, hints, and where to go next."""
    document = items.question(item)
    steps = engine.hints_of(document) if settings.hints else ()
    hints = steps[: done.hints_shown] if done else ()
    has_answer = done is not None and done.attempts > 0 and not problem
    return {
        "own": own,
        "number": number,
        "hints": hints,
        "hint_count": len(steps),
        "next_hint": len(hints) + 1 if len(hints) < len(steps) else 0,
        "feedback": _feedback(item, done, session, shown) if done is not None and has_answer else None,
        "problem": problem,
        # A page to read has nothing to check: one goes on from it.
        "is_right": not shown.asked or (done is not None and (done.is_right or done.awaits_marking)),
        "is_last": is_last,
        "language": document.language,
        "client_id": uuid4(),
        "attempts": done.attempts if done else 0,
        "shown_at": stamp(item, timezone.now()),
        **_example_facts(document, done, settings),
    }


def _example_facts(document: engine.Item, done: ItemWork | None, settings: PracticeSettings) -> dict[str, Any]:
    """Return the worked example where it is open, and whether the student may ask for it where it is not."""
    words = engine.worked_example_of(document)
    if done is None or not words:
        return {"example": "", "may_ask_example": False}
    is_done = done.is_right or done.awaits_marking
    may_see = may_see_example(settings, is_done=is_done, tries=done.attempts)
    is_open = done.example_shown or (may_see and is_done)
    return {"example": words if is_open else "", "may_ask_example": may_see and not is_open}


def _feedback(item: Item, done: ItemWork, session: engine.Session, shown: engine.Face) -> Feedback | None:
    marking = engine.marking_of(items.question(item), session)
    if marking.problem or not marking.is_complete:
        return None
    words = draw_feedback(item, shown)
    if marking.score is None:
        if not done.awaits_marking and done.score is not None:
            return Feedback(
                headline=gettext("Your teacher has read it."),
                words="",
                fine="",
                icon="circle-check",
                is_right=done.is_right,
            )
        return Feedback(
            headline=gettext("Sent to your teacher."),
            words=words,
            fine=gettext("A person reads this one. Go on with the next; you can still change it here."),
            icon="send",
            is_right=True,
        )
    if marking.is_right:
        return Feedback(headline=_right_words(done), words=words, fine="", icon="circle-check", is_right=True)
    return Feedback(
        headline=_close_words(shown, marking.score),
        words=words,
        fine=gettext("You have as many tries as you need."),
        icon="circle-dot",
        is_right=False,
    )


def _right_words(done: ItemWork) -> str:
    if done.hints_shown and done.attempts <= 1:
        return gettext("Right, with a hint you asked for.")
    if done.attempts > 1:
        return gettext("Right, on try {attempt}. You stayed with it.").format(attempt=done.attempts)
    return gettext("That is right.")


def _close_words(shown: engine.Face, score: float) -> str:
    """Return how near an answer was: how many of its places fit where they are counted alike."""
    one = shown.asked[0] if len(shown.asked) == 1 else None
    parts = len(shown.asked) if one is None else len(one.options) if one.kind == "match" else len(one.targets)
    if score > 0 and parts > 1 and abs(score * parts - round(score * parts)) < 1e-6:
        right = round(score * parts)
        return ngettext("{right} of {parts} fits.", "{right} of {parts} fit.", right).format(right=right, parts=parts)
    if score > 0:
        return gettext("Close. Part of it is right.")
    return gettext("Not yet.")


def _end_page(request: Request, own: Block, questions: Sequence[Item], work: Mapping[int, ItemWork]) -> HttpResponse:
    rows = [(place, item, work.get(item.pk)) for place, item in enumerate(questions, 1)]
    ids = {item.competency_id or own.competency_id for item in questions} - {None}
    competencies = standards.competencies_with_ids(pk for pk in ids if pk)
    skills = standards.named(competencies.values(), get_language() or "en")
    grid = evidence.cells([request.person], list(skills), at=timezone.now())
    step = _step(request, own, questions, work)
    settings = practising.settings_of(_resource(own))
    facts = {
        **_frame(request, own, questions, work, 0),
        "rows": rows,
        "fitting": step.id,
        "enough": "" if step.id is not None else " ".join(sentence(words, given) for words, given in step.reasons),
        "examples": _examples(rows, settings),
        "answered": sum(_is_answered(row[2]) for row in rows),
        "counts_for": [
            (skill, grid.get((request.person.pk, pk), evidence.NO_EVIDENCE)) for pk, skill in skills.items()
        ],
    }
    return student_page(request, "student/practice_end.html", facts, tab="practice")


def _examples(
    rows: Sequence[tuple[int, Item, ItemWork | None]], settings: PracticeSettings
) -> list[tuple[int, Item, str]]:
    """Return the worked examples that the end of a set shows: of what is right or with the teacher."""
    found = []
    for place, item, work in rows:
        is_done = work is not None and (work.is_right or work.awaits_marking)
        if is_done and may_see_example(settings, is_done=True, tries=1, is_at_end=True):
            words = engine.worked_example_of(items.question(item))
            found += [(place, item, words)] if words else []
    return found


# --- answering --------------------------------------------------------------------------------------------------------


@may(Permission.WORK)
@require_POST
def start(request: Request, block: UUID) -> HttpResponse:
    """This will remember that the student has begun, and open the first question."""
    own = planning.own_block(request.person, block)
    planning_actions.start_block(block=own, by=request.person, at=timezone.now())
    return redirect(reverse("student-practice", kwargs={"block": own.uuid}) + "?q=1")


def _client_id(request: Request) -> UUID:
    try:
        return UUID(request.POST.get("client_id", ""))
    except ValueError:
        return uuid4()


def with_files(request: Request, own: Block) -> dict[str, list[str]]:
    """Return a posted form; a file that came with it is kept, and its UUID stands in its field."""
    typed: dict[str, list[str]] = dict(request.POST.lists())
    for name, files in request.FILES.lists():
        kept = [
            work_files.keep_work_file(
                block=own, name=file.name or "", content=file.read(MOST_BYTES + 1), by=request.person, at=timezone.now()
            )
            for file in files[:MOST_FILES_AT_ONCE]
        ]
        typed[name] = [str(one.uuid) for one in kept] or typed.get(name, [])
    return typed


@may(Permission.WORK)
@require_POST
@around_a_frame
def check(request: Request, block: UUID, number: int) -> HttpResponse:
    """This will mark an answer and say what is right in it; sent twice, it counts once."""
    own = planning.block_at_work(request.person, block)
    item, is_last = planning.question_at(own, number)
    client_id = _client_id(request)
    document = items.question(item)
    settings = practising.settings_of_set(item.resource_id)
    typed = dict(request.POST.lists())
    way = asked_format(document, typed, settings.formats)
    try:
        typed = with_files(request, own)
        given = read_answer(document, typed, way, translate=gettext)
    except RuleBroken as rule:
        problem = sentence(rule.sentence, rule.facts)
        if not request.htmx:
            return _typed_page(request, own, number, typed, problem)
        done = planning.work_in(own).get(item.pk)
        response = _part(request, own, item, number, done, problem, typed, settings, is_last=is_last)
        response["Headway-Received"] = str(client_id)
        return response
    answered = arrivals.answer_now(
        block=own,
        item=item,
        response=given,
        client_id=client_id,
        used_paper="paper" in typed or way is AnswerFormat.PAPER,
        answer_format=way.value if way else "",
        guess_chance=guess_chance_in(document, way) if way else None,
        seconds=seconds_since(request.POST.get("shown_at", ""), item, timezone.now()),
        sureness=request.POST.get("sureness", ""),
        thinking=words_in(request, "thinking"),
        by=request.person,
        at=timezone.now(),
    )
    work = answered.work if answered else planning.work_in(own).get(item.pk)
    marking = answered.marking if answered else None
    problem = sentence(marking.problem, marking.problem_facts) if marking and marking.problem else ""
    if request.htmx:
        response = _part(request, own, item, number, work, problem, typed, settings, is_last=is_last)
        response["Headway-Received"] = str(client_id)
        return response
    if problem:
        return _typed_page(request, own, number, typed, problem)
    kept = f"&way={way}" if way and request.POST.get("way") else ""
    return redirect(f"{reverse('student-practice', kwargs={'block': own.uuid})}?q={number}{kept}#feedback")


def _part(
    request: Request,
    own: Block,
    item: Item,
    number: int,
    work: ItemWork | None,
    problem: str,
    typed: Mapping[str, Sequence[str]],
    settings: PracticeSettings,
    *,
    is_last: bool,
    is_hint: bool = False,
) -> HttpResponse:
    """Return the answer's part of the page, and the question anew where it changes by the answer."""
    document = items.question(item)
    session = sitting.session_of(own, item, work)
    way = asked_format(document, typed, settings.formats)
    shown = face_as(
        item, engine.face(document, session, response=engine.read_response(document, typed)), way, own, typed
    )
    facts = _answer_facts(own, item, number, work, session, problem, settings, shown=shown, is_last=is_last)
    changes = engine.changes_by_answer(document) and not is_hint
    return render(
        request,
        "student/practice.html#answer",
        {
            **facts,
            "is_part": True,
            "is_hint": is_hint,
            "asked_anew": _drawn(request, item, shown, session) if changes else "",
        },
    )


@may(Permission.WORK)
@require_POST
def hint(request: Request, block: UUID, number: int) -> HttpResponse:
    """This will show the next hint; what is typed stays, and pressing twice shows one."""
    own = planning.block_at_work(request.person, block)
    item, is_last = planning.question_at(own, number)
    typed = dict(request.POST.lists())
    settings = practising.settings_of_set(item.resource_id)
    if not settings.hints:
        raise NotFound
    shown = planning.work_in(own).get(item.pk)
    if shown is None or str(shown.hints_shown) == request.POST.get("hints", str(shown.hints_shown)):
        shown = planning_actions.show_hint(block=own, item=item, by=request.person, at=timezone.now())
    if request.htmx:
        return _part(request, own, item, number, shown, "", typed, settings, is_last=is_last, is_hint=True)
    return _typed_page(request, own, number, typed, "")


@may(Permission.WORK)
@require_POST
def example(request: Request, block: UUID, number: int) -> HttpResponse:
    """This will open the worked example; before an answer is right, that is remembered with the evidence."""
    own = planning.block_at_work(request.person, block)
    item, is_last = planning.question_at(own, number)
    typed = dict(request.POST.lists())
    shown = planning.work_in(own).get(item.pk)
    settings = practising.settings_of_set(item.resource_id)
    problem = ""
    if _example_facts(items.question(item), shown, settings)["may_ask_example"]:
        shown = planning_actions.show_example(block=own, item=item, by=request.person, at=timezone.now())
    else:
        problem = gettext("The worked example of this question is not open now. Try it yourself first.")
    if request.htmx:
        return _part(request, own, item, number, shown, problem, typed, settings, is_last=is_last, is_hint=True)
    return _typed_page(request, own, number, typed, problem)


def _typed_page(
    request: Request, own: Block, number: int, typed: Mapping[str, Sequence[str]], problem: str
) -> HttpResponse:
    """Return the question with what was typed still in it."""
    own = planning.own_block(request.person, own.uuid)
    questions, work = planning.questions_in(own), planning.work_in(own)
    status = 422 if problem else 200
    return _question_page(request, own, questions, work, number, typed=typed, problem=problem, status=status)
