"""What is at hand while a question is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from headway.core.items.face import Asked, Face, Part


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A face on its way to HTML.

    `html` draws parts, within an interaction where they have its gaps. `ids` begins every id, so that several questions stand on
    one page. `opened` grows with every catalog whose cards are offered.
    """

    face: Face
    html: Callable[[Drawing, Sequence[Part], Asked | None], SafeString]
    address: Callable[[str], str]
    file_name: Callable[[str], str]
    ids: str
    problem: str
    is_closed: bool
    has_keys: bool
    frame: Callable[[str], str] | None = None
    opened: list[str] = field(default_factory=list)
