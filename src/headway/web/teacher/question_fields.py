"""What a teacher typed into the fields of a question, and the plain form that it makes.

A draft is a mapping of what was typed, whole or not: texts by name, and rows (answers, pairs, hints) as lists of mappings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headway.core.items.numbers import read_number
from headway.core.items.plain_nodes import written
from headway.web.teacher.question_kinds import (
    AFTER,
    AFTER_A_LONG_ANSWER,
    HELP,
    PARTS,
    PASSAGE,
    PROMPT,
    Line,
    Part,
    Rows,
)

if TYPE_CHECKING:
    from django.http import QueryDict

Draft = dict[str, Any]
Problems = dict[str, str]

LONGEST_LINE, LONGEST_TEXT, MOST_ROWS = 500, 10_000, 40
FEW_ROWS = 2

STARTS: Draft = {"compare": "words", "choose": "1", "lines": "4"}


def parts_of(kind: str) -> tuple[Part, ...]:
    """Return all that can be filled in for a kind, from top to bottom."""
    return (PROMPT, PASSAGE, *PARTS[kind], *_after(kind), *HELP)


def _after(kind: str) -> tuple[Line, ...]:
    return AFTER_A_LONG_ANSWER if kind == "long_answer" else AFTER


def start_of(kind: str) -> Draft:
    """Return the draft of a new question, with as many empty rows as its kind usually has."""
    return with_least_rows({**STARTS, "kind": kind})


def with_least_rows(draft: Mapping[str, Any]) -> Draft:
    """Return a draft with at least the rows that its kind shows; a cloze has a row for each of its gaps."""
    filled = dict(draft)
    for part in parts_of(draft["kind"]):
        if isinstance(part, Rows):
            rows = list(filled.get(part.name) or [])
            least = len(gaps_in(str(filled.get("text", "")))) if part.least < 0 else part.least
            rows = rows[:least] if part.least < 0 else rows
            filled[part.name] = rows + [{} for _number in range(least - len(rows))]
    return filled


# From a form


def _text(posted: QueryDict, name: str, longest: int) -> str:
    return posted.get(f"q-{name}", "").replace("\x00", "").replace("\r\n", "\n")[:longest]


def read_draft(posted: QueryDict, kind: str) -> Draft:
    """Return what was typed; a row is named by the hidden field that stands in it."""
    draft: Draft = {"kind": kind}
    for part in parts_of(kind):
        if isinstance(part, Line):
            draft[part.name] = _text(posted, part.name, LONGEST_TEXT if part.widget == "text" else LONGEST_LINE)
            continue
        marked = posted.getlist(f"q-{part.name}-mark")
        rows = []
        for number in list(dict.fromkeys(posted.getlist(f"q-{part.name}")))[:MOST_ROWS]:
            start = f"{part.name}-{number}-"
            row: dict[str, Any] = {
                column.name: _text(posted, start + column.name, LONGEST_TEXT) for column in part.columns
            }
            rows.append(row | {"id": _text(posted, f"{start}id", 60), "is_marked": number in marked})
        draft[part.name] = rows
    return draft


def changed_by_button(draft: Draft, pressed: str) -> tuple[Draft, str]:
    """Return the draft after a button of its rows, and the name of the field that comes next; "" when it was another.

    Buttons are "add:NAME", "drop:NAME:PLACE", "up:NAME:PLACE" and "down:NAME:PLACE".
    """
    verb, _colon, rest = pressed.partition(":")
    name, _colon, number = rest.partition(":")
    known = {part.name: part for part in parts_of(draft["kind"]) if isinstance(part, Rows)}
    if verb not in ("add", "drop", "up", "down") or name not in known:
        return draft, ""
    rows = list(draft[name])
    place = int(number) if number.isdecimal() and len(number) < 4 else -1
    first = known[name].columns[0].name
    if verb == "add" and len(rows) < MOST_ROWS:
        rows.append({})
        place = len(rows) - 1
    elif verb == "drop" and 0 <= place < len(rows):
        rows.pop(place)
        place = max(0, min(place, len(rows) - 1))
    elif verb in ("up", "down") and 0 <= place < len(rows):
        other = max(0, min(len(rows) - 1, place + (-1 if verb == "up" else 1)))
        rows[place], rows[other] = rows[other], rows[place]
        place = other
    return {**draft, name: rows}, f"{name}-{place}-{first}"


# To and from the plain form

_GAP = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def gaps_in(text: str) -> list[list[str]]:
    """Return what belongs into each gap of a text that a teacher wrote."""
    return [[answer for part in found.split("|") if (answer := part.strip())] for found in _GAP.findall(text)]


def _filled(draft: Draft, name: str) -> list[Mapping[str, Any]]:
    """Return the rows in which something was written."""
    columns = next(part.columns for part in parts_of(draft["kind"]) if isinstance(part, Rows) and part.name == name)
    return [row for row in draft.get(name) or [] if any(str(row.get(one.name, "")).strip() for one in columns)]


def _first_column(draft: Draft, name: str) -> list[str]:
    return [str(row.get("text", "")) for row in _filled(draft, name) if str(row.get("text", "")).strip()]


def _marked_rows(draft: Draft, name: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row.get("id", ""),
            "text": row.get("text", ""),
            "right": bool(row.get("is_marked")),
            "feedback": row.get("feedback", ""),
        }
        for row in _filled(draft, name)
        if str(row.get("text", "")).strip()
    ]


def plain_of(draft: Draft) -> dict[str, Any]:
    """Return the plain form of a draft, as far as it was filled in."""
    kind = draft["kind"]
    raw: dict[str, Any] = {
        "kind": kind,
        "hints": _first_column(draft, "hints"),
        **{name: draft.get(name, "") for name in ("prompt", "passage", "example", "right", "wrong")},
    }
    if draft.get("picture"):
        raw["picture"] = draft["picture"]
    return raw | _TO_PLAIN[kind](draft)


def _cloze_to_plain(draft: Draft) -> dict[str, Any]:
    answers, rows = gaps_in(draft.get("text", "")), list(draft.get("gaps") or [])
    gaps = {}
    for number, accepted in enumerate(answers, start=1):
        row = rows[number - 1] if number <= len(rows) else {}
        wrong = [word for part in str(row.get("choices", "")).split(",") if (word := part.strip())]
        gaps[str(number)] = {"accepted": accepted, "choices": [*accepted, *wrong] if wrong else []}
    numbers = iter(range(1, len(answers) + 1))
    return {"text": _GAP.sub(lambda _found: f"[[{next(numbers)}]]", draft.get("text", "")), "gaps": gaps}


def _foreseen_to_plain(draft: Draft) -> list[dict[str, Any]]:
    return [{"text": row.get("text", ""), "feedback": row.get("feedback", "")} for row in _filled(draft, "foreseen")]


_TO_PLAIN: dict[str, Callable[[Draft], dict[str, Any]]] = {
    "one_choice": lambda draft: {"choices": _marked_rows(draft, "choices")},
    "many_choices": lambda draft: {"choices": _marked_rows(draft, "choices")},
    "hot_text": lambda draft: {"pieces": _marked_rows(draft, "pieces"), "choose": draft.get("choose") or "1"},
    "number": lambda draft: {
        "answer": draft.get("answer", "").strip(),
        "tolerance": draft.get("tolerance", "").strip(),
        "unit": draft.get("unit", ""),
        "units": {row.get("name", ""): row.get("times", "") for row in _filled(draft, "units")},
        "foreseen": _foreseen_to_plain(draft),
    },
    "short_text": lambda draft: {
        "accepted": _first_column(draft, "accepted"),
        "compare": draft.get("compare"),
        "accents": draft.get("accents"),
        "foreseen": _foreseen_to_plain(draft),
    },
    "order": lambda draft: {"parts": _first_column(draft, "parts")},
    "match": lambda draft: {
        "pairs": [{"left": row.get("left", ""), "right": row.get("right", "")} for row in _filled(draft, "pairs")],
        "extra": _first_column(draft, "extra"),
    },
    "cloze": _cloze_to_plain,
    "long_answer": lambda draft: {
        "lines": draft.get("lines", "").strip() or "4",
        "rubric": _first_column(draft, "rubric"),
        "sample": draft.get("sample", ""),
    },
}


def draft_of(question: Mapping[str, Any]) -> Draft:
    """Return a question in the plain form as its fields show it."""
    draft: Draft = {
        name: question.get(name, "") for name in ("kind", "prompt", "passage", "example", "right", "wrong", "picture")
    }
    for name in ("hints", "accepted", "parts", "extra", "rubric"):
        draft[name] = [{"text": text} for text in question.get(name, ())]
    for name in ("choices", "pieces"):
        draft[name] = [{**row, "is_marked": row["right"]} for row in question.get(name, ())]
    draft["pairs"] = [dict(row) for row in question.get("pairs", ())]
    draft["foreseen"] = [dict(row) for row in question.get("foreseen", ())]
    if question["kind"] == "number":
        draft |= {
            "answer": written(question["answer"]),
            "tolerance": written(question["tolerance"]) if question["tolerance"] else "",
            "unit": question["unit"],
            "units": [
                {"name": name, "times": written(times)}
                for name, times in question["units"].items()
                if name != question["unit"]
            ],
        }
    draft |= {"compare": question.get("compare", "words"), "accents": "on" if question.get("accents") else ""}
    draft |= {"choose": str(question.get("choose", 1)), "lines": str(question.get("lines", 4))}
    draft |= {"sample": question.get("sample", "")}
    if question["kind"] == "cloze":
        draft |= _cloze_draft(question)
    return with_least_rows(draft)


def _cloze_draft(question: Mapping[str, Any]) -> Draft:
    gaps = question["gaps"]
    return {
        "text": _GAP.sub(lambda found: f"[[{'|'.join(gaps[found[1]]['accepted'])}]]", question["text"]),
        "gaps": [
            {"choices": ", ".join(one for one in gap["choices"] if one not in gap["accepted"])}
            for gap in (gaps[key] for key in _GAP.findall(question["text"]))
        ],
    }


# What is still to be mended

WRITE_A_NUMBER = _("Write a number, such as 12.5 or 3/4.")


def is_number(typed: object) -> bool:
    """Return whether what was typed is a number and nothing else."""
    found = read_number(str(typed))
    return found is not None and not found[1]


def problems_of(draft: Draft) -> Problems:
    """Return what keeps a draft from being a question, by the name of the field: a sentence that says how to mend it."""
    problems: Problems = {}
    if not draft.get("prompt", "").strip():
        problems["prompt"] = gettext("Write what you ask.")
    return problems | _CHECKS[draft["kind"]](draft)


def _check_marked(name: str) -> Callable[[Draft], Problems]:
    def check(draft: Draft) -> Problems:
        rows = _marked_rows(draft, name)
        if len(rows) < FEW_ROWS:
            return {name: gettext("Write at least two to choose from.")}
        if not any(row["right"] for row in rows):
            return {name: gettext("Mark what is right.")}
        if len({row["text"].strip() for row in rows}) < len(rows):
            return {name: gettext("Two of these are the same. Change one of them.")}
        return {}

    return check


def _check_number(draft: Draft) -> Problems:
    problems: Problems = {}
    if not is_number(draft.get("answer", "")):
        problems["answer"] = str(WRITE_A_NUMBER)
    if draft.get("tolerance", "").strip() and not is_number(draft["tolerance"]):
        problems["tolerance"] = gettext("Write a number, such as 0.1, or leave it empty.")
    if any(not is_number(row.get("times", "")) or not row.get("name", "").strip() for row in _filled(draft, "units")):
        problems["units"] = gettext("Write each unit with a number beside it, such as m and 100.")
    if _filled(draft, "units") and not draft.get("unit", "").strip():
        problems["unit"] = gettext("Write the unit of the right answer first.")
    if any(not is_number(row.get("text", "")) for row in _filled(draft, "foreseen")):
        problems["foreseen"] = str(WRITE_A_NUMBER)
    return problems | _check_foreseen(draft, problems)


def _check_foreseen(draft: Draft, problems: Problems) -> Problems:
    if "foreseen" not in problems and any(
        not row.get("text", "").strip() or not row.get("feedback", "").strip() for row in _filled(draft, "foreseen")
    ):
        return {"foreseen": gettext("Write both: the wrong answer, and what to say to it.")}
    return {}


def _check_short_text(draft: Draft) -> Problems:
    problems = {} if _first_column(draft, "accepted") else {"accepted": gettext("Write at least one right answer.")}
    return problems | _check_foreseen(draft, problems)


def _check_order(draft: Draft) -> Problems:
    parts = _first_column(draft, "parts")
    if len(parts) < FEW_ROWS:
        return {"parts": gettext("Write at least two things to put in order.")}
    if len({part.strip() for part in parts}) < len(parts):
        return {"parts": gettext("Two of these are the same. Change one of them.")}
    return {}


def _check_match(draft: Draft) -> Problems:
    pairs = _filled(draft, "pairs")
    if any(not row.get("left", "").strip() or not row.get("right", "").strip() for row in pairs):
        return {"pairs": gettext("Write both sides of every pair.")}
    if len(pairs) < FEW_ROWS:
        return {"pairs": gettext("Write at least two pairs.")}
    if len({row["left"].strip() for row in pairs}) < len(pairs):
        return {"pairs": gettext("Two left sides are the same. Change one of them.")}
    return {}


def _check_cloze(draft: Draft) -> Problems:
    text = draft.get("text", "")
    gaps = gaps_in(text)
    if not gaps:
        return {"text": gettext("Put at least one word between double brackets, such as [[ebb]].")}
    rest = _GAP.sub("", text)
    if "[[" in rest or "]]" in rest or any("[" in found or "]" in found for found in _GAP.findall(text)):
        return {"text": gettext("Some brackets do not pair. Each gap begins with [[ and ends with ]].")}
    if not all(gaps):
        return {"text": gettext("A gap is empty. Write between its brackets what belongs there.")}
    return {}


def _check_long_answer(draft: Draft) -> Problems:
    lines = draft.get("lines", "").strip() or "4"
    if not (lines.isdecimal() and len(lines) < 3 and 1 <= int(lines) <= MOST_ROWS):
        return {"lines": gettext("Write a whole number of lines, from 1 to 40.")}
    return {}


_CHECKS: dict[str, Callable[[Draft], Problems]] = {
    "one_choice": _check_marked("choices"),
    "many_choices": _check_marked("choices"),
    "hot_text": _check_marked("pieces"),
    "number": _check_number,
    "short_text": _check_short_text,
    "order": _check_order,
    "match": _check_match,
    "cloze": _check_cloze,
    "long_answer": _check_long_answer,
}


# As the page shows it


def shown_parts(draft: Draft, problems: Problems, *, focus: str = "") -> dict[str, Any]:
    """Return the fields of a draft for the page, in groups: what is asked, the answer, what is said, help."""
    kind = draft["kind"]

    def shown(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        return [
            _shown_rows(part, draft, problems, focus)
            if isinstance(part, Rows)
            else _shown_line(part, draft, problems, focus)
            for part in parts
        ]

    return {
        "asked": shown((PROMPT,)),
        "passage": shown((PASSAGE,)),
        "parts": shown(PARTS[kind]),
        "after": shown(_after(kind)),
        "help": shown(HELP),
    }


def _shown_line(part: Line, draft: Draft, problems: Problems, focus: str) -> dict[str, Any]:
    return {
        "line": part,
        "name": f"q-{part.name}",
        "value": draft.get(part.name) or "",
        "problem": problems.get(part.name, ""),
        "has_focus": focus == part.name,
    }


def _shown_rows(part: Rows, draft: Draft, problems: Problems, focus: str) -> dict[str, Any]:
    rows = draft.get(part.name) or []
    marks = sum(1 for row in rows if row.get("is_marked"))
    answers = gaps_in(str(draft.get("text", ""))) if part.least < 0 else []
    return {
        "rows_of": part,
        "name": part.name,
        "problem": problems.get(part.name, ""),
        # One right answer is marked by a radio button, unless the question came with more than one.
        "mark": ("radio" if draft["kind"] == "one_choice" and marks < FEW_ROWS else "checkbox") if part.mark else "",
        "can_add": bool(part.add) and len(rows) < MOST_ROWS,
        "rows": [
            {
                "number": number,
                "label": str(part.row).format(number=number + 1),
                "beside": " / ".join(answers[number]) if number < len(answers) else "",
                "id": row.get("id", ""),
                "is_marked": bool(row.get("is_marked")),
                "is_first": number == 0,
                "is_last": number == len(rows) - 1,
                "cells": [
                    {
                        "name": f"q-{part.name}-{number}-{column.name}",
                        "label": column.label,
                        "value": row.get(column.name, ""),
                        "has_focus": focus == f"{part.name}-{number}-{column.name}",
                    }
                    for column in part.columns
                ],
            }
            for number, row in enumerate(rows)
        ],
    }
