"""What became of a file that came in: rows made, changed and unchanged, and what was refused, where and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from headway.core.shared.errors import RuleBroken
from headway.core.shared.taken import Taken

EXAMPLES_KEPT = 5


class FileRefused(RuleBroken):
    """A file that is refused whole; nothing of it was taken in. `place` says where it is broken: a line, an id."""

    def __init__(self, sentence: str, *, place: str = "", **facts: object) -> None:
        if place:
            facts["place"] = place
        super().__init__(sentence, **facts)
        self.place = place

    def as_json(self) -> dict[str, Any]:
        """Return the refusal as plain JSON values."""
        return {"refused": True, "place": self.place, "sentence": self.sentence, "facts": plain(self.facts)}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing to tell about a part of the file: a sentence marked for translation, its facts, where it holds."""

    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)
    times: int = 1
    places: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "sentence": self.sentence,
            "facts": plain(self.facts),
            "times": self.times,
            "places": list(self.places),
        }


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did. `taken` counts rows by noun; `facts` are figures a person wants to read."""

    standard: str
    taken: Mapping[str, Taken] = field(default_factory=dict)
    refused: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def changed_nothing(self) -> bool:
        """Whether the database is as it was before."""
        return not any(taken.made or taken.changed for taken in self.taken.values())

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "standard": self.standard,
            "changed_nothing": self.changed_nothing,
            "taken": {
                noun: {"made": taken.made, "changed": taken.changed, "unchanged": taken.unchanged}
                for noun, taken in self.taken.items()
            },
            "refused": [told.as_json() for told in self.refused],
            "notes": [told.as_json() for told in self.notes],
            "facts": plain(self.facts),
        }


class Tally:
    """Counts the same thing told of many places, and keeps the first few places."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._places: dict[str, list[str]] = {}

    def add(self, sentence: str, place: str) -> None:
        """Count one more place where the sentence holds."""
        self._times[sentence] += 1
        places = self._places.setdefault(sentence, [])
        if len(places) < EXAMPLES_KEPT:
            places.append(place)

    def told(self) -> tuple[Told, ...]:
        """Return what was counted, the most frequent first."""
        return tuple(
            Told(sentence=sentence, times=times, places=tuple(self._places[sentence]))
            for sentence, times in self._times.most_common()
        )

    def __len__(self) -> int:
        return sum(self._times.values())


def plain(facts: Mapping[str, object]) -> dict[str, Any]:
    """Return facts as JSON can hold them."""
    return {
        name: value if isinstance(value, str | int | float | bool | list | dict | type(None)) else str(value)
        for name, value in facts.items()
    }


class Steps(Protocol):
    """Reports how a long import goes; the command line shows it as bars."""

    def step(self, words: str, total: int | None = None) -> None:
        """Begin the next step."""

    def advance(self, by: int = 1) -> None:
        """Move the present step forward."""


class NoSteps:
    """Shows nothing."""

    def step(self, words: str, total: int | None = None) -> None:
        """Begin the next step."""

    def advance(self, by: int = 1) -> None:
        """Move the present step forward."""
