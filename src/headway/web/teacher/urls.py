"""Contents page."""

from __future__ import annotations

from django.urls import path

from headway.web.teacher import cards

urlpatterns = [
    path("classes/<int:class_id>/cards/", cards.cards, name="teacher-cards"),
]
