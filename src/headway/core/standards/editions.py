"""What a new edition of a framework would change, said before it is taken.

Two editions of one framework are compared by the sender's own identifiers: what is new, what reads differently, what moved
in the tree, what is no longer there, what comes back. Nothing is decided here and nothing is lost: a competency that a new
edition leaves out is withdrawn, never deleted, because evidence and class paths point at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn

# Where a row stands in a file says nothing about the competency.
QUIET_FIELDS = frozenset({"place"})
ROWS_KEPT = 500
FRAMEWORK_FIELDS = ("title", "creator", "subject", "language", "licence")
COMPETENCY_FIELDS = ("code", "short", "statement", "kind", "nature", "grades", "is_assessable")
LONGEST_VALUE, LONGEST_STATEMENT = 2000, 300


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field that would read differently."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class RowChange:
    """A competency that would be made, changed, moved, withdrawn or taken back, with what the change is."""

    source_id: str
    code: str
    statement: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Everything a new edition would change. A moved competency names its old and new parent as its one field."""

    is_new: bool = False
    framework: tuple[FieldChange, ...] = ()
    made: tuple[RowChange, ...] = ()
    changed: tuple[RowChange, ...] = ()
    moved: tuple[RowChange, ...] = ()
    withdrawn: tuple[RowChange, ...] = ()
    came_back: tuple[RowChange, ...] = ()
    unchanged: int = 0
    links_made: int = 0
    links_changed: int = 0
    links_withdrawn: int = 0
    is_kept_differently: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the new edition is the one that is here."""
        rows = (self.framework, self.made, self.changed, self.moved, self.withdrawn, self.came_back)
        links = self.links_made + self.links_changed + self.links_withdrawn
        return not (self.is_new or any(rows) or links or self.is_kept_differently)

    def as_json(self) -> dict[str, Any]:
        """Return the changes as plain JSON values: all counts, and at most `ROWS_KEPT` rows of each sort."""
        sorts = {name: getattr(self, name) for name in ("made", "changed", "moved", "withdrawn", "came_back")}
        return {
            "is_new": self.is_new,
            "is_empty": self.is_empty,
            "framework": [_field_json(one) for one in self.framework],
            "counts": {name: len(rows) for name, rows in sorts.items()}
            | {
                "unchanged": self.unchanged,
                "links_made": self.links_made,
                "links_changed": self.links_changed,
                "links_withdrawn": self.links_withdrawn,
            },
            **{name: [_row_json(row) for row in rows[:ROWS_KEPT]] for name, rows in sorts.items()},
        }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def _field_json(change: FieldChange) -> dict[str, str]:
    return {
        "field": change.field,
        "before": _cut(change.before, LONGEST_VALUE),
        "after": _cut(change.after, LONGEST_VALUE),
    }


def _row_json(row: RowChange) -> dict[str, Any]:
    return {
        "source_id": row.source_id,
        "code": row.code,
        "statement": _cut(row.statement, LONGEST_STATEMENT),
        "fields": [_field_json(change) for change in row.fields],
    }


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How to compare two editions of one format: fields that say nothing, and fields that repeat a column."""

    quiet: frozenset[str] = QUIET_FIELDS
    columns: Mapping[str, str] = field(default_factory=dict)


def compare(
    before: FrameworkIn | None,
    after: FrameworkIn,
    *,
    withdrawn_ids: Iterable[str] = (),
    withdrawn_link_ids: Iterable[str] = (),
    reading: Reading | None = None,
) -> Changes:
    """Say what taking `after` would change in `before`, which is None where the framework is not here yet.

    `before` holds withdrawn competencies and links too; `withdrawn_ids` and `withdrawn_link_ids` name them.
    """
    reading = reading or Reading()
    if before is None:
        return Changes(is_new=True, made=tuple(_row(row) for row in after.competencies), links_made=len(after.links))
    gone = frozenset(withdrawn_ids)
    old = {row.source_id: row for row in before.competencies}
    new = {row.source_id: row for row in after.competencies}
    made, changed, moved, came_back, unchanged = [], [], [], [], 0
    for name, row in new.items():
        if name not in old:
            made.append(_row(row))
            continue
        fields = tuple(_differences(old[name], row, reading))
        is_moved = old[name].parent != row.parent
        if fields:
            changed.append(_row(row, fields))
        if is_moved:
            names = [
                _name_of(edition.get(parent), after.title)
                for edition, parent in ((old, old[name].parent), (new, row.parent))
            ]
            moved.append(_row(row, (FieldChange(field="parent", before=names[0], after=names[1]),)))
        if name in gone:
            came_back.append(_row(row))
        unchanged += not (fields or is_moved or name in gone)
    links_made, links_changed, links_withdrawn = _link_changes(before, after, frozenset(withdrawn_link_ids), reading)
    return Changes(
        framework=tuple(_framework_differences(before, after, reading)),
        made=tuple(made),
        changed=tuple(changed),
        moved=tuple(moved),
        came_back=tuple(came_back),
        withdrawn=tuple(_row(row) for name, row in old.items() if name and name not in new and name not in gone),
        unchanged=unchanged,
        is_kept_differently=before.extra != after.extra,
        links_made=links_made,
        links_changed=links_changed,
        links_withdrawn=links_withdrawn,
    )


def _row(row: CompetencyIn, fields: tuple[FieldChange, ...] = ()) -> RowChange:
    return RowChange(source_id=row.source_id, code=row.code, statement=row.statement, fields=fields)


def _name_of(row: CompetencyIn | None, top: str) -> str:
    return top if row is None else row.code or row.short or row.statement[:80]


def _columns(row: CompetencyIn) -> dict[str, object]:
    low, high = row.grade_low, row.grade_high
    grades = "" if low is None else str(low) if low == high else f"{low}–{high}"
    return {name: grades if name == "grades" else getattr(row, name) for name in COMPETENCY_FIELDS}


def _differences(before: CompetencyIn, after: CompetencyIn, reading: Reading) -> Iterable[FieldChange]:
    old, new = _columns(before), _columns(after)
    different = {name for name in COMPETENCY_FIELDS if old[name] != new[name]}
    for name in COMPETENCY_FIELDS:
        if name in different:
            yield FieldChange(field=name, before=_text(old[name]), after=_text(new[name]))
    if before.extra == after.extra:
        return
    for change in _extra_differences(before.extra, after.extra, reading.quiet):
        if reading.columns.get(change.field) not in different:
            yield change


def _extra_differences(
    before: Mapping[str, object], after: Mapping[str, object], quiet: frozenset[str]
) -> Iterable[FieldChange]:
    """Name the fields the sender's own record holds that differ; a record inside is looked into one level deep."""
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if name in quiet or old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in dict.fromkeys([*old, *new]):
                if key not in quiet and old.get(key) != new.get(key):
                    yield FieldChange(field=str(key), before=_text(old.get(key)), after=_text(new.get(key)))
        else:
            yield FieldChange(field=name, before=_text(old), after=_text(new))


def _framework_differences(before: FrameworkIn, after: FrameworkIn, reading: Reading) -> Iterable[FieldChange]:
    for name in FRAMEWORK_FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield FieldChange(field=name, before=old, after=new)


def _link_changes(
    before: FrameworkIn, after: FrameworkIn, gone: frozenset[str], reading: Reading
) -> tuple[int, int, int]:
    old = {link.source_id: link for link in before.links if link.source_id}
    own = {(link.kind, link.origin, link.target) for link in before.links if not link.source_id}
    made = changed = 0
    seen: set[str] = set()
    for link in after.links:
        if not link.source_id:
            made += (link.kind, link.origin, link.target) not in own
        elif link.source_id not in old or link.source_id in gone:
            made += 1
        else:
            changed += _link_differs(old[link.source_id], link, reading.quiet)
        seen.add(link.source_id)
    withdrawn = sum(1 for name in old if name not in seen and name not in gone)
    return made, changed, withdrawn


def _link_differs(before: LinkIn, after: LinkIn, quiet: frozenset[str]) -> bool:
    if any(
        getattr(before, name) != getattr(after, name) for name in ("kind", "origin_uri", "target_uri", "association")
    ):
        return True
    # An end that was not here yet has no name; that it is found now is no change of the edition.
    if any(getattr(before, end) and getattr(before, end) != getattr(after, end) for end in ("origin", "target")):
        return True
    return before.extra != after.extra and any(True for _ in _extra_differences(before.extra, after.extra, quiet))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, Mapping):
        return str(value.get("title") or value.get("uri") or dict(value))
    return str(value)
