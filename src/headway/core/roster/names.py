"""A pasted class list, read line by line: "Given Family", "Family, Given", columns of a spreadsheet, bullets, numbers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from headway.core.shared.errors import gettext_noop

MOST_LETTERS = 100
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"), None)
# A bullet needs a space behind it or a mark of its own; "-" alone may begin nothing that is a name.
_BULLET = re.compile(r"^(?:[-*•·‣▪◦–—+]+\s*|\(?\d{1,4}\s*[.):\]]\s*|\(?\d{1,4}\s+)+")
_CELLS = re.compile(r"[\t;|]")
_GIVEN_WORDS = frozenset({"first", "first name", "given", "given name", "nombre", "nombres", "firstname", "forename"})
_FAMILY_WORDS = frozenset(
    {"last", "last name", "family", "family name", "surname", "apellido", "apellidos", "lastname", "apellido(s)"}
)
_OTHER_WORDS = frozenset(
    {"name", "student", "student name", "names", "students", "nombre completo", "estudiante", "no", "no.", "#", "id"}
    | {"grade", "grado", "email", "e-mail", "correo", "student id", "n.º", "alumno", "alumna"}
)
# Small words that begin a family name: "Ana María de la Cruz", "Lena van den Berg".
_PARTICLES = frozenset(
    {"de", "del", "della", "di", "da", "das", "do", "dos", "van", "von", "der", "den", "la", "las", "los", "le", "el"}
    | {"al", "bin", "bint", "ibn", "ben", "ter", "ten", "zu", "af", "av"}
)


@dataclass(frozen=True, kw_only=True)
class ReadLine:
    """One line as it was read: a name, or what is wrong with it."""

    number: int
    text: str
    given: str = ""
    family: str = ""
    problem: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    is_repeat: bool = False

    @property
    def reason(self) -> dict[str, object]:
        """What is wrong, as a sentence and its facts."""
        return {"sentence": self.problem, "facts": self.facts}


@dataclass(frozen=True, kw_only=True)
class ReadList:
    """A whole list as it was read."""

    lines: tuple[ReadLine, ...]

    @property
    def names(self) -> list[tuple[str, str]]:
        """The names, each once, in the order of the list."""
        return [(line.given, line.family) for line in self.lines if not line.problem and not line.is_repeat]

    @property
    def problems(self) -> list[ReadLine]:
        """The lines that could not be read."""
        return [line for line in self.lines if line.problem]


def parse_names(text: str) -> ReadList:
    """Read a pasted list; empty lines and a heading are passed over, every other line is a name or a problem."""
    lines: list[ReadLine] = []
    seen: set[tuple[str, str]] = set()
    family_first = False
    for number, raw in enumerate(_lines(text), start=1):
        shown = raw.strip()
        if not shown:
            continue
        heading = _heading(shown)
        if heading is not None:
            family_first = heading
            continue
        line = _read(number, shown, family_first=family_first)
        if not line.problem:
            key = (line.given.casefold(), line.family.casefold())
            if key in seen:
                line = ReadLine(number=number, text=shown, given=line.given, family=line.family, is_repeat=True)
            seen.add(key)
        lines.append(line)
    return ReadList(lines=tuple(lines))


def _lines(text: str) -> list[str]:
    tidy = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return re.split(r"\r\n|\r|\n|\u2028|\u2029|\x0b|\x0c", tidy)


def _words(text: str) -> str:
    """Return the text with single spaces and without quotes around it."""
    return " ".join(text.split()).strip("\"“”«»' ,.:").strip()


def _heading(line: str) -> bool | None:
    """Return whether a heading puts the family name first, or None when the line is no heading."""
    cells = [cell for cell in (_words(part).casefold() for part in re.split(r"[\t;|,]", line)) if cell]
    known = _GIVEN_WORDS | _FAMILY_WORDS | _OTHER_WORDS
    if not cells or not all(cell in known for cell in cells):
        return None
    order = [cell in _FAMILY_WORDS for cell in cells if cell in _GIVEN_WORDS | _FAMILY_WORDS]
    return bool(order) and order[0]


def _read(number: int, line: str, *, family_first: bool) -> ReadLine:
    rest = _BULLET.sub("", line).strip()
    cells = [_words(cell) for cell in _CELLS.split(rest)]
    # Numbers, addresses and grades stand in columns of their own; a name has none of these.
    if len(cells) > 1:
        cells = [cell for cell in cells if cell and not re.search(r"[\d@]", cell)]
    if len(cells) > 2:
        return _refused(
            number, line, gettext_noop("There are {count} columns. Paste only the names."), count=len(cells)
        )
    if len(cells) == 2:
        given, family = (cells[1], cells[0]) if family_first else (cells[0], cells[1])
    elif not cells or not cells[0]:
        return _refused(number, line, gettext_noop("There is no name in this line."))
    else:
        given, family = _split(cells[0])
        if cells[0].count(",") > 1:
            return _refused(number, line, gettext_noop("There is more than one comma. Write one name on each line."))
    return _checked(number, line, given, family)


def _split(name: str) -> tuple[str, str]:
    """Return given and family name: a comma turns them round, a small word begins the family name."""
    if "," in name:
        family, given = name.split(",", 1)
        return _words(given), _words(family)
    words = name.split()
    for place, word in enumerate(words[1:-1], start=1):
        if word in _PARTICLES:
            return " ".join(words[:place]), " ".join(words[place:])
    return words[0], " ".join(words[1:])


def _checked(number: int, line: str, given: str, family: str) -> ReadLine:
    if not given and family:
        given, family = family, ""
    whole = f"{given} {family}"
    if not any(letter.isalpha() for letter in given):
        return _refused(number, line, gettext_noop("There is no name in this line."))
    if "@" in whole or "://" in whole:
        return _refused(number, line, gettext_noop("This looks like an address, not a name."))
    if any(letter.isdigit() for letter in whole):
        return _refused(number, line, gettext_noop("There is a digit in the name."))
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in whole):
        return _refused(number, line, gettext_noop("There is a sign in the name that cannot be printed."))
    if max(len(given), len(family)) > MOST_LETTERS:
        return _refused(number, line, gettext_noop("The name is longer than {most} letters."), most=MOST_LETTERS)
    return ReadLine(number=number, text=line, given=given, family=family)


def _refused(number: int, line: str, problem: str, **facts: object) -> ReadLine:
    return ReadLine(number=number, text=line[:200], problem=problem, facts=facts)
