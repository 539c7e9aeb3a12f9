"""The planner's sentences, marked for translation; {skill} is put in by the page, in the reader's language."""

from __future__ import annotations

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
BREACH_OTHERS = gettext_noop("Only {minutes} minutes are with other people; {floor} are wanted.")
BREACH_CHOICE = gettext_noop("The week needs one choice with {options} different options.")
BREACH_GRADE_LEVEL = gettext_noop("No block of this week is grade-level work.")
BREACH_ESSENTIALS_FIRST = gettext_noop("An essential starts as late as day {day}. Move it to the first three days.")
BREACH_PREREQUISITES = gettext_noop("This comes before what it needs. Place the earlier skill first.")
BREACH_LANGUAGE = gettext_noop("“{title}” is not in a language that reads well yet, and nobody reads it along.")
BREACH_REVIEW_SHARE = gettext_noop("Reviews take {minutes} minutes, more than a quarter of the week.")
BREACH_TWICE = gettext_noop("“{title}” is in the week twice.")
BREACH_FRAME = gettext_noop("The weekly frame has no place for this kind here.")
BREACH_LOCKED = gettext_noop("A locked block was changed. Unlock it first.")
BREACH_ESSENTIALS_ONLY = gettext_noop("This plan is essentials only for now. Leave this out, or end essentials-only.")
BREACH_PROJECTS = gettext_noop("Two project blocks on one day. Move one of them.")
