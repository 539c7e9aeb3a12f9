"""Licences by one short name, however others write them: an address, a code, a sentence."""

from __future__ import annotations

import re

ALL_RIGHTS = "All rights reserved"
PUBLIC_DOMAIN = "Public domain"
LONGEST = 120
_CC_URL = re.compile(
    r"creativecommons\.org/licen[sc]es/((?:by|nc|nd|sa)(?:-(?:by|nc|nd|sa))*)(?:/(\d\.\d))?", re.IGNORECASE
)
_CC_WORDS = re.compile(r"^cc[ _-]+(by(?:[ _-]+(?:nc|nd|sa))*)(?:[ ,_-]*v?(\d(?:\.\d)?))?(?:\b.*)?$", re.IGNORECASE)
_LONG_WORDS = (("attribution", "BY"), ("non-?commercial", "NC"), ("no-?deriv", "ND"), ("share-?alike", "SA"))
_PLAIN = {
    "u": "", "undisclosed": "", "unknown": "", "none": "", "pd": PUBLIC_DOMAIN, "publicdomain": PUBLIC_DOMAIN,
    "ccpdm": PUBLIC_DOMAIN, "cc0": "CC0 1.0", "cc010": "CC0 1.0", "odcpddl": "ODC PDDL", "c": ALL_RIGHTS, "copyright": ALL_RIGHTS,
    "allrightsreserved": ALL_RIGHTS, "gnugpl": "GNU GPL", "gpl": "GNU GPL", "mit": "MIT", "ogl": "OGL 3.0",
}  # fmt: skip


def licence_name(given: str, version: str = "") -> str:
    """Return the short name of a licence; "" where nothing is known, the words as given where they are others."""
    text = " ".join(given.split())
    found = _CC_URL.search(text)
    if found:
        return " ".join(part for part in ("CC", found[1].upper(), found[2] or version) if part)
    if re.search(r"creativecommons\.org/publicdomain/zero|\bcc0\b", text, re.IGNORECASE):
        return "CC0 1.0"
    if re.search(r"public[ _]?domain", text, re.IGNORECASE):
        return PUBLIC_DOMAIN
    if re.search(r"private|copyrighted|all rights reserved", text, re.IGNORECASE):
        return ALL_RIGHTS
    found = _CC_WORDS.match(text)
    if found:
        rights = re.sub(r"[ _-]+", "-", found[1]).upper()
        return " ".join(part for part in ("CC", rights, found[2] or version) if part)
    if re.search(r"creative commons", text, re.IGNORECASE):
        rights = "-".join(code for words, code in _LONG_WORDS if re.search(words, text, re.IGNORECASE))
        number = re.search(r"\d\.\d", text)
        return " ".join(part for part in ("CC", rights, number[0] if number else version) if part)
    plain = "".join(sign for sign in text.casefold() if sign.isalnum())
    return _PLAIN.get(plain, text[:LONGEST])


def licence_address(name: str) -> str:
    """Return where the words of a Creative Commons licence stand, "" for any other."""
    found = re.fullmatch(r"CC (BY(?:-(?:NC|ND|SA))*) (\d\.\d)", name)
    if found:
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return "https://creativecommons.org/publicdomain/zero/1.0/" if name == "CC0 1.0" else ""
