"""What a student may find and choose alone: what fits the reader, and what fits the place in the week."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from headway.core.shared.errors import gettext_noop

# Written for the person who teaches: plans and whole courses are nothing to choose for half an hour.
FOR_TEACHERS: Final = frozenset({"lesson", "course"})
# Work that a teacher leads or that a team does over weeks does not go into a choice of one student.
LED_BY_TEACHER: Final = frozenset({"group", "project"})
WITHOUT_WORDS: Final = frozenset({"zxx", "und", "mul", ""})
READING_SLACK: Final = 1.0  # grades above a reader's level that a text of one's own choice may stand
BEGINS_TO_READ: Final = 1.0
GRADES_EASIER: Final = 3
GRADES_HARDER: Final = 1

TOO_LONG = gettext_noop("This takes {minutes} minutes, and that place in your week has {place}. Keep it for later.")
WITH_TEACHER = gettext_noop("This one is done with a teacher. Keep it, and ask.")
WITH_ADULT = gettext_noop("A grown-up has to be there for this. Keep it, and ask your teacher.")
TOO_MUCH_SCREEN = gettext_noop("That would be more time at a screen than your week has. Choose something off screen.")
NO_CHOICE = gettext_noop("This part of your week is not yours to choose. Choose for another part.")
IN_WEEK_ALREADY = gettext_noop("This is in your week already.")
BEGUN_ALREADY = gettext_noop("You have begun this part of your week. Finish it, or choose for another part.")
NOT_FOR_YOU = gettext_noop("This one does not fit you now. Look for another one, or ask your teacher.")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A resource as a student's choice looks at it; levels are school grades, 0 where nobody measured."""

    kind: str
    language: str
    reading_level: float
    grade_low: int
    grade_high: int
    minutes: int
    screen: str
    with_whom: str
    needs_adult: bool = False
    uses: tuple[str, ...] = ()


def reads_well(
    language: str, reading_level: float, languages: Mapping[str, float | None], *, slack: float = READING_SLACK
) -> bool:
    """Return whether somebody who reads these languages at these levels (None where unknown) can read a text.

    What has no words reads well for everybody.
    """
    if language in WITHOUT_WORDS:
        return True
    own = {code.split("-")[0]: level for code, level in languages.items()}
    code = language.split("-", maxsplit=1)[0]
    if code not in own:
        return False
    level = own[code]
    if level is None:
        return True
    # Who only begins to read a language reads what was measured as easy, and nothing of which nobody knows.
    return reading_level <= level + slack and (reading_level > 0 or level >= BEGINS_TO_READ)


def fits(piece: Piece, *, languages: Mapping[str, float | None], grade: int | None) -> bool:
    """Return whether a student may find a piece: for students, in a language that reads well, near the own grade."""
    if piece.kind in FOR_TEACHERS or (piece.uses and set(piece.uses) <= LED_BY_TEACHER):
        return False
    if grade is not None and not piece.grade_low - GRADES_HARDER <= grade <= piece.grade_high + GRADES_EASIER:
        return False
    return reads_well(piece.language, piece.reading_level, languages)


def grades_around(grade: int) -> tuple[int, ...]:
    """Return the grades of which a piece has to be for one, to be for a student of `grade`."""
    return tuple(range(max(0, grade - GRADES_EASIER), min(12, grade + GRADES_HARDER) + 1))


def languages_read(languages: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the languages in which somebody finds something to read: those that are only begun come last, if at all."""
    read = {code: level for code, level in languages.items() if level is None or level >= BEGINS_TO_READ}
    return read or dict(languages)


def why_not(
    piece: Piece, *, place_minutes: int, screen_minutes_left: int | None
) -> tuple[str, dict[str, object]] | None:
    """Return why a piece cannot go into a place of the week, as a sentence with its facts, or None when it can.

    `screen_minutes_left` is what the week's cap leaves for this place, None without a cap.
    """
    if piece.with_whom == "teacher":
        return WITH_TEACHER, {}
    if piece.needs_adult:
        return WITH_ADULT, {}
    if piece.minutes > place_minutes:
        return TOO_LONG, {"minutes": piece.minutes, "place": place_minutes}
    if piece.screen == "yes" and screen_minutes_left is not None and piece.minutes > screen_minutes_left:
        return TOO_MUCH_SCREEN, {}
    return None


# What people write when they mean a topic, in English and Spanish: without accents, beginnings of words.
SAID_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "animals": ("animal", "dog", "cat", "horse", "bird", "perr", "gato", "caballo", "pajaro", "tide pool", "mascota"),
    "boats": ("boat", "ship", "ferry", "sail", "barco", "bote", "lancha", "velero", "engine"),
    "coding": ("cod", "program", "app", "robot", "computer", "comput"),
    "community": ("communit", "neighbor", "volunteer", "barrio", "vecin", "comunidad"),
    "cooking": ("cook", "bak", "food", "recipe", "cocin", "comida", "receta", "hornear"),
    "drawing": ("draw", "paint", "comic", "sketch", "manga", "dibuj", "pint"),
    "family": ("famil", "cousin", "sister", "brother", "grandm", "abuel", "herman", "prim"),
    "games": ("game", "chess", "puzzle", "minecraft", "juego", "ajedrez", "videojuego"),
    "history": ("histor", "ancient", "museum", "antigu", "museo"),
    "machines": ("machine", "engine", "motor", "bike", "car", "fix", "maquina", "bici", "carro", "arreglar"),
    "maps": ("map", "atlas", "mapa"),
    "money": ("money", "shop", "sell", "market", "dinero", "tienda", "vender", "mercado"),
    "movement": ("dance", "skat", "gym", "run", "bail", "danza", "gimnas", "correr"),
    "music": ("music", "song", "beat", "guitar", "drum", "cello", "sing", "rap", "cancion", "guitarra", "cant", "tambor"),
    "mysteries": ("myster", "detective", "secret", "clue", "misterio", "secreto", "pista"),
    "nature": ("nature", "tree", "garden", "forest", "hik", "naturaleza", "arbol", "jardin", "bosque"),
    "sea": ("sea", "ocean", "tide", "fish", "whale", "lighthouse", "mar", "oceano", "marea", "pesca", "ballena", "faro"),
    "skating": ("skat", "patin"),
    "soccer": ("soccer", "football", "goalkeep", "futbol", "porter"),
    "space": ("space", "star", "planet", "rocket", "moon", "espacio", "estrella", "planeta", "cohete", "luna"),
    "weather": ("weather", "storm", "rain", "wind", "clima", "tormenta", "lluvia", "viento"),
}  # fmt: skip
_SHORTEST_BEGINNING: Final = 4


def plain(text: str) -> str:
    """Return a text in small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def topics_in(text: str, *, also: Iterable[str] = (), without: Collection[str] = ()) -> tuple[str, ...]:
    """Return the topics that somebody's own words speak of, and the tags of `also` whose words stand in them.

    A short beginning ("car", "mar") has to be the whole word, so that a career is no car.
    """
    words = ["".join(letter for letter in word if letter.isalnum()) for word in plain(text).split()]
    whole = " ".join(words)
    found = []
    for topic, beginnings in SAID_AS.items():
        if topic not in without and any(_is_said(beginning, words, whole) for beginning in beginnings):
            found.append(topic)
    for tag in also:
        spoken = plain(tag.replace("-", " "))
        if tag not in without and tag not in found and f" {spoken} " in f" {whole} ":
            found.append(tag)
    return tuple(found)


def _is_said(beginning: str, words: list[str], whole: str) -> bool:
    if " " in beginning:
        return f" {beginning}" in f" {whole}"
    if len(beginning) < _SHORTEST_BEGINNING:
        return any(word in (beginning, beginning + "s") for word in words)
    return any(word.startswith(beginning) for word in words)
