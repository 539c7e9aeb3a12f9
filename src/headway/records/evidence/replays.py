"""What was known at a moment, worked out from the pieces again: at any past date, and with any learner model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from headway.core.evidence import learner_model as learner
from headway.core.evidence.methods import Method, Rule, score_of
from headway.core.evidence.values import Piece, Word
from headway.records.evidence.pieces import pieces_of
from headway.records.evidence.rules import Rules, rules_at
from headway.records.evidence.versions import model_in_use, students_with_evidence
from headway.records.standards.queries import lending

Neighbours = Mapping[int, Sequence[int]]
STUDENTS_AT_ONCE = 200
MOST_SHIFT = 0.3  # logits that an estimate may move without new evidence before somebody has to agree


def share_by_rule(rule: Rule, pieces: Sequence[Piece], at: datetime) -> float | None:
    """Return what a rule's method makes of the pieces in force; None where the learner model itself is the rule."""
    return None if rule.method is Method.MODEL else score_of(rule, pieces, on=at.date()).share


def known_at(
    model: learner.LearnerModel,
    student_id: int,
    in_force: Sequence[Piece],
    *,
    at: datetime,
    rules: Rules,
    neighbours: Neighbours,
) -> dict[int, learner.Known]:
    """Return what was known of a student at a moment, by competency, from the pieces that were in force then."""
    replayed = learner.replay(model, in_force, at=at)
    by_competency: dict[int, list[Piece]] = defaultdict(list)
    for piece in in_force:
        by_competency[piece.competency].append(piece)
    found = {}
    for competency, own in by_competency.items():
        rule = rules.of(student_id, competency)
        near = (replayed.competencies.get(other) for other in neighbours.get(competency, ()))
        found[competency] = learner.Known(
            competency=competency,
            student=replayed.student,
            state=replayed.competencies.get(competency, learner.new_competency()),
            related=learner.lent_by(replayed.student, near),
            rule=rule,
            scored=share_by_rule(rule, own, at),
            settled=learner.settling(own, at),
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What two learner models say of one student and competency at the same moment, from the same pieces.

    `shift` is how far the second one's estimate lies from the first one's, in logits.
    """

    student_id: int
    competency_id: int
    before: Word
    after: Word
    shift: float


def differences(
    before: Mapping[int, learner.LearnerModel],
    after: learner.LearnerModel,
    in_force: Mapping[int, Sequence[Piece]],
    *,
    at: datetime,
) -> Iterator[Difference]:
    """Yield what another learner model makes of each student's pieces; `before` is the model so far, by student id."""
    competencies = {piece.competency for own in in_force.values() for piece in own}
    rules = rules_at(at, student_ids=in_force, competency_ids=competencies)
    near = lending(competencies, of_students=in_force)
    for student, own in in_force.items():
        first = known_at(before[student], student, own, at=at, rules=rules, neighbours=near)
        second = known_at(after, student, own, at=at, rules=rules, neighbours=near)
        old = learner.estimates(before[student], list(first.values()), at=at)
        new = learner.estimates(after, list(second.values()), at=at)
        for competency, one, other in zip(first, old, new, strict=True):
            if one.pieces:
                yield Difference(
                    student_id=student,
                    competency_id=competency,
                    before=one.word,
                    after=other.word,
                    shift=other.logit - one.logit,
                )


@dataclass(frozen=True, kw_only=True)
class ModelChanges:
    """What would be shown otherwise, were another learner model in use, without any new evidence.

    `words` counts the moves from word to word; `moved` the estimates that move by more than MOST_SHIFT logits.
    """

    version_before: str
    version: str
    students: int
    cells: int
    words: Mapping[tuple[Word, Word], int]
    moved: int
    largest_shift: float

    @property
    def words_changed(self) -> int:
        """How many words would be other ones."""
        return sum(self.words.values())

    @property
    def is_silent(self) -> bool:
        """Whether nobody would see a difference."""
        return not self.words_changed and not self.moved


def changes_with(
    model: learner.LearnerModel, *, at: datetime, advance: Callable[[int], None] | None = None
) -> ModelChanges:
    """Return what another learner model would change for everybody; read in batches, changes nothing."""
    words: Counter[tuple[Word, Word]] = Counter()
    cells, moved, largest = 0, 0, 0.0
    students = students_with_evidence()
    now = model_in_use()
    for start in range(0, len(students), STUDENTS_AT_ONCE):
        batch = students[start : start + STUDENTS_AT_ONCE]
        in_force = {student: learner.in_force(own, at) for student, own in pieces_of(batch).items()}
        for found in differences(dict.fromkeys(in_force, now), model, in_force, at=at):
            cells += 1
            moved += abs(found.shift) > MOST_SHIFT
            largest = max(largest, abs(found.shift))
            if found.before is not found.after:
                words[found.before, found.after] += 1
        if advance:
            advance(len(batch))
    return ModelChanges(
        version_before=now.version,
        version=model.version,
        students=len(students),
        cells=cells,
        words=dict(words),
        moved=moved,
        largest_shift=largest,
    )
