"""Every action writes who did what when, in the same transaction; every field has a reason and an end."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import transaction

from headway.core.access.roles import Role
from headway.core.evidence.methods import Method, Rule
from headway.core.evidence.scorecards import shipped
from headway.core.items import key_response
from headway.core.items.practising import PracticeSettings
from headway.core.library.values import FileIn
from headway.core.standards.crosswalk import SuggestedPair
from headway.core.standards.values import CompetencyIn, FrameworkIn
from headway.records.audit import checks as retention
from headway.records.audit import queries as audit_queries
from headway.records.audit.models import Event
from headway.records.evidence import actions as evidence
from headway.records.evidence import paper
from headway.records.evidence.models import Evidence
from headway.records.grouping import actions as grouping
from headway.records.items import actions as items
from headway.records.items import printing, writing
from headway.records.items.queries import question
from headway.records.library import actions as library
from headway.records.library import aligning, bookmarks, collecting, deliveries, shelving
from headway.records.library.models import Alignment, Delivery, Resource
from headway.records.planning import actions as planning
from headway.records.planning import assigning, automation, drafts, pace, runs, together, work_files
from headway.records.planning.models import ClassWeek, ItemWork, PlanChange, PlanRun, Week
from headway.records.reports import actions as reports
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from headway.records.standards import actions as standards
from headway.records.standards import pairing, proficiency, shaping
from headway.records.standards.models import CompetencyLink
from headway.records.wellbeing import actions as wellbeing
from tests.people import framework, resources
from tests.records.test_fairness_reports import many_students
from tests.worksheets import gallery_resource, item_on, printed

if TYPE_CHECKING:
    from tests.people import People

LATEST = Rule(method=Method.LATEST)
ROOMS = ("roster", "standards", "library", "items", "evidence", "grouping", "wellbeing", "planning", "reports")
# Actions that write no row of their own, and why.
SILENT = {
    "standards.forget_old_incoming": "goes by the calendar; bringing the edition is written down, and nothing came of it",
    "reports.forget_old_reports": "goes by the calendar, and a report holds nobody’s name but that of who asked for it",
    "roster.note_failed_sign_in": "counts by hash, without anybody's name, for one day",
    "evidence.rebuild_stale": "goes on with what publishing a model began, which is written down",
    "evidence.keep_shipped_model": "nobody decided it: it comes with Headway, and is written down without a name",
    "evidence.rebuild": "works out again what the evidence, which is written down, already says",
    "planning.draft_one": "does what a run, which is written down, was started for; what it drafts writes itself down",
    "library.move_delivery_on": "says how far an import is that was written down when it began, and changes nothing else",
    "planning.outlook": "looks at what assigning would do to each week, and does nothing",
    "planning.show_hint": "is written with the answer it led to",
    "planning.show_example": "is written with the answer it led to",
    "planning.receive": "each thing a device sends is written down by the change it leads to",
    "planning.answer_now": "does what answer_item does, which is written down",
    "planning.take_played": "is written down as the evidence it becomes; nobody but the student can do it",
    "planning.forget_old_arrivals": "goes by the calendar; what arrived is written down as what it became",
}


def answered(people: People, name: str) -> planning.Answered:
    week = people.week(people.ben)
    item = people.item(name)
    block = week.blocks.get(resource=item.resource_id)
    return planning.answer_item(
        block=block,
        item=item,
        response=key_response(question(item)),
        client_id=uuid4(),
        by=people.ben,
        at=people.now,
    )


def link_drawn(people: People, **signed: Any) -> Any:
    return shaping.draw_prerequisite(
        origin=people.competencies["6.1"],
        target=people.competencies["7.4"],
        strength="needed",
        why="",
        school=people.school,
        **(signed or {"by": people.ada, "at": people.now}),
    )


def link_erased(people: People) -> Any:
    link = link_drawn(people)
    shaping.erase_prerequisite(link=link, by=people.ada, at=people.now)
    return link


def brought(people: People, **signed: Any) -> Any:
    return standards.bring_framework(
        school=people.school,
        format="case",
        name="edition.json",
        content=b"{}",
        changes={},
        **(signed or {"by": people.grace, "at": people.now}),
    )


def pair_made(people: People, **signed: Any) -> Any:
    other = standards.take_framework(
        document=FrameworkIn(
            source="x",
            source_id="other",
            title="Another",
            competencies=(CompetencyIn(source_id="O1", code="O1", statement="Count the oars of a boat."),),
        ),
        by=people.ada,
        at=people.now,
    )[0].competencies.get()
    return pairing.pair(
        origin=people.competencies["7.1"],
        target=other,
        match="close",
        why="Both ask for a rate.",
        school=people.school,
        **(signed or {"by": people.ada, "at": people.now}),
    )


def pair_suggested(people: People, **signed: Any) -> Any:
    made = pair_made(people)
    made.delete()
    suggested = SuggestedPair(one=made.origin_id, other=made.target_id, confidence=0.6, words=("boat",))
    signed = signed or {"by": people.ada, "at": people.now}
    pairing.suggest_pairs(school=people.school, suggested=[suggested], **signed)
    return CompetencyLink.objects.get(status="suggested")


def pair_decided(people: People) -> Any:
    link = pair_suggested(people)
    pairing.decide_pairs(links=[link], accept=True, match="exact", by=people.ada, at=people.now)
    return link


def own_framework(people: People) -> Any:
    return shaping.make_framework(school=people.school, title="Harbor", by=people.ada, at=people.now)


def own_skill(people: People) -> Any:
    return shaping.add_competency(
        framework=own_framework(people), facts={"statement": "Tie a bowline."}, by=people.ada, at=people.now
    )


def class_week_under_a_rule(people: People) -> ClassWeek:
    shared = people.draft()
    Week.objects.update(flags=[])
    automation.set_limits(school_class=people.school_class, limits={"automation": "do"}, by=people.ada, at=people.now)
    return shared


def plan_run(people: People) -> PlanRun:
    return runs.start_run(
        school=people.school, monday=people.monday, by=people.grace, at=people.now, is_handed_over=False
    )


def collection_made(people: People) -> Any:
    """A collection of Ada's with one piece."""
    made = collecting.make_collection(school=people.school, title="Boats", by=people.ada, at=people.now)
    collecting.collect(collection=made, resource=people.resource("choice-1"), by=people.ada, at=people.now)
    collecting.collect(collection=made, resource=people.resource("choice-3"), by=people.ada, at=people.now)
    return made


def collection_taken_back(people: People) -> Any:
    """The same, taken back."""
    return collecting.take_back_collection(collection=collection_made(people), by=people.ada, at=people.now)


def suggested(people: People) -> list[Alignment]:
    Alignment.objects.filter(resource=people.resource_ids["7.6-pair"]).update(status="suggested", decided_by=None)
    return list(Alignment.objects.filter(resource=people.resource_ids["7.6-pair"]))


def decided(people: People) -> list[Alignment]:
    rows = suggested(people)
    library.decide_alignments(alignments=rows, accept=True, by=people.ada, at=people.now)
    return list(Alignment.objects.filter(resource=people.resource_ids["7.6-pair"]))


def rated(people: People) -> Any:
    """Something shared that speaks of unit rates and has no skill yet."""
    return Resource.objects.create(
        title="Find the unit rate", description="Find a unit rate from two amounts.", source="x", source_id="rate"
    )


def delivery(people: People) -> Delivery:
    return deliveries.begin_delivery(format="table", source="x", name="a.csv", by=people.ada, at=people.now)


def shelved(people: People) -> Any:
    """A resource that Ada wrote."""
    return shelving.add_resource(school=people.school, facts={"title": "Knots"}, by=people.ada, at=people.now)


def off_the_shelf(people: People) -> Any:
    """The same, taken out."""
    made = shelved(people)
    shelving.put_away(resource=made, by=people.ada, at=people.now)
    return made


BOWLINE = {"kind": "short_text", "prompt": "Which knot makes a loop?", "accepted": ["bowline"]}


def question_set(people: People) -> Any:
    """A set of questions of Ada's, empty."""
    return writing.make_set(school=people.school, title="Knots", language="en", by=people.ada, at=people.now)


def question_written(people: People) -> Any:
    """A question in it."""
    return writing.write_question(resource=question_set(people), raw=BOWLINE, by=people.ada, at=people.now)


def question_put_away(people: People) -> Any:
    """The same, put away."""
    item = question_written(people)
    writing.put_question_away(item=item, by=people.ada, at=people.now)
    return item


def two_questions_written(people: People) -> Any:
    """The second of two questions."""
    first = question_written(people)
    return writing.write_question(resource=first.resource, raw=BOWLINE, by=people.ada, at=people.now)


def question_changed(people: People) -> Any:
    """A question that asked something else before."""
    item = question_written(people)
    raw = BOWLINE | {"prompt": "Which knot does not slip?"}
    return writing.write_question(resource=item.resource, item=item, raw=raw, by=people.ada, at=people.now)


def message(people: People) -> Any:
    return wellbeing.write_message(
        student=people.ben,
        words="Hello",
        by=people.dana,
        at=people.now,
        monday=people.monday,
        language="es",
        is_from_home=True,
    )


def paper_entered(people: People) -> Any:
    sheet = printed(people)[0]
    answer = {"RESPONSE": ["LOWER"]}
    paper.enter_answer(
        sheet=sheet, item=item_on(sheet, 1), student=people.ben, response=answer, by=people.ada, at=people.now
    )
    return sheet


def seen(people: People) -> Evidence:
    fact = evidence.EvidenceIn(
        student_id=people.ben.pk,
        competency_id=people.competencies["7.1"].pk,
        kind="observation",
        happened_at=people.now,
        score=1.0,
        level=3,
        levels=4,
    )
    return evidence.record(fact=fact, by=people.ada, at=people.now)


def one(people: People, kind: str = "essential") -> Any:
    return people.block(people.ben, kind=kind)


def drafted(people: People, kind: str = "essential") -> Any:
    return people.block(people.ben, kind=kind, approved=False)


def unreadable(people: People) -> Any:
    """Marta's week with a text in a language that she does not read alone yet, and its Spanish door at hand."""
    block = people.block(people.marta, approved=False)
    for name in ("6.1-essential-es", "6.1-essential"):
        planning.swap_block(block=block, resource=people.resource(name), by=people.ada, at=people.now)
        block.refresh_from_db()
    return planning.set_lock(block=block, is_locked=False, by=people.ada, at=people.now).week


def a_group(people: People) -> Any:
    return grouping.make_group(
        school_class=people.school_class,
        competency=people.competencies["7.2"],
        kind="needs",
        students=[people.ben, people.quinn, people.otis],
        monday=people.monday,
        weekday=4,
        minutes=20,
        why={},
        by=people.ada,
        at=people.now,
    )


def changed_group(people: People) -> Any:
    return grouping.move_group(group=a_group(people), weekday=2, order=1, minutes=15, by=people.ada, at=people.now)


def two_teams(people: People, **signed: Any) -> Any:
    return grouping.make_teams(
        school_class=people.school_class,
        competency=people.competencies["7.1"],
        resource=people.resource("project-1"),
        teams=[[(student, grouping.Part()) for student in team] for team in (people.students[:4], people.students[4:])],
        monday=people.monday,
        weekday=1,
        order=1,
        minutes=20,
        why={},
        **signed,
    )


def two_links_long_ago(people: People) -> None:
    for years in (3, 2):
        roster.issue_family_link(guardian=people.grace, by=people.ada, at=people.now - timedelta(days=365 * years))


def pace_said(people: People) -> Any:
    return pace.say_pace(
        school_class=people.school_class,
        student=people.ben,
        word="on",
        why="Was ill",
        ends_on=roster_queries.today_at(people.school, people.now) + timedelta(days=7),
        by=people.ada,
        at=people.now,
    )


def deadline_set(people: People) -> Any:
    return pace.set_deadline(
        school_class=people.school_class,
        resource=people.resource("7.1-essential"),
        due_on=roster_queries.today_at(people.school, people.now),
        by=people.ada,
        at=people.now,
    )


def date_moved(people: People) -> Any:
    deadline = deadline_set(people)
    return pace.move_date(deadline=deadline, student=people.ben, due_on=deadline.due_on, by=people.ada, at=people.now)


def move_on_asked(people: People) -> Any:
    block = one(people)
    block.competency = people.competencies["7.1"]
    block.save()
    return pace.ask_to_move_on(block=block, by=people.ben, at=people.now)


def moved_on(people: People) -> Any:
    wish = move_on_asked(people)
    proof = pace.answer_proof(
        move_on=wish, response=key_response(question(wish.item)), client_id=uuid4(), by=people.ben, at=people.now
    )
    return proof.move_on


def help_asked(people: People) -> Any:
    return planning.ask_for_help(
        student=people.ben, school_class=people.school_class, kind="talk", by=people.ben, at=people.now
    )


# action -> (what to make first, the call with what was made): one row is written, signed and dated
Call = Callable[["People", dict[str, Any], Any], Any]
ACTIONS: dict[str, tuple[Callable[[People], Any] | None, Call]] = {
    "roster.add_organisation": (None, lambda p, s, _: roster.add_organisation(kind="school", name="New", **s)),
    "roster.add_term": (
        None,
        lambda p, s, _: roster.add_term(
            school=p.school, name="Next", starts_on=p.monday, ends_on=p.monday + timedelta(days=80), **s
        ),
    ),
    "roster.close_day": (
        None,
        lambda p, s, _: roster.close_day(school=p.school, day=p.monday, name="Fog", **s),
    ),
    "roster.add_person": (
        None,
        lambda p, s, _: roster.add_person(
            given_name="New", family_name="One", roles=[Role.TEACHER], organisation=p.school, **s
        ),
    ),
    "roster.add_students": (
        None,
        lambda p, s, _: roster.add_students(names=[("n", "New", "One")], source="x", organisation=p.school, **s),
    ),
    "roster.set_password": (
        None,
        lambda p, s, _: roster.set_password(person=p.ada, password="another long walk", **s),
    ),
    "roster.set_language": (None, lambda p, s, _: roster.set_language(person=p.ada, language="es", **s)),
    "roster.switch_off": (None, lambda p, s, _: roster.switch_off(person=p.ben, **{**s, "by": p.grace})),
    "roster.switch_on": (
        lambda p: roster.switch_off(person=p.ben, by=p.grace, at=p.now),
        lambda p, s, person: roster.switch_on(person=person, **{**s, "by": p.grace}),
    ),
    "roster.link_guardian": (
        None,
        lambda p, s, _: roster.link_guardian(guardian=p.dana, student=p.caro, relationship="aunt", **s),
    ),
    "roster.write_profile": (None, lambda p, s, _: roster.write_profile(student=p.ben, grade=8, **s)),
    "roster.set_languages": (None, lambda p, s, _: roster.set_languages(student=p.ben, languages=[], **s)),
    "roster.set_supports": (None, lambda p, s, _: roster.set_supports(student=p.ben, kinds=["breaks"], **s)),
    "roster.choose_goal": (
        None,
        lambda p, s, _: roster.choose_goal(student=p.ben, words="Read more", on=p.monday, **s),
    ),
    "roster.add_class": (
        None,
        lambda p, s, _: roster.add_class(school=p.school, term=p.term, name="7C", **s),
    ),
    "roster.set_timetable": (
        None,
        lambda p, s, _: roster.set_timetable(school_class=p.school_class, periods=[(0, time(8), 40, "")], **s),
    ),
    "roster.assign_teacher": (
        None,
        lambda p, s, _: roster.assign_teacher(school_class=p.school_class, teacher=p.eve, **s),
    ),
    "roster.enrol": (
        None,
        lambda p, s, _: roster.enrol(school_class=p.school_class, students=[p.gus], on=p.monday, **s),
    ),
    "roster.paste_class_list": (
        None,
        lambda p, s, _: roster.paste_class_list(
            school_class=p.school_class, names=[("New", "One")], on=p.monday, **{**s, "by": p.grace}
        ),
    ),
    "roster.issue_cards": (None, lambda p, s, _: roster.issue_cards(students=[p.ben], **s)),
    "roster.replace_card": (None, lambda p, s, _: roster.replace_card(student=p.ben, **s)),
    "roster.issue_family_link": (None, lambda p, s, _: roster.issue_family_link(guardian=p.grace, **s)),
    "roster.revoke_family_link": (None, lambda p, s, _: roster.revoke_family_link(guardian=p.dana, **s)),
    "roster.forget_ended": (
        two_links_long_ago,
        lambda p, s, _: roster.forget_ended(**s),
    ),
    "roster.note_signed_in": (
        None,
        lambda p, s, _: roster.note_signed_in(person=p.ada, way="password", at=s["at"]),
    ),
    "roster.give_one_time_password": (
        None,
        lambda p, s, _: roster.give_one_time_password(
            person=p.ada, password="a walk for one time", **{**s, "by": p.grace}
        ),
    ),
    "roster.add_guardian": (
        None,
        lambda p, s, _: roster.add_guardian(
            student=p.caro,
            given_name="Kim",
            family_name="Brandt",
            relationship="father",
            language="en",
            school=p.school,
            **{**s, "by": p.grace},
        ),
    ),
    "roster.add_school_year": (
        None,
        lambda p, s, _: roster.add_school_year(school=p.school, day=p.monday, **s),
    ),
    "roster.open_class_from_list": (
        None,
        lambda p, s, _: roster.open_class_from_list(
            school=p.school,
            term=p.term,
            name="7D",
            period="3",
            subject="",
            grade=7,
            language="en",
            timetable=[(0, time(8), 40, "")],
            teacher=p.ada,
            names=[("New", "One")],
            on=p.monday,
            **{**s, "by": p.grace},
        ),
    ),
    "standards.take_framework": (
        None,
        lambda p, s, _: standards.take_framework(
            document=type(framework())(source="x", source_id="1", title="New"), **s
        ),
    ),
    "standards.take_frameworks": (
        None,
        lambda p, s, _: standards.take_frameworks(
            documents=[FrameworkIn(source="x", source_id="many", title="One of many")], **s
        ),
    ),
    "standards.bring_framework": (None, lambda p, s, _: brought(p, **{**s, "by": p.grace})),
    "standards.take_incoming": (
        brought,
        lambda p, s, incoming: standards.take_incoming(
            incoming=incoming,
            document=FrameworkIn(source="x", source_id="brought", title="Brought"),
            **{**s, "by": p.grace},
        ),
    ),
    "standards.put_aside_incoming": (
        brought,
        lambda p, s, incoming: standards.put_aside_incoming(incoming=incoming, **{**s, "by": p.grace}),
    ),
    "standards.open_framework": (
        None,
        lambda p, s, _: standards.open_framework(
            framework=p.competencies["7.1"].framework,
            is_open=not p.competencies["7.1"].framework.is_open,
            **{**s, "by": p.grace},
        ),
    ),
    "standards.set_path": (
        None,
        lambda p, s, _: standards.set_path(school_class=p.school_class, competencies=p.path[:2], **s),
    ),
    "standards.draw_prerequisite": (None, lambda p, s, _: link_drawn(p, **s)),
    "standards.erase_prerequisite": (link_drawn, lambda p, s, link: shaping.erase_prerequisite(link=link, **s)),
    "standards.put_prerequisite_back": (
        link_erased,
        lambda p, s, link: shaping.put_prerequisite_back(link=link, **s),
    ),
    "standards.pair": (None, lambda p, s, _: pair_made(p, **s)),
    "standards.unpair": (pair_made, lambda p, s, link: pairing.unpair(link=link, **s)),
    "standards.pair_again": (pair_made, lambda p, s, link: pairing.pair_again(link=link, **s)),
    "standards.suggest_pairs": (None, lambda p, s, _: pair_suggested(p, **s)),
    "standards.decide_pairs": (
        pair_suggested,
        lambda p, s, link: pairing.decide_pairs(links=[link], accept=False, match="", **s),
    ),
    "standards.reopen_pairs": (pair_decided, lambda p, s, link: pairing.reopen_pairs(links=[link], **s)),
    "standards.name_states": (
        None,
        lambda p, s, _: proficiency.name_states(
            school=p.school, language="en", words={"secure": ("On course", "")}, by=p.grace, at=s["at"]
        ),
    ),
    "standards.make_framework": (None, lambda p, s, _: shaping.make_framework(school=p.school, title="Harbor", **s)),
    "standards.add_competency": (
        own_framework,
        lambda p, s, made: shaping.add_competency(framework=made, facts={"statement": "Tie a bowline."}, **s),
    ),
    "standards.change_competency": (
        own_skill,
        lambda p, s, skill: shaping.change_competency(competency=skill, facts={"short": "Knots"}, **s),
    ),
    "standards.withdraw_competency": (
        own_skill,
        lambda p, s, skill: shaping.withdraw_competency(competency=skill, **s),
    ),
    "standards.bring_competency_back": (
        own_skill,
        lambda p, s, skill: shaping.bring_competency_back(competency=skill, **s),
    ),
    "standards.word_competency": (
        None,
        lambda p, s, _: shaping.word_competency(
            competency=p.competencies["7.1"],
            language="fr",
            wording={"words": "Je peux comparer."},
            school=p.school,
            **s,
        ),
    ),
    "library.take_resources": (
        None,
        lambda p, s, _: library.take_resources(source="x", rows=resources()[:1], competencies={}, **s),
    ),
    "library.store_file": (
        None,
        lambda _p, s, _: library.store_file(
            file=FileIn(name="a.txt", media_type="text/plain", content=b"one"), school=None, **s
        ),
    ),
    "library.start_delivery": (
        delivery,
        lambda _p, s, made: deliveries.start_delivery(delivery=made, options={"columns": {}}, **s),
    ),
    "library.take_up_delivery": (
        delivery,
        lambda _p, s, made: deliveries.take_up_delivery(delivery=made, **s),
    ),
    "library.add_resource": (
        None,
        lambda p, s, _: shelving.add_resource(
            school=p.school, facts={"title": "Knots"}, competency_ids=[p.competencies["7.1"].pk], **s
        ),
    ),
    "library.change_resource": (
        shelved,
        lambda _p, s, made: shelving.change_resource(resource=made, facts={"title": "Better knots"}, **s),
    ),
    "library.set_practice": (
        shelved,
        lambda _p, s, made: shelving.set_practice(resource=made, settings=PracticeSettings(questions=3), **s),
    ),
    "library.put_away": (shelved, lambda _p, s, made: shelving.put_away(resource=made, **s)),
    "library.bring_back": (off_the_shelf, lambda _p, s, made: shelving.bring_back(resource=made, **s)),
    "library.remember_mapping": (
        None,
        lambda p, s, _: shelving.remember_mapping(
            school=p.school, source="x", header_key="k", columns={"Titel": "title"}, **s
        ),
    ),
    "library.begin_delivery": (
        None,
        lambda _p, s, _: deliveries.begin_delivery(format="table", source="x", name="a.csv", **s),
    ),
    "library.end_delivery": (
        delivery,
        lambda _p, s, made: deliveries.end_delivery(delivery=made, report={"taken": {}}, **s),
    ),
    "library.refuse_delivery": (
        delivery,
        lambda _p, s, made: deliveries.refuse_delivery(delivery=made, report={"sentence": "No."}, **s),
    ),
    "library.decide_alignments": (
        suggested,
        lambda p, s, rows: library.decide_alignments(alignments=rows, accept=True, **s),
    ),
    "library.decide_suggestion": (
        None,
        lambda p, s, _: aligning.decide_suggestion(
            resource=p.resource("choice-1"), competency=p.competencies["7.6"], accept=True, found=None, **s
        ),
    ),
    "library.suggest_alignments_for": (
        rated,
        lambda p, s, made: aligning.suggest_alignments_for(
            resources=[made], frameworks=[p.competencies["7.2"].framework], **s
        ),
    ),
    "library.suggest_for_class": (
        rated,
        lambda p, s, _: aligning.suggest_for_class(school_class=p.school_class, **s),
    ),
    "library.ask_for_suggestions": (
        None,
        lambda p, s, _: aligning.ask_for_suggestions(school_class=p.school_class, **s),
    ),
    "library.reopen_alignments": (
        decided,
        lambda p, s, rows: library.reopen_alignments(alignments=rows, **s),
    ),
    "library.take_collection": (
        None,
        lambda p, s, _: library.take_collection(source="x", source_id="1", title="New", why="So", resource_ids=[], **s),
    ),
    "library.keep": (
        None,
        lambda p, s, _: bookmarks.keep(resource=p.resource("7.1-essential"), **s),
    ),
    "library.let_go": (
        lambda p: bookmarks.keep(resource=p.resource("7.1-essential"), by=p.ada, at=p.now),
        lambda p, s, kept: bookmarks.let_go(resource=kept.resource, **s),
    ),
    "library.make_collection": (
        None,
        lambda p, s, _: collecting.make_collection(school=p.school, title="Boats", **s),
    ),
    "library.change_collection": (
        collection_made,
        lambda p, s, made: collecting.change_collection(
            collection=made,
            title="Boats and tides",
            why="",
            theme="harbor",
            language="en",
            starts_on=None,
            ends_on=None,
            is_shared=True,
            **s,
        ),
    ),
    "library.arrange_collection": (
        collection_made,
        lambda p, s, made: collecting.arrange_collection(
            collection=made, entries=[collecting.EntryIn(resource_id=p.resource_ids["choice-1"])], **s
        ),
    ),
    "library.collect": (
        collection_made,
        lambda p, s, made: collecting.collect(collection=made, resource=p.resource("choice-2"), **s),
    ),
    "library.take_out": (
        collection_made,
        lambda p, s, made: collecting.take_out(collection=made, resource_id=p.resource_ids["choice-1"], **s),
    ),
    "library.take_back_collection": (
        collection_made,
        lambda p, s, made: collecting.take_back_collection(collection=made, **s),
    ),
    "library.give_back_collection": (
        collection_taken_back,
        lambda p, s, made: collecting.give_back_collection(collection=made, **s),
    ),
    "items.take_items": (
        None,
        lambda p, s, _: items.take_items(
            source="x", rows=resources()[6:7], resource_ids=p.resource_ids, competencies={}, **s
        ),
    ),
    "items.set_difficulties": (
        None,
        lambda p, s, _: items.set_difficulties(difficulties={p.item("7.1-number").pk: 0.7}, **s),
    ),
    "items.make_set": (
        None,
        lambda p, s, _: writing.make_set(school=p.school, title="Knots", language="en", **s),
    ),
    "items.write_question": (
        question_set,
        lambda p, s, made: writing.write_question(resource=made, raw=BOWLINE, **s),
    ),
    "items.write_variant": (
        question_written,
        lambda p, s, item: writing.write_variant(item=item, raw=BOWLINE, language="es", **s),
    ),
    "items.put_question_away": (
        question_written,
        lambda p, s, item: writing.put_question_away(item=item, **s),
    ),
    "items.bring_question_back": (
        question_put_away,
        lambda p, s, item: writing.bring_question_back(item=item, **s),
    ),
    "items.move_question": (
        two_questions_written,
        lambda p, s, item: writing.move_question(item=item, by_places=-1, **s),
    ),
    "items.restore_version": (
        question_changed,
        lambda p, s, item: writing.restore_version(item=item, version=1, **s),
    ),
    "items.print_sheets": (
        gallery_resource,
        lambda p, s, made: printing.print_sheets(
            resource=made, items=list(made.items.all()), students=[p.ben], is_one_order=True, **s
        ),
    ),
    "evidence.enter_answer": (
        printed,
        lambda p, s, made: paper.enter_answer(
            sheet=made[0], item=item_on(made[0], 1), student=p.ben, response={"RESPONSE": ["LOWER"]}, **s
        ),
    ),
    "evidence.take_back": (
        paper_entered,
        lambda p, s, sheet: paper.take_back(sheet=sheet, item=item_on(sheet, 1), student=p.ben, **s),
    ),
    "evidence.record": (None, lambda p, s, _: seen(p)),
    "evidence.record_once": (
        None,
        lambda p, s, _: evidence.record_once(
            fact=evidence.EvidenceIn(
                student_id=p.ben.pk, competency_id=p.path[0].pk, kind="answer", happened_at=p.now, score=1
            ),
            **s,
        ),
    ),
    "evidence.judge": (
        None,
        lambda p, s, _: evidence.judge(student=p.ben, competency=p.path[0], word="secure", reason="I saw it", **s),
    ),
    "evidence.withdraw": (seen, lambda p, s, row: evidence.withdraw(evidence=row, **s)),
    "evidence.record_many": (
        None,
        lambda p, s, _: evidence.record_many(
            facts=[
                evidence.EvidenceIn(
                    student_id=p.ben.pk, competency_id=p.path[0].pk, kind="answer", happened_at=p.now, score=1
                )
            ],
            **s,
        ),
    ),
    "evidence.set_rule": (
        None,
        lambda p, s, _: evidence.set_rule(school=p.school, school_class=p.school_class, rule=LATEST, **s),
    ),
    "evidence.end_rule": (
        lambda p: evidence.set_rule(school=p.school, school_class=p.school_class, rule=LATEST, by=p.ada, at=p.now),
        lambda p, s, _: evidence.end_rule(school=p.school, school_class=p.school_class, **s),
    ),
    "evidence.publish_model": (
        None,
        lambda p, s, _: evidence.publish_model(cards=replace(shipped(), version="own"), report={}, **s),
    ),
    "grouping.make_group": (None, lambda p, s, _: a_group(p)),
    "grouping.end_group": (a_group, lambda p, s, group: grouping.end_group(group=group, **s)),
    "grouping.make_teams": (None, lambda p, s, _: two_teams(p, **s)),
    "grouping.change_members": (
        a_group,
        lambda p, s, group: grouping.change_members(group=group, students=[p.ben, p.quinn, p.caro], **s),
    ),
    "grouping.move_group": (
        a_group,
        lambda p, s, group: grouping.move_group(group=group, weekday=2, order=1, minutes=15, **s),
    ),
    "grouping.undo_change": (changed_group, lambda p, s, group: grouping.undo_change(group=group, **s)),
    "grouping.end_groups": (lambda p: [a_group(p)], lambda p, s, groups: grouping.end_groups(groups=groups, **s)),
    "grouping.resume_groups": (
        lambda p: grouping.end_groups(groups=[a_group(p)], by=p.ada, at=p.now),
        lambda p, s, groups: grouping.resume_groups(groups=groups, **s),
    ),
    "grouping.resume_group": (
        lambda p: grouping.end_group(group=a_group(p), by=p.ada, at=p.now),
        lambda p, s, group: grouping.resume_group(group=group, **s),
    ),
    "wellbeing.write_note": (
        None,
        lambda p, s, _: wellbeing.write_note(student=p.ben, words="Helped", **s),
    ),
    "wellbeing.note_opened": (None, lambda p, s, _: wellbeing.note_opened(student=p.ben, **s)),
    "wellbeing.write_message": (None, lambda p, s, _: message(p)),
    "wellbeing.mark_read": (message, lambda p, s, row: wellbeing.mark_read(message=row, **s)),
    "wellbeing.check_goal": (
        None,
        lambda p, s, _: wellbeing.check_goal(goal=roster_queries.goal_of(p.ben), day=p.monday, is_met=True, **s),
    ),
    "planning.draft_class_week": (None, lambda p, s, _: p.draft()),
    "planning.redraft_week": (
        lambda p: p.week(approved=False),
        lambda p, s, week: drafts.redraft_week(week=week, **s),
    ),
    "planning.redraft_day": (
        lambda p: p.week(approved=False),
        lambda p, s, week: together.redraft_day(week=week, day=2, **s),
    ),
    "planning.set_class_goal": (
        None,
        lambda p, s, _: drafts.set_class_goal(school_class=p.school_class, monday=p.monday, competency=p.path[3], **s),
    ),
    "planning.set_rules": (
        None,
        lambda p, s, _: drafts.set_rules(school_class=p.school_class, screen_minutes_cap=80, **s),
    ),
    "planning.approve_week": (
        lambda p: p.week(approved=False),
        lambda p, s, week: planning.approve_week(week=week, **s),
    ),
    "planning.approve_ready": (
        lambda p: p.draft(),
        lambda p, s, class_week: planning.approve_ready(class_week=class_week, **s),
    ),
    "planning.reopen_week": (lambda p: p.week(), lambda p, s, week: planning.reopen_week(week=week, **s)),
    "planning.close_weeks": (
        lambda p: p.week(),
        lambda p, s, _: planning.close_weeks(before=p.monday + timedelta(days=7), **s),
    ),
    "planning.swap_block": (
        drafted,
        lambda p, s, block: planning.swap_block(block=block, resource=p.resource("7.6-pair"), **s),
    ),
    "planning.move_block": (drafted, lambda p, s, block: planning.move_block(block=block, day=3, order=0, **s)),
    "planning.remove_block": (drafted, lambda p, s, block: planning.remove_block(block=block, **s)),
    "planning.add_block": (
        lambda p: planning.remove_block(block=drafted(p), by=p.ada, at=p.now).week,
        lambda p, s, week: planning.add_block(
            week=week, day=0, order=0, kind="essential", resource=p.resource("7.6-pair"), **s
        ),
    ),
    "planning.set_lock": (drafted, lambda p, s, block: planning.set_lock(block=block, is_locked=True, **s)),
    "planning.put_same": (
        lambda p: drafted(p, "essential"),
        lambda p, s, block: together.put_same(
            block=planning.swap_block(block=block, resource=p.resource("7.6-pair"), **s).week.blocks.get(pk=block.pk),
            students=[p.caro],
            **s,
        ),
    ),
    "planning.assign": (
        lambda p: p.draft(),
        lambda p, s, _: assigning.assign(
            school_class=p.school_class,
            monday=p.monday,
            wish=assigning.Wish(resource=p.resource("7.6-pair"), day=drafted(p, "essential").day),
            students=[p.ben],
            **s,
        ),
    ),
    "planning.copy_week_forward": (
        lambda p: p.approve(),
        lambda p, s, _: together.copy_week_forward(
            school_class=p.school_class, monday=p.monday + timedelta(days=7), **s
        ),
    ),
    "planning.mend_week": (
        unreadable,
        lambda p, s, week: together.mend_week(week=week, guardrail="language", **s),
    ),
    "planning.undo": (
        lambda p: planning.remove_block(block=drafted(p), by=p.ada, at=p.now),
        lambda p, s, edited: planning.undo(batch=edited.batch, **s),
    ),
    "planning.start_block": (one, lambda p, s, block: planning.start_block(block=block, **s)),
    "planning.finish_block": (one, lambda p, s, block: planning.finish_block(block=block, **s)),
    "planning.keep_work_file": (
        one,
        lambda p, s, block: work_files.keep_work_file(block=block, name="tide.txt", content=b"It falls.", **s),
    ),
    "planning.reopen_block": (
        lambda p: planning.finish_block(block=one(p), by=p.ben, at=p.now),
        lambda p, s, block: planning.reopen_block(block=block, **s),
    ),
    "planning.choose_found": (
        lambda p: p.block(kind="choice"),
        lambda p, s, block: planning.choose_found(block=block, resource=p.resource("choice-9"), **s | {"by": p.ben}),
    ),
    "planning.undo_found": (
        lambda p: p.block(kind="choice"),
        lambda p, s, block: planning.undo_found(block=block, before=None, own_idea="", **s | {"by": p.ben}),
    ),
    "planning.choose_option": (
        lambda p: one(p, "choice"),
        lambda p, s, block: planning.choose_option(block=block, own_idea="Draw", **s),
    ),
    "planning.answer_item": (lambda p: p.week(), lambda p, s, _: answered(p, "7.1-number")),
    "planning.say_pace": (None, lambda p, s, _: pace_said(p)),
    "planning.take_back_pace": (pace_said, lambda p, s, word: pace.take_back_pace(pace_word=word, **s)),
    "planning.bring_back_pace": (
        lambda p: pace.take_back_pace(pace_word=pace_said(p), by=p.ada, at=p.now),
        lambda p, s, word: pace.bring_back_pace(pace_word=word, **s),
    ),
    "planning.set_deadline": (None, lambda p, s, _: deadline_set(p)),
    "planning.end_deadline": (deadline_set, lambda p, s, row: pace.end_deadline(deadline=row, **s)),
    "planning.bring_back_deadline": (
        lambda p: pace.end_deadline(deadline=deadline_set(p), by=p.ada, at=p.now),
        lambda p, s, row: pace.bring_back_deadline(deadline=row, **s),
    ),
    "planning.move_date": (None, lambda p, s, _: date_moved(p)),
    "planning.take_back_date": (
        date_moved,
        lambda p, s, row: pace.take_back_date(deadline=row.deadline, student=p.ben, **s),
    ),
    "planning.ask_to_move_on": (None, lambda p, s, _: move_on_asked(p)),
    "planning.answer_proof": (None, lambda p, s, _: moved_on(p)),
    "planning.confirm_move_on": (
        move_on_asked,
        lambda p, s, wish: pace.confirm_move_on(move_on=wish, is_shown=True, **s),
    ),
    "planning.undo_move_on": (moved_on, lambda p, s, wish: pace.undo_move_on(move_on=wish, **s)),
    "planning.mark_long_answer": (
        lambda p: answered(p, "7.1-long_answer").work,
        lambda p, s, work: planning.mark_long_answer(work=work, level=2, words="Yes", **s),
    ),
    "reports.make_fairness_report": (
        many_students,
        lambda p, s, _: reports.make_fairness_report(school=p.school, **s),
    ),
    "planning.set_limits": (
        None,
        lambda p, s, _: automation.set_limits(school_class=p.school_class, limits={"automation": "do"}, **s),
    ),
    "planning.set_weights": (
        None,
        lambda p, s, _: automation.set_weights(
            organisation=p.school, values={"interest": 1}, why="", **s | {"by": p.grace}
        ),
    ),
    "planning.approve_by_rule": (
        class_week_under_a_rule,
        lambda p, s, shared: automation.approve_by_rule(class_week=shared, **s),
    ),
    "planning.begin_by_hand": (
        None,
        lambda p, s, _: automation.begin_by_hand(school_class=p.school_class, monday=p.monday, **s),
    ),
    "planning.note_told": (
        class_week_under_a_rule,
        lambda p, s, shared: automation.note_told(class_week=shared, **s),
    ),
    "planning.start_class_run": (
        None,
        lambda p, s, _: runs.start_class_run(school_class=p.school_class, monday=p.monday, is_handed_over=False, **s),
    ),
    "planning.start_run": (
        None,
        lambda p, s, _: runs.start_run(school=p.school, monday=p.monday, is_handed_over=False, **s | {"by": p.grace}),
    ),
    "planning.resume": (plan_run, lambda p, s, run: runs.resume(run=run, is_handed_over=False, **s | {"by": p.grace})),
    "planning.release": (plan_run, lambda p, s, run: runs.release(run=run, worker="gone", **s)),
    "planning.ask_for_help": (None, lambda p, s, _: help_asked(p)),
    "planning.answer_help": (help_asked, lambda p, s, row: planning.answer_help(request=row, **s)),
}


# Where a room's changes are too many for one file, these stand beside `actions.py`; docs/house.md names them.
MORE_DOORS = {
    "items": ("writing", "printing"),
    "evidence": ("paper",),
    "planning": ("drafts", "runs", "automation", "together", "pace", "assigning", "arrivals", "played", "work_files"),
    "library": ("deliveries", "bookmarks", "collecting", "shelving", "aligning"),
    "standards": ("shaping", "pairing", "proficiency"),
}


def doors_out(room: str) -> list[ModuleType]:
    return [import_module(f"headway.records.{room}.{door}") for door in ("actions", *MORE_DOORS.get(room, ()))]


def all_actions() -> set[str]:
    found = set()
    for room in ROOMS:
        for module in doors_out(room):
            for name, thing in vars(module).items():
                if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
                    found.add(f"{room}.{name}")
    return found


def test_every_action_is_in_the_table_or_says_why_not() -> None:
    assert all_actions() == set(ACTIONS) | set(SILENT)


@pytest.mark.parametrize("name", ACTIONS)
def test_the_change_is_written_signed_and_dated(people: People, name: str) -> None:
    make, call = ACTIONS[name]
    made = make(people) if make else None
    before = set(Event.objects.values_list("pk", flat=True))
    call(people, {"by": people.ada, "at": people.now}, made)
    written = Event.objects.exclude(pk__in=before)
    assert written.exists()
    for event in written:
        assert event.at == people.now
        assert event.by_uuid is not None
        assert "." in event.verb
        assert event.record_id


@pytest.mark.parametrize("name", sorted(all_actions()))
def test_every_action_takes_its_facts_by_name_with_who_and_when(name: str) -> None:
    room, function = name.split(".")
    action = next(vars(door)[function] for door in doors_out(room) if function in vars(door))
    parameters = inspect.signature(action).parameters
    kinds = [parameter.kind for parameter in parameters.values()]
    if name == "evidence.rebuild":
        return
    assert set(kinds) <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
    assert "at" in parameters
    assert {"by", "person"} & set(parameters) or name in SILENT


def test_a_change_that_is_rolled_back_leaves_no_trace(people: People) -> None:
    before = Event.objects.count()

    def change_and_stumble() -> None:
        with transaction.atomic():
            roster.choose_goal(student=people.ben, words="Never", on=people.monday, by=people.ben, at=people.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_stumble()
    assert Event.objects.count() == before


def test_the_history_of_a_record_is_newest_first(people: People) -> None:
    week = people.week(approved=False)
    planning.approve_week(week=week, by=people.ada, at=people.now)
    planning.reopen_week(week=week, by=people.ada, at=people.now + timedelta(minutes=1))
    assert [event.verb for event in audit_queries.events_of(week)] == ["week.reopened", "week.approved"]


def test_erasing_a_person_leaves_numbers_and_no_name(people: People) -> None:
    roster.choose_goal(student=people.ben, words="Read more", on=people.monday, by=people.ben, at=people.now)
    people.week()
    uuid = people.ben.uuid
    PlanChange.objects.all().delete()
    ItemWork.objects.all().delete()
    Evidence.objects.filter(student=people.ben).delete()
    people.ben.delete()
    rows = Event.objects.filter(by_uuid=uuid)
    assert rows.exists()
    assert "Alvarez" not in "".join(str(row.facts) for row in rows)


def test_no_audit_row_holds_a_name_or_what_a_child_wrote(people: People) -> None:
    roster.choose_goal(student=people.ben, words="A secret goal", on=people.monday, by=people.ben, at=people.now)
    wellbeing.write_note(student=people.ben, words="Cried at lunch", by=people.ada, at=people.now)
    people.week()
    text = " ".join(str(facts) for facts in Event.objects.values_list("facts", flat=True))
    for word in ("secret goal", "Cried", "Alvarez", "Marta"):
        assert word not in text


# --- retention --------------------------------------------------------------------------------------------------------


def test_every_stored_field_has_a_reason_and_an_end() -> None:
    assert run_checks(tags=["retention"]) == []


@pytest.mark.parametrize("name", sorted(model.__name__ for model in apps.get_app_config("records").get_models()))
def test_every_table_says_why_it_is_there(name: str) -> None:
    rule = retention.policy()[name]
    assert rule["why"].endswith(".")
    assert rule["ends"].rstrip().endswith(".")
    fields = [field for own in rule["fields"].values() for field in own]
    assert len(fields) == len(set(fields))


def test_a_field_without_a_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = retention.policy()
    rules["Goal"] = {"ends": "", "fields": {"because": ["words", "gone"]}}
    rules["Ghost"] = {"ends": "Now.", "fields": {}}
    monkeypatch.setattr(retention, "policy", lambda: rules)
    found = {(problem.id, problem.msg) for problem in retention.every_field_has_a_reason_and_an_end()}
    assert ("retention.E001", "No keep rule for records.Goal.student") in found
    assert ("retention.E002", "A keep rule for records.Goal.gone, which is not stored") in found
    assert ("retention.E002", "A keep rule for records.Ghost, which is not a table") in found
    assert ("retention.E003", "No end for records.Goal") in found
