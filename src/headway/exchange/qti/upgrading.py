"""Says in the words of QTI 3 what a document of QTI 2.0, 2.1, 2.2 or APIP says; nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from headway.core.items.markup import Node

TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"

# Elements of HTML keep their names; everything else without a prefix belongs to QTI.
_HTML = frozenset({
    "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote",
    "body", "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "data", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "img", "input",
    "ins", "kbd", "label", "legend", "li", "link", "main", "map", "mark", "menu", "meta", "meter", "nav", "noscript",
    "object", "ol", "optgroup", "option", "output", "p", "param", "picture", "pre", "progress", "q", "rb", "rbc",
    "rp", "rt", "rtc", "ruby", "s", "samp", "script", "section", "select", "small", "source", "span", "strike",
    "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time",
    "title", "tr", "track", "tt", "u", "ul", "var", "video", "wbr",
})  # fmt: skip

# What stands in blocks of these names stands in a body of its own in QTI 3.
_BLOCKS = frozenset({"feedbackBlock", "modalFeedback", "rubricBlock", "templateBlock", "testFeedback"})
# What is said of a block, not in it.
_OF_A_BLOCK = frozenset({"qti-stylesheet", "qti-catalog-info", "qti-companion-materials-info"})

_PICTURES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "tif", "tiff")
_SOUNDS = ("mp3", "ogg", "oga", "wav", "m4a", "flac")
_FILMS = ("mp4", "webm", "ogv", "mov", "m4v")

# Supports of APIP and the names they have as cards of QTI 3.
_SUPPORTS = {
    "spoken": "spoken",
    "brailleText": "braille",
    "tactileFile": "tactile",
    "signing": "sign-language",
    "keyWordTranslation": "keyword-translation",
    "keyWordEmphasis": "keyword-emphasis",
    "guidance": "guidance",
    "revealAlternativeRepresentation": "long-description",
    "answerReduction": "answer-reduction",
}


def upgraded(root: Node) -> Node:
    """Return a document of QTI 2 in the names of QTI 3; one that is QTI 3 already is returned as it is.

    The lines of the elements stay those of the original, so a message can name them. Names follow one rule ("choiceInteraction"
    is "qti-choice-interaction", "maxChoices" is "max-choices"); what was moved or renamed between the versions follows the
    specification: pictures are `img`, sounds and films `audio` and `video`, blocks have a body, information on request is
    `details`, the addresses of the standard response processing are those of QTI 3, supports of APIP are cards of a catalog.
    """
    if root.name.startswith("qti-"):
        return root
    whole = _upgraded(root)
    supports = root.first("apipAccessibility")
    return _with_catalogs(whole, supports) if supports is not None else whole


def qti_name(name: str) -> str:
    """Return the name of QTI 3 for an element's name of QTI 2: "popSD" gives "qti-pop-sd"."""
    return f"qti-{kebab(name)}"


def kebab(name: str) -> str:
    """Return a name of several words as QTI 3 writes it: "maxChoices" gives "max-choices"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _upgraded(node: Node, *, in_formula: bool = False) -> Node:
    name = node.name
    if ":" in name:
        return node
    if name == "math" or in_formula:
        # A formula whose writer forgot its namespace.
        return replace(node, name=f"math:{name}", children=_all(node.children, in_formula=True))
    children = _all(one for one in node.children if isinstance(one, str) or one.name != "apipAccessibility")
    if name == "object":
        return _shown(node, children)
    if name in _HTML:
        return replace(node, children=children)
    if name == "infoControl":
        return _on_request(node, children)
    if name == "customInteraction":
        own = node.first("portableCustomInteraction")
        if own is not None:
            return _portable(node, own)
    if name in _BLOCKS:
        children = _in_a_body(children)
    attributes = {_attribute_name(key): value for key, value in node.attributes.items()}
    if name == "responseProcessing" and "template" in attributes:
        attributes["template"] = template_address(attributes["template"])
    if name == "rubricBlock":
        is_shown = "candidate" in attributes.get("view", "candidate").split()
        attributes.setdefault("use", "instructions" if is_shown else "scoring")
    return Node(qti_name(name), attributes, children, node.line)


def _all(children: Iterable[Node | str], *, in_formula: bool = False) -> tuple[Node | str, ...]:
    return tuple(one if isinstance(one, str) else _upgraded(one, in_formula=in_formula) for one in children)


def _attribute_name(key: str) -> str:
    return key if ":" in key else kebab(key)


def template_address(address: str) -> str:
    """Return the address QTI 3 gives to a standard response processing; any other address stays."""
    found = re.search(r"rptemplates/([A-Za-z0-9_]+?)(?:\.xml)?$", address.strip())
    return f"{TEMPLATES}{found[1]}.xml" if found else address


def _in_a_body(children: tuple[Node | str, ...]) -> tuple[Node | str, ...]:
    said = tuple(one for one in children if not isinstance(one, str) and one.name in _OF_A_BLOCK)
    shown = tuple(one for one in children if isinstance(one, str) or one.name not in _OF_A_BLOCK)
    before = tuple(one for one in said if one.name == "qti-stylesheet")
    after = tuple(one for one in said if one.name != "qti-stylesheet")
    return (*before, Node("qti-content-body", {}, shown), *after)


def _on_request(node: Node, children: tuple[Node | str, ...]) -> Node:
    """QTI 3 has no element for information on request; HTML has."""
    kept = {key: value for key, value in node.attributes.items() if key != "title"}
    title = node.get("title") or "…"
    return Node("details", kept, (Node("summary", {}, (title,), node.line), *children), node.line)


def _shown(node: Node, children: tuple[Node | str, ...]) -> Node:
    """Return an object as what it shows: a picture, a sound, a film; one of another type stays an object."""
    source = node.get("data") or node.get("src")
    media_type = node.get("type").casefold()
    ending = source.rsplit(".", 1)[-1].casefold() if "." in source else ""
    kept = {key: value for key, value in node.attributes.items() if key not in ("data", "src", "type")}
    if media_type.startswith("image/") or (not media_type and ending in _PICTURES):
        words = " ".join(Node("", {}, children).text.split())
        return Node("img", {"src": source, "alt": node.get("alt") or words, **kept}, (), node.line)
    is_sound = media_type.startswith("audio/") or (not media_type and ending in _SOUNDS)
    if is_sound or media_type.startswith("video/") or (not media_type and ending in _FILMS):
        played = Node("source", {"src": source, **({"type": node.get("type")} if media_type else {})}, (), node.line)
        within = tuple(one for one in children if isinstance(one, str) or one.name != "param")
        return Node("audio" if is_sound else "video", {"controls": "controls", **kept}, (played, *within), node.line)
    return replace(node, children=children)


# --- portable custom interactions ------------------------------------------------------------------------------------


def _portable(outer: Node, own: Node) -> Node:
    """Return a portable custom interaction of QTI 2 (an element within a custom interaction) as the one element it is in QTI 3."""
    kind = own.get("customInteractionTypeIdentifier")
    attributes = {_attribute_name(key): value for key, value in outer.attributes.items()} | {
        "custom-interaction-type-identifier": kind,
        "module": own.get("module") or own.get("hook") or kind,
    }
    properties = own.first("properties")
    if properties is not None:
        attributes |= _properties(properties)
    modules = []
    for one in own.below("lib", "module", "file", "runtime", "stylesheet"):
        address = one.get("href") or one.get("src") or one.get("primaryPath")
        if one.name == "lib" and (one.get("id") or one.get("name")):
            identifier = one.get("id") or one.get("name")
            paths = {"primary-path": address} if address else {}
            modules.append(Node("qti-interaction-module", {"id": identifier, **paths}, (), one.line))
        elif one.name == "module" and one.get("id"):
            paths = {"primary-path": address} if address else {}
            if one.get("fallbackPath"):
                paths["fallback-path"] = one.get("fallbackPath")
            modules.append(Node("qti-interaction-module", {"id": one.get("id"), **paths}, (), one.line))
    children: list[Node | str] = []
    if modules:
        children.append(Node("qti-interaction-modules", {}, tuple(modules), own.line))
    shown = own.first("markup", "interactionMarkup")
    if shown is not None:
        children.append(Node("qti-interaction-markup", {}, _all(shown.children), shown.line))
    return Node("qti-portable-custom-interaction", attributes, tuple(children), outer.line)


def _properties(node: Node, before: str = "data-") -> dict[str, str]:
    found: dict[str, str] = {}
    for one in node.elements():
        key = f"{before}{kebab(one.get('key') or one.name)}"
        if one.name == "properties":
            found |= _properties(one, f"{key}-")
        else:
            found[key] = one.text
    return found


# --- supports of APIP ------------------------------------------------------------------------------------------------


def _with_catalogs(root: Node, supports: Node) -> Node:
    """Return an item with the supports of APIP as catalogs, and the elements they belong to pointing at them."""
    catalogs: list[Node] = []
    catalog_of: dict[str, str] = {}
    for number, one in enumerate(supports.below("accessElement"), start=1):
        identifier = one.get("identifier") or f"access-{number}"
        cards = [
            card
            for related in one.elements("relatedElementInfo")
            for support in related.elements(*_SUPPORTS)
            if (card := _card(support)) is not None
        ]
        if not cards:
            continue
        catalogs.append(Node("qti-catalog", {"id": identifier}, tuple(cards), one.line))
        for link in one.elements("contentLinkInfo"):
            if link.get("qtiLinkIdentifierRef"):
                catalog_of[link.get("qtiLinkIdentifierRef")] = identifier
    if not catalogs:
        return root
    pointed = _pointing(root, catalog_of)
    info = Node("qti-catalog-info", {}, tuple(catalogs), supports.line)
    return replace(pointed, children=(*pointed.children, info))


def _card(support: Node) -> Node | None:
    language = next((one.get("xml:lang") for one in support.below() if one.get("xml:lang")), "")
    files = [one.words for one in support.below("fileHref") if one.words]
    words = next(
        (
            one.words
            for one in support.below("spokenText", "brailleTextString", "textString", "descriptionText")
            if one.words
        ),
        "",
    )
    parts: list[Node | str] = []
    if words:
        parts.append(Node("p", {}, (words,), support.line))
    for address in files:
        ending = address.rsplit(".", 1)[-1].casefold()
        name = "audio" if ending in _SOUNDS else "video" if ending in _FILMS else "img"
        within = () if name == "img" else (Node("source", {"src": address}, (), support.line),)
        own: dict[str, str] = {"src": address, "alt": words} if name == "img" else {"controls": "controls"}
        parts.append(Node(name, own, within, support.line))
    if not parts:
        return None
    attributes = {"support": _SUPPORTS[support.name], **({"xml:lang": language} if language else {})}
    return Node("qti-card", attributes, (Node("qti-html-content", {}, tuple(parts), support.line),), support.line)


def _pointing(node: Node, catalog_of: Mapping[str, str]) -> Node:
    attributes = node.attributes
    name = catalog_of.get(node.get("id") or node.get("identifier"))
    if name and "data-catalog-idref" not in attributes:
        attributes = {**attributes, "data-catalog-idref": name}
    children = tuple(one if isinstance(one, str) else _pointing(one, catalog_of) for one in node.children)
    return replace(node, attributes=attributes, children=children)
