"""Classes made for measuring the planner: any number of students and candidates, seeded."""

from __future__ import annotations

import numpy as np

from headway.core.planning import (
    BlockKind,
    Candidate,
    ClassProblem,
    Frame,
    Limits,
    Reader,
    Slot,
    StudentNeeds,
    Target,
    With,
)

E, G, J, R, S, C, P = (
    BlockKind.ESSENTIAL,
    BlockKind.GROUP,
    BlockKind.PROJECT,
    BlockKind.REVIEW,
    BlockKind.STRETCH,
    BlockKind.CHOICE,
    BlockKind.PAPER,
)
TOPICS = (
    "animals",
    "music",
    "football",
    "space",
    "cooking",
    "trains",
    "drawing",
    "games",
    "sea",
    "weather",
    "robots",
    "stories",
)
ACTIVITIES = ("video", "text", "game", "experiment", "worksheet", "simulation", "story", "discussion")
DAY = ((20, (E, G, P, S)), (15, (G, J, P, S)), (15, (G, R, C, P, S)), (10, (R, C, P, S)))


def made_frame(teacher_places: int = 16) -> Frame:
    """Return a week of five days with four places of 60 minutes in all; the first so many are the teacher's."""
    spots = [(day, order) for order in range(len(DAY)) for day in range(5)]
    with_groups = [spot for spot in spots if G in DAY[spot[1]][1]]
    teachers = set((with_groups + [spot for spot in spots if spot not in with_groups])[:teacher_places])
    slots = []
    for day in range(5):
        for order, (minutes, kinds) in enumerate(DAY):
            own = (*kinds, G) if (day, order) in teachers and G not in kinds else kinds
            slots.append(Slot(day=day, order=order, minutes=minutes, kinds=own, is_teachers=(day, order) in teachers))
    return Frame(slots=tuple(slots), minutes_of_day=(60, 60, 60, 60, 60))


def made_class(
    students: int = 30, candidates: int = 400, *, seed: int = 0, teacher_places: int = 16, skills: int = 14
) -> ClassProblem:
    """Return a seeded class: readers of two languages, a path with prerequisites, resources of all kinds and levels."""
    luck = np.random.default_rng([seed, students, candidates])
    made: list[Candidate] = []
    work = 0
    while len(made) < candidates:
        skill = int(luck.integers(skills))
        minutes = int(luck.choice([10, 15, 20], p=[0.35, 0.35, 0.3]))
        kinds = {E: 0.45, G: 0.35, J: 0.15, R: 0.35, S: 0.3, C: 0.35, P: 0.35}
        own = frozenset(kind for kind, chance in kinds.items() if luck.random() < chance) or frozenset({P})
        screen = 0 if P in own and luck.random() < 0.9 else int(luck.random() < 0.55) * minutes
        company = [With.ALONE, With.PAIR, With.TEAM][int(luck.choice(3, p=[0.6, 0.25, 0.15]))]
        doors = 2 if luck.random() < 0.25 else 1
        topics = frozenset(luck.choice(TOPICS, size=int(luck.integers(0, 3)), replace=False).tolist())
        activity = str(luck.choice(ACTIVITIES))
        has_items = bool(luck.random() < 0.6)
        level = str(luck.choice(["usual", "easier", "harder"], p=[0.7, 0.15, 0.15]))
        for door in range(min(doors, candidates - len(made))):
            made.append(
                Candidate(
                    id=len(made),
                    competency=skill,
                    minutes=minutes,
                    kinds=own,
                    with_whom=company,
                    screen_minutes=screen,
                    language="es" if door else "en",
                    reading_level=float(np.clip(luck.normal(5.0, 1.6), 1.0, 11.0)),
                    topics=topics,
                    level=level if not door else "usual",
                    variant_group=work,
                    has_items=has_items,
                    title=f"Work {work}",
                    activity=activity,
                )
            )
        work += 1
    goal = skills // 2
    needs = []
    for student in range(students):
        place = float(luck.normal(goal, 1.6))
        targets = []
        for skill in range(skills):
            chance = float(1 / (1 + np.exp(-((place - skill) * 0.9 + luck.normal(0, 0.8)))))
            pieces = int(luck.integers(0, 12)) if skill <= place + 2 else 0
            half = 0.35 / (1 + 0.25 * pieces)
            secure = chance > 0.8 and pieces >= 4
            word = "none" if not pieces else "secure" if secure else "growing" if chance > 0.5 else "starting"
            days = int(luck.integers(1, 60)) if pieces else None
            if secure and days is not None and days > 40:
                word = "recheck"
            targets.append((skill, chance if pieces else 0.5, half, pieces, word, days))
        weak = {skill for skill, chance, _h, pieces, word, _d in targets if pieces and chance < 0.35}
        reads_spanish = luck.random() < 0.25
        readers = [
            Reader(
                language="en", reading_level=float(np.clip(luck.normal(2.5 if reads_spanish else 6.0, 1.3), 0.5, 11))
            )
        ]
        if reads_spanish:
            readers.append(Reader(language="es", reading_level=float(np.clip(luck.normal(6.0, 1.2), 1.0, 11))))
        needs.append(
            StudentNeeds(
                student=student,
                grade=6,
                targets=tuple(
                    Target(
                        competency=skill,
                        chance=chance,
                        low=max(0.0, chance - half),
                        high=min(1.0, chance + half),
                        pieces=pieces,
                        word=word,
                        grade=6 if skill >= goal - 2 else 5,
                        is_stale=word == "recheck",
                        days_since=days,
                        missing_prerequisites=(skill - 1,) if skill - 1 in weak else (),
                        is_class_goal=skill == goal,
                    )
                    for skill, chance, half, pieces, word, days in targets
                ),
                readers=tuple(readers),
                interests=frozenset(luck.choice(TOPICS, size=3, replace=False).tolist()),
                limits=Limits(screen_minutes_cap=100, minutes_with_others_floor=60),
                supports=frozenset({"extra-time"}) if luck.random() < 0.08 else frozenset(),
                done_recently=frozenset(luck.choice(candidates, size=candidates // 20, replace=False).tolist()),
            )
        )
    return ClassProblem(
        frame=made_frame(teacher_places),
        candidates=tuple(made),
        students=tuple(needs),
        class_goal=goal,
        seed=seed,
        may_form_groups=True,
    )
