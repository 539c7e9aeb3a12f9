"""One skill: what comes before it and what it opens, where the class is, what counts as evidence, how to learn it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core import items as engine
from headway.core.access.roles import Permission
from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule
from headway.core.library.search.values import Asked, Order
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.standards.drawing import Label, draw, nearest
from headway.core.standards.prerequisites import Link, depths, frontier, needed, round_about
from headway.records.evidence import queries as evidence
from headway.records.evidence import rules
from headway.records.items import queries as items
from headway.records.library import search as library
from headway.records.planning.shelf import with_all_below
from headway.records.roster import queries as roster
from headway.records.standards import actions as standards_actions
from headway.records.standards import prerequisites, shaping
from headway.records.standards import queries as standards
from headway.web.shared import library_words
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import go_back, show_again
from headway.web.shared.mastery_rule import method_name, rule_words
from headway.web.shared.mastery_words import MASTERY_WORDS
from headway.web.shared.words import sentence
from headway.web.teacher.class_drawing import cell_address
from headway.web.teacher.competency_drawing import Node, column_words, grades_of, map_svg, of_class, strip_svg
from headway.web.teacher.crosswalk import is_arts
from headway.web.teacher.page import last_open, monday_today, teacher_page
from headway.web.teacher.words import language_name

if TYPE_CHECKING:
    from headway.records.evidence.queries import Cell
    from headway.records.roster.models import Class, Organisation, Person
    from headway.records.standards.models import Competency, CompetencyLink
    from headway.records.standards.queries import Named

SECURE_WORDS = frozenset({"secure", "beyond", "recheck"})
STEPS = (1, 2, 3)
MOST_BOXES = 30
NARROW = 850  # a wider map takes the whole page
# How a map is drawn by the number of its columns: (width, least width of a box, gap), as wide as the place it gets.
ROOMS = ((4, (840, 150, 64)), (5, (1284, 150, 64)), (9, (1284, 146, 40)))
FEW_LINKS = 5
FEW_WAYS = 3
FEW_NEXT = 8
A_FEW = 2  # a slip of one student is theirs, not common
FEW_SLIPS = 3
MOST_LOOKED_AT = 20
MATCH_WORDS = {"exact": _("exact"), "close": _("close"), "part": _("part"), "": _("goes with")}
# The order of the table of evidence: as a student goes.
EVIDENCE_ORDER = ("starting", "growing", "secure", "beyond", "recheck")


@dataclass(kw_only=True)
class Skill:
    """One skill as one reader sees it: with the class that is open, and with one of its students where one is named."""

    viewer: Person
    competency: Competency
    school_class: Class | None
    school: Organisation | None
    student: Person | None
    at: datetime
    steps: int = 2
    language: str = field(default_factory=lambda: get_language() or "en")

    @property
    def school_id(self) -> int | None:
        """The school whose links count."""
        return self.school.pk if self.school else None

    @cached_property
    def links(self) -> list[Link]:
        """Everything that comes before something, in the school's eyes."""
        return prerequisites.prerequisite_links(self.school_id)

    @cached_property
    def shown(self) -> tuple[dict[int, int], list[Link], list[Link]]:
        """Which skills the map shows in which column, the links between them, and those that close a circle."""
        return nearest(self.links, self.competency.pk, before=self.steps, after=self.steps, most=MOST_BOXES)

    @cached_property
    def students(self) -> list[Person]:
        """The students of the open class."""
        return list(roster.students_of(self.school_class)) if self.school_class else []

    @cached_property
    def path(self) -> list[int]:
        """The skills on the open class's path, in order."""
        return [row.pk for row in standards.path_of(self.school_class)] if self.school_class else []

    @cached_property
    def next_ids(self) -> tuple[list[int], list[int], list[int]]:
        """For the named student: what could be asked of next, what it builds on, and everything whose state matters."""
        asked = list(dict.fromkeys([*self.shown[0], *self.path]))
        inside = set(asked)
        below = [
            key
            for key, steps in round_about(needed(self.links), self.competency.pk, before=99, after=0).items()
            if steps
        ]
        before = [link.before for link in self.links if link.after in inside]
        return asked, below, list(dict.fromkeys([*asked, *below, *before]))

    @cached_property
    def rows(self) -> dict[int, Competency]:
        """Every competency that is named on the page, by id."""
        wanted = set(self.shown[0]) | {end for link in self.shown[2] for end in (link.before, link.after)}
        if self.student is not None:
            wanted |= set(self.next_ids[0])
        return {**standards.competencies_with_ids(wanted), self.competency.pk: self.competency}

    @cached_property
    def names(self) -> dict[int, Named]:
        """How they are called."""
        return standards.named(self.rows.values(), self.language)

    @cached_property
    def grid(self) -> Mapping[tuple[int, int], Cell]:
        """Where the students are with the skills of the map; for one student also with all that they build on."""
        if self.student is not None:
            everyone = evidence.cells(self.students, [self.competency.pk], at=self.at, school_class=self.school_class)
            own = evidence.cells([self.student], self.next_ids[2], at=self.at, school_class=self.school_class)
            return {**everyone, **own}
        return evidence.cells(self.students, list(self.shown[0]), at=self.at, school_class=self.school_class)

    def cell(self, student: Person, competency_id: int) -> Cell:
        """One student's state with one skill."""
        return self.grid.get((student.pk, competency_id), evidence.NO_EVIDENCE)

    @cached_property
    def rule(self) -> Rule:
        """The rule that gives the word in the open class."""
        if self.school_class is None:
            return DEFAULT_RULE
        found = rules.rules_at(
            self.at, student_ids=[0], competency_ids=[self.competency.pk], school_class=self.school_class
        )
        return found.of(0, self.competency.pk)

    @cached_property
    def next_up(self) -> list[int]:
        """What the named student can learn next: not secure, and everything seen that it needs is.

        What was never looked at is no reason to wait.
        """
        if self.student is None:
            return []
        asked, _below, seen = self.next_ids
        student = self.student
        tried = {key for key in seen if self.cell(student, key).pieces}
        secure = {key for key in tried if self.cell(student, key).word in SECURE_WORDS}
        links = [link for link in self.links if link.before in tried]
        return [key for key in frontier(asked, links, secure) if self.rows[key].is_assessable]

    def address(self, competency_id: int, **query: Any) -> str:
        """Where a skill opens, with the same student and reach."""
        facts = {"student": self.student.uuid if self.student else "", **query}
        asked = "&".join(f"{name}={value}" for name, value in facts.items() if value)
        start = reverse("teacher-skill", kwargs={"competency_id": competency_id})
        return f"{start}?{asked}" if asked else start


def skill_of(request: Request, competency_id: int) -> Skill:
    """Return the skill as the reader asks for it; another school's skill, or somebody else's student, is not found."""
    competency = standards.competency_for(request.person, competency_id)
    school_class = last_open(request)
    asked = request.GET.get("student", "")
    student = None
    if asked:
        try:
            uuid = UUID(asked)
        except ValueError:
            raise NotFound from None
        if school_class is None or not roster.students_of(school_class).filter(uuid=uuid).exists():
            # The student may be in another of the reader's classes: that one is opened.
            taught = roster.taught_student(request.person, uuid)
            school_class = roster.shared_classes(request.person, taught).select_related("school").first()
        if school_class is None:
            raise NotFound
        student = roster.student_in_class(school_class, uuid)
    steps = request.GET.get("steps", "2")
    return Skill(
        viewer=request.person,
        competency=competency,
        school_class=school_class,
        school=school_class.school if school_class else roster.schools_of(request.person).order_by("pk").first(),
        student=student,
        at=timezone.now(),
        steps=int(steps) if steps in {str(each) for each in STEPS} else 2,
    )


@require_safe
@may(Permission.SEE_CLASS)
def skill(request: Request, competency_id: int) -> HttpResponse:
    """Show one skill."""
    return page(request, skill_of(request, competency_id))


def page(request: Request, skill: Skill, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Show the page of a skill, with what was wrong where something was."""
    competency_id = skill.competency.pk
    named = skill.names[competency_id]
    links = link_facts(skill)
    may_shape = roster.may(request.person, Permission.SHAPE_STANDARDS) and skill.school is not None
    facts: dict[str, Any] = {
        "skill": named,
        "competency": skill.competency,
        "framework": skill.competency.framework,
        "student": skill.student,
        "students": skill.students,
        "grades": grades_of([skill.competency]),
        "i_cans": i_cans(skill),
        "map": map_facts(skill),
        "links": links[:FEW_LINKS],
        "more_links": links[FEW_LINKS:],
        "circles": circle_words(skill),
        "elsewhere": elsewhere(skill),
        "states": state_rows(skill),
        "rule_name": method_name(skill.rule),
        "rule_words": " ".join(rule_words(skill.rule)),
        "strip": strip(skill),
        "next": next_facts(skill),
        "ways": ways_to_learn(skill),
        "slips": slips(skill),
        "may_shape": may_shape,
        "may_plan": roster.may(request.person, Permission.PLAN_WEEKS),
        "may_rule": roster.may(request.person, Permission.SET_MASTERY_RULES),
        "address": skill.address(competency_id),
        "here": reverse("teacher-skill", kwargs={"competency_id": competency_id}),
        "monday": monday_today(skill.school_class),
        "class_words": class_words(skill.school_class),
        "problem": problem,
        "is_on_path": competency_id in skill.path,
    }
    if may_shape:
        facts |= found_facts(request, skill)
    return teacher_page(
        request, "teacher/competency.html", facts, tab="library", school_class=skill.school_class, status=status
    )


def class_words(school_class: Class | None) -> str:
    """Return a class in the fewest words: its period, else its name."""
    if school_class is None:
        return ""
    if school_class.period.isdigit():
        return gettext("Period {period}").format(period=school_class.period)
    return school_class.period or school_class.name


# --- What the page says -----------------------------------------------------------------------------------------------


def i_cans(skill: Skill) -> list[dict[str, str]]:
    """Return the "I can" sentence in each language, the reader's own first."""
    rows = [row for row in standards.wordings_of(skill.competency) if row.words]
    rows.sort(key=lambda row: (row.language != skill.language, row.language != "en", row.language))
    return [{"language": row.language, "name": language_name(row.language), "words": row.words} for row in rows]


def below_words(skill: Skill, key: int) -> tuple[str, str]:
    """Return the level and the small line of a box."""
    if skill.student is not None:
        cell = skill.cell(skill.student, key)
        if not cell.pieces:
            return "none", gettext("No evidence yet")
        pieces = ngettext("{pieces} piece", "{pieces} pieces", cell.pieces).format(pieces=cell.pieces)
        return cell.word, f"{MASTERY_WORDS[cell.word]}, {pieces}"
    word, words = of_class([skill.cell(student, key) for student in skill.students], len(skill.students))
    row = skill.rows[key]
    return word, words or grades_of([row]) or row.code[:24]


def map_facts(skill: Skill) -> dict[str, Any]:
    """Return the map: drawn, and as lists by column."""
    columns, links, _circle = skill.shown
    next_up = set(skill.next_up)
    nodes = {}
    for key in columns:
        word, below = below_words(skill, key)
        named = skill.names[key]
        name = named.short if named.short != named.code else f"{named.code} {named.statement}"
        nodes[key] = Node(
            key=key,
            address=skill.address(key),
            name=name,
            word=word,
            below=below,
            told=told_words(skill, key, word, links, is_next=key in next_up),
            is_next=key in next_up,
        )
    # The boxes stand in the order of the framework until fewer lines cross otherwise.
    ordered = sorted(columns, key=lambda key: (skill.rows[key].framework_id, skill.rows[key].order, key))
    count = len(set(columns.values()))
    width, least_box, gap = next(room for most, room in ROOMS if count <= most)
    drawing = draw(
        [Label(key=key, name=nodes[key].name, below=nodes[key].below) for key in ordered],
        columns,
        links,
        most_lines=3,
        width=width,
        least_box=least_box,
        gap=gap,
    )
    by_steps: dict[int, list[int]] = {}
    for box in drawing.boxes:
        by_steps.setdefault(box.column, []).append(box.key)
    heads = {steps: column_words(steps, [skill.rows[key] for key in keys]) for steps, keys in by_steps.items()}
    hidden = {key for key, steps in round_about(skill.links, skill.competency.pk, before=99, after=99).items() if steps}
    return {
        "svg": map_svg(drawing, nodes, heads, labelled_by="gr-h"),
        "is_wide": drawing.width > NARROW,
        "lists": [
            {
                "head": heads[steps],
                "is_me": steps == 0,
                "nodes": [{"node": nodes[key], "tie": tie_words(key, columns, links)} for key in keys],
            }
            for steps, keys in sorted(by_steps.items())
        ],
        "has_soft": any(not link.is_needed for link in links),
        "has_links": bool(links),
        "hidden": max(0, len(hidden - set(columns))),
        "depth": depths(skill.links).get(skill.competency.pk, 0),
        "reach": [
            {"steps": each, "is_chosen": each == skill.steps, "address": skill.address(skill.competency.pk, steps=each)}
            for each in STEPS
        ],
    }


def tie_words(key: int, columns: Mapping[int, int], links: Sequence[Link]) -> str:
    """Return how a skill of the list is tied to the one in the middle, where it is its neighbour."""
    middle = next(each for each, steps in columns.items() if steps == 0)
    for link in links:
        if {link.before, link.after} == {key, middle}:
            return gettext("needed first") if link.is_needed else gettext("helps, but not needed")
    return ""


def told_words(skill: Skill, key: int, word: str, links: Sequence[Link], *, is_next: bool) -> str:
    """Return what those who hear a box are told beside its words: what others see by its level and its place."""
    steps = skill.shown[0][key]
    if steps == 0:
        where = gettext("this skill")
    elif steps < 0:
        where = gettext("comes before")
    else:
        where = gettext("opens after it")
    tie = tie_words(key, skill.shown[0], links)
    said = [str(MASTERY_WORDS[word]) if skill.student is None and word != "none" else "", where, tie]
    if is_next:
        said.append(gettext("can be learned next"))
    return ", ".join(part for part in said if part)


def link_facts(skill: Skill) -> list[dict[str, Any]]:
    """Return the links of this very skill that a school drew or a framework brought, in words."""
    best: dict[tuple[int | None, int | None], CompetencyLink] = {}
    for link in prerequisites.links_at(skill.competency, skill.school_id):
        if (link.origin_id, link.target_id) not in best or link.school_id is not None:
            best[link.origin_id, link.target_id] = link
    ends = [end for link in best.values() for end in (link.origin, link.target) if end is not None]
    names = standards.named({end.pk: end for end in ends}.values(), skill.language)
    found = []
    for link in best.values():
        is_before = link.target_id == skill.competency.pk
        other = link.origin_id if is_before else link.target_id
        if other is None:
            continue
        found.append(
            {
                "link": link,
                "name": names[other].short,
                "address": skill.address(other),
                "is_before": is_before,
                "is_needed": link.strength == prerequisites.Strength.NEEDED,
                "is_own": link.school_id is not None,
                "why": why_words(link, skill.language),
                "by": link.made_by.formal_name if link.made_by else "",
            }
        )
    return sorted(found, key=lambda each: (not each["is_before"], not each["is_own"], each["name"]))


def why_words(link: CompetencyLink, language: str) -> str:
    """Return the reason of a link in the reader's language, else in any."""
    said = link.why if isinstance(link.why, dict) else {}
    return next((str(said[name]) for name in (language, "words", "en", "es", "note") if said.get(name)), "")


def circle_words(skill: Skill) -> list[str]:
    """Return the links near this skill that close a circle and were left out of the drawing."""
    said = []
    for link in skill.shown[2]:
        names = [skill.names[end].short for end in (link.before, link.after) if end in skill.names]
        if len(names) == 2:
            said.append(gettext("{before} → {after}").format(before=names[0], after=names[1]))
    return said


def elsewhere(skill: Skill) -> list[dict[str, Any]]:
    """Return the same skill in other frameworks: how well it matches, and whether it is one of the arts."""
    pairs = prerequisites.same_elsewhere(skill.competency, skill.school_id)
    names = standards.named([far for _link, far in pairs if far is not None], skill.language)
    return [
        {
            "link": link,
            "framework": far.framework.title if far else "",
            "is_arts": far is not None and is_arts(far.framework),
            "skill": names[far.pk] if far else None,
            "uri": "" if far else (link.target_uri or link.origin_uri),
            "match": MATCH_WORDS["exact" if not link.match and link.kind == "exact-match" else link.match],
            "why": why_words(link, skill.language),
        }
        for link, far in pairs
    ]


def state_rows(skill: Skill) -> list[dict[str, Any]]:
    """Return each word, what the rule asks for it, and how many of the class have it."""
    rule = skill.rule
    growing, secure, beyond = (
        f"{100 * share:g}" for share in (rule.growing_share, rule.secure_share, rule.beyond_share)
    )
    pieces = ngettext("at least {pieces} piece", "at least {pieces} pieces", rule.least_pieces).format(
        pieces=rule.least_pieces
    )
    says = {
        "starting": gettext("At least one piece, and a score under {growing} of 100.").format(growing=growing),
        "growing": gettext("A score of {growing} of 100 or more.").format(growing=growing),
        "secure": gettext("A score of {secure} of 100 or more, from {pieces}.").format(secure=secure, pieces=pieces),
        "beyond": gettext("A score of {beyond} of 100 or more, from one piece more.").format(beyond=beyond),
        "recheck": ngettext(
            "Was secure; the newest piece is more than {days} day old. One question settles it.",
            "Was secure; the newest piece is more than {days} days old. One question settles it.",
            rule.recheck_days,
        ).format(days=rule.recheck_days),
    }
    if rule.method is Method.MODEL:
        says["secure"] = gettext(
            "A best guess of {secure} of 100 or more, held with {certain} of 100 certainty, from {pieces}."
        ).format(secure=secure, certain=f"{100 * rule.certainty:g}", pieces=pieces)
        says["growing"] = gettext("A best guess of {growing} of 100 or more.").format(growing=growing)
        says["starting"] = gettext("At least one piece, and a best guess under {growing} of 100.").format(
            growing=growing
        )
        says["beyond"] = gettext("A best guess of {beyond} of 100 or more, from one piece more.").format(beyond=beyond)
    own = [(student, skill.cell(student, skill.competency.pk)) for student in skill.students]
    by_word: dict[str, list[Person]] = {word: [] for word in (*EVIDENCE_ORDER, "none")}
    for student, cell in own:
        by_word[cell.word if cell.pieces else "none"].append(student)
    return [
        {
            "word": word,
            "says": says.get(word, ""),
            "count": len(students),
            "students": [
                {"student": student, "address": cell_address(skill.school_class.pk, student, skill.competency.pk)}
                for student in students
            ]
            if skill.school_class
            else [],
        }
        for word, students in by_word.items()
    ]


def strip(skill: Skill) -> str:
    """Return the class as dots, or nothing where nobody has evidence."""
    own = [skill.cell(student, skill.competency.pk) for student in skill.students]
    tried = [cell for cell in own if cell.pieces]
    if not tried:
        return ""
    label = ngettext(
        "Best guesses of {students} student for {skill}: {secure} secure or beyond.",
        "Best guesses of {students} students for {skill}: {secure} secure or beyond.",
        len(tried),
    ).format(
        students=len(tried),
        skill=skill.names[skill.competency.pk].short,
        secure=sum(cell.word in {"secure", "beyond"} for cell in tried),
    )
    return strip_svg(tried, secure_share=skill.rule.secure_share, label=label)


def next_facts(skill: Skill) -> dict[str, Any] | None:
    """Return what one student could learn next, and how far the way here is done."""
    if skill.student is None:
        return None
    student, below = skill.student, skill.next_ids[1]
    order = {key: place for place, key in enumerate(skill.next_ids[0])}
    ready = sorted(skill.next_up, key=lambda key: (abs(skill.shown[0].get(key, 9)), order[key]))
    return {
        "ready": [
            {
                "skill": skill.names[key],
                "word": skill.cell(student, key).word if skill.cell(student, key).pieces else "none",
                "below": below_words(skill, key)[1],
                "address": skill.address(key),
                "is_this": key == skill.competency.pk,
            }
            for key in ready[:FEW_NEXT]
        ],
        "below": len(below),
        "below_secure": sum(skill.cell(student, key).word in SECURE_WORDS for key in below),
        "below_unseen": sum(not skill.cell(student, key).pieces for key in below),
    }


def ways_to_learn(skill: Skill) -> dict[str, Any]:
    """Return a few resources that help with the skill or with what is below it, and how many there are."""
    if skill.school is None:
        return {"total": 0, "rows": []}
    skills = with_all_below([skill.competency.pk])
    shelf = library.search(skill.school, Asked(skills=skills, order=Order.BEST, limit=FEW_WAYS, count_facets=()))
    try:
        everything = (
            reverse("teacher-library", kwargs={"class_id": skill.school_class.pk}) + f"?skill={skill.competency.pk}"
            if skill.school_class
            else ""
        )
    except NoReverseMatch:
        everything = ""
    return {
        "total": shelf.total,
        "rows": [
            library_words.card_of(result.resource, language_name(result.resource.language)) for result in shelf.results
        ][:FEW_WAYS],
        "address": everything,
    }


def slips(skill: Skill) -> list[dict[str, Any]]:
    """Return what several students of the class chose by mistake, the most frequent first, with what its author says to it."""
    picked = evidence.picked_by_mistake(skill.students, skill.competency.pk) if skill.students else {}
    often = sorted(
        (place for place, count in picked.items() if count >= A_FEW), key=lambda place: (-picked[place], place)
    )
    questions = items.questions_with_ids(item_id for item_id, _key in often[:MOST_LOOKED_AT])
    found = []
    for item_id, key in often[:MOST_LOOKED_AT]:
        question = questions.get(item_id)
        slip = _slip(question, key) if question else None
        if slip is not None:
            found.append({**slip, "count": picked[item_id, key]})
    return found[:FEW_SLIPS]


def _slip(question: engine.Item, key: str) -> dict[str, Any] | None:
    """Return a choice that is not right and what its author says to it; None where it is right, or no choice at all."""
    asked = engine.face(question, engine.begin(question)).asked
    if len(asked) != 1:
        return None
    words = next((option.label for option in asked[0].options if option.key == key), "")
    name = asked[0].name
    if not words or key in engine.key_response(question).get(name, []):
        return None
    return {
        "words": words,
        "prompt": engine.prompt_of(question),
        "says": engine.mark(question, {name: [key]}).feedback,
        "language": question.language,
    }


# --- On the path of a class -------------------------------------------------------------------------------------------


@require_POST
@may(Permission.PLAN_WEEKS)
def path_add(request: Request, class_id: int, competency_id: int) -> HttpResponse:
    """Put a skill at the end of a class's path."""
    return _change_path(request, class_id, competency_id, is_on=True)


@require_POST
@may(Permission.PLAN_WEEKS)
def path_remove(request: Request, class_id: int, competency_id: int) -> HttpResponse:
    """Take a skill off a class's path; the evidence stays."""
    return _change_path(request, class_id, competency_id, is_on=False)


def _change_path(request: Request, class_id: int, competency_id: int, *, is_on: bool) -> HttpResponse:
    school_class = roster.taught_class(request.person, class_id)
    competency = standards.competency_for(request.person, competency_id)
    path = standards.path_of(school_class)
    if is_on and (competency.is_withdrawn or not competency.is_assessable):
        raise RuleBroken(gettext_noop("This is a heading or was withdrawn. Choose a skill that can be learned."))
    was = any(row.pk == competency.pk for row in path)
    if was != is_on:
        wanted = [*path, competency] if is_on else [row for row in path if row.pk != competency.pk]
        standards_actions.set_path(school_class=school_class, competencies=wanted, by=request.person, at=timezone.now())
    name = standards.named([competency], get_language() or "en")[competency.pk].short
    words = (
        gettext("“{skill}” is on the path of this class now.")
        if is_on
        else gettext("“{skill}” is off the path of this class. What is known of it stays.")
    )
    where = {"class_id": class_id, "competency_id": competency_id}
    undo = reverse("teacher-path-remove" if is_on else "teacher-path-add", kwargs=where) if was != is_on else ""
    messages.success(request, words.format(skill=name), extra_tags=undo)
    return _back(request, competency_id)


def _back(request: Request, competency_id: int) -> HttpResponse:
    if request.POST.get("next"):
        return go_back(request)
    return show_again(request, "teacher-skill", competency_id=competency_id)


# --- Drawing what comes before ----------------------------------------------------------------------------------------


def found_facts(request: Request, skill: Skill) -> dict[str, Any]:
    """Return the skills found by the words in the address, to draw a link with."""
    find = request.GET.get("find", "").strip()[:80]
    found = standards.competencies_found(request.person, find) if find else []
    found = [row for row in found if row.pk != skill.competency.pk]
    names = standards.named(found, skill.language)
    return {
        "find": find,
        "found": [{"skill": names[row.pk], "framework": row.framework.title, "code": row.code} for row in found],
    }


@require_POST
@may(Permission.SHAPE_STANDARDS)
def draw_link(request: Request, competency_id: int) -> HttpResponse:
    """Draw a link between this skill and another one, for the reader's school; what speaks against it is said on the page."""
    competency = standards.competency_for(request.person, competency_id)
    try:
        origin, target, link = _drawn(request, competency)
    except RuleBroken as broken:
        return page(
            request,
            skill_of(request, competency_id),
            problem=sentence(broken.sentence, broken.facts),
            status=422,
        )
    names = standards.named([origin, target], get_language() or "en")
    messages.success(
        request,
        gettext("“{before}” comes before “{after}” at your school now.").format(
            before=names[origin.pk].short, after=names[target.pk].short
        ),
        extra_tags=reverse("teacher-skill-erase", kwargs={"link_id": link.pk}),
    )
    return show_again(request, "teacher-skill", competency_id=competency_id)


def _drawn(request: Request, competency: Competency) -> tuple[Competency, Competency, CompetencyLink]:
    asked = request.POST
    other = asked.get("other", "")
    if not other.isdecimal():
        raise RuleBroken(gettext_noop("Choose the skill that comes before or after."))
    far = standards.competency_for(request.person, int(other))
    origin, target = (competency, far) if asked.get("side") == "after" else (far, competency)
    link = shaping.draw_prerequisite(
        origin=origin,
        target=target,
        strength=asked.get("strength", ""),
        why=asked.get("why", "").strip()[:500],
        school=school_of(request),
        by=request.person,
        at=timezone.now(),
        language=get_language() or "en",
    )
    return origin, target, link


@require_POST
@may(Permission.SHAPE_STANDARDS)
def erase_link(request: Request, link_id: int) -> HttpResponse:
    """Take out a link that the reader's school drew."""
    link = prerequisites.own_link(request.person, link_id)
    shaping.erase_prerequisite(link=link, by=request.person, at=timezone.now())
    undo = reverse("teacher-skill-put-back", kwargs={"link_id": link.pk})
    messages.success(request, gettext("The link is taken out."), extra_tags=undo)
    return _to_skill_of(request, link)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def put_link_back(request: Request, link_id: int) -> HttpResponse:
    """Put back a link that was taken out."""
    link = prerequisites.own_link(request.person, link_id)
    shaping.put_prerequisite_back(link=link, by=request.person, at=timezone.now(), language=get_language() or "en")
    undo = reverse("teacher-skill-erase", kwargs={"link_id": link.pk})
    messages.success(request, gettext("The link is back."), extra_tags=undo)
    return _to_skill_of(request, link)


def _to_skill_of(request: Request, link: CompetencyLink) -> HttpResponse:
    asked = request.POST.get("here", "")
    ends = {str(link.origin_id), str(link.target_id)}
    return show_again(request, "teacher-skill", competency_id=int(asked) if asked in ends else link.target_id)


def school_of(request: Request) -> Organisation:
    """Return the school for which the reader shapes standards: that of the open class, else their first one."""
    school_class = last_open(request)
    school = school_class.school if school_class else roster.schools_of(request.person).order_by("pk").first()
    if school is None:
        raise NotFound
    return school
