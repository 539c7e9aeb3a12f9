"""A resource as a machine reads it: its schema.org/LRMI description in JSON-LD."""

from __future__ import annotations

from uuid import UUID

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.exchange.lrmi.writing import as_json_ld
from headway.records.library import queries as library
from headway.web.shared.access import Request, may
from headway.web.teacher.collections import own_schools


@require_safe
@may(Permission.SEE_CLASS)
def resource_description(request: Request, resource: UUID) -> JsonResponse:
    """Answer with the description of a resource of the reader's schools, or of one that is shared by all."""
    shown = library.resource_with_uuid(resource)
    if shown.school_id is not None and shown.school_id not in {school.pk for school in own_schools(request.person)}:
        raise NotFound
    description = as_json_ld(shown, base=request.build_absolute_uri("/").rstrip("/"))
    return JsonResponse(description, json_dumps_params={"ensure_ascii": False}, content_type="application/ld+json")
