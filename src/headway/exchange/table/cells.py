"""What stands in a cell, brought to one form: minutes, grades, languages, lists, yes and no, licences."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from headway.core.library.kinds import ACCESSIBILITY_FEATURES, WAYS_IN, kind_of
from headway.core.shared.errors import RuleBroken, gettext_noop

MOST_MINUTES, HIGHEST_GRADE = 400, 12
TOPIC_LENGTH, MOST_TOPICS = 60, 16

NOT_A_TIME = gettext_noop("“{value}” is not a duration. Write minutes (15), “15 min”, “1 h 30 min” or PT15M.")
NOT_A_GRADE = gettext_noop(
    "“{value}” is not a grade. Write a number from 0 (kindergarten) to 12, or a range such as 3-5."
)
NOT_AN_AGE = gettext_noop("“{value}” is not an age. Write a number of years, or a range such as 8-10.")
NOT_A_LANGUAGE = gettext_noop("“{value}” is not a language that is known here. Write its code, such as en or es.")
NOT_AN_ADDRESS = gettext_noop("“{value}” is not a web address. Write it whole, beginning with https://.")
NOT_YES_OR_NO = gettext_noop("“{value}” is neither yes nor no.")
NOT_A_NUMBER = gettext_noop("“{value}” is not a number.")

_YES = frozenset(("yes", "y", "true", "t", "1", "x", "si", "sí", "s", "verdadero", "required", "on", "1.0"))
_NO = frozenset(("no", "n", "false", "f", "0", "", "none", "falso", "off", "-", "0.0"))
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
_THREE_LETTERS = {
    "eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "por": "pt", "ita": "it", "zho": "zh", "chi": "zh",
    "ara": "ar", "vie": "vi", "kor": "ko", "jpn": "ja", "rus": "ru", "hat": "ht", "tgl": "tl", "pol": "pl", "ukr": "uk", "hin": "hi",
}  # fmt: skip
# What the list of languages that readers pass in may lack: Spanish names, and how English lists write some.
_LANGUAGE_NAMES = {
    "ingles": "en", "inglés": "en", "espanol": "es", "castellano": "es", "castilian": "es", "frances": "fr", "francés": "fr",
    "aleman": "de", "alemán": "de", "portugues": "pt", "portugués": "pt", "italiano": "it", "chino": "zh", "chinese": "zh",
    "mandarin": "zh", "arabe": "ar", "árabe": "ar", "vietnamita": "vi", "coreano": "ko", "japones": "ja", "japonés": "ja", "ruso": "ru",
    "criollo haitiano": "ht", "haitian creole": "ht", "haitian": "ht", "tagalog": "tl", "filipino": "fil", "hmong": "hmn", "somali": "so",
    "swahili": "sw", "polaco": "pl", "ucraniano": "uk", "hindi": "hi", "us english": "en-US", "british english": "en-GB",
}  # fmt: skip
_SCREEN = {
    "no": "no", "off": "no", "paper": "no", "papel": "no", "print": "no", "printed": "no", "unplugged": "no", "false": "no", "sin pantalla": "no",
    "yes": "yes", "on": "yes", "screen": "yes", "pantalla": "yes", "digital": "yes", "online": "yes", "true": "yes", "si": "yes", "sí": "yes",
    "either": "either", "both": "either", "ambos": "either", "any": "either", "paper or screen": "either", "papel o pantalla": "either",
}  # fmt: skip
_WITH = {
    "alone": "alone", "individual": "alone", "individually": "alone", "solo": "alone", "sola": "alone", "independent": "alone", "1": "alone",
    "pair": "pair", "pairs": "pair", "partner": "pair", "pareja": "pair", "parejas": "pair", "2": "pair",
    "team": "team", "group": "team", "groups": "team", "small group": "team", "grupo": "team", "equipo": "team", "whole class": "team",
    "teacher": "teacher", "with the teacher": "teacher", "maestra": "teacher", "maestro": "teacher", "docente": "teacher",
}  # fmt: skip
_LEVELS = {
    "easier": "easier", "easy": "easier", "support": "easier", "scaffolded": "easier", "mas facil": "easier", "más fácil": "easier", "con apoyo": "easier",
    "usual": "usual", "core": "usual", "medium": "usual", "normal": "usual", "grade level": "usual",
    "harder": "harder", "hard": "harder", "challenge": "harder", "extension": "harder", "advanced": "harder", "más difícil": "harder", "reto": "harder",
}  # fmt: skip
_MODALITY_KINDS = {
    "reading": "reading", "text": "reading", "textual": "reading", "video": "video", "audio": "audio", "auditory": "audio",
    "image": "picture", "visual": "picture", "interactive": "interactive",
}  # fmt: skip
_MODALITY_WAYS = {
    "reading": "read", "text": "read", "textual": "read", "video": "watch", "audio": "listen", "auditory": "listen", "image": "watch",
    "visual": "watch", "interactive": "explore", "tactile": "make", "textonvisual": "read",
}  # fmt: skip
_FEATURES = {feature.casefold(): feature for feature in ACCESSIBILITY_FEATURES}
_MEASURES, _GRADES = (100.0, 620.0, 875.0, 1055.0, 1192.0, 1285.0, 1500.0), (0.5, 2.5, 4.5, 7.0, 9.5, 11.5, 13.0)


class BadCell(RuleBroken):
    """A cell whose row cannot come in as it is; the sentence says how to mend it."""


def words(value: object) -> str:
    """Return a cell as text on one line; of a JSON object its name, or else its address."""
    if isinstance(value, str):
        return " ".join(value.split()) if "\n" in value or "  " in value or "\t" in value else value.strip()
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return next(
            (words(value[key]) for key in ("name", "@value", "targetName", "@id", "url", "id") if value.get(key)), ""
        )
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(words, value)))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def pieces(value: object) -> list[str]:
    """Return what a cell lists: a JSON list, or text separated by line ends, | or ;, else by commas."""
    if isinstance(value, list | tuple):
        return [one for one in map(words, value) if one]
    if not isinstance(value, str):
        return [one for one in [words(value)] if one]
    for separator in ("\n", "|", ";", ","):
        if separator in value:
            return [" ".join(one.split()) for one in value.split(separator) if one.strip()]
    return [value.strip()] if value.strip() else []


def yes_or_no(value: object) -> bool:
    """Return a cell that says yes or no, in English or Spanish."""
    if isinstance(value, bool):
        return value
    said = words(value).casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise BadCell(NOT_YES_OR_NO, value=said[:60])


def number(value: object) -> float:
    """Return a cell as a number; a decimal comma is one too."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        found = float(words(value).replace(",", "."))
    except ValueError:
        raise BadCell(NOT_A_NUMBER, value=words(value)[:60]) from None
    if not math.isfinite(found):
        raise BadCell(NOT_A_NUMBER, value=words(value)[:60])
    return found


# --- time ------------------------------------------------------------------------------------------------------------

_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_UNITS = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(h|hours?|hrs?|horas?|m|mins?|minutes?|minutos?|s|secs?|seconds?|segundos?)\b\.?",
    re.IGNORECASE,
)
_RANGE_OF_NUMBERS = re.compile(r"(\d+)\s*(?:-|–|—|to|a)\s*(\d+)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def minutes_of(value: str) -> int:
    """Return whole minutes, 1 to 400, of "15", "15 min", "1 h 30 min", "0:45:00", "10-15 min" or ISO 8601 "PT15M"."""
    said = value.strip()
    seconds: float | None = None
    if re.fullmatch(r"\d+(?:[.,]\d+)?", said):
        seconds = float(said.replace(",", ".")) * 60
    elif len(said) > 1 and (iso := _ISO.fullmatch(said)) and any(iso.groups()):
        days, hours, minutes, rest = (float(part or 0) for part in iso.groups())
        seconds = days * 86400 + hours * 3600 + minutes * 60 + rest
    elif clock := _CLOCK.fullmatch(said):
        first, second, third = clock.groups()
        seconds = int(first) * 3600 + int(second) * 60 + int(third) if third else int(first) * 60 + int(second)
    else:
        # Of "10-15 min" the longer time is planned.
        shorter = _RANGE_OF_NUMBERS.sub(lambda found: found.group(2), said)
        parts = _UNITS.findall(shorter)
        if parts:
            sizes = {"h": 3600, "m": 60, "s": 1}
            seconds = sum(float(amount.replace(",", ".")) * sizes[unit[0].casefold()] for amount, unit in parts)
        elif re.fullmatch(r"\d+", shorter):
            seconds = float(shorter) * 60
    if seconds is None:
        raise BadCell(NOT_A_TIME, value=said[:60])
    return min(MOST_MINUTES, max(1, math.ceil(seconds / 60)))


# --- grades and ages -------------------------------------------------------------------------------------------------

_KINDERGARTEN = re.compile(r"\b(?:tk|pre-?k\w*|kinder\w*|kindergarten|preescolar|infantil|k)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


@lru_cache(maxsize=4096)
def grades_of(value: str) -> tuple[int, int]:
    """Return the lowest and highest grade of "4", "Grade 4", "3-5", "K-2", "4.º", "6, 7, 8"; 0 is kindergarten."""
    found = [int(part) for part in _NUMBER.findall(value)]
    if _KINDERGARTEN.search(value):
        found.append(0)
    if re.search(r"\b(?:high school|secundaria|preparatoria|bachillerato)\b", value, re.IGNORECASE):
        found += [9, 12]
    if re.search(r"\bmiddle school\b", value, re.IGNORECASE):
        found += [6, 8]
    if re.search(r"\b(?:elementary|primaria|primary)\b", value, re.IGNORECASE) and not found:
        found += [0, 5]
    if not found or max(found) > 13:
        raise BadCell(NOT_A_GRADE, value=value[:60])
    return min(found[0] if len(found) == 1 else min(found), HIGHEST_GRADE), min(max(found), HIGHEST_GRADE)


@lru_cache(maxsize=1024)
def ages_of(value: str) -> tuple[int, int]:
    """Return the grades of an age or a range of ages: at 6 one is in grade 1, and 8-10 is grades 3 to 4."""
    found = [int(part) for part in _NUMBER.findall(value)]
    if not found or min(found) > 25 or max(found) > 120:
        raise BadCell(NOT_AN_AGE, value=value[:60])
    youngest, oldest = min(found), max(found)
    if len(found) == 1 and value.strip().endswith(("-", "+", "–")):
        oldest = 18
    low = min(HIGHEST_GRADE, max(0, youngest - 5))
    high = oldest - 5 if oldest == youngest else oldest - 6
    return low, min(HIGHEST_GRADE, max(low, high))


@lru_cache(maxsize=4096)
def reading_level_of(value: str) -> tuple[float, str]:
    """Return a grade level and its measure: a number is a grade ("" for the sender), "650L" is brought to one."""
    if found := re.fullmatch(r"(BR)?\s*(\d{1,4})\s*L", value.strip(), re.IGNORECASE):
        measure = 0.0 if found.group(1) else float(found.group(2))
        return round(_between(measure), 1), "lexile"
    try:
        level = number(value)
    except BadCell:
        level = float(grades_of(value)[0])
    return min(13.0, max(0.1, level)), ""


def _between(measure: float) -> float:
    if measure <= _MEASURES[0]:
        return _GRADES[0]
    for place in range(1, len(_MEASURES)):
        if measure <= _MEASURES[place]:
            share = (measure - _MEASURES[place - 1]) / (_MEASURES[place] - _MEASURES[place - 1])
            return _GRADES[place - 1] + share * (_GRADES[place] - _GRADES[place - 1])
    return _GRADES[-1]


# --- words of lists --------------------------------------------------------------------------------------------------


def language_of(value: str, names: Mapping[str, str]) -> str:
    """Return a language tag of at most 12 characters; `names` gives tags by the languages' names in lower case."""
    said = value.strip()
    folded = said.casefold()
    if folded in names:
        return names[folded]
    if folded in _LANGUAGE_NAMES:
        return _LANGUAGE_NAMES[folded]
    if _CODE.fullmatch(said) and len(said) <= 12:
        first, *rest = re.split("[-_]", said)
        base = _THREE_LETTERS.get(first.casefold(), first.casefold())
        return "-".join([base, *(part.upper() if len(part) == 2 else part for part in rest)])
    raise BadCell(NOT_A_LANGUAGE, value=said[:60])


@lru_cache(maxsize=4096)
def kind_called(name: str, modality: str) -> str:
    """Return the kind of a resource by what its type is called, else by how it is met."""
    by_modality = _MODALITY_KINDS.get(modality.casefold(), "")
    for part in re.split(r"[,;|/]", name):
        found = kind_of(part, "")
        if found:
            return found
    return by_modality or ("interactive" if name else "reading")


@lru_cache(maxsize=1024)
def ways_of_modality(modality: str) -> tuple[str, ...]:
    """Return the ways into a resource by how it is met."""
    found = (_MODALITY_WAYS.get(part.strip().casefold()) for part in re.split(r"[,;|]", modality))
    return tuple(dict.fromkeys(way for way in found if way))


def ways_called(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the names that are ways into a resource."""
    return tuple(dict.fromkeys(name.casefold() for name in names if name.casefold() in WAYS_IN))


def features_called(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the names that are accessibility features of schema.org, spelled as there."""
    found = (_FEATURES.get("".join(name.split()).casefold()) for name in names)
    return tuple(dict.fromkeys(feature for feature in found if feature))


@lru_cache(maxsize=1024)
def screen_of(value: str) -> str:
    """Return whether it is worked on at a screen, on paper or either; "" where that is not said."""
    return _SCREEN.get(value.strip().casefold(), "")


@lru_cache(maxsize=1024)
def with_whom_of(value: str) -> str:
    """Return with whom it is worked on; "" where that is not said."""
    return _WITH.get(value.strip().casefold(), "")


@lru_cache(maxsize=1024)
def level_of(value: str) -> str:
    """Return which of the doors to the same goal it is; "" where that is not said."""
    return _LEVELS.get(value.strip().casefold(), "")


@lru_cache(maxsize=65536)
def topics_of(path: str) -> tuple[str, ...]:
    """Return the topics of a path such as "Math > Counting": each part in lower case."""
    parts = re.split(r"\s*(?:>|»|→|/Category: ?|::)\s*", path.removeprefix("Category: "))
    return tuple(" ".join(part.replace("_", " ").split())[:TOPIC_LENGTH].casefold() for part in parts if part.strip())


@lru_cache(maxsize=4096)
def subject_of(name: str) -> str:
    """Return a subject as a topic: "visual-art" is "visual art"."""
    return " ".join(name.replace("-", " ").replace("_", " ").split())[:TOPIC_LENGTH].casefold()


@lru_cache(maxsize=4096)
def licence_of(value: str) -> str:
    """Return a licence by its usual name; the addresses of Creative Commons are brought to one."""
    said = " ".join(value.split())
    if found := re.search(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)", said, re.IGNORECASE):
        return f"CC {found.group(1).upper()} {found.group(2)}"
    if re.search(r"creativecommons\.org/publicdomain/zero/", said, re.IGNORECASE):
        return "CC0 1.0"
    if found := re.fullmatch(r"CC[-_ ](BY(?:-[A-Z]{2})*)[-_ ]?(\d\.\d)?", said, re.IGNORECASE):
        return " ".join(filter(None, ["CC", found.group(1).upper(), found.group(2)]))
    return said[:120]


def address_of(value: str) -> str:
    """Return a web address, http or https, without what is written behind it."""
    said = value.strip()
    if not said:
        return ""
    said = said.split(None, 1)[0]
    if said.casefold().startswith("www."):
        said = f"https://{said}"
    if not re.match(r"https?://[^\s/?#@]+", said, re.IGNORECASE) or len(said) > 1000:
        raise BadCell(NOT_AN_ADDRESS, value=said[:100])
    return said


_AFTER_A_CODE = re.compile(r"^(.*?)\s*\((0(?:\.\d+)?|1(?:\.0+)?)\)$")


def skill_and_confidence(value: str) -> tuple[str, float]:
    """Return a skill's code, and how sure the sender is: "3.NF.A.1 (0.8)"; 1 where nothing is said."""
    found = _AFTER_A_CODE.match(value)
    return (found.group(1), float(found.group(2))) if found else (value, 1.0)


def skills_in(value: object) -> list[tuple[str, float]]:
    """Return the skills of a cell; of LRMI's alignment objects their address, else their name."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Mapping):
            target: Any = one.get("targetUrl") or one.get("targetName") or one.get("@id") or one.get("name") or ""
            found.append((str(target).strip(), 1.0))
        else:
            found += [skill_and_confidence(part) for part in pieces(one)]
    return [(code[:300], confidence) for code, confidence in found if code]
