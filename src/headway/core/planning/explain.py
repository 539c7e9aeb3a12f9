"""The planner's sentences, marked for translation; {skill} is put in by the page, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from headway.core.shared.errors import gettext_noop

EVIDENCE = gettext_noop("{skill}: best guess {percent}%, likely {low} to {high}, from {pieces} pieces.")
NO_EVIDENCE = gettext_noop("{skill}: nothing has been seen yet, and this will show it.")
PREREQUISITE = gettext_noop("{skill} comes before what is next.")
REVIEW_DUE = gettext_noop("{skill} was last seen {days} days ago. A short look back keeps it.")
CLASS_GOAL = gettext_noop("{skill} is the whole class’s goal this week.")
READY_FOR_MORE = gettext_noop("{skill} is there already, so this goes further.")
OWN_GOAL = gettext_noop("“{goal}”")
INTEREST = gettext_noop("Likes {topics}.")
CAREER = gettext_noop("Fits the hope to become: {careers}.")
CHOICE = gettext_noop("One part of the week is the student’s own choice of three.")
LANGUAGE = gettext_noop("The same work in the language that reads best now.")
READ_TOGETHER = gettext_noop("The text is read together, so nobody reads it alone.")
GROUP = gettext_noop("Meets the teacher on {skill} with others who are at the same step.")
GROUP_STRETCH = gettext_noop("Meets the teacher to go further on {skill} with others who are ready for it.")
GROUP_RECHECK = gettext_noop("Meets the teacher to look at {skill} once more, since the newest work is old.")
MILESTONE = gettext_noop("It is wanted by day {day} of this week.")
UNFINISHED = gettext_noop("It was begun and is not finished yet.")
TEACHER_CHOSE = gettext_noop("The teacher chose this.")
EASIER = gettext_noop("The same goal with more help in the text.")

TOO_LONG_FOR_PLACE = gettext_noop("This takes {minutes} minutes, and that place has {place}. Choose a longer one.")
FLAG_LANGUAGE = gettext_noop("{title} is not in a language that reads well yet. Look for another door.")
FLAG_LITTLE_EVIDENCE = gettext_noop("Little has been seen lately, so this plan is close to a guess.")
FLAG_ESSENTIALS_ONLY = gettext_noop("Essentials only for now. The rest is put away.")
FLAG_FAR_AHEAD = gettext_noop("Nearly everything on the path is secure. Look at the stretch blocks.")
FLAG_ALONE = gettext_noop("Only {minutes} of {total} minutes are with other people.")

UNMET_CHOICE = gettext_noop("There are not three different things to choose from. Add resources marked as a choice.")
UNMET_OTHERS = gettext_noop(
    "Only {minutes} minutes are with other people; {floor} are wanted. Add work for pairs or teams, or a group."
)
UNMET_GRADE_LEVEL = gettext_noop(
    "No grade-level work could be placed. Add a resource for {skill} in a language that reads well."
)
UNMET_EMPTY = gettext_noop("{minutes} minutes could not be filled. Add resources, or leave the time open.")
UNMET_REVIEW = gettext_noop("{skill} is due for a look back, and nothing fits. Add a short review.")

BREACH_DAY_MINUTES = gettext_noop("This day holds {minutes} minutes, and the class has {cap}. Take something out.")
BREACH_SCREEN = gettext_noop("The week has {minutes} screen minutes; the cap is {cap}. Swap one block for paper.")
BREACH_OTHERS = gettext_noop(
    "Only {minutes} minutes are with other people; {floor} are wanted. Swap one block for work in a pair or a team."
)
BREACH_CHOICE = gettext_noop("The week needs one choice with {options} different options. Add one.")
BREACH_GRADE_LEVEL = gettext_noop("No block of this week is grade-level work. Swap one for work at grade level.")
BREACH_ESSENTIALS_FIRST = gettext_noop("An essential starts as late as day {day}. Move it to the first three days.")
BREACH_PREREQUISITES = gettext_noop("This comes before what it needs. Place the earlier skill first.")
BREACH_LANGUAGE = gettext_noop(
    "“{title}” does not read well yet, and nobody reads it along. Choose another door, or let a pair read it."
)
BREACH_REVIEW_SHARE = gettext_noop("Reviews take {minutes} minutes; at most {cap} are meant for them. Take one out.")
BREACH_TWICE = gettext_noop("“{title}” is in the week twice. Take one of them out.")
BREACH_FRAME = gettext_noop("The weekly frame has no place for this here. Move it, or lock it to keep it.")
BREACH_LOCKED = gettext_noop("A locked block was changed. Unlock it first.")
BREACH_ESSENTIALS_ONLY = gettext_noop("This plan is essentials only for now. Leave this out, or end essentials-only.")
BREACH_PROJECTS = gettext_noop("Two project blocks on one day. Move one of them.")
BREACH_ALONE = gettext_noop(
    "{minutes} minutes are alone; {cap} is the most. Swap one block for work in a pair or a team."
)
BREACH_CLASS_GOAL = gettext_noop("{skill} is the whole class’s goal, and it is not in this week. Put a block on it in.")
BREACH_MILESTONE = gettext_noop(
    "“{title}” is due on day {day} and is not in the week by then. Put it in, or move the date."
)
BREACH_REVIEW_DUE = gettext_noop("{skill} is due for a look back, and there is a place for it. Put a short review in.")
BREACH_WAIVED = gettext_noop("“{title}” was waived. Take it out, or ask for it again.")
BREACH_EXTRA_TIME = gettext_noop(
    "With extra time “{title}” takes {minutes} minutes, and this place has {place}. Move it to a longer place."
)
BREACH_REST = gettext_noop(
    "A rest of {rest} minutes is promised each day, and day {day} has none. Choose something shorter."
)
BREACH_ADULT = gettext_noop(
    "All of day {day} is alone, and somebody near is promised. Swap one block for work with others."
)
BREACH_TWO_AT_ONCE = gettext_noop("Two blocks stand in the same place. Move one of them.")

BREACH_NO_WEEK = gettext_noop("There is no week for this student yet. Draft it.")
BREACH_FRAME_CHANGED = gettext_noop(
    "Day {day} has other times than last week. Put the usual times back, or mark the week as changed."
)
BREACH_GROUP_SIZE = gettext_noop(
    "A group has {count} members; {least} to {most} work well. Add somebody, or make two groups of it."
)
BREACH_GROUP_PLACE = gettext_noop(
    "The teacher does not meet a group at this time. Choose a time that is free for groups."
)
BREACH_GROUPS_AT_ONCE = gettext_noop("{count} groups meet the teacher at the same time. Move all but one.")
BREACH_GROUP_MEMBER = gettext_noop(
    "The group meets here, and this week holds something else. Put the group’s work in, or end the place in the group."
)
BREACH_GROUP_STRANGER = gettext_noop(
    "This block belongs to a group that this student is not in. Add the student to the group, or swap the block."
)
BREACH_GROUP_TARGET = gettext_noop("The group works on {skill}, and this block on something else. Swap the block.")
BREACH_NEEDS_GROUPS = gettext_noop(
    "{weeks} weeks in a row in a group for needs. Choose another kind of group for this week."
)

UNMET_UNREADABLE = gettext_noop(
    "No work on {skill} reads well yet in {languages}: add a text at that level, or let the group read it aloud."
)
UNMET_NO_WORK = gettext_noop("The library has no work on {skill} for an essential block. Add a resource for it.")
UNMET_TOO_LONG = gettext_noop("All work on {skill} takes longer than the week’s places. Add something shorter.")
UNMET_NO_PLACE = gettext_noop("{skill} found no place in this week. Take something out, or leave it for next week.")

UNMET_ALONE = gettext_noop(
    "{minutes} minutes are alone, and {cap} is the most. Add work for pairs or teams, or leave a place open."
)
UNMET_CLASS_GOAL = gettext_noop(
    "The class’s goal could not be placed: {skill}. Add a resource for it in a language that reads well."
)
UNMET_MILESTONE = gettext_noop("“{title}” is due on day {day}, and it fits nowhere before. Move the date, or waive it.")
UNMET_ADULT = gettext_noop(
    "All of day {day} is alone, and somebody near is promised. Add work for pairs or teams, or sit with the student."
)

# What the library or the timetable may make impossible, in words for somebody who can add to the library; what is not
# here keeps the referee’s own sentence. {skill} in the sentence needs a competency among the facts.
UNMET_OF: Mapping[str, str] = {
    "alone": UNMET_ALONE,
    "adult": UNMET_ADULT,
    "choice": UNMET_CHOICE,
    "class_goal": UNMET_CLASS_GOAL,
    "milestones": UNMET_MILESTONE,
    "review_due": UNMET_REVIEW,
    "with_others": UNMET_OTHERS,
}
