"""Pages that exist in tests only: every question of the gallery in a form; what is sent comes back as the answer that was read.

settings.ROOT_URLCONF = "tests.question_pages"
"""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from headway.core.items.document import parse_item
from headway.core.items.face import face
from headway.core.items.forms import read_response
from headway.core.items.session import begin
from headway.web.shared.questions.drawing import draw, needs_files
from tests.question_gallery import GALLERY, Sample

MORE: dict[str, Sample] = {}  # a walk's own questions
MEDIA_TYPES = {"png": "image/png", "wav": "audio/wav", "js": "text/javascript", "svg": "image/svg+xml"}
PAGE = """{% extends "shared/base.html" %}
{% block audience %}student{% endblock %}
{% block title %}{{ title }}{% endblock %}
{% block scripts %}{{ block.super }}{% include "shared/questions/page_files.html" %}{% endblock %}
{% block main %}<main id="main" class="page page--practice"><form class="item" id="item" method="post"{% if files %} enctype="multipart/form-data"{% endif %}>{% csrf_token %}
<div class="item__left stack-4"><h1 class="vh">{{ title }}</h1>{{ question }}<p class="error" id="problem"></p></div>
<div class="item__side stack-4"><div class="item__actions"><button class="btn btn--primary btn--big" data-check>Check my answer</button></div></div>
</form></main>{% endblock %}"""


def _sample(kind: str) -> Sample:
    sample = MORE.get(kind) or GALLERY.get(kind)
    if sample is None:
        raise Http404
    return sample


def question(request: HttpRequest, kind: str) -> HttpResponse:
    """Show a question of the gallery, with its right answer where ?answered is asked; tell what was read of a form."""
    sample = _sample(kind)
    item = parse_item(sample.document)
    if request.method == "POST":
        form = dict(request.POST.lists()) | {
            name: [file.name or "" for file in files] for name, files in request.FILES.lists()
        }
        read = json.dumps(read_response(item, form))
        return HttpResponse(f'<!doctype html><html lang="en"><title>Read</title><pre id="read">{read}</pre></html>')
    shown = face(item, begin(item, seed=3), response=sample.answer if "answered" in request.GET else None)
    facts = {
        "title": item.title,
        "question": draw(shown, address=lambda name: f"/question/{kind}/files/{name}", problem="problem"),
        "files": needs_files(shown),
    }
    return HttpResponse(engines["django"].from_string(PAGE).render(facts, request))


def file(_request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Give a file of a question."""
    content = _sample(kind).files.get(name)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type=MEDIA_TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream"))


urlpatterns = [
    path("question/<str:kind>/", question),
    path("question/<str:kind>/files/<path:name>", file),
    path("", include("headway.config.urls")),
]
