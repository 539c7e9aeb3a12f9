"""Links between competencies as importers, crosswalks and coverage ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from headway.core.shared.errors import NotFound
from headway.core.standards.crosswalk import EXACT, SUGGESTED, UNSAID, Pair
from headway.records.roster.models import Person
from headway.records.roster.queries import organisations_led_by, schools_of
from headway.records.standards.models import Competency, CompetencyLink

PAIRING = (CompetencyLink.Kind.CROSSWALK, CompetencyLink.Kind.EXACT_MATCH)


# --- for importers ----------------------------------------------------------------------------------------------------


def source_ids_of(competency_ids: Iterable[int]) -> dict[int, str]:
    """Return what the senders call these competencies, by id."""
    wanted = sorted(set(competency_ids))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 5_000):
        found.update(Competency.objects.filter(pk__in=wanted[start : start + 5_000]).values_list("pk", "source_id"))
    return found


def prerequisites_beside(*, source: str, source_id: str) -> set[tuple[int, int]]:
    """Return (before, after) of every published prerequisite that did not come with this framework."""
    rows = (
        CompetencyLink.objects.filter(
            kind=CompetencyLink.Kind.PREREQUISITE,
            school__isnull=True,
            is_withdrawn=False,
            status=CompetencyLink.Status.ACCEPTED,
            origin__isnull=False,
            target__isnull=False,
        )
        .exclude(framework__source=source, framework__source_id=source_id)
        .values_list("origin_id", "target_id")
    )
    return {(before, after) for before, after in rows if before is not None and after is not None}


# --- pairs ------------------------------------------------------------------------------------------------------------


def _pairs_for(school_id: int | None) -> QuerySet[CompetencyLink]:
    """Return the pairs of everybody and of one school, accepted or waiting, between competencies that still stand."""
    return CompetencyLink.objects.filter(
        Q(school__isnull=True) | Q(school=school_id),
        kind__in=PAIRING,
        status__in=(CompetencyLink.Status.ACCEPTED, CompetencyLink.Status.SUGGESTED),
        is_withdrawn=False,
        origin__is_withdrawn=False,
        target__is_withdrawn=False,
    )


def pairs_between(
    school_id: int | None,
    *,
    other_framework_id: int,
    framework_id: int | None = None,
    competency_ids: Collection[int] = (),
) -> QuerySet[CompetencyLink]:
    """Return the pairs between one side and a framework, whichever end stands first, with what a page says of them.

    One side is a framework, or the competencies of a unit.
    """
    origin = Q(origin__framework=framework_id) if framework_id else Q(origin__in=list(competency_ids))
    target = Q(target__framework=framework_id) if framework_id else Q(target__in=list(competency_ids))
    return (
        _pairs_for(school_id)
        .filter((origin & Q(target__framework=other_framework_id)) | (target & Q(origin__framework=other_framework_id)))
        .exclude(origin__framework=other_framework_id, target__framework=other_framework_id)
        .select_related("origin", "target", "made_by", "decided_by", "framework")
        .order_by("origin__order", "target__order", "pk")
    )


def all_pairs(school_id: int | None) -> list[Pair]:
    """Return every pair that a school may go by, as plain values, in one query."""
    rows = _pairs_for(school_id).values_list("pk", "origin_id", "target_id", "kind", "match", "status")
    return [
        Pair(one=origin, other=target, match=match_of(kind, match, status), link_id=pk)
        for pk, origin, target, kind, match, status in rows
        if origin is not None and target is not None and origin != target
    ]


def match_of(kind: str, match: str, status: str) -> str:
    """Return how well a link pairs: as it says, exact for what is the same, unsaid else; a suggestion is only that."""
    if status == CompetencyLink.Status.SUGGESTED:
        return SUGGESTED
    return match or (EXACT if kind == CompetencyLink.Kind.EXACT_MATCH else UNSAID)


def pairs_decided_about(school_id: int, competency_ids: Collection[int]) -> set[frozenset[int]]:
    """Return the pairs of these competencies that stand, wait or were refused: nothing to suggest again."""
    rows = CompetencyLink.objects.filter(
        Q(school__isnull=True) | Q(school=school_id),
        Q(is_withdrawn=False) | Q(status=CompetencyLink.Status.REFUSED),
        Q(origin__in=list(competency_ids)) | Q(target__in=list(competency_ids)),
        kind__in=PAIRING,
    ).values_list("origin_id", "target_id")
    return {frozenset({origin, target}) for origin, target in rows if origin is not None and target is not None}


def waiting_pairs(school_id: int, ids: Iterable[int]) -> list[CompetencyLink]:
    """Return suggested pairs of a school that wait to be decided, among `ids`."""
    return list(
        CompetencyLink.objects.filter(
            pk__in=list(ids),
            school=school_id,
            kind__in=PAIRING,
            status=CompetencyLink.Status.SUGGESTED,
            is_withdrawn=False,
        ).order_by("pk")
    )


def decided_pairs(school_id: int, ids: Iterable[int]) -> list[CompetencyLink]:
    """Return pairs of a school that the words suggested and somebody decided, among `ids`."""
    return list(
        CompetencyLink.objects.filter(
            pk__in=list(ids), school=school_id, kind__in=PAIRING, source=CompetencyLink.Source.WORDS
        )
        .exclude(status=CompetencyLink.Status.SUGGESTED)
        .order_by("pk")
    )


def own_pair(person: Person, link_id: int) -> CompetencyLink:
    """Return a pair of one of the person's schools; another school's, or a published one, is not found."""
    found = (
        CompetencyLink.objects.filter(pk=link_id, kind__in=PAIRING)
        .filter(Q(school__in=schools_of(person)) | Q(school__in=organisations_led_by(person)))
        .select_related("origin", "target", "school")
        .first()
    )
    if found is None:
        raise NotFound
    return found
