"""Frameworks and competencies, in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Length

from headway.core.shared.errors import NotFound
from headway.core.standards.codes import code_forms, last_part
from headway.core.standards.prerequisites import needed, without_circles
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.roster.models import Class, Enrolment, Organisation, Person
from headway.records.roster.queries import organisations_led_by, schools_of
from headway.records.standards.models import (
    ClassCompetency,
    Competency,
    CompetencyLink,
    Framework,
    ICan,
    IncomingFramework,
    ProficiencyWord,
)
from headway.records.standards.prerequisites import prerequisite_links


@dataclass(frozen=True, kw_only=True)
class Named:
    """A competency as a reader sees it."""

    pk: int
    code: str
    short: str
    statement: str
    i_can: str
    grade: int | None
    framework_id: int


def named(competencies: Iterable[Competency], language: str) -> dict[int, Named]:
    """Return how each competency is called in `language`, in one query; the framework's own words where none exist."""
    rows = list(competencies)
    wordings = {row.competency_id: row for row in ICan.objects.filter(competency__in=rows, language=language)}
    english = {}
    if language != "en":
        missing = [row for row in rows if row.pk not in wordings]
        english = {row.competency_id: row for row in ICan.objects.filter(competency__in=missing, language="en")}
    shown = {}
    for row in rows:
        wording = wordings.get(row.pk) or english.get(row.pk)
        shown[row.pk] = Named(
            pk=row.pk,
            code=row.code,
            short=(wording.short if wording and wording.short else row.short) or row.code or row.statement[:40],
            statement=(wording.statement if wording and wording.statement else row.statement),
            i_can=wording.words if wording else row.statement,
            grade=row.grade_high,
            framework_id=row.framework_id,
        )
    return shown


def path_of(school_class: Class) -> list[Competency]:
    """Return the competencies on the class's path, in order."""
    return [
        row.competency for row in ClassCompetency.objects.filter(school_class=school_class).select_related("competency")
    ]


def paths_of(school_classes: Iterable[Class]) -> dict[int, list[Competency]]:
    """Return the paths of several classes by class id, in one query."""
    paths: dict[int, list[Competency]] = {school_class.pk: [] for school_class in school_classes}
    for row in ClassCompetency.objects.filter(school_class__in=list(paths)).select_related("competency"):
        paths[row.school_class_id].append(row.competency)
    return paths


def competencies_with_ids(ids: Iterable[int]) -> dict[int, Competency]:
    """Return competencies by id."""
    return Competency.objects.in_bulk(list(ids))


def competency_with_id(competency_id: int) -> Competency:
    """Return one competency; standards are no secret, so no viewer is asked for."""
    found = Competency.objects.filter(pk=competency_id).first()
    if found is None:
        raise NotFound
    return found


def competencies_by_code(codes: Iterable[str], *, sources: Iterable[str] | None = None) -> dict[str, Competency]:
    """Return assessable competencies by their human code; the newest framework wins where several use one."""
    rows = Competency.objects.filter(code__in=list(codes), is_assessable=True, is_withdrawn=False)
    if sources is not None:
        rows = rows.filter(framework__source__in=list(sources))
    return {row.code: row for row in rows.order_by("framework_id", "pk")}


def competency_ids_by_name(names: Iterable[str], *, school: Organisation | None = None) -> dict[str, int]:
    """Return competency ids by what others call them: a code in any spelling, an identifier, or an address.

    Shared frameworks and those of `school` are looked through; where several use a name the newest framework wins, and a
    fuller spelling before a shorter one. Withdrawn competencies are left out, and so are names that nothing answers to.
    One query however many names, one more where addresses are left over.
    """
    wanted = {name: name.strip() for name in dict.fromkeys(names) if name.strip()}
    if not wanted:
        return {}
    by_identifier: dict[str, int] = {}
    by_form: dict[str, int] = {}
    by_short_form: dict[str, int] = {}
    rows = (
        Competency.objects.filter(Q(framework__school__isnull=True) | Q(framework__school=school), is_withdrawn=False)
        .order_by("framework_id", "-pk")
        .values_list("pk", "code", "source_id", "uuid")
    )
    for pk, code, source_id, uuid in rows.iterator(chunk_size=5000):
        if source_id:
            by_identifier[source_id.casefold()] = pk
        by_identifier[str(uuid)] = pk
        if code:
            forms = code_forms(code)
            if forms:
                by_form[forms[0]] = pk
                by_short_form[forms[-1]] = pk
    found: dict[str, int] = {}
    for name, written in wanted.items():
        answer = by_identifier.get(written.casefold()) or by_identifier.get(last_part(written).casefold())
        if answer is None and (forms := code_forms(written)):
            answer = by_form.get(forms[0]) or by_short_form.get(forms[-1])
        if answer is not None:
            found[name] = answer
    left = {written: name for name, written in wanted.items() if name not in found and ":" in written}
    if left:
        # What a publisher says a competency is the same as: a GUID, an address on another site.
        same = CompetencyLink.objects.filter(
            kind=CompetencyLink.Kind.EXACT_MATCH, is_withdrawn=False, origin__is_withdrawn=False, origin__isnull=False
        ).exclude(target_uri="")
        for uri, origin_id in same.order_by("origin__framework_id").values_list("target_uri", "origin_id").iterator():
            if uri in left and origin_id is not None:
                found[left[uri]] = origin_id
    return found


def frameworks() -> QuerySet[Framework]:
    """Return every framework."""
    return Framework.objects.order_by("title", "pk")


def framework_by_source(source: str, source_id: str) -> Framework | None:
    """Return the framework another system calls `source_id`."""
    return Framework.objects.filter(source=source, source_id=source_id).first()


def framework_named(name: str) -> Framework | None:
    """Return a framework by its number, its own id, or its title (whatever its case); for the command line."""
    found = Framework.objects.filter(pk=int(name)) if name.isdecimal() else Framework.objects.none()
    return found.first() or Framework.objects.filter(Q(source_id=name) | Q(title__iexact=name)).order_by("-pk").first()


def competencies_of(framework: Framework) -> QuerySet[Competency]:
    """Return a framework's competencies and headings in their order, without those its newest edition left out."""
    return framework.competencies.filter(is_withdrawn=False).order_by("order", "pk")


def prerequisite_pairs(competency_ids: Iterable[int], *, school_id: int | None = None) -> list[tuple[int, int]]:
    """Return (before, after) for everything that is needed before one of the competencies, in a school's eyes.

    What only helps is left out: nobody waits for it. Of links that run in a circle the most doubtful are left out too.
    """
    links = needed(prerequisite_links(school_id, into=competency_ids))
    kept, _closing = without_circles(links)
    return [(link.before, link.after) for link in kept]


def lending(competency_ids: Iterable[int], *, of_students: Iterable[int] | None = None) -> dict[int, tuple[int, ...]]:
    """Return which competencies tell something of which: what comes before them, and what a crosswalk pairs them with.

    Links of everybody count, and with `of_students` also those of the schools in which they learn.
    """
    wanted = list(competency_ids)
    pairing = (CompetencyLink.Kind.CROSSWALK, CompetencyLink.Kind.EXACT_MATCH)
    whose = Q(school__isnull=True)
    if of_students is not None:
        enrolled = Enrolment.objects.filter(student__in=list(of_students), left_on=None)
        whose |= Q(school__in=enrolled.values("school_class__school"))
    rows = CompetencyLink.objects.filter(
        Q(kind=CompetencyLink.Kind.PREREQUISITE, target__in=wanted)
        | Q(kind__in=pairing, target__in=wanted)
        | Q(kind__in=pairing, origin__in=wanted),
        whose,
        status=CompetencyLink.Status.ACCEPTED,
        is_withdrawn=False,
        origin__isnull=False,
        target__isnull=False,
    ).values_list("kind", "origin_id", "target_id")
    near: dict[int, set[int]] = defaultdict(set)
    inside = set(wanted)
    for kind, origin, target in rows:
        if target in inside and origin is not None:
            near[target].add(origin)
        if kind in pairing and origin in inside and target is not None:
            near[origin].add(target)
    return {key: tuple(sorted(found - {key})) for key, found in near.items()}


# --- frameworks as somebody of a school reads them ---------------------------------------------------------------------


def _readable_by(viewer: Person, framework: str = "") -> Q:
    """Return what makes a framework readable: published, or of a school where the viewer plays a part or leads."""
    school = f"{framework}school"
    return (
        Q(**{f"{school}__isnull": True})
        | Q(**{f"{school}__in": schools_of(viewer)})
        | Q(**{f"{school}__in": organisations_led_by(viewer)})
    )


def frameworks_for(viewer: Person) -> QuerySet[Framework]:
    """Return the published frameworks and those of the viewer's own schools, with how many competencies they hold."""
    return (
        Framework.objects.filter(_readable_by(viewer))
        .annotate(
            competency_count=Count(
                "competencies", filter=Q(competencies__is_withdrawn=False, competencies__is_assessable=True)
            )
        )
        .select_related("school")
        .defer("extra")
        .order_by("title", "pk")
    )


def framework_for(viewer: Person, framework_id: int) -> Framework:
    """Return a framework the viewer may read; another school's is not found."""
    found = frameworks_for(viewer).filter(pk=framework_id).first()
    if found is None:
        raise NotFound
    return found


def competency_for(viewer: Person, competency_id: int) -> Competency:
    """Return a competency with its framework; one of another school's own framework is not found."""
    found = (
        Competency.objects.filter(pk=competency_id)
        .filter(_readable_by(viewer, "framework__"))
        .select_related("framework", "parent")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def competencies_found(viewer: Person, words: str, *, limit: int = 12) -> list[Competency]:
    """Return assessable competencies whose code, name or statement holds the words, in any framework of the viewer's."""
    rows = Competency.objects.filter(_readable_by(viewer, "framework__"), is_assessable=True, is_withdrawn=False)
    for word in words.split()[:6]:
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(short__icontains=word)
            | Q(statement__icontains=word)
            | Q(pk__in=ICan.objects.filter(Q(words__icontains=word) | Q(short__icontains=word)).values("competency"))
        )
    return list(rows.select_related("framework").order_by("framework_id", "order", "pk")[:limit])


def wordings_of(competency: Competency) -> list[ICan]:
    """Return how a competency is called in each language that somebody worded it in."""
    return list(competency.i_cans.order_by("language"))


def school_of_framework(viewer: Person, framework: Framework) -> Organisation:
    """Return the viewer's own school that a framework belongs to; a published one, or another school's, is not found."""
    found = schools_of(viewer).filter(pk=framework.school_id).first() if framework.school_id else None
    if found is None:
        raise NotFound
    return found


# --- frameworks as they are kept, sent and compared -------------------------------------------------------------------


def open_frameworks() -> QuerySet[Framework]:
    """Return the frameworks that anybody may ask for: published ones, and what a school opened of its own."""
    return Framework.objects.filter(is_open=True).select_related("school").order_by("title", "pk")


def open_frameworks_in_short() -> list[tuple[Framework, object]]:
    """Return the open frameworks, each with the sender's record of it alone: definitions may be large."""
    rows = open_frameworks().defer("extra").annotate(sent_document=KeyTransform("document", "extra"))
    return [(row, row.sent_document) for row in rows]


def open_framework(*, name: str = "", uuid: UUID | None = None, pk: int | None = None) -> Framework | None:
    """Return an open framework by the sender's id, by ours, or by its row; the newest wins."""
    wanted = Q(pk=pk) if pk is not None else Q(source_id__in=_spellings(name))
    return open_frameworks().filter(wanted | Q(uuid=uuid) if uuid else wanted).order_by("-pk").first()


def _spellings(name: str) -> set[str]:
    """Return how an identifier may be kept: hexadecimal digits come in capitals and in small letters."""
    return {name, name.lower(), name.upper()} if name else set()


def open_framework_names() -> list[tuple[int, str]]:
    """Return (row, sender's id) of every open framework."""
    return list(open_frameworks().exclude(source_id="").values_list("pk", "source_id"))


def frameworks_managed_by(leader: Person) -> QuerySet[Framework]:
    """Return the published frameworks and those of the leader's own schools, with how many competencies they hold."""
    here = Q(competencies__is_withdrawn=False)
    return (
        Framework.objects.filter(Q(school__isnull=True) | Q(school__in=organisations_led_by(leader)))
        .annotate(
            competency_count=Count("competencies", filter=here & Q(competencies__is_assessable=True)),
            heading_count=Count("competencies", filter=here & Q(competencies__is_assessable=False)),
            withdrawn_count=Count("competencies", filter=Q(competencies__is_withdrawn=True)),
        )
        .select_related("school")
        .defer("extra")
        .order_by("title", "pk")
    )


def framework_managed_by(leader: Person, framework_id: int) -> Framework:
    """Return a framework the leader may manage; another school's is not found."""
    found = frameworks_managed_by(leader).filter(pk=framework_id).first()
    if found is None:
        raise NotFound
    return found


def incoming_frameworks(leader: Person) -> QuerySet[IncomingFramework]:
    """Return the editions that wait at the leader's schools, newest first, without their content."""
    return (
        IncomingFramework.objects.filter(school__in=organisations_led_by(leader))
        .select_related("brought_by")
        .defer("content")
        .order_by("-brought_at", "-pk")
    )


def incoming_framework(leader: Person, uuid: UUID) -> IncomingFramework:
    """Return one edition that waits; another school's is not found."""
    found = IncomingFramework.objects.filter(school__in=organisations_led_by(leader), uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def competencies_to_send(framework: Framework) -> QuerySet[Competency]:
    """Return what goes out of a framework: everything its newest edition holds, in its order."""
    return framework.competencies.filter(is_withdrawn=False).order_by("order", "pk")


def links_to_send(framework: Framework) -> QuerySet[CompetencyLink]:
    """Return the links that go out with a framework: what came with it, and what its own school drew; no suggestions."""
    return framework.links.filter(_goes_out()).select_related("origin", "target").order_by("pk")


def _goes_out() -> Q:
    own = Q(
        ~Q(origin__is_withdrawn=True),
        ~Q(target__is_withdrawn=True),
        school__isnull=False,
        school=F("framework__school"),
    )
    return Q(is_withdrawn=False, status=CompetencyLink.Status.ACCEPTED) & (
        Q(source=CompetencyLink.Source.PUBLISHED) | own
    )


def open_competency(*, name: str = "", uuid: UUID | None = None, pk: int | None = None) -> Competency | None:
    """Return a competency of an open framework by the sender's id, by ours, or by its row; the newest framework wins."""
    wanted = Q(pk=pk) if pk is not None else Q(source_id__in=_spellings(name))
    return (
        Competency.objects.filter(wanted | Q(uuid=uuid) if uuid else wanted)
        .filter(is_withdrawn=False, framework__is_open=True)
        .select_related("framework__school", "parent")
        .order_by("-framework_id", "pk")
        .first()
    )


def open_competency_names() -> Iterable[tuple[int, str]]:
    """Return (row, sender's id) of the open competencies whose id is no UUID of 36 characters."""
    rows = Competency.objects.filter(is_withdrawn=False, framework__is_open=True).exclude(source_id="")
    return rows.annotate(length=Length("source_id")).exclude(length=36).values_list("pk", "source_id").iterator()


def children_to_send(competency: Competency) -> QuerySet[Competency]:
    """Return the competencies right below one, each with it as its parent."""
    rows = competency.children.filter(is_withdrawn=False, framework=competency.framework_id)
    return rows.select_related("parent").order_by("order", "pk")


def open_link(*, name: str = "", pk: int | None = None) -> CompetencyLink | None:
    """Return a link of an open framework by the sender's id, or by its row."""
    wanted = Q(pk=pk) if pk is not None else Q(source_id__in=_spellings(name))
    return (
        CompetencyLink.objects.filter(_goes_out(), wanted, framework__is_open=True)
        .select_related("framework__school", "origin", "target")
        .order_by("-framework_id", "pk")
        .first()
    )


def open_link_names() -> Iterable[tuple[int, str, UUID]]:
    """Return (row, sender's id, framework) of the open links whose id is no UUID of 36 characters."""
    rows = CompetencyLink.objects.filter(_goes_out(), framework__is_open=True)
    rows = rows.annotate(length=Length("source_id")).exclude(length=36)
    return rows.values_list("pk", "source_id", "framework__uuid").iterator()


def open_places_in_tree() -> Iterable[tuple[int, UUID, UUID]]:
    """Return (row, competency, framework) of the open competencies that came without a sender's record of their own."""
    rows = Competency.objects.filter(is_withdrawn=False, framework__is_open=True, extra__item__isnull=True)
    return rows.values_list("pk", "uuid", "framework__uuid").iterator()


def open_links_of(competency: Competency) -> QuerySet[CompetencyLink]:
    """Return the links of open frameworks that begin or end at a competency."""
    return (
        CompetencyLink.objects.filter(_goes_out(), Q(origin=competency) | Q(target=competency), framework__is_open=True)
        .select_related("framework__school", "origin", "target")
        .order_by("pk")
    )


def open_frameworks_that_mention(words: str) -> QuerySet[Framework]:
    """Return the open frameworks in whose own records these words stand: definitions and rubrics are kept there whole."""
    return open_frameworks().annotate(words=Cast("extra", TextField())).filter(words__icontains=words).order_by("-pk")


def kept_edition(framework: Framework) -> tuple[FrameworkIn, frozenset[str], frozenset[str]]:
    """Return a framework as it is kept, to compare a new edition with, and the ids of withdrawn competencies and links."""
    rows = list(framework.competencies.exclude(source_id="").order_by("order", "pk"))
    names = {row.pk: row.source_id for row in rows}
    links = list(framework.links.filter(source=CompetencyLink.Source.PUBLISHED).order_by("pk"))
    far = {end for link in links for end in (link.origin_id, link.target_id) if end is not None and end not in names}
    names.update(_source_ids(far))
    kept = FrameworkIn(
        source=framework.source,
        source_id=framework.source_id,
        title=framework.title,
        creator=framework.creator,
        subject=framework.subject,
        language=framework.language,
        licence=framework.licence,
        competencies=tuple(
            CompetencyIn(
                source_id=row.source_id,
                statement=row.statement,
                code=row.code,
                short=row.short,
                parent=names.get(row.parent_id or 0, ""),
                kind=row.kind,
                nature=row.nature,
                grade_low=row.grade_low,
                grade_high=row.grade_high,
                is_assessable=row.is_assessable,
                extra=row.extra,
            )
            for row in rows
        ),
        links=tuple(
            LinkIn(
                kind=link.kind,
                origin=names.get(link.origin_id or 0, ""),
                target=names.get(link.target_id or 0, ""),
                origin_uri=link.origin_uri,
                target_uri=link.target_uri,
                association=link.association,
                why=link.why,
                source_id=link.source_id,
                extra=link.extra,
            )
            for link in links
        ),
        extra=framework.extra,
    )
    withdrawn = frozenset(row.source_id for row in rows if row.is_withdrawn)
    return kept, withdrawn, frozenset(link.source_id for link in links if link.is_withdrawn)


def _source_ids(ids: Iterable[int]) -> dict[int, str]:
    """Return the sender's ids by ours; asked in parts, because a database takes only so many values at once."""
    found: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        found.update(Competency.objects.filter(pk__in=wanted[start : start + 500]).values_list("pk", "source_id"))
    return found


# --- what a school calls the states of mastery ------------------------------------------------------------------------


def state_words_of(school: Organisation, language: str) -> dict[str, tuple[str, str]]:
    """Return (word, meaning) by state as a school words them in a language; states it left alone are not there."""
    rows = ProficiencyWord.objects.filter(school=school, language=language)
    return {row.state: (row.word, row.meaning) for row in rows}


def state_words_for(person: Person, language: str) -> dict[str, tuple[str, str]]:
    """Return (word, meaning) by state as the person's school words them; of several schools, the first that does.

    Asked in one query, once for each page.
    """
    rows = (
        ProficiencyWord.objects.filter(school__role_grants__person=person, language=language)
        .order_by("school_id", "pk")
        .values_list("school_id", "state", "word", "meaning")
    )
    found: dict[str, tuple[str, str]] = {}
    first = None
    for school_id, state, word, meaning in rows:
        first = first or school_id
        if school_id == first:
            found[state] = (word, meaning)
    return found
