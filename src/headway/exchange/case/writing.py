"""Makes CASE records of any framework, wherever it came from.

What was read from CASE goes out as it came (1.0) or as 1.1 wants it; what was not is written in CASE's words, with our own
identifiers and addresses. Withdrawn competencies and links stay at home.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from headway.exchange.case import fitting, wire
from headway.exchange.case.fitting import Place, is_uuid
from headway.exchange.case.wire import Json
from headway.records.standards import queries

if TYPE_CHECKING:
    from headway.records.standards.models import Competency, CompetencyLink, Framework

V1P0, V1P1 = "v1p0", "v1p1"
ASSOCIATION_OF_KIND = {
    "prerequisite": "precedes",
    "exact-match": "exactMatchOf",
    "crosswalk": "isRelatedTo",
    "related": "isRelatedTo",
    "other": "isRelatedTo",
}
ASSOCIATION_OF_MATCH = {"exact": "exactMatchOf", "part": "isPartOf", "close": "isRelatedTo"}


class Writer:
    """Writes the records of one framework in one version of CASE, for one address of this service."""

    def __init__(
        self, framework: Framework, *, service: str, version: str, extra: Mapping[str, Any] | None = None
    ) -> None:
        moment = framework.taken_at.astimezone(UTC).isoformat() if framework.taken_at else fitting.NO_MOMENT
        self.framework = framework
        self.version = version
        self.place = Place(address=f"{service}/{version}", moment=moment)
        # `extra` is what was read of the sender's record: all of it, or the document alone for a list of frameworks.
        kept: Any = framework.extra if extra is None else extra
        self.extra: Mapping[str, Any] = kept if isinstance(kept.get("document"), dict) else {}
        self.has_document = bool(self.extra)

    # --- the document ---------------------------------------------------------------------------------------------

    @property
    def document_id(self) -> str:
        """The identifier of the framework in CASE."""
        if self.has_document:
            return str(self.extra["document"]["identifier"])
        return self.framework.source_id if is_uuid(self.framework.source_id) else str(self.framework.uuid)

    def document(self, *, is_in_package: bool = False) -> Json:
        """Return the CFDocument; outside a package it says where its package is."""
        sent = dict(self.extra["document"]) if self.has_document else self._own_document()
        made = fitting.fit("CFDocument", sent, self.place) if self.version == V1P1 else sent
        if not is_in_package and (self.version == V1P1 or "CFPackageURI" not in made):
            # A package lies where it is asked for; what an early export says of another service is no use to the asker.
            made["CFPackageURI"] = self._link("CFPackages", made["identifier"], made["title"])
        return made

    def _own_document(self) -> Json:
        framework = self.framework
        made: Json = {
            "identifier": self.document_id,
            "uri": self.place.of("CFDocument", self.document_id),
            "creator": framework.creator or (framework.school.name if framework.school else framework.title),
            "title": framework.title,
            "lastChangeDateTime": self.place.moment,
            "language": framework.language,
            "adoptionStatus": "Implemented",
        }
        if framework.subject:
            made["subject"] = [framework.subject]
        if framework.licence:
            made["licenseURI"] = self._link("CFLicenses", self._own_id("licence"), framework.licence)
        return made

    def _own_id(self, what: str) -> str:
        return str(uuid5(self.framework.uuid, what))

    def _link(self, plural: str, identifier: str, title: str) -> Json:
        return {"title": title, "identifier": identifier, "uri": f"{self.place.address}/{plural}/{identifier}"}

    def _document_link(self) -> Json:
        document = self.document(is_in_package=True)
        uri = document.get("uri") or self.place.of("CFDocument", self.document_id)
        return {"title": document["title"], "identifier": document["identifier"], "uri": uri}

    # --- items and associations -----------------------------------------------------------------------------------

    def item(self, competency: Competency) -> Json:
        """Return a competency as a CFItem that says which document it belongs to."""
        made = self.record("CFItem", self._sent_item(competency))
        made.setdefault("CFDocumentURI", self._document_link())
        return made

    def _sent_item(self, competency: Competency) -> Json:
        sent = competency.extra.get("item") if isinstance(competency.extra, dict) else None
        return {"fullStatement": competency.statement, **sent} if isinstance(sent, dict) else self._own_item(competency)

    def _own_item(self, competency: Competency) -> Json:
        identifier = item_id(competency)
        made: Json = {
            "identifier": identifier,
            "uri": self.place.of("CFItem", identifier),
            "fullStatement": competency.statement,
            "lastChangeDateTime": self.place.moment,
        }
        if competency.code:
            made["humanCodingScheme"] = competency.code
        if competency.short:
            made["abbreviatedStatement"] = competency.short
        if competency.kind:
            made["CFItemType"] = competency.kind
        if competency.grade_low is not None and competency.grade_high is not None:
            grades = range(competency.grade_low, competency.grade_high + 1)
            made["educationLevel"] = ["KG" if grade == 0 else f"{grade:02}" for grade in grades]
        return made

    def association(self, link: CompetencyLink) -> Json:
        """Return a link as a CFAssociation that says which document it belongs to."""
        return self._standing_alone(self._sent_association(link))

    def _standing_alone(self, association: Json) -> Json:
        made = self.record("CFAssociation", association)
        made.setdefault("CFDocumentURI", self._document_link())
        return made

    def _sent_association(self, link: CompetencyLink) -> Json:
        sent = link.extra.get("association") if isinstance(link.extra, dict) else None
        return dict(sent) if isinstance(sent, dict) else self._own_association(link)

    def _own_association(self, link: CompetencyLink) -> Json:
        identifier = link.source_id if is_uuid(link.source_id) else link_id(self.framework.uuid, link.pk)
        known = link.association if link.association in fitting.ASSOCIATION_TYPES else ""
        kind = known or (link.match and ASSOCIATION_OF_MATCH[link.match]) or ASSOCIATION_OF_KIND[link.kind]
        made = self._association(
            identifier,
            kind,
            self._end(link.origin, link.origin_uri),
            self._end(link.target, link.target_uri),
        )
        words = link.why.get("reason") if isinstance(link.why, dict) else None
        # 1.0 has no field for a reason.
        return made | ({"notes": words} if isinstance(words, str) and words and self.version == V1P1 else {})

    def place_in_tree(self, competency: Competency, number: int | None = None) -> Json | None:
        """Return the association that says where a competency stands; None where the sender's own says it."""
        if isinstance(competency.extra.get("item"), dict):
            return None
        return self._standing_alone(self._child_association(competency, competency.parent, number))

    def _child_association(self, competency: Competency, parent: Competency | None, number: int | None) -> Json:
        identifier = place_id(self.framework.uuid, competency.uuid)
        above = self._end(parent, "") if parent is not None else self._document_link()
        made = self._association(identifier, "isChildOf", self._end(competency, ""), above)
        return made | ({"sequenceNumber": number} if number is not None else {})

    def _association(self, identifier: str, kind: str, origin: Json, target: Json) -> Json:
        return {
            "identifier": identifier,
            "associationType": kind,
            "uri": self.place.of("CFAssociation", identifier),
            "originNodeURI": origin,
            "destinationNodeURI": target,
            "lastChangeDateTime": self.place.moment,
        }

    def _end(self, competency: Competency | None, address: str) -> Json:
        if competency is None:
            name = wire.end_of(address)[0]
            return {"title": name, "identifier": name, "uri": address}
        sent = competency.extra.get("item") if isinstance(competency.extra, dict) else None
        item: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
        identifier = str(item.get("identifier") or item_id(competency))
        return {
            "title": competency.code or competency.short or competency.statement[:80],
            "identifier": identifier,
            "uri": str(item.get("uri") or self.place.of("CFItem", identifier)),
        }

    # --- definitions, rubrics, the whole --------------------------------------------------------------------------

    def definitions(self) -> Mapping[str, Any]:
        """Return the definitions of the framework, before any version's fields are looked at."""
        if self.has_document:
            found = self.extra.get("definitions")
            return found if isinstance(found, dict) else {}
        made: Json = {name: [] for name in wire.DEFINITIONS}
        if self.framework.licence:
            identifier = self._own_id("licence")
            made["CFLicenses"] = [
                {
                    "identifier": identifier,
                    "uri": self.place.of("CFLicense", identifier),
                    "title": self.framework.licence,
                    "licenseText": self.framework.licence,
                    "lastChangeDateTime": self.place.moment,
                }
            ]
        return made

    def rubrics(self) -> list[Any]:
        """Return the rubrics of the framework as they were sent."""
        found = self.extra.get("rubrics") if self.has_document else None
        return found if isinstance(found, list) else []

    def record(self, kind: str, sent: Mapping[str, Any]) -> Json:
        """Return a definition or a rubric in this version."""
        return fitting.fit(kind, sent, self.place) if self.version == V1P1 else dict(sent)

    def package(self) -> Json:
        """Return the whole package, in the order it came in; three queries whatever its size."""
        competencies = list(queries.competencies_to_send(self.framework))
        links = list(queries.links_to_send(self.framework))
        items = _in_file_order((row.extra, self._sent_item(row)) for row in competencies)
        associations = _in_file_order((link.extra, self._sent_association(link)) for link in links)
        associations += self._children(competencies)
        if not self.has_document:
            made: Json = {
                "CFDocument": self._own_document(),
                "CFItems": items,
                "CFAssociations": associations,
                "CFDefinitions": self.definitions(),
            }
            return fitting.fit_package(made, self.place) if self.version == V1P1 else made
        extra = self.extra
        rubrics = extra.get("rubrics")
        for place, row in sorted(extra.get("repeated_items") or (), key=lambda entry: int(entry[0])):
            items.insert(min(int(place), len(items)), row)
        sent = wire.build(
            wire.Package(
                document=extra["document"],
                items=tuple(items),
                associations=tuple(associations),
                definitions=extra.get("definitions"),
                rubrics=tuple(rubrics) if rubrics is not None else None,
                rest=extra.get("rest") or {},
                # A link that was made here since goes out even where the file had no list of its own for it.
                missing=tuple(name for name in extra.get("missing") or () if not (associations and "Assoc" in name)),
                nulls=tuple(name for name in extra.get("nulls") or () if not (associations and "Assoc" in name)),
            )
        )
        return fitting.fit_package(sent, self.place) if self.version == V1P1 else sent

    def _children(self, competencies: list[Competency]) -> list[Json]:
        """Return where competencies stand that came without associations of their own (not from CASE, or made here)."""
        by_pk = {row.pk: row for row in competencies}
        made = []
        numbers: dict[int | None, int] = {}
        for row in competencies:
            numbers[row.parent_id] = numbers.get(row.parent_id, 0) + 1
            if not isinstance(row.extra.get("item"), dict):
                parent = by_pk.get(row.parent_id) if row.parent_id is not None else None
                made.append(self._child_association(row, parent, numbers[row.parent_id]))
        return made


def link_id(framework: UUID, link_pk: int) -> str:
    """Return the identifier of a link that no sender named."""
    return str(uuid5(framework, f"link {link_pk}"))


def place_id(framework: UUID, competency: UUID) -> str:
    """Return the identifier of the association that says where a competency stands, where no sender's own says it."""
    return str(uuid5(framework, f"child {competency}"))


def item_id(competency: Competency) -> str:
    """Return the identifier a competency has in CASE when it did not come from there."""
    return competency.source_id if is_uuid(competency.source_id) else str(competency.uuid)


def _in_file_order(rows: Iterable[tuple[Any, Json]]) -> list[Json]:
    """Return records by their place in the sender's file; those without one come after, in their own order."""
    placed = [
        (extra.get("place") if isinstance(extra, dict) else None, number, record)
        for number, (extra, record) in enumerate(rows)
    ]
    placed.sort(key=lambda row: (row[0] is None, row[0] if row[0] is not None else row[1], row[1]))
    return [record for _place, _number, record in placed]
