"""What the columns and the cells of answer logs are called and mean: one table, for every reader of logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from headway.core.shared.errors import RuleBroken, gettext_noop

NO_COLUMN = gettext_noop(
    "Line 1: there is no column for “{part}”. Columns here: {columns}. Name one with --column {part}=NAME."
)
UNKNOWN_COLUMN = gettext_noop("Line 1: there is no column called “{column}”. Columns here: {columns}.")

# The names that public logs use for each part, the most telling first. Case, spaces and punctuation do not count.
# "a + b" is one part written in two columns; "kc*" is every column whose name begins so.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "student": (
        "user_id",
        "student_id",
        "student",
        "anon_student_id",
        "learner_id",
        "user",
        "learner",
        "uid",
        "uuid",
        "pupil",
        "pupil_id",
        "person_id",
    ),
    "item": (
        "problem_id",
        "item_id",
        "question_id",
        "exercise_id",
        "exercise + problem_type",
        "problem_name + step_name",
        "content_id",
        "upid",
        "problem",
        "item",
        "question",
        "questions",
        "step_name",
        "problem_name",
    ),
    "correct": (
        "correct",
        "is_correct",
        "correct_first_attempt",
        "first_attempt",
        "right",
        "answered_correctly",
        "outcome",
        "responses",
        "score",
        "cf_ansbin",
        "response",
    ),
    "skill": (
        "skill_name",
        "skill",
        "kc_default",
        "kc",
        "kcs",
        "knowledge_component",
        "knowledge_components",
        "skills",
        "skill_id",
        "skill_ids",
        "concept",
        "concepts",
        "concept_id",
        "competency",
        "competency_id",
        "subject_id",
        "tags",
        "ucid",
        "exercise",
        "kc*",
        "topic",
        "topic_id",
        "sequence_id",
    ),
    "order": (
        "order_id",
        "order",
        "sequence_number",
        "row",
        "row_id",
        "log_id",
        "problem_log_id",
        "interaction_id",
        "t",
    ),
    "time": (
        "start_time",
        "timestamp",
        "timestamps",
        "time",
        "datetime",
        "date",
        "answered_at",
        "happened_at",
        "first_transaction_time",
        "step_start_time",
        "time_ms",
        "time_done",
        "timestamp_tw",
        "date_answered",
        "created_at",
        "submitted_at",
    ),
    "hints": ("hint_count", "hints", "hints_used", "count_hints", "used_hint_cnt"),
    # Not "attempt_count": that is how many tries it took in the end, not which try the row is.
    "attempt": ("attempt", "attempt_at_step", "attempt_number", "attempt_no"),
    "guess": ("guess_chance",),
    "split": ("split", "data_split", "partition", "subset", "is_test"),
    "fold": ("fold", "fold_id", "cv_fold"),
    # Where a log writes one answer once for each skill, this says which rows only continue the one before.
    "repeat": ("is_repeat",),
}
# Columns that begin like a skill's and name something wider.
NOT_A_SKILL = ("kc_category", "kc_categories")
# What stands between the columns of a part that is written in several.
JOINTS: Mapping[str, str] = {"skill": "~~", "item": " / "}

RIGHT = frozenset({"1", "1.0", "true", "yes", "right", "correct", "t", "y"})
WRONG = frozenset({"0", "0.0", "false", "no", "wrong", "incorrect", "f", "n"})
# Asked for help before answering: tutoring logs count the first attempt as not right, and so do the papers on them.
HELPED = frozenset({"hint", "initial_hint", "hint_request"})
# Saw the material and was not asked.
STUDIED = frozenset({"study", "studied", "exposure"})
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "\\n", "nil", "[]"})


def key(name: str) -> str:
    """Return a column's name as it is compared: letters and digits only, in small letters."""
    return re.sub(r"[\W_]+", "", name.casefold())


def places_of(header: Sequence[str], chosen: Mapping[str, str], *, needed: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the places of each part's columns: the chosen one, else the first known name.

    Most parts are one column. A part may be written in two (“Problem Name + Step Name”), and exports of several skills repeat
    the skill's column. Raises RuleBroken where a chosen or needed column is missing.
    """
    keys = [key(name) for name in header]
    shown = ", ".join(name.strip() for name in header)[:300]
    found: dict[str, tuple[int, ...]] = {}
    for part, known in COLUMNS.items():
        if part in chosen:
            places = _chosen(chosen[part], keys)
            if not places:
                raise RuleBroken(UNKNOWN_COLUMN, column=chosen[part], columns=shown)
        else:
            places = next((places for name in known if (places := _places(name, keys))), ())
        if places:
            found[part] = places if part in ("skill", "item") else places[:1]
    for part in needed:
        if part not in found:
            raise RuleBroken(NO_COLUMN, part=part, columns=shown)
    return found


def _chosen(name: str, keys: Sequence[str]) -> tuple[int, ...]:
    # A column's own name may hold a plus sign, so the whole name is tried first.
    return tuple(place for place, own in enumerate(keys) if own == key(name) and own) or _places(name, keys)


def _places(name: str, keys: Sequence[str]) -> tuple[int, ...]:
    if "+" in name:
        pair = [_places(each, keys)[:1] for each in name.split("+")]
        return tuple(place for places in pair for place in places) if all(pair) else ()
    if name.endswith("*"):
        others = {key(each) for each in NOT_A_SKILL}
        own = next((own for own in keys if own.startswith(key(name)) and not own.startswith(tuple(others))), "")
    else:
        own = key(name)
    return tuple(place for place, each in enumerate(keys) if own and each == own)


def skill_keys(written: str, names: Mapping[str, str], skills: dict[str, str]) -> tuple[str, ...]:
    """Return the keys of the skills in a cell, and note the name of each new one in `skills`.

    One skill, or several: parted by "~~" or "|", between numbers also by "_", "," or ";", or as a list in brackets.
    """
    if written.strip().casefold() in MISSING:
        return ()
    keys = []
    for part in _parts(written.strip()):
        name = re.sub(r"\s+", " ", part).strip()
        if name.casefold() in MISSING:
            continue
        own = re.sub(r"\.0$", "", name) if re.fullmatch(r"\d+\.0", name) else name
        own = own if own.isdecimal() else own.casefold()[:200]
        if own not in skills:
            skills[own] = names.get(own) or (f"Skill {own}" if own.isdecimal() else name)
        keys.append(own)
    return tuple(dict.fromkeys(keys))


def _parts(written: str) -> Iterable[str]:
    if written.startswith("[") and written.endswith("]"):
        try:
            return [str(each) for each in json.loads(written)]
        except (ValueError, TypeError):
            return [each.strip(" '\"") for each in written[1:-1].split(",")]
    if re.fullmatch(r"\d+(?:(?:_|\s*[,;]\s*)\d+)+", written):
        return re.split(r"_|\s*[,;]\s*", written)
    return re.split(r"\s*(?:~~|\|)\s*", written)
