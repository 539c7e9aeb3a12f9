"""Portable custom interactions of QTI 3 in a sandbox: the page inside the frame, and the files of the question it may load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.items.document import Interaction, parse_item
from headway.core.items.document import Item as Question
from headway.core.items.markup import Node
from headway.core.items.rules.values import write_values
from headway.core.items.session import begin
from headway.core.shared.errors import NotFound
from headway.records.items import files
from headway.records.library import stored
from headway.web.shared.frames import passes, sandbox
from headway.web.shared.frames.passes import Pass, with_pass

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.roster.models import Person

KIND = "item"
# Modules as people build them hold templates that make functions out of text.
SCRIPTS = "'unsafe-eval'"
DEEPEST = 60
_EMPTY = frozenset(("area", "br", "col", "hr", "img", "input", "source", "track", "wbr"))
_NOT_MARKUP = frozenset(("script", "iframe", "object", "embed", "base", "meta", "link"))


def frames_of(item: Item, person: Person, *, at: datetime, seed: int = 0) -> Callable[[str], str]:
    """Return what gives the address of the frame for one of a question's interactions, by its response variable.

    Whether somebody may see the question is asked before. `seed` is that of the student's session, for template variables.
    """
    token = passes.made_out(KIND, item.uuid, person, str(seed), at=at)

    def address(response: str) -> str:
        return reverse("frame-item", kwargs={"token": token, "response": response})

    return address


@require_safe
@with_pass(KIND, is_framed=True)
def interaction(request: HttpRequest, shown: Pass, response: str) -> HttpResponse:
    """Show one portable custom interaction by itself, inside its walls."""
    question = parse_item(files.document_of(shown.thing))
    found = next(
        (one for one in question.interactions if one.kind == "portable-custom" and one.response == response), None
    )
    if found is None:
        raise NotFound
    folder = reverse("frame-item-file", kwargs={"token": shown.token, "name": "-"}).removesuffix("-")
    inside = request.build_absolute_uri(folder)
    facts = {
        "language": question.language,
        "title": question.title,
        "markup": _markup(found),
        "styles": [folder + one.get("href") for one in found.node.elements("qti-stylesheet") if one.get("href")],
        "told": told(question, found, seed=int(shown.more[0])) | {"files": inside},
    }
    answer = render(request, "shared/frames/custom_frame.html", facts)
    ours = [sandbox.static_address(request, "js/frame_custom.js")]
    return sandbox.walled(request, answer, files=folder, ours=ours, scripts=SCRIPTS)


@require_http_methods(["GET", "HEAD", "OPTIONS"])
@with_pass(KIND)
def file(request: HttpRequest, shown: Pass, name: str) -> HttpResponse:
    """Hand out one file of the question; a module may be named without its ending."""
    kept = files.file_of(shown.thing, name)
    if request.method == "OPTIONS":
        return sandbox.let_in()
    ending = name if "." in name.rsplit("/", 1)[-1] else kept.name
    return sandbox.handed_out(request, ending, stored.content_of(kept), kept.sha256[:32])


# --- what the module is told ------------------------------------------------------------------------------------------


def told(question: Question, interaction: Interaction, *, seed: int = 0) -> dict[str, Any]:
    """Return what an interaction's module is to know: where its modules are, its properties, and what it answers for.

    Addresses are as the document writes them. See the QTI 3 best practice on portable custom interactions.
    """
    node = interaction.node
    declared = question.declarations.get(interaction.response)
    wanted = {one.get("template-identifier") or one.get("identifier") for one in node.elements("qti-template-variable")}
    return {
        "module": node.get("module"),
        "type": node.get("custom-interaction-type-identifier"),
        "configurations": list(_configurations(node.elements("qti-interaction-modules"))),
        "modules": dict(_modules(node.elements("qti-interaction-modules"))),
        "properties": properties(node),
        "response": interaction.response,
        "cardinality": declared.cardinality if declared else "single",
        "base_type": declared.base_type if declared else "string",
        "templates": _templates(question, wanted, seed) if wanted else {},
        "language": question.language,
    }


def properties(node: Node) -> dict[str, str]:
    """Return an interaction's own settings, its data attributes, by both names that modules ask for: as written and in one word."""
    found: dict[str, str] = {}
    for name, value in node.attributes.items():
        if name.startswith("data-") and not name.startswith("data-headway-"):
            written = name.removeprefix("data-")
            first, *others = written.split("-")
            found[written] = value
            found[first + "".join(part[:1].upper() + part[1:] for part in others)] = value
    return found


def _configurations(holders: Iterable[Node]) -> Iterator[str]:
    for one in holders:
        for name in ("primary-configuration", "secondary-configuration"):
            if one.get(name):
                yield one.get(name)


def _modules(holders: Iterable[Node]) -> Iterator[tuple[str, list[str]]]:
    for holder in holders:
        for one in holder.elements("qti-interaction-module"):
            paths = [one.get(name) for name in ("primary-path", "fallback-path") if one.get(name)]
            yield one.get("id"), paths


def _templates(question: Question, wanted: set[str], seed: int) -> Mapping[str, Any]:
    """Return the values of template variables as JSON of PCI writes them: {"base": {"integer": 5}}."""
    values = begin(question, seed=seed).templates
    found = {}
    for name in sorted(wanted & set(question.declarations)):
        declared, written = question.declarations[name], write_values(values.get(name))
        is_one = declared.cardinality == "single"
        found[name] = {"base" if is_one else "list": {declared.base_type: "".join(written[:1]) if is_one else written}}
    return found


# --- its markup -------------------------------------------------------------------------------------------------------


def _markup(interaction: Interaction) -> SafeString:
    holder = interaction.node.first("qti-interaction-markup")
    return SafeString("".join(_html(one, 0) for one in (holder.children if holder else ())))


def _html(part: Node | str, depth: int) -> str:
    """Return markup as HTML. It runs behind the walls only; what would load or start something is left out all the same."""
    if isinstance(part, str):
        return str(escape(part))
    name = part.name.split(":")[-1]
    if part.name.startswith("qti-") or name in _NOT_MARKUP or depth > DEEPEST:
        return "" if name in _NOT_MARKUP else "".join(_html(one, depth + 1) for one in part.children)
    attributes = "".join(
        f' {key}="{escape(value)}"' for key, value in part.attributes.items() if not key.startswith("on")
    )
    inside = "" if name in _EMPTY else "".join(_html(one, depth + 1) for one in part.children) + f"</{name}>"
    return f"<{name}{attributes}>{inside}"
