"""The frame of every leader page: which tab, which schools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from headway.core.access.roles import Role
from headway.records.roster import queries
from headway.web.shared.access import Request


def leader_page(
    request: Request, template: str, facts: Mapping[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Render a leader page inside its frame."""
    roles = queries.roles_of(request.person)
    frame = {"tab": tab, "also_teaches": bool(roles & {Role.TEACHER, Role.SPECIALIST})}
    return render(request, template, {**frame, **facts}, status=status)
