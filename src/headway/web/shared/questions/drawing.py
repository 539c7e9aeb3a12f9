"""A question's face as HTML: its text escaped and drawn here, each interaction by the small template of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from headway.core.items.face import INLINE, Asked, Card, Element, Face, Gap, HotText, Part, words_of
from headway.web.shared.questions import interactions, wording
from headway.web.shared.questions.at_hand import Drawing

VOID = frozenset({"br", "hr", "img", "wbr", "col", "source", "track"})
_LATEX_SIGNS = ("\\(", "\\[", "$$")
# How the parts that everyday questions are made of look; see headway.css.
_CLASSES = {"passage": "passage sheet passage--text", "prompt": "claim", "picture": "question__picture"}
_SHORT_PROMPT = 90


def draw(
    face: Face,
    *,
    address: Callable[[str], str],
    ids: str = "q",
    problem: str = "",
    is_closed: bool = False,
    has_keys: bool = True,
    file_name: Callable[[str], str] = lambda token: token,
    frame: Callable[[str], str] | None = None,
) -> SafeString:
    """Return a question as HTML, to stand within a form.

    `address` gives the address of a file of the question; `problem` is the id of the element that tells what is wrong with the
    answer; `is_closed` shows the fields without letting anybody change them; `has_keys` lets 1 to 8 choose (one question per page);
    `file_name` gives the name of a file that was given as an answer; `frame` gives the address of the sandbox for an interaction that
    brings its own program, by its response variable (`web.shared.frames.custom.frames_of`), without it such a part is only told of. Fields are named as `core.items.forms` reads them.
    """
    drawing = Drawing(
        face=face,
        html=parts,
        address=address,
        file_name=file_name,
        ids=ids,
        problem=problem,
        is_closed=is_closed,
        has_keys=has_keys,
        frame=frame,
    )
    body = parts(drawing, face.parts)
    cards = _popovers(drawing)
    latex = (
        format_html(
            ' data-latex="{}" data-latex-style="{}"', static("katex/katex.min.js"), static("katex/katex.min.css")
        )
        if has_latex(face)
        else ""
    )
    return format_html(
        '<div class="question" id="{}" lang="{}"{} data-question>{}{}</div>', ids, face.language, latex, body, cards
    )


def draw_feedback(face: Face, *, address: Callable[[str], str], ids: str = "q") -> SafeString:
    """Return the feedback that is to be seen now, "" where there is none."""
    drawing = Drawing(
        face=face,
        html=parts,
        address=address,
        file_name=str,
        ids=f"{ids}-told",
        problem="",
        is_closed=True,
        has_keys=False,
    )
    inside = format_html_join(
        "", '<div class="question__told">{}</div>', ((parts(drawing, one),) for one in face.feedback)
    )
    return format_html('<div lang="{}">{}</div>', face.language, inside) if inside else SafeString("")


def needs_files(face: Face) -> bool:
    """Tell whether the answer may be a file, so that the form has to be sent as multipart/form-data."""
    return any(asked.kind in ("upload", "drawing") for asked in face.asked)


def has_latex(face: Face) -> bool:
    """Tell whether a formula in LaTeX is anywhere in what is shown."""
    everything = [face.parts, *face.feedback, *(card.parts for cards in face.cards.values() for card in cards)]
    return any(_has_latex(one) for one in everything)


def _has_latex(inside: Iterable[Part]) -> bool:
    for part in inside:
        if isinstance(part, str):
            if any(sign in part for sign in _LATEX_SIGNS):
                return True
        elif isinstance(part, Element | HotText):
            if (isinstance(part, Element) and "math-tex" in part.attributes.get("class", "")) or _has_latex(part.parts):
                return True
        elif isinstance(part, Asked) and (
            _has_latex(part.prompt)
            or _has_latex(part.parts)
            or any(_has_latex(one.parts) for one in (*part.options, *part.targets))
        ):
            return True
    return False


def parts(drawing: Drawing, inside: Sequence[Part], asked: Asked | None = None) -> SafeString:
    """Return parts as HTML; gaps and hot text belong to the interaction `asked`."""
    return mark_safe("".join(_part(drawing, one, asked) for one in inside))  # noqa: S308 - each is escaped below


def _part(drawing: Drawing, part: Part, asked: Asked | None) -> str:
    if isinstance(part, str):
        return str(escape(part))
    if isinstance(part, Element):
        return _element(drawing, part, asked)
    if isinstance(part, Asked):
        return interaction(drawing, part)
    if asked is None:
        return str(parts(drawing, part.parts)) if isinstance(part, HotText) else ""
    if isinstance(part, Gap):
        return _render(drawing, asked, "gap", interactions.gap(drawing, asked, part))
    return _render(drawing, asked, "hot", interactions.hot(drawing, asked, part))


def _element(drawing: Drawing, element: Element, asked: Asked | None) -> str:
    alone = _field_alone(element)
    if alone is not None:
        return _render(drawing, alone, "field", interactions.field(drawing, alone))
    if asked is not None and asked.kind == "hottext" and _is_list_of_hot_text(element):
        rows = [one for one in element.parts if isinstance(one, HotText)]
        return "".join(
            _render(drawing, asked, "hot_row", interactions.hot(drawing, asked, one, place=place))
            for place, one in enumerate(rows, 1)
        )
    name = element.name.rsplit(":", 1)[-1]
    attributes = dict(element.attributes)
    catalog = attributes.pop("data-catalog-idref", "")
    if attributes.pop("data-headway-stimulus", None) is not None:
        attributes["class"] = f"{attributes.get('class', '')} passage".strip()
    if "class" in attributes:
        attributes["class"] = " ".join(_CLASSES.get(one, one) for one in attributes["class"].split())
    for key in ("src", "poster", "href"):
        if key in attributes and not attributes[key].startswith(("http:", "https:")):
            attributes[key] = drawing.address(attributes[key])
    if name in ("audio", "video"):
        attributes = {"controls": "", "preload": "metadata"} | attributes
    if name == "a":
        attributes |= {"rel": "noopener noreferrer", "target": "_blank"}
    if name == "svg" and not {"role", "aria-hidden"} & attributes.keys():
        attributes["role"] = "img" if any(_is(one, "svg:title") for one in element.parts) else "presentation"
    written = "".join(f' {key}="{conditional_escape(value)}"' for key, value in attributes.items())
    if name in VOID:
        return f"<{name}{written}>"
    html = f"<{name}{written}>{parts(drawing, element.parts, asked)}</{name}>"
    if name == "table":
        html = f'<div class="scrollx question__table">{html}</div>'
    return html + _card_button(drawing, catalog)


def _is(part: Part, name: str) -> bool:
    return isinstance(part, Element) and part.name == name


def _solid(inside: Sequence[Part]) -> list[Part]:
    return [one for one in inside if not isinstance(one, str) or one.strip()]


def _field_alone(element: Element) -> Asked | None:
    """Return the text field that is all of a paragraph, but for the few words behind it."""
    if element.name not in ("p", "div") or element.attributes.get("class"):
        return None
    inside = _solid(element.parts)
    if not inside or not isinstance(inside[0], Asked) or inside[0].kind != "text-entry":
        return None
    return inside[0] if len(inside) == 1 or (len(inside) == 2 and "after" in inside[0].settings) else None


def _is_list_of_hot_text(element: Element) -> bool:
    """Tell whether a paragraph is nothing but pieces to choose from: they stand below each other then, easier to read and to hit."""
    inside = _solid(element.parts)
    return element.name in ("p", "div") and len(inside) > 1 and all(isinstance(one, HotText) for one in inside)


# --- interactions -----------------------------------------------------------------------------------------------------


def interaction(drawing: Drawing, asked: Asked) -> str:
    """Return an interaction as HTML."""
    facts = interactions.FACTS[asked.kind](drawing, asked)
    return _render(drawing, asked, interactions.TEMPLATES.get(asked.kind, asked.kind.replace("-", "_")), facts)


def _render(drawing: Drawing, asked: Asked, template: str, facts: interactions.Facts) -> str:
    own = f"{drawing.ids}-{asked.number}"
    block = asked.kind not in INLINE
    context = {
        "asked": asked,
        "name": asked.name,
        "id": own,
        "problem": drawing.problem,
        "is_closed": drawing.is_closed,
        "language": drawing.face.language,
        "LANGUAGE_CODE": get_language(),
        "classes": asked.settings.get("classes", ""),
        "told": wording.told(asked) if block else "",
        "prompt": prompt(drawing, asked) if block and asked.prompt else "",
        "is_short": _is_short(asked),
        "is_legend": _is_phrase(asked.prompt),
        **facts,
    }
    return render_to_string(f"shared/questions/{template}.html", context).strip()


def prompt(drawing: Drawing, asked: Asked) -> SafeString:
    """Return what an interaction asks; paragraphs become lines where it is to stand in a legend."""
    inside = _solid(asked.prompt)
    if not _is_phrase(asked.prompt):
        return parts(drawing, asked.prompt)
    lines = [
        parts(drawing, one.parts) if isinstance(one, Element) and one.name in ("p", "div") else parts(drawing, (one,))
        for one in inside
    ]
    is_lines = any(isinstance(one, Element) and one.name in ("p", "div") for one in inside)
    if not is_lines:
        return parts(drawing, asked.prompt)
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


def _is_phrase(inside: Sequence[Part]) -> bool:
    blocks = ("table", "ul", "ol", "dl", "pre", "blockquote", "figure", "details", "audio", "video")

    def is_phrase(part: Part, depth: int) -> bool:
        if not isinstance(part, Element):
            return True
        if part.name in blocks or (depth and part.name in ("p", "div")):
            return False
        return all(is_phrase(one, depth + 1) for one in part.parts)

    return all(is_phrase(one, 0) for one in inside)


def _is_short(asked: Asked) -> bool:
    return len(words_of(asked.prompt)) <= _SHORT_PROMPT


# --- support ----------------------------------------------------------------------------------------------------------


def _readable(cards: Iterable[Card]) -> list[Card]:
    return [card for card in cards if wording.card_word(card.support)]


def _card_button(drawing: Drawing, catalog: str) -> str:
    """Return a button that opens the help with a word, where its catalog has any."""
    if not _readable(drawing.face.cards.get(catalog, ())):
        return ""
    drawing.opened.append(catalog)
    return format_html(
        '<button type="button" class="wordhelp no-print" popovertarget="{}-help-{}" aria-label="{}" lang="{}">?</button>',
        drawing.ids,
        len(drawing.opened),
        gettext("Help with these words"),
        get_language() or "en",
    )


def _popovers(drawing: Drawing) -> SafeString:
    drawn = []
    for place, catalog in enumerate(list(drawing.opened), 1):
        cards = [
            {
                "word": wording.card_word(card.support),
                "language": card.language or drawing.face.language,
                "html": parts(drawing, card.parts),
            }
            for card in _readable(drawing.face.cards[catalog])
        ]
        facts = {"id": f"{drawing.ids}-help-{place}", "cards": cards, "LANGUAGE_CODE": get_language()}
        drawn.append(render_to_string("shared/questions/help.html", facts).strip())
    return mark_safe("".join(drawn))  # noqa: S308 - made by a template that escapes
