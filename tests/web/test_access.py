"""Every address, tried by everybody: one table says who may open or press what.

A new address needs a row in ROWS, or `test_every_address_has_a_row` fails. A row says which permission the page asks for,
for whose things `yes` names the people who may, and how to build the address (and the form, when it is one). From that
follows what everybody else gets:

- nobody, and somebody who was switched off, are asked to sign in;
- people without the permission are told that their account may not;
- people with the permission and without a tie to the thing get "not found", as for a thing that does not exist.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from headway.core.access.roles import ALLOWED, Permission, Role
from headway.core.evidence.methods import Method, Rule
from headway.core.items.paper_codes import paper_code
from headway.core.library.values import FileIn
from headway.core.standards.values import CompetencyIn, FrameworkIn
from headway.exchange.case import wire as case_wire
from headway.records.evidence import actions as evidence_actions
from headway.records.grouping import actions as grouping_actions
from headway.records.grouping.models import Group
from headway.records.items import writing
from headway.records.items.models import PrintedSheet
from headway.records.library import actions as library
from headway.records.library import collecting, deliveries, shelving
from headway.records.library.models import Collection, Delivery, Resource
from headway.records.planning import actions as planning_actions
from headway.records.planning import pace as pace_actions
from headway.records.planning import work_files
from headway.records.planning.models import (
    Block,
    Deadline,
    HelpRequest,
    ItemWork,
    MoveOn,
    PaceWord,
    PlanChange,
    PlanRun,
    PlanRunClass,
    PlanWeights,
)
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from headway.records.standards import actions as standards_actions
from headway.records.standards import pairing, shaping
from headway.records.standards import queries as standards_queries
from headway.records.standards.models import Competency, IncomingFramework
from headway.records.wellbeing import actions as wellbeing
from headway.records.wellbeing.models import FamilyMessage
from headway.web.leader.proficiency import SALT as WORDS_SALT
from headway.web.shared.frames import passes
from headway.web.student.find import SALT as CHOICE_SALT
from headway.web.teacher.collection_edit import SALT as PIECE_SALT
from headway.web.teacher.competency_edit import FACTS_BEFORE, WORDS_BEFORE
from headway.web.teacher.plan_rules import SALT
from headway.web.teacher.practice_set import SALT as SET_SALT
from tests import playing
from tests.people import People, build
from tests.worksheets import printed

P = Permission
ROLE_OF = {
    "ada": Role.TEACHER,
    "iris": Role.SPECIALIST,
    "eve": Role.TEACHER,
    "ben": Role.STUDENT,
    "caro": Role.STUDENT,
    "gus": Role.STUDENT,
    "dana": Role.GUARDIAN,
    "rosa": Role.GUARDIAN,
    "grace": Role.LEADER,
    "hal": Role.LEADER,
}
EVERYBODY = (*ROLE_OF, "nobody", "noor")  # Noor teaches the class too and is switched off
OPENS = {200, 302, 409, 422}  # the door is open; what was typed may still be wrong
ADULTS = "ada iris eve dana rosa grace hal"
SHAPERS = "ada eve grace hal"  # who may draw links and word skills: published frameworks are everybody's
STAFF, STUDENTS = "ada iris", "ben caro gus"


@dataclass
class World:
    """The cast, and one thing of every kind that belongs to Ben or to class 7B."""

    people: People
    block: Block
    choice: Block
    open_block: Block
    work: ItemWork
    help: HelpRequest
    message: FamilyMessage
    group: Group
    change: PlanChange
    evidence: Any
    rule: Any
    school_rule: Any
    actors: dict[str, Any] = field(default_factory=dict)

    @property
    def class_id(self) -> dict[str, Any]:
        """The class."""
        return {"class_id": self.people.school_class.pk}

    @property
    def class_week(self) -> dict[str, Any]:
        """The class's week."""
        return {**self.class_id, "monday": self.people.monday}

    @property
    def cell(self) -> dict[str, Any]:
        """Ben's mastery of one skill."""
        return {**self.class_id, "student": self.people.ben.uuid, "competency_id": self.people.competencies["7.1"].pk}


Build = Callable[[World], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who may do what at one address."""

    permission: Permission | None = None
    yes: str = ""
    at: Build = lambda world: {}
    post: Build | None = None
    query: str = ""
    is_open_to_all: bool = False
    needs_no_role: bool = False

    def address(self, page: str, world: World) -> str:
        """Return where the page is."""
        return reverse(page, kwargs=self.at(world)) + self.query


def nothing(world: World) -> dict[str, Any]:
    """An empty form."""
    return {}


def of_class_and_resource(world: World) -> dict[str, Any]:
    """An address about class 7B and something that all schools share."""
    return {**world.class_id, "resource": world.people.resource("7.1-essential").uuid}


def of_shared(world: World) -> dict[str, Any]:
    """An address about something that all schools share."""
    return {"resource": world.people.resource("7.1-essential").uuid}


def of_class(world: World) -> dict[str, Any]:
    """An address about class 7B."""
    return world.class_id


def of_class_week(world: World) -> dict[str, Any]:
    """An address about this week of 7B."""
    return world.class_week


def of_cell(world: World) -> dict[str, Any]:
    """An address about Ben and one skill."""
    return world.cell


def of_ben(world: World) -> dict[str, Any]:
    """An address about Ben, for teachers."""
    return {"student": world.people.ben.uuid}


def of_person(name: str) -> Build:
    """An address about a person, for leaders."""
    return lambda world: {"person": getattr(world.people, name).uuid}


def of_group(world: World) -> dict[str, Any]:
    """An address about a group of 7B."""
    return {"group_id": world.group.pk}


def of_week(world: World) -> dict[str, Any]:
    """An address about Ben's week."""
    return {"week_id": world.block.week_id}


def of_drafting(world: World) -> dict[str, Any]:
    """The drafting of the class's week, which goes on."""
    run, _made = PlanRun.objects.get_or_create(school=world.people.school, defaults={"started_at": world.people.now})
    row, _made = PlanRunClass.objects.get_or_create(
        run=run, school_class=world.people.school_class, defaults={"monday": world.people.monday}
    )
    return {**world.class_week, "run_class_id": row.pk}


def of_block(world: World) -> dict[str, Any]:
    """An address about one of Ben's blocks."""
    return {"block": world.block.uuid}


def of_choice(world: World) -> dict[str, Any]:
    """An address about a block where Ben chooses."""
    return {"block": world.choice.uuid}


def of_question(world: World) -> dict[str, Any]:
    """An address about the first question of one of Ben's blocks."""
    return {"block": world.block.uuid, "number": 1}


def of_skill(world: World) -> dict[str, Any]:
    """An address about a skill of the path."""
    return {"competency_id": world.people.competencies["7.1"].pk}


def skill_pk(world: World) -> int:
    """The skill of `of_skill`."""
    return world.people.competencies["7.1"].pk


def own_skill(world: World) -> Any:
    """A skill of a framework of Ada's school."""
    people = world.people
    found = standards_queries.competencies_found(people.ada, "bowline")
    if found:
        return found[0]
    signed: dict[str, Any] = {"by": people.ada, "at": people.now}
    framework = shaping.make_framework(school=people.school, title="Harbor", **signed)
    return shaping.add_competency(framework=framework, facts={"statement": "Students tie a bowline."}, **signed)


def of_own_skill(world: World) -> dict[str, Any]:
    """An address about that skill."""
    return {"competency_id": own_skill(world).pk}


def of_drawn_link(world: World) -> dict[str, Any]:
    """An address about a prerequisite that Ada drew for her school."""
    people = world.people
    link = shaping.draw_prerequisite(
        origin=people.competencies["6.1"],
        target=people.competencies["7.4"],
        strength="helps",
        why="",
        school=people.school,
        by=people.ada,
        at=people.now,
    )
    return {"link_id": link.pk}


def of_school_rule(world: World) -> dict[str, Any]:
    """An address about the rule of mastery of the whole school."""
    school = world.people.school.pk
    return {"school_id": school, "scope": "school", "thing": school}


def of_deadline(world: World) -> dict[str, Any]:
    """An address about a date of the class."""
    return {"deadline_id": Deadline.objects.latest("pk").pk}


def of_own_date(world: World) -> dict[str, Any]:
    """An address about Ben's own date."""
    return {**of_deadline(world), **of_ben(world)}


def of_pace_word(world: World) -> dict[str, Any]:
    """An address about what Ada said of Ben's pace."""
    return {"pace_word_id": PaceWord.objects.latest("pk").pk}


def of_move_on(world: World) -> dict[str, Any]:
    """An address about Ben's wish to move on."""
    return {"move_on_id": MoveOn.objects.latest("pk").pk}


def of_collection(world: World) -> dict[str, Any]:
    """A collection that Ada made and shares."""
    found = Collection.objects.filter(title="Boats", made_by=world.people.ada).first()
    if found is None:
        found = collecting.make_collection(
            school=world.people.school, title="Boats", why="So.", by=world.people.ada, at=world.people.now
        )
        collecting.collect(
            collection=found, resource=world.people.resource("choice-1"), by=world.people.ada, at=world.people.now
        )
    return {"collection": found.uuid}


def sheet_of(world: World) -> PrintedSheet:
    """A worksheet that was printed for Ben and Caro: the first one is Ben's."""
    return PrintedSheet.objects.filter(student=world.people.ben).first() or printed(world.people)[0]


def of_printed(world: World) -> dict[str, Any]:
    """A printed worksheet."""
    return {"sheet": sheet_of(world).uuid}


def of_paper(world: World) -> dict[str, Any]:
    """The code of the first question on Ben's worksheet."""
    return {"code": paper_code(sheet_of(world).code, 1)}


def of_found(world: World) -> dict[str, Any]:
    """Something that every student may find."""
    return {"resource": world.people.resource("choice-9").uuid}


def of_piece(world: World) -> dict[str, Any]:
    """A piece of that collection."""
    return {**of_collection(world), "resource": world.people.resource("choice-1").uuid}


def of_set_before(world: World) -> dict[str, Any]:
    """A set of the school's own, and how it was asked before."""
    where = of_own_resource(world)
    pk = Resource.objects.get(uuid=where["resource"]).pk
    return {**where, "was": signing.dumps({"resource": pk, "was": {}}, salt=SET_SALT)}


def of_own_resource(world: World) -> dict[str, Any]:
    """A text that Ada gave to the library of her school."""
    found = Resource.objects.filter(title="Tide table", school=world.people.school).first()
    if found is None:
        found = shelving.add_resource(
            school=world.people.school,
            facts={"title": "Tide table"},
            file=FileIn(name="tide.txt", media_type="text/plain", content=b"High at nine."),
            by=world.people.ada,
            at=world.people.now,
        )
    return {"resource": found.uuid}


def of_question_set(world: World) -> dict[str, Any]:
    """A set of questions that Ada wrote."""
    people = world.people
    found = Resource.objects.filter(title="Knots", school=people.school).first()
    found = found or writing.make_set(school=people.school, title="Knots", language="en", by=people.ada, at=people.now)
    return {"resource": found.uuid}


def of_written_question(world: World) -> dict[str, Any]:
    """A question of that set, which asked something else before."""
    people = world.people
    knots = Resource.objects.get(uuid=of_question_set(world)["resource"])
    found = knots.items.first()
    if found is None:
        signed: dict[str, Any] = {"resource": knots, "by": people.ada, "at": people.now}
        raw = {"kind": "short_text", "prompt": "Which knot?", "accepted": ["bowline"]}
        found = writing.write_question(raw=raw, **signed)
        writing.write_question(raw=raw | {"prompt": "Which knot holds?"}, item=found, **signed)
    return {"question": found.uuid}


def of_import(world: World) -> dict[str, Any]:
    """A table that Ada is about to bring in."""
    found = Delivery.objects.filter(name="boats.csv").first()
    if found is None:
        signed: dict[str, Any] = {"by": world.people.ada, "at": world.people.now, "school": world.people.school}
        table = FileIn(name="boats.csv", media_type="text/csv", content=b"id,title\n1,Boats\n")
        original = library.store_file(file=table, **signed)
        found = deliveries.begin_delivery(format="table", source="boats", name="boats.csv", original=original, **signed)
    return {"delivery": found.uuid}


def of_work_file(world: World) -> dict[str, Any]:
    """Return a file that Ben gave as an answer."""
    block = world.people.block(world.people.ben)
    file = work_files.keep_work_file(
        block=block, name="tide.txt", content=b"It falls.", by=world.people.ben, at=world.people.now
    )
    return {"uuid": file.uuid, "name": file.name}


def of_stored_file(world: World) -> dict[str, Any]:
    """The file of that resource."""
    of_own_resource(world)
    return {"uuid": Resource.objects.get(title="Tide table").file.uuid, "name": "tide.txt"}  # type: ignore[union-attr]


def of_activity(world: World) -> Resource:
    """An activity that Ada brought in and that Ben has in his week."""
    found = Resource.objects.filter(title="Probe", school=world.people.school).first()
    if found is None:
        with TemporaryDirectory() as folder:
            found = playing.taken(world.people, playing.package(Path(folder), "H5P.Probe = function () {};"))
    return found


def of_played_block(world: World) -> dict[str, Any]:
    """An address about another block of Ben's, with that activity; the questions of the first stay where they are."""
    others = Block.objects.filter(week=world.block.week).exclude(pk__in=[world.block.pk, world.choice.pk])
    block = others.exclude(kind="choice").order_by("pk")[0]
    Block.objects.filter(pk=block.pk).update(resource=of_activity(world))
    return {"block": block.uuid}


def of_frame(world: World) -> dict[str, Any]:
    """What is inside the frame of that activity, opened by Ben's pass."""
    file = of_activity(world).file
    return {"token": passes.made_out("h5p", file.uuid if file else "", world.people.ben, at=timezone.now())}


def of_item_frame(world: World) -> dict[str, Any]:
    """What is inside the frame of a question that brings its own program, opened by Ben's pass."""
    item = playing.portable_item(world.people)
    return {"token": passes.made_out("item", item.uuid, world.people.ben, "0", at=timezone.now())}


def of_run(world: World) -> dict[str, Any]:
    """An address about a run of the school."""
    run, _made = PlanRun.objects.get_or_create(school=world.people.school, defaults={"started_at": world.people.now})
    return {"run_id": run.pk}


def of_school(world: World) -> dict[str, Any]:
    """An address about the school’s weights."""
    return {"organisation_id": world.people.school.pk}


def of_old_weights(world: World) -> dict[str, Any]:
    """An address about weights that the school had."""
    row, _made = PlanWeights.objects.get_or_create(
        organisation=world.people.school, defaults={"values": {"interest": 1}, "set_at": world.people.now}
    )
    return {**of_school(world), "row_id": row.pk}


def of_old_limits(world: World) -> dict[str, Any]:
    """An address that puts the limits of 7B back."""
    return {
        **world.class_id,
        "was": signing.dumps({"class": world.people.school_class.pk, "was": {"automation": "suggest"}}, salt=SALT),
    }


def of_incoming(world: World) -> dict[str, Any]:
    """An address about an edition that waits at Harbor School."""
    found = IncomingFramework.objects.first() or standards_actions.bring_framework(
        school=world.people.school,
        format="case",
        name="edition.json",
        content=gzip.compress(
            b'{"CFDocument": {"identifier": "e", "title": "Edition"}, "CFItems": [], "CFAssociations": []}'
        ),
        changes={"title": "Edition"},
        by=world.people.grace,
        at=world.people.now,
    )
    return {"incoming": found.uuid}


SHAPERS = "ada eve grace hal"


def of_words(world: World) -> dict[str, Any]:
    """An address about what the school calls the states of mastery in English."""
    return {"school_id": world.people.school.pk, "language": "en"}


def of_old_words(world: World) -> dict[str, Any]:
    """An address that puts back what the school called them."""
    was = {"school": world.people.school.pk, "language": "en", "was": {"secure": ["On course", ""]}}
    return {**of_words(world), "was": signing.dumps(was, salt=WORDS_SALT)}


def sides(world: World, **more: Any) -> dict[str, Any]:
    """The path of 7B beside a framework of the arts, as the forms of a crosswalk carry them."""
    return {"one": f"class-{world.people.school_class.pk}", "other": of_arts(world).framework_id, **more}


def of_arts(world: World) -> Competency:
    """A competency of another framework."""
    document = FrameworkIn(
        source="test",
        source_id="arts",
        title="Arts",
        subject="Arts",
        competencies=(CompetencyIn(source_id="VA.1", code="VA.1", statement="Draw a boat to scale."),),
    )
    framework, _taken = standards_actions.take_framework(document=document, by=None, at=world.people.now)
    return framework.competencies.get()


def of_pair(world: World) -> dict[str, Any]:
    """An address about a pair that Ada made."""
    link = pairing.pair(
        origin=world.people.competencies["7.1"],
        target=of_arts(world),
        match="close",
        why="Both scale.",
        school=world.people.school,
        by=world.people.ada,
        at=world.people.now,
    )
    return {"link_id": link.pk}


CASE_PLURALS = {
    "document": "CFDocuments",
    "package": "CFPackages",
    "item": "CFItems",
    "item-associations": "CFItemAssociations",
    "association": "CFAssociations",
    "concept": "CFConcepts",
    "subject": "CFSubjects",
    "item-type": "CFItemTypes",
    "license": "CFLicenses",
    "association-grouping": "CFAssociationGroupings",
    "rubric": "CFRubrics",
}


def of_case(name: str) -> Build:
    """An address about a record of a published framework, over CASE."""

    def address(world: World) -> dict[str, Any]:
        ids = {each: f"{number:08}-0000-4000-8000-000000000000" for number, each in enumerate(CASE_PLURALS)}
        ids["package"], ids["item-associations"] = ids["document"], ids["item"]
        one = {each: [{"identifier": ids[each], "title": each}] for each in CASE_PLURALS}
        definitions = ("concept", "subject", "license", "item-type", "association-grouping")
        end = {"identifier": ids["item"], "title": "", "uri": ""}
        link = {"identifier": ids["association"], "associationType": "isPeerOf", "originNodeURI": end}
        package = case_wire.parse(
            {
                "CFDocument": one["document"][0],
                "CFItems": [{"identifier": ids["item"], "fullStatement": "Add."}],
                "CFAssociations": [{**link, "destinationNodeURI": end}],
                "CFDefinitions": {CASE_PLURALS[each]: one[each] for each in definitions},
                "CFRubrics": one["rubric"],
            }
        )
        standards_actions.take_framework(
            document=case_wire.to_framework(package).framework, by=None, at=world.people.now
        )
        return {"version": "v1p1", "sourced_id": ids[name]}

    return address


def public(**facts: Any) -> Row:
    """A page for everybody, signed in or not."""
    return Row(is_open_to_all=True, **facts)


def teacher(yes: str = "ada", permission: Permission = P.PLAN_WEEKS, **facts: Any) -> Row:
    """A page of those who teach the class."""
    return Row(permission=permission, yes=yes, **facts)


def student(yes: str = "ben", permission: Permission = P.WORK, **facts: Any) -> Row:
    """A page of one student."""
    return Row(permission=permission, yes=yes, **facts)


def leader(permission: Permission = P.MANAGE_PEOPLE, yes: str = "grace", **facts: Any) -> Row:
    """A page of the school's leader."""
    return Row(permission=permission, yes=yes, **facts)


ROWS: dict[str, Row] = {
    # shared
    "home": public(),
    "sign-in": public(),
    "sign-in-card": public(),
    "card-code": public(at=lambda world: {"code": "otter-lamp-river-42"}),
    "sign-out": public(post=nothing),
    "password": Row(needs_no_role=True, yes=ADULTS.replace("rosa ", "")),  # Rosa has a link and no sign-in name
    "language": public(post=nothing),
    "looks": public(post=nothing),
    "service-worker": public(),
    "frame-h5p": public(at=of_frame),
    "frame-h5p-file": public(at=lambda world: {**of_frame(world), "name": "h5p.json"}),
    "frame-item": public(at=lambda world: {**of_item_frame(world), "response": "RESPONSE"}),
    "frame-item-file": public(at=lambda world: {**of_item_frame(world), "name": "modules/tap-counter.js"}),
    "work-file": Row(needs_no_role=True, yes="ada iris ben dana grace", at=of_work_file),
    "stored-file": Row(needs_no_role=True, yes="ada iris ben caro dana grace", at=of_stored_file),
    # CASE: published frameworks, for whoever asks
    "case-documents": public(at=lambda world: {"version": "v1p1"}),
    "case-discovery": public(at=lambda world: {"version": "v1p1", "name": "imscasev1p1_openapi3_v1p0.json"}),
    **{f"case-{name}": public(at=of_case(name)) for name in CASE_PLURALS},
    # teacher
    "teacher-today": teacher("ada iris eve", P.SEE_CLASS),
    # Eve may write notes; about Ben the form tells her that there is no such student.
    "teacher-note": teacher(
        "ada iris eve", P.RECORD_EVIDENCE, post=lambda world: {"about": world.people.ben.pk, "words": "Asked twice."}
    ),
    "teacher-help": teacher(STAFF, P.RECORD_EVIDENCE, at=lambda world: {"help_id": world.help.pk}, post=nothing),
    "teacher-mark": teacher(STAFF, P.RECORD_EVIDENCE, at=lambda world: {"work_id": world.work.pk}),
    "teacher-class": teacher(STAFF, P.SEE_CLASS, at=of_class),
    "teacher-group-make": teacher(
        at=of_class, post=lambda world: {"skill": world.people.competencies["7.1"].pk, "kind": "needs"}
    ),
    "teacher-groups-now": teacher(at=of_class),
    "teacher-groups": teacher(at=of_class_week),
    "teacher-groups-make": teacher(
        at=of_class_week, post=lambda world: {"skill": world.people.competencies["7.1"].pk, "kind": "needs"}
    ),
    "teacher-groups-draft": teacher(at=of_class_week, post=nothing),
    "teacher-groups-print": teacher(at=of_class_week),
    "teacher-teams": teacher(at=of_class_week),
    "teacher-teams-make": teacher(at=of_class_week, post=nothing),
    "teacher-teams-end": teacher(
        at=lambda world: {**world.class_week, "task": world.people.resource("project-1").uuid}, post=nothing
    ),
    "teacher-group": teacher(at=of_group),
    "teacher-group-members": teacher(at=of_group, post=nothing),
    "teacher-group-move": teacher(at=of_group, post=nothing),
    "teacher-group-undo": teacher(at=of_group, post=nothing),
    "teacher-group-end": teacher(at=of_group, post=nothing),
    "teacher-group-again": teacher(at=of_group, post=nothing),
    "teacher-group-print": teacher(at=of_group),
    "teacher-rule": teacher("ada", P.SET_MASTERY_RULES, at=of_class),
    "teacher-rule-set": teacher("ada", P.SET_MASTERY_RULES, at=of_class, post=nothing),
    "teacher-rule-end": teacher("ada", P.SET_MASTERY_RULES, at=of_class, post=nothing),
    "teacher-rule-again": teacher(
        "ada", P.SET_MASTERY_RULES, at=lambda world: {**world.class_id, "rule_id": world.rule.pk}, post=nothing
    ),
    "teacher-plan-rules": teacher(at=of_class),
    "teacher-plan-rules-set": teacher(at=of_class, post=nothing),
    "teacher-plan-rules-back": teacher(at=of_old_limits, post=nothing),
    "teacher-week-seen": teacher(at=of_class_week, post=nothing),
    "teacher-week-begin": teacher(at=of_class_week, post=nothing),
    "teacher-cell": teacher(STAFF, P.SEE_CLASS, at=of_cell),
    "teacher-observe": teacher(STAFF, P.RECORD_EVIDENCE, at=of_cell, post=nothing),
    "teacher-judge": teacher(STAFF, P.RECORD_EVIDENCE, at=of_cell, post=nothing),
    # Iris sees what Ada wrote, and is told that only Ada takes it back.
    "teacher-take-back": teacher(
        STAFF, P.RECORD_EVIDENCE, at=lambda world: {"client_id": world.evidence.client_id}, post=nothing
    ),
    "teacher-student": teacher(STAFF, P.SEE_CLASS, at=of_ben),
    "teacher-student-edit": teacher(STAFF, P.RECORD_EVIDENCE, at=of_ben),
    "teacher-student-note": teacher(STAFF, P.RECORD_EVIDENCE, at=of_ben, post=nothing),
    "teacher-student-message": teacher(STAFF, P.RECORD_EVIDENCE, at=of_ben, post=nothing),
    "teacher-message-read": teacher(
        STAFF, P.RECORD_EVIDENCE, at=lambda world: {**of_ben(world), "message_id": world.message.pk}, post=nothing
    ),
    "teacher-alignments": teacher("ada", P.ACCEPT_ALIGNMENTS, at=of_class),
    "teacher-alignments-decide": teacher("ada", P.ACCEPT_ALIGNMENTS, at=of_class, post=nothing),
    "teacher-alignments-undo": teacher("ada", P.ACCEPT_ALIGNMENTS, at=of_class, post=nothing),
    # A resource that all schools share may be opened by every teacher.
    "teacher-skill": teacher("ada iris eve", P.SEE_CLASS, at=of_skill),
    "teacher-skill-draw": teacher(SHAPERS, P.SHAPE_STANDARDS, at=of_skill, post=nothing),
    "teacher-skill-erase": teacher("ada grace", P.SHAPE_STANDARDS, at=of_drawn_link, post=nothing),
    "teacher-skill-put-back": teacher("ada grace", P.SHAPE_STANDARDS, at=of_drawn_link, post=nothing),
    "teacher-skill-edit": teacher(SHAPERS, P.SHAPE_STANDARDS, at=of_skill),
    "teacher-skill-word": teacher(SHAPERS, P.SHAPE_STANDARDS, at=of_skill, post=nothing),
    "teacher-skill-word-back": teacher(
        SHAPERS,
        P.SHAPE_STANDARDS,
        at=lambda world: {
            **of_skill(world),
            "was": signing.dumps({"skill": skill_pk(world), "language": "fr", "was": None}, salt=WORDS_BEFORE),
        },
        post=nothing,
    ),
    "teacher-skill-change": teacher("ada grace", P.SHAPE_STANDARDS, at=of_own_skill, post=nothing),
    "teacher-skill-change-back": teacher(
        "ada grace",
        P.SHAPE_STANDARDS,
        at=lambda world: {
            **of_own_skill(world),
            "was": signing.dumps(
                {"skill": of_own_skill(world)["competency_id"], "was": {"short": "Bowline"}}, salt=FACTS_BEFORE
            ),
        },
        post=nothing,
    ),
    "teacher-skill-withdraw": teacher("ada grace", P.SHAPE_STANDARDS, at=of_own_skill, post=nothing),
    "teacher-skill-bring-back": teacher("ada grace", P.SHAPE_STANDARDS, at=of_own_skill, post=nothing),
    "teacher-path-add": teacher(at=lambda world: {**world.class_id, **of_skill(world)}, post=nothing),
    "teacher-path-remove": teacher(at=lambda world: {**world.class_id, **of_skill(world)}, post=nothing),
    "teacher-standards": teacher(SHAPERS, P.SHAPE_STANDARDS, at=lambda world: {}),
    "teacher-framework-make": teacher(SHAPERS, P.SHAPE_STANDARDS, at=lambda world: {}, post=nothing),
    "teacher-framework": teacher(
        SHAPERS,
        P.SHAPE_STANDARDS,
        at=lambda world: {"framework_id": world.people.competencies["7.1"].framework_id},
    ),
    "teacher-skill-new": teacher(
        "ada grace", P.SHAPE_STANDARDS, at=lambda world: {"framework_id": own_skill(world).framework_id}
    ),
    "teacher-resource-play": teacher("ada iris", P.SEE_CLASS, at=lambda world: {"resource": of_activity(world).uuid}),
    "teacher-resource": teacher(
        "ada iris eve", P.SEE_CLASS, at=lambda world: {"resource": world.people.resource("7.1-essential").uuid}
    ),
    "teacher-resource-description": teacher(
        "ada iris eve", P.SEE_CLASS, at=lambda world: {"resource": world.people.resource("7.1-essential").uuid}
    ),
    "teacher-worksheet": teacher("ada iris eve", P.SEE_CLASS, at=of_shared),
    "teacher-worksheets": teacher(STAFF, P.SEE_CLASS, at=of_printed),
    "teacher-worksheet-key": teacher(STAFF, P.SEE_CLASS, at=of_printed),
    "teacher-paper": teacher("ada iris eve", P.RECORD_EVIDENCE),
    "teacher-paper-answer": teacher(STAFF, P.RECORD_EVIDENCE, at=of_paper),
    "teacher-paper-undo": teacher(STAFF, P.RECORD_EVIDENCE, at=of_paper, post=nothing),
    "teacher-alignments-suggest": teacher("ada", P.ACCEPT_ALIGNMENTS, at=of_class, post=nothing),
    "teacher-resource-alignments": teacher("ada eve", P.ACCEPT_ALIGNMENTS, at=of_shared),
    "teacher-resource-alignments-decide": teacher(
        "ada eve",
        P.ACCEPT_ALIGNMENTS,
        at=of_shared,
        post=lambda world: {"skill": world.people.competencies["7.2"].pk, "refuse": "1"},
    ),
    "teacher-resource-alignments-undo": teacher("ada eve", P.ACCEPT_ALIGNMENTS, at=of_shared, post=nothing),
    # Eve teaches at another school: what Ada shares is not shared with her. Grace leads this one.
    "teacher-resource-collect": teacher(
        "ada grace",
        P.ADD_TO_LIBRARY,
        at=lambda world: {"resource": world.people.resource("choice-2").uuid},
        post=of_collection,
    ),
    "teacher-collections": teacher("ada iris eve", P.SEE_CLASS),
    "teacher-collection-new": teacher("ada eve grace hal", P.ADD_TO_LIBRARY),
    "teacher-collection": teacher(STAFF, P.SEE_CLASS, at=of_collection),
    "teacher-collection-edit": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_collection),
    "teacher-collection-arrange": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_collection, post=nothing),
    "teacher-collection-add": teacher(
        "ada grace",
        P.ADD_TO_LIBRARY,
        at=of_collection,
        post=lambda world: {"resource": world.people.resource("choice-2").uuid},
    ),
    "teacher-collection-out": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_piece, post=nothing),
    "teacher-collection-put-back": teacher(
        "ada grace",
        P.ADD_TO_LIBRARY,
        at=lambda world: {
            **of_collection(world),
            "was": signing.dumps([0, world.people.resource_ids["choice-1"], "", ""], salt=PIECE_SALT),
        },
        post=nothing,
    ),
    "teacher-collection-take-back": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_collection, post=nothing),
    "teacher-collection-give-back": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_collection, post=nothing),
    "teacher-collection-copy": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_collection, post=nothing),
    # The library of 7B; what all schools share may be kept by every teacher.
    "teacher-library": teacher(STAFF, P.SEE_CLASS, at=of_class),
    "teacher-library-words": teacher(STAFF, P.SEE_CLASS, at=of_class, query="?q=ra"),
    "teacher-library-piece": teacher(STAFF, P.SEE_CLASS, at=of_class_and_resource),
    "teacher-library-present": teacher(STAFF, P.SEE_CLASS, at=of_class_and_resource),
    "teacher-library-assign": teacher(at=of_class_and_resource),
    "teacher-library-assign-do": teacher(at=of_class_and_resource, post=nothing),
    "teacher-keep": teacher(
        "ada iris eve",
        P.SEE_CLASS,
        at=lambda world: {"resource": world.people.resource("7.1-essential").uuid},
        post=nothing,
    ),
    "teacher-let-go": teacher(
        "ada iris eve",
        P.SEE_CLASS,
        at=lambda world: {"resource": world.people.resource("7.1-essential").uuid},
        post=nothing,
    ),
    "teacher-block-search": teacher(at=of_block),
    "teacher-place-search": teacher(at=of_week, query="?place=0.0"),
    "teacher-resource-edit": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_own_resource),
    "teacher-practice": teacher(STAFF, P.SEE_CLASS, at=of_own_resource),
    "teacher-practice-set": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_own_resource, post=nothing),
    "teacher-practice-back": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_set_before, post=nothing),
    "teacher-resource-put-away": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_own_resource, post=nothing),
    "teacher-resource-bring-back": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_own_resource, post=nothing),
    "teacher-library-add": teacher("ada eve grace hal", P.ADD_TO_LIBRARY),
    "teacher-library-add-by": teacher("ada eve grace hal", P.ADD_TO_LIBRARY, at=lambda world: {"way": "file"}),
    "teacher-questions-new": teacher("ada eve grace hal", P.ADD_TO_LIBRARY),
    "teacher-questions": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_question_set),
    "teacher-questions-qti": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_question_set),
    "teacher-question-new": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_question_set),
    "teacher-question-preview": teacher(
        "ada grace", P.ADD_TO_LIBRARY, at=of_question_set, post=lambda world: {"q-kind": "number"}
    ),
    "teacher-question-edit": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_written_question),
    "teacher-question-variant": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_written_question),
    "teacher-question-restore": teacher(
        "ada grace", P.ADD_TO_LIBRARY, at=lambda world: {**of_written_question(world), "version": 1}, post=nothing
    ),
    "teacher-question-move": teacher(
        "ada grace", P.ADD_TO_LIBRARY, at=lambda world: {**of_written_question(world), "way": "up"}, post=nothing
    ),
    "teacher-question-put-away": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_written_question, post=nothing),
    "teacher-question-bring-back": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_written_question, post=nothing),
    "teacher-import-new": teacher("ada eve grace hal", P.ADD_TO_LIBRARY),
    "teacher-imports": teacher("ada eve grace hal", P.ADD_TO_LIBRARY),
    "teacher-import": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_import),
    "teacher-import-columns": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_import),
    "teacher-import-refused": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_import),
    "teacher-import-again": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_import, post=nothing),
    "teacher-import-leave": teacher("ada grace", P.ADD_TO_LIBRARY, at=of_import, post=nothing),
    "teacher-dates": teacher(at=of_class),
    "teacher-date-set": teacher(at=of_class, post=nothing),
    "teacher-date-end": teacher(at=of_deadline, post=nothing),
    "teacher-date-again": teacher(at=of_deadline, post=nothing),
    "teacher-date-move": teacher(at=of_deadline, post=nothing),
    "teacher-date-back": teacher(at=of_own_date, post=nothing),
    "teacher-date-undo": teacher(at=of_own_date, post=nothing),
    "teacher-pace": teacher(at=lambda world: {**world.class_id, **of_ben(world)}, post=nothing),
    "teacher-pace-back": teacher(at=of_pace_word, post=nothing),
    "teacher-pace-again": teacher(at=of_pace_word, post=nothing),
    "teacher-move-on": teacher(at=of_move_on, post=nothing),
    "teacher-move-on-undo": teacher(at=of_move_on, post=nothing),
    "teacher-crosswalk": teacher(SHAPERS, P.SHAPE_STANDARDS),
    "teacher-crosswalk-csv": teacher(SHAPERS, P.SHAPE_STANDARDS),
    "teacher-crosswalk-pair": teacher(
        "ada grace",
        P.SHAPE_STANDARDS,
        post=lambda world: sides(world, code="TA.7.1", other_code="VA 1", match="close", why="Both scale."),
    ),
    "teacher-crosswalk-suggest": teacher("ada grace", P.SHAPE_STANDARDS, post=sides),
    "teacher-crosswalk-decide": teacher(
        "ada grace", P.SHAPE_STANDARDS, post=lambda world: sides(world, pair=1, match="close")
    ),
    "teacher-crosswalk-reopen": teacher(SHAPERS, P.SHAPE_STANDARDS, post=nothing),
    "teacher-crosswalk-unpair": teacher("ada grace", P.SHAPE_STANDARDS, at=of_pair, post=nothing),
    "teacher-crosswalk-again": teacher("ada grace", P.SHAPE_STANDARDS, at=of_pair, post=nothing),
    "teacher-cards": teacher("ada", P.PRINT_CARDS, at=of_class),
    "teacher-week-now": teacher(at=of_class),
    "teacher-week": teacher(at=of_class_week),
    "teacher-week-draft": teacher(at=of_class_week, post=nothing),
    "teacher-week-approve-ready": teacher("ada", P.APPROVE_PLANS, at=of_class_week, post=nothing),
    "teacher-week-goal": teacher(at=of_class_week, post=nothing),
    "teacher-week-print": teacher(at=of_class_week),
    "teacher-fairness": teacher(at=lambda world: {**world.class_week, "measure": "screen"}),
    "teacher-week-copy": teacher(at=of_class_week, post=nothing),
    "teacher-week-changes": teacher(at=of_class_week),
    "teacher-week-drafting": teacher(at=of_drafting),
    "teacher-week-whole": teacher(at=of_week),
    "teacher-week-mend": teacher(at=of_week, post=nothing),
    "teacher-week-approve-one": teacher("ada", P.APPROVE_PLANS, at=of_week, post=nothing),
    "teacher-week-reopen": teacher("ada", P.APPROVE_PLANS, at=of_week, post=nothing),
    "teacher-week-redraft": teacher(at=of_week, post=nothing),
    "teacher-week-add": teacher(at=of_week, query="?place=0.0"),
    "teacher-week-put": teacher(at=of_week, post=nothing),
    "teacher-block": teacher(at=of_block),
    "teacher-block-same": teacher(at=of_block),
    "teacher-block-give": teacher(at=of_block, post=nothing),
    "teacher-block-swap": teacher(at=of_block, post=nothing),
    "teacher-block-move": teacher(at=of_block, post=nothing),
    "teacher-block-lock": teacher(at=of_block, post=nothing),
    "teacher-block-remove": teacher(at=of_block, post=nothing),
    "teacher-undo": teacher(at=lambda world: {"batch": world.change.batch}, post=nothing),
    # student
    "student-week": student(STUDENTS, P.SEE_OWN_WEEK),
    "student-week-of": student(STUDENTS, P.SEE_OWN_WEEK, at=lambda world: {"monday": world.people.monday}),
    "student-offline-pack": student(STUDENTS, P.SEE_OWN_WEEK),
    "student-inbox": student(STUDENTS),  # a GET says who is signed in; what it takes is in test_offline.py
    "student-goal": student(STUDENTS, post=nothing),
    "student-goal-today": student("ben", post=nothing),  # the others have no goal yet
    "student-help": student("ben", post=lambda world: {"kind": "stuck", "block": world.block.uuid}),
    "student-practice": student("ben", P.SEE_OWN_WEEK, at=of_block),
    "student-play": student("ben", P.SEE_OWN_WEEK, at=of_played_block),
    "student-play-statement": student(at=of_played_block, post=nothing),
    "student-start": student(at=of_block, post=nothing),
    "student-finish": student(at=of_block, post=nothing),
    "student-reopen": student(at=of_block, post=nothing),
    "student-choose": student(at=of_choice, post=nothing),
    "student-door": student(
        at=of_block, post=lambda world: {"option": world.block.resource.uuid if world.block.resource else ""}
    ),
    "student-check": student(at=of_question, post=nothing),
    "student-hint": student(at=of_question, post=nothing),
    "student-example": student(at=of_question, post=nothing),
    # Gus learns at another school; what all schools share is his to find, too.
    "student-find": student(STUDENTS, P.SEE_OWN_WEEK),
    "student-find-piece": student(STUDENTS, P.SEE_OWN_WEEK, at=of_found),
    "student-find-collection": student("ben caro", P.SEE_OWN_WEEK, at=of_collection),
    "student-find-choose": student(at=of_found, post=lambda world: {"block": world.choice.uuid}),
    "student-find-undo": student(
        at=lambda world: {"was": signing.dumps([str(world.choice.uuid), "", ""], salt=CHOICE_SALT)}, post=nothing
    ),
    "student-find-keep": student(STUDENTS, at=of_found, post=nothing),
    "student-find-let-go": student(STUDENTS, at=of_found, post=nothing),
    "student-progress": student(STUDENTS, P.SEE_OWN_WEEK),
    "student-skill": student(STUDENTS, P.SEE_OWN_WEEK, at=of_skill),
    "student-own-view": student(STUDENTS, at=of_skill, post=nothing),
    "student-move-on": student(at=of_block, post=nothing),
    "student-proof": student(at=of_move_on),
    "student-proof-answer": student(at=of_move_on, post=nothing),
    # family: whoever holds the link may open it, that is what it is for; without one it is for guardians
    "family-home": Row(permission=P.SEE_FAMILY_WEEK, yes="dana rosa"),
    "family-week": public(at=lambda world: {"code": world.people.family_code}),
    # leader
    "leader-home": leader(P.SEE_SCHOOL, "grace hal"),
    "leader-class-new": leader(yes="grace hal"),
    "leader-read-names": leader(yes="grace hal", post=lambda world: {"names": "Ana Ruiz"}),
    "leader-class": leader(P.SEE_SCHOOL, at=of_class),
    "leader-class-paste": leader(at=of_class, post=lambda world: {"names": "Ana Ruiz"}),
    "leader-class-teacher": leader(at=of_class, post=lambda world: {"teacher": world.people.ada.pk}),
    "leader-cards": leader(P.PRINT_CARDS, at=of_class),
    # Hal leads another school: his list is his own, and this school's rules are not found.
    "leader-rules": leader(P.SET_MASTERY_RULES, "grace hal"),
    "leader-rule": leader(P.SET_MASTERY_RULES, at=of_school_rule),
    "leader-rule-set": leader(P.SET_MASTERY_RULES, at=of_school_rule, post=nothing),
    "leader-rule-end": leader(P.SET_MASTERY_RULES, at=of_school_rule, post=nothing),
    "leader-rule-again": leader(
        P.SET_MASTERY_RULES,
        at=lambda world: {**of_school_rule(world), "rule_id": world.school_rule.pk},
        post=nothing,
    ),
    "leader-words": leader(P.MANAGE_STANDARDS, "grace hal"),
    "leader-words-of": leader(P.MANAGE_STANDARDS, at=of_words),
    "leader-words-set": leader(P.MANAGE_STANDARDS, at=of_words, post=nothing),
    "leader-words-back": leader(P.MANAGE_STANDARDS, at=of_old_words, post=nothing),
    "leader-fairness": leader(P.SEE_SCHOOL, "grace hal"),
    "leader-fairness-make": leader(P.SEE_SCHOOL, at=lambda world: {"school_id": world.people.school.pk}, post=nothing),
    # Hal sees the page of his own school; of this one he finds nothing.
    "leader-week-fairness-now": leader(P.SEE_SCHOOL, "grace hal"),
    "leader-week-fairness": leader(P.SEE_SCHOOL, "grace hal", at=lambda world: {"monday": world.people.monday}),
    "leader-week-fairness-figures": leader(
        P.SEE_SCHOOL,
        at=lambda world: {"monday": world.people.monday, "school_id": world.people.school.pk, "measure": "screen"},
    ),
    "leader-standards": leader(P.MANAGE_STANDARDS, "grace hal"),
    "leader-standards-bring": leader(P.MANAGE_STANDARDS, "grace hal", post=nothing),
    "leader-standards-incoming": leader(P.MANAGE_STANDARDS, at=of_incoming),
    "leader-standards-take": leader(P.MANAGE_STANDARDS, at=of_incoming, post=nothing),
    "leader-standards-aside": leader(P.MANAGE_STANDARDS, at=of_incoming, post=nothing),
    "leader-standards-open": leader(
        P.MANAGE_STANDARDS,
        "grace hal",
        at=lambda world: {"framework_id": world.people.competencies["7.1"].framework_id},
        post=nothing,
    ),
    "leader-planning": leader(P.SEE_SCHOOL, "grace hal"),
    "leader-planning-run": leader(P.SEE_SCHOOL, post=lambda world: {"school": world.people.school.pk}),
    "leader-planning-resume": leader(P.SEE_SCHOOL, at=of_run, post=nothing),
    "leader-weights": leader(P.SEE_SCHOOL, at=of_school),
    "leader-weights-set": leader(P.SEE_SCHOOL, at=of_school, post=nothing),
    "leader-weights-end": leader(P.SEE_SCHOOL, at=of_school, post=nothing),
    "leader-weights-again": leader(P.SEE_SCHOOL, at=of_old_weights, post=nothing),
    "leader-people": leader(yes="grace hal"),
    "leader-person-new": leader(yes="grace hal"),
    "leader-person": leader(at=of_person("ben")),
    "leader-switch-off": leader(at=of_person("ben"), post=nothing),
    "leader-switch-on": leader(at=of_person("ben"), post=nothing),
    "leader-new-card": leader(at=of_person("ben"), post=nothing),
    "leader-password": leader(at=of_person("ada"), post=nothing),
    "leader-family-link": leader(at=of_person("dana"), post=nothing),
    "leader-family-link-stop": leader(at=of_person("dana"), post=nothing),
    "leader-add-guardian": leader(at=of_person("ben"), post=lambda world: {"given_name": "Ana", "language": "en"}),
}


def expected(row: Row, name: str) -> str:
    """Return what one actor gets: opens, sign-in, not-allowed or not-found."""
    if row.is_open_to_all or name in row.yes.split():
        return "opens"
    if name in {"nobody", "noor"}:
        return "sign-in"
    if row.needs_no_role or (row.permission and row.permission in ALLOWED[ROLE_OF[name]]):
        return "not-found"
    return "not-allowed"


def outcome(answer: Any, name: str) -> str:
    """Return in the same words what an answer was."""
    if (
        answer.status_code == 302
        and answer["Location"].split("?")[0] == reverse("sign-in")
        and name in {"nobody", "noor"}
    ):
        return "sign-in"
    named = {403: "not-allowed", 404: "not-found"}
    return "opens" if answer.status_code in OPENS else named.get(answer.status_code, str(answer.status_code))


@pytest.fixture
def world(db: None) -> World:
    """Everything the addresses are about."""
    return make_world()


def make_world() -> World:
    """Make the cast and one thing of every kind."""
    people = build()
    signed: dict[str, Any] = {"by": people.ada, "at": people.now}
    week = people.week(people.ben)
    answerable = Block.objects.filter(week=week, resource__items__isnull=False).order_by("pk")
    block = answerable[0]
    item = block.resource.items.order_by("pk")[0] if block.resource else None
    choice = week.blocks.filter(kind="choice")[0]
    group = grouping_actions.make_group(
        school_class=people.school_class,
        competency=people.competencies["7.1"],
        kind="needs",
        students=[people.ben, people.caro, people.finn],
        monday=people.monday + timedelta(days=7),
        weekday=1,
        minutes=20,
        why={"sentence": "", "facts": {}},
        **signed,
    )
    long_answer = people.item("7.1-long_answer")
    work = ItemWork.objects.create(
        block=block, item=long_answer, updated_at=people.now, awaits_marking=True, response={}
    )
    help_asked = planning_actions.ask_for_help(
        student=people.ben, school_class=people.school_class, kind="talk", words="", by=people.ben, at=people.now
    )
    message = wellbeing.write_message(
        student=people.ben,
        words="Hola",
        by=people.dana,
        at=people.now,
        monday=people.monday,
        language="es",
        is_from_home=True,
    )
    fact = evidence_actions.EvidenceIn(
        student_id=people.ben.pk,
        competency_id=people.competencies["7.1"].pk,
        kind="observation",
        happened_at=people.now,
        score=0.66,
        level=2,
        levels=3,
        words="Drew the tide.",
    )
    seen = evidence_actions.record(fact=fact, by=people.ada, at=people.now)
    of_7b: dict[str, Any] = {"school": people.school, "school_class": people.school_class, **signed}
    rule = evidence_actions.set_rule(rule=Rule(method=Method.LATEST), **of_7b)
    evidence_actions.end_rule(**of_7b)
    of_school: dict[str, Any] = {"school": people.school, "by": people.grace, "at": people.now}
    school_rule = evidence_actions.set_rule(rule=Rule(method=Method.LATEST), **of_school)
    evidence_actions.end_rule(**of_school)
    change = PlanChange.objects.filter(week=week).order_by("-pk").first()
    if change is None:
        planning_actions.set_lock(block=block, is_locked=True, **signed)
        change = PlanChange.objects.filter(week=week).latest("pk")
    pace_actions.set_deadline(
        school_class=people.school_class,
        resource=people.resource("7.1-essential"),
        due_on=roster_queries.today_at(people.school, people.now) + timedelta(days=3),
        **signed,
    )
    pace_actions.say_pace(
        school_class=people.school_class,
        student=people.ben,
        word="on",
        why="Was ill.",
        ends_on=roster_queries.today_at(people.school, people.now) + timedelta(days=3),
        **signed,
    )
    block.competency = people.competencies["7.1"]
    block.save(update_fields=["competency"])
    pace_actions.ask_to_move_on(block=block, by=people.ben, at=people.now)
    rosa = roster.add_guardian(
        student=people.gus,
        given_name="Rosa",
        family_name="Young",
        relationship="mother",
        language="en",
        school=people.other_school,
        by=people.hal,
        at=people.now,
    )
    roster.switch_off(person=people.noor, by=people.grace, at=people.now)
    assert item is not None
    made = World(
        people=people,
        block=block,
        choice=choice,
        open_block=block,
        work=work,
        help=help_asked,
        message=message,
        group=group,
        change=change,
        evidence=seen,
        rule=rule,
        school_rule=school_rule,
    )
    made.actors = {name: getattr(people, name) for name in EVERYBODY if name not in {"nobody", "rosa"}} | {"rosa": rosa}
    return made


def knock(world: World, name: str, address: str, form: dict[str, Any] | None) -> Any:
    """Let one actor open the address or send the form, and put everything back afterwards."""
    browser = Client(raise_request_exception=False)
    with transaction.atomic():
        if name != "nobody":
            browser.force_login(world.actors[name])
        answer: HttpResponse = browser.get(address) if form is None else browser.post(address, form)  # type: ignore[assignment]
        transaction.set_rollback(True)
    return answer


# What others wrote runs in these, behind walls of its own: tests/web/test_frames.py.
BEHIND_WALLS = {"frame-h5p", "frame-item"}
AUDIENCES = ("shared", "teacher", "student", "family", "leader")


def rows_of(audience: str) -> dict[str, Row]:
    """Return the part of the table that belongs to one audience."""
    return {
        name: row
        for name, row in ROWS.items()
        if (name.split("-")[0] if name.split("-")[0] in AUDIENCES else "shared") == audience
    }


@pytest.mark.parametrize("audience", AUDIENCES)
def test_everybody_gets_what_the_table_says(world: World, audience: str) -> None:
    wrong = []
    for page, row in rows_of(audience).items():
        address = row.address(page, world)
        form = row.post(world) if row.post else None
        for name in EVERYBODY:
            answer = knock(world, name, address, form)
            got = "opens" if row.is_open_to_all and answer.status_code in OPENS else outcome(answer, name)
            if got != expected(row, name):
                wrong.append(f"{page}: {name} gets {got}, not {expected(row, name)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_changes_something_needs_a_press(world: World, audience: str) -> None:
    wrong = []
    for page, row in rows_of(audience).items():
        if row.post:
            name = row.yes.split()[0] if row.yes else "ada"
            answer = knock(world, name, row.address(page, world), None)
            if answer.status_code != 405:
                wrong.append(f"{page}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_pages_hold_no_inline_style_or_script_and_carry_the_headers(world: World, audience: str) -> None:
    wrong = []
    for page, row in rows_of(audience).items():
        if row.post:
            continue
        name = row.yes.split()[0] if row.yes else "nobody"
        answer = knock(world, name, row.address(page, world), None)
        if page in BEHIND_WALLS:
            is_walled = answer["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none';")
            wrong += [] if is_walled else [f"{page}: no walls"]
            continue
        wrong += [f"{page}: {problem}" for problem in problems_of(answer)]
    assert not wrong, "\n".join(wrong)


def problems_of(answer: Any) -> list[str]:
    """Return what is missing or unsafe in an answer's headers and markup."""
    policy = answer.headers.get("Content-Security-Policy", "")
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    found = [
        f"{name} is {answer.headers.get(name)}" for name, value in wanted.items() if answer.headers.get(name) != value
    ]
    if "unsafe" in policy or "default-src 'none'" not in policy:
        found.append(f"policy {policy!r}")
    if answer.status_code != 302 and answer.headers.get("Content-Type", "").startswith("text/html"):
        found += problems_in(answer.content.decode())
    return found


def problems_in(text: str) -> list[str]:
    """Return what the security policy would stop in a page."""
    found = [f"inline style {each}" for each in re.findall(r"<[^>]+\sstyle\s*=[^>]*>", text)]
    found += [f"inline handler {each}" for each in re.findall(r"<[a-z][^>]*\son[a-z]+\s*=[^>]*>", text)]
    found += [word for word in ("<style", "javascript:") if word in text]
    found += [
        f"inline script {attributes}"
        for attributes in re.findall(r"<script([^>]*)>", text)
        if "src=" not in attributes and 'type="application/json"' not in attributes
    ]
    sources = re.findall(r'(?:\ssrc|<link[^>]+href)="([^"]+)"', text)
    return found + [f"from elsewhere: {source}" for source in sources if not source.startswith(("/", "data:image/"))]


def addresses(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[str]:
    """Yield the name of every address there is."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)


def test_every_address_has_a_row() -> None:
    assert set(addresses()) == set(ROWS)


def test_a_wrong_address_and_somebody_elses_student_look_the_same(world: World) -> None:
    theirs = knock(world, "ada", reverse("teacher-student", kwargs={"student": world.people.gus.uuid}), None)
    nobodys = knock(world, "ada", reverse("teacher-student", kwargs={"student": uuid4()}), None)
    assert theirs.status_code == nobodys.status_code == 404
    strip = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"')
    assert strip.sub("", theirs.content.decode()) == strip.sub("", nobodys.content.decode())


def test_a_problem_page_carries_the_headers_too(world: World) -> None:
    answer = knock(world, "nobody", "/no/such/page/", None)
    assert answer.status_code == 404
    assert not problems_of(answer)
