"""One child's week as a family reads it: strengths first, structure in the reader's language, never a number alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headway.core.planning import BlockKind, With
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK
from headway.records.evidence import queries as evidence
from headway.records.planning import dates
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.records.wellbeing import queries as wellbeing
from headway.web.shared.mastery_words import OUR_MEANINGS, state_sentence
from headway.web.templatetags.headway import long_day_name

if TYPE_CHECKING:
    from headway.records.planning.dates import OwnDate
    from headway.records.planning.models import Block
    from headway.records.roster.models import Class, Person
    from headway.records.standards.queries import Named
    from headway.records.wellbeing.models import FamilyMessage

MOST_IMPORTANT, MOST_STRENGTHS, MOST_SKILLS = 3, 2, 4
LANGUAGE_NAMES = {"en": _("English"), "es": _("Spanish")}
WHERE = {
    With.TEACHER: _("{day}, in a small group with the teacher."),
    With.PAIR: _("{day}, with a partner."),
    With.TEAM: _("{day}, with a team."),
    With.ALONE: _("{day}."),
}


@dataclass(kw_only=True)
class Day:
    """One school day."""

    weekday: int
    is_today: bool
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Important:
    """One essential piece of the week, and when."""

    title: str
    language: str
    words: str
    is_done: bool


@dataclass(frozen=True, kw_only=True)
class Skill:
    """How one skill goes, in words."""

    name: str
    word: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What the teacher wrote, in the reader's language where there is a translation."""

    by: str
    words: str
    language: str
    original: str = ""
    original_language: str = ""
    original_language_name: str = ""


@dataclass(kw_only=True)
class ChildWeek:
    """Everything one section of the page shows."""

    child: Person
    classes: list[str]
    teachers: list[str]
    message: Message | None
    important: list[Important]
    days: list[Day]
    minutes: int
    minutes_with_others: int
    screen_minutes: int
    screen_minutes_cap: int
    skills: list[Skill]
    home: Named | None
    speaks_another_language: bool
    changes_now: list[str]
    changes_next: list[str]
    sent: list[FamilyMessage]
    dates: list[OwnDate]
    problem: str = ""
    typed: str = ""
    # Sent along with the message, so that a double press or a reload is one message.
    message_id: UUID = field(default_factory=uuid4)

    @property
    def has_plan(self) -> bool:
        """Whether a teacher has approved anything of this week."""
        return self.minutes > 0


def child_week(guardian: Person, child: Person, monday: date, *, at: datetime, language: str) -> ChildWeek:
    """Return a child's week; `guardian` is known to be an adult of this child."""
    classes = list(roster.classes_of_student(child))
    teachers = roster.lead_teachers_of(classes)
    blocks = planning.student_blocks(child, monday)
    today = roster.today_at(classes[0].school, at) if classes else timezone.localdate(at)
    week_ids = list(dict.fromkeys(block.competency_id for block in blocks if block.competency_id))
    seen_ids = evidence.competency_ids_with_evidence(child)
    names = standards.named(standards.competencies_with_ids({*week_ids, *seen_ids}).values(), language)
    cap = roster.profile_of(child).screen_minutes_cap
    messages = [row for row in wellbeing.messages_about(child) if row.is_from_home and row.by_id == guardian.pk]
    return ChildWeek(
        child=child,
        classes=[_class_words(each, teachers.get(each.pk, [])) for each in classes],
        teachers=list(dict.fromkeys(adult.formal_name for each in classes for adult in teachers.get(each.pk, [])[:1])),
        message=_message(wellbeing.message_for_week(child, monday), language),
        important=_important(blocks),
        days=_days(blocks, monday, today),
        minutes=sum(block.minutes for block in blocks),
        minutes_with_others=sum(block.minutes for block in blocks if block.with_whom != With.ALONE),
        screen_minutes=sum(block.screen_minutes for block in blocks),
        screen_minutes_cap=sum(cap or planning.rules_of(each).screen_minutes_cap for each in _planned(blocks)),
        skills=_skills(child, week_ids, seen_ids, names, at=at),
        home=_for_home(blocks, names),
        speaks_another_language=any(
            row.is_home_language and any(row.language != each.language for each in classes)
            for row in child.languages.all()
        ),
        changes_now=_frame_changes({block.week.class_week for block in blocks}),
        changes_next=_frame_changes({planning.class_week(each, monday + timedelta(days=7)) for each in classes}),
        sent=[row for row in messages if row.monday == monday],
        dates=dates.own_dates(child, school_classes=classes, on=today),
    )


def _class_words(school_class: Class, teachers: list[Person]) -> str:
    if not teachers:
        return school_class.name
    return gettext("{name}, with {teacher}").format(name=school_class.name, teacher=teachers[0].formal_name)


def _planned(blocks: list[Block]) -> list[Class]:
    return list(
        {block.week.class_week.school_class_id: block.week.class_week.school_class for block in blocks}.values()
    )


def _frame_changes(class_weeks: set[Any]) -> list[str]:
    return sorted({row.frame_change_words for row in class_weeks if row is not None and row.frame_change_words})


def _message(row: FamilyMessage | None, language: str) -> Message | None:
    if row is None:
        return None
    by = row.by.formal_name if row.by else ""
    translated = row.translations.get(language, "")
    if row.language == language or not translated:
        return Message(by=by, words=row.words, language=row.language)
    return Message(
        by=by,
        words=translated,
        language=language,
        original=row.words,
        original_language=row.language,
        original_language_name=str(LANGUAGE_NAMES.get(row.language, row.language)),
    )


def title_of(block: Block) -> tuple[str, str]:
    """Return what a block is called and in which language: the student's own choice goes first."""
    if block.own_idea:
        return block.own_idea, ""
    shown = block.chosen_resource or block.resource
    return (shown.title, shown.language) if shown else ("", "")


def _important(blocks: list[Block]) -> list[Important]:
    """Return the essentials, each once; a week without essentials shows what is done with the teacher."""
    wanted = [block for block in blocks if block.kind == BlockKind.ESSENTIAL]
    wanted = wanted or [block for block in blocks if block.kind == BlockKind.GROUP]
    found: dict[str, Important] = {}
    for block in wanted:
        title, language = title_of(block)
        if not title or title in found:
            continue
        day = long_day_name(block.day)
        if block.finished_at is not None:
            words = gettext("Done on {day}.").format(
                day=long_day_name(min(4, timezone.localtime(block.finished_at).weekday()))
            )
        else:
            words = str(WHERE[With(block.with_whom)]).format(day=day)
        # Spanish names of days are small inside a sentence and large at its beginning.
        found[title] = Important(
            title=title, language=language, words=capfirst(words), is_done=block.finished_at is not None
        )
    return list(found.values())[:MOST_IMPORTANT]


def _days(blocks: list[Block], monday: date, today: date) -> list[Day]:
    days = [
        Day(weekday=weekday, is_today=monday + timedelta(days=weekday) == today)
        for weekday in range(SCHOOL_DAYS_PER_WEEK)
    ]
    for block in blocks:
        title, language = title_of(block)
        if not title and block.kind == BlockKind.CHOICE:
            title = gettext("one of three, chosen on the day")
        block.shown_title, block.shown_language = title, language  # type: ignore[attr-defined]
        days[block.day].blocks.append(block)
    return days


def _skills(
    child: Person, week_ids: list[int], seen_ids: list[int], names: dict[int, Named], *, at: datetime
) -> list[Skill]:
    """Return at most four skills: what the child does well comes first, then what the week is about."""
    cells = evidence.cells([child], {*week_ids, *seen_ids}, at=at)
    word_of = {pk: (cells[child.pk, pk].word if (child.pk, pk) in cells else "none") for pk in names}
    newest = {pk: cells[child.pk, pk].newest_at for pk in names if (child.pk, pk) in cells}
    strong = [pk for pk in seen_ids if word_of.get(pk) in {"secure", "beyond"}]
    strong.sort(key=lambda pk: newest[pk] or at - timedelta(days=10_000), reverse=True)
    order = list(OUR_MEANINGS)
    rest = sorted((pk for pk in week_ids if pk not in strong[:MOST_STRENGTHS]), key=lambda pk: order.index(word_of[pk]))
    chosen = [*strong[:MOST_STRENGTHS], *rest][:MOST_SKILLS]
    return [
        Skill(name=names[pk].short, word=word_of[pk], words=state_sentence(word_of[pk]))
        for pk in sorted(chosen, key=lambda pk: order.index(word_of[pk]))
    ]


def _for_home(blocks: list[Block], names: dict[int, Named]) -> Named | None:
    """Return the skill to talk about at home: of the first essential piece that is still to do."""
    wanted = [block for block in blocks if block.kind == BlockKind.ESSENTIAL and block.competency_id]
    wanted = wanted or [block for block in blocks if block.competency_id]
    open_ones = [block for block in wanted if block.finished_at is None] or wanted
    return names.get(open_ones[0].competency_id or 0) if open_ones else None
