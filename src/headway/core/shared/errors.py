"""Errors that are words of the domain: raised low, translated once, shown as sentences."""

from __future__ import annotations


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation and return it unchanged, so that core needs no Django."""
    return sentence


class HeadwayError(Exception):
    """A sentence for a person, with its facts kept apart so that it can be translated."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence, facts)
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        return self.sentence.format(**self.facts) if self.facts else self.sentence


class RuleBroken(HeadwayError):
    """Raised when something may not be done to this thing now."""


class NotAllowed(HeadwayError):
    """Raised when this person may not do this at all."""


class NotFound(HeadwayError):
    """Raised when the thing is not there, or is somebody else's: nobody can tell which."""

    def __init__(self, sentence: str = "There is nothing here, or it is not yours to see.", **facts: object) -> None:
        super().__init__(sentence, **facts)
