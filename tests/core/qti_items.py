"""Small questions in QTI 3, put together in a line or two."""

from __future__ import annotations

from headway.core.items.document import Item, parse_item
from headway.core.items.markup import Node, read_document
from headway.core.items.rules.luck import Luck
from headway.core.items.rules.processing import declared_in
from headway.core.items.rules.runs import Run
from headway.core.items.rules.values import Value

SCORE = '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>'
MATCH = '<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>'
MAP = '<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"/>'


def item(*parts: str, body: str = "<p>Read.</p>", adaptive: bool = False) -> Item:
    """Return a question of declarations and rules, and a body."""
    return parse_item(
        f'<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="i" title="A question" '
        f'adaptive="{str(adaptive).lower()}">{"".join(parts)}<qti-item-body>{body}</qti-item-body></qti-assessment-item>'
    )


def response(base_type: str, *right: str, name: str = "RESPONSE", cardinality: str = "single", more: str = "") -> str:
    """Return the declaration of a response with its key."""
    values = "".join(f"<qti-value>{one}</qti-value>" for one in right)
    key = f"<qti-correct-response>{values}</qti-correct-response>" if right else ""
    return (
        f'<qti-response-declaration identifier="{name}" cardinality="{cardinality}" base-type="{base_type}">'
        f"{key}{more}</qti-response-declaration>"
    )


def text_entry(name: str = "RESPONSE", **attributes: str) -> str:
    """Return a place where one types."""
    more = "".join(f' data-headway-{key}="{value}"' for key, value in attributes.items())
    return f'<p>So: <qti-text-entry-interaction response-identifier="{name}"{more}/></p>'


def choices(*keys: str, name: str = "RESPONSE", **attributes: str) -> str:
    """Return a choice between these keys."""
    more = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    options = "".join(f'<qti-simple-choice identifier="{key}">{key}</qti-simple-choice>' for key in keys)
    return f'<qti-choice-interaction response-identifier="{name}"{more}>{options}</qti-choice-interaction>'


def rule(xml: str) -> Node:
    """Return an element of a document."""
    return read_document(xml.encode())


def run(values: dict[str, Value] | None = None, *, of: Item | None = None, seed: int = 1) -> Run:
    """Return a run in which these values are known."""
    return Run(values=dict(values or {}), declared=declared_in(of) if of else {}, luck=Luck(seed))
