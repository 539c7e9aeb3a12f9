"""An answer as a form sends it, read into the values that QTI writes: only this question's fields, and only so much.

The names of the fields, for an interaction whose response variable is R:

| kind | fields |
|---|---|
| choice, hotspot, hottext, inline-choice, text-entry, extended-text, slider, media, end-attempt, custom | `R`, one or several values |
| order, graphic-order | `R.KEY` with the rank from 1, or none |
| match | `R.LEFT` with the key of the right one, or of several |
| gap-match | `R.GAP` with the key of the choice |
| graphic-gap-match | `R.PLACE` with the key of the choice, or of several |
| associate, graphic-associate | `R.1`, `R.2`, ... each with two keys |
| select-point, position-object | `R` with "x y", or `R.1`, `R.2`, ... each with x and y |
| upload, drawing | `R` with the token under which the file was stored |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from headway.core.items.document import Interaction, Item

MOST_SIGNS = 5_000
MOST_VALUES = 50
_LONGEST_KEY = 200

Form = Mapping[str, Sequence[str]]


def read_response(item: Item, form: Form) -> dict[str, list[str]]:
    """Return the answer in a form, by response variable; a variable that nothing was given for is an empty list.

    A text keeps at most `MOST_SIGNS` signs and a variable `MOST_VALUES` values. What no field of the question could have sent
    is left out.
    """
    response: dict[str, list[str]] = {}
    for one in item.interactions:
        if not one.response:
            continue
        cardinality = item.declarations[one.response].cardinality if one.response in item.declarations else "single"
        values = _READERS.get(one.kind, _plain)(one, form)
        # Objects on one stage may share a variable.
        values = response.get(one.response, []) + values
        response[one.response] = values[: 1 if cardinality == "single" else MOST_VALUES]
    return response


def field_names(item: Item) -> list[str]:
    """Return the name of every field that a form for this question may have."""
    names: list[str] = []
    for one in item.interactions:
        names.append(one.response)
        names += [f"{one.response}.{key}" for key in _keyed(one)]
        if one.kind in _IN_ROWS:
            names += [f"{one.response}.{row}" for row in range(1, MOST_VALUES + 1)]
    return list(dict.fromkeys(names))


_IN_ROWS = frozenset({"associate", "graphic-associate", "select-point", "position-object"})
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "choice": ("qti-simple-choice",),
    "inline-choice": ("qti-inline-choice",),
    "order": ("qti-simple-choice",),
    "hottext": ("qti-hottext",),
    "hotspot": ("qti-hotspot-choice",),
    "graphic-order": ("qti-hotspot-choice",),
    "associate": ("qti-simple-associable-choice",),
    "graphic-associate": ("qti-associable-hotspot",),
    "gap-match": ("qti-gap-text", "qti-gap-img"),
    "graphic-gap-match": ("qti-gap-text", "qti-gap-img"),
}
_PLACES = {"gap-match": "qti-gap", "graphic-gap-match": "qti-associable-hotspot"}


def _choices(interaction: Interaction) -> list[str]:
    return [one.get("identifier") for one in interaction.node.below(*_CHOICES[interaction.kind])]


def _keyed(interaction: Interaction) -> list[str]:
    """Return the keys that a kind's fields are named by."""
    if interaction.kind in ("order", "graphic-order"):
        return _choices(interaction)
    if interaction.kind in _PLACES:
        return [one.get("identifier") for one in interaction.node.below(_PLACES[interaction.kind])]
    if interaction.kind == "match":
        return _match_keys(interaction)[0]
    return []


def _match_keys(interaction: Interaction) -> tuple[list[str], list[str]]:
    sets = interaction.node.elements("qti-simple-match-set")
    keys = [[one.get("identifier") for one in each.elements("qti-simple-associable-choice")] for each in sets[:2]]
    keys += [[]] * (2 - len(keys))
    return keys[0], keys[1]


def _values(form: Form, name: str) -> list[str]:
    # A zero sign is nothing that anybody types, and not every database keeps it.
    return [str(value).replace("\x00", "")[:MOST_SIGNS] for value in list(form.get(name, ()))[:MOST_VALUES]]


def _known(values: Iterable[str], keys: Iterable[str]) -> list[str]:
    """Return the values that are keys, each once, as the form has them."""
    allowed = set(keys)
    return list(dict.fromkeys(value for value in values if value in allowed))


def _plain(interaction: Interaction, form: Form) -> list[str]:
    return [value for value in _values(form, interaction.response) if value.strip()]


def _chosen(interaction: Interaction, form: Form) -> list[str]:
    return _known(_values(form, interaction.response), _choices(interaction))


def _ranked(interaction: Interaction, form: Form) -> list[str]:
    """Return the keys by their ranks; one without a rank is left out, equal ranks stand as the document has them."""
    ranked = []
    for place, key in enumerate(_choices(interaction)):
        rank = _number("".join(_values(form, f"{interaction.response}.{key}")[:1]))
        if rank is not None and rank > 0:
            ranked.append((rank, place, key))
    return [key for _rank, _place, key in sorted(ranked)]


def _matched(interaction: Interaction, form: Form) -> list[str]:
    lefts, rights = _match_keys(interaction)
    return [
        f"{left} {right}" for left in lefts for right in _known(_values(form, f"{interaction.response}.{left}"), rights)
    ]


def _filled(interaction: Interaction, form: Form) -> list[str]:
    choices = _choices(interaction)
    return [
        f"{choice} {place}"
        for place in _keyed(interaction)
        for choice in _known(_values(form, f"{interaction.response}.{place}"), choices)
    ]


def _paired(interaction: Interaction, form: Form) -> list[str]:
    """Return pairs in no order, each once."""
    keys = set(_choices(interaction))
    found: dict[frozenset[str], str] = {}
    for row in range(1, MOST_VALUES + 1):
        pair = [value for value in _values(form, f"{interaction.response}.{row}") if value in keys]
        if len(pair) == 2 and pair[0] != pair[1]:
            found.setdefault(frozenset(pair), " ".join(pair))
    return list(found.values())


def _points(interaction: Interaction, form: Form) -> list[str]:
    written = [value.replace(",", " ").split() for value in _values(form, interaction.response)]
    rows = [_values(form, f"{interaction.response}.{row}") for row in range(1, MOST_VALUES + 1)]
    points = [_point(pair) for pair in (*written, *rows)]
    return [point for point in points if point]


def _point(pair: Sequence[str]) -> str:
    numbers = [_number(one) for one in pair]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return ""
    return f"{round(numbers[0])} {round(numbers[1])}"


def _number(text: str) -> float | None:
    try:
        number = float(text[:_LONGEST_KEY])
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= 1e6 else None


def _pressed(interaction: Interaction, form: Form) -> list[str]:
    return ["true"] if "true" in _values(form, interaction.response) else []


_READERS: Mapping[str, Callable[[Interaction, Form], list[str]]] = {
    "choice": _chosen,
    "inline-choice": _chosen,
    "hottext": _chosen,
    "hotspot": _chosen,
    "order": _ranked,
    "graphic-order": _ranked,
    "match": _matched,
    "gap-match": _filled,
    "graphic-gap-match": _filled,
    "associate": _paired,
    "graphic-associate": _paired,
    "select-point": _points,
    "position-object": _points,
    "end-attempt": _pressed,
}


def form_of(item: Item, response: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the fields of a form that would give this response: what `read_response` reads, the other way round."""
    form: dict[str, list[str]] = {}
    for one in item.interactions:
        values = list(response.get(one.response, ()))
        for name, value in _WRITERS.get(one.kind, _as_they_are)(one, values):
            form.setdefault(name, []).append(value)
    return form


def _as_they_are(interaction: Interaction, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(interaction.response, value) for value in values]


def _as_ranks(interaction: Interaction, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{interaction.response}.{key}", str(rank)) for rank, key in enumerate(values, start=1)]


def _as_matches(interaction: Interaction, values: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [value.split() for value in values if len(value.split()) == 2]
    return [(f"{interaction.response}.{left}", right) for left, right in pairs]


def _as_gaps(interaction: Interaction, values: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [value.split() for value in values if len(value.split()) == 2]
    return [(f"{interaction.response}.{gap}", choice) for choice, gap in pairs]


def _as_numbered_pairs(interaction: Interaction, values: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (f"{interaction.response}.{number}", part)
        for number, value in enumerate(values, start=1)
        for part in value.split()
    ]


_WRITERS: dict[str, Callable[[Interaction, Sequence[str]], list[tuple[str, str]]]] = {
    "order": _as_ranks,
    "graphic-order": _as_ranks,
    "match": _as_matches,
    "gap-match": _as_gaps,
    "graphic-gap-match": _as_gaps,
    "associate": _as_numbered_pairs,
    "graphic-associate": _as_numbered_pairs,
}
