"""OATutor's problems become questions that can be read, answered on a keyboard and marked fairly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headway.core.items import hints_of, key_response, mark, parse_item, write_plain
from headway.core.planning import BlockKind
from headway.core.standards.values import CompetencyIn, FrameworkIn
from headway.exchange.oatutor import reading, wire
from headway.exchange.shared import latex
from headway.exchange.shared.packages import lines_of, parse_json, read_text
from headway.records.items.models import Item
from headway.records.library.models import Alignment, Resource
from headway.records.standards import actions as standards
from tests.exchange.real_data import OATUTOR

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LICENCE = "https://creativecommons.org/licenses/by/4.0/ <CC BY 4.0>"


def step(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "problemType": "TextBox",
        "answerType": "arithmetic",
        "stepAnswer": ["$$4$$"],
        "stepTitle": "What is $$2+2$$?",
        "stepBody": "",
        "variabilization": {},
    } | more


def problem(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "title": "Sums",
        "lesson": "1.1 Sums",
        "lessonId": "L",
        "courseName": "OpenStax: Elementary Algebra",
        "license": LICENCE,
        "oer": "https://openstax.org/details/books/elementary-algebra-2e",
        "skills": ["add_whole_numbers"],
        "steps": [step(number)],
    } | more


def asked(**more: Any) -> dict[str, Any]:
    found = wire.parse(problem(steps=[step(**more)]), line=1)
    return wire.document(found, found.steps[0])


def is_right(document: dict[str, Any], typed: str) -> bool:
    return mark(parse_item(write_plain(document)), {"answer": [typed]}).is_right


def take(path: Path, problems: list[dict[str, Any]], **options: Any) -> Any:
    path.write_text("\n".join(json.dumps(row) for row in problems), encoding="utf-8")
    return reading.take_file(path, by=None, at=AT, **options)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"$$\frac{x+1}{2}$$", "(x+1)/2"),
        (r"$$x^{2}+y_{1}$$", "x²+y_1"),
        (r"$$\sqrt{3} \leq \pi$$", "√3 ≤ π"),
        (r"$$\left(2,\infty\right)$$", "(2,∞)"),
        (r"$$\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$$", "[1, 2; 3, 4]"),
        ("It costs $5 and $6.", "It costs $5 and $6."),
        (r"$$e^{\left(-8x\right)}$$", "e^(-8x)"),
        (r"$$\frac{\frac{1}{2}}{3}$$", "(1/2)/3"),
        (r"Is $$x \neq 2$$?\nSay why.", "Is x ≠ 2?\nSay why."),
    ],
)
def test_formulas_are_readable_as_text(written: str, read: str) -> None:
    assert latex.readable(written) == read


@pytest.mark.parametrize(
    ("answer", "form", "right", "wrong"),
    [
        ("$$4$$", "arithmetic", ["4", "4.0", "8/2"], ["5", "four"]),
        (r"$$\frac{-6}{11}$$", "arithmetic", ["-6/11"], ["6/11"]),
        ("$$0.00000134$$", "arithmetic", ["0.00000134"], ["0"]),
        (r"$$\frac{9}{5\left(x+2\right)}$$", "arithmetic", ["9/(5(x+2))", "9/(5x+10)"], ["9/5x+2"]),
        (r"$$\frac{2\sqrt{2}}{3}$$", "arithmetic", ["2sqrt(2)/3", "sqrt(8)/3"], ["2/3"]),
        (r"$$y=\frac{4}{x}$$", "arithmetic", ["y=4/x", "4/x"], ["y=4x"]),
        ("(1, -12)", "string", ["(1,-12)", "(1, -12)"], ["(-12,1)"]),
        ("[-4, -1]", "string", ["[-4,-1]", "[-4, -1]"], ["(-4,-1)"]),
        ("Up", "string", ["up", "Up."], ["down"]),
    ],
)
def test_what_a_student_may_type_is_marked_by_its_meaning(
    answer: str, form: str, right: list[str], wrong: list[str]
) -> None:
    document = asked(stepAnswer=[answer], answerType=form)

    assert [is_right(document, typed) for typed in right] == [True] * len(right)
    assert [is_right(document, typed) for typed in wrong] == [False] * len(wrong)


def test_choices_keep_their_order_and_the_right_one() -> None:
    document = asked(
        problemType="MultipleChoice", answerType="string", stepAnswer=["$$x^2$$"], choices=["$$x$$", "$$x^2$$"]
    )

    assert document["kind"] == "one_choice"
    assert [(choice["text"], choice.get("right", False)) for choice in document["choices"]] == [
        ("x", False),
        ("x²", True),
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"stepBody": "##figure1.gif##"}, wire.NEEDS_A_PICTURE),
        ({"stepTitle": "What is @{C} + 1?"}, wire.HAS_VARIABLES),
        ({"variabilization": {"C": ["1", "2"]}}, wire.HAS_VARIABLES),
        ({"stepAnswer": [r"$$\begin{bmatrix} 1 & 2 \end{bmatrix}$$"]}, wire.CANNOT_BE_TYPED),
        ({"stepAnswer": []}, wire.NO_ANSWER),
        ({"stepAnswer": ["x" * 101]}, wire.LIMIT_REASON),
        ({"problemType": "Drawing"}, wire.UNKNOWN_FORM),
        ({"problemType": "MultipleChoice", "choices": ["4"], "stepAnswer": ["4"]}, wire.TOO_FEW_CHOICES),
        ({"problemType": "MultipleChoice", "choices": ["4", "5"], "stepAnswer": ["6"]}, wire.KEY_NOT_A_CHOICE),
    ],
)
def test_what_cannot_be_asked_fairly_is_left_out_with_its_reason(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(wire.CannotBeAsked) as caught:
        asked(**more)

    assert caught.value.sentence == reason


def test_hints_and_scaffolds_are_kept_in_order_and_repeats_once() -> None:
    hints = [
        {"id": "h1", "type": "hint", "title": "Look", "text": "Count $$2$$ and $$2$$."},
        {"id": "h1", "type": "hint", "title": "Look", "text": "Count $$2$$ and $$2$$."},
        {"id": "h2", "type": "scaffold", "title": "First", "text": "What is $$1+1$$?", "hintAnswer": ["$$2$$"]},
        {"id": "h3", "type": "hint", "title": "Picture", "text": "##figure1.gif##"},
    ]

    assert asked(tutoring={"DefaultPathway": hints})["hints"] == [
        "Look: Count 2 and 2.",
        "First: What is 1+1?\n→ 2",
    ]


def test_a_problem_is_built_again_as_it_was() -> None:
    source = problem(unknown={"kept": True})

    assert wire.build(wire.parse(source, line=1)) == source


@pytest.mark.django_db
def test_a_problem_with_one_step_that_cannot_be_asked_is_left_out_whole(tmp_path: Path) -> None:
    report = take(
        tmp_path / "pool.jsonl", [problem(1), problem(2, steps=[step(2), step(3, stepBody="##figure1.gif##")])]
    )

    assert list(Item.objects.values_list("source_id", flat=True)) == ["s1"]
    assert [(told.sentence, told.times, told.places) for told in report.refused] == [(wire.NEEDS_A_PICTURE, 1, ("p2",))]


@pytest.mark.django_db
def test_sets_hold_six_questions_at_most_and_never_split_a_problem(tmp_path: Path) -> None:
    problems = [
        problem(number, steps=[step(10 * number + place) for place in range(1, count + 1)])
        for number, count in enumerate((4, 3, 3, 7, 1), start=1)
    ]

    take(tmp_path / "pool.jsonl", problems)

    counts = [resource.items.count() for resource in Resource.objects.order_by("pk")]
    assert counts == [4, 6, 7, 1]


@pytest.mark.django_db
def test_a_set_says_whom_to_thank_and_what_a_planner_needs(tmp_path: Path) -> None:
    take(tmp_path / "pool.jsonl", [problem(1)])

    made = Resource.objects.get()
    assert (made.title, made.licence) == ("Add whole numbers · 1", "CC BY 4.0")
    assert "OATutor" in made.attribution
    assert "OpenStax" in made.attribution
    assert made.minutes == 10
    assert {BlockKind(use) for use in made.uses} >= {BlockKind.ESSENTIAL, BlockKind.CHOICE}


@pytest.mark.django_db
def test_a_skill_is_suggested_for_the_competency_that_shares_its_words(tmp_path: Path) -> None:
    standards.take_framework(
        document=FrameworkIn(
            source="test",
            source_id="f",
            title="Skills",
            competencies=tuple(
                CompetencyIn(source_id=name, statement=name)
                for name in ("Addition of whole numbers", "Division of fractions", "Median")
            ),
        ),
        by=None,
        at=AT,
    )

    report = take(tmp_path / "pool.jsonl", [problem(1)], framework="skills")

    row = Alignment.objects.get()
    assert (row.competency.statement, row.status, row.source) == ("Addition of whole numbers", "suggested", "words")
    assert row.confidence > 0.9
    assert "whole" in row.because
    assert report.facts["sets_aligned"] == 1


@pytest.mark.django_db
def test_the_same_pool_again_changes_nothing_and_a_mended_question_changes_one(tmp_path: Path) -> None:
    take(tmp_path / "pool.jsonl", [problem(1), problem(2)])
    again = take(tmp_path / "pool.jsonl", [problem(1), problem(2)])
    mended = take(tmp_path / "pool.jsonl", [problem(1), problem(2, steps=[step(2, stepAnswer=["$$5$$"])])])

    assert again.changed_nothing
    assert (mended.taken["items"].changed, mended.taken["items"].made) == (1, 0)
    assert Item.objects.get(source_id="s2").version == 2


@pytest.mark.django_db
def test_a_json_list_and_oatutors_own_folders_read_as_the_same_pool(tmp_path: Path) -> None:
    (tmp_path / "pool.json").write_text(json.dumps([problem(1)]), encoding="utf-8")
    listed = reading.take_file(tmp_path / "pool.json", by=None, at=AT)
    folder = tmp_path / "content-pool" / "p1"
    (folder / "steps" / "s1" / "tutoring").mkdir(parents=True)
    (folder / "p1.json").write_text(json.dumps({**problem(1), "steps": []}), encoding="utf-8")
    (folder / "steps" / "s1" / "s1.json").write_text(json.dumps(step(1)), encoding="utf-8")
    (folder / "steps" / "s1" / "tutoring" / "s1DefaultPathway.json").write_text("[]", encoding="utf-8")

    foldered = reading.take_file(tmp_path / "content-pool", by=None, at=AT)

    assert listed.taken["items"].made == 1
    assert foldered.changed_nothing


@pytest.mark.skipif(not OATUTOR.is_file(), reason="the OATutor pool is not here")
def test_every_question_of_the_real_pool_marks_its_own_key_as_right() -> None:
    problems = wire.parse_all(
        (line, parse_json(row, first_line=line)) for line, row in lines_of(read_text(OATUTOR)) if row.strip()
    )
    questions, left_out = 0, 0
    for one in problems[::4]:
        try:
            documents = [wire.document(one, each) for each in one.steps]
        except wire.CannotBeAsked:
            left_out += 1
            continue
        for document in documents:
            item = parse_item(write_plain(document))
            assert mark(item, key_response(item)).is_right
            assert "$$" not in item.body.text + "".join(hints_of(item))
            questions += 1

    assert len(problems) == 12_814
    assert questions > 3000
    assert left_out < 0.12 * len(problems[::4])
