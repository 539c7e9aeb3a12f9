"""What a library address asks for, and how the page says it: filters with counts, what is chosen, addresses to go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from headway.core.library.search.values import Asked, Facet, Order
from headway.records.library.search import search
from headway.records.planning import shelf
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared import library_words
from headway.web.shared.topics import topic_word
from headway.web.teacher.words import language_name
from headway.web.templatetags.headway import grouped

if TYPE_CHECKING:
    from headway.core.library.search.values import Reader
    from headway.records.library.search import Shelf
    from headway.records.roster.models import Class, Person

PAGE, MOST_SHOWN = 20, 200
LONGEST_QUESTION = 200  # letters; nobody types more, and a longer text is not a question
MOST_CHOSEN = 40
MOST_WAYS_OUT = 6
MOST_LISTED = 60  # values of one filter; whoever needs another one searches for its name
A_THOUSAND = 1000
WHOLE_CLASS = "class"

# The order of the filters on the page, their heading, how many values stand there before "all", and whether it is open.
FACETS: tuple[tuple[Facet, Any, int, bool], ...] = (
    (Facet.SKILL, _("Skill"), 5, True),
    (Facet.LANGUAGE, _("Language"), 4, True),
    (Facet.READING, _("Reading level"), 6, True),
    (Facet.MINUTES, _("Minutes"), 4, False),
    (Facet.SCREEN, _("Screen or paper"), 3, False),
    (Facet.WAY_IN, _("Way in"), 5, True),
    (Facet.KIND, _("What students do"), 4, True),
    (Facet.WITH_WHOM, _("Alone or together"), 4, False),
    (Facet.GRADE, _("Grade"), 6, False),
    (Facet.LEVEL, _("Help and challenge"), 3, False),
    (Facet.TOPIC, _("Topic"), 6, False),
    (Facet.CAREER, _("Career"), 6, False),
    (Facet.ACCESS, _("Access"), 5, False),
    (Facet.NEEDS, _("What it needs"), 5, False),
    (Facet.LICENCE, _("License"), 5, False),
    (Facet.SOURCE, _("Where it is from"), 5, False),
)
# Values that stand on a scale keep its order; others stand by how many have them.
SCALES = frozenset({Facet.READING, Facet.MINUTES, Facet.GRADE})
HEADINGS = {facet: words for facet, words, _first, _open in FACETS}
ORDERS = {
    Order.BEST: _("Best match"),
    Order.FIT: _("Best fit"),
    Order.SHORTEST: _("Shortest"),
    Order.NEWEST: _("Newest"),
}
NEEDS = {
    "adult": _("A grown-up nearby"),
    "internet": _("Internet"),
    "supplies": _("Things to work with"),
    "nothing": _("Nothing else"),
}
MINUTES = {"1-10": _("Up to 10"), "11-20": _("11 to 20"), "21-40": _("21 to 40"), "41-": _("More than 40")}
WORD_TABLES: Mapping[Facet, Mapping[str, Any]] = {
    Facet.KIND: shelf.kind_words(),
    Facet.LEVEL: shelf.level_words(),
    Facet.WAY_IN: {way: words for way, (words, _icon) in library_words.WAYS.items()},
    Facet.SCREEN: {screen: words for screen, (words, _icon) in library_words.SCREENS.items()},
    Facet.WITH_WHOM: {whom: words for whom, (words, _icon) in library_words.WITH.items()},
    Facet.ACCESS: library_words.ACCESS,
    Facet.MINUTES: MINUTES,
    Facet.NEEDS: NEEDS,
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A library address taken apart: words, chosen filters, whom it should fit, order, and how many are shown."""

    words: str = ""
    chosen: Mapping[Facet, tuple[str, ...]] = field(default_factory=dict)
    fits: str = ""
    kept: bool = False
    order: Order | None = None
    shown: int = PAGE

    def pairs(self, *, leave_out: tuple[str, str] | None = None, shown: int | None = None) -> list[tuple[str, str]]:
        """Return the question as name and value pairs; with `leave_out` one chosen value is let go."""
        rows = [("q", self.words)] if self.words else []
        rows += [(facet.value, value) for facet, values in self.chosen.items() for value in values]
        rows += [("fits", self.fits)] if self.fits else []
        rows += [("kept", "1")] if self.kept else []
        rows += [("order", self.order.value)] if self.order else []
        rows += [("show", str(shown))] if shown else []
        return [row for row in rows if row != leave_out]

    def query(self, *, leave_out: tuple[str, str] | None = None, shown: int | None = None) -> str:
        """Return the question as the part of an address after "?"."""
        query = QueryDict(mutable=True)
        for name, value in self.pairs(leave_out=leave_out, shown=shown):
            query.appendlist(name, value)
        return query.urlencode()

    @property
    def choices(self) -> int:
        """How many filters are chosen."""
        return sum(len(values) for values in self.chosen.values()) + bool(self.fits) + self.kept


def question_of(given: QueryDict) -> Question:
    """Read a library address; what makes no sense in it is left out."""
    chosen = {
        facet: tuple(dict.fromkeys(value for value in given.getlist(facet.value)[:MOST_CHOSEN] if value))
        for facet in Facet
        if given.getlist(facet.value)
    }
    skills = tuple(value for value in chosen.pop(Facet.SKILL, ()) if value.isdecimal())
    if skills:
        chosen[Facet.SKILL] = skills
    order, shown = given.get("order", ""), given.get("show", "")
    return Question(
        words=" ".join(given.get("q", "").split())[:LONGEST_QUESTION],
        chosen={facet: values for facet, values in chosen.items() if values},
        fits=given.get("fits", "")[:40],
        kept=given.get("kept", "") == "1",
        order=Order(order) if order in set(Order) else None,
        shown=min(MOST_SHOWN, int(shown)) if shown.isdecimal() and len(shown) < 5 and int(shown) > PAGE else PAGE,
    )


def student_named(question: Question, students: Sequence[Person]) -> Person | None:
    """Return the student whom the results should fit, or None."""
    try:
        wanted = UUID(question.fits)
    except ValueError:
        return None
    return next((student for student in students if student.uuid == wanted), None)


def asked_of(question: Question, school_class: Class, student: Person | None, *, by: Person) -> Asked:
    """Return the search that a question stands for."""
    if student is not None:
        reader: Reader = shelf.reader_of(student, school_class=school_class)
    else:
        reader = shelf.reader_of_class(school_class)
    skills = question.chosen.get(Facet.SKILL, ())
    return Asked(
        words=question.words,
        chosen={facet: values for facet, values in question.chosen.items() if facet is not Facet.SKILL},
        skills=shelf.with_all_below(int(pk) for pk in skills) if skills else frozenset(),
        reader=reader,
        fits=student is not None or question.fits == WHOLE_CLASS,
        order=question.order or (Order.BEST if question.words else Order.FIT),
        limit=question.shown,
        only=shelf.all_kept_by(by) if question.kept else None,
    )


# --- in words --------------------------------------------------------------------------------------------------------


def value_words(facet: Facet, value: str, skills: Mapping[int, Any]) -> str:
    """Return one value of a filter in the reader's language."""
    if facet is Facet.SKILL:
        found = skills.get(int(value)) if value.isdecimal() else None
        return found.short if found else gettext("A skill that is not here any more")
    if facet is Facet.LANGUAGE:
        return language_name(value)
    if facet in (Facet.TOPIC, Facet.CAREER):
        return topic_word(value)
    if facet is Facet.READING:
        low, _dash, high = value.partition("-")
        return library_words.grades_words(int(low), int(high)) if low.isdecimal() and high.isdecimal() else value
    if facet is Facet.GRADE and value.isdecimal():
        return library_words.grades_words(int(value), int(value))
    if facet is Facet.SOURCE:
        return library_words.source_words(value)
    return str(WORD_TABLES.get(facet, {}).get(value, value))


def filters_of(
    question: Question, found: Shelf, path: Sequence[Any], language: str
) -> tuple[list[dict[str, Any]], dict[int, Any]]:
    """Return the filters with their values, counts and words, and the names of all skills that the page speaks of."""
    counts: dict[Facet, list[tuple[str, int | None]]] = {}
    for facet, _words, _first, _open in FACETS:
        rows: list[tuple[str, int | None]] = [(row.value, row.count) for row in found.facets.get(facet, ())]
        known = {value for value, _count in rows}
        counts[facet] = [(value, None) for value in question.chosen.get(facet, ()) if value not in known] + rows
    places = {competency.pk: place for place, competency in enumerate(path)}
    counts[Facet.SKILL].sort(
        key=lambda row: places.get(int(row[0]), len(places)) if row[0].isdecimal() else len(places)
    )
    # Only what is shown is named: a library of everything speaks of thousands of skills.
    sizes = {facet: len(rows) for facet, rows in counts.items()}
    counts = {facet: rows[:MOST_LISTED] for facet, rows in counts.items()}
    wanted = {int(value) for value, _count in counts[Facet.SKILL] if value.isdecimal()}
    wanted |= {pk for result in found.results for pk in result.competency_ids[:2]}
    by_id = {competency.pk: competency for competency in path}
    by_id |= standards.competencies_with_ids(wanted - set(by_id))
    skills = standards.named(by_id.values(), language)
    return [
        _filter(facet, heading, counts[facet], question, skills, first=first, is_open=is_open, size=sizes[facet])
        for facet, heading, first, is_open in FACETS
        if counts[facet]
    ], skills


def _filter(
    facet: Facet,
    heading: Any,
    rows: Iterable[tuple[str, int | None]],
    question: Question,
    skills: Mapping[int, Any],
    *,
    first: int,
    is_open: bool,
    size: int,
) -> dict[str, Any]:
    chosen = question.chosen.get(facet, ())
    values: list[dict[str, Any]] = [
        {"value": value, "count": count, "words": value_words(facet, value, skills), "is_chosen": value in chosen}
        for value, count in rows
        if facet is not Facet.SKILL or not value.isdecimal() or int(value) in skills
    ]
    if facet in SCALES:
        values.sort(key=lambda row: int(row["value"].partition("-")[0]) if row["value"][:1].isdecimal() else 99)
    else:
        values.sort(key=lambda row: not row["is_chosen"])
    first = max(first, *(place + 1 for place, row in enumerate(values) if row["is_chosen"]), 0)
    # One more value takes no more room than the line that would hide it.
    first = len(values) if len(values) == first + 1 else first
    rest = len(values) - first
    return {
        "name": facet.value,
        "heading": heading,
        "values": _drawn(facet, values[:first]),
        "more": _drawn(facet, values[first:]),
        "more_words": _all_words(facet, size, rest) if rest > 0 else "",
        "is_open": is_open or bool(chosen),
        "is_language": facet is Facet.LANGUAGE,
    }


def _drawn(facet: Facet, rows: Iterable[Mapping[str, Any]]) -> SafeString:
    """Return check boxes; a page has a hundred and more of them, and each is the same but for its words."""
    name = facet.value
    drawn = []
    for row in rows:
        value, count = escape(row["value"]), row["count"]
        checked = " checked" if row["is_chosen"] else ""
        shown = "" if count is None else f'<span class="n">{grouped(count) if count >= A_THOUSAND else count}</span>'
        drawn.append(
            f'<label class="check"><input type="checkbox" form="ask" id="f-{name}-{value.replace(" ", "_")}" '
            f'name="{name}" value="{value}"{checked}> <span>{escape(row["words"])}</span>{shown}</label>'
        )
    return mark_safe("\n".join(drawn))  # noqa: S308  every value and word is escaped above


def _all_words(facet: Facet, count: int, rest: int) -> str:
    if facet is Facet.SKILL:
        return ngettext("All {count} skill", "All {count} skills", count).format(count=count)
    if facet is Facet.KIND:
        return ngettext("{count} kind in all", "{count} kinds in all", count).format(count=count)
    return ngettext("{count} more", "{count} more", rest).format(count=rest)


def chips_of(question: Question, skills: Mapping[int, Any], fits_words: str) -> list[dict[str, str]]:
    """Return what is chosen, each with the address that lets go of it."""
    chips = [
        {
            "words": value_words(facet, value, skills),
            "heading": str(HEADINGS.get(facet, "")),
            "query": question.query(leave_out=(facet.value, value)),
        }
        for facet, values in question.chosen.items()
        for value in values
    ]
    if question.fits and fits_words:
        query = question.query(leave_out=("fits", question.fits))
        chips.insert(0, {"words": fits_words, "heading": gettext("Fits"), "query": query})
    if question.kept:
        query = question.query(leave_out=("kept", "1"))
        chips.insert(0, {"words": gettext("Kept for later"), "heading": gettext("Yours"), "query": query})
    return chips


def ways_out(
    question: Question,
    school_class: Class,
    student: Person | None,
    skills: Mapping[int, Any],
    fits_words: str,
    *,
    by: Person,
) -> list[dict[str, Any]]:
    """Return which single filter to let go of when nothing was found, with how much there is then, the most first."""
    ways = []
    for chip in chips_of(question, skills, fits_words)[:MOST_WAYS_OUT]:
        wider = question_of(QueryDict(chip["query"]))
        asked = asked_of(wider, school_class, student if wider.fits else None, by=by)
        total = search(school_class.school, replace(asked, limit=1, count_facets=())).total
        if total:
            ways.append({**chip, "count": total, "shown": grouped(total)})
    return sorted(ways, key=lambda way: -way["count"])


def orders_of(question: Question, student: Person | None) -> list[tuple[str, str, bool]]:
    """Return the orders to choose from: (value, words, chosen); the first is what happens when nobody chooses."""
    name = student.given_name if student is not None else ""
    fit = gettext("Best fit for {name}").format(name=name) if name else gettext("Best fit for the class")
    usual = [("", str(ORDERS[Order.BEST])), (Order.FIT.value, fit)] if question.words else [("", fit)]
    rest = [(order.value, str(ORDERS[order])) for order in (Order.SHORTEST, Order.NEWEST)]
    now = question.order.value if question.order else ""
    return [(value, words, value == now) for value, words in [*usual, *rest]]


def path_and_students(school_class: Class) -> tuple[list[Any], list[Person]]:
    """Return the class's path and its students."""
    return standards.path_of(school_class), list(roster.students_of(school_class))
