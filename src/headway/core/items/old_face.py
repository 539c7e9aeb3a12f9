"""A question's face: a neutral tree to show or to print. It is made without looking at the key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from headway.core.items.old_document import Item
from headway.core.items.old_processing import option_texts, place_names

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing to choose or write; `label` is what stands beside it."""

    name: str
    kind: str
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Face:
    """What a student sees of a question. A cloze has its text in pieces around the fields."""

    kind: str
    language: str
    prompt: str
    passage: str
    fields: tuple[Field, ...]
    pieces: tuple[str, ...] = ()
    unit: str = ""
    lines: int = 0
    choose: int = 1
    hint_count: int = 0


def shuffled(things: Sequence[T], *, seed: int, of: str) -> list[T]:
    """Return the things in an order that depends only on the seed, the question and their places."""

    def key(entry: tuple[int, T]) -> bytes:
        return hashlib.blake2b(f"{seed}\x1f{of}\x1f{entry[0]}".encode(), digest_size=8).digest()

    return [thing for _place, thing in sorted(enumerate(things), key=key)]


def face(item: Item, *, seed: int, response: Mapping[str, Sequence[str]] | None = None) -> Face:
    """Return the question's face; the same seed gives the same order, so a page may be opened again."""
    given = response or {}
    return Face(
        kind=item.kind,
        language=item.language,
        prompt=item.prompt,
        passage=item.passage,
        fields=_fields(item, seed, given),
        pieces=tuple(re.split(r"\[\[[^\]]+\]\]", item.text)) if item.kind == "cloze" else (),
        unit=item.unit,
        lines=item.lines if item.kind == "long_answer" else 0,
        choose=item.choose,
        hint_count=len(item.hints),
    )


def _chosen(given: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(given.get(name) or ())


def _fields(item: Item, seed: int, given: Mapping[str, Sequence[str]]) -> tuple[Field, ...]:
    if item.kind in ("one_choice", "many_choices"):
        options = tuple((choice.key, choice.text) for choice in shuffled(item.choices, seed=seed, of=item.id))
        kind = "radio" if item.kind == "one_choice" else "checkbox"
        return (Field(name="answer", kind=kind, options=options, chosen=_chosen(given, "answer")),)
    if item.kind == "hot_text":
        options = tuple((choice.key, choice.text) for choice in item.choices)
        kind = "radio" if item.choose == 1 else "checkbox"
        return (Field(name="answer", kind=kind, options=options, chosen=_chosen(given, "answer")),)
    if item.kind == "order":
        numbers = tuple((str(number), str(number)) for number in range(1, len(item.parts) + 1))
        fields = [
            Field(
                name=name,
                kind="select",
                label=part,
                options=numbers,
                chosen=_chosen(given, name),
            )
            for name, part in sorted(zip(place_names(item), item.parts, strict=True))
        ]
        return tuple(shuffled(fields, seed=seed, of=item.id))
    if item.kind == "match":
        texts = shuffled(sorted(option_texts(item).items()), seed=seed, of=item.id)
        return tuple(
            Field(
                name=f"pair-{place}",
                kind="select",
                label=left,
                options=tuple(texts),
                chosen=_chosen(given, f"pair-{place}"),
            )
            for place, (left, _right) in enumerate(item.pairs)
        )
    if item.kind == "cloze":
        by_key = {gap.key: gap for gap in item.gaps}
        keys = [key for key in re.findall(r"\[\[([^\]]+)\]\]", item.text) if key in by_key]
        return tuple(
            Field(
                name=f"gap-{key}",
                kind="select" if by_key[key].choices else "text",
                options=tuple(shuffled(list(enumerate_text(by_key[key].choices)), seed=seed, of=f"{item.id}-{key}")),
                chosen=_chosen(given, f"gap-{key}"),
            )
            for key in keys
        )
    kind = {"number": "number", "short_text": "text"}.get(item.kind, "textarea")
    return (Field(name="answer", kind=kind, chosen=_chosen(given, "answer")),)


def enumerate_text(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return (number as text, text) pairs."""
    return [(str(number), text) for number, text in enumerate(texts)]


def hints_shown(item: Item, count: int) -> tuple[str, ...]:
    """Return the hints asked for so far."""
    return item.hints[: max(0, count)]
