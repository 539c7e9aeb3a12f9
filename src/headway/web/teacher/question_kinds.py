"""What a teacher fills in for each of the nine kinds of question: the fields and their words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

# What a student does with each kind: its name, a sentence, its picture.
KINDS: dict[str, tuple[Words, Words, str]] = {
    "one_choice": (
        _("One right answer"),
        _("Students choose one answer. Each wrong one can say what to look at."),
        "circle-dot",
    ),
    "many_choices": (
        _("Several right answers"),
        _("Students tick every answer that is right. A wrong tick takes away what a right one gives."),
        "list-checks",
    ),
    "number": (
        _("A number"),
        _("Students type a number. 0.75, 0,75 and 3/4 are the same, and units are understood."),
        "hash",
    ),
    "short_text": (
        _("A word or two"),
        _("Students type a short answer. Capitals and accents do not matter unless you say so."),
        "text-cursor-input",
    ),
    "order": (
        _("Put in order"),
        _("Students bring steps, events or sizes into the right order."),
        "list-ordered",
    ),
    "match": (_("Match pairs"), _("Students find what belongs together."), "arrow-left-right"),
    "cloze": (
        _("Fill the gaps"),
        _("Students complete a text, by typing or by choosing a word for each gap."),
        "square-pen",
    ),
    "hot_text": (
        _("Find it in the text"),
        _("Students choose the sentence, line or word that shows it."),
        "highlighter",
    ),
    "long_answer": (
        _("A long answer"),
        _("Students write in their own words. You read it and answer."),
        "notebook-pen",
    ),
}
# icons: circle-dot list-checks hash text-cursor-input list-ordered arrow-left-right square-pen highlighter notebook-pen


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to fill in. `widget`: "line", "text" (several lines), "menu" or "check"."""

    name: str
    label: Words
    hint: Words = ""
    widget: str = "line"
    choices: tuple[tuple[str, Words], ...] = ()
    rows: int = 3
    # Other fields follow from what is written here.
    shapes_rows: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Something that is repeated. Each row has these columns; with `mark` a row can be marked as right."""

    name: str
    label: Words
    row: Words
    add: Words
    columns: tuple[Line, ...]
    hint: Words = ""
    mark: bool = False
    is_ordered: bool = False
    # How many rows stand there at least, empty or not; -1: just what is there, and none can be added.
    least: int = 1


Part = Line | Rows

_FEEDBACK = Line(name="feedback", label=_("What to say when it is chosen"))
_FORESEEN = Rows(
    name="foreseen",
    label=_("Wrong answers you expect"),
    row=_("Wrong answer {number}"),
    add=_("Add a wrong answer"),
    hint=_("Who gives one of these hears your words for it, and not just “not yet”."),
    columns=(Line(name="text", label=""), Line(name="feedback", label=_("What to say to it"))),
    least=0,
)
PROMPT = Line(name="prompt", label=_("What do you ask?"), widget="text", rows=2)
PASSAGE = Line(
    name="passage",
    label=_("Something to read first"),
    hint=_("A short text, a table in words, the lines of a poem. It stands above the question."),
    widget="text",
    rows=4,
)
AFTER: tuple[Line, ...] = (
    Line(name="right", label=_("When it is right, say"), hint=_("Name what was done well.")),
    Line(name="wrong", label=_("When it is not right yet, say"), hint=_("Ask the next question, without the answer.")),
)
AFTER_A_LONG_ANSWER: tuple[Line, ...] = (
    Line(name="right", label=_("When it is handed in, say"), hint=_("Say who reads it, and when.")),
)
HELP: tuple[Part, ...] = (
    Rows(
        name="hints",
        label=_("Hints, in steps"),
        row=_("Hint {number}"),
        add=_("Add a hint"),
        hint=_("Students open them one by one. The first one asks, the last one nearly tells."),
        columns=(Line(name="text", label=""),),
        is_ordered=True,
        least=1,
    ),
    Line(
        name="example",
        label=_("A worked example"),
        hint=_("A similar question, solved step by step. It does not use these numbers."),
        widget="text",
        rows=4,
    ),
)
PARTS: dict[str, tuple[Part, ...]] = {
    "one_choice": (
        Rows(
            name="choices",
            label=_("Answers"),
            row=_("Answer {number}"),
            add=_("Add an answer"),
            hint=_("Mark the one that is right. They are shown in another order to every student."),
            columns=(Line(name="text", label=""), _FEEDBACK),
            mark=True,
            least=3,
        ),
    ),
    "many_choices": (
        Rows(
            name="choices",
            label=_("Answers"),
            row=_("Answer {number}"),
            add=_("Add an answer"),
            hint=_("Mark all that are right. They are shown in another order to every student."),
            columns=(Line(name="text", label=""), _FEEDBACK),
            mark=True,
            least=4,
        ),
    ),
    "number": (
        Line(name="answer", label=_("Right answer"), hint=_("A number, such as 12.5 or 3/4.")),
        Line(name="tolerance", label=_("May differ by"), hint=_("Leave it empty when only this number is right.")),
        Line(name="unit", label=_("Unit"), hint=_("It stands behind the field, such as cm.")),
        Rows(
            name="units",
            label=_("Other units that count"),
            row=_("Unit {number}"),
            add=_("Add a unit"),
            hint=_("For an answer in cm, one m is 100."),
            columns=(Line(name="name", label=""), Line(name="times", label=_("One of it is how many of the first?"))),
            least=0,
        ),
        _FORESEEN,
    ),
    "short_text": (
        Rows(
            name="accepted",
            label=_("Answers that are right"),
            row=_("Right answer {number}"),
            add=_("Add a right answer"),
            hint=_("The first one is shown as the answer; the others count as well."),
            columns=(Line(name="text", label=""),),
            least=2,
        ),
        Line(
            name="compare",
            label=_("How answers are compared"),
            widget="menu",
            choices=(
                ("words", _("As words: capitals, spaces and end marks do not matter")),
                ("algebra", _("As algebra: 2x + 1 and 1 + 2x are the same")),
                ("exact", _("Sign by sign")),
            ),
        ),
        Line(name="accents", label=_("Accents matter, too"), widget="check"),
        _FORESEEN,
    ),
    "order": (
        Rows(
            name="parts",
            label=_("In the right order"),
            row=_("Place {number}"),
            add=_("Add a place"),
            hint=_("Write them as they belong. Students see them shuffled."),
            columns=(Line(name="text", label=""),),
            is_ordered=True,
            least=3,
        ),
    ),
    "match": (
        Rows(
            name="pairs",
            label=_("Pairs"),
            row=_("Pair {number}"),
            add=_("Add a pair"),
            columns=(Line(name="left", label=""), Line(name="right", label=_("belongs to"))),
            least=3,
        ),
        Rows(
            name="extra",
            label=_("More to choose from"),
            row=_("Belongs to none {number}"),
            add=_("Add one that belongs to none"),
            hint=_("With these the last pair does not fall out by itself."),
            columns=(Line(name="text", label=""),),
            least=0,
        ),
    ),
    "cloze": (
        Line(
            name="text",
            label=_("The text with its gaps"),
            hint=_(
                "Put what belongs into a gap between double brackets: The [[ebb]] follows the flood. "
                "A bar parts answers that all count: [[ebb|ebb tide]]."
            ),
            widget="text",
            rows=4,
            shapes_rows=True,
        ),
        Rows(
            name="gaps",
            label=_("Gaps where students choose"),
            row=_("Gap {number}"),
            add="",
            hint=_(
                "Write wrong words with commas between, and the gap becomes a menu. Leave it empty to let them type."
            ),
            columns=(Line(name="choices", label=""),),
            least=-1,
        ),
    ),
    "hot_text": (
        Rows(
            name="pieces",
            label=_("The text, piece by piece"),
            row=_("Piece {number}"),
            add=_("Add a piece"),
            hint=_("A piece is what can be chosen: a sentence, a line, a word. Mark what is right."),
            columns=(Line(name="text", label=""), _FEEDBACK),
            mark=True,
            is_ordered=True,
            least=3,
        ),
        Line(
            name="choose",
            label=_("Students may choose"),
            widget="menu",
            choices=(("1", _("one piece")), ("2", _("up to 2")), ("3", _("up to 3")), ("0", _("as many as they like"))),
        ),
    ),
    "long_answer": (
        Line(name="lines", label=_("Lines to write on"), hint=_("From 1 to 40.")),
        Rows(
            name="rubric",
            label=_("What a good answer does"),
            row=_("Mark {number}"),
            add=_("Add a mark"),
            hint=_("Only you see these, beside the answer."),
            columns=(Line(name="text", label=""),),
            least=2,
        ),
        Line(name="sample", label=_("An answer you would like to read"), widget="text", rows=3),
    ),
}
