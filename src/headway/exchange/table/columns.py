"""Which column of somebody's table means what: guessed from the header, in English, Spanish and the words of LRMI."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from headway.core.shared.errors import RuleBroken, gettext_noop

# What a column may tell, with the headers it goes by (lower case, letters and digits only, without accents).
FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "identifier", "identificador", "sourceid", "resourceid", "uuid", "guid", "key", "clave", "codigoderecurso"),
    "title": ("title", "name", "titulo", "nombre", "titel", "titre", "resourcetitle", "resource", "recurso", "headline"),
    "description": ("description", "descripcion", "summary", "resumen", "abstract", "about", "blurb", "beschreibung", "outcome"),
    "text": ("text", "texto", "body", "content", "contenido", "fulltext", "articlebody", "passage", "lectura"),
    "steps": ("steps", "pasos", "instructions", "instrucciones", "directions", "whatstudentsdo", "procedure", "actividades"),
    "url": ("url", "link", "address", "website", "webaddress", "enlace", "direccion", "direccionweb", "href", "uri", "mainentityofpage", "contenturl"),
    "language": ("language", "lang", "inlanguage", "idioma", "lengua", "languagecode", "locale", "sprache"),
    "kind": ("kind", "type", "resourcetype", "learningresourcetype", "tipo", "tipoderecurso", "tipodeactividad", "format", "formato", "activitytype", "clase"),
    "modality": ("modality", "modalidad", "mode", "accessmode", "modo", "medium", "medio"),
    "minutes": ("minutes", "minutos", "mins", "min", "durationminutes", "durationmin", "timeminutes", "duracionminutos", "duracionenminutos", "timerequired", "duration", "duracion", "time", "tiempo", "length"),
    "seconds": ("seconds", "segundos", "durations", "durationseconds", "durationsec", "secs", "duracionsegundos"),
    "grades": ("grade", "grades", "gradelevel", "gradelevels", "grado", "grados", "educationallevel", "yeargroup", "gradelabel", "gradeband", "nivel", "curso"),
    "grade_low": ("gradelow", "grademin", "mingrade", "gradefrom", "lowestgrade", "fromgrade", "gradominimo", "gradodesde", "desdegrado", "gradomin"),
    "grade_high": ("gradehigh", "grademax", "maxgrade", "gradeto", "highestgrade", "tograde", "gradomaximo", "gradohasta", "hastagrado", "gradomax"),
    "ages": ("age", "ages", "agerange", "typicalagerange", "edad", "edades", "rangodeedad"),
    "age_low": ("agelow", "agemin", "minage", "agefrom", "edadminima", "edaddesde", "edadmin"),
    "age_high": ("agehigh", "agemax", "maxage", "ageto", "edadmaxima", "edadhasta", "edadmax"),
    "reading_level": ("readinglevel", "readinggrade", "lexile", "lexilelevel", "niveldelectura", "readability"),
    "word_count": ("wordcount", "words", "palabras", "numerodepalabras"),
    "level": ("level", "challenge", "support", "variantlevel", "dificultad"),
    "variant_of": ("variantof", "versionof", "sameas", "translationof", "workexampleof", "variantede", "traducciondel", "traduccionde"),
    "subject": ("subject", "subjects", "asignatura", "materia", "discipline", "area", "subjectarea"),
    "topics": ("topics", "topic", "temas", "tema", "tags", "etiquetas", "category", "categories", "categoria", "interests", "intereses"),
    "keywords": ("keywords", "keyword", "palabrasclave"),
    "careers": ("careers", "career", "carreras", "profesiones", "oficios", "occupation", "occupations"),
    "needs": ("needs", "materials", "supplies", "materiales", "equipment", "necesita", "tool", "supply", "requires"),
    "needs_adult": ("needsadult", "adult", "adulthelp", "needsanadult", "adulto", "conadulto", "necesitaadulto"),
    "needs_internet": ("needsinternet", "internet", "online", "needsconnection", "enlinea", "necesitainternet"),
    "screen": ("screen", "onscreen", "pantalla", "screenorpaper", "pantallaopapel", "delivery"),
    "unplugged": ("unplugged", "offscreen", "paper", "onpaper", "papel", "sinpantalla", "enpapel", "printable"),
    "with_whom": ("with", "withwhom", "grouping", "groupsize", "conquien", "agrupamiento", "aloneortogether"),
    "ways_in": ("waysin", "wayin", "wayofworking"),
    "uses": ("uses", "use", "usos", "blockkinds"),
    "accessibility": ("accessibility", "accessibilityfeature", "accessibilityfeatures", "accesibilidad"),
    "culture": ("culture", "cultures", "cultura", "culturas"),
    "community": ("community", "comunidad", "place", "lugar", "local"),
    "licence": ("licence", "license", "licencia", "rights", "derechos", "usageterms", "usageinfo", "licenseurl"),
    "author": ("author", "authors", "autor", "autora", "autores", "creator", "creators", "by", "writer"),
    "attribution": ("attribution", "atribucion", "source", "fuente", "publisher", "editorial", "provider", "copyrightholder", "credit", "creditos", "procedencia"),
    "alignments": ("alignment", "alignments", "standard", "standards", "estandar", "estandares", "skill", "skills", "competency", "competencies", "competencia", "competencias", "educationalalignment", "targetname", "targeturl", "teaches", "assesses", "conformsto", "standardcode", "standardcodes", "code", "codes", "codigo", "codigos", "destreza", "destrezas"),
}  # fmt: skip
# Several columns may tell these; of the others the first column that has something counts.
MANY = frozenset(
    {"subject", "topics", "keywords", "careers", "needs", "accessibility", "culture", "community", "ways_in", "uses",
     "alignments", "steps", "author", "attribution", "kind"}
)  # fmt: skip
KEEP = ""  # a column that is kept as it is, beside what Headway has words for
_BY_NAME = {name: field for field, names in FIELDS.items() for name in names}

NO_SUCH_FIELD = gettext_noop("“{field}” is nothing a column can tell. These can be told: {fields}.")
NO_SUCH_COLUMN = gettext_noop("There is no column “{column}”. The columns are: {columns}.")


@lru_cache(maxsize=4096)
def plain_name(header: str) -> str:
    """Return a header without accents, spaces and signs, in lower case."""
    bare = unicodedata.normalize("NFKD", header).casefold()
    return "".join(letter for letter in bare if letter.isalnum())


def guess(header: str) -> str:
    """Return what a column tells by its header; "" where that is not known."""
    # The last part of a path such as "educationalAlignment.targetName" says most, the whole of it most surely.
    last = header.rsplit(".", 1)[-1].rsplit(":", 1)[-1]
    return _BY_NAME.get(plain_name(header)) or _BY_NAME.get(plain_name(last), KEEP)


def guess_all(headers: Iterable[str]) -> dict[str, str]:
    """Return what each column tells. Where two columns would tell the same and only one may, the first does."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for header in headers:
        field = guess(header)
        if field in taken and field not in MANY:
            field = KEEP
        found[header] = field
        taken.add(field)
    return found


def chosen(headers: Iterable[str], wishes: Mapping[str, str]) -> dict[str, str]:
    """Return the guesses with what somebody wished put in their place; `wishes` gives a field by its column.

    Raises RuleBroken where a wish names a column or a field that is not there.
    """
    known = list(headers)
    by_plain = {plain_name(header): header for header in known}
    told: dict[str, str] = {}
    for column, field in wishes.items():
        if field != KEEP and field not in FIELDS:
            raise RuleBroken(NO_SUCH_FIELD, field=field, fields=", ".join(FIELDS))
        header = column if column in known else by_plain.get(plain_name(column))
        if header is None:
            raise RuleBroken(NO_SUCH_COLUMN, column=column, columns=", ".join(known[:40]))
        told[header] = field
    once = {field for field in told.values() if field not in MANY and field != KEEP}
    guessed = {header: KEEP if field in once else field for header, field in guess_all(known).items()}
    return guessed | told


def header_key(headers: Iterable[str]) -> str:
    """Return the same key for the same set of columns, in whatever order they stand."""
    names = sorted({plain_name(header) for header in headers})
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()
