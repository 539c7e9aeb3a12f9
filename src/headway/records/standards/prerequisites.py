"""What comes before what, as a school sees it: the links of everybody, and those that its own people drew.

A link that a school drew speaks for that school before a published one between the same two; withdrawn, suggested and
refused links speak for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from headway.core.shared.errors import NotFound
from headway.core.standards.prerequisites import Circle, Link, circles, needed
from headway.records.roster.models import Person
from headway.records.roster.queries import schools_of
from headway.records.standards.models import Competency, CompetencyLink

Strength = CompetencyLink.Strength
_PREREQUISITE = CompetencyLink.Kind.PREREQUISITE
# How well a link is founded that only the words suggested before somebody accepted it.
_SHARE_OF_WORDS = 0.5


def counting(school_id: int | None = None) -> Q:
    """Return what makes a link count for a school: accepted, not withdrawn, of everybody or of its own."""
    return Q(status=CompetencyLink.Status.ACCEPTED, is_withdrawn=False) & (
        Q(school__isnull=True) | Q(school=school_id) if school_id else Q(school__isnull=True)
    )


def prerequisite_links(school_id: int | None = None, *, into: Iterable[int] | None = None) -> list[Link]:
    """Return the prerequisites that count for a school, one for every two competencies, in one query.

    With `into` only those that come before one of these competencies.
    """
    rows = CompetencyLink.objects.filter(
        counting(school_id), kind=_PREREQUISITE, origin__isnull=False, target__isnull=False
    )
    if into is not None:
        rows = rows.filter(target__in=list(into))
    found: dict[tuple[int, int], tuple[bool, Link]] = {}
    for before, after, strength, source, confidence, own in rows.order_by("pk").values_list(
        "origin_id", "target_id", "strength", "source", "confidence", "school_id"
    ):
        if before is None or after is None:
            continue
        link = Link(
            before=before,
            after=after,
            is_needed=strength == Strength.NEEDED,
            support=confidence * (_SHARE_OF_WORDS if source == CompetencyLink.Source.WORDS else 1.0),
        )
        known = found.get((before, after))
        if known is None or own is not None or (not known[0] and known[1].support < link.support):
            found[before, after] = (own is not None, link)
    return [link for _is_own, link in found.values()]


def links_at(competency: Competency, school_id: int | None = None) -> QuerySet[CompetencyLink]:
    """Return the prerequisite links of one competency, both ways, with both ends and who drew them."""
    return (
        CompetencyLink.objects.filter(
            counting(school_id), kind=_PREREQUISITE, origin__isnull=False, target__isnull=False
        )
        .filter(Q(origin=competency) | Q(target=competency))
        .select_related("origin", "target", "made_by")
        .order_by("pk")
    )


def same_elsewhere(
    competency: Competency, school_id: int | None = None
) -> list[tuple[CompetencyLink, Competency | None]]:
    """Return the links that pair a competency with one in another framework, with the far end where it is known here."""
    kinds = (CompetencyLink.Kind.CROSSWALK, CompetencyLink.Kind.EXACT_MATCH)
    rows = (
        CompetencyLink.objects.filter(counting(school_id), kind__in=kinds)
        .filter(Q(origin=competency) | Q(target=competency))
        .select_related("origin__framework", "target__framework", "made_by")
        .order_by("pk")
    )
    found: dict[int | str, tuple[CompetencyLink, Competency | None]] = {}
    for link in rows:
        is_out = link.origin_id == competency.pk
        far = link.target if is_out else link.origin
        found[far.pk if far else (link.target_uri if is_out else link.origin_uri)] = (link, far)
    order = {"exact": 0, "": 1, "close": 2, "part": 3}

    def place(pair: tuple[CompetencyLink, Competency | None]) -> tuple[int, str, int]:
        link, far = pair
        return (order.get(link.match, 1), far.framework.title if far else "~", link.pk)

    return sorted(found.values(), key=place)


def own_link(person: Person, link_id: int) -> CompetencyLink:
    """Return a prerequisite that somebody of the person's schools drew; another school's is not found."""
    found = (
        CompetencyLink.objects.filter(pk=link_id, kind=_PREREQUISITE, school__in=schools_of(person))
        .select_related("origin", "target", "school")
        .first()
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, kw_only=True)
class NamedCircle:
    """A circle among prerequisites, with its competencies in order and the rows of its doubtful link."""

    circle: Circle
    members: tuple[Competency, ...]
    rows: tuple[CompetencyLink, ...]


def named_circles(school_id: int | None = None, *, framework_id: int | None = None) -> list[NamedCircle]:
    """Return the circles that what is needed runs in, at a school; with `framework_id` those that touch the framework.

    What only helps keeps nobody waiting, so it is no part of a circle here.
    """
    found = circles(needed(prerequisite_links(school_id)))
    if not found:
        return []
    known = Competency.objects.in_bulk([member for circle in found for member in circle.members])
    ends = Q()
    for circle in found:
        ends |= Q(origin=circle.doubtful.before, target=circle.doubtful.after)
    rows = CompetencyLink.objects.filter(counting(school_id), ends, kind=_PREREQUISITE).order_by("pk")
    by_ends: dict[tuple[int | None, int | None], list[CompetencyLink]] = {}
    for row in rows:
        by_ends.setdefault((row.origin_id, row.target_id), []).append(row)
    return [
        NamedCircle(
            circle=circle,
            members=tuple(known[member] for member in circle.members),
            rows=tuple(by_ends.get((circle.doubtful.before, circle.doubtful.after), ())),
        )
        for circle in found
        if framework_id is None or any(known[member].framework_id == framework_id for member in circle.members)
    ]
