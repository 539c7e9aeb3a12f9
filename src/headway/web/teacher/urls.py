"""Contents page."""

from __future__ import annotations

from django.urls import path

from headway.web.shared import converters  # noqa: F401  teaches Django the word "monday"
from headway.web.teacher import cards, week

urlpatterns = [
    path("classes/<int:class_id>/cards/", cards.cards, name="teacher-cards"),
    path("classes/<int:class_id>/week/", week.week_now, name="teacher-week-now"),
    path("classes/<int:class_id>/week/<monday:monday>/", week.week, name="teacher-week"),
    path("classes/<int:class_id>/week/<monday:monday>/draft/", week.draft, name="teacher-week-draft"),
    path("classes/<int:class_id>/week/<monday:monday>/approve/", week.approve_ready, name="teacher-week-approve-ready"),
    path("classes/<int:class_id>/week/<monday:monday>/goal/", week.goal, name="teacher-week-goal"),
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
