"""A session with a group, minute by minute: from what each brings to one question at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headway.core.grouping.partition import NEEDS, RECHECK, STRETCH, TEAM
from headway.core.shared.errors import gettext_noop

WHY_TEAM = gettext_noop("Each brings something that “{task}” needs. Together they cover all of it.")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One part of a session; `share` is its part of the minutes. Sentences may name {goal}, {skill} and {task}."""

    key: str
    title: str
    does: str
    share: float
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TimedStep:
    """A step with its minutes, counted from the beginning."""

    step: Step
    starts: int
    ends: int


_OPEN = Step(
    key="open",
    title=gettext_noop("Start from what each brings"),
    does=gettext_noop("Say to each by name what you saw them do. Then the goal: {goal}"),
    share=0.15,
    asks=(gettext_noop("What do you know already that helps here?"),),
)
_CHECK = Step(
    key="check",
    title=gettext_noop("One question each, alone"),
    does=gettext_noop("A new question, without help. Write down what you saw: it counts as evidence."),
    share=0.15,
    asks=(gettext_noop("How sure are you, and what makes you sure?"),),
)
_CLOSE = Step(
    key="close",
    title=gettext_noop("Say what grew"),
    does=gettext_noop("Each names one thing that is clearer now and one that is open. Then this group ends."),
    share=0.1,
    asks=(gettext_noop("What will you try by yourself tomorrow?"),),
)

SESSIONS: Mapping[str, tuple[Step, ...]] = {
    NEEDS: (
        _OPEN,
        Step(
            key="together",
            title=gettext_noop("One example together"),
            does=gettext_noop("Do one example of {skill} aloud. A student says each next step, you write."),
            share=0.2,
            asks=(
                gettext_noop("What do we know, and what do we want to find?"),
                gettext_noop("Why may we do that?"),
            ),
        ),
        Step(
            key="try",
            title=gettext_noop("Two and two"),
            does=gettext_noop("In pairs on {task}. Listen first, and help when they have tried."),
            share=0.4,
            asks=(
                gettext_noop("Show me a place where you are sure. How do you know?"),
                gettext_noop("What would be different with other numbers or another text?"),
            ),
        ),
        _CHECK,
        _CLOSE,
    ),
    STRETCH: (
        _OPEN,
        Step(
            key="question",
            title=gettext_noop("A question without one answer"),
            does=gettext_noop("Ask something about {skill} that you could not answer at once yourself."),
            share=0.2,
            asks=(
                gettext_noop("What would have to be true for that?"),
                gettext_noop("Is there a case where it does not hold?"),
            ),
        ),
        Step(
            key="work",
            title=gettext_noop("Find out"),
            does=gettext_noop("On {task}, everybody tries a way of their own, then you compare."),
            share=0.4,
            asks=(gettext_noop("Which way would you trust, and why?"),),
        ),
        Step(
            key="pass_on",
            title=gettext_noop("Make it useful to others"),
            does=gettext_noop("Each writes one question or one hint that helps the class."),
            share=0.15,
            asks=(gettext_noop("What was the step that opened it?"),),
        ),
        _CLOSE,
    ),
    RECHECK: (
        Step(
            key="remember",
            title=gettext_noop("Remember together"),
            does=gettext_noop("Each says what they remember of {skill}. Nobody is put right yet."),
            share=0.3,
            asks=(gettext_noop("Where did you use it last?"),),
        ),
        Step(
            key="check",
            title=_CHECK.title,
            does=_CHECK.does,
            share=0.5,
            asks=_CHECK.asks,
        ),
        Step(
            key="close",
            title=gettext_noop("Say what is still there"),
            does=gettext_noop("Whoever has it is done. Whoever has not gets it back into the own week."),
            share=0.2,
        ),
    ),
    TEAM: (
        Step(
            key="open",
            title=gettext_noop("Start from what each brings"),
            does=gettext_noop("Give out the role cards. Each says what they bring to {task}."),
            share=0.15,
            asks=(gettext_noop("Where in this task will we need what you are good at?"),),
        ),
        Step(
            key="plan",
            title=gettext_noop("Plan before doing"),
            does=gettext_noop("The team says in its own words what is asked, and who begins with what."),
            share=0.15,
            asks=(gettext_noop("What will it look like when it is done?"),),
        ),
        Step(
            key="work",
            title=gettext_noop("Work"),
            does=gettext_noop("Teams work on {task}. Go from team to team; ask one question, then go on."),
            share=0.45,
            asks=(
                gettext_noop("Whose idea was that? Who can say it in other words?"),
                gettext_noop("How do you know that it is right?"),
            ),
        ),
        Step(
            key="check",
            title=gettext_noop("The checkers’ round"),
            does=gettext_noop("Each checker shows one step to another team and asks how they know."),
            share=0.1,
        ),
        Step(
            key="close",
            title=gettext_noop("Tell, and thank"),
            does=gettext_noop("Speakers tell what was found. Each names one thing that somebody else brought."),
            share=0.15,
            asks=(gettext_noop("What could none of us have done alone?"),),
        ),
    ),
}

LOOK_FOR: Mapping[str, tuple[str, ...]] = {
    NEEDS: (
        gettext_noop("Says why a step works, not only which step comes next."),
        gettext_noop("Does a new example without help."),
        gettext_noop("Explains something to somebody else, in any language."),
    ),
    STRETCH: (
        gettext_noop("Tries another way when the first one does not go on."),
        gettext_noop("Finds a case where it does not hold."),
        gettext_noop("Builds on what somebody else said."),
    ),
    RECHECK: (
        gettext_noop("Answers alone, and is right about being sure."),
        gettext_noop("Finds the way back after one question."),
    ),
    TEAM: (
        gettext_noop("Everybody speaks, and what each brings is used."),
        gettext_noop("The team can say why, not only what."),
        gettext_noop("A word that is not clear is asked about, and said again in another way."),
    ),
}


def session_plan(kind: str, minutes: int) -> tuple[TimedStep, ...]:
    """Return the steps of a session in whole minutes that add up to the group's time; each has one minute at least."""
    steps = SESSIONS[kind][: max(1, minutes)]
    left = minutes - len(steps)
    total = sum(step.share for step in steps)
    wanted = [step.share / total * left for step in steps]
    given = [int(share) for share in wanted]
    # What rounding leaves goes where most was cut off, earlier steps first.
    order = sorted(range(len(steps)), key=lambda place: (given[place] - wanted[place], place))
    for place in order[: left - sum(given)]:
        given[place] += 1
    timed, start = [], 0
    for step, extra in zip(steps, given, strict=True):
        timed.append(TimedStep(step=step, starts=start, ends=start + 1 + extra))
        start += 1 + extra
    return tuple(timed)
