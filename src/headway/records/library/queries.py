"""What there is to learn with."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from headway.core.shared.batches import batched
from headway.core.shared.errors import NotFound
from headway.records.library.models import Alignment, Collection, Resource
from headway.records.roster.models import Class, Organisation
from headway.records.standards.models import Competency


def resources_of_school(school: Organisation) -> QuerySet[Resource]:
    """Return the active resources a school may use: its own and those shared by all."""
    return Resource.objects.filter(Q(school__isnull=True) | Q(school=school), is_active=True)


def resources_for(
    school: Organisation, competency_ids: Iterable[int], *, only: Iterable[int] | None = None
) -> list[Resource]:
    """Return the resources aligned (and accepted) to any of the competencies, with alignments and item counts.

    With `only` just those of them that are among these ids.
    """
    accepted = Alignment.objects.filter(status=Alignment.Status.ACCEPTED).order_by("-is_primary", "pk")
    shelf = resources_of_school(school)
    return list(
        (shelf if only is None else shelf.filter(pk__in=list(only)))
        .filter(
            pk__in=Alignment.objects.filter(
                status=Alignment.Status.ACCEPTED, competency__in=list(competency_ids)
            ).values("resource")
        )
        .annotate(item_count=Count("items"))
        .prefetch_related(Prefetch("alignments", accepted, to_attr="accepted_alignments"))
        .defer("text", "steps")
        .order_by("pk")
    )


def resource_with_uuid(uuid: UUID) -> Resource:
    """Return one resource."""
    found = Resource.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def doors_of(resource: Resource) -> list[Resource]:
    """Return the resource and its other doors: same goal, other level or language."""
    root = resource.variant_of_id or resource.pk
    return list(Resource.objects.filter(Q(pk=root) | Q(variant_of=root), is_active=True).order_by("pk"))


def doors_of_many(resources: Iterable[Resource]) -> dict[int, list[Resource]]:
    """Return the other doors of many resources by resource id, in one query and without their texts."""
    rows = list(resources)
    roots = {row.variant_of_id or row.pk for row in rows}
    family: dict[int, list[Resource]] = {root: [] for root in roots}
    found = Resource.objects.filter(Q(pk__in=roots) | Q(variant_of__in=roots), is_active=True)
    for door in found.defer("text", "steps", "uses", "topics", "careers", "needs", "culture").order_by("pk"):
        family[door.variant_of_id or door.pk].append(door)
    return {row.pk: [door for door in family[row.variant_of_id or row.pk] if door.pk != row.pk] for row in rows}


def suggested_alignments(school_class: Class) -> QuerySet[Alignment]:
    """Return the suggestions waiting for a teacher, for the competencies of the class."""
    return (
        Alignment.objects.filter(status=Alignment.Status.SUGGESTED, competency__class_paths__school_class=school_class)
        .select_related("resource", "competency")
        .order_by("-confidence", "competency__order", "pk")
    )


def accepted_competencies(resource: Resource) -> list[Competency]:
    """Return what a resource helps to learn, the main one first."""
    rows = resource.alignments.filter(status=Alignment.Status.ACCEPTED).select_related("competency")
    return [row.competency for row in rows.order_by("-is_primary", "-confidence", "pk")]


def alignments_waiting(school_class: Class, ids: Iterable[int]) -> list[Alignment]:
    """Return those of the named suggestions that belong to the class, whatever became of them."""
    return list(
        Alignment.objects.filter(pk__in=list(ids), competency__class_paths__school_class=school_class).select_related(
            "resource", "competency"
        )
    )


def primary_competencies(resource_ids: Iterable[int]) -> dict[int, int]:
    """Return each resource's first accepted competency by resource id."""
    found: dict[int, int] = {}
    rows = Alignment.objects.filter(resource__in=list(resource_ids), status=Alignment.Status.ACCEPTED)
    for resource_id, competency_id in rows.order_by("-is_primary", "-confidence", "pk").values_list(
        "resource_id", "competency_id"
    ):
        found.setdefault(resource_id, competency_id)
    return found


def resources_teaching(competency: Competency, school: Organisation) -> QuerySet[Resource]:
    """Return what there is for one competency."""
    return (
        resources_of_school(school)
        .filter(alignments__competency=competency, alignments__status=Alignment.Status.ACCEPTED)
        .distinct()
        .order_by("title", "pk")
    )


def resource_counts(competency_ids: Iterable[int], school: Organisation) -> dict[int, int]:
    """Return for how many resources that a school may use each competency is accepted, by competency id, in one query."""
    rows = (
        Alignment.objects.filter(
            Q(resource__school__isnull=True) | Q(resource__school=school),
            competency__in=list(competency_ids),
            status=Alignment.Status.ACCEPTED,
            resource__is_active=True,
        )
        .values("competency_id")
        .annotate(count=Count("resource_id", distinct=True))
    )
    return {row["competency_id"]: row["count"] for row in rows}


def collections_of(school: Organisation) -> QuerySet[Collection]:
    """Return the collections a school may open."""
    return Collection.objects.filter(Q(school__isnull=True) | Q(school=school)).order_by("title", "pk")


def resource_ids_by_source(source: str) -> dict[str, int]:
    """Return the ids of what was taken from a source, by the source's own names."""
    return dict(Resource.objects.filter(source=source).values_list("source_id", "pk"))


def resource_ids_in_order(source: str, names: Iterable[str]) -> list[int]:
    """Return the ids of a source's resources in the order of `names`; names that are not here are left out."""
    wanted = list(dict.fromkeys(names))
    known = {
        name: pk
        for some in batched(wanted, 5_000)
        for name, pk in Resource.objects.filter(source=source, source_id__in=some).values_list("source_id", "pk")
    }
    return [known[name] for name in wanted if name in known]


def resources_to_write_out(school: Organisation | None = None, *, source: str = "") -> QuerySet[Resource]:
    """Return resources with all that a description of them tells; those shared by all, and a school's own where named.

    What each helps to learn stands in `accepted_alignments`, the main one first, with its competency and framework.
    """
    accepted = Alignment.objects.filter(status=Alignment.Status.ACCEPTED).select_related("competency__framework")
    shelf = resources_of_school(school) if school else Resource.objects.filter(school__isnull=True, is_active=True)
    return (
        (shelf.filter(source=source) if source else shelf)
        .prefetch_related(
            Prefetch("alignments", accepted.order_by("-is_primary", "-confidence", "pk"), to_attr="accepted_alignments")
        )
        .order_by("pk")
    )


def competency_ids_aligned_beside(competency_ids: Iterable[int], school: Organisation) -> set[int]:
    """Return the competencies that resources for these ones are aligned to as well: listed on what a unit may use."""
    used = Alignment.objects.filter(
        competency__in=list(competency_ids), status=Alignment.Status.ACCEPTED, resource__in=resources_of_school(school)
    ).values("resource")
    rows = Alignment.objects.filter(resource__in=used, status=Alignment.Status.ACCEPTED)
    return set(rows.values_list("competency_id", flat=True).distinct())


def count_of_resources() -> int:
    """Return how many resources there are, of all schools; for operators."""
    return Resource.objects.count()
