"""The whole library beside a plan: search for what goes in place of a block, or into an empty place, and use it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.library.search.values import MINUTE_BANDS, Asked, Facet, Order
from headway.core.planning import BlockKind
from headway.core.shared.errors import RuleBroken
from headway.records.library.search import search
from headway.records.planning import queries, shelf
from headway.web.shared import library_words
from headway.web.shared.access import Request, may
from headway.web.teacher import library as page
from headway.web.teacher import library_asking as asking
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import language_name

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.planning.models import Week

SHOWN = 8
PREVIEW_LETTERS = 500
NEVER_ADDED = frozenset({BlockKind.GROUP, BlockKind.CHOICE})


@require_safe
@may(Permission.PLAN_WEEKS)
def for_block(request: Request, block: UUID) -> HttpResponse:
    """Search for something in place of a block; what fits its student comes by itself."""
    opened = queries.block_for(request.person, block)
    facts = _found(request, opened.week, without={opened.resource_id})
    facts |= {
        "opened": opened,
        "search_address": reverse("teacher-block-search", kwargs={"block": opened.uuid}),
        "use_address": reverse("teacher-block-swap", kwargs={"block": opened.uuid}),
        "plan_query": f"block={opened.uuid}",
    }
    return _shown(request, opened.week, facts)


@require_safe
@may(Permission.PLAN_WEEKS)
def for_place(request: Request, week_id: int) -> HttpResponse:
    """Search for something to put into an empty place."""
    week = queries.week_for(request.person, week_id)
    place = request.GET.get("place", "")
    slot = next((each for each in queries.open_places(week) if f"{each[0]}.{each[1]}" == place), None)
    if slot is None:
        raise RuleBroken(gettext("That place is taken. Choose an empty one, or swap the block."))
    facts = _found(request, week, minutes=slot[2])
    for row in facts["rows"]:
        row["offer"] = f"{kind_for(row['resource'], slot[3])}:{row['resource'].uuid}"
    facts |= {
        "place_name": place,
        "search_address": reverse("teacher-place-search", kwargs={"week_id": week.pk}),
        "use_address": reverse("teacher-week-put", kwargs={"week_id": week.pk}),
        "plan_query": f"add={week.pk}-{place}",
    }
    return _shown(request, week, facts)


def kind_for(resource: Resource, kinds: tuple[str, ...]) -> str:
    """Return as what a resource goes into a place: the place's first kind that the resource is made for, if any."""
    able = [kind for kind in kinds if BlockKind(kind) not in NEVER_ADDED]
    return next((kind for kind in able if kind in resource.uses), able[0] if able else BlockKind.ESSENTIAL.value)


def _found(
    request: Request, week: Week, *, without: Collection[int | None] = (), minutes: int | None = None
) -> dict[str, Any]:
    school_class = week.class_week.school_class
    words = asking.question_of(request.GET).words
    fits = request.GET.get("all", "") != "1"
    here = set(week.blocks.values_list("resource_id", flat=True)) | set(without)
    found = search(
        school_class.school,
        Asked(
            words=words,
            chosen=_short_enough(minutes),
            reader=shelf.reader_of(week.student, school_class=school_class),
            fits=fits,
            order=Order.BEST if words else Order.FIT,
            limit=SHOWN,
            without=frozenset(pk for pk in here if pk is not None),
            count_facets=(),
        ),
        as_typed=bool(request.htmx),
        language=page.language(),
    )
    return {
        "week": week,
        "student": week.student,
        "words": words,
        "is_all": not fits,
        "is_alone": not request.htmx,
        "total": found.total,
        "rows": [
            {
                **library_words.card_of(result.resource, language_name(result.resource.language)),
                "why": [page.why_words(why, week.student) for why in result.why[:2]],
                "start": (result.resource.text or result.resource.description)[:PREVIEW_LETTERS],
            }
            for result in found.results
        ],
    }


def _short_enough(minutes: int | None) -> dict[Facet, tuple[str, ...]]:
    """Return the filter for what an empty place has time for; a block's place is known, and a swap may be shorter."""
    if minutes is None:
        return {}
    bands = [name for name, low, _below in MINUTE_BANDS if low <= minutes + 5]
    return {Facet.MINUTES: tuple(bands)}


def _shown(request: Request, week: Week, facts: dict[str, Any]) -> HttpResponse:
    shared = week.class_week
    address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
    facts["plan_address"] = f"{address}?{facts['plan_query']}#panel"
    if request.htmx:
        return render(request, "teacher/library_beside.html#found", facts)
    return teacher_page(request, "teacher/library_beside.html", facts, tab="week", school_class=shared.school_class)
