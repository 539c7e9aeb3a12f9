"""Browser-side packages, served from node_modules through staticfiles; icons become one small sprite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# address below /static/ -> path below node_modules
FILES = {
    "fonts/atkinson-latin.woff2": "@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "fonts/atkinson-latin-italic.woff2": "@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-italic.woff2",
    "fonts/atkinson-latin-ext.woff2": "@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2",
    "katex/katex.min.css": "katex/dist/katex.min.css",
    "katex/katex.min.js": "katex/dist/katex.min.js",
}
# Whole folders: address below /static/ -> path below node_modules. Styles name their fonts relative to themselves.
FOLDERS = {"h5p": "h5p-standalone/dist", "katex/fonts": "katex/dist/fonts"}
SERVED = (".js", ".css", ".woff", ".woff2", ".ttf", ".svg", ".gif")
SPRITE = "icons.svg"
TEMPLATES = Path(__file__).resolve().parents[1]


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed files whose ES module imports are hashed too."""

    support_js_module_import_aggregation = True


class NodeFinder(BaseFinder):
    """Finds fonts in node_modules and the icon sprite."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing to check: `headway doctor` says when node_modules is missing."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file's place on disk, as the development server asks for it."""
        place = FILES.get(path) or _files_of_folders().get(path)
        if place:
            found = settings.NODE_MODULES / place
            if found.exists():
                return [str(found)] if find_all else str(found)
        if path == SPRITE:
            made = settings.DATA_DIR / SPRITE
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_text(sprite(), encoding="utf-8")
            return [str(made)] if find_all else str(made)
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Yield what collectstatic has to copy."""
        for address, place in {**FILES, **_files_of_folders()}.items():
            source = settings.NODE_MODULES / place
            if source.exists():
                yield address, _Renamed(address, source)
        yield SPRITE, _Renamed(SPRITE, None)


def _files_of_folders() -> dict[str, str]:
    """Return the files of the folders that are served whole, as far as their packages are installed."""
    return {
        f"{address}/{path.relative_to(settings.NODE_MODULES / folder).as_posix()}": path.relative_to(
            settings.NODE_MODULES
        ).as_posix()
        for address, folder in FOLDERS.items()
        for path in sorted((settings.NODE_MODULES / folder).rglob("*"))
        if path.suffix in SERVED
    }


class _Renamed(FileSystemStorage):
    """One file under another name."""

    def __init__(self, address: str, source: Path | None) -> None:
        super().__init__(location=str(settings.NODE_MODULES))
        self.address, self.source = address, source
        self.prefix = ""

    def _open(self, name: str, mode: str = "rb") -> Any:
        return ContentFile(sprite().encode() if self.source is None else self.source.read_bytes())

    def get_modified_time(self, name: str) -> Any:
        raise NotImplementedError

    def path(self, name: str) -> str:
        return str(self.source or self.address)


def icon_names() -> list[str]:
    """Return every icon that a template or a page names: `{% icon "name" %}` or `icon("name")`."""
    named = re.compile(r"""(?:\{%\s*icon\s+|icon\(|_ICON\s*=\s*|icon=)["']([a-z0-9-]+)["']""")
    listed = re.compile(r"# icons: ([a-z0-9 -]+)")
    names: set[str] = set()
    for path in [*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.py"), *TEMPLATES.rglob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        names.update(named.findall(text))
        for line in listed.findall(text):
            names.update(line.split())
    return sorted(names)


def sprite() -> str:
    """Return the SVG sprite: Lucide's drawings (ISC) for the icons in use, and our own tidemarks."""
    symbols = []
    for name in icon_names():
        path = settings.NODE_MODULES / "lucide-static" / "icons" / f"{name}.svg"
        if not path.exists():
            continue
        body = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        body = re.sub(r"</?svg[^>]*>", "", body, flags=re.DOTALL)
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{" ".join(body.split())}</symbol>')
    own = (TEMPLATES / "shared" / "tidemarks.svg").read_text(encoding="utf-8")
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}{own}</svg>'
