"""A note as teachers write it: "Ben: explained the oars to Caro"."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReadNote:
    """Who the note is about, when exactly one person fits, and what was seen."""

    student: Hashable | None
    words: str
    named: str = ""
    fitting: int = 0


def read_note(text: str, people: Iterable[tuple[Hashable, str, str]]) -> ReadNote:
    """Return a note with its student; `people` are (id, given name, family name).

    The name before the first colon may be the given name, the given name and a letter ("Ben A."), or the whole name.
    Without a colon, or when nobody is called so, the whole text is the note.
    """
    before, colon, after = text.partition(":")
    name = " ".join(before.split()).rstrip(".").casefold()
    if not colon or not name:
        return ReadNote(student=None, words=text.strip())
    fitting = {
        student
        for student, given, family in people
        if name in {given.casefold(), f"{given} {family}".strip().casefold(), f"{given} {family[:1]}".casefold()}
    }
    if not fitting:
        return ReadNote(student=None, words=text.strip(), named=before.strip())
    student = next(iter(fitting)) if len(fitting) == 1 else None
    return ReadNote(student=student, words=after.strip(), named=before.strip(), fitting=len(fitting))
