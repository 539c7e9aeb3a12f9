"""Sign-in cards of a class, to print; a lost one is replaced here."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from headway.core.access.roles import Permission
from headway.records.roster import queries
from headway.web.shared.access import Request, may
from headway.web.shared.cards import cards_page_facts, change_cards
from headway.web.teacher.page import teacher_page


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.PRINT_CARDS)
def cards(request: Request, class_id: int) -> HttpResponse:
    """Show the cards of a class the person teaches; make missing ones, replace lost ones."""
    school_class = queries.taught_class(request.person, class_id)
    if request.method == "POST":
        change_cards(request, school_class)
        return redirect("teacher-cards", class_id=class_id)
    facts = cards_page_facts(request, school_class)
    return teacher_page(request, "teacher/cards.html", facts, tab="class", school_class=school_class)
