"""What a school calls the states of mastery, and what it says about each, language by language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from headway.core.evidence.values import Word
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.roster.models import Organisation, Person
from headway.records.standards.checks import check_manage
from headway.records.standards.models import ProficiencyWord

LONGEST_WORD, LONGEST_MEANING = 40, 300


@transaction.atomic
def name_states(
    *, school: Organisation, language: str, words: Mapping[str, tuple[str, str]], by: Person, at: datetime
) -> int:
    """Let a school call states of mastery by its own words in one language; returns how many states changed.

    `words` gives (word, meaning) by state; a state without either, or left out, is called as Headway calls it.
    Raises RuleBroken where a word is too long, or two states would be called the same.
    """
    check_manage(by, school)
    wanted = {state: (word.strip(), meaning.strip()) for state, (word, meaning) in words.items()}
    _check(wanted)
    known = {row.state: row for row in ProficiencyWord.objects.filter(school=school, language=language)}
    changed = 0
    for state in Word:
        word, meaning = wanted.get(state.value, ("", ""))
        row = known.get(state.value)
        if not word and not meaning:
            if row is not None:
                row.delete()
                changed += 1
        elif row is None:
            ProficiencyWord.objects.create(
                school=school, language=language, state=state.value, word=word, meaning=meaning
            )
            changed += 1
        elif (row.word, row.meaning) != (word, meaning):
            row.word, row.meaning = word, meaning
            row.save(update_fields=["word", "meaning"])
            changed += 1
    audit.record("states.named", school, by=by, at=at, language=language, changed=changed)
    return changed


def _check(wanted: Mapping[str, tuple[str, str]]) -> None:
    states = {state.value for state in Word}
    said: dict[str, str] = {}
    for state, (word, meaning) in wanted.items():
        if state not in states:
            raise RuleBroken(gettext_noop("There is no state “{state}”."), state=state)
        if len(word) > LONGEST_WORD:
            raise RuleBroken(
                gettext_noop("“{word}” is longer than {most} letters. Choose a shorter word."),
                word=word,
                most=LONGEST_WORD,
            )
        if len(meaning) > LONGEST_MEANING:
            raise RuleBroken(gettext_noop("Say what it means in at most {most} letters."), most=LONGEST_MEANING)
        if word and said.setdefault(word.casefold(), state) != state:
            raise RuleBroken(
                gettext_noop("Two states are called “{word}”. Give each its own word, or nobody can tell them apart."),
                word=word,
            )
