"""What no log could tell: each number with its source, as a knob; and the other worlds in which the order may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from headway.core.shared.errors import gettext_noop

BASE: Final = "base"


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """How a classroom turns minutes into learning, beyond what logs of answers say.

    Factors multiply the gain of an opportunity; 1.0 is a student who works on work that fits, without the teacher.
    """

    # The classroom. Classes explain a fifth of how students differ (Hedges & Hedberg 2007).
    share_between_classes: float = 0.2
    least_students: int = 26
    most_students: int = 30
    skills_a_week: float = 5.0 / 3.0  # of the term’s path: 20 in 12 weeks
    earlier_skills: int = 6
    earlier_easier_logits: float = 0.6
    share_newcomers: float = 0.07
    reading_deviation_grades: float = 1.8
    minutes_per_opportunity: float = 4.0  # with reading, talking and writing down; a log's 35 seconds leave these out

    # Learning: as in the simulation that the learner model was made on (core/evidence/simulation.py).
    gain_log_deviation: float = 0.25
    ceiling_logits: float = 2.4
    transfer: float = 0.25
    readiness_logit: float = -1.0
    prerequisites_matter: float = 1.0  # 0: learning never waits for what comes before
    savings_share: float = 0.15
    stability_factor: float = 1.0
    stability_log_deviation: float = 0.3
    stability_growth: float = 1.6
    most_stability_days: float = 300.0
    exponent: float = 0.4
    lasting_share: float = 0.35
    same_day_share: float = 0.7  # a second block on a skill on one day gives less (Cepeda et al. 2006)

    # Fit: best where 50 to 85 of 100 questions succeed (Wilson et al. 2019 put it at 85), less outside.
    fit_matters: float = 1.0  # 0: too easy and too hard teach as much as what fits
    too_hard_share: float = 0.25
    too_easy_share: float = 0.4
    level_step_logits: float = 0.8  # how much an easier or harder door differs

    # A text above one's reading: what is lost for each grade beyond reach, alone; half of it with a classmate, a quarter
    # with the teacher.
    reading_loss_per_grade: float = 0.25
    least_read_share: float = 0.2

    # The teacher: to 3 to 6 students at once, or to all. Small groups gain more than classes (Lou et al. 1996; Nickow,
    # Oreopoulos & Quan 2020), each student; a class has five times as many.
    teacher_group_factor: float = 1.5
    teacher_class_factor: float = 1.15
    teacher_lift_logits: float = 0.8  # what is too hard alone is less so beside the teacher

    # Interest: problems about what one likes are learned faster (Walkington 2013); a profile is right four times in five.
    interest_factor: float = 1.15
    topics: int = 12
    profile_is_right: float = 0.8

    attendance_factor: float = 1.0

    # Answers.
    form_deviation_logits: float = 0.4
    item_deviation_logits: float = 0.8
    share_of_choice_items: float = 0.3
    choice_guess: float = 0.25


@dataclass(frozen=True, kw_only=True)
class World:
    """A set of assumptions with the words for it."""

    name: str
    words: str
    assumptions: Assumptions


_USUAL = Assumptions()
WORLDS: Final[Mapping[str, World]] = MappingProxyType(
    {
        world.name: world
        for world in (
            World(name=BASE, words=gettext_noop("As assumed"), assumptions=_USUAL),
            World(
                name="no_interest",
                words=gettext_noop("Interests change nothing"),
                assumptions=replace(_USUAL, interest_factor=1.0),
            ),
            World(
                name="strong_interest",
                words=gettext_noop("Interests matter twice as much"),
                assumptions=replace(_USUAL, interest_factor=1.3),
            ),
            World(
                name="much_forgetting",
                words=gettext_noop("As much is forgotten as of facts"),
                assumptions=replace(_USUAL, stability_factor=0.13),
            ),
            World(
                name="little_forgetting",
                words=gettext_noop("Little is forgotten"),
                assumptions=replace(_USUAL, stability_factor=6.0, lasting_share=0.7),
            ),
            World(
                name="weak_teacher",
                words=gettext_noop("The teacher’s time adds little"),
                assumptions=replace(_USUAL, teacher_group_factor=1.15, teacher_class_factor=1.05),
            ),
            World(
                name="poor_attendance",
                words=gettext_noop("Three times as many days missed"),
                assumptions=replace(_USUAL, attendance_factor=3.0),
            ),
            World(
                name="fit_matters_little",
                words=gettext_noop("Fit, order and reading matter little"),
                assumptions=replace(
                    _USUAL, fit_matters=0.2, prerequisites_matter=0.2, reading_loss_per_grade=0.05, least_read_share=0.8
                ),
            ),
        )
    }
)
