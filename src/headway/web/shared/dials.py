"""Numbers that people set, as fields of a form; and a school's weights in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext

from headway.core.planning import Weights
from headway.core.planning.dials import WEIGHTS, Dial, amount_words
from headway.core.shared.errors import RuleBroken
from headway.web.shared.words import sentence


class DialField(forms.Field):
    """One number within its range; whatever is wrong with it, one sentence says how to mend it."""

    def __init__(self, dial: Dial) -> None:
        self.dial = dial
        widget = forms.NumberInput(
            attrs={
                "class": "input input--number",
                "min": f"{dial.low:g}",
                "max": f"{dial.high:g}",
                "step": "1" if dial.is_whole else "any",
                "inputmode": "numeric" if dial.is_whole else "decimal",
            }
        )
        super().__init__(widget=widget, required=False, label=gettext(dial.words), help_text=gettext(dial.help))

    def clean(self, value: Any) -> float:
        """Return the number, or raise the sentence."""
        try:
            return self.dial.read("" if value is None else value)
        except RuleBroken as broken:
            facts = {**broken.facts, "name": gettext(self.dial.words)}
            raise forms.ValidationError(sentence(broken.sentence, facts)) from broken

    def prepare_value(self, value: Any) -> Any:
        """Show a kept number without a tail of zeros."""
        return f"{value:g}" if isinstance(value, int | float) else value


def weight_lines(weights: Weights) -> list[dict[str, Any]]:
    """Return each weight as people read it: what it is about, how much it counts, and the number."""
    return [
        {
            "name": dial.name,
            "words": gettext(dial.words),
            "help": gettext(dial.help),
            "amount": gettext(amount_words(dial.name, weights)),
            "number": f"{getattr(weights, dial.name):g}",
        }
        for dial in WEIGHTS
    ]
