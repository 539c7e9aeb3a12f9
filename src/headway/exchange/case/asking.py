"""What may be asked of the list of frameworks: pages, order, filters and fields, as the CASE REST binding says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headway.exchange.case.fitting import FIELDS
from headway.exchange.case.wire import Json

USUAL_LIMIT = 100
FIELDS_OF_A_DOCUMENT = frozenset({*FIELDS["CFDocument"], "CFPackageURI", "extensions"})
_CLAUSE = r"\s*([\w.:-]+)\s*(!=|>=|<=|=|>|<|~)\s*'([^']*)'\s*"
_FILTER = re.compile(rf"^{_CLAUSE}(?:(AND|OR){_CLAUSE})?$")


class BadRequest(Exception):
    """A request that cannot be answered: the parameter, the code of the standard, and a sentence."""

    def __init__(self, parameter: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.parameter = parameter
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One comparison of a filter."""

    field: str
    predicate: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request for the list of frameworks."""

    limit: int
    offset: int
    sort: str
    is_descending: bool
    clauses: tuple[Clause, ...]
    needs_all: bool
    fields: tuple[str, ...]


def read(parameters: Mapping[str, str]) -> Asked:
    """Return what a query string asks for.

    Raises BadRequest with the parameter that cannot be understood.
    """
    order = parameters.get("orderBy", "asc")
    if order not in {"asc", "desc"}:
        raise BadRequest("orderBy", "invalid_sort_field", "orderBy is asc or desc.")
    clauses, needs_all = _clauses(parameters["filter"]) if "filter" in parameters else ((), True)
    fields: tuple[str, ...] = ()
    if "fields" in parameters:
        fields = tuple(name.strip() for name in parameters["fields"].split(","))
        if "" in fields:
            raise BadRequest("fields", "invalid_selection_field", "fields names a blank field.")
        # One field that does not exist, and all of the record is returned.
        if not set(fields) <= FIELDS_OF_A_DOCUMENT:
            fields = ()
    return Asked(
        limit=_number(parameters, "limit", USUAL_LIMIT, least=1),
        offset=_number(parameters, "offset", 0, least=0),
        sort=parameters.get("sort", ""),
        is_descending=order == "desc",
        clauses=clauses,
        needs_all=needs_all,
        fields=fields,
    )


def _number(parameters: Mapping[str, str], name: str, usual: int, *, least: int) -> int:
    given = parameters.get(name)
    if given is None:
        return usual
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) >= least):
        raise BadRequest(name, "invalid_selection_field", f"{name} is a whole number from {least}.")
    return int(given)


def _clauses(text: str) -> tuple[tuple[Clause, ...], bool]:
    found = _FILTER.match(text)
    if found is None:
        raise BadRequest(
            "filter",
            "invalid_selection_field",
            "invalid_filter_field: a filter reads field='value', with = != > >= < <= or ~, and at most one AND or OR.",
        )
    first, second = found.group(1, 2, 3), found.group(5, 6, 7)
    clauses = tuple(
        Clause(field=field, predicate=predicate, value=value)
        for field, predicate, value in ([first, second] if found.group(4) else [first])
    )
    for clause in clauses:
        if clause.field.split(".", 1)[0] not in FIELDS_OF_A_DOCUMENT:
            raise BadRequest(
                "filter",
                "invalid_selection_field",
                f"invalid_filter_field: a CFDocument has no field “{clause.field}”.",
            )
    return clauses, found.group(4) != "OR"


def _plain(text: object) -> str:
    """Return text to compare: case and the way of writing an accent do not matter."""
    return unicodedata.normalize("NFC", str(text)).casefold()


def _value(document: Json, path: str) -> object:
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _holds(document: Json, clause: Clause) -> bool:
    value = _value(document, clause.field)
    rows = [_plain(one) for one in value] if isinstance(value, list) else None
    wanted = _plain(clause.value)
    mine = ",".join(rows) if rows is not None else _plain("" if value is None else value)
    match clause.predicate:
        case "=":
            return value is not None and mine == wanted
        case "!=":
            return mine != wanted
        case "~":
            if rows is not None and "," in wanted:
                return any(part.strip() in row for part in wanted.split(",") for row in rows)
            return value is not None and wanted in mine
        case ">":
            return value is not None and mine > wanted
        case ">=":
            return value is not None and mine >= wanted
        case "<":
            return value is not None and mine < wanted
        case _:
            return value is not None and mine <= wanted


def choose(documents: Sequence[Json], asked: Asked) -> tuple[list[Json], int]:
    """Return the page that was asked for, and how many documents there are in all."""
    join = all if asked.needs_all else any
    found = [
        document
        for document in documents
        if not asked.clauses or join(_holds(document, clause) for clause in asked.clauses)
    ]
    if asked.sort in FIELDS_OF_A_DOCUMENT:
        found.sort(key=lambda document: _sorted_by(document, asked.sort), reverse=asked.is_descending)
    page = found[asked.offset : asked.offset + asked.limit]
    if asked.fields:
        page = [{name: document[name] for name in asked.fields if name in document} for document in page]
    return page, len(found)


def _sorted_by(document: Json, name: str) -> str:
    value = _value(document, name)
    if isinstance(value, dict):
        value = value.get("title", "")
    # Accents count after letters, as a reader expects.
    return unicodedata.normalize("NFD", _plain(value if value is not None else ""))


def pages(asked: Asked, total: int) -> list[tuple[str, int, int]]:
    """Return (relation, limit, offset) of the pages around this one."""
    last = (max(0, total - 1) // asked.limit) * asked.limit
    found = [("first", asked.limit, 0), ("last", min(asked.limit, total - last) or asked.limit, last)]
    if asked.offset + asked.limit < total:
        found.append(("next", asked.limit, asked.offset + asked.limit))
    if asked.offset > 0:
        found.append(("prev", asked.limit, max(0, asked.offset - asked.limit)))
    return found
