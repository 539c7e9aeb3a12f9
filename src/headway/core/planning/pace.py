"""How a student goes along the class's path: a word with its reason, where the path should be, and a teacher's own word.

A word is only said when enough was seen. What nobody has looked at counts for nobody and against nobody: with little
evidence the word is "on", and the sentence says that little was seen.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median_low
from typing import Final, TypeVar

from headway.core.planning.problem import Id, Pace
from headway.core.shared.errors import gettext_noop

Student = TypeVar("Student", bound=Hashable)
SECURE_WORDS: Final = frozenset({"secure", "beyond", "recheck"})
UNDER_WAY_WORDS: Final = SECURE_WORDS | {"growing"}
LEAST_PIECES: Final = 2  # one answer is an answer, not a picture
LEAST_SHARE_SEEN: Final = 0.5  # of the skills that the path has reached
NOT_YET_CERTAIN: Final = 0.2  # below this chance of being secure it is clear that it does not sit yet
GAP_SHARE: Final = 0.2  # so much of what the path has reached is a distance worth a word

NO_PATH = gettext_noop("The class has no path yet, so there is nothing to go along.")
LITTLE_SEEN = gettext_noop(
    "Little was seen yet: work on {seen} of the {reached} skills the path has reached by now. Until more is seen, “on the path”."
)
COUNTED = gettext_noop(
    "Secure on {secure} of the {reached} skills the path has reached by now; the class is at {class_secure}."
)
COUNTED_UNDER_WAY = gettext_noop(
    "Growing or further on {under_way} of the {reached} skills the path has reached by now; the class is at {class_under_way}."
)
COUNTED_FURTHER = gettext_noop(
    "Secure on {secure} of the {reached} skills the path has reached by now, and on {further} that come later; "
    "the class is at {class_secure}."
)
# The first skill has its own sentences: "1 of the 1 skills" is no English.
FIRST_LITTLE_SEEN = gettext_noop(
    "Little was seen yet of the first skill, where the path is by now. Until more is seen, “on the path”."
)
FIRST_SECURE = gettext_noop("Secure on the first skill, where the path is by now.")
FIRST_OPEN = gettext_noop("Not secure yet on the first skill, where the path is by now.")
FIRST_AND_FURTHER = gettext_noop("The path is at its first skill by now. Secure on skills further on: {further}.")
ALL_SECURE = gettext_noop("Secure on all {skills} skills of the path; by now it has reached {reached}.")


@dataclass(frozen=True, kw_only=True)
class SkillSeen:
    """What is known of one skill of the path: its word, how many pieces, and the chance, 0 to 1, that it is secure."""

    word: str = "none"
    pieces: int = 0
    certain: float = 0.0

    @property
    def is_secure(self) -> bool:
        """Whether the word says that it sits; to be checked again is still known."""
        return self.pieces > 0 and self.word in SECURE_WORDS

    @property
    def is_under_way(self) -> bool:
        """Whether the word says that it grows, or that it sits."""
        return self.pieces > 0 and self.word in UNDER_WAY_WORDS

    @property
    def is_seen(self) -> bool:
        """Whether enough was seen to say anything."""
        return self.pieces >= LEAST_PIECES

    @property
    def is_surely_open(self) -> bool:
        """Whether enough was seen, and it is clear that it does not sit yet."""
        return self.is_seen and not self.is_secure and self.certain <= NOT_YET_CERTAIN


@dataclass(frozen=True, kw_only=True)
class ClassPlace:
    """On how many of the skills that the path has reached the student in the middle of a class is secure, or under way."""

    secure: int = 0
    under_way: int = 0


@dataclass(frozen=True, kw_only=True)
class OwnWord:
    """A teacher's own word in place of the one worked out: why, who said it, and the last day it holds."""

    word: Pace
    why: str
    said_by: str
    ends_on: date
    id: Id = None


@dataclass(frozen=True, kw_only=True)
class PaceNow:
    """A student's pace with its reason; `sentence` and `facts` always say what was counted, also under a teacher's word."""

    word: Pace
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)
    is_little_seen: bool = False
    own: OwnWord | None = None


def reached_by_now(skills: int, *, goal_place: int | None, term_share: float) -> int:
    """Return how many skills of a path are reached by now: as the term goes, and never less than the goal of the class.

    `goal_place` counts from 0, None without a goal; `term_share` is how much of the term is over, 0 to 1. A class that works
    longer on its first skills does not make the path shorter; students are told beside their class all the same.
    """
    if skills <= 0:
        return 0
    by_term = math.ceil(skills * min(1.0, max(0.0, term_share)))
    by_goal = 0 if goal_place is None else goal_place + 1
    return min(skills, max(1, by_term, by_goal))


def share_of_term(day: date, *, starts_on: date, ends_on: date) -> float:
    """Return how much of a term is over on a day, 0 to 1; its last day is the whole of it."""
    days = (ends_on - starts_on).days + 1
    return min(1.0, max(0.0, ((day - starts_on).days + 1) / days)) if days > 0 else 1.0


def place_of_class(path_of_each: Sequence[Sequence[SkillSeen]], reached: int) -> ClassPlace:
    """Return where the student in the middle of the class stands among the skills reached.

    Students of whom little was seen are left out: they would make everybody else look quick.
    """
    seen = [path[:reached] for path in path_of_each if _is_seen(path, reached)]
    if not seen:
        return ClassPlace()
    return ClassPlace(
        secure=median_low(_secure(path) for path in seen), under_way=median_low(_under_way(path) for path in seen)
    )


def pace_of(path: Sequence[SkillSeen], *, reached: int, class_place: ClassPlace) -> PaceNow:
    """Return one student's pace from the skills of the path, in its order.

    "Needs time" takes a real distance to the class, in skills that are secure or in skills that are under way, and as many
    skills that clearly are not; "ahead" takes more secure skills than the path has reached, with at most one of those open.
    Anything between, or in doubt, is "on".
    """
    if not reached:
        return PaceNow(word=Pace.ON, sentence=NO_PATH, is_little_seen=True)
    so_far, further_on = path[:reached], path[reached:]
    if not _is_seen(path, reached):
        seen = sum(skill.is_seen for skill in so_far)
        sentence = FIRST_LITTLE_SEEN if reached == 1 else LITTLE_SEEN
        return PaceNow(word=Pace.ON, sentence=sentence, facts={"seen": seen, "reached": reached}, is_little_seen=True)
    secure, further = _secure(so_far), _secure(further_on)
    gap = max(1, math.ceil(GAP_SHARE * reached))
    facts = {
        "secure": secure,
        "under_way": _under_way(so_far),
        "reached": reached,
        "further": further,
        "class_secure": class_place.secure,
        "class_under_way": class_place.under_way,
    }
    if secure + further == len(path) > 1:
        is_ahead = reached < len(path) or class_place.secure <= secure - gap
        facts = {"skills": len(path), "reached": reached}
        return PaceNow(word=Pace.AHEAD if is_ahead else Pace.ON, sentence=ALL_SECURE, facts=facts)
    if further and secure >= reached - 1 and secure + further > reached:
        return PaceNow(word=Pace.AHEAD, sentence=_sentence(facts), facts=facts)
    surely_open = [skill for skill in so_far if skill.is_surely_open]
    if class_place.secure - secure >= gap and len(surely_open) >= gap:
        return PaceNow(word=Pace.NEEDS_TIME, sentence=_sentence(facts), facts=facts)
    surely_at_the_start = sum(not skill.is_under_way for skill in surely_open)
    if class_place.under_way - facts["under_way"] >= gap and surely_at_the_start >= gap:
        sentence = _sentence(facts) if reached == 1 else COUNTED_UNDER_WAY
        return PaceNow(word=Pace.NEEDS_TIME, sentence=sentence, facts=facts)
    return PaceNow(word=Pace.ON, sentence=_sentence(facts), facts=facts)


def _sentence(facts: Mapping[str, int]) -> str:
    if facts["reached"] == 1:
        return FIRST_AND_FURTHER if facts["further"] else FIRST_SECURE if facts["secure"] else FIRST_OPEN
    if facts["further"]:
        return COUNTED_FURTHER
    # Where hardly anybody is secure yet, what is under way says more.
    return COUNTED if facts["secure"] or facts["class_secure"] else COUNTED_UNDER_WAY


def paces_of_class(
    paths: Mapping[Student, Sequence[SkillSeen]],
    *,
    reached: int,
    own_words: Mapping[Student, OwnWord] | None = None,
    on: date | None = None,
) -> dict[Student, PaceNow]:
    """Return the pace of each student of a class; a teacher's own word holds until its last day is over."""
    class_place = place_of_class(list(paths.values()), reached)
    own_words = own_words or {}
    found = {}
    for student, path in paths.items():
        counted = pace_of(path, reached=reached, class_place=class_place)
        own = own_words.get(student)
        if own is not None and (on is None or on <= own.ends_on):
            counted = PaceNow(
                word=own.word,
                sentence=counted.sentence,
                facts=counted.facts,
                is_little_seen=counted.is_little_seen,
                own=own,
            )
        found[student] = counted
    return found


def _secure(skills: Sequence[SkillSeen]) -> int:
    return sum(skill.is_secure for skill in skills)


def _under_way(skills: Sequence[SkillSeen]) -> int:
    return sum(skill.is_under_way for skill in skills)


def _is_seen(path: Sequence[SkillSeen], reached: int) -> bool:
    return sum(skill.is_seen for skill in path[:reached]) >= math.ceil(LEAST_SHARE_SEEN * reached)
