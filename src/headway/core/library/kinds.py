"""The controlled list of kinds: what a student does with a resource, the way in, and what other systems call it.

`records.library.models.Resource.Kind` gives the same kinds their words. A kind is what one does (sort, listen, build), not
a file format.
"""

from __future__ import annotations

from dataclasses import dataclass

WAYS_IN = ("read", "listen", "watch", "talk", "write", "make", "move", "explore", "solve")
# The schema.org vocabulary for accessibilityFeature, as far as resources for schools use it.
ACCESSIBILITY_FEATURES = (
    "alternativeText", "annotations", "audioDescription", "bookmarks", "braille", "captions", "ChemML", "describedMath",
    "displayTransformability", "fullRubyAnnotations", "highContrastAudio", "highContrastDisplay", "index", "largePrint",
    "latex", "longDescription", "MathML", "openCaptions", "readingOrder", "signLanguage", "structuralNavigation",
    "synchronizedAudioText", "tableOfContents", "tactileGraphic", "tactileObject", "timingControl", "transcript",
    "unlocked",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """What goes without saying for a kind, unless a resource says otherwise."""

    ways_in: tuple[str, ...]
    screen: str = "either"
    minutes: int = 15


KINDS: dict[str, KindFacts] = {
    "reading": KindFacts(ways_in=("read",)),
    "story": KindFacts(ways_in=("read",)),
    "book": KindFacts(ways_in=("read",), minutes=30),
    "glossary": KindFacts(ways_in=("read",), minutes=10),
    "worked-example": KindFacts(ways_in=("read", "solve"), minutes=10),
    "slides": KindFacts(ways_in=("read", "watch"), screen="yes", minutes=20),
    "video-script": KindFacts(ways_in=("read",), minutes=10),
    "video": KindFacts(ways_in=("watch",), screen="yes", minutes=10),
    "audio": KindFacts(ways_in=("listen",), minutes=10),
    "music": KindFacts(ways_in=("listen", "make"), minutes=20),
    "picture": KindFacts(ways_in=("watch",), minutes=10),
    "map": KindFacts(ways_in=("read", "explore"), minutes=20),
    "timeline": KindFacts(ways_in=("read", "explore"), minutes=20),
    "data": KindFacts(ways_in=("explore", "solve"), minutes=25),
    "game": KindFacts(ways_in=("solve",), minutes=15),
    "puzzle": KindFacts(ways_in=("solve",), minutes=15),
    "sorting": KindFacts(ways_in=("solve",), minutes=10),
    "labelling": KindFacts(ways_in=("solve",), minutes=10),
    "flash-cards": KindFacts(ways_in=("read", "solve"), minutes=10),
    "quiz": KindFacts(ways_in=("solve",), minutes=10),
    "practice": KindFacts(ways_in=("solve",), minutes=15),
    "worksheet": KindFacts(ways_in=("solve", "write"), screen="no", minutes=15),
    "simulation": KindFacts(ways_in=("explore",), screen="yes", minutes=20),
    "interactive": KindFacts(ways_in=("explore",), screen="yes", minutes=15),
    "coding": KindFacts(ways_in=("make", "solve"), screen="yes", minutes=30),
    "experiment": KindFacts(ways_in=("make", "explore"), screen="no", minutes=40),
    "field-work": KindFacts(ways_in=("explore", "move"), screen="no", minutes=60),
    "observation-walk": KindFacts(ways_in=("explore", "move"), screen="no", minutes=25),
    "movement": KindFacts(ways_in=("move",), screen="no", minutes=15),
    "performance": KindFacts(ways_in=("move", "talk"), screen="no", minutes=25),
    "discussion": KindFacts(ways_in=("talk",), screen="no", minutes=15),
    "debate": KindFacts(ways_in=("talk",), screen="no", minutes=25),
    "interview": KindFacts(ways_in=("talk", "write"), screen="no", minutes=25),
    "peer-teaching": KindFacts(ways_in=("talk",), screen="no", minutes=20),
    "critique": KindFacts(ways_in=("talk", "read"), screen="no", minutes=20),
    "writing": KindFacts(ways_in=("write",), minutes=25),
    "reflection": KindFacts(ways_in=("write",), screen="no", minutes=10),
    "drawing": KindFacts(ways_in=("make",), screen="no", minutes=20),
    "making": KindFacts(ways_in=("make",), screen="no", minutes=40),
    "project": KindFacts(ways_in=("make", "explore"), minutes=60),
    "lesson": KindFacts(ways_in=("read", "talk"), minutes=45),
    "course": KindFacts(ways_in=("read",), screen="yes", minutes=400),
    "open-space": KindFacts(ways_in=("explore",), minutes=20),
}

# What other systems call it (lower case, letters and digits only) and which kind that is.
CALLED = {
    "article": "reading", "text": "reading", "document": "reading", "module": "reading", "chapter": "reading", "section": "reading",
    "page": "reading", "html5": "interactive", "topic": "lesson", "storybook": "story", "picturebook": "story",
    "textbook": "book", "ebook": "book", "audiobook": "audio", "podcast": "audio", "song": "music", "movie": "video", "film": "video",
    "animation": "video", "artwork": "picture", "image": "picture", "photo": "picture", "illustration": "picture",
    "exercise": "practice", "problem": "practice", "wordproblem": "practice", "drillandpractice": "practice", "assessmentitem": "practice",
    "assessment": "quiz", "test": "quiz", "question": "quiz", "selfassessment": "quiz", "exam": "quiz", "survey": "quiz",
    "lessonplan": "lesson", "unit": "lesson", "activity": "lesson", "lecture": "lesson", "handout": "worksheet", "homework": "worksheet",
    "presentation": "slides", "slideshow": "slides", "slide": "slides", "lab": "experiment", "handson": "experiment",
    "simulator": "simulation", "model": "simulation", "app": "interactive", "applet": "interactive", "educationalgame": "game",
    "webpage": "reading", "website": "interactive", "link": "interactive", "weblink": "interactive", "discussiontopic": "discussion",
    "essay": "writing", "program": "coding", "software": "interactive", "dataset": "data", "table": "data", "diagram": "picture", "figure": "picture",
    "definition": "glossary", "term": "glossary", "casestudy": "reading", "syllabus": "course", "curriculum": "course", "h5p": "interactive",
    "textbooksection": "reading", "chaptersection": "reading", "reference": "reading", "lessonordocument": "lesson", "tutorial": "lesson",
    "domainorunit": "lesson", "strandormodule": "lesson", "curriculumintegration": "lesson", "printable": "worksheet",
    "programmingchallenge": "coding", "challenge": "puzzle", "example": "worked-example", "flashcard": "flash-cards", "maze": "puzzle",
    # Spanish
    "lectura": "reading", "artículo": "reading", "articulo": "reading", "texto": "reading", "cuento": "story", "historia": "story", "libro": "book",
    "juego": "game", "simulación": "simulation", "simulacion": "simulation", "experimento": "experiment", "proyecto": "project",
    "cuestionario": "quiz", "examen": "quiz", "prueba": "quiz", "ejercicio": "practice", "problema": "practice", "práctica": "practice",
    "practica": "practice", "discusión": "discussion", "discusion": "discussion", "escritura": "writing", "dibujo": "drawing", "mapa": "map",
    "entrevista": "interview", "rompecabezas": "puzzle", "lección": "lesson", "leccion": "lesson", "clase": "lesson", "actividad": "lesson",
    "presentación": "slides", "presentacion": "slides", "hojadetrabajo": "worksheet", "ficha": "worksheet", "imagen": "picture", "foto": "picture",
    "música": "music", "musica": "music", "canción": "music", "cancion": "music", "movimiento": "movement", "glosario": "glossary", "curso": "course",
    "película": "video", "pelicula": "video", "tarea": "worksheet", "datos": "data", "enlace": "interactive", "páginaweb": "interactive",
}  # fmt: skip


def kind_of(name: str, default: str = "interactive") -> str:
    """Return the kind that another system's word for a resource type means; `default` where the word is unknown."""
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    known = {kind.replace("-", ""): kind for kind in KINDS}
    for candidate in (plain, plain.removesuffix("s")):
        if candidate in known:
            return known[candidate]
        if candidate in CALLED:
            return CALLED[candidate]
    return default
