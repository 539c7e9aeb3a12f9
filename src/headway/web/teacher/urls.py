"""Contents page."""

from __future__ import annotations

from django.urls import path

from headway.web.shared import converters  # noqa: F401  teaches Django the word "monday"
from headway.web.teacher import (
    alignments,
    cards,
    cell,
    class_grid,
    fairness,
    marking,
    mastery_rule,
    resource,
    student,
    student_edit,
    today,
    week,
)

CELL = "classes/<int:class_id>/students/<uuid:student>/skills/<int:competency_id>"

urlpatterns = [
    path("", today.today, name="teacher-today"),
    path("notes/", today.note, name="teacher-note"),
    path("help/<int:help_id>/", today.answer_help, name="teacher-help"),
    path("marking/<int:work_id>/", marking.mark, name="teacher-mark"),
    path("classes/<int:class_id>/", class_grid.class_grid, name="teacher-class"),
    path("classes/<int:class_id>/groups/", class_grid.make_group, name="teacher-group-make"),
    path("groups/<int:group_id>/end/", class_grid.end_group, name="teacher-group-end"),
    path(f"{CELL}/", cell.cell, name="teacher-cell"),
    path(f"{CELL}/observe/", cell.observe, name="teacher-observe"),
    path(f"{CELL}/judge/", cell.judge, name="teacher-judge"),
    path("evidence/<uuid:client_id>/take-back/", cell.take_back, name="teacher-take-back"),
    path("classes/<int:class_id>/rule/", mastery_rule.mastery_rule, name="teacher-rule"),
    path("classes/<int:class_id>/rule/set/", mastery_rule.set_rule, name="teacher-rule-set"),
    path("classes/<int:class_id>/rule/end/", mastery_rule.end_rule, name="teacher-rule-end"),
    path("classes/<int:class_id>/rule/again/<int:rule_id>/", mastery_rule.use_again, name="teacher-rule-again"),
    path("students/<uuid:student>/", student.student, name="teacher-student"),
    path("students/<uuid:student>/edit/", student_edit.student_edit, name="teacher-student-edit"),
    path("students/<uuid:student>/notes/", student.write_note, name="teacher-student-note"),
    path("students/<uuid:student>/messages/", student.write_message, name="teacher-student-message"),
    path("students/<uuid:student>/messages/<int:message_id>/read/", student.read_message, name="teacher-message-read"),
    path("classes/<int:class_id>/alignments/", alignments.alignments, name="teacher-alignments"),
    path("classes/<int:class_id>/alignments/decide/", alignments.decide_alignments, name="teacher-alignments-decide"),
    path("classes/<int:class_id>/alignments/undo/", alignments.undo_alignments, name="teacher-alignments-undo"),
    path("resources/<uuid:resource>/", resource.resource, name="teacher-resource"),
    path("classes/<int:class_id>/cards/", cards.cards, name="teacher-cards"),
    path("classes/<int:class_id>/week/", week.week_now, name="teacher-week-now"),
    path("classes/<int:class_id>/week/<monday:monday>/", week.week, name="teacher-week"),
    path("classes/<int:class_id>/week/<monday:monday>/draft/", week.draft, name="teacher-week-draft"),
    path("classes/<int:class_id>/week/<monday:monday>/approve/", week.approve_ready, name="teacher-week-approve-ready"),
    path("classes/<int:class_id>/week/<monday:monday>/goal/", week.goal, name="teacher-week-goal"),
    path("classes/<int:class_id>/week/<monday:monday>/fair/<slug:measure>/", fairness.tasks, name="teacher-fairness"),
    path("classes/<int:class_id>/week/<monday:monday>/print/", week.print_weeks, name="teacher-week-print"),
    path("weeks/<int:week_id>/approve/", week.approve, name="teacher-week-approve-one"),
    path("weeks/<int:week_id>/reopen/", week.reopen, name="teacher-week-reopen"),
    path("weeks/<int:week_id>/redraft/", week.redraft, name="teacher-week-redraft"),
    path("weeks/<int:week_id>/add/", week.add, name="teacher-week-add"),
    path("weeks/<int:week_id>/put/", week.put, name="teacher-week-put"),
    path("blocks/<uuid:block>/", week.block, name="teacher-block"),
    path("blocks/<uuid:block>/swap/", week.swap, name="teacher-block-swap"),
    path("blocks/<uuid:block>/move/", week.move, name="teacher-block-move"),
    path("blocks/<uuid:block>/lock/", week.lock, name="teacher-block-lock"),
    path("blocks/<uuid:block>/remove/", week.remove, name="teacher-block-remove"),
    path("changes/<uuid:batch>/undo/", week.undo, name="teacher-undo"),
]
