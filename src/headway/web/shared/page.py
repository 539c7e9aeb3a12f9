"""What every page knows: who reads it, in which language and theme, and where it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

THEMES = ("light", "dark", "contrast")


def every_page(request: HttpRequest) -> dict[str, Any]:
    """Return theme, text size and where to come back to after changing them."""
    theme = request.COOKIES.get("hw-theme", "")
    return {
        "theme": theme if theme in THEMES else "",
        "text_size": "large" if request.COOKIES.get("hw-text") == "large" else "",
        "here": request.get_full_path(),
    }
