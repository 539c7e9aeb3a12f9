"""Contents page: my week, practice, my progress."""

from __future__ import annotations

from django.urls import path

from headway.web.shared import converters  # noqa: F401  teaches Django the word "monday"
from headway.web.student import find, moving_on, offline, play, practice, progress, week

urlpatterns = [
    path("", week.week, name="student-week"),
    path("week/<monday:monday>/", week.week, name="student-week-of"),
    path("offline/", offline.pack, name="student-offline-pack"),
    path("inbox/", offline.inbox, name="student-inbox"),
    path("goal/", week.choose_goal, name="student-goal"),
    path("goal/today/", week.check_goal, name="student-goal-today"),
    path("help/", week.ask, name="student-help"),
    path("blocks/<uuid:block>/", practice.practice, name="student-practice"),
    path("blocks/<uuid:block>/start/", practice.start, name="student-start"),
    path("blocks/<uuid:block>/play/", play.play, name="student-play"),
    path("blocks/<uuid:block>/play/statement/", play.statement, name="student-play-statement"),
    path("blocks/<uuid:block>/finish/", week.finish, name="student-finish"),
    path("blocks/<uuid:block>/reopen/", week.reopen, name="student-reopen"),
    path("blocks/<uuid:block>/choose/", week.choose, name="student-choose"),
    path("blocks/<uuid:block>/door/", week.door, name="student-door"),
    path("blocks/<uuid:block>/questions/<int:number>/check/", practice.check, name="student-check"),
    path("blocks/<uuid:block>/questions/<int:number>/hint/", practice.hint, name="student-hint"),
    path("blocks/<uuid:block>/questions/<int:number>/example/", practice.example, name="student-example"),
    path("blocks/<uuid:block>/move-on/", moving_on.move_on, name="student-move-on"),
    path("moving-on/<int:move_on_id>/", moving_on.proof, name="student-proof"),
    path("moving-on/<int:move_on_id>/answer/", moving_on.answer, name="student-proof-answer"),
    path("find/", find.find, name="student-find"),
    path("find/collections/<uuid:collection>/", find.collection, name="student-find-collection"),
    path("find/undo/<str:was>/", find.undo_choice, name="student-find-undo"),
    path("find/<uuid:resource>/", find.piece, name="student-find-piece"),
    path("find/<uuid:resource>/choose/", find.choose_piece, name="student-find-choose"),
    path("find/<uuid:resource>/keep/", find.keep_piece, name="student-find-keep"),
    path("find/<uuid:resource>/let-go/", find.let_go, name="student-find-let-go"),
    path("progress/", progress.progress, name="student-progress"),
    path("progress/<int:competency_id>/", progress.skill, name="student-skill"),
    path("progress/<int:competency_id>/view/", progress.own_view, name="student-own-view"),
]
