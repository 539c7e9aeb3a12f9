"""The sign-in cards that `headway demo` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from headway.ops.demo import files
from headway.ops.demo.files import SOURCE
from headway.ops.terminal import console
from headway.records.roster import actions, queries


def sign_in_cards(address: str, *, at: datetime) -> list[dict[str, Any]]:
    """Return how a teacher, a student, a guardian and a leader get in; an ended family link is made anew."""
    facts = files.read("school.yaml")
    wanted: dict[str, str] = facts["welcome"]
    people = queries.people_by_external_id(SOURCE, wanted.values())
    here = {part: people[name] for part, name in wanted.items() if name in people}
    usernames = {row["id"]: row["username"] for row in facts["adults"]}
    base = address.rstrip("/")
    cards: list[dict[str, Any]] = []
    for part in ("teacher", "leader"):
        if part in here:
            cards.append(
                {
                    "part": part,
                    "name": here[part].formal_name,
                    "address": base + reverse("sign-in"),
                    "username": usernames[wanted[part]],
                    "password": facts["password"],
                }
            )
    if "student" in here:
        card = actions.issue_cards(students=[here["student"]], by=None, at=at)[0]
        code = queries.card_code(card)
        cards.insert(
            1,
            {
                "part": "student",
                "name": here["student"].name,
                "address": base + reverse("card-code", args=[code]),
                "code": code,
            },
        )
    if "guardian" in here:
        link = actions.issue_family_link(guardian=here["guardian"], by=None, at=at)
        code = queries.family_code(link)
        cards.insert(
            2,
            {
                "part": "guardian",
                "name": here["guardian"].name,
                "address": base + reverse("family-week", args=[code]),
                "code": code,
            },
        )
    return cards


def welcome(cards: list[dict[str, Any]], address: str) -> None:
    """Show the cards, one line to copy for each, and the address when there is a server."""
    show = console().print
    show("\n[bold]Bell Harbor Middle School[/bold] is ready. Four ways in:\n")
    for card in cards:
        how = f"{card['username']} / {card['password']}" if "username" in card else f"code {card['code']}"
        show(f"  [bold]{card['part']:<9}[/bold] {card['name']:<17} {how}")
        show(f"            {card['address']}")
    if address:
        show(f"\nHeadway is at [bold]{address}[/bold]  (Ctrl-C stops it)")
