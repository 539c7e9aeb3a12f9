"""What was measured on logs of answers: numbers that a trial takes over, with where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from headway.core.shared.errors import RuleBroken, gettext_noop

NOT_PARAMETERS = gettext_noop("This is no file of parameters for a trial: {problem}")
FORMAT: Final = 1


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How students of the logs answer, learn, forget and come; logits are of success on a usual question.

    `gain_logits` is what one of the first ten opportunities adds; `stability_days` sets how fast it goes (minds.py);
    `attendance` is a share of school days, with its deviation between students. `slip` is bounded at .1 as ever since
    Corbett & Anderson (1995): what a log shows after five right answers is partly hard questions.
    """

    first_chance_logit: float = 0.62
    student_deviation_logits: float = 0.9
    skill_deviation_logits: float = 0.65
    pair_deviation_logits: float = 0.8
    gain_logits: float = 0.12
    stability_days: float = 5.3  # the middle of what is published (simulation.World)
    slip: float = 0.05
    attendance: float = 0.94
    attendance_deviation: float = 0.05


NAMES: Final = tuple(field.name for field in fields(Parameters))
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "first_chance_logit": (-1.5, 2.5),
    "student_deviation_logits": (0.2, 2.0),
    "skill_deviation_logits": (0.1, 2.0),
    "pair_deviation_logits": (0.1, 2.0),
    "gain_logits": (0.01, 0.6),
    "stability_days": (0.7, 60.0),
    "slip": (0.0, 0.1),
    "attendance": (0.5, 1.0),
    "attendance_deviation": (0.0, 0.3),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """One log and what it said: a fingerprint of its bytes, never its content."""

    name: str
    fingerprint: str
    rows: int
    students: int
    numbers: Mapping[str, float]
    beside: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return the source as plain JSON values."""
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "rows": self.rows,
            "students": self.students,
            "numbers": {key: round(value, 5) for key, value in self.numbers.items()},
            "beside": {key: round(value, 5) for key, value in self.beside.items()},
        }


def _within(name: str, value: float) -> float:
    low, high = BOUNDS[name]
    return min(high, max(low, value))


def parameters_of(sources: Sequence[Source]) -> Parameters:
    """Return the mean of what the sources say of each number, within sane bounds; where none speaks, the default."""
    said = {name: [source.numbers[name] for source in sources if name in source.numbers] for name in NAMES}
    return Parameters(**{name: _within(name, sum(values) / len(values)) for name, values in said.items() if values})


def as_json(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the sources, and the parameters they make, as plain JSON values."""
    made = parameters_of(sources)
    return {
        "format": FORMAT,
        "parameters": {name: round(getattr(made, name), 5) for name in NAMES},
        "sources": [source.as_json() for source in sources],
    }


def sources_from_json(stored: Any) -> tuple[Source, ...]:
    """Return the sources that `as_json` wrote; raises RuleBroken when it did not write this."""
    try:
        if stored["format"] != FORMAT:
            raise RuleBroken(NOT_PARAMETERS, problem=f"format {stored['format']}")
        return tuple(
            Source(
                name=str(row["name"]),
                fingerprint=str(row["fingerprint"]),
                rows=int(row["rows"]),
                students=int(row["students"]),
                numbers={str(key): float(value) for key, value in row["numbers"].items() if key in NAMES},
                beside={str(key): float(value) for key, value in row["beside"].items()},
            )
            for row in stored["sources"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise RuleBroken(NOT_PARAMETERS, problem=str(problem)) from problem


def with_source(sources: Sequence[Source], new: Source) -> tuple[Source, ...]:
    """Return the sources with a new one, in the place of an older one of the same name."""
    return (*(source for source in sources if source.name != new.name), new)


@lru_cache(maxsize=1)
def shipped_sources() -> tuple[Source, ...]:
    """Return the figures that come with Headway."""
    text = resources.files(__package__ or "").joinpath("trial_parameters.json").read_text(encoding="utf-8")
    return sources_from_json(json.loads(text))
