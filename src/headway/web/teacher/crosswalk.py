"""Two frameworks side by side: their pairs, what the words suggest, and what a unit covers of another framework."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from headway.core.access.roles import Permission
from headway.core.library import suggesting
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.standards import crosswalk as core
from headway.core.standards.codes import code_forms
from headway.core.standards.crosswalk import Cover, Text
from headway.records.evidence import queries as evidence
from headway.records.items import queries as items
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.records.standards import links, pairing
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.teacher.page import last_open, teacher_page

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Organisation
    from headway.records.standards.models import Competency, CompetencyLink, Framework
    from headway.records.standards.queries import Named

MATCH_WORDS = {
    core.EXACT: _("exact"),
    core.CLOSE: _("close"),
    core.PART: _("a part"),
    core.UNSAID: _("goes with"),
    core.SUGGESTED: _("suggested"),
}
MATCH_CHOICES = (
    (core.EXACT, _("Exact: both ask for the same")),
    (core.CLOSE, _("Close: nearly the same")),
    (core.PART, _("A part: one is a part of the other")),
)
COVER_WORDS = {
    Cover.COVERS: (
        _("Covered"),
        _("On the path, or the same as something on it, with evidence or a question."),
        "circle-check",
    ),
    Cover.COULD: (
        _("Could be covered"),
        _("Close to something on the path, a part of it, or suggested."),
        "circle-dot",
    ),
    Cover.LISTED: (
        _("Listed, not assessed"),
        _("On the path or on what it uses, but no evidence was ever recorded and no question asks for it."),
        "circle-alert",
    ),
    Cover.NOT_TOUCHED: (_("Not touched"), _("Nothing on the path leads here."), "circle"),
}
# icons: circle-check circle-dot circle-alert circle palette
SHOWS = ("pairs", "suggested", "coverage")
MOST_PAIRS, MOST_WAITING, MOST_PER_GROUP = 300, 60, 200
MOST_SUGGESTED = 600
ARTS = ("art", "music", "dance", "theat", "drama", "film", "danza", "música", "teatro")


# --- which two sides --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What stands side by side, in whose eyes: a class's path or a framework, and another framework."""

    school: Organisation
    key: str
    title: str
    school_class: Class | None
    framework: Framework | None
    other: Framework | None
    show: str
    grade: str

    @property
    def query(self) -> str:
        """The address's question that shows this again."""
        return self.asking(show=self.show)

    def asking(self, **changes: str) -> str:
        """Return the question with something changed."""
        facts = {
            "one": self.key,
            "other": str(self.other.pk) if self.other else "",
            "grade": self.grade,
            "show": self.show,
        }
        return urlencode({name: value for name, value in {**facts, **changes}.items() if value})


def _school_of(request: Request, school_class: Class | None) -> Organisation:
    """Return the school in whose eyes pairs are read: the class's, else one that the reader leads or works in."""
    if school_class is not None:
        return school_class.school
    led = roster.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk").first()
    found = led or roster.schools_of(request.person).order_by("pk").first()
    if found is None:
        raise NotFound
    return found


def _sides(request: Request, given: Mapping[str, Any]) -> Sides:
    """Return the sides an address or a form names; another school's framework or class is not found."""
    kind, _dash, number = str(given.get("one", "")).partition("-")
    school_class, framework = None, None
    if kind == "class" and number.isdecimal():
        school_class = roster.class_for(request.person, int(number))
    elif kind == "framework" and number.isdecimal():
        framework = standards.framework_for(request.person, int(number))
    else:
        school_class = last_open(request) or roster.classes_for(request.person).select_related("school").first()
    chosen = str(given.get("other", ""))
    other = standards.framework_for(request.person, int(chosen)) if chosen.isdecimal() else None
    if framework is None and school_class is None:
        framework = next(iter(_frameworks(request)), None)
    show = str(given.get("show", ""))
    grade = str(given.get("grade", ""))
    if not grade and school_class is not None:
        grade = str(school_class.grade)
    return Sides(
        school=_school_of(request, school_class),
        key=f"class-{school_class.pk}" if school_class else f"framework-{framework.pk}" if framework else "",
        title=(
            gettext("the path of {name}").format(name=school_class.name)
            if school_class
            else framework.title
            if framework
            else ""
        ),
        school_class=school_class,
        framework=framework,
        other=other,
        show=show if show in SHOWS else SHOWS[0],
        grade=grade if grade.isdecimal() and int(grade) <= 12 else "all",
    )


def _frameworks(request: Request) -> list[Framework]:
    """Return the frameworks to choose from: a set of links alone has nothing to stand beside."""
    return [each for each in standards.frameworks_for(request.person) if getattr(each, "competency_count", 0)]


def _own_side(sides: Sides) -> list[Competency]:
    if sides.school_class is not None:
        return standards.path_of(sides.school_class)
    if sides.framework is not None:
        return list(standards.competencies_of(sides.framework).filter(is_assessable=True))
    return []


def _pairs(sides: Sides, own: Iterable[Competency]) -> list[CompetencyLink]:
    if sides.other is None:
        return []
    found = links.pairs_between(
        sides.school.pk,
        other_framework_id=sides.other.pk,
        framework_id=sides.framework.pk if sides.framework else None,
        competency_ids=() if sides.framework else [competency.pk for competency in own],
    )
    return list(found)


# --- the page ---------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SHAPE_STANDARDS)
def crosswalk(request: Request) -> HttpResponse:
    """Show the pairs of two sides, the suggestions that wait, or what the first covers of the second."""
    return _page(request, _sides(request, request.GET), typed=request.GET)


def _page(
    request: Request, sides: Sides, *, typed: Mapping[str, Any], problem: str = "", status: int = 200
) -> HttpResponse:
    own = _own_side(sides)
    found = _pairs(sides, own)
    waiting = [link for link in found if link.status == "suggested"]
    standing = _each_once(link for link in found if link.status == "accepted")
    waiting.sort(key=lambda link: (-link.confidence, link.pk))
    frameworks = _frameworks(request)
    facts: dict[str, Any] = {
        "sides": sides,
        "classes_to_choose": list(roster.classes_for(request.person).select_related("school")),
        "by_subject": _by_subject(frameworks),
        "grades": range(13),
        "count": len(standing),
        "waiting_count": len(waiting),
        "tabs": [(name, words, sides.asking(show=name)) for name, words in _tabs(len(standing), len(waiting))],
        "matches": MATCH_CHOICES,
        "other_is_arts": sides.other is not None and is_arts(sides.other),
        "typed": typed,
        "problem": problem,
    }
    if sides.other is not None:
        language = get_language() or "en"
        if sides.show == "pairs":
            shown = standing[:MOST_PAIRS]
            facts["rows"] = _rows(shown, sides.other, language)
            facts["left_out"] = len(standing) - len(shown)
        elif sides.show == "suggested":
            shown = waiting[:MOST_WAITING]
            facts["rows"] = _rows(shown, sides.other, language)
            facts["left_out"] = len(waiting) - len(shown)
        else:
            facts["groups"], facts["total"] = _coverage_groups(sides, own, language)
            facts["csv"] = f"{reverse('teacher-crosswalk-csv')}?{sides.query}"
    return _framed(request, facts, school_class=sides.school_class, status=status)


def _each_once(found: Iterable[CompetencyLink]) -> list[CompetencyLink]:
    """Return one link for every two competencies: a school's own words before published ones, and those once."""
    once: dict[frozenset[int | None], CompetencyLink] = {}
    for link in found:
        ends = frozenset({link.origin_id, link.target_id})
        known = once.get(ends)
        if known is None or (known.school_id is None and link.school_id is not None):
            once[ends] = link
    return list(once.values())


def _framed(request: Request, facts: dict[str, Any], *, school_class: Class | None, status: int) -> HttpResponse:
    if roster.may(request.person, Permission.SEE_CLASS):
        taught = school_class if school_class and _teaches(request, school_class) else None
        frame = {"frame": "teacher/base.html", **facts}
        return teacher_page(request, "teacher/crosswalk.html", frame, tab="library", school_class=taught, status=status)
    # A leader who teaches no class stays among the leader's pages.
    frame = {"frame": "leader/base.html", "tab": "standards", "also_teaches": False, **facts}
    return render(request, "teacher/crosswalk.html", frame, status=status)


def _teaches(request: Request, school_class: Class) -> bool:
    return roster.classes_taught_by(request.person).filter(pk=school_class.pk).exists()


def _tabs(count: int, waiting: int) -> list[tuple[str, str]]:
    return [
        ("pairs", gettext("Pairs ({count})").format(count=count)),
        ("suggested", gettext("Suggestions ({count})").format(count=waiting)),
        ("coverage", gettext("What is covered")),
    ]


def _by_subject(frameworks: Iterable[Framework]) -> list[tuple[str, list[Framework]]]:
    groups: dict[str, list[Framework]] = {}
    for framework in frameworks:
        groups.setdefault(framework.subject or gettext("Without a subject"), []).append(framework)
    return sorted(groups.items(), key=lambda group: group[0].casefold())


def is_arts(framework: Framework) -> bool:
    """Return whether a framework is of the arts, by its subject or, where it says none, its title."""
    words = (framework.subject or framework.title).casefold()
    return any(word in words for word in ARTS)


def _rows(found: list[CompetencyLink], other: Framework, language: str) -> list[dict[str, Any]]:
    ends = {each.pk: each for link in found for each in (link.origin, link.target) if each is not None}
    names = standards.named(ends.values(), language)
    rows = []
    for link in found:
        if link.origin is None or link.target is None:
            continue
        is_turned = link.origin.framework_id == other.pk
        one, two = (link.target, link.origin) if is_turned else (link.origin, link.target)
        rows.append(
            {
                "link": link,
                "one": names[one.pk],
                "two": names[two.pk],
                "match": MATCH_WORDS[links.match_of(link.kind, link.match, link.status)],
                "who": _who_says(link),
                "why": _why(link),
                "is_own": link.school_id is not None,
            }
        )
    return rows


def _who_says(link: CompetencyLink) -> str:
    if link.source == "published":
        return gettext("came with {title}").format(title=link.framework.title)
    by = link.decided_by if link.source == "words" else link.made_by
    name = by.formal_name if by else "–"
    if link.source == "words":
        return gettext("suggested by Headway, accepted by {name}").format(name=name)
    return name


def _why(link: CompetencyLink) -> str:
    why = link.why or {}
    if code := why.get("code"):
        return gettext("Both have the code {code}.").format(code=code)
    if shared := why.get("shared"):
        return gettext("Both say: {words}").format(words=", ".join(shared))
    return " · ".join(str(why[name]) for name in ("words", "origin_part", "target_part", "note") if why.get(name))


# --- coverage ---------------------------------------------------------------------------------------------------------


def _covered(sides: Sides, own: list[Competency]) -> tuple[list[core.Covered], dict[int, Competency]]:
    if sides.other is None:
        return [], {}
    wanted = list(standards.competencies_of(sides.other).filter(is_assessable=True))
    if sides.grade != "all":
        grade = int(sides.grade)
        wanted = [row for row in wanted if _spans(row, grade)]
    unit = {competency.pk for competency in own}
    classes = [sides.school_class] if sides.school_class else list(roster.all_classes(sides.school))
    assessed = evidence.competency_ids_seen_in(classes) | items.competency_ids_with_questions(sides.school)
    covered = core.coverage(
        unit=unit,
        wanted=[competency.pk for competency in wanted],
        pairs=links.all_pairs(sides.school.pk),
        assessed=assessed,
        listed=library.competency_ids_aligned_beside(unit, sides.school),
    )
    return covered, {competency.pk: competency for competency in [*wanted, *own]}


def _spans(competency: Competency, grade: int) -> bool:
    low, high = competency.grade_low, competency.grade_high
    if low is None and high is None:
        return True
    return (low if low is not None else grade) <= grade <= (high if high is not None else grade)


def _coverage_groups(sides: Sides, own: list[Competency], language: str) -> tuple[list[dict[str, Any]], int]:
    covered, known = _covered(sides, own)
    counted = core.counts(covered)
    shown: dict[Cover, list[core.Covered]] = {cover: [] for cover in Cover}
    for each in covered:
        if len(shown[each.cover]) < MOST_PER_GROUP:
            shown[each.cover].append(each)
    ids = {pk for rows in shown.values() for each in rows for pk in _of(each)}
    names = standards.named([known[pk] for pk in ids if pk in known], language)
    groups = [
        {
            "cover": cover.value,
            "words": COVER_WORDS[cover][0],
            "meaning": COVER_WORDS[cover][1],
            "icon": COVER_WORDS[cover][2],
            "count": counted[cover],
            "left_out": counted[cover] - len(shown[cover]),
            "rows": [_cover_row(each, names) for each in shown[cover]],
        }
        for cover in Cover
    ]
    return groups, len(covered)


def _of(each: core.Covered) -> tuple[int, ...]:
    return (each.competency, each.reach.unit_competency) if each.reach else (each.competency,)


def _cover_row(each: core.Covered, names: Mapping[int, Named]) -> dict[str, Any]:
    reach = each.reach
    is_itself = reach is not None and reach.unit_competency == each.competency
    return {
        "skill": names[each.competency],
        "via": names.get(reach.unit_competency) if reach and not is_itself else None,
        "match": MATCH_WORDS[reach.match] if reach else "",
        "is_itself": is_itself,
    }


@require_safe
@may(Permission.SHAPE_STANDARDS)
def coverage_csv(request: Request) -> HttpResponse:
    """Send what the first side covers of the second as a table for a spreadsheet."""
    sides = _sides(request, request.GET)
    if sides.other is None:
        return redirect("teacher-crosswalk")  # nothing stands beside yet: choose it there
    covered, known = _covered(sides, _own_side(sides))
    language = get_language() or "en"
    names = standards.named([known[pk] for pk in {pk for each in covered for pk in _of(each)} if pk in known], language)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="coverage.csv"'
    response.write("\ufeff")  # spreadsheets take the letters for UTF-8 only with this mark
    writer = csv.writer(response)
    writer.writerow(
        map(gettext, ("Group", "Code", "Standard", "Grade", "On the path: code", "On the path: skill", "Match"))
    )
    for each in covered:
        row = _cover_row(each, names)
        skill, via = row["skill"], row["via"]
        writer.writerow(
            _cell(words)
            for words in (
                COVER_WORDS[each.cover][0],
                skill.code,
                skill.statement,
                "" if skill.grade is None else skill.grade,
                via.code if via else "",
                via.short if via else "",
                row["match"],
            )
        )
    return response


def _cell(words: object) -> str:
    """Return words for a spreadsheet; what would be run as a formula is kept as words."""
    said = str(words)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t") else said


# --- what people change -----------------------------------------------------------------------------------------------


@require_POST
@may(Permission.SHAPE_STANDARDS)
def make_pair(request: Request) -> HttpResponse:
    """Pair two competencies by their codes, with a match and a reason."""
    sides = _sides(request, request.POST)
    if sides.other is None:
        raise NotFound
    try:
        link = pairing.pair(
            origin=_by_code(request.POST.get("code", ""), _own_side(sides)),
            target=_by_code(request.POST.get("other_code", ""), standards.competencies_of(sides.other)),
            match=request.POST.get("match", ""),
            why=request.POST.get("why", ""),
            school=sides.school,
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as broken:
        words = gettext(broken.sentence).format(**broken.facts)
        return _page(request, sides, typed=request.POST, problem=words, status=422)
    messages.success(
        request, gettext("Paired."), extra_tags=reverse("teacher-crosswalk-unpair", kwargs={"link_id": link.pk})
    )
    return redirect(f"{reverse('teacher-crosswalk')}?{sides.asking(show='pairs')}")


def _by_code(typed: str, competencies: Iterable[Competency]) -> Competency:
    """Return the competency with this code, in any spelling.

    Raises RuleBroken where none has it.
    """
    forms = code_forms(typed.strip())
    if not forms:
        raise RuleBroken(gettext_noop("Write the codes of both standards, such as 7.RP.A.2."))
    by_full: dict[str, Competency] = {}
    by_short: dict[str, Competency] = {}
    for competency in competencies:
        if competency.code:
            own = code_forms(competency.code)
            by_full.setdefault(own[0], competency)
            by_short.setdefault(own[-1], competency)
    found = by_full.get(forms[0]) or by_short.get(forms[-1])
    if found is None:
        raise RuleBroken(
            gettext_noop(
                "No standard on that side has the code “{code}”. Look it up in the framework and write it again."
            ),
            code=typed.strip()[:80],
        )
    return found


@require_POST
@may(Permission.SHAPE_STANDARDS)
def find_pairs(request: Request) -> HttpResponse:
    """Compare the words of both sides and let the likely pairs wait for a person."""
    sides = _sides(request, request.POST)
    if sides.other is None:
        raise NotFound
    others = standards.competencies_of(sides.other).filter(is_assessable=True)
    suggested = core.suggest_pairs(_texts(_own_side(sides)), _texts(others), rank=_by_words)
    count = pairing.suggest_pairs(
        school=sides.school, suggested=suggested[:MOST_SUGGESTED], by=request.person, at=timezone.now()
    )
    messages.success(
        request,
        ngettext("{count} new suggestion waits for you.", "{count} new suggestions wait for you.", count).format(
            count=count
        )
        if count
        else gettext("The words suggest nothing new."),
    )
    return redirect(f"{reverse('teacher-crosswalk')}?{sides.asking(show='suggested')}")


def _by_words(ones: Sequence[Text], others: Sequence[Text]) -> list[tuple[suggesting.Likely, ...]]:
    targets = suggesting.ready(
        [
            suggesting.Target(
                key=text.competency, statement=text.words, grade_low=text.grade_low, grade_high=text.grade_high
            )
            for text in others
        ]
    )
    asked = [suggesting.Asked(text=text.words, grade_low=text.grade_low, grade_high=text.grade_high) for text in ones]
    return suggesting.suggest_alignments(targets, asked)


def _texts(competencies: Iterable[Competency]) -> list[Text]:
    return [
        Text(
            competency=row.pk,
            words=row.statement,
            code=row.code,
            grade_low=row.grade_low,
            grade_high=row.grade_high,
        )
        for row in competencies
    ]


@require_POST
@may(Permission.SHAPE_STANDARDS)
def decide(request: Request) -> HttpResponse:
    """Accept the marked suggestions, with how well they match, or refuse them."""
    sides = _sides(request, request.POST)
    accept = "refuse" not in request.POST
    marked = [int(pk) for pk in request.POST.getlist("pair") if pk.isdecimal()]
    if not marked:
        raise RuleBroken(gettext_noop("Mark at least one suggestion, then accept or refuse."))
    waiting = links.waiting_pairs(sides.school.pk, marked)
    count = pairing.decide_pairs(
        links=waiting, accept=accept, match=request.POST.get("match", ""), by=request.person, at=timezone.now()
    )
    request.session["decided_pairs"] = (sides.school.pk, [link.pk for link in waiting])
    words = (
        ngettext("{count} pair accepted.", "{count} pairs accepted.", count)
        if accept
        else ngettext("{count} pair refused.", "{count} pairs refused.", count)
    )
    messages.success(
        request, words.format(count=count), extra_tags=reverse("teacher-crosswalk-reopen") if count else ""
    )
    return redirect(f"{reverse('teacher-crosswalk')}?{sides.asking(show='suggested')}")


@require_POST
@may(Permission.SHAPE_STANDARDS)
def reopen(request: Request) -> HttpResponse:
    """Let the pairs that were decided last wait again."""
    school_id, ids = request.session.pop("decided_pairs", (0, []))
    found = links.decided_pairs(school_id, ids)
    count = pairing.reopen_pairs(links=found, by=request.person, at=timezone.now())
    messages.success(
        request,
        ngettext("{count} suggestion waits again.", "{count} suggestions wait again.", count).format(count=count),
    )
    return _shown_again(request)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def unpair(request: Request, link_id: int) -> HttpResponse:
    """Take out a pair of one's school."""
    link = links.own_pair(request.person, link_id)
    pairing.unpair(link=link, by=request.person, at=timezone.now())
    messages.success(
        request,
        gettext("The pair was taken out."),
        extra_tags=reverse("teacher-crosswalk-again", kwargs={"link_id": link.pk}),
    )
    return _shown_again(request)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def pair_again(request: Request, link_id: int) -> HttpResponse:
    """Put back a pair that was taken out."""
    link = links.own_pair(request.person, link_id)
    pairing.pair_again(link=link, by=request.person, at=timezone.now())
    messages.success(request, gettext("The pair is back."))
    return _shown_again(request)


def _shown_again(request: Request) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRefresh()
    sides = _sides(request, request.POST)
    return redirect(f"{reverse('teacher-crosswalk')}?{sides.query}")
