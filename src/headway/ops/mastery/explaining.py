"""The arithmetic of forecasts and of scorecards, as text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from django.utils.translation import gettext
from scipy import special

from headway.core.evidence.answer_log import AnswerLog, with_places, with_students
from headway.core.evidence.coverage import deviation_of
from headway.core.evidence.ledger import CARDS, LINES
from headway.core.evidence.look_ahead import doubt_of
from headway.core.evidence.refit import for_log
from headway.core.evidence.row_lines import WORDS, lines_of
from headway.core.evidence.scorecards import Scorecards, empty
from headway.ops.mastery.telling import words
from headway.ops.terminal import say

COUNTS = (0, 3, 10, 30)  # answers whose doubt is shown


def rows_as_json(cards: Scorecards | None, log: AnswerLog, student: int, *, last: int) -> dict[str, Any]:
    """Return the last forecasts of one student, each as lines that sum to its logit."""
    cards = for_log(cards or empty(), log if log.has_items else with_places(log))
    own = with_students(log if log.has_items else with_places(log), np.array([student]))
    found = lines_of(cards, own)
    first = max(0, own.rows - last) if last else 0
    rows = []
    for row in range(first, own.rows):
        key = own.skill_set[row]
        skills = own.members[own.set_starts[key] : own.set_starts[key + 1]]
        score = float(own.score[row])
        rows.append(
            {
                "number": row + 1,
                "question": log.item_names[own.item[row]] if log.has_items and log.item_names else "",
                "skills": [log.skill_names[skill] for skill in skills],
                "score": None if math.isnan(score) else score,
                "lines": {name: float(found.values[row, place]) for place, name in enumerate(found.names)},
                "logit": float(found.logits[row]),
                "chance": float(special.expit(found.logits[row])),
            }
        )
    return {"student": log.student_names[student], "model": cards.version, "answers": own.rows, "rows": rows}


def tell_rows(shown: dict[str, Any]) -> None:
    """Print one student's forecasts."""
    title = gettext(
        "Student {student}, {answers} answers, model {model}. Lines are in logits; they sum to the forecast."
    )
    say(title.format(**{name: shown[name] for name in ("student", "answers", "model")}))
    for row in shown["rows"]:
        score = row["score"]
        if score is None:
            happened = gettext("studied, not asked")
        elif score in (0.0, 1.0):
            happened = gettext("right") if score else gettext("not right")
        else:
            happened = gettext("{percent} of 100").format(percent=round(100 * score))
        what = ", ".join([*([f"“{row['question']}”"] if row["question"] else []), *row["skills"]])
        said = gettext("{number}. {what}: stated {percent}% before, then {happened}")
        say(said.format(number=row["number"], what=what, percent=round(100 * row["chance"]), happened=happened))
        terms = [f"{words(WORDS[name])} {value:+.2f}" for name, value in row["lines"].items() if abs(value) >= 0.005]
        say(f"     {' · '.join(terms)} = {row['logit']:+.2f}")


def scorecards_as_json(cards: Scorecards) -> dict[str, Any]:
    """Return what each scorecard adds from one end to the other, the ones that say most first, and how wide beliefs are."""
    listed = [
        {
            "card": card.name,
            "line": card.line,
            "at_low": float(cards.curves[place, 0]),
            "at_high": float(cards.curves[place, -1]),
            "range": float(np.ptp(cards.curves[place])),
        }
        for place, card in enumerate(CARDS)
    ]
    counts = np.array(COUNTS, dtype=np.float64)
    deviations = deviation_of(doubt_of(cards), counts, counts)
    return {
        "version": cards.version,
        "answers": cards.answers,
        "start": cards.start,
        "chance_of_somebody_new": float(special.expit(cards.start)),
        "competencies": len(cards.levels),
        "items": len(cards.offsets),
        "deviations": {str(count): float(deviation) for count, deviation in zip(COUNTS, deviations, strict=True)},
        "growth_per_day": cards.growth_per_day,
        "facts": {name: value for name, value in cards.facts.items() if name not in ("competencies", "items")},
        "cards": sorted(listed, key=lambda one: -float(str(one["range"]))),
    }


def tell_scorecards(shown: dict[str, Any]) -> None:
    """Print what a model's scorecards say."""
    said = gettext(
        "Model {version}, fitted on {answers} answers; {items} questions and {competencies} skills are placed."
    )
    say(said.format(**{name: shown[name] for name in ("version", "answers", "items", "competencies")}))
    for name, value in shown["facts"].items():
        say(f"  {name.replace('_', ' ')}: {value}")
    wide = ", ".join(f"{count}: {deviation:.2f}" for count, deviation in shown["deviations"].items())
    said = gettext(
        "Deviation of a belief in logits, by answers behind it: {wide}; squared, it grows by {growth} a day."
    )
    say(said.format(wide=wide, growth=f"{shown['growth_per_day']:.4f}"))
    say(gettext("What each scorecard adds, in logits, from its lowest to its highest count:"))
    for one in shown["cards"]:
        if one["range"] >= 0.005:
            say(f"  {one['at_low']:+.2f} … {one['at_high']:+.2f}  {words(LINES[one['line']])}: {one['card']}")
