"""Pages keep to the strict policy, every view says who may open it, and no child is labelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from headway.exchange.case import endpoints as case

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "headway"
TEMPLATES = sorted((SOURCE / "web").rglob("*.html"))
# Open to anybody, each for a reason.
OPEN_DOORS = {
    "home": "sends everybody to their own page, or to the door",
    "sign-in": "is the door",
    "sign-in-card": "is the door for students",
    "card-code": "is the door behind the code of a card",
    "sign-out": "lets anybody out",
    "language": "is chosen before signing in",
    "looks": "is chosen before signing in",
    "service-worker": "is a script that holds nothing about anybody",
    "family-week": "is opened by the code of a family link, which ends",
    "frame-h5p": "is opened by a signed pass for one person and one package, which ends",
    "frame-h5p-file": "is opened by the same pass",
    "frame-item": "is opened by a signed pass for one person and one question, which ends",
    "frame-item-file": "is opened by the same pass",
    **{pattern.name: "gives frameworks that are published, or that a school opened" for pattern in case.urlpatterns},
}
WAYS_IN = {"signed_in.<locals>.guarded", "may.<locals>.guard.<locals>.allowed"}
METHODS = "require_http_methods.<locals>.decorator.<locals>.inner"
LABELS = re.compile(
    r"\b(struggling|gifted|at[- ]risk|low[- ]perform\w+|slow learners?|learning styles?|below average|failing student"
    r"|remedial|weak students?|special needs|leaderboards?|streaks?)\b",
    re.IGNORECASE,
)


def views(patterns: list[Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern), pattern.callback


def layers(view: Any) -> list[str]:
    found = []
    while view is not None:
        found.append(view.__code__.co_qualname if hasattr(view, "__code__") else type(view).__qualname__)
        view = getattr(view, "__wrapped__", None)
    return found


VIEWS = dict(views(get_resolver().url_patterns))


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_says_who_may_open_it(name: str) -> None:
    assert name in OPEN_DOORS or WAYS_IN & set(layers(VIEWS[name]))


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_says_which_methods_it_takes(name: str) -> None:
    assert METHODS in layers(VIEWS[name])


def test_every_open_door_is_there() -> None:
    assert set(OPEN_DOORS) <= set(VIEWS)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(SOURCE / "web").as_posix())
def test_a_template_has_no_inline_style_or_script(template: Path) -> None:
    text = re.sub(
        r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert not re.search(r"<[^>]*\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"<style\b|javascript:|hx-on", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script
    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(SOURCE / "web").as_posix())
def test_a_page_calls_no_third_party(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|action)\s*=\s*[\"'](?:https?:)?//", text)
    assert not re.search(r"<link[^>]+href\s*=\s*[\"'](?:https?:)?//", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(SOURCE / "web").as_posix())
def test_a_form_that_posts_carries_its_token(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", text, re.DOTALL | re.IGNORECASE):
        assert "csrf_token" in form, form[:120]


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for pattern in ("*.html", "*.py", "*.js")
        for path in SOURCE.rglob(pattern)
        if "migrations" not in path.parts and "demo_school" not in path.parts
    ),
    ids=lambda path: path.relative_to(SOURCE).as_posix(),
)
def test_nobody_is_labelled_or_ranked(path: Path) -> None:
    assert LABELS.findall(path.read_text(encoding="utf-8")) == []
