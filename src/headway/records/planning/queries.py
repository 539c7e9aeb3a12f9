"""Week plans, for readers who may see them. Every page's reads are a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from headway.core.planning import BlockKind, Slot
from headway.core.planning.fairness import Measure, MeasureName, Piece, compare_groups, counted, sums_of
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import days_of
from headway.records.grouping.models import Group
from headway.records.grouping.queries import groups_of
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.planning import fairness
from headway.records.planning.models import (
    Block,
    BlockOption,
    ClassWeek,
    HelpRequest,
    ItemWork,
    PlanChange,
    PlanRules,
    Week,
    WorkFile,
)
from headway.records.planning.problems import frame_from_json, usual_frame
from headway.records.planning.sitting import in_order
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import students_with_profiles, visible_students
from headway.records.standards.queries import Named, competencies_with_ids, named

SHOWN = ("approved", "changed", "closed")
AT_WORK = ("approved", "changed")
MOST_QUESTIONS = 1000


# --- the teacher's board ---------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class BoardRow:
    """One student's line on the board; `days` holds the blocks of Monday to Friday."""

    student: Person
    week: Week | None = None
    days: list[list[Block]] = field(default_factory=lambda: [[], [], [], [], []])
    minutes: int = 0
    screen_minutes: int = 0
    screen_minutes_cap: int = 0
    minutes_with_others: int = 0
    choice_minutes: int = 0
    has_grade_level: bool = False
    pieces: list[Piece] = field(default_factory=list)
    letters: frozenset[str] = frozenset()
    group_ids: frozenset[int] = frozenset()
    is_essentials_only: bool = False

    @property
    def minutes_alone(self) -> int:
        """Minutes that the student works alone."""
        return self.minutes - self.minutes_with_others

    @property
    def place(self) -> str:
        """Where the row stands on the board: flagged, ready, approved, closed or missing."""
        if self.week is None or not any(self.days):
            return "missing"
        if self.week.status == Week.Status.CLOSED:
            return "closed"
        if self.week.status == Week.Status.APPROVED:
            return "approved"
        return "flagged" if self.week.flags else "ready"


@dataclass(kw_only=True)
class Board:
    """Everything a class's week page shows."""

    school_class: Class
    monday: date
    days: tuple[date, ...]
    minutes_of_day: tuple[int, ...]
    slots: tuple[Slot, ...]
    class_week: ClassWeek | None
    rows: list[BoardRow]
    groups: list[Group]
    measures: tuple[Measure, ...]
    waits: list[fairness.WaitRow]
    letter_counts: dict[str, int]
    names: dict[int, Named]
    newest_change: PlanChange | None

    def rows_in(self, place: str) -> list[BoardRow]:
        """Return the rows of one part of the board."""
        return [row for row in self.rows if row.place == place]


# What no list of blocks shows. Most of it is JSON, and taking it apart for every row is most of a page's time.
_NOT_LISTED = ("text", "steps", "uses", "topics", "careers", "needs", "culture")
_OPTIONS = Prefetch(
    "options",
    BlockOption.objects.select_related("resource").defer(*(f"resource__{name}" for name in _NOT_LISTED)),
)


def _blocks() -> QuerySet[Block]:
    return (
        Block.objects.select_related("resource", "chosen_resource", "competency")
        .defer(*(f"{door}__{name}" for door in ("resource", "chosen_resource") for name in _NOT_LISTED))
        .order_by("day", "order", "pk")
    )


def _board_blocks() -> QuerySet[Block]:
    """Return blocks for many students at once: a class shares its resources, so each of them is read once."""
    listed = Resource.objects.defer(*_NOT_LISTED)
    return (
        Block.objects.prefetch_related(
            Prefetch("resource", listed), Prefetch("chosen_resource", listed), Prefetch("competency")
        )
        .defer("reasons")
        .order_by("day", "order", "pk")
    )


def class_week(school_class: Class, monday: date) -> ClassWeek | None:
    """Return what is the same for everyone in a class this week, or None before the first draft."""
    return ClassWeek.objects.filter(school_class=school_class, monday=monday).select_related("goal").first()


def rules_of(school_class: Class) -> PlanRules:
    """Return what the class's plans may not break."""
    return PlanRules.objects.filter(school_class=school_class).first() or PlanRules(school_class=school_class)


def board(school_class: Class, monday: date, *, at: datetime, language: str = "en") -> Board:
    """Return the class's board; ask only for a class that the viewer teaches."""
    students = students_with_profiles(school_class)
    rules = rules_of(school_class)
    shared = class_week(school_class, monday)
    frame = frame_from_json(shared.frame) if shared and shared.frame else usual_frame(school_class, monday)
    weeks: dict[int, Week] = {}
    newest: PlanChange | None = None
    if shared is not None:
        found = shared.weeks.select_related("approved_by").prefetch_related(Prefetch("blocks", _board_blocks()))
        weeks = {week.student_id: week for week in found}
        newest = (
            PlanChange.objects.filter(week__class_week=shared, undone_at__isnull=True).order_by("-at", "-pk").first()
        )
    rows = [_row(student, weeks.get(student.pk), rules, school_class) for student in students]
    waits = fairness.waits_in([school_class], monday, at=at)
    waits_of = fairness.by_student(waits)
    sums = [
        sums_of(
            row.student.pk,
            row.pieces,
            groups=row.letters,
            screen_minutes_cap=row.screen_minutes_cap,
            waits=waits_of.get((school_class.pk, row.student.pk), ()),
        )
        for row in rows
        if row.minutes
    ]
    groups = list(groups_of(school_class, monday))
    wanted = {block.competency for row in rows for day in row.days for block in day if block.competency}
    wanted |= {group.competency for group in groups} | ({shared.goal} if shared and shared.goal else set())
    letters: dict[str, int] = defaultdict(int)
    for row in rows:
        for letter in row.letters:
            letters[letter] += 1
    return Board(
        school_class=school_class,
        monday=monday,
        days=days_of(monday),
        minutes_of_day=frame.minutes_of_day,
        slots=frame.slots,
        class_week=shared,
        rows=rows,
        groups=groups,
        measures=compare_groups(sums),
        waits=waits,
        letter_counts=dict(letters),
        names=named(wanted | _competencies_in_reasons(rows, wanted), language),
        newest_change=newest,
    )


def _competencies_in_reasons(rows: Iterable[BoardRow], known: Iterable[Any]) -> set[Any]:
    ids = {competency.pk for competency in known}
    wanted = {
        pk
        for row in rows
        if row.week is not None
        for entry in [*row.week.flags, *row.week.unmet]
        for pk in [(entry.get("facts") or {}).get("competency")]
        if pk
    }
    return set(competencies_with_ids(wanted - ids).values())


def _row(student: Person, week: Week | None, rules: PlanRules, school_class: Class) -> BoardRow:
    profile = getattr(student, "profile", None)
    grade = fairness.wanted_grade(student, school_class)
    supports = frozenset(row.kind for row in student.supports.all())
    row = BoardRow(
        student=student,
        week=week,
        screen_minutes_cap=(profile.screen_minutes_cap if profile and profile.screen_minutes_cap else None)
        or rules.screen_minutes_cap,
        is_essentials_only="essentials-only" in supports,
        letters=fairness.letters_for(student, school_class),
    )
    if week is None:
        return row
    group_ids = set()
    for block in week.blocks.all():
        row.days[block.day].append(block)
        piece = fairness.piece_of(block, grade=grade, grade_of_class=school_class.grade)
        row.pieces.append(piece)
        row.minutes += block.minutes
        row.screen_minutes += block.screen_minutes
        row.minutes_with_others += counted(MeasureName.WITH_OTHERS, piece)[0]
        row.choice_minutes += counted(MeasureName.CHOICE, piece)[0]
        row.has_grade_level = row.has_grade_level or counted(MeasureName.GRADE_LEVEL, piece)[0] > 0
        if block.group_id:
            group_ids.add(block.group_id)
    row.group_ids = frozenset(group_ids)
    return row


def week_for(teacher: Person, week_id: int) -> Week:
    """Return a student's week in a class that the person teaches, else "not found"."""
    found = (
        Week.objects.select_related("class_week__school_class__school", "student")
        .filter(pk=week_id, class_week__school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def block_for(teacher: Person, uuid: UUID) -> Block:
    """Return a block of a class that the person teaches, with its options, else "not found"."""
    found = (
        Block.objects.select_related(
            "week__class_week__school_class__school", "week__student", "resource", "competency", "group"
        )
        .prefetch_related(_OPTIONS)
        .filter(uuid=uuid, week__class_week__school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def change_for(teacher: Person, batch: UUID) -> PlanChange:
    """Return one of the changes made together in a class that the person teaches, else "not found"."""
    found = (
        PlanChange.objects.select_related("week__class_week__school_class", "week__student")
        .filter(batch=batch, week__class_week__school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def weeks_of(student: Person, *, school_classes: Iterable[Class] | None = None, limit: int = 12) -> list[Week]:
    """Return a student's plan history, newest first, with blocks."""
    weeks = Week.objects.filter(student=student).select_related("class_week__school_class", "approved_by")
    if school_classes is not None:
        weeks = weeks.filter(class_week__school_class__in=list(school_classes))
    return list(weeks.prefetch_related(Prefetch("blocks", _blocks())).order_by("-class_week__monday", "pk")[:limit])


def weeks_status(school_class: Class, monday: date) -> dict[int, str]:
    """Return each student's plan status by student id."""
    rows = Week.objects.filter(class_week__school_class=school_class, class_week__monday=monday)
    return dict(rows.values_list("student_id", "status"))


def status_counts(school_classes: Iterable[Class], monday: date) -> dict[int, dict[str, int]]:
    """Return how many weeks are in each state, by class id."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Week.objects.filter(class_week__school_class__in=list(school_classes), class_week__monday=monday)
    for class_id, status, count in rows.values_list("class_week__school_class_id", "status").annotate(n=Count("pk")):
        counts[class_id][status] = count
    return dict(counts)


def open_places(week: Week) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """Return the frame's empty places in a week: (day, order, minutes, kinds)."""
    taken = set(week.blocks.values_list("day", "order"))
    frame = frame_from_json(week.class_week.frame)
    return [
        (slot.day, slot.order, slot.minutes, tuple(kind.value for kind in slot.kinds))
        for slot in frame.slots
        if (slot.day, slot.order) not in taken
    ]


def places(week: Week) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """Return every place of the week's frame: (day, order, minutes, kinds)."""
    return [
        (slot.day, slot.order, slot.minutes, tuple(kind.value for kind in slot.kinds))
        for slot in frame_from_json(week.class_week.frame).slots
    ]


# --- the student's week ----------------------------------------------------------------------------------------------


def student_blocks(student: Person, monday: date) -> list[Block]:
    """Return the blocks of the student's approved weeks, all classes, in the order of the week.

    A draft is nobody's business yet: nothing reaches a student in pencil.
    """
    return list(
        _blocks()
        .select_related("week__class_week__school_class")
        .prefetch_related(_OPTIONS)
        .filter(week__student=student, week__class_week__monday=monday, week__status__in=SHOWN)
        .order_by("day", "week__class_week__school_class__period", "order", "pk")
    )


def blocks_of_children(children: Iterable[Person], monday: date) -> dict[int, list[Block]]:
    """Return each child's blocks of approved weeks by student id, in one pass for a whole family."""
    found: dict[int, list[Block]] = defaultdict(list)
    rows = (
        _blocks()
        .select_related("week__class_week__school_class")
        .prefetch_related(_OPTIONS)
        .filter(week__student__in=list(children), week__class_week__monday=monday, week__status__in=SHOWN)
        .order_by("day", "week__class_week__school_class__period", "order", "pk")
    )
    for block in rows:
        found[block.week.student_id].append(block)
    return dict(found)


def own_block(student: Person, uuid: UUID) -> Block:
    """Return a block of one of the student's approved weeks, else "not found"."""
    found = (
        Block.objects.select_related("week__class_week", "resource", "chosen_resource", "competency")
        .filter(uuid=uuid, week__student=student, week__status__in=SHOWN)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def options_of(block: Block) -> dict[str, list[Any]]:
    """Return the resources a block offers, by part: variant, choice, alternative."""
    by_part: dict[str, list[Any]] = {part: [] for part in BlockOption.Part.values}
    for option in block.options.select_related("resource").order_by("part", "order", "pk"):
        by_part[option.part].append(option.resource)
    return by_part


def work_in(block: Block) -> dict[int, ItemWork]:
    """Return where the student is with each question of a block, by item id."""
    return {work.item_id: work for work in ItemWork.objects.filter(block=block)}


def questions_in(block: Block) -> list[Item]:
    """Return a block's questions in order, without their documents.

    They are those of the door the student chose; a door without questions of its own keeps the ones of the work itself.
    """
    ids = (
        [block.chosen_resource_id] if block.kind == BlockKind.CHOICE else [block.chosen_resource_id, block.resource_id]
    )
    for resource_id in ids:
        if resource_id is not None:
            found = list(Item.objects.filter(resource=resource_id, put_away_at=None).defer("document"))
            if found:
                return in_order(block, resource_id, found)
    return []


# Asked at every answer, where building these two queries anew took a quarter of the time: so they are written out.
_BLOCK_AT_WORK = """
    SELECT block.id, block.uuid, block.kind, block.resource_id, block.chosen_resource_id, block.started_at,
           block.week_id, week.status AS week_status
    FROM records_block AS block JOIN records_week AS week ON week.id = block.week_id
    WHERE block.uuid = %s AND week.student_id = %s AND week.status IN ('approved', 'changed', 'closed')"""
_QUESTION_AT = """
    SELECT id, uuid, resource_id, competency_id, kind, language, difficulty, version,
           EXISTS (SELECT 1 FROM records_assessmenttest AS test WHERE test.resource_id = records_item.resource_id) AS has_test
    FROM records_item WHERE resource_id = %s AND put_away_at IS NULL ORDER BY "order", id LIMIT 2 OFFSET %s"""


def block_at_work(student: Person, uuid: UUID) -> Block:
    """Return a student's own block with just what answering needs, else "not found"."""
    key = Block._meta.get_field("uuid").get_db_prep_value(uuid, connection)
    found = next(iter(Block.objects.raw(_BLOCK_AT_WORK, [key, student.pk])), None)
    if found is None:
        raise NotFound
    found.week = Week(pk=found.week_id, student=student, status=found.week_status)  # type: ignore[attr-defined]
    return found


def question_at(block: Block, number: int) -> tuple[Item, bool]:
    """Return a block's question by its place, counted from 1, and whether it is the last one."""
    ids = (
        [block.chosen_resource_id] if block.kind == BlockKind.CHOICE else [block.chosen_resource_id, block.resource_id]
    )
    if not 1 <= number <= MOST_QUESTIONS:
        raise NotFound
    for resource_id in ids:
        if resource_id is None:
            continue
        found = list(Item.objects.raw(_QUESTION_AT, [resource_id, number - 1]))
        if found and getattr(found[0], "has_test", False):
            asked = in_order(block, resource_id, list(Item.objects.filter(resource=resource_id, put_away_at=None)))
            if number > len(asked):
                raise NotFound
            return asked[number - 1], number == len(asked)
        if found:
            return found[0], len(found) == 1
        if number > 1 and Item.objects.filter(resource=resource_id, put_away_at=None).exists():
            break
    raise NotFound


def question_counts(blocks: Iterable[Block]) -> dict[int, tuple[int, int]]:
    """Return (answered, all) questions of each block by block id, in two queries."""
    rows = list(blocks)
    ids = {pk for block in rows for pk in (block.chosen_resource_id, block.resource_id) if pk is not None}
    asked = Item.objects.filter(resource__in=ids, put_away_at=None)
    counts = dict(asked.order_by().values_list("resource").annotate(count=Count("pk")))
    answered = dict(
        ItemWork.objects.filter(block__in=rows, attempts__gt=0).order_by().values_list("block").annotate(Count("pk"))
    )
    found = {}
    for block in rows:
        fallback = 0 if block.kind == BlockKind.CHOICE else counts.get(block.resource_id, 0)
        questions = counts.get(block.chosen_resource_id, 0) or fallback
        found[block.pk] = (min(answered.get(block.pk, 0), questions), questions)
    return found


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How much of a week is done."""

    done_blocks: int
    blocks: int
    done_minutes: int
    minutes: int


def progress_of(students: Iterable[Person], monday: date) -> dict[int, Progress]:
    """Return how far each student is in the approved weeks, by student id, in one query."""
    done = Q(finished_at__isnull=False)
    rows = (
        Block.objects.filter(week__student__in=list(students), week__class_week__monday=monday, week__status__in=SHOWN)
        .values("week__student_id")
        .annotate(
            blocks=Count("pk"),
            done_blocks=Count("pk", filter=done),
            all_minutes=Sum("minutes"),
            done_minutes=Sum("minutes", filter=done),
        )
    )
    return {
        row["week__student_id"]: Progress(
            done_blocks=row["done_blocks"],
            blocks=row["blocks"],
            done_minutes=row["done_minutes"] or 0,
            minutes=row["all_minutes"] or 0,
        )
        for row in rows
    }


# --- what waits for an adult -----------------------------------------------------------------------------------------


def open_help(school_classes: Iterable[Class]) -> QuerySet[HelpRequest]:
    """Return who asked for help and has no answer yet, the longest wait first."""
    return (
        HelpRequest.objects.filter(school_class__in=list(school_classes), answered_at__isnull=True)
        .select_related("student", "school_class", "block__resource")
        .order_by("asked_at", "pk")
    )


def help_for(teacher: Person, help_id: int) -> HelpRequest:
    """Return a request from a class that the person works with, else "not found"."""
    found = (
        HelpRequest.objects.select_related("student", "school_class")
        .filter(pk=help_id, school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def own_help(student: Person, *, limit: int = 5) -> list[HelpRequest]:
    """Return what a student asked lately, with the answers."""
    return list(
        HelpRequest.objects.filter(student=student)
        .select_related("answered_by", "block__resource")
        .order_by("-asked_at")[:limit]
    )


def answers_to_mark(school_classes: Iterable[Class]) -> QuerySet[ItemWork]:
    """Return the long answers that wait for a teacher, the oldest first."""
    return (
        ItemWork.objects.filter(block__week__class_week__school_class__in=list(school_classes), awaits_marking=True)
        .select_related("item__resource", "block__week__student", "block__week__class_week__school_class")
        .order_by("updated_at", "pk")
    )


def work_for(teacher: Person, work_id: int) -> ItemWork:
    """Return a student's work in a class that the person teaches, else "not found"."""
    found = (
        ItemWork.objects.select_related(
            "item__resource", "block__week__student", "block__week__class_week__school_class", "block__competency"
        )
        .filter(pk=work_id, block__week__class_week__school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def unsure_blocks(school_classes: Iterable[Class], monday: date) -> QuerySet[Block]:
    """Return the blocks of a week that students marked "not sure"."""
    return (
        Block.objects.filter(
            week__class_week__school_class__in=list(school_classes),
            week__class_week__monday=monday,
            feeling=Block.Feeling.NOT_SURE,
        )
        .select_related("week__student", "resource", "competency", "week__class_week__school_class")
        .order_by("-finished_at", "pk")
    )


def mondays_with_plans(student: Person) -> Sequence[date]:
    """Return the weeks in which a student has an approved plan, newest first."""
    return list(
        ClassWeek.objects.filter(weeks__student=student, weeks__status__in=SHOWN)
        .order_by("-monday")
        .values_list("monday", flat=True)
        .distinct()
    )


def newest_batch(*weeks: Week) -> UUID | None:
    """Return the batch of the newest change of these weeks that can still be undone."""
    return (
        PlanChange.objects.filter(week__in=weeks, undone_at__isnull=True)
        .order_by("-at", "-pk")
        .values_list("batch", flat=True)
        .first()
    )


def weeks_to_print(school_class: Class, monday: date) -> list[tuple[Person, list[Block]]]:
    """Return each student with the blocks of the approved week, as a class list goes; drafts stay in pencil."""
    students = students_with_profiles(school_class)
    blocks: dict[int, list[Block]] = defaultdict(list)
    rows = (
        _blocks()
        .select_related("week")
        .prefetch_related(_OPTIONS)
        .filter(week__class_week__school_class=school_class, week__class_week__monday=monday, week__status__in=SHOWN)
    )
    for block in rows:
        blocks[block.week.student_id].append(block)
    return [(student, blocks[student.pk]) for student in students if student.pk in blocks]


def work_to_keep(blocks: Iterable[Block]) -> dict[int, list[tuple[object, ...]]]:
    """Return for each block, by its id, a row for each of its questions: what its page is made of and changes with.

    For a device that keeps a week's pages: three queries, however many blocks there are.
    """
    rows = list(blocks)
    ids = {pk for block in rows for pk in (block.chosen_resource_id, block.resource_id) if pk is not None}
    questions: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for resource_id, pk, version in (
        Item.objects.filter(resource__in=ids).order_by("order", "pk").values_list("resource", "pk", "version")
    ):
        questions[resource_id].append((pk, version))
    done = {
        (block_id, item_id): facts
        for block_id, item_id, *facts in ItemWork.objects.filter(block__in=rows).values_list(
            "block",
            "item",
            "attempts",
            "hints_shown",
            "example_shown",
            "score",
            "awaits_marking",
            "marked_at",
            "updated_at",
        )
    }
    kept = {}
    for block in rows:
        fallback = () if block.kind == BlockKind.CHOICE else questions.get(block.resource_id or 0, ())
        own = questions.get(block.chosen_resource_id or 0) or fallback
        kept[block.pk] = [(pk, version, *done.get((block.pk, pk), ())) for pk, version in own]
    return kept


def work_file_for(viewer: Person, uuid: UUID) -> WorkFile:
    """Return a file with its content: the viewer's own, or one of a student whose work the viewer may see."""
    found = WorkFile.objects.filter(uuid=uuid, student__in=visible_students(viewer)).first()
    if found is None:
        raise NotFound
    return found


def work_files_among(student: Person, tokens: Iterable[str]) -> dict[str, WorkFile]:
    """Return a student's own files by the UUIDs that stand in answers, without their content."""
    uuids = set()
    for token in tokens:
        try:
            uuids.add(UUID(token))
        except ValueError:
            continue
    rows = WorkFile.objects.filter(student=student, uuid__in=uuids).defer("content") if uuids else ()
    return {str(row.uuid): row for row in rows}
