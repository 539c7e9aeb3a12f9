"""Links between competencies as importers and pages ask for them."""

from __future__ import annotations

from collections.abc import Iterable

from headway.records.standards.models import Competency, CompetencyLink


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
