r"""LaTeX of school mathematics as text: readable on any page and on paper, or as one types it on a keyboard.

`\frac{x+1}{2}` reads (x+1)/2, `x^{2}` reads x² and is typed x^2, `\sqrt{3}` reads √3 and is typed sqrt(3). What is not known
keeps its name without the backslash, so nothing disappears.
"""

from __future__ import annotations

import re

_MATHS = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_SIGNS = {
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "equiv": "≡", "sim": "~",
    "cdot": "·", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "ast": "*", "circ": "°", "degree": "°", "infty": "∞",
    "pi": "π", "theta": "θ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "lambda": "λ", "mu": "μ",
    "sigma": "σ", "Sigma": "Σ", "phi": "φ", "omega": "ω", "Omega": "Ω", "rho": "ρ", "tau": "τ", "epsilon": "ε", "chi": "χ",
    "sum": "∑", "int": "∫", "prod": "∏", "partial": "∂", "nabla": "∇", "to": "→", "rightarrow": "→", "longrightarrow": "→",
    "leftarrow": "←", "Rightarrow": "⇒", "cup": "∪", "cap": "∩", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆",
    "emptyset": "∅", "varnothing": "∅", "angle": "∠", "triangle": "△", "parallel": "∥", "perp": "⊥", "mid": "|", "vert": "|",
    "ldots": "…", "cdots": "…", "dots": "…", "prime": "′", "forall": "∀", "exists": "∃", "therefore": "∴", "langle": "⟨",
    "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lt": "<", "gt": ">", "quad": " ", "qquad": " ", "%": "%", "$": "$",
    "{": "{", "}": "}", "&": "&", "#": "#", "_": "_", ",": " ", ";": " ", ":": " ", "!": "", " ": " ", "left": "",
    "right": "", "displaystyle": "", "limits": "", "big": "", "Big": "", "bigg": "", "newline": " ", "|": "|",
}  # fmt: skip
_TYPED = {
    "π": "pi",
    "∞": "inf",
    "·": "*",
    "×": "*",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "∪": "U",
    "°": "",
    "−": "-",
    "…": "...",
}
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_DRESS = {
    "text",
    "mathrm",
    "mathbf",
    "mathit",
    "operatorname",
    "textbf",
    "textit",
    "mbox",
    "mathbb",
    "boldsymbol",
    "vec",
    "hat",
}
_LONE = re.compile(r"[A-Za-zπθ∞√]|[\d.,]+|[\d.]*[A-Za-zπθ]")


class _Reader:
    """Reads LaTeX from left to right; one method for each thing it may meet."""

    def __init__(self, text: str, *, is_typed: bool) -> None:
        self.text, self.place, self.is_typed = text, 0, is_typed

    def all(self, end: str = "") -> str:
        parts: list[str] = []
        while self.place < len(self.text):
            letter = self.text[self.place]
            if end and letter == end:
                self.place += 1
                break
            parts.append(self.one())
        return "".join(parts)

    def one(self) -> str:
        letter = self.text[self.place]
        self.place += 1
        if letter == "\\":
            return self.command()
        if letter == "{":
            return self.all("}")
        if letter in "^_":
            return self.script(letter)
        return "" if letter == "}" else letter

    def argument(self) -> str:
        while self.place < len(self.text) and self.text[self.place] == " ":
            self.place += 1
        return self.one() if self.place < len(self.text) else ""

    def command(self) -> str:
        found = re.compile(r"[A-Za-z]+|.", re.DOTALL).match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        name = found[0]
        if name == "\\":
            return "; "
        if name in {"frac", "dfrac", "tfrac", "cfrac"}:
            above, below = self.argument(), self.argument()
            return f"{_joined(above)}/{_joined(below)}"
        if name == "sqrt":
            return self.root()
        if name == "begin":
            return self.table()
        if name in {"overline", "bar"}:
            inside = self.argument()
            return inside if self.is_typed else f"{inside}\u0305" if len(inside) == 1 else inside
        if name in _DRESS:
            return self.argument()
        return _SIGNS.get(name, name)

    def table(self) -> str:
        """Return a matrix in one line: [1, 2; 3, 4]."""
        self.argument()
        end = self.text.find(r"\end", self.place)
        inside = _Reader(self.text[self.place : end if end >= 0 else None], is_typed=self.is_typed).all()
        self.place = len(self.text) if end < 0 else end + len(r"\end")
        self.argument()
        return "[" + re.sub(r"\s*;\s*", "; ", re.sub(r"\s*&\s*", ", ", inside)).strip().removesuffix(";").strip() + "]"

    def root(self) -> str:
        index = ""
        if self.place < len(self.text) and self.text[self.place] == "[":
            self.place += 1
            index = self.all("]")
        inside = self.argument()
        if self.is_typed:
            return f"({inside})^(1/{index})" if index and index != "2" else f"sqrt({inside})"
        sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(index, f"{index}√")
        return sign + _joined(inside)

    def script(self, mark: str) -> str:
        inside = self.argument()
        if self.is_typed:
            return mark + _joined(inside)
        if mark == "^" and inside in {"°", "′", "'"}:
            return inside
        if mark == "^" and inside and len(inside) <= 3 and re.fullmatch(r"[-+]?\d+|n", inside):
            return inside.translate(_RAISED)
        return mark + _joined(inside)


def _joined(part: str) -> str:
    """Return a part in brackets unless it is one number, letter or bracket already."""
    part = part.strip()
    is_bracket = part.startswith("(") and part.endswith(")") and _closes_at_end(part)
    return part if is_bracket or _LONE.fullmatch(part) else f"({part})"


def _closes_at_end(part: str) -> bool:
    depth = 0
    for place, letter in enumerate(part):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place == len(part) - 1
    return False


def _spaced(text: str) -> str:
    """Return text with single spaces within each line."""
    return "\n".join(re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.split("\n")).strip()


def maths_as_text(latex: str) -> str:
    """Return a piece of LaTeX as one reads it."""
    return _spaced(_Reader(latex, is_typed=False).all().replace("**", "^"))


def maths_as_typed(latex: str) -> str:
    """Return a piece of LaTeX as one types it on a keyboard."""
    text = _Reader(latex, is_typed=True).all()
    for sign, typed in _TYPED.items():
        text = text.replace(sign, typed)
    return _spaced(text.replace("**", "^"))


def readable(text: str) -> str:
    """Return a sentence with its $$...$$ pieces as text; a lone dollar sign stays money."""
    # Pools write a line's end as two signs, backslash and n; inside a formula those begin a command such as "neq".
    pieces = _MATHS.split(text)
    shown = "".join(
        maths_as_text(piece) if place % 2 else piece.replace("\\n", "\n") for place, piece in enumerate(pieces)
    )
    return _spaced(re.sub(r"\*\*(?=[-\d(])", "^", shown.replace("$$", "").replace("\u200b", "")))


def typed(text: str) -> str:
    """Return an answer as one types it."""
    return maths_as_typed(text.replace("$$", ""))


_LONGEST_FORMULA, _MOST_BRACES = 1000, 60
_DELIMITED = re.compile(
    r"\\\((.{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]|\$\$(.{1,1000}?)\$\$",
    re.DOTALL,
)


def readable_page(text: str) -> str:
    r"""Return a page with its formulas as text, where they stand in \(...\), \[...\] or $$...$$; all else stays."""
    if "\\" not in text and "$$" not in text:
        return text
    return _DELIMITED.sub(lambda found: formula_as_text(found[1] or found[2] or found[3]), text)


def formula_as_text(formula: str) -> str:
    """Return a formula as one reads it; one that is endless or nested without end stays as it is."""
    if len(formula) > _LONGEST_FORMULA or formula.count("{") > _MOST_BRACES or formula.count("\\") > 4 * _MOST_BRACES:
        return formula
    return maths_as_text(formula)
