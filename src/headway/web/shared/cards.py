"""Sign-in cards and family links on paper: a name, a square code and its words, ten to a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import segno
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from headway.core.shared.errors import NotFound
from headway.records.roster import actions, queries

if TYPE_CHECKING:
    from headway.records.roster.models import Class, FamilyLink, Person
    from headway.web.shared.access import Request

CARDS_PER_PAGE = 10


@dataclass(frozen=True, kw_only=True)
class PrintedCode:
    """A code as paper shows it: for a camera and for a person who types."""

    name: str
    code: str
    address: str
    square: SafeString

    @property
    def words(self) -> str:
        """The code as it is said aloud, without hyphens."""
        return self.code.replace("-", " ")


def square_code(text: str) -> SafeString:
    """Return a QR code as SVG: geometry in attributes, so that the strict security policy holds and print is crisp."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass="square", lineclass=None, dark="#000", light="#fff"
    )
    return mark_safe(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S308  drawn by segno from our own address


def cards_for(request: HttpRequest, students: Iterable[Person]) -> tuple[list[PrintedCode], list[Person]]:
    """Return the printed cards of students who have a working one, and the students who have none yet."""
    students = list(students)
    working = queries.working_cards(students)
    cards, without = [], []
    for student in students:
        card = working.get(student.pk)
        if card is None:
            without.append(student)
        else:
            cards.append(_printed(request, student.name, queries.card_code(card), "card-code"))
    return cards, without


def family_link_on_paper(request: HttpRequest, link: FamilyLink) -> PrintedCode:
    """Return a guardian's link as paper shows it."""
    return _printed(request, link.guardian.name, queries.family_code(link), "family-week")


def pages_of(cards: Sequence[PrintedCode]) -> list[Sequence[PrintedCode]]:
    """Return the cards page by page."""
    return [cards[start : start + CARDS_PER_PAGE] for start in range(0, len(cards), CARDS_PER_PAGE)]


def _printed(request: HttpRequest, name: str, code: str, page: str) -> PrintedCode:
    address = request.build_absolute_uri(reverse(page, kwargs={"code": code}))
    return PrintedCode(name=name, code=code, address=address, square=square_code(address))


def cards_page_facts(request: HttpRequest, school_class: Class) -> dict[str, Any]:
    """Return what components/cards_page.html shows about a class that the viewer may print cards for."""
    students = list(queries.students_of(school_class))
    cards, without = cards_for(request, students)
    return {
        "school_class": school_class,
        "students": students,
        "cards": cards,
        "pages": pages_of(cards),
        "without": without,
        "card_site": request.build_absolute_uri(reverse("sign-in-card")).split("://", 1)[-1].rstrip("/"),
    }


def change_cards(request: Request, school_class: Class) -> None:
    """Make the class's missing cards, or replace the one of the student that the form names."""
    students = list(queries.students_of(school_class))
    at = timezone.now()
    wanted = request.POST.get("student", "")
    if not wanted:
        actions.issue_cards(students=students, by=request.person, at=at)
        messages.success(request, gettext("Every student of the class has a card now."))
        return
    student = next((student for student in students if str(student.uuid) == wanted), None)
    if student is None:
        raise NotFound
    actions.replace_card(student=student, by=request.person, at=at)
    messages.success(request, gettext("{name} has a new card. The old one no longer works.").format(name=student.name))
